"""The quantities. Each is measured in rounds, all systems in each round, so that what else the machine does meets all alike."""

import copy
import os
import re
import shutil
import subprocess
import sys
import time
from bisect import bisect_right
from collections import Counter, defaultdict
from contextlib import ExitStack
from statistics import median

import vm
from stage import STARTED_NS, BenchError, Run


class Bench:
    def __init__(self, systems, programs, scale=1.0):
        self.systems, self.programs, self.scale = systems, programs, scale
        self.failures = []

    def rounds(self, wanted):
        return max(1, round(wanted * self.scale))

    def able(self, n):
        return [s for s in self.systems if not s.most or n <= s.most]

    def attempt(self, system, n, measure):
        """One run; None when it failed, which is said and kept."""
        try:
            with Run(system, n, self.programs) as run:
                try:
                    return measure(run)
                except BenchError as e:
                    raise BenchError(f"{system.name}: N = {n}: {e}\n{last_lines(run.log())}") from None
        except BenchError as e:
            self.failures.append(str(e))
            print(f"  failed: {e}", file=sys.stderr)
            return None

    def in_machine(self, system, measure):
        """measure(system, programs), in QEMU; None when it failed, which is said and kept."""
        try:
            return measure(system, self.programs)
        except BenchError as e:
            self.failures.append(f"{system.name}: {e}")
            print(f"  failed: {system.name}: {e}", file=sys.stderr)
            return None

    def interleave(self, n, rounds, measure):
        """{system: [what measure(run) returned, one per round]}; a system that fails twice is left out from then on."""
        samples, failed = defaultdict(list), Counter()
        for _ in range(self.rounds(rounds)):
            for system in self.able(n):
                if failed[system.name] < 2:
                    value = self.attempt(system, n, measure)
                    failed[system.name] += value is None
                    samples[system.name].append(value)
        return samples


def last_lines(log, count=3):
    return "\n".join("    " + line for line in log.replace("\r", "").split("\n") if line.strip())[-200 * count:]


def fields(samples, name):
    """The values of one field, None where the run failed."""
    return [s and s[name] for s in samples]


def middle(values):
    have = [v for v in values if v is not None]
    return median(have) if have else None


def ratio(values, floors):
    """The median over the rounds of a system's value over the floor's of the same round."""
    pairs = [v / f for v, f in zip(values, floors) if v is not None and f]
    return median(pairs) if pairs else None


def against_floor(samples, names):
    """{system: {field: median, field_x: ratio to the floor, samples: …}}"""
    result = {}
    for system, runs in samples.items():
        row = {"samples": runs}
        for name in names:
            row[name] = middle(fields(runs, name))
            row[name + "_x"] = ratio(fields(runs, name), fields(samples["floor"], name))
        result[system] = row
    return result


# -- start and stop -----------------------------------------------------------------------------------------------

START_ROUNDS = {0: 9, 1: 21, 10: 15, 100: 9, 1000: 7, 5000: 3}


def start_once(run):
    wall = run.start()
    run.settle()
    cpu = run.cpu_us()
    time.sleep(run.system.stable_s)
    stop, _ = run.stop()
    return {"wall_ms": wall, "cpu_us": cpu, "cpu_us_each": cpu / max(run.n, 1), "stop_ms": stop,
            "stop_cpu_us": run.cpu_us() - cpu}


def start(bench, counts):
    return {n: against_floor(bench.interleave(n, START_ROUNDS.get(n, 5), start_once),
                             ["wall_ms", "cpu_us", "cpu_us_each", "stop_ms", "stop_cpu_us"]) for n in counts}


def quiet_once(run):
    if run.system.payload == "running":
        run.start()
    else:
        run.go()
        time.sleep(0.2)
    run.settle()
    return {"cpu_us_each": run.cpu_us() / run.n}


def payload(bench, n=100):
    """What a payload's word on the board adds to each start, µs of CPU."""
    return against_floor(bench.interleave(n, 9, quiet_once), ["cpu_us_each"])


# -- memory -------------------------------------------------------------------------------------------------------

def pss(pid):
    """(all, anonymous, of memfds): the proportional set size of a process in bytes."""
    parts, memfd = Counter(), False
    with open(f"/proc/{pid}/smaps") as f:
        for line in f:
            key, value = line.split(maxsplit=1)
            if not key.endswith(":"):
                memfd = "/memfd:" in value
            elif key in ("Pss:", "Pss_Anon:", "Anonymous:"):
                parts[key, memfd] += int(value.split()[0]) * 1024
    return parts["Pss:", False] + parts["Pss:", True], parts["Anonymous:", False], parts["Pss:", True]


def memfds(pids):
    """Bytes that open memfds hold, each once, mapped or not."""
    sizes = {}
    for pid in pids:
        for fd in os.scandir(f"/proc/{pid}/fd"):
            if os.readlink(fd.path).startswith("/memfd:"):
                stat = os.stat(fd.path)
                sizes[stat.st_ino] = stat.st_blocks * 512
    return sum(sizes.values())


def memory_once(run):
    run.start()
    run.settle()
    pids = run.own()
    maps = {pid: pss(pid) for pid in pids}
    unshared = sum(whole - memfd for whole, _, memfd in maps.values())
    return {"pss_kib": maps[run.pid][0] / 1024, "anon_kib": maps[run.pid][1] / 1024, "processes": len(pids),
            "ours_kib": (unshared + memfds(pids)) / 1024}


def memory(bench, counts):
    result = {n: against_floor(bench.interleave(n, 1, memory_once), ["pss_kib", "anon_kib", "ours_kib", "processes"])
              for n in counts}
    low, high = min(counts), max(counts)
    for system, row in result[high].items():
        base = result[low].get(system)
        if base and row["ours_kib"] and base["ours_kib"] is not None:
            row["each_bytes"] = (row["ours_kib"] - base["ours_kib"]) * 1024 / (high - low)
    return result


# -- crash to running ---------------------------------------------------------------------------------------------

CRASH_SERVICES = 100
CRASH_SECONDS = 12   # slow systems get fewer samples, not a longer bench


def crash_once(run):
    run.start()
    run.settle()
    time.sleep(run.system.stable_s)
    stable = run.payloads()
    end, singles = time.monotonic() + CRASH_SECONDS, []
    while len(stable) > CRASH_SERVICES // 2 and time.monotonic() < end:
        singles.append(run.kill_and_wait([stable.pop()]))
    again = crash_again(run, stable.pop())
    time.sleep(run.system.stable_s)
    return {"single_ms": median(singles), "again_ms": again, "all_ms": run.kill_and_wait(run.payloads())}


def crash_again(run, pid):
    """The second death of a service, 50 ms after its restart."""
    before = set(run.payloads())
    run.kill_and_wait([pid])
    time.sleep(0.05)
    return run.kill_and_wait(list(set(run.payloads()) - before))


def crash(bench):
    return against_floor(bench.interleave(CRASH_SERVICES, 5, crash_once), ["single_ms", "again_ms", "all_ms"])


# -- idle ---------------------------------------------------------------------------------------------------------

def switches(pids):
    """Context switches so far, all threads: each is a wake-up or a preemption."""
    total = 0
    for pid in pids:
        for task in os.scandir(f"/proc/{pid}/task"):
            with open(f"{task.path}/status") as f:
                total += sum(map(int, re.findall(r"ctxt_switches:\s+(\d+)", f.read())))
    return total


def idle(bench, seconds, n=100):
    """All systems at once: what is measured is that they do nothing."""
    with ExitStack() as stack:
        runs = [stack.enter_context(Run(s, n, bench.programs)) for s in bench.able(n)]
        for run in runs:
            run.start()
            run.settle()
        time.sleep(1)
        before = [(run, run.own(), run.cpu_us()) for run in runs]
        at = [switches(pids) for _, pids, _ in before]
        time.sleep(seconds)
        return {run.system.name: {"seconds": seconds, "processes": len(pids), "switches": switches(pids) - old,
                                  "cpu_us": run.cpu_us() - cpu}
                for (run, pids, cpu), old in zip(before, at)}


# -- counts that do not depend on the machine -----------------------------------------------------------------------

def count_once(system, n, programs):
    """Counter of (who, what, key) from PID 1's exec until all services run; see count.c."""
    with Run(system, n, programs) as run:
        counter = subprocess.Popen([f"{programs}/count", str(run.pid), str(n)], stdout=subprocess.PIPE, text=True)
        if counter.stdout.readline() != "ready\n":
            raise BenchError("count failed")
        run.go()
        text, _ = counter.communicate()
    counts = Counter()
    for line in text.splitlines():
        who, what, key, count = line.split()
        counts[who, what, int(key)] += int(count)
    return counts


def total(counts, who, what):
    return sum(c for (w, t, _), c in counts.items() if (w, t) == (who, what))


def count(bench, numbers=(0, 10, 60)):
    """Instructions and system calls: at the first number of services, and for each between the last two."""
    result = {}
    for system in bench.systems:
        if system.name in ("floor", "minit"):
            runs = [count_once(system, n, bench.programs) for n in numbers]
            result[system.name] = {f"{who}_{what}": count_row(runs, numbers, who, what)
                                   for who in ("pid1", "child") for what in ("step", "call")}
    return result


def count_row(runs, numbers, who, what):
    totals = [total(run, who, what) for run in runs]
    return {"boot": totals[0], "each": (totals[-1] - totals[-2]) / (numbers[-1] - numbers[-2])}


def in_vm(bench, low=10, high=510):
    """Instructions per start, the kernel's included: the slope between two numbers of services."""
    result = {}
    for system in bench.systems:
        few, many = (vm.instructions(system, n, bench.programs) for n in (low, high))
        result[system.name] = {"each": (many - few) / (high - low), "boot": few}
    for row in result.values():
        row["each_x"] = row["each"] / result["floor"]["each"]
    return result


def by_function(counts, who, symbols):
    """Counter of instructions by the name of the function; symbols: sorted [(offset, name)]."""
    starts = [at for at, _ in symbols]
    names = Counter()
    for (w, what, at), c in counts.items():
        if (w, what) == (who, "step"):
            i = bisect_right(starts, at) - 1
            names[symbols[i][1] if i >= 0 else "?"] += c
    return names


# -- a wrapper in front of one program ----------------------------------------------------------------------------

REPEATS = 100


def repeated(system, programs):
    """Started and ended again and again, by again.c."""
    def prepare(root, n):
        shutil.copy(f"{programs}/again", f"{root}/again")
        return system.prepare(root, 1)

    many = copy.copy(system)
    many.prepare, many.argv = prepare, lambda n: ["/again", str(n)] + system.argv(1)
    return many


def wrapper_once(run):
    wall = run.start()
    return {"wall_us": 1e3 * wall / run.n, "cpu_us": run.cpu_us() / run.n}


def resident(pid):
    """(RSS, PSS) in KiB."""
    with open(f"/proc/{pid}/smaps_rollup") as f:
        sizes = dict(re.findall(r"^(Rss|Pss): +(\d+) kB", f.read(), re.MULTILINE))
    return int(sizes["Rss"]), int(sizes["Pss"])


def waits_once(run):
    """What it holds while the program runs."""
    run.start()
    run.settle()
    rss, pss = resident(run.pid)
    return {"rss_kib": rss, "pss_kib": pss}


def lasting(system):
    """The system with a program that stays in place of one that leaves at once."""
    system = copy.copy(system)
    system.payload = "running"
    return system


OPENS = (2, 257, 437)  # open, openat, openat2


def wrapper_counts(system, programs):
    """Its instructions and calls, and those of the child up to the program."""
    counts = count_once(lasting(system), 1, programs)
    sums = {what: sum(total(counts, who, what) for who in ("pid1", "child")) for what in ("step", "call", "held")}
    return sums | {"open": sum(counts[who, "call", nr] for who in ("pid1", "child") for nr in OPENS)}


def wrapper_fixed(bench):
    """What is the same on every machine."""
    rows = {system.name: wrapper_counts(system, bench.programs) | {"file": os.path.getsize(system.binary)}
            for system in bench.systems}
    for system in bench.systems:
        rows[system.name] |= bench.attempt(lasting(system), 1, waits_once) or {}
    return rows


def wrapper_idle(bench, seconds):
    return idle(Bench([lasting(s) for s in bench.systems], bench.programs), seconds, 1)


def wrapper_in_vm(bench):
    return in_vm(Bench([repeated(s, bench.programs) for s in bench.systems], bench.programs), 100, 400)


def wrapper(bench, seconds):
    many = Bench([repeated(s, bench.programs) for s in bench.systems], bench.programs, bench.scale)
    rows = against_floor(many.interleave(REPEATS, 15, wrapper_once), ["wall_us", "cpu_us"])
    bench.failures += many.failures
    idle_rows = wrapper_idle(bench, seconds)
    for name, row in wrapper_fixed(bench).items():
        rows[name] |= row | {"idle": idle_rows[name]["switches"]}
    return rows
