"""One case on one program: the program is started as a container runtime or a shell would, with the probe behind it.

A case runs in a process of its own, PID 1 of a pid namespace with a /proc of its own: with it all ends that it has started,
and it sees everybody by pids of its own namespace. What it waits for are events: words of the probe, deaths, hang-ups; the
limits only tell a hang.
"""

import ctypes
import fcntl
import os
import re
import select
import signal
import socket
import struct
import tempfile
import termios
import time

LIMIT = 40  # seconds; who takes longer hangs
CLOSED = -1

CLONE_NEWNS, CLONE_NEWPID = 0x20000, 0x20000000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER = 1, 24, 36

libc = ctypes.CDLL(None, use_errno=True)


class Failed(Exception):
    """The behaviour is not there: what was seen."""


class NotApplicable(Exception):
    """The program does not offer what the case is about."""


def call(name, *args):
    """A function of libc; OSError when it returns -1."""
    result = getattr(libc, name)(*args)
    if result == -1:
        raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")
    return result


def mount(source, target, kind=None, flags=0, data=None):
    encode = lambda s: None if s is None else s.encode()
    call("mount", encode(source), encode(target), encode(kind), ctypes.c_ulong(flags), encode(data))


def fork_as_pid1():
    """As fork(); the child is PID 1 of a new pid namespace."""
    home = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    call("unshare", CLONE_NEWPID)
    pid = os.fork()
    if pid:
        call("setns", home, CLONE_NEWPID)
    os.close(home)
    return pid


def own_proc():
    """As a container has it: /proc of its own pid namespace, in mounts of its own."""
    call("unshare", CLONE_NEWNS)
    mount(None, "/", None, MS_PRIVATE | MS_REC)
    mount("proc", "/proc", "proc")


def mask_set(signals):
    """The signal mask, of the kernel's own 64 signals: libc keeps two for itself."""
    bits = ctypes.c_uint64(sum(1 << (s - 1) for s in signals))
    call("syscall", 14, signal.SIG_SETMASK, ctypes.byref(bits), None, ctypes.c_size_t(8))


def signals_default():
    """None is ignored any more, 32 and 33 neither, which signal.signal() refuses."""
    action = (ctypes.c_uint64 * 4)()
    for number in range(1, 65):
        if number not in (signal.SIGKILL, signal.SIGSTOP):
            call("syscall", 13, number, ctypes.byref(action), None, ctypes.c_size_t(8))


def lines_of(path):
    with open(path, errors="replace") as f:
        return f.read().split("\n")


def status_of(pid):
    """/proc/PID/status as a dict."""
    return dict(line.split(":\t", 1) for line in lines_of(f"/proc/{pid}/status") if ":\t" in line)


def stat_of(pid):
    """/proc/PID/stat behind the name: [0] is the state, [1] the parent, [2] the group, [3] the session, [16] nice."""
    with open(f"/proc/{pid}/stat") as f:
        return f.read().rpartition(")")[2].split()


def fds_of(pid):
    """{fd: what it is} of a process."""
    found = {}
    for fd in os.listdir(f"/proc/{pid}/fd"):
        found[int(fd)] = os.readlink(f"/proc/{pid}/fd/{fd}")
    return found


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        return [int(word) for word in f.read().split()]


def until(what, true, limit=None):
    """What no event tells of is looked at again and again."""
    limit = limit or LIMIT
    end = time.monotonic() + limit
    while not true():
        if time.monotonic() > end:
            raise Failed(f"not within {limit} s: {what}")
        time.sleep(0.005)


def until_ready(fd, what):
    if not select.select([fd], [], [], LIMIT)[0]:
        raise Failed(f"not within {LIMIT} s: {what}")


def is_state(pid, *states):
    return lambda: stat_of(pid)[0] in states


def gone(pid):
    """It is no more, or a zombie."""
    try:
        return stat_of(pid)[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def same(is_, should, what=""):
    if is_ != should:
        raise Failed(f"{what + ': ' if what else ''}{is_!r}, not {should!r}")


def holds(true, what):
    if not true:
        raise Failed(what)


# -- ptrace: to hold a program at a point of its way --

PTRACE_TRACEME, PTRACE_GETREGS, PTRACE_DETACH, PTRACE_SYSCALL, PTRACE_SETOPTIONS = 0, 12, 17, 24, 0x4200
PTRACE_O_TRACESYSGOOD = 1
FORKS = (56, 57, 58, 435)  # clone, fork, vfork, clone3


def trace(request, pid, at=0, data=0):
    call("ptrace", request, pid, ctypes.c_void_p(at), ctypes.c_void_p(data) if isinstance(data, int) else data)


def be_traced():
    trace(PTRACE_TRACEME, 0)


def syscall_of(pid):
    registers = (ctypes.c_ulong * 27)()
    trace(PTRACE_GETREGS, pid, 0, ctypes.byref(registers))
    return registers[15]


def hold_at_call(pid, calls=None):
    """Lets a program that is traced run from its exec to the first system call, of these; its number."""
    os.waitpid(pid, 0)
    trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD)
    while True:
        trace(PTRACE_SYSCALL, pid)
        _, status = os.waitpid(pid, 0)
        if not os.WIFSTOPPED(status):
            raise Failed("it leaves before that")
        number = syscall_of(pid)
        if os.WSTOPSIG(status) == signal.SIGTRAP | 0x80 and (not calls or number in calls):
            return number


def let_go(pid):
    trace(PTRACE_DETACH, pid)


class Subject:
    """The wrapper that was started."""

    def __init__(self, pid, log):
        self.pid, self.log, self.fd = pid, log, os.pidfd_open(pid)

    def kill(self, number):
        os.kill(self.pid, number)

    def queue(self, number, value):
        call("sigqueue", self.pid, number, ctypes.c_void_p(value))

    def wait(self):
        """Its exit status; -N when signal N has killed it."""
        if not select.select([self.fd], [], [], LIMIT)[0]:
            raise Failed(f"it does not leave within {LIMIT} s")
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def ends(self, status, what="status"):
        is_ = self.wait()
        if is_ != status:
            raise Failed(f"{what}: {is_}, not {status}" + "".join(f"; {line}" for line in self.said()[:2]))

    def is_there(self):
        return not select.select([self.fd], [], [], 0)[0]

    def said(self):
        """The lines of its standard error so far."""
        self.log.seek(0)
        return self.log.read().decode(errors="replace").splitlines()


class Stage:
    """What a case is given."""

    def __init__(self, program, probe):
        self.program, self.probe = program, probe
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.name = f"minit-wrapper-{os.urandom(8).hex()}"
        self.socket.bind("\0" + self.name)
        self.dir = tempfile.mkdtemp(prefix="case-", dir=os.environ["WRAPPER_WORK"])
        os.chmod(self.dir, 0o755)

    # -- what the probe tells --

    def next(self):
        """(text, pid of the teller) of the next word."""
        if not select.select([self.socket], [], [], LIMIT)[0]:
            raise Failed(f"nothing was told within {LIMIT} s")
        text, extra, _, _ = self.socket.recvmsg(4096, 256)
        return text.decode(errors="replace"), struct.unpack("iii", extra[0][2])[0]

    def expect(self, *texts):
        """Those words, in this order, and nothing between; the pid of the last one's teller."""
        for text in texts:
            told, pid = self.next()
            same(told, text, "told")
        return pid

    def gather(self, *texts):
        """Those words in any order: {text: pid}."""
        found = dict(self.next() for _ in texts)
        same(sorted(found), sorted(texts), "told")
        return found

    def quiet(self):
        """Nothing that has not been asked for was told."""
        if select.select([self.socket], [], [], 0)[0]:
            raise Failed(f"told once more: {self.next()[0]}")

    def signals(self, last):
        """The signals that the probe has told of, up to and with number `last`."""
        found = []
        while not found or found[-1] != last:
            told = self.next()[0].split()
            same(told[0], "signal")
            found.append(int(told[1]))
        return found

    def variables(self, name, *args):
        """The environment that asks for a feature."""
        wanted = self.program.variables.get(name)
        if wanted is None:
            raise NotApplicable(f"{name} by environment")
        return wanted(*args) if callable(wanted) else wanted

    # -- starting it --

    def options(self, *features):
        """Words for what was asked for, or NotApplicable. A feature is a name, or (name, argument...)."""
        words = []
        for feature in features:
            name, *args = (feature,) if isinstance(feature, str) else feature
            spelt = self.program.features.get(name)
            if spelt is None:
                raise NotApplicable(name)
            words += spelt(*args) if callable(spelt) else spelt
        return words

    def behind(self, *words):
        """The probe's command line."""
        return [self.probe, self.name] + [str(w) for w in words]

    def start(self, *words, options=(), argv=None, raw=None, **how):
        """The program with these options in front of the probe, or of argv. raw: its whole command line."""
        behind = argv if argv is not None else self.behind(*words)
        line = raw if raw is not None else self.options(*options) + ["--"] + behind
        return self.execute(self.program.path, [self.program.argv0] + line, **how)

    def execute(self, path, argv, env=None, pid1=True, streams=(None, None, "log"), before=None, session=True, fds=()):
        """streams: for 0, 1 and 2 a descriptor, CLOSED, None for /dev/null, "log" for what Subject.said() reads."""
        log = tempfile.TemporaryFile(dir=self.dir)
        env = {"PATH": os.environ["PATH"], **self.program.env, **(env or {})}
        pid = fork_as_pid1() if pid1 else os.fork()
        if pid:
            return Subject(pid, log)
        try:
            if session:
                os.setsid()
            signals_default()
            self.place(streams, log, dict(fds))
            if before:
                before()
            os.execve(path, argv, env)
        except BaseException as e:  # the child must not go on as the case
            os.write(2, f"{path}: {e}\n".encode())
        finally:
            os._exit(120)

    @staticmethod
    def place(streams, log, fds):
        """Out of the way first, so that nobody treads on another's place."""
        wanted = {fd: log.fileno() if s == "log" else s for fd, s in enumerate(streams)} | fds
        null = os.open("/dev/null", os.O_RDWR)
        high = {fd: s if s == CLOSED else fcntl.fcntl(null if s is None else s, fcntl.F_DUPFD, 900) for fd, s in wanted.items()}
        os.closerange(0, 900)
        for fd, source in high.items():
            if source != CLOSED:
                os.dup2(source, fd)
        os.closerange(900, 2000)

    # -- places --

    def file(self, name, text, mode=0o755):
        path = f"{self.dir}/{name}"
        with open(path, "w" if isinstance(text, str) else "wb") as f:
            f.write(text)
        os.chmod(path, mode)
        return path

    def terminal(self):
        """(master, slave) of a new terminal that does not echo."""
        master, slave = os.openpty()
        attributes = termios.tcgetattr(slave)
        attributes[3] &= ~termios.ECHO
        termios.tcsetattr(slave, termios.TCSANOW, attributes)
        return master, slave

    def root(self):
        """A folder with nothing in it but the program, the probe and their libraries, on a tmpfs."""
        root = f"{self.dir}/root"
        os.mkdir(root)
        mount("root", root, "tmpfs")
        for path in {self.program.path, self.probe} | self.program.libraries():
            os.makedirs(root + os.path.dirname(path), exist_ok=True)
            with open(path, "rb") as source, open(root + path, "wb") as copy:
                copy.write(source.read())
            os.chmod(root + path, 0o755)
        return root


def drop_capabilities(*numbers):
    """Out of all sets, for good."""
    for number in numbers:
        call("prctl", PR_CAPBSET_DROP, number, 0, 0, 0)
    header = struct.pack("Ii", 0x20080522, 0)
    data = ctypes.create_string_buffer(24)
    call("capget", header, data)
    low = list(struct.unpack("6I", data.raw))
    for number in numbers:
        low = [v & ~(1 << (number % 32)) if i // 3 == number // 32 else v for i, v in enumerate(low)]
    call("capset", header, struct.pack("6I", *low))


def become(uid):
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def matches(lines, pattern):
    return any(re.search(pattern, line) for line in lines)
