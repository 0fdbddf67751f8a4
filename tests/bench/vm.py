"""A start measured in instructions: QEMU's -icount makes the guest's clock count them, kernel and all.

The figure repeats within half a percent whatever else the machine does, which a time never does.
"""

import glob
import os
import re
import shutil
import subprocess
import tempfile
import threading
from contextlib import contextmanager

from stage import BOARD_SIZE, BenchError
from systems import DEPS

QEMU = ["qemu-system-x86_64", "-accel", "tcg", "-icount", "shift=0,align=off,sleep=off", "-cpu", "qemu64,+rdrand,+invtsc",
        "-m", "1024", "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-serial", "stdio"]
WORDS = "console=ttyS0 quiet panic=-1 cryptomgr.notests tsc=reliable"
HALTED = "reboot: System halted"
SECONDS = 240  # of this machine; a guest that hangs ends as an error


def missing():
    """What is needed to boot one and is not here, as one line; None when nothing."""
    if not shutil.which(QEMU[0]):
        return f"no {QEMU[0]}; run deps/install run"
    return None if kernel() else "no kernel; run deps/fetch kernel"


def kernel():
    found = glob.glob(f"{DEPS}/kernel/boot/vmlinuz-*")
    return found[0] if found else None


def pack(root, archive):
    names = [os.path.relpath(f"{at}/{name}", root) for at, dirs, files in os.walk(root) for name in dirs + files]
    with open(archive, "wb") as out:
        subprocess.run(["cpio", "--quiet", "-o", "-H", "newc", "-R", "0:0"], cwd=root, stdout=out, check=True,
                       input="\n".join(sorted(names)).encode())


def modules(root, *names):
    """Of the kernel, with what they need, for guest.c to load."""
    base, = glob.glob(f"{DEPS}/kernel/lib/modules/*")
    said = subprocess.run(["depmod", "-n", "-b", f"{DEPS}/kernel", os.path.basename(base)], capture_output=True, text=True,
                          env=os.environ | {"PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"})
    needs = {}
    for line in said.stdout.splitlines():
        path, colon, more = line.partition(".ko:")
        if colon:
            needs[os.path.basename(path)] = more.split()[::-1] + [f"{path}.ko"]
    wanted = list(dict.fromkeys(path for name in names for path in needs[name]))
    os.makedirs(f"{root}/lib/modules")
    for path in wanted:
        shutil.copy(f"{base}/{path}", f"{root}/lib/modules")
    with open(f"{root}/modules", "w") as f:
        f.writelines(f"/lib/modules/{os.path.basename(path)}\n" for path in wanted)


def libraries(root, path):
    """What a program of a peer is linked with, the peer's or this machine's."""
    folders = (os.path.abspath(f"{DEPS}/peers/{folder}") for folder in ("usr/lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu/systemd",
                                                                        "lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu/systemd"))
    found = subprocess.run(["ldd", path], capture_output=True, text=True, env=os.environ | {"LD_LIBRARY_PATH": ":".join(folders)}).stdout
    if "not found" in found:
        raise BenchError(f"{path}: {found[:found.index('not found')].split()[-2]} is not here")
    for library in re.findall(r"/\S+", found):
        target = library if library.startswith("/lib64") else f"/lib/x86_64-linux-gnu/{os.path.basename(library)}"
        put(root, library, target)


def put(root, path, target):
    os.makedirs(os.path.dirname(root + target), exist_ok=True)
    shutil.copy(os.path.realpath(path), root + target)


def until_off(argv):
    """What is said until the machine is off, and QEMU's status. One that is only halted, as PID 1 leaves it that has no table, is ended."""
    said = []
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace") as qemu:
        timer = threading.Timer(SECONDS, qemu.kill)
        timer.start()
        try:
            for line in qemu.stdout:
                said.append(line)
                if HALTED in line:
                    qemu.kill()
        except BaseException:
            qemu.kill()
            raise
        finally:
            timer.cancel()
    return "".join(said).replace("\r", ""), qemu.returncode


def boot(root, rdinit, words):
    """All that the console says until the machine is off."""
    for folder in ("dev", "proc", "sys", "run", "mnt", "tmp"):
        os.makedirs(f"{root}/{folder}", exist_ok=True)
    pack(root, f"{root}.cpio")
    line = f"{WORDS} rdinit={rdinit} -- {' '.join('@' if word == '--' else str(word) for word in words)}"
    said, status = until_off(QEMU + ["-kernel", kernel(), "-initrd", f"{root}.cpio", "-append", line])
    if status:
        why = "was halted" if HALTED in said else f"was not off after {SECONDS} s" if status < 0 else f"ended with status {status}"
        raise BenchError(f"the machine {why}: {said[-500:]}")
    return said


@contextmanager
def machine(programs, payload):
    """A root with the board and the payload; `root` is its path."""
    with tempfile.TemporaryDirectory(prefix="minit-bench-") as work:
        root = f"{work}/root"
        os.mkdir(root)
        shutil.copy(f"{programs}/{payload}", f"{root}/running")
        with open(f"{root}/board", "wb") as f:
            f.truncate(BOARD_SIZE)
        yield root


def instructions(system, n, programs):
    """From PID 1's exec until all n services run, the kernel's work included."""
    with machine(programs, system.payload) as root:
        system.prepare(root, n)
        shutil.copy(f"{programs}/vmstage", root)
        said = boot(root, "/vmstage", [n, *system.argv(n)])
    found = re.search(r"^bench +(\d+)", said, re.M)
    if not found:
        raise BenchError(f"{system.name}: the machine did not come to its end: {said[-800:]}")
    return int(found[1])


def console(system, n, programs, words):
    """What is said in a machine whose first program is guest.c with these words."""
    with machine(programs, system.payload) as root:
        system.prepare(root, n)
        shutil.copy(f"{programs}/guest", root)
        said = boot(root, "/guest", words)
    why = re.search(r"^failed: (.*)", said, re.M)
    if why:
        raise BenchError(why[1])
    if not re.search(r"^\w+ \d+ \d+ \d+$", said, re.M):
        raise BenchError(f"the machine did not come to its end: {said[-800:]}")
    return said


def measured(system, n, programs, words):
    """{what guest.c says: {"word": instructions up to the word, "wait": ns of nothing to do before it, "all": until all is quiet}}."""
    said = console(system, n, programs, words)
    found = re.findall(r"^(\w+) (\d+) (\d+) (\d+)$", said, re.M)
    return {what: {"word": int(word) - int(idle), "wait": int(idle), "all": int(work)} for what, word, idle, work in found}
