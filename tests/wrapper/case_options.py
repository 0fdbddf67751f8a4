"""The options: those of the others by their letters, and what their users ask for."""

import os
import signal
import time

import stage
from cases import section
from stage import NotApplicable, gone, holds, same

case = section("Options")

TERM, USR1, KILL = 15, 10, 9


def both(t, feature, *args):
    """How a feature can be asked for: (options, environment) each."""
    yield [(feature, *args)], {}
    if feature in t.program.variables:
        yield [], t.variables(feature, *args)


@case("-s: orphans are adopted where it is not PID 1")
def subreaper(t):
    t.options("subreaper")
    for options, env in both(t, "subreaper"):
        subject = t.start("orphan", "[", "until", 40, "]", "say", "up", "pause", options=options, env=env, pid1=False)
        found = t.gather("ready", "up")
        same(int(stage.stat_of(found["ready"])[1]), subject.pid, "parent")
        os.kill(found["ready"], 40)
        t.signals(40)
        stage.until("it is reaped", lambda: not os.path.exists(f"/proc/{found['ready']}"))
        subject.kill(KILL)


def dies_with_parent(t, name):
    """The wrapper's parent is a process that leaves once the program is there."""
    t.options(("pdeath", name))
    go_read, go_write = os.pipe()
    parent = os.fork()
    if parent == 0:
        try:
            t.start("until", USR1, options=[("pdeath", name)], pid1=False)
            os.close(go_write)
            os.read(go_read, 1)
        finally:
            os._exit(0)
    os.close(go_read)
    t.expect("ready")
    os.close(go_write)
    os.waitpid(parent, 0)
    same(t.signals(USR1), [USR1], name)


@case("-p SIG: a signal when its parent dies")
def parent_death(t):
    dies_with_parent(t, "SIGUSR1")


@case("-p by a number, or a name without SIG")
def parent_death_spelling(t):
    for name in ("USR1", "10"):
        dies_with_parent(t, name)


@case("-g: signals to the whole group")
def group(t):
    t.options("group")
    for options, env in both(t, "group"):
        subject = t.start("fork", "[", "until", USR1, "]", "until", USR1, "wait", "exit", 0, options=options, env=env)
        t.expect("ready", "ready")
        subject.kill(USR1)
        same(t.signals(USR1) + t.signals(USR1), [USR1, USR1])
        subject.ends(0)
        t.quiet()


@case("--session: a session of its own")
def session(t):
    t.options("session")
    for options, env in both(t, "session"):
        subject = t.start("fork", "[", "until", USR1, "]", "until", USR1, "wait", "exit", 0, options=options, env=env)
        _, first = t.next()
        t.expect("ready")
        holds(stage.stat_of(first)[3] != stage.stat_of(subject.pid)[3], "the session is the wrapper's")
        subject.kill(USR1)
        same(t.signals(USR1) + t.signals(USR1), [USR1, USR1])
        subject.ends(0)


@case("-g spares those who only share the wrapper's group")
def group_of_its_own(t):
    t.options("group")
    bystander = os.fork()
    if bystander == 0:
        os.setpgid(0, 0)
        signal.signal(USR1, signal.SIG_DFL)
        signal.pause()
        os._exit(0)
    stage.until("it has its group", lambda: os.getpgid(bystander) == bystander)
    subject = t.start("until", USR1, options=["group"], pid1=False, session=False, before=lambda: os.setpgid(0, bystander))
    t.expect("ready")
    subject.kill(USR1)
    same(t.signals(USR1), [USR1])
    subject.ends(0)
    holds(not gone(bystander), "another of its group got the signal")


@case("--single-child, or the default: only to the program")
def single(t):
    t.options("single")
    for options, env in both(t, "single"):
        subject = t.start("fork", "[", "until", 40, "]", "until", USR1, "wait", "exit", 0, options=options, env=env)
        children = {t.next()[1], t.next()[1]}
        subject.kill(USR1)
        told, main = t.next()
        same(told.split()[:2], ["signal", "10"])
        os.kill((children - {main}).pop(), 40)
        same(t.signals(40), [40])
        subject.ends(0)
        t.quiet()


@case("-e CODE: that status is 0, repeatable")
def success(t):
    for status in (143, 7, 0):
        t.start("exit", status, options=[("success", 7), ("success", 143)]).ends(0)
    t.start("exit", 8, options=[("success", 7)]).ends(8)
    t.start("die", TERM, options=[("success", 143)]).ends(0, "a signal's")


@case("-w: a warning when an orphan is reaped")
def warn(t):
    t.options("warn")
    for options, env in both(t, "warn"):
        subject = t.start("orphan", "[", "say", "orphan", "]", "say", "up", "pause", options=options, env=env)
        t.gather("orphan", "up")
        stage.until("it says so", lambda: stage.matches(subject.said(), "(?i)reaped"))


@case("-h: what there is, on stdout, 0")
def help_text(t):
    read, write = os.pipe()
    subject = t.start(raw=t.options("help"), streams=(None, write, "log"))
    os.close(write)
    with open(read) as f:
        said = f.read()
    subject.ends(0)
    holds(len(said.splitlines()) > 3, f"it says {said!r}")


@case("-v: it tells what it does")
def verbose(t):
    subject = t.start("until", TERM, options=["verbose"], streams=(None, "log", "log"))
    t.expect("ready")
    subject.kill(TERM)
    subject.ends(0)
    holds(subject.said(), "it says nothing")


@case("-- is optional before a program without -")
def no_dashes(t):
    for words in ([], t.program.features.get("group") or []):
        t.start(raw=words + t.behind("exit", 4)).ends(4)


def rewrites(t, rules, send, become):
    subject = t.start("until", become, options=[("rewrite", a, b) for a, b in rules])
    t.expect("ready")
    for number in send:
        subject.kill(number)
    same(t.signals(become), [become], str(rules))
    subject.ends(0)


@case("--rewrite SIG:SIG by numbers, 0 for none, repeatable")
def rewrite_by_number(t):
    rewrites(t, [("15", "10"), ("1", "0")], [1, TERM], USR1)


@case("--rewrite by names, and of real-time signals")
def rewrite_by_name(t):
    rewrites(t, [("TERM", "USR1"), ("HUP", "0")], [1, TERM], USR1)
    rewrites(t, [("SIGTERM", "SIGUSR1"), ("SIGHUP", "0")], [1, TERM], USR1)


@case("--rewrite by names, and of real-time signals")
def rewrite_real_time(t):
    rewrites(t, [("15", "40"), ("41", "0")], [41, TERM], 40)


@case("--rewrite by names, and of real-time signals")
def rewrite_real_time_names(t):
    rewrites(t, [("TERM", "RTMIN+3"), ("RTMAX-1", "0")], [63, TERM], 37)


@case("--rewrite by environment")
def rewrite_by_variable(t):
    subject = t.start("until", USR1, env=t.variables("rewrite", "TERM", "USR1"))
    t.expect("ready")
    subject.kill(TERM)
    same(t.signals(USR1), [USR1])
    subject.ends(0)


@case("--pause: no program, it reaps, and leaves with 0 on TERM or INT")
def pause(t):
    t.options("pause")
    for number in (TERM, signal.SIGINT):
        subject = t.start(raw=t.options("pause"))
        stage.until("it waits", stage.is_state(subject.pid, "S"))
        orphan_into(subject.pid, t)
        stage.until("the orphan is reaped", lambda: not stage.children_of(subject.pid))
        subject.kill(number)
        subject.ends(0)


def orphan_into(pid, t):
    """Somebody dies in the pid namespace of another PID 1, and leaves an orphan there that dies too."""
    home, there = (os.open(f"/proc/{p}/ns/pid", os.O_RDONLY) for p in ("self", pid))
    stage.call("setns", there, stage.CLONE_NEWPID)
    middle = os.fork()
    if middle == 0:
        words = t.behind("orphan", "[", "say", "orphan", "]")
        os.execv(words[0], words)
    stage.call("setns", home, stage.CLONE_NEWPID)
    os.waitpid(middle, 0)
    t.expect("orphan")


# -- what remains when the program has left -----------------------------------------------------------------------

@case("by default it leaves with the program, whoever remains")
def leaves(t):
    subject = t.start("orphan", "[", "until", 0, "]", "until", 40, "exit", 3, pid1=False)
    pids = {t.next()[1], t.next()[1]}
    for pid in pids:
        os.kill(pid, 40)
    subject.ends(3)


def daemon(*words):
    return ["orphan", "[", "setsid", *words, "]"]


@case("--all: TERM reaches daemons and runaways too, and it leaves when all have left")
def everybody(t):
    t.options("all")
    for options, env in both(t, "all"):
        subject = t.start(*daemon("until", TERM, "until", 40), *daemon("fork", "[", "setsid", "until", TERM, "]", "until", TERM),
                          "until", TERM, "exit", 4, options=options, env=env)
        told = [t.next() for _ in range(7)]
        same(sorted(text for text, _ in told if "setsid" not in text), ["ready"] * 4)
        subject.kill(TERM)
        got = [t.next() for _ in range(5)]
        same(sorted(text.split()[0:2] for text, _ in got if text != "ready"), [["signal", "15"]] * 4)
        last = next(pid for text, pid in got if text == "ready")
        stage.until("the others have left", lambda: stage.children_of(subject.pid) == [last])
        holds(subject.is_there(), "it left before the last daemon")
        os.kill(last, 40)
        t.signals(40)
        subject.ends(4)


def run_away(t, **how):
    words = ["fork", "[", "run-away", "]"] * 5
    subject = t.start(*words, "say", "up", "until", TERM, "exit", 2, options=["all"], **how)
    t.expect("up", "ready")
    subject.kill(TERM)
    t.signals(TERM)
    subject.ends(2)


@case("--all: TERM reaches daemons and runaways too, and it leaves when all have left")
def run_away_pid1(t):
    run_away(t, before=stage.own_proc)


@case("--all: TERM reaches daemons and runaways too, and it leaves when all have left")
def run_away_not_pid1(t):
    run_away(t, pid1=False)


@case("--all: TERM reaches whoever was forked just then")
def forked_late(t):
    for pid1 in (True, False):
        subject = t.start("fork", "[", "fork-late", "[", "pause", "]", "]", "until", TERM, "exit", 2, options=["all"], pid1=pid1,
                          before=stage.own_proc if pid1 else None)
        t.gather("late", "ready")
        subject.kill(TERM)
        t.signals(TERM)
        subject.ends(2)


@case("--wait: it stays until the last descendant has left")
def wait(t):
    t.options("wait")
    for options, env in both(t, "wait"):
        subject = t.start(*daemon("until", 40), "say", "up", "until", TERM, "exit", 3, options=options, env=env)
        told = dict(t.next()[::-1] for _ in range(4))
        subject.kill(TERM)
        main = t.next()[1]
        stage.until("the program has left", lambda: gone(main) and not os.path.exists(f"/proc/{main}"))
        holds(subject.is_there(), "it left before the daemon")
        other = next(pid for pid in told if pid != main)
        os.kill(other, 40)
        t.signals(40)
        subject.ends(3)


@case("--grace TIME: when the program has left, TERM to what remains, KILL after that time")
def grace(t):
    t.options(("grace", "60s"))
    for options, env in both(t, "grace", "60s"):
        subject = t.start(*daemon("until", TERM, "say", "clean"), "until", 40, "exit", 3, options=options, env=env)
        told = [t.next() for _ in range(3)]
        pids = {pid for _, pid in told}
        other = next(pid for text, pid in told if text.startswith("setsid"))
        os.kill((pids - {other}).pop(), 40)
        same(t.next()[0].split()[1], "40")
        same(t.next()[0].split()[1], str(TERM))
        t.expect("clean")
        subject.ends(3)


@case("--grace TIME: when the program has left, TERM to what remains, KILL after that time")
def grace_kill(t):
    t.options(("grace", "200ms"))
    subject = t.start(*daemon("until", 0), "until", 40, "exit", 3, options=[("grace", "200ms"), "subreaper"], pid1=False)
    told = [t.next() for _ in range(3)]
    other = next(pid for text, pid in told if text.startswith("setsid"))
    main = next(pid for text, pid in told if pid != other)
    before = time.monotonic()
    os.kill(main, 40)
    subject.ends(3)
    holds(gone(other), "the daemon is still there")
    holds(time.monotonic() - before > 0.19, "it did not wait")


@case("--stop-delay TIME: TERM is passed on later, a second one and all else at once")
def stop_delay(t):
    t.options(("delay", "300ms"))
    for options, env in both(t, "delay", "300ms"):
        subject = t.start("until", TERM, "exit", 3, options=options, env=env)
        t.expect("ready")
        before = time.monotonic()
        subject.kill(TERM)
        subject.kill(USR1)
        same(t.signals(TERM), [USR1, TERM])
        holds(time.monotonic() - before > 0.29, "it did not wait")
        subject.ends(3)


@case("--stop-delay TIME: TERM is passed on later, a second one and all else at once")
def stop_delay_again(t):
    subject = t.start("until", TERM, "exit", 3, options=[("delay", "1h")])
    t.expect("ready")
    subject.kill(TERM)
    subject.kill(USR1)
    same(t.signals(USR1), [USR1])
    subject.kill(TERM)
    same(t.signals(TERM), [TERM])
    subject.ends(3)


@case("--stop-delay TIME: TERM is passed on later, a second one and all else at once")
def stop_delay_left(t):
    subject = t.start("until", USR1, "exit", 3, options=[("delay", "1h")])
    t.expect("ready")
    subject.kill(TERM)
    subject.kill(USR1)
    t.signals(USR1)
    subject.ends(3)


@case("--timeout TIME: a program that takes longer is stopped")
def timeout(t):
    t.options(("timeout", "200ms"))
    for options, env in both(t, "timeout", "200ms"):
        subject = t.start("until", TERM, "exit", 3, options=options, env=env)
        t.expect("ready")
        same(t.signals(TERM), [TERM])
        subject.ends(124)


@case("--timeout TIME: a program that takes longer is stopped")
def timeout_not_reached(t):
    t.start("exit", 3, options=[("timeout", "1h")]).ends(3)


@case("--ok CODE: that status is 0")
def ok(t):
    t.options(("ok", 143))
    for options, env in both(t, "ok", 143):
        t.start("die", TERM, options=options, env=env).ends(0)
        t.start("exit", 3, options=options, env=env).ends(3)


@case("wrong values are usage errors too", alone=True)
def wrong_values(t):
    if not t.program.is_minit:
        raise NotApplicable("words of minit")
    for words in (["-p", "NOSIG"], ["-p", "65"], ["-e", "256"], ["-e", "x"], ["-e", ""], ["--grace", "abc"], ["--rewrite", "TERM"],
                  ["--rewrite", "TERM:"], ["--rewrite", "TERM:65"], ["--timeout"], ["--ok", "-1"], ["--unknown"], ["--pause", "prog"]):
        tail = [] if words in (["--timeout"], ["--pause", "prog"]) else ["--", "/bin/true"]
        subject = t.start(raw=words + tail)
        status = subject.wait()
        same((status, len(subject.said())), (2, 1), f"{words}: {subject.said()}: status, lines")
