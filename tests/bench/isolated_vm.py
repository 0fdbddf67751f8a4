"""Isolated services on cgroup v2, in instructions: minit, the floor by hand, what starts containers, each in a machine of its own.

The table is that of `isolated`, the kernel Debian's, the figures are the guest's (guest.c). A figure of a service is the slope
between two numbers of them: what the boot of minit costs is not in it.
"""

import json
import os
import shutil
import subprocess

import isolated
import systems
import vm

LOW, HIGH = 10, 110
KILLS = 50
TIMES = 10


class Floor(isolated.Floor):
    """Cloned into its leaves."""

    def missing(self):
        return None

    def prepare(self, root, n):
        isolated.root_of(root)
        shutil.copy(f"{self.programs}/isolated", f"{root}/isolated")

    def argv(self, n):
        return ["/isolated", self.network, str(n), f"/{isolated.ROOT}", "/sys/fs/cgroup/floor", "/running"]

    def end(self):
        pass


class FloorKept(Floor):
    name = isolated.FloorKept.name
    network = isolated.FloorKept.network


class Minit(isolated.Minit):
    @staticmethod
    def landlock():
        return 'paths = { read = ["/"], write = ["/board"] }\n'


class MinitBare(Minit):
    name = isolated.MinitBare.name
    more = isolated.MinitBare.more


SYSTEMS = [Floor, FloorKept, Minit, MinitBare]


def shared_out(figures, count):
    return {what: value / count for what, value in figures.items()}


def services(system, programs):
    """{"each": of many at once, "again": of one after a kill}, as vm.measured has it."""
    few = vm.measured(system, LOW, programs, ["start", LOW, 0, *system.argv(LOW)])["started"]
    many = vm.measured(system, HIGH, programs, ["start", HIGH, KILLS, *system.argv(HIGH)])
    more = {what: value - few[what] for what, value in many["started"].items()}
    return {"each": shared_out(more, HIGH - LOW), "again": shared_out(many["again"], KILLS)}


# -- what starts containers ---------------------------------------------------------------------------------------

BUNDLE = "/bundle"


class Tool:
    """`said` in it tells on the board and leaves."""
    payload = "said"

    def __init__(self, name, program, argv, config=None):
        self.name, self.program, self.argv_of, self.config = name, program, argv, config

    def missing(self):
        return None if os.path.exists(systems.Peer.unpacked + self.program) else f"{self.program} is not unpacked"

    def prepare(self, root, n):
        for folder in isolated.FOLDERS:
            os.makedirs(f"{root}{BUNDLE}/rootfs/{folder}")
        for name in ("running", "board"):
            os.link(f"{root}/{name}", f"{root}{BUNDLE}/rootfs/{name}")
        with open(f"{root}{BUNDLE}/config.json", "w") as f:
            json.dump(self.config, f)
        path = systems.Peer.unpacked + self.program
        vm.put(root, path, self.program)
        vm.libraries(root, path)

    def argv(self, n):
        return [self.program, *self.argv_of[1:]]


def tools():
    """Those of the other bench, with the same filter."""
    said = subprocess.run([f"{systems.System.programs}/isolated", "allowed"], capture_output=True, text=True, check=True)
    plain, filtered = isolated.oci(None), isolated.oci(said.stdout.split())
    runtime = ["", "--root", "/run/state", "run", "--bundle", BUNDLE, "bench"]
    return [Tool("bwrap", "/usr/bin/bwrap", isolated.bwrap(BUNDLE)), Tool("crun", "/usr/bin/crun", runtime, plain),
            Tool("crun, filter", "/usr/bin/crun", runtime, filtered), Tool("runc", "/usr/sbin/runc", runtime, plain),
            Tool("runc, filter", "/usr/sbin/runc", runtime, filtered)]


def container(tool, programs):
    return {"each": shared_out(vm.measured(tool, 1, programs, ["each", TIMES, *tool.argv(1)])["each"], TIMES)}


# -- systemd ------------------------------------------------------------------------------------------------------

FILTERS = """PrivateDevices=yes
ProtectHostname=yes
ProtectKernelTunables=yes
ProtectKernelLogs=yes
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
SystemCallArchitectures=native
"""
UNIT = f"""[Unit]
DefaultDependencies=no
StartLimitIntervalSec=0
[Service]
ExecStart=/running %i
Restart=always
RestartSec=0
StandardOutput=null
StandardError=null
RootDirectory=/{isolated.ROOT}
MountAPIVFS=yes
PrivateMounts=yes
PrivateNetwork=yes
PrivateIPC=yes
ProtectProc=invisible
ProtectControlGroups=yes
MemoryMax=64M
CPUQuota=50%
TasksMax=64
CapabilityBoundingSet={" ".join(isolated.CAPS)}
NoNewPrivileges=yes
KeyringMode=private
"""


class Systemd(systems.System):
    """What of the table it has words for: not the namespaces of processes and cgroups, nor landlock."""
    name = "systemd, filter"
    program = "/lib/systemd/systemd"
    unit = UNIT + FILTERS

    def missing(self):
        return None if os.path.exists(systems.Peer.unpacked + self.program) else f"{self.program} is not unpacked"

    def prepare(self, root, n):
        isolated.root_of(root)
        vm.put(root, systems.Peer.unpacked + self.program, self.program)
        vm.libraries(root, systems.Peer.unpacked + self.program)
        units = f"{root}/etc/systemd/system"
        os.makedirs(f"{units}/bench.target.wants")
        systems.write(f"{root}/etc/machine-id", "0" * 31 + "1\n")
        systems.write(f"{root}/etc/os-release", "ID=bench\n")
        systems.write(f"{units}/bench.target", "[Unit]\nDefaultDependencies=no\n")
        systems.write(f"{units}/s@.service", self.unit)
        for i in range(n):
            os.symlink("/etc/systemd/system/s@.service", f"{units}/bench.target.wants/s@{i}.service")

    def argv(self, n):
        return [self.program, "--unit=bench.target", "--show-status=no", "--log-target=null"]


class SystemdPlain(Systemd):
    """Without what it makes a filter of system calls for, each for three architectures."""
    name = "systemd"
    unit = UNIT




def all_of(bench):
    """{name: what services or container found}; who fails is said, and left out."""
    found = {system.name: bench.in_machine(system, container if isinstance(system, Tool) else services) for system in bench.systems}
    return {name: value for name, value in found.items() if value}
