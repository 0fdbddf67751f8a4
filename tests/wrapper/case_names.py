"""By another's name (argv[0]) minit is that program: options, environment, defaults and what Docker reads."""

import os
import re

import stage
from cases import section
from stage import NotApplicable, holds, same

case = section("By its name")

USR1 = 10


def outputs(t, *words, **how):
    """(status, what it says on stdout, and on stderr)"""
    read, write = os.pipe()
    subject = t.start(raw=list(words), streams=(None, write, "log"), **how)
    os.close(write)
    with open(read) as f:
        said = f.read()
    return subject.wait(), said, "\n".join(subject.said())


def named(t, *names):
    if os.path.basename(t.program.argv0) not in names:
        raise NotApplicable("another name")


@case("Docker can read the version")
def docker_version(t):
    """As Docker does: the first part, up to ` - `, has to begin with `tini version `."""
    named(t, "tini", "tini-static", "docker-init", "catatonit")
    status, said, _ = outputs(t, "--version")
    same(status, 0, "status")
    holds(re.match(r"tini version \S+$", said.split(" - ")[0].strip()), f"it says {said!r}")


@case("--version is one line, name and version")
def version(t):
    named(t, "minit")
    status, said, _ = outputs(t, "--version")
    same(status, 0, "status")
    holds(re.match(r"minit \d\S*\n$", said), f"it says {said!r}")


@case("dumb-init's version has its form")
def dumb_init_version(t):
    named(t, "dumb-init")
    status, out, err = outputs(t, "--version")
    same(status, 0, "status")
    holds(re.match(r"dumb-init v\d", out + err), f"it says {(out, err)!r}")


@case("TINI_SUBREAPER, TINI_KILL_PROCESS_GROUP and TINI_VERBOSITY hold")
def tini_variables(t):
    named(t, "tini", "tini-static", "docker-init")
    subject = t.start("fork", "[", "until", USR1, "]", "until", USR1, "wait", streams=(None, "log", "log"),
                      env={"TINI_KILL_PROCESS_GROUP": "", "TINI_VERBOSITY": "3"})
    t.expect("ready", "ready")
    subject.kill(USR1)
    same(t.signals(USR1) + t.signals(USR1), [USR1, USR1])
    subject.ends(0)
    holds(subject.said(), "it says nothing")


@case("tini's letters in one word, and -l")
def tini_letters(t):
    named(t, "tini", "tini-static", "docker-init")
    t.start(raw=["-sgvv", "-e3", "--"] + t.behind("exit", 3)).ends(0)
    same(outputs(t, "-l")[0], 0, "status of -l")


@case("dumb-init: a session of its own, and the whole of it gets the signal")
def dumb_init_session(t):
    named(t, "dumb-init")
    subject = t.start("fork", "[", "until", USR1, "]", "until", USR1, "wait")
    _, first = t.next()
    t.expect("ready")
    holds(stage.stat_of(first)[3] != stage.stat_of(subject.pid)[3], "the session is the wrapper's")
    subject.kill(USR1)
    same(t.signals(USR1) + t.signals(USR1), [USR1, USR1])
    subject.ends(0)


@case("dumb-init: TSTP, TTIN and TTOU become STOP")
def dumb_init_stops(t):
    named(t, "dumb-init")
    subject = t.start("ignore", 20, "ignore", 21, "ignore", 22, "say", "up", "pause")
    child = t.expect("up")
    for number in (20, 21, 22):
        subject.kill(number)
        stage.until("it stops", stage.is_state(child, "T"))
        os.kill(child, 18)
        subject.kill(18)
        stage.until("it goes on", stage.is_state(child, "S"))


@case("DUMB_INIT_SETSID=0 and DUMB_INIT_DEBUG=1 hold")
def dumb_init_variables(t):
    named(t, "dumb-init")
    subject = t.start("say", "up", "until", USR1, env={"DUMB_INIT_SETSID": "0", "DUMB_INIT_DEBUG": "1"})
    child = t.expect("up")
    t.expect("ready")
    same(stage.stat_of(child)[3], stage.stat_of(subject.pid)[3], "session")
    subject.kill(USR1)
    subject.ends(0)
    holds(subject.said(), "it says nothing")


@case("dumb-init's long and short options, with and without =")
def dumb_init_options(t):
    named(t, "dumb-init")
    for words in (["-c", "-r", "15:10"], ["--single-child", "--rewrite=15:10"], ["-r15:10"], ["--verbose", "--rewrite", "15:10"]):
        subject = t.start(raw=words + t.behind("until", USR1))
        t.expect("ready")
        subject.kill(15)
        same(t.signals(USR1), [USR1], " ".join(words))
        subject.ends(0)


@case("catatonit: -P pauses, -V and -L tell")
def catatonit_options(t):
    named(t, "catatonit")
    same(outputs(t, "-V")[0], 0, "status of -V")
    same(outputs(t, "-L")[0], 0, "status of -L")
    subject = t.start(raw=["-P"])
    stage.until("it waits", stage.is_state(subject.pid, "S"))
    subject.kill(2)
    subject.ends(0)
