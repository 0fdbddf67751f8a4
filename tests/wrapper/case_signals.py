"""Signals: all of them, each once, in order, at any time."""

import fcntl
import os
import signal
import termios

import stage
from cases import section
from stage import holds, same

case = section("Signals")

KILL, STOP, CHLD, CONT, TSTP, TTIN, TTOU, TERM, INT, HUP, USR1, USR2 = 9, 19, 17, 18, 20, 21, 22, 15, 2, 1, 10, 12
FAULTS = [4, 5, 6, 7, 8, 11, 31]
STOPS = [TSTP, TTIN, TTOU]
LAST = 64


def one_by_one(t, numbers):
    subject = t.start("until", 0)
    t.expect("ready")
    for number in numbers:
        subject.kill(number)
        same(t.next()[0].split()[:2], ["signal", str(number)], "forwarded")
    subject.kill(LAST)
    same(t.signals(LAST), [LAST], "beyond those")


@case("each signal of 1..31 is forwarded, once")
def common_signals(t):
    one_by_one(t, [s for s in range(1, 32) if s not in [KILL, STOP, CHLD] + FAULTS + STOPS])


@case("a user's ILL TRAP ABRT BUS FPE SEGV SYS are forwarded, as they are no faults of its own")
def fault_signals(t):
    one_by_one(t, FAULTS)


@case("a user's CHLD is forwarded")
def child_signal(t):
    one_by_one(t, [CHLD])


@case("real-time signals 34..64 are forwarded, once")
def real_time_signals(t):
    one_by_one(t, range(34, LAST))


@case("32 and 33 too, which libc hides")
def hidden_signals(t):
    one_by_one(t, [32, 33])


@case("the value of sigqueue is kept", but=["dumb-init"])
def values(t):
    subject = t.start("until", 0)
    t.expect("ready")
    subject.queue(40, 12345)
    same(t.next()[0], "signal 40 code -1 value 12345")
    subject.queue(USR1, 54321)
    same(t.next()[0], "signal 10 code -1 value 54321")


def held(t):
    """The program is stopped while signals come in, so that they all wait for it."""
    subject = t.start("until", 0)
    t.expect("ready")
    subject.kill(STOP)
    stage.until("it stops", stage.is_state(subject.pid, "T"))
    return subject


@case("queued real-time signals come all, in order")
def queued(t):
    subject = held(t)
    for value in range(1, 30):
        subject.queue(35, value)
    for value in range(1, 30):
        subject.queue(34, value)
    subject.kill(CONT)
    found = []
    while len(found) < 58:
        words = t.next()[0].split()
        if int(words[1]) in (34, 35):
            found.append((int(words[1]), int(words[5])))
    same([n for n, _ in found], [34] * 29 + [35] * 29, "order of numbers")
    holds([v for n, v in found if n == 34] == list(range(1, 30)) or not any(v for _, v in found), f"order of values: {found}")


@case("signals that come together are forwarded, once each")
def burst(t):
    subject = held(t)
    together = [HUP, INT, USR1, USR2, TERM, 28]
    for number in reversed(together):
        subject.kill(number)
        subject.kill(number)
    subject.kill(LAST)
    subject.kill(CONT)
    found = [s for s in t.signals(LAST) if s != CONT]
    same(sorted(found), together + [LAST])


@case("TSTP, TTIN and TTOU reach a handler as themselves", but=["dumb-init"])
def stop_signals(t):
    one_by_one(t, STOPS)


@case("without a terminal TSTP, TTIN and TTOU stop the program, CONT lets it go on")
def stop_and_continue(t):
    subject = t.start("handle", USR1, "say", "up", "pause")
    child = t.expect("up")
    for number in STOPS:
        subject.kill(number)
        stage.until(f"signal {number} stops the program", stage.is_state(child, "T"))
        subject.kill(CONT)
        stage.until("CONT lets it go on", stage.is_state(child, "S", "R"))
    subject.kill(USR1)
    t.expect("handled 10")


@case("nothing is done before signals are held back")
def first_call(t):
    """The first system call is rt_sigprocmask: as nothing has been called before, it comes within microseconds."""
    subject = t.start("pause", before=stage.be_traced)
    same(stage.hold_at_call(subject.pid), 14, "the first system call")
    stage.let_go(subject.pid)


@case("signals that come before the program exists are forwarded")
def early(t):
    """Pending over the exec of the wrapper; blocked there, so that nothing is a matter of time."""
    def before():
        stage.mask_set([TERM, USR1, HUP, 40])
        for number in (TERM, USR1, HUP, 40):
            os.kill(os.getpid(), number)

    t.start("until", 40, before=before)
    t.expect("ready")
    same(sorted(t.signals(40)), [HUP, USR1, TERM, 40])


@case("signals that come while the program is started are forwarded")
def at_the_fork(t):
    """It is held just before the system call that makes the child, which does not know of TERM."""
    subject = t.start("pause", before=stage.be_traced)
    stage.hold_at_call(subject.pid, stage.FORKS)
    subject.kill(TERM)
    stage.let_go(subject.pid)
    subject.ends(143)


def without_kill():
    stage.drop_capabilities(5)


@case("a forward that is not permitted is no end")
def not_permitted(t):
    """The program is another user's, and CAP_KILL is gone."""
    subject = t.start("uid", 4321, "say", "up", "until", 40, "exit", 3, before=without_kill)
    child = t.expect("uid: 0", "up", "ready")
    for number in (USR1, TERM, HUP):
        subject.kill(number)
    os.kill(child, 40)
    same(t.signals(40), [40])
    subject.ends(3)


def refused(t, **how):
    """A signal that cannot go on; the program is ended by one that comes from us."""
    subject = t.start("uid", 4321, "until", 40, **how)
    child = t.expect("uid: 0", "ready")
    subject.kill(USR1)
    return subject, child


def ends_after(t, subject, child):
    os.kill(child, 40)
    t.signals(40)
    subject.ends(0)


@case("a forward that is not permitted is no end, and is warned of")
def not_permitted_said(t):
    """To a file that is not kept open, as the program has it still."""
    def before():
        stage.call("unshare", stage.CLONE_NEWNS)
        stage.mount("proc", "/proc", "proc")
        without_kill()

    subject, child = refused(t, before=before)
    stage.until("a warning", lambda: stage.matches(subject.said(), "(?i)not permitted"))
    holds(t.program.is_minit is False or not os.path.exists(f"/proc/{subject.pid}/fd/2"), "it is kept")
    ends_after(t, subject, child)


@case("a forward that is not permitted is no end, and is warned of")
def not_permitted_said_to_a_pipe(t):
    """As in a container, whose init may not look at the files of others."""
    read, write = os.pipe()
    subject, child = refused(t, before=lambda: stage.drop_capabilities(5, 19), streams=(None, None, write))
    os.close(write)
    with open(read, errors="replace") as pipe:
        holds(stage.matches([pipe.readline()], "(?i)not permitted"), "no warning")
        ends_after(t, subject, child)


@case("SIGCHLD ignored at exec does not hang it")
def child_ignored(t):
    t.start("say", "up", "exit", 4, before=lambda: signal.signal(CHLD, signal.SIG_IGN)).ends(4)


# -- a terminal ---------------------------------------------------------------------------------------------------

def own_terminal(t, *words, streams=None, **how):
    """As `docker run -t`: PID 1 leads the session of a terminal. Returns (subject, master)."""
    master, slave = t.terminal()
    tty_fd = 99

    def before():
        fcntl.ioctl(tty_fd, termios.TIOCSCTTY, 0)
        os.close(tty_fd)

    streams = streams or (slave, slave, "log")
    subject = t.start(*words, streams=streams, before=before, fds=[(tty_fd, slave)], **how)
    os.close(slave)
    return subject, master


@case("on a terminal the program has the foreground, and reads")
def foreground(t):
    subject, master = own_terminal(t, "foreground", "read", 0, "exit", 0)
    t.expect("foreground: yes")
    os.write(master, b"hello\n")
    t.expect("read: hello\n")
    subject.ends(0)


@case("^C and ^Z reach it once")
def typed_signals(t):
    subject, master = own_terminal(t, "until", 40)
    child = t.expect("ready")
    os.write(master, b"\x03")
    same(t.next()[0].split()[1], str(INT))
    os.write(master, b"\x1a")
    same(t.next()[0].split()[1], str(TSTP))
    os.kill(child, 40)
    same(t.signals(40), [40], "besides")
    subject.ends(0)


@case("stopped by ^Z on a terminal, CONT lets it go on", but=["dumb-init"])
def typed_stop(t):
    subject, master = own_terminal(t, "say", "up", "read", 0, "exit", 0)
    child = t.expect("up")
    stage.until("it reads", stage.is_state(child, "S"))
    os.write(master, b"\x1a")
    stage.until("^Z stops it", stage.is_state(child, "T"))
    subject.kill(CONT)
    stage.until("CONT lets it go on", stage.is_state(child, "S"))
    os.write(master, b"on\n")
    t.expect("read: on\n")
    subject.ends(0)


def shell_job(t, *words, **how):
    """As a job of an interactive shell, which is this process. Returns (subject, master, our descriptor of the terminal)."""
    master, slave = t.terminal()
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    signal.signal(TTOU, signal.SIG_IGN)

    def before():
        os.setpgid(0, 0)
        signal.signal(TTOU, signal.SIG_IGN)
        os.tcsetpgrp(0, os.getpgrp())
        signal.signal(TTOU, signal.SIG_DFL)

    subject = t.start(*words, streams=(slave, slave, "log"), before=before, session=False, pid1=False, **how)
    return subject, master, slave


@case("as a shell's job it gives the foreground back", but=["dumb-init"])
def given_back(t):
    subject, master, tty = shell_job(t, "foreground", "exit", 6)
    t.expect("foreground: yes")
    subject.ends(6)
    same(os.tcgetpgrp(tty), subject.pid, "foreground group")


@case("as a shell's background job it leaves the foreground alone", but=["dumb-init"])
def background(t):
    master, slave = t.terminal()
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    subject = t.start("foreground", "exit", 6, streams=(slave, slave, "log"), before=lambda: os.setpgid(0, 0), session=False, pid1=False)
    t.expect("foreground: no")
    subject.ends(6)
    same(os.tcgetpgrp(slave), os.getpgrp(), "foreground group")


@case("as a shell's job ^Z stops it for the shell, fg lets it go on")
def job_control(t):
    subject, master, tty = shell_job(t, "say", "up", "read", 0, "exit", 0)
    child = t.expect("up")
    stage.until("it reads", stage.is_state(child, "S"))
    os.write(master, b"\x1a")
    stage.until("^Z stops the program", stage.is_state(child, "T"))
    stage.until("and the wrapper with it", stage.is_state(subject.pid, "T"))
    own = os.getpgrp()
    os.tcsetpgrp(tty, own)
    os.tcsetpgrp(tty, subject.pid)
    os.killpg(subject.pid, CONT)
    stage.until("the program goes on", stage.is_state(child, "S"))
    os.write(master, b"on\n")
    t.expect("read: on\n")
    subject.ends(0)
