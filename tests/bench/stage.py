"""One run of one system: its root, its cgroup, the board, and PID 1 in namespaces of its own (stage.c)."""

import ctypes
import glob
import mmap
import os
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import time

BOARD_SIZE = 4096
COUNT, TARGET, REACHED, STARTED_NS, REACHED_NS = 0, 4, 8, 16, 24
SYS_FUTEX, FUTEX_WAIT = 202, 0

libc = ctypes.CDLL(None, use_errno=True)


class Timespec(ctypes.Structure):
    _fields_ = [("sec", ctypes.c_long), ("nsec", ctypes.c_long)]


class BenchError(Exception):
    """A run that did not come to its end: said in one line, counted, and left out of the medians."""


class Board:
    """The page the payloads raise when they run; see board.h."""

    def __init__(self, path):
        with open(path, "wb") as f:
            f.truncate(BOARD_SIZE)
        fd = os.open(path, os.O_RDWR)
        self.page = mmap.mmap(fd, BOARD_SIZE)
        os.close(fd)
        self.reached_at = ctypes.addressof(ctypes.c_uint32.from_buffer(self.page, REACHED))

    def u32(self, offset):
        return struct.unpack_from("=I", self.page, offset)[0]

    def u64(self, offset):
        return struct.unpack_from("=Q", self.page, offset)[0]

    def expect(self, more):
        """The board tells when `more` payloads beyond those that have run so far are running."""
        struct.pack_into("=I", self.page, REACHED, 0)
        struct.pack_into("=I", self.page, TARGET, self.u32(COUNT) + more)

    def wait(self, seconds, check):
        """Sleeps until the target is reached; when it was reached, in ns of CLOCK_MONOTONIC. check() each second."""
        end = time.monotonic() + seconds
        while not self.u32(REACHED):
            check()
            left = min(1, end - time.monotonic())
            if left <= 0:
                raise BenchError(f"{self.u32(COUNT)} of {self.u32(TARGET)} payloads ran in {seconds} s")
            until = Timespec(int(left), int(left % 1 * 1e9))
            libc.syscall(SYS_FUTEX, ctypes.c_void_p(self.reached_at), FUTEX_WAIT, 0, ctypes.byref(until), None, 0)
        return self.u64(REACHED_NS)


def find_home(wanted):
    """The place below our own cgroup in the first hierarchy there is of [(type of the file system, its controllers)]."""
    own = {}
    with open("/proc/self/cgroup") as f:
        for line in f:
            _, names, path = line.rstrip("\n").split(":", 2)
            own[names] = path
    with open("/proc/self/mountinfo") as f:
        mounts = [line.split() for line in f]
    for type_, names in wanted:
        for m in mounts:
            kind, options = m[m.index("-") + 1], m[-1].split(",")
            if kind == type_ and names in own and set(filter(None, names.split(","))) <= set(options):
                return m[4] + own[names].rstrip("/")
    raise BenchError(f"no hierarchy of cgroups is mounted that is one of {wanted}")


def cgroup_home():
    """Where CPU time is counted: the v2 hierarchy, else v1's cpuacct."""
    return find_home([("cgroup2", ""), ("cgroup", "cpuacct"), ("cgroup", "cpu,cpuacct")])


def remove_left():
    """The cgroups of a bench that was killed itself; its name has its pid."""
    for path in glob.glob(f"{cgroup_home()}/minit-bench-[0-9]*-*"):
        if not os.path.exists(f"/proc/{path.rsplit('minit-bench-', 1)[1].split('-')[0]}"):
            Cgroup(path).remove()


class Cgroup:
    def __init__(self, path=None, home=None):
        self.path = path or tempfile.mkdtemp(prefix=f"minit-bench-{os.getpid()}-", dir=home or cgroup_home())

    def cpu_us(self):
        try:
            with open(f"{self.path}/cpu.stat") as f:
                return int(f.readline().split()[1])
        except FileNotFoundError:
            with open(f"{self.path}/cpuacct.usage") as f:
                return int(f.read()) / 1000

    def pids(self):
        found = []
        for at, _, _ in os.walk(self.path):
            with open(f"{at}/cgroup.procs") as f:
                found += map(int, f.read().split())
        return found

    def remove(self, seconds=60):
        """What was killed leaves its cgroup only when it is dead, which may be later than its parent's end."""
        end = time.monotonic() + seconds
        for at, _, _ in os.walk(self.path, topdown=False):
            while not self.is_removed(at):
                if time.monotonic() > end:
                    raise BenchError(f"{at}: somebody is still in it")
                time.sleep(0.01)

    @staticmethod
    def is_removed(at):
        try:
            os.rmdir(at)
        except FileNotFoundError:
            pass
        except OSError:  # EBUSY
            return False
        return True


def spawned(program, argv, env, board, check, seconds=10):
    """ms from the exec of a program to the word on the board that it brings about; it has left by then."""
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    pid = os.posix_spawn(os.path.abspath(program), argv, env, file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)])
    try:
        reached = board.wait(seconds, check)
    except BenchError:
        os.kill(pid, signal.SIGKILL)
        raise
    finally:
        os.waitpid(pid, 0)
    return (reached - before) / 1e6


class Run:
    """with Run(system, n, programs) as r: PID 1 stands ready; r.go() executes the system."""

    def __init__(self, system, n, programs):
        self.system, self.n, self.programs = system, n, programs
        self.stage = self.space = None

    def __enter__(self):
        self.work = tempfile.mkdtemp(prefix="minit-bench-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        self.cgroup = Cgroup()
        try:
            self.prepare()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def prepare(self):
        root = f"{self.work}/root"
        os.mkdir(root)
        self.board = Board(f"{root}/board")
        shutil.copy(f"{self.programs}/{self.system.payload}", f"{root}/running")
        self.payload = os.stat(f"{root}/running")
        binds = self.system.prepare(root, self.n)
        self.stage = subprocess.Popen(
            [f"{self.programs}/stage", root, f"{self.cgroup.path}/cgroup.procs", f"{root}/board", f"{self.work}/log"]
            + [path for bind in binds for path in bind] + ["--"] + self.system.argv(self.n),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=self.system.env)
        said = dict(self.read_line() for _ in range(2))
        self.pid = int(said["pid"])
        self.space = os.stat(f"/proc/{self.pid}/ns/pid").st_ino

    def read_line(self):
        word, _, rest = self.stage.stdout.readline().rstrip("\n").partition(" ")
        if not word:
            raise BenchError(f"{self.system.name}: stage failed")
        return word, rest

    def go(self):
        self.cpu_before = self.cgroup.cpu_us()
        self.stage.stdin.write("\n")
        self.stage.stdin.flush()

    def start(self, seconds=60):
        """Executes the system and waits until all services run; the wall time of that in ms."""
        self.board.expect(self.n)
        self.go()
        if not self.n:
            self.settle()
            self.check()
            return 0.0
        return (self.board.wait(seconds, self.check) - self.board.u64(STARTED_NS)) / 1e6

    def cpu_us(self):
        """What PID 1 and all its children have used since its exec."""
        return self.cgroup.cpu_us() - self.cpu_before

    def settle(self, seconds=5):
        """Waits until nothing uses the CPU any more, so that work put off until after the start counts too."""
        still, before, end = 0, -1, time.monotonic() + seconds
        while still < 3 and time.monotonic() < end:
            time.sleep(0.02)
            now = self.cgroup.cpu_us()
            still, before = (still + 1 if now - before < 20 else 0), now

    def check(self):
        """PID 1 is there; it has no business to leave by itself."""
        if select.select([self.stage.stdout], [], [], 0)[0]:
            raise BenchError(f"PID 1 ended by itself with the wait status {self.gone()[1]}")

    def is_payload(self, pid):
        exe = os.stat(f"/proc/{pid}/exe")
        return (exe.st_ino, exe.st_dev) == (self.payload.st_ino, self.payload.st_dev)

    def payloads(self):
        return [pid for pid in self.cgroup.pids() if self.is_payload(pid)]

    def own(self):
        """PID 1 and its helpers: all that is not a service."""
        return [pid for pid in self.cgroup.pids() if not self.is_payload(pid)]

    def kill_and_wait(self, pids, seconds=30):
        """Kills services; ms until as many new ones run, from just before the first kill."""
        self.board.expect(len(pids))
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        return (self.board.wait(seconds, self.check) - before) / 1e6

    def stop(self, seconds=30):
        """Stops the system as its user would; ms until PID 1 is gone and its wait status."""
        self.check()
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        self.system.stop(self.pid)
        if not select.select([self.stage.stdout], [], [], seconds)[0]:
            raise BenchError(f"not gone {seconds} s after it was told to stop")
        at, status = self.gone()
        return (at - before) / 1e6, status

    def gone(self):
        """Waits for the end of PID 1: when it was, in ns, and its wait status."""
        _, rest = self.read_line()
        status, at = rest.split()
        return int(at), int(status)

    def log(self):
        with open(f"{self.work}/log", errors="replace") as f:
            return f.read()

    def close(self):
        killed = self.stage and self.stage.poll() is None
        if self.stage:
            if killed:
                self.end_pid_1()
            self.stage.stdin.close()
            self.stage.stdout.close()
            self.stage.wait()
        try:
            if killed:
                self.remove_leaves()
            self.cgroup.remove()
            self.system.end()
        finally:
            shutil.rmtree(self.work)

    def remove_leaves(self):
        """Those that a minit which was killed has left where it found a place: their name has its pid namespace."""
        for at, names, _ in os.walk("/sys/fs/cgroup"):
            for name in names:
                if self.space and name == f"minit.{self.space}.1":
                    Cgroup(f"{at}/{name}").remove()

    def end_pid_1(self):
        """With PID 1 the kernel ends all in its namespace; stage leaves when that is done."""
        children = f"/proc/{self.stage.pid}/task/{self.stage.pid}/children"
        with open(children) as f:
            for pid in f.read().split():
                os.kill(int(pid), signal.SIGKILL)
