"""Isolated services: six namespaces, a leaf with three limits, a root with /proc, /sys and /dev of its own, capabilities, landlock,
a filter.

minit stands beside a floor that does the same by hand (isolated.c), as PID 1 with 100 of them; and beside what starts containers,
from its exec to the word of the program in it.
"""

import ctypes
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack
from statistics import median

import systems
from measure import against_floor, middle, pss
from stage import Board, BenchError, Cgroup, Run, find_home, libc, spawned

MANY = 100
SINGLES = 30
ROOT = "srv"
FOLDERS = ("proc", "sys", "dev", "tmp")


def root_of(root):
    """The services' own root, in PID 1's: the same program and the same board."""
    for folder in FOLDERS:
        os.makedirs(f"{root}/{ROOT}/{folder}")
    for name in ("running", "board"):
        os.link(f"{root}/{name}", f"{root}/{ROOT}/{name}")


class Floor(systems.System):
    name = "floor"
    network = "fresh"

    def missing(self):
        try:
            for name in ("memory", "cpu", "pids"):
                find_home([("cgroup", name)])
        except BenchError:
            return "its leaves are of cgroup v1: memory, cpu and pids"
        return None

    def prepare(self, root, n):
        root_of(root)
        shutil.copy(f"{self.programs}/isolated", f"{root}/isolated")
        self.leaves = {name: Cgroup(home=find_home([("cgroup", name)])) for name in ("memory", "cpu", "pids")}
        for name in self.leaves:
            os.makedirs(f"{root}/leaves/{name}")
        return [(leaf.path, f"leaves/{name}") for name, leaf in self.leaves.items()]

    def argv(self, n):
        return ["/isolated", self.network, str(n), f"/{ROOT}", ":".join(f"/leaves/{name}" for name in self.leaves), "/running"]

    def end(self):
        for leaf in self.leaves.values():
            leaf.remove()


class FloorKept(Floor):
    """With networks that are made beforehand: what the kernel leaves to save."""
    name = "floor, kept network"
    network = "kept"


class FloorHalves(Floor):
    """By two processes side by side: what two processors can do at once."""
    name = "floor, by two"
    network = "halves"


class Minit(systems.Minit):
    stable_s = 0.02
    more = ""

    def table(self, n):
        yield (f'[defaults]\nnamespaces = ["mount", "pid", "net", "ipc", "uts", "cgroup"]\nroot = "/{ROOT}"\n'
               f'restart = "always"\nbackoff = {{ first = "1ms", stable = "1ms" }}\n{self.landlock()}{self.more}')
        for i in range(n):
            yield (f'[service.s{i}]\nexec = ["/running"]\n'
                   f'cgroup = {{ memory.max = "64M", cpu.max = "50%", pids.max = 64 }}\n{self.keys(i)}')

    def keys(self, i):
        """More of one service."""
        return ""

    @staticmethod
    def landlock():
        """Where the kernel has it, as the floor; by its number, as libc may not know it."""
        return 'paths = { read = ["/"], write = ["/board"] }\n' if libc.syscall(444, None, 0, 1) > 0 else ""

    def prepare(self, root, n):
        root_of(root)
        return super().prepare(root, n) + [("/sys/fs/cgroup", "sys/fs/cgroup")]


class MinitBare(Minit):
    """As the floor: the program itself is PID 1 of its namespace."""
    name = "minit, init = false"
    more = "init = false\n"


SYSTEMS = [Floor, FloorKept, FloorHalves, Minit, MinitBare]


def once(run):
    wall = run.start()
    run.settle()
    cpu = run.cpu_us()
    time.sleep(run.system.stable_s)
    reapers = [pss(pid)[0] / 1024 for pid in run.own() if pid != run.pid and isinstance(run.system, Minit)]
    left = run.payloads()
    singles = [run.kill_and_wait([left.pop()]) for _ in range(min(SINGLES, len(left)))]
    return {"wall_ms": wall, "cpu_us_each": cpu / run.n, "single_ms": median(singles),
            "reaper_kib": max(reapers) if reapers else 0}


def many(bench):
    """100 at once, and one more time each after a kill."""
    return against_floor(bench.interleave(MANY, 5, once), ["wall_ms", "cpu_us_each", "single_ms", "reaper_kib"])


# -- what starts containers ---------------------------------------------------------------------------------------

CAPS = ["CAP_" + name for name in ("CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE "
                                   "SYS_CHROOT KILL AUDIT_WRITE").split()]
MASKED = [f"/proc/{name}" for name in ("acpi", "asound", "interrupts", "kcore", "keys", "latency_stats", "sched_debug", "scsi",
                                       "timer_list", "timer_stats")] + ["/sys/firmware", "/sys/devices/virtual/powercap"]
READONLY = [f"/proc/{name}" for name in ("bus", "fs", "irq", "sys", "sysrq-trigger")]
PLAIN = ["nosuid", "noexec", "nodev"]
LIBRARIES = "/usr/lib/x86_64-linux-gnu"


def mount(target, kind, options):
    return {"destination": target, "type": kind, "source": kind, "options": options}


def oci(allowed):
    """config.json of a bundle as container engines write it; with a filter if there are names for it."""
    linux = {"namespaces": [{"type": name} for name in ("pid", "network", "ipc", "uts", "mount", "cgroup")],
             "resources": {"memory": {"limit": 64 << 20}, "cpu": {"quota": 50000, "period": 100000}, "pids": {"limit": 64}},
             "maskedPaths": MASKED, "readonlyPaths": READONLY}
    if allowed:
        linux["seccomp"] = {"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64"],
                            "syscalls": [{"names": allowed, "action": "SCMP_ACT_ALLOW"}]}
    return {"ociVersion": "1.0.2", "hostname": "copy", "root": {"path": "rootfs"}, "linux": linux,
            "process": {"args": ["/running"], "cwd": "/", "user": {"uid": 0, "gid": 0}, "env": ["PATH=/"], "noNewPrivileges": True,
                        "capabilities": {kind: CAPS for kind in ("bounding", "effective", "permitted")}},
            "mounts": [mount("/proc", "proc", PLAIN), mount("/dev", "tmpfs", ["nosuid", "noexec", "mode=755", "size=64k"]),
                       mount("/dev/pts", "devpts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
                       mount("/dev/shm", "tmpfs", PLAIN + ["mode=1777"]), mount("/dev/mqueue", "mqueue", PLAIN),
                       mount("/sys", "sysfs", PLAIN + ["ro"])]}


class Tool:
    """Started again and again from here; `said` tells on the board and leaves."""

    def __init__(self, name, program, argv, allowed=None):
        self.name, self.program, self.argv_of, self.allowed = name, f"{systems.DEPS}/peers{program}", argv, allowed

    def missing(self):
        return None if os.path.exists(self.program) else f"{self.program} is not unpacked"

    def prepare(self, work):
        """A bundle, with a root that the programs of the bench are in."""
        self.work = tempfile.mkdtemp(dir=work)
        root = f"{self.work}/rootfs"
        for folder in FOLDERS:
            os.makedirs(f"{root}/{folder}")
        self.board = Board(f"{root}/board")
        shutil.copy(f"{systems.System.programs}/said", f"{root}/running")
        with open(f"{self.work}/config.json", "w") as f:
            json.dump(oci(self.allowed), f)

    def once(self):
        """ms from its exec to the program's word."""
        peers = os.path.abspath(f"{systems.DEPS}/peers")
        env = {"PATH": "/usr/bin:/bin", "LD_LIBRARY_PATH": f"{peers}{LIBRARIES}"}
        self.board.expect(1)
        return spawned(self.program, self.argv_of(self.work), env, self.board, lambda: None)


class Asked:
    """minit that runs already, with services that are stopped: one more of them each time, by a line to its socket."""
    what = "asked"

    def __init__(self, run):
        self.name, self.run, self.socket = f"{run.system.name}: {self.what}", run, f"{run.work}/root/run/minit/control"
        self.left = [f"s{i}" for i in range(run.n)]

    def ready(self):
        """All have run, and are stopped."""
        self.run.start()
        subprocess.run([systems.Minit.binary, f"--socket={self.socket}", "stop", *self.left], check=True, stdout=subprocess.DEVNULL)
        self.run.settle()

    def prepare(self, work):
        """It needs no bundle."""

    def once(self):
        """ms from the request to the program's word."""
        self.run.board.expect(1)
        with socket.socket(socket.AF_UNIX) as s:
            before = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
            s.connect(self.socket)
            s.send(f"start {self.left.pop()}\n".encode())
            return (self.run.board.wait(10, self.run.check) - before) / 1e6


class Command(Asked):
    """The same by the command."""
    what = "minit start"

    def once(self):
        """ms from its exec to the program's word."""
        self.run.board.expect(1)
        argv = ["minit", f"--socket={self.socket}", "start", self.left.pop(0)]
        return spawned(systems.Minit.binary, argv, {}, self.run.board, self.run.check)


def runtime(name):
    return lambda work: [name, "--root", f"{work}/state", "run", "--bundle", work, f"bench-{os.path.basename(work)}"]


def bwrap(work):
    return (["bwrap"] + [f"--unshare-{kind}" for kind in ("ipc", "pid", "net", "uts", "cgroup")]
            + ["--bind", f"{work}/rootfs", "/", "--proc", "/proc", "--dev", "/dev", "--hostname", "copy", "--cap-drop", "ALL", "/running"])


def tools():
    said = subprocess.run([f"{systems.System.programs}/isolated", "allowed"], capture_output=True, text=True, check=True)
    allowed = said.stdout.split()
    return [Tool("bwrap", "/usr/bin/bwrap", bwrap), Tool("crun", "/usr/bin/crun", runtime("crun")),
            Tool("crun, filter", "/usr/bin/crun", runtime("crun"), allowed), Tool("runc", "/usr/sbin/runc", runtime("runc")),
            Tool("runc, filter", "/usr/sbin/runc", runtime("runc"), allowed)]


CLONE_NEWNS, MS_PRIVATE, MS_BIND, MS_MOVE = 0x20000, 16384 | 1 << 18, 4096, 8192
CGROUPS = "/sys/fs/cgroup"


def put_mount(source, target, kind, flags):
    texts = [text and os.fsencode(text) for text in (source, target, kind)]
    if libc.mount(*texts, ctypes.c_ulong(flags), None):
        raise BenchError(f"mount {target}: {os.strerror(ctypes.get_errno())}")


def hide_unified():
    """
    crun of Debian 12 does not start where v1 and v2 stand side by side: in a view of our own there is v1 alone. Where v2
    would be mounted there is no folder either: it would make its own in that.
    """
    if libc.unshare(CLONE_NEWNS):
        raise BenchError(f"mount namespace: {os.strerror(ctypes.get_errno())}")
    put_mount(None, "/", None, MS_PRIVATE)
    if not os.path.ismount(f"{CGROUPS}/unified"):
        return
    view = tempfile.mkdtemp(prefix="minit-bench-")
    put_mount("cgroups", view, "tmpfs", 0)
    for name in os.listdir(CGROUPS):
        if name != "unified" and os.path.ismount(f"{CGROUPS}/{name}"):
            os.mkdir(f"{view}/{name}")
            put_mount(f"{CGROUPS}/{name}", f"{view}/{name}", None, MS_BIND)
        elif os.path.islink(f"{CGROUPS}/{name}"):
            os.symlink(os.readlink(f"{CGROUPS}/{name}"), f"{view}/{name}")
    put_mount(view, CGROUPS, None, MS_MOVE)
    os.rmdir(view)


def measure_tools(rounds, work, asked):
    samples = defaultdict(list)
    have = asked + [tool for tool in tools() if not tool.missing()]
    hide_unified()
    for tool in have:
        tool.prepare(work)
    for number in range(rounds + 1):
        for tool in have:
            took = tool.once()
            if number:  # the first one has the files read
                samples[tool.name].append(took)
            time.sleep(0.03)
    return {name: {"single_ms": middle(values), "samples": values} for name, values in samples.items()}


def by_child(rounds, asked):
    """What measure_tools finds, by a child in mounts of its own."""
    work = tempfile.mkdtemp(prefix="minit-bench-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
    there, here = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(here, json.dumps(measure_tools(rounds, work, asked)).encode())
            os._exit(0)
        except BaseException as e:
            print(f"  failed: {e}", flush=True)
            os._exit(1)
    os.close(here)
    with os.fdopen(there) as f:
        said = f.read()
    os.waitpid(pid, 0)
    shutil.rmtree(work, ignore_errors=True)
    return json.loads(said) if said else {}


def containers(rounds):
    """{who: {single_ms}}: tools, and a start that minit is asked for, with its reaper and without, in turn."""
    with ExitStack() as stack:
        asked = [how(stack.enter_context(Run(system, rounds + 1, systems.System.programs)))
                 for system in (Minit(), MinitBare()) for how in (Asked, Command)]
        for one in asked:
            one.ready()
        return by_child(rounds, asked)
