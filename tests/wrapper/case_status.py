"""How it leaves: with the program's status, or with one of its own that says why there is none."""

import os
import select
import signal
import time

import stage
from cases import section
from stage import holds, same

case = section("Exit status")


@case("that of the program")
def of_the_program(t):
    for status in (0, 1, 2, 42, 127, 255):
        t.start("exit", status).ends(status)


@case("128 + n when signal n has killed it")
def of_a_signal(t):
    for number in (1, 2, 6, 9, 11, 15, 31, 34, 50):
        t.start("die", number).ends(128 + number)


@case("real faults of the program are its own")
def of_a_fault(t):
    faults = [("segv", 11), ("bus", 7), ("fpe", 8), ("ill", 4), ("abrt", 6)]
    for kind, number in faults:
        t.start("fault", kind).ends(128 + number, kind)


@case("127 when there is no such program")
def not_found(t):
    t.start(argv=["/no/such/program"]).ends(127, "a path")
    t.start(argv=["no-such-program"]).ends(127, "a name")
    t.start(argv=["./here"]).ends(127, "relative")
    t.start(argv=["no-such-program"], env={"PATH": ""}).ends(127, "an empty PATH")


@case("127 when there is no such program, and one line that says so")
def not_found_said(t):
    subject = t.start(argv=["/no/such/program"])
    subject.wait()
    same(len(subject.said()), 1, "lines")
    holds("/no/such/program" in subject.said()[0], f"it says {subject.said()}")


def cannot(t, path, what, **how):
    t.start(argv=[path], **how).ends(126, what)


@case("126 when it is not executable")
def not_executable(t):
    cannot(t, t.file("plain", "#!/bin/sh\n", 0o644), "mode 644")
    cannot(t, t.dir, "a folder")


@case("126 when the way to it is barred (ENOTDIR, ELOOP, EACCES)")
def barred(t):
    cannot(t, "/etc/passwd/program", "ENOTDIR")
    os.symlink("loop", f"{t.dir}/loop")
    cannot(t, f"{t.dir}/loop", "ELOOP")
    os.mkdir(f"{t.dir}/closed", 0o700)
    cannot(t, f"{t.dir}/closed/program", "EACCES", before=lambda: stage.become(4321))


@case("126 when it is no program")
def no_program(t):
    cannot(t, t.file("elf", b"\x7fELF\x02\x01\x01" + bytes(57)), "a broken ELF file")


@case("126 when its interpreter is not there")
def no_interpreter(t):
    cannot(t, t.file("script", "#!/no/such/interpreter\n"), "a bad interpreter")


@case("126 for an empty name")
def empty_name(t):
    cannot(t, "", "an empty name")


@case("a script without #! is run by sh")
def script(t):
    path = t.file("script", 'exit "$#"$1\n')
    t.start(argv=[path, "7"]).ends(17, "by path")
    t.start(argv=["script", "3"], env={"PATH": f"/nowhere:{t.dir}:/bin"}).ends(13, "by PATH")


@case("a name is looked for in PATH, beyond what may not be executed there")
def in_path(t):
    os.mkdir(f"{t.dir}/a")
    os.mkdir(f"{t.dir}/b")
    t.file("a/tool", "#!/bin/sh\nexit 1\n", 0o644)
    t.file("b/tool", "#!/bin/sh\nexit 5\n")
    path = {"PATH": f"/etc/passwd:{t.dir}/a:{t.dir}/b"}
    t.start(argv=["tool"], env=path).ends(5)
    t.start(argv=["tool"], env={"PATH": f"/etc/passwd:{t.dir}/a"}).ends(126, "only one that is not executable")


@case("without PATH in the usual places")
def no_path(t):
    def before():
        os.execve(t.program.path, [t.program.argv0, "--", "sh", "-c", "exit 8"], {})

    t.start("pause", before=before).ends(8)


@case("a usage error is one line and 2")
def usage(t):
    subject = t.start("pause", options=["bad"])
    status = subject.wait()
    same((status, len(subject.said())), (2, 1), "status, lines")


@case("a usage error is one line and 2")
def no_words(t):
    subject = t.start(raw=["--"])
    status = subject.wait()
    same((status, len(subject.said())), (2, 1), "status, lines")


# -- standard error -----------------------------------------------------------------------------------------------

robust = section("What must not harm it")


def full_pipe():
    read, write = os.pipe()
    os.set_blocking(write, False)
    try:
        while True:
            os.write(write, bytes(4096))
    except BlockingIOError:
        os.set_blocking(write, True)
    return read, write


def broken_pipe():
    read, write = os.pipe()
    os.close(read)
    return write


@robust("a full stderr neither holds nor kills it")
def stderr_full(t):
    _, write = full_pipe()
    t.start(argv=["/no/such/program"], streams=(None, None, write)).ends(127, "not found")


@robust("a full stderr neither holds nor kills it")
def stderr_full_at_work(t):
    _, write = full_pipe()
    chatty = "verbose" if "verbose" in t.program.features else "single"
    subject = t.start("orphan", "[", "say", "orphan", "]", "until", 15, "exit", 3, options=[chatty], streams=(None, None, write))
    t.gather("orphan", "ready")
    subject.kill(15)
    same(t.signals(15), [15])
    subject.ends(3)


@robust("a closed or broken stderr neither")
def stderr_closed(t):
    t.start(argv=["/no/such/program"], streams=(None, None, stage.CLOSED)).ends(127, "closed")
    t.start(argv=["/no/such/program"], streams=(None, None, broken_pipe())).ends(127, "broken")


@robust("a closed or broken stderr neither")
def stderr_broken_at_work(t):
    chatty = "verbose" if "verbose" in t.program.features else "single"
    for stream in (stage.CLOSED, broken_pipe()):
        subject = t.start("orphan", "[", "say", "orphan", "]", "until", 15, "exit", 3, options=[chatty], streams=(None, None, stream))
        t.gather("orphan", "ready")
        subject.kill(15)
        same(t.signals(15), [15])
        subject.ends(3)


# -- whoever dies -------------------------------------------------------------------------------------------------

def zombies():
    """How many of this namespace are dead and not reaped."""
    count = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            count += stage.stat_of(pid)[0] == "Z"
        except (FileNotFoundError, ProcessLookupError):
            pass
    return count


@robust("an orphan that dies is reaped")
def orphan(t):
    t.start("orphan", "[", "say", "orphan", "exit", 1, "]", "say", "up", "pause")
    t.gather("orphan", "up")
    stage.until("it is reaped", lambda: zombies() == 0)


@robust("10,000 zombies at once are all reaped", alone=True, crowd=True)
def zombies_at_once(t):
    """They die while it is stopped, and all their signals are one."""
    subject = t.start("until", 40, "zombies", 10000, "say", "dead", "until", 41, "exit", 5)
    child = t.expect("ready")
    subject.kill(signal.SIGSTOP)
    stage.until("it stops", stage.is_state(subject.pid, "T"))
    os.kill(child, 40)
    t.signals(40)
    t.expect("dead", "ready")
    stage.until("all are dead", lambda: zombies() > 9900)
    subject.kill(signal.SIGCONT)
    stage.until("all are reaped", lambda: zombies() == 0)
    os.kill(child, 41)
    t.signals(41)
    subject.ends(5)


@robust("20,000 orphans of 200 parents are reaped as they die", alone=True, crowd=True)
def orphans(t):
    """Whoever reaps late has half of them at one time; how many there are at most depends on the machine."""
    subject = t.start("storm", 200, 100, "say", "done", "until", 40, "exit", 6)
    most = 0
    while not select.select([t.socket], [], [], 0.02)[0]:
        most = max(most, zombies())
    child = t.expect("done", "ready")
    stage.until("all are reaped", lambda: zombies() == 0)
    holds(most < 10000, f"{most} zombies at one time")
    os.kill(child, 40)
    t.signals(40)
    subject.ends(6)


@robust("idle, it is never woken")
def idle(t):
    def switches(pid):
        status = stage.status_of(pid)
        return int(status["voluntary_ctxt_switches"]), int(status["nonvoluntary_ctxt_switches"])

    subject = t.start("say", "up", "pause")
    t.expect("up")
    before = None
    while before != (before := switches(subject.pid)):
        time.sleep(0.3)
    time.sleep(3)
    same(switches(subject.pid), before, "context switches in 3 s")
