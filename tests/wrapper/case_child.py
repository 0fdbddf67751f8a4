"""What the program gets: exactly what the wrapper got."""

import fcntl
import os
import resource
import select
import signal
import termios

import stage
from cases import section
from stage import CLOSED, holds, same

case = section("What the program gets")


def child_of(t, *args, **how):
    """A program that stays, and its pid."""
    subject = t.start("say", "up", "pause", *args, **how)
    return subject, t.expect("up")


def bits(numbers):
    return sum(1 << (n - 1) for n in numbers)


@case("its signal mask and ignored signals, 32 and 33 too")
def mask(t):
    wanted = [2, 10, 17, 20, 32, 33, 40, 64]
    _, child = child_of(t, before=lambda: stage.mask_set(wanted))
    same(int(stage.status_of(child)["SigBlk"], 16), bits(wanted))


@case("its signal mask and ignored signals, 32 and 33 too")
def empty_mask(t):
    _, child = child_of(t)
    same(int(stage.status_of(child)["SigBlk"], 16), 0)


@case("its signal mask and ignored signals, 32 and 33 too")
def ignored(t):
    wanted = [1, 13, 17, 21, 22, 25, 40]
    _, child = child_of(t, before=lambda: [signal.signal(n, signal.SIG_IGN) for n in wanted])
    same(int(stage.status_of(child)["SigIgn"], 16), bits(wanted))


@case("its working directory, environment and words")
def directory(t):
    _, child = child_of(t, before=lambda: os.chdir(t.dir))
    same(os.readlink(f"/proc/{child}/cwd"), t.dir)


@case("its working directory, environment and words")
def environment(t):
    wanted = {"ZED": "last first", "EMPTY": "", "odd name": "x=y", "BYTES": "\udcff\udcfe", "LISTEN_FDS": "3", "PATH": "/bin"}
    _, child = child_of(t, env=wanted)
    with open(f"/proc/{child}/environ", "rb") as f:
        found = f.read().split(b"\0")[:-1]
    same(found, [os.fsencode(f"{k}={v}") for k, v in ({"PATH": "/bin"} | wanted).items()])


@case("its working directory, environment and words")
def words(t):
    subject = t.start("say", "up", "pause", "--grace", "-x", "", "--", "-v")
    child = t.expect("up")
    with open(f"/proc/{child}/cmdline", "rb") as f:
        same(f.read().split(b"\0")[2:-1], [b"say", b"up", b"pause", b"--grace", b"-x", b"", b"--", b"-v"])


@case("its limits, priority, umask, scheduling and processors")
def limits(t):
    kinds = {resource.RLIMIT_NOFILE: (123, 321), resource.RLIMIT_CORE: (0, 4096), resource.RLIMIT_STACK: (2 << 20, 4 << 20),
             resource.RLIMIT_NPROC: (1000, 2000), resource.RLIMIT_AS: (1 << 32, 1 << 33), resource.RLIMIT_CPU: (500, 600),
             resource.RLIMIT_MEMLOCK: (65536, 65536), resource.RLIMIT_SIGPENDING: (77, 88)}
    _, child = child_of(t, before=lambda: [resource.setrlimit(k, v) for k, v in kinds.items()])
    same({k: resource.prlimit(child, k) for k in kinds}, kinds)


@case("its limits, priority, umask, scheduling and processors")
def priority(t):
    def before():
        with open("/proc/self/oom_score_adj", "w") as f:
            f.write("321")
        os.nice(7)

    _, child = child_of(t, before=before)
    same((stage.lines_of(f"/proc/{child}/oom_score_adj")[0], stage.stat_of(child)[16]), ("321", "7"))


@case("its limits, priority, umask, scheduling and processors")
def scheduling(t):
    def before():
        os.umask(0o137)
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        os.sched_setaffinity(0, {0})

    _, child = child_of(t, before=before)
    same((stage.status_of(child)["Umask"], os.sched_getscheduler(child), os.sched_getaffinity(child)), ("0137", os.SCHED_BATCH, {0}))


@case("its capabilities, ids and no_new_privs")
def capabilities(t):
    def before():
        stage.drop_capabilities(0, 5, 21, 37)
        stage.call("prctl", 38, 1, 0, 0, 0)  # no_new_privs
        stage.call("prctl", 8, 1, 0, 0, 0)   # keep capabilities

    subject, child = child_of(t, before=before)
    ours, found = stage.status_of(subject.pid), stage.status_of(child)
    wanted = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Uid", "Gid", "Groups", "Seccomp"]
    same({k: found[k] for k in wanted}, {k: ours[k] for k in wanted})
    holds(not int(found["CapBnd"], 16) & 1 << 21 and found["NoNewPrivs"] == "1", "capabilities are back")


@case("no signal at its parent's death")
def no_pdeath(t):
    t.start("pdeath")
    t.expect("pdeath 0")


def has(child, wanted):
    """These descriptors beside its stderr. The probe has one more while it tells something."""
    found = lambda: {fd: what for fd, what in stage.fds_of(child).items() if fd != 2}
    stage.until(f"the descriptors {wanted}, not {found()}", lambda: found() == wanted)


@case("its descriptors, and none of the wrapper's")
def descriptors(t):
    path = t.file("file", "text")
    fd = os.open(path, os.O_RDONLY)
    _, child = child_of(t, fds=[(3, fd), (4, fd), (77, fd)])
    null = "/dev/null"
    has(child, {0: null, 1: null, 3: path, 4: path, 77: path})


def closed(t, streams):
    subject, child = child_of(t, streams=streams)
    stage.until("the same descriptors", lambda: set(stage.fds_of(child)) == {fd for fd, s in enumerate(streams) if s != CLOSED})
    subject.kill(15)
    subject.ends(143)


for name, streams in (("stdin", (CLOSED, None, None)), ("stdout", (None, CLOSED, None)), ("stderr", (None, None, CLOSED)),
                      ("all", (CLOSED, CLOSED, CLOSED))):
    def run(t, streams=streams):
        closed(t, streams)
    run.__name__ = f"{name}_closed"
    case("streams that are closed stay closed")(run)


@case("LISTEN_PID becomes its own, and another's is kept")
def listen_pid(t):
    t.start("ids", "env", "LISTEN_PID", "env", "LISTEN_FDS", env={"LISTEN_PID": "1", "LISTEN_FDS": "1"})
    pid = t.next()[0].split()[1]
    t.expect(f"LISTEN_PID={pid}", "LISTEN_FDS=1")


@case("LISTEN_PID becomes its own, and another's is kept")
def listen_pid_of_another(t):
    t.start("env", "LISTEN_PID", env={"LISTEN_PID": "31", "LISTEN_FDS": "1"})
    t.expect("LISTEN_PID=31")


@case("LISTEN_PID becomes its own, and another's is kept")
def listen_pid_not_pid1(t):
    words = [t.program.path, "--"] + t.behind("ids", "env", "LISTEN_PID")
    t.execute("/bin/sh", ["sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh"] + words, env={"LISTEN_FDS": "1"}, pid1=False)
    pid = t.next()[0].split()[1]
    t.expect(f"LISTEN_PID={pid}")


@case("no session of its own", but=["dumb-init"])
def session(t):
    subject, child = child_of(t)
    same(stage.stat_of(child)[3], stage.stat_of(subject.pid)[3], "session")


# -- a wrapper that is in nobody's way ----------------------------------------------------------------------------

quiet = section("A wrapper in nobody's way")


@quiet("the place where it was started, or of a file it inherited, can be unmounted")
def unmount(t):
    place = f"{t.dir}/place"
    os.mkdir(place)
    stage.mount("place", place, "tmpfs")
    t.start("chdir", "/", "pause", before=lambda: os.chdir(place))
    t.expect("chdir: 0")
    stage.until("it can be unmounted", lambda: stage.libc.umount2(place.encode(), 0) == 0)


@quiet("the place where it was started, or of a file it inherited, can be unmounted")
def unmount_file(t):
    place = f"{t.dir}/place"
    os.mkdir(place)
    stage.mount("place", place, "tmpfs")
    fd = os.open(f"{place}/file", os.O_RDWR | os.O_CREAT)
    t.start("close", 7, "say", "closed", "pause", fds=[(7, fd)])
    os.close(fd)
    t.expect("closed")
    stage.until("it can be unmounted", lambda: stage.libc.umount2(place.encode(), 0) == 0)


@quiet("a pipe ends when the program closes it")
def pipes(t):
    in_read, in_write = os.pipe()
    out_read, out_write = os.pipe()
    t.start("close", 0, "close", 1, "say", "closed", "pause", streams=(in_read, out_write, "log"))
    os.close(in_read)
    os.close(out_write)
    t.expect("closed")
    stage.until_ready(out_read, "the end of its stdout")
    same(os.read(out_read, 1), b"")
    poll = select.poll()
    poll.register(in_write, 0)
    holds(poll.poll(1000 * stage.LIMIT), "its stdin is still open")


@quiet("a terminal hangs up when the program lets go of it")
def terminal(t):
    master, slave = t.terminal()
    t.start("close", 0, "close", 1, "close", 2, "say", "closed", "pause", streams=(slave, slave, slave))
    os.close(slave)
    t.expect("closed")
    stage.until_ready(master, "the terminal hangs up")


# -- places that lack what others have ----------------------------------------------------------------------------

places = section("Where it runs")


def runs(t, before, *words, **how):
    subject = t.start(*words, "say", "up", "until", 15, "exit", 9, before=before, **how)
    t.expect("up", "ready")
    subject.kill(15)
    same(t.signals(15), [15])
    subject.ends(9)


def in_root(t, root, readonly=True):
    def before():
        os.chroot(root)
        os.chdir("/")

    if readonly:
        stage.mount(None, root, None, stage.MS_REMOUNT | stage.MS_RDONLY)
    return before


@places("without /dev and /proc, in a read-only root")
def bare(t):
    runs(t, in_root(t, t.root()))


@places("without /dev and /proc, in a read-only root")
def bare_and_closed(t):
    runs(t, in_root(t, t.root()), streams=(CLOSED, CLOSED, CLOSED))


@places("as an ordinary user")
def ordinary(t):
    runs(t, lambda: stage.become(4321))


@places("as an ordinary user")
def ordinary_not_pid1(t):
    runs(t, lambda: stage.become(4321), pid1=False)


@places("not as PID 1")
def not_pid1(t):
    runs(t, None, pid1=False)


@places("stdin /dev/null and a terminal: the program can use it", but=["dumb-init"])
def null_and_terminal(t):
    master, slave = t.terminal()

    def before():
        fcntl.ioctl(99, termios.TIOCSCTTY, 0)
        os.close(99)

    subject = t.start("foreground", "open", "/dev/tty", "read", 3, "exit", 0, streams=(None, slave, "log"), before=before,
                      fds=[(99, slave)])
    os.close(slave)
    t.expect("foreground: yes", "open: 3")
    os.write(master, b"typed\n")
    t.expect("read: typed\n")
    subject.ends(0)


def terminal_closed(t, streams):
    master, slave = t.terminal()

    def before():
        fcntl.ioctl(99, termios.TIOCSCTTY, 0)
        os.close(99)

    subject = t.start("say", "up", "exit", 0, streams=streams, before=before, fds=[(99, slave)])
    os.close(slave)
    t.expect("up")
    subject.ends(0)


@places("a terminal, and stdin or all streams closed")
def terminal_stdin_closed(t):
    terminal_closed(t, (CLOSED, None, "log"))


@places("a terminal, and stdin or all streams closed")
def terminal_all_closed(t):
    terminal_closed(t, (CLOSED, CLOSED, CLOSED))
