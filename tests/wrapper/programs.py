"""The programs that are compared, and how each spells what a case asks for.

minit is here more than once: as the full build, as the build of wrapper_defconfig, and by the names of the others, whose
options, environment and defaults it then takes. A feature that is not spelt is not offered.
"""

import os
import re
import subprocess

BUILD = os.environ.get("BUILD", "build")
DEPS = os.environ.get("MINIT_DEPS", "build/deps")

# feature: words, or a function of the feature's arguments that gives them; no word where it is the default.
MINIT = {
    "subreaper": ["-s"], "pdeath": lambda s: ["-p", s], "group": ["-g"], "success": lambda c: ["-e", str(c)], "warn": ["-w"],
    "verbose": ["-v"], "help": ["-h"], "version": ["--version"], "single": ["--single-child"], "bad": ["-Z"],
    "rewrite": lambda a, b: ["--rewrite", f"{a}:{b}"], "pause": ["--pause"], "all": ["--all"], "wait": ["--wait"],
    "grace": lambda t: ["--grace", t], "delay": lambda t: ["--stop-delay", t], "timeout": lambda t: ["--timeout", t],
    "ok": lambda c: ["--ok", str(c)], "session": ["--session"],
}
TINI = {
    "subreaper": ["-s"], "pdeath": lambda s: ["-p", s], "group": ["-g"], "success": lambda c: ["-e", str(c)], "warn": ["-w"],
    "verbose": ["-vvv"], "help": ["-h"], "version": ["--version"], "single": [], "bad": ["-Z"],
}
DUMB_INIT = {
    "group": [], "single": ["--single-child"], "rewrite": lambda a, b: ["--rewrite", f"{a}:{b}"], "verbose": ["-v"],
    "help": ["-h"], "version": ["--version"], "bad": ["-Z"], "session": [],
}
CATATONIT = {"group": ["-g"], "help": ["-h"], "version": ["--version"], "single": [], "pause": ["-P"], "bad": ["-Z"]}

# feature: the environment that asks for it.
MINIT_ENV = {
    "subreaper": {"MINIT_SUBREAPER": "1"}, "group": {"MINIT_GROUP": "1"}, "single": {"MINIT_SINGLE_CHILD": "1"},
    "warn": {"MINIT_WARN": "1"}, "all": {"MINIT_ALL": "1"}, "wait": {"MINIT_WAIT": "1"},
    "rewrite": lambda a, b: {"MINIT_REWRITE": f"{a}:{b}"}, "pause": {"MINIT_PAUSE": "1"},
    "grace": lambda t: {"MINIT_GRACE": t}, "delay": lambda t: {"MINIT_STOP_DELAY": t},
    "timeout": lambda t: {"MINIT_TIMEOUT": t}, "ok": lambda c: {"MINIT_OK": str(c)}, "session": {"MINIT_SESSION": "1"},
    "pdeath": lambda s: {"MINIT_PARENT_DEATH": s}, "verbose": {"MINIT_VERBOSE": "1"},
}
TINI_ENV = {"subreaper": {"TINI_SUBREAPER": ""}, "group": {"TINI_KILL_PROCESS_GROUP": ""}, "verbose": {"TINI_VERBOSITY": "3"}}
CATATONIT_ENV = {}
DUMB_INIT_ENV = {"single": {"DUMB_INIT_SETSID": "0"}, "verbose": {"DUMB_INIT_DEBUG": "1"}}


# What a name of minit's has a say in, where it does not go into a session of its own.
NAMED = ["Signals", "Options", "By its name"]


class Program:
    def __init__(self, name, path, features, variables, argv0=None, sections=None):
        """sections: the only ones whose cases are of interest; None for all."""
        self.name, self.path, self.features, self.variables = name, os.path.abspath(path), features, variables
        self.argv0, self.sections = argv0 or path, sections
        self.env = {}

    is_minit = property(lambda self: os.path.basename(self.path) == "minit")

    def missing(self):
        return not os.path.exists(self.path)

    def libraries(self):
        """The loader and the libraries of a dynamic program."""
        said = subprocess.run(["ldd", self.path], capture_output=True, text=True).stdout
        return set(re.findall(r"(/lib\S+) \(0x", said))


def all_programs():
    full, small, peers = f"{BUILD}/minit", f"{BUILD}/wrapper/minit", f"{DEPS}/peers/usr/bin"
    return [
        Program("minit", full, MINIT, MINIT_ENV),
        Program("minit, wrapper build", small, MINIT, MINIT_ENV),
        Program("minit as tini", small, TINI, TINI_ENV, "/sbin/tini", NAMED),
        Program("minit as docker-init", full, TINI, TINI_ENV, "/sbin/docker-init", ["By its name"]),
        Program("minit as dumb-init", small, DUMB_INIT, DUMB_INIT_ENV, "/usr/bin/dumb-init"),
        Program("minit as catatonit", full, CATATONIT, CATATONIT_ENV, "catatonit", NAMED),
        Program("tini", f"{peers}/tini", TINI, TINI_ENV),
        Program("tini-static", f"{peers}/tini-static", TINI, TINI_ENV),
        Program("dumb-init", f"{peers}/dumb-init", DUMB_INIT, DUMB_INIT_ENV),
        Program("catatonit", f"{peers}/catatonit", CATATONIT, CATATONIT_ENV),
    ]
