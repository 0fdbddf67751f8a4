"""A start measured in instructions: QEMU's -icount makes the guest's clock count them, kernel and all.

The figure repeats within half a percent whatever else the machine does, which a time never does.
"""

import glob
import os
import re
import shutil
import subprocess
import tempfile

from stage import BOARD_SIZE, BenchError
from systems import DEPS

QEMU = ["qemu-system-x86_64", "-accel", "tcg", "-icount", "shift=0,align=off,sleep=off", "-cpu", "qemu64,+rdrand,+invtsc",
        "-m", "1024", "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-serial", "stdio"]
WORDS = "console=ttyS0 quiet panic=-1 cryptomgr.notests tsc=reliable rdinit=/vmstage --"


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


def instructions(system, n, programs):
    """From PID 1's exec until all n services run, the kernel's work included."""
    with tempfile.TemporaryDirectory(prefix="minit-bench-") as work:
        root = f"{work}/root"
        os.mkdir(root)
        system.prepare(root, n)
        for folder in ("dev", "proc", "sys", "run"):
            os.makedirs(f"{root}/{folder}", exist_ok=True)
        shutil.copy(f"{programs}/vmstage", root)
        shutil.copy(f"{programs}/{system.payload}", f"{root}/running")
        with open(f"{root}/board", "wb") as f:
            f.truncate(BOARD_SIZE)
        pack(root, f"{work}/initramfs")
        words = f"{WORDS} {n} {' '.join('@' if word == '--' else word for word in system.argv(n))}"
        done = subprocess.run(QEMU + ["-kernel", kernel(), "-initrd", f"{work}/initramfs", "-append", words],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    found = re.search(r"^bench +(\d+)", done.stdout, re.M)
    if not found:
        raise BenchError(f"{system.name}: the machine did not come to its end: {done.stdout[-500:]}{done.stderr[-300:]}")
    return int(found[1])
