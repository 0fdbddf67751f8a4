"""What the networks of services cost: beside the bare steps of the kernel (net.c), `ip` in a shell, and `ip -batch`."""

import ipaddress
import json
import os
import socket
import struct
import subprocess
import time
from statistics import median

from stage import BenchError, libc
from systems import BUILD, Minit

BRIDGE = '[network.bridge.br0]\naddress = ["10.88.0.1/16", "fd88::1/64"]\n'
PRIVATE = ["unshare", "--net", "--mount", "sh", "-c", 'mount -t tmpfs run /run && mkdir -p /run/netns && exec "$@"', "sh"]
SHELL_MOST = 100  # more take minutes


def four(i):
    return f"10.88.{(i + 2) >> 8}.{(i + 2) & 255}"


def six(i):
    return f"fd88::{i + 2:x}"


class Networked(Minit):
    """Each service with an eth0 on one bridge, and nothing else of its own."""
    name = "minit, networks"

    def defaults(self):
        return '[defaults]\nnamespaces = ["net"]\nleaf = false\nrestart = "always"\nseccomp = "none"\nkeyring = "inherit"\n'

    def keys(self, i, n):
        return f'network.address = ["{four(i)}", "{six(i)}"]\n'

    def exec(self, i, n):
        return '["/running"]'

    def table(self, n):
        yield self.defaults() + BRIDGE
        for i in range(n):
            yield f"[service.s{i}]\nexec = {self.exec(i, n)}\n{self.keys(i, n)}"


class First(Networked):
    """Who comes second of two needs the other, and speaks to it; all speak to the gateway."""
    name = "minit, first packets"
    payload = "first"

    def exec(self, i, n):
        words = [("itself", "127.0.0.1"), ("gateway", "10.88.0.1"), ("gateway", "fd88::1")]
        if i % 2:
            words += [("sibling", four(i - 1)), ("sibling", six(i - 1))]
        ends = (ipaddress.ip_address(a) for _, a in words)
        return json.dumps(["/running"] + [f"{name} IPv{end.version}:{end.packed.hex()}" for (name, _), end in zip(words, ends)])

    def keys(self, i, n):
        return super().keys(i, n) + (f'needs = ["s{i - 1}"]\n' if i % 2 else "")


class Stranger(First):
    """The same without a word of it: nobody knows the other beforehand, but is started behind it."""
    name = "minit, of strangers"

    def keys(self, i, n):
        return Networked.keys(self, i, n) + (f'after = ["s{i - 1}"]\n' if i % 2 else "")


class Many(First):
    """More than a bridge of the kernel has ports for, on one network: the last one speaks to the first, all to the gateway."""
    name = "minit, many"

    def exec(self, i, n):
        words = [("gateway", "10.88.0.1"), ("gateway", "fd88::1")]
        if i == n - 1:
            words += [("the first", four(0)), ("the first", six(0))]
        ends = (ipaddress.ip_address(a) for _, a in words)
        return json.dumps(["/running"] + [f"{name} IPv{end.version}:{end.packed.hex()}" for (name, _), end in zip(words, ends)])

    def keys(self, i, n):
        return Networked.keys(self, i, n) + ('after = ["s0"]\n' if i == n - 1 else "")


# -- the ways of others -------------------------------------------------------------------------------------------

SHELL = """
ip link add br0 type bridge; ip addr add 10.88.0.1/16 dev br0; ip -6 addr add fd88::1/64 dev br0 nodad; ip link set br0 up
i=0
while [ $i -lt {n} ]; do
    ip netns add s$i
    ip link add v$i type veth peer name p$i
    ip link set p$i netns s$i
    ip link set v$i master br0
    ip link set v$i up
    ip netns exec s$i ip link set p$i name eth0
    ip netns exec s$i ip link set lo up
    ip netns exec s$i ip link set eth0 up
    ip netns exec s$i ip addr add 10.88.$(((i + 2) / 256)).$(((i + 2) % 256))/16 dev eth0
    ip netns exec s$i ip -6 addr add fd88::$(printf %x $((i + 2)))/64 dev eth0 nodad
    ip netns exec s$i ip route add default via 10.88.0.1
    ip netns exec s$i ip -6 route add default via fd88::1
    i=$((i + 1))
done
"""


def batch_script(n):
    """The best that `ip -batch` can: one run for the machine, one for each namespace, the peer made where it is to be."""
    lines = ["link add br0 type bridge", "addr add 10.88.0.1/16 dev br0", "addr add fd88::1/64 dev br0 nodad", "link set br0 up"]
    for i in range(n):
        lines += [f"netns add s{i}", f"link add v{i} type veth peer name eth0 netns s{i}", f"link set v{i} master br0 up"]
    script = ["ip -batch - <<'END'", *lines, "END"]
    for i in range(n):
        script += [f"ip -n s{i} -batch - <<'END'", "link set lo up", "link set eth0 up", f"addr add {four(i)}/16 dev eth0",
                   f"addr add {six(i)}/64 dev eth0 nodad", "route add default via 10.88.0.1", "route add default via fd88::1", "END"]
    return "\n".join(script)


def timed_script(script):
    """In a network and with a /run of its own; µs."""
    begin = time.monotonic()
    done = subprocess.run(PRIVATE + ["sh", "-e"], input=script, text=True, capture_output=True)
    if done.returncode:
        raise BenchError(f"ip: {done.stderr.strip()[-200:]}")
    return (time.monotonic() - begin) * 1e6


def lines_of(*words):
    done = subprocess.run([f"{BUILD}/bench/net", *map(str, words)], check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


# -- quantities: net/ alone is what PID 1 does for it; minit's own is the time until all run, less that without networks ----

ROUNDS = {1: 10, 10: 7, 100: 5, 500: 3}
INNER = 8
FLOOR, NET, MINIT, BATCH, SHELL_WAY = "floor", "net/ alone", "minit", "ip -batch", "ip in a shell"


def whole(run):
    wall = run.start() * 1000
    run.settle()
    cpu = run.cpu_us()
    return {"setup_us": wall, "cpu_us": cpu, "teardown_us": run.stop()[0] * 1000}


def minit_round(bench, n):
    """The difference that networks make; None when a run failed."""
    plain, networked = (bench.attempt(system, n, whole) for system in (Minit(), Networked()))
    return plain and networked and {what: networked[what] - plain[what] for what in plain}


def setup_rounds(bench, n):
    """[{who: {what: µs}}]: net/ and its floor each time, the slower ways less often."""
    rounds = []
    for i in range(bench.rounds(ROUNDS.get(n, 3))):
        samples = lines_of("setup", INNER, n)
        rounds += [{NET if s["who"] == "net" else FLOOR: s for s in pair} for pair in zip(samples[::2], samples[1::2])]
        rounds[-1][MINIT] = minit_round(bench, n)
        rounds[-1][BATCH] = {"setup_us": timed_script(batch_script(n))}
        if n <= 10 or (n <= SHELL_MOST and i < 1):
            rounds[-1][SHELL_WAY] = {"setup_us": timed_script(SHELL.replace("{n}", str(n)))}
    return rounds


def middle_of(rounds, who, what):
    values = [r[who][what] for r in rounds if r.get(who) and what in r[who]]
    return median(values) if values else None


def ratio_of(rounds, a, b, what="setup_us"):
    """The median over the rounds of a's over b's of the same round."""
    values = [r[a][what] / r[b][what] for r in rounds if r.get(a) and r.get(b) and what in r[a] and what in r[b]]
    return median(values) if values else None


def setup(bench, numbers):
    result = {}
    for n in numbers:
        rounds = setup_rounds(bench, n)
        result[n] = {who: {**{what: middle_of(rounds, who, what) for what in ("setup_us", "cpu_us", "teardown_us")},
                           "floor_x": ratio_of(rounds, who, FLOOR), "floor_cpu_x": ratio_of(rounds, who, FLOOR, "cpu_us"),
                           "net_x": ratio_of(rounds, who, NET), "minit_x": ratio_of(rounds, who, MINIT)}
                     for who in (FLOOR, NET, MINIT, BATCH, SHELL_WAY) if middle_of(rounds, who, "setup_us")}
    return result


FIRST_SERVICES = 200
SLOW_NS = 20e6


def first_once(run):
    run.start()
    with open(f"{run.work}/root/first") as f:
        return [line.rsplit(" ", 1) for line in f]


def first(bench):
    """How long the first packets take to be answered, all at once. Those to itself say what the machine has to do with it."""
    result = {}
    for _ in range(bench.rounds(3)):
        for system in (First(), Stranger()):
            for to, ns in bench.attempt(system, FIRST_SERVICES, first_once) or ():
                result.setdefault(f"{system.name}: {to}", []).append(int(ns))
    return {name: {"count": len(ns), "median_ms": median(ns) / 1e6, "most_ms": max(ns) / 1e6,
                   "slow": sum(value > SLOW_NS for value in ns)} for name, ns in result.items()}


def ports(bench, numbers=(10, 100, 1000)):
    found = lines_of("ports", bench.rounds(15), *numbers)
    return {n: {what: median(s[what] for s in found if s["n"] == n) for what in ("bytes", "first_us", "again_us")} for n in numbers}


class Mixed(Networked):
    """Every second service with a network, so that both are met by the same minit at the same time."""
    name = "minit, every second networked"

    def keys(self, i, n):
        return super().keys(i, n) if i % 2 else "namespaces = []\n"


def restart_one(run, pid):
    """From its death to the new one running, and CPU until all is quiet, in us."""
    cpu = run.cpu_us()
    wall = run.kill_and_wait([pid]) * 1000
    run.settle()
    return wall, run.cpu_us() - cpu


def restart_once(run):
    """[((wall, CPU) without, (wall, CPU) with a network)], one after the other."""
    run.start()
    run.settle()
    time.sleep(run.system.stable_s)
    shared = os.stat(f"/proc/{run.pid}/ns/net").st_ino
    kinds = ([], [])
    for pid in run.payloads():
        kinds[os.stat(f"/proc/{pid}/ns/net").st_ino != shared].append(pid)
    # Each is first every second time.
    return [tuple(restart_one(run, pid) for pid in pair) if i % 2 else tuple(restart_one(run, pid) for pid in pair[::-1])[::-1]
            for i, pair in enumerate(zip(*kinds))]


def restart(bench, n=200):
    """From a service's death to the new one running, µs of time and of CPU, with a network and without, in turn."""
    pairs = [pair for _ in range(bench.rounds(3)) for pair in bench.attempt(Mixed(), n, restart_once) or ()]
    return {what: {"plain": median(a[i] for a, _ in pairs), "networked": median(b[i] for _, b in pairs),
                   "adds": median(b[i] - a[i] for a, b in pairs)} for i, what in enumerate(("wall_us", "cpu_us"))}


def sent(pid):
    """Frames that have come from the services so far: what the host ends have received."""
    with open(f"/proc/{pid}/net/dev") as f:
        return sum(int(line.split(":")[1].split()[1]) for line in f if line.lstrip().startswith("mv"))


def frames_once(run):
    run.start()
    time.sleep(3)
    early = sent(run.pid)
    time.sleep(5)
    return {"start": early / run.n, "later": (sent(run.pid) - early) / run.n}


def frames(bench, n=100):
    return bench.attempt(Networked(), n, frames_once)


LEFT_S = 30  # what the kernel may take to end thousands of namespaces


def links_left(space):
    """In the network that minit was in, kept by a descriptor: how many links but loopback, when no more go."""
    end, left = time.monotonic() + LEFT_S, None
    while left != 0 and time.monotonic() < end:
        said = subprocess.run(["nsenter", f"--net=/proc/self/fd/{space}", "ip", "-o", "link"], pass_fds=[space],
                              check=True, capture_output=True, text=True).stdout
        left = sum(": lo:" not in line for line in said.splitlines())
        time.sleep(0.1 if left else 0)
    return left


def many_once(run):
    wall = run.start(180)
    with open(f"{run.work}/root/first") as f:
        asked = [line.rsplit(" ", 1) for line in f]
    space = os.open(f"/proc/{run.pid}/ns/net", os.O_RDONLY)
    run.stop()
    left = links_left(space)
    os.close(space)
    most = {}
    for to, ns in asked:
        most[to] = max(most.get(to, 0), int(ns) / 1e6)
    return {"setup_ms": wall, "each_us": wall * 1000 / run.n, "most_ms": most, "left": left}


def many(bench, numbers=(500, 2000)):
    """{N: what it took}: all running, the longest that a first packet took (a lost one: a second), links left in the end."""
    return {n: bench.attempt(Many(), n, many_once) for n in numbers}


class Published(Networked):
    """Each service with a port of the machine."""
    name = "minit, published ports"

    def keys(self, i, n):
        return f'network = {{ address = "{four(i)}", ports = ["{9000 + i}:80"] }}\n'


NFNL_TABLES = 10 << 8              # NFNL_SUBSYS_NFTABLES; below it the kind
NEW_TABLE, DELETE_TABLE, NEW_GENERATION = 0, 2, 15
EVENTS = 1 << 7 - 1                # NFNLGRP_NFTABLES


def rules_heard(pid):
    """A socket in the network of pid that hears what happens to nf_tables."""
    with open("/proc/self/ns/net") as own, open(f"/proc/{pid}/ns/net") as inside:
        libc.setns(inside.fileno(), 0)
        try:
            s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)  # NETLINK_NETFILTER
        finally:
            libc.setns(own.fileno(), 0)
    s.setsockopt(socket.SOL_SOCKET, 33, 1 << 22)  # SO_RCVBUFFORCE
    s.bind((0, EVENTS))
    s.settimeout(5)
    return s


def kinds(data):
    at = 0
    while at + 16 <= len(data):
        size, kind = struct.unpack_from("=IH", data, at)
        yield kind - NFNL_TABLES
        at += (size + 3) & ~3


def repair_once(run):
    """ms from the kernel's word that somebody has deleted minit's tables to its word that they are there again."""
    run.start()
    run.settle()
    flush = ["nsenter", "--target", str(run.pid), "--net", "nft", "flush", "ruleset"]
    with rules_heard(run.pid) as heard, subprocess.Popen(flush):  # heard while it runs
        deleted, again = None, False
        while True:
            for kind in kinds(heard.recv(1 << 16)):
                if kind == DELETE_TABLE and deleted is None:
                    deleted = time.monotonic()
                again |= deleted is not None and kind == NEW_TABLE
                if again and kind == NEW_GENERATION:
                    return (time.monotonic() - deleted) * 1000


def repair(bench, n=100):
    times = [ms for _ in range(bench.rounds(5)) if (ms := bench.attempt(Published(), n, repair_once)) is not None]
    return {"median_ms": median(times), "most_ms": max(times)} if times else None


def all_of(bench, numbers):
    return {"setup": setup(bench, numbers), "first": first(bench), "ports": ports(bench), "restart": restart(bench),
            "frames": frames(bench), "repair": repair(bench)}
