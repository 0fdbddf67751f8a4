"""What a pair on a bridge costs each service, in instructions (see isolated_vm.py): beside the serial floor, which does by hand
the same steps in as few requests as there can be (net_floor.c), and net/ alone beside that alone."""

import json
import re
import shutil

import isolated
import isolated_vm
import network
import systems
import vm

MODULES = ("bridge", "veth", "nfnetlink", "nf_tables")
COUNT = 100


class Floor(isolated_vm.Floor):
    network = "veth"

    def prepare(self, root, n):
        super().prepare(root, n)
        vm.modules(root, *MODULES)


class Minit(isolated_vm.Minit):
    """All of isolation, and an eth0 on a bridge."""

    def table(self, n):
        yield network.BRIDGE
        yield from super().table(n)

    def keys(self, i):
        return f'network.address = ["{network.four(i)}", "{network.six(i)}"]\n'

    def prepare(self, root, n):
        super().prepare(root, n)
        vm.modules(root, *MODULES)


class MinitBare(Minit):
    name = isolated.MinitBare.name
    more = isolated.MinitBare.more


SYSTEMS = [Floor, Minit, MinitBare]


class Alone:
    """The network alone, of COUNT services."""
    name, payload = "net/ alone", "said"

    def prepare(self, root, n):
        shutil.copy(f"{systems.System.programs}/net", root)
        vm.modules(root, *MODULES)


def alone(system, programs):
    """{"floor" | "net": instructions of a service, those of the asking process alone}."""
    said = vm.console(system, 1, programs, ["run", 1, "/net", "setup", 1, COUNT])
    found = [json.loads(line) for line in re.findall(r"^\{.*\}$", said, re.M)]
    return {r["who"]: r["cpu_us"] * 1000 / COUNT for r in found}


def all_of(bench):
    """{name: {"each": ..., "again": ...}, "alone": ...}"""
    found = {system.name: bench.in_machine(system, isolated_vm.services) for system in bench.systems}
    return {"services": {name: value for name, value in found.items() if value}, "alone": bench.in_machine(Alone(), alone)}
