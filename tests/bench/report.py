"""Tables on the terminal, and the marks minit is to reach."""

PASS, MISS = "PASS", "MISS"


def figure(value):
    if value is None:
        return "-"
    if value == 0:
        return "0"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def table(title, heads, rows):
    """Columns as wide as they need; the first to the left, the others to the right."""
    rows = [[c if isinstance(c, str) else figure(c) for c in row] for row in rows]
    widths = [max(len(r[i]) for r in [heads] + rows) for i in range(len(heads))]
    print(f"\n{title}")
    for row in [heads] + rows:
        cells = [row[0].ljust(widths[0])] + [c.rjust(w) for c, w in zip(row[1:], widths[1:])]
        print("  " + "  ".join(cells).rstrip())


def start(results):
    heads = ["system", "CPU µs/service", "x floor", "wall ms", "x floor", "stop ms", "x floor", "stop CPU µs/service"]
    for n, systems in results.items():
        rows = [[name, r["cpu_us_each"], r["cpu_us_each_x"], r["wall_ms"] if n else None, r["wall_ms_x"],
                 r["stop_ms"], r["stop_ms_x"], (r["stop_cpu_us"] or 0) / max(n, 1)] for name, r in systems.items()]
        table(f"start and stop of {n} plain services" if n else "start and stop without a service", heads, rows)


def payload(results):
    table("the payload's own word", ["system", "CPU µs/service"], [[name, r["cpu_us_each"]] for name, r in results.items()])


def wrap(results):
    table("a wrapper in front of a program that leaves at once", ["system", "CPU µs", "x floor", "wall µs", "x floor"],
          [[name, r["cpu_us"], r["cpu_us_x"], r["wall_us"], r["wall_us_x"]] for name, r in results.items()])
    heads = ["system", "instructions", "until signals are held", "system calls", "RSS KiB", "PSS KiB", "file KiB", "wake-ups idle"]
    table("the same in front of one that stays", heads,
          [[name, r["step"], r["held"], r["call"], r.get("rss_kib"), r.get("pss_kib"), r["file"] / 1024, r["idle"]]
           for name, r in results.items()])


def memory(results):
    heads = ["system", "PSS KiB of PID 1", "anonymous KiB", "all ours KiB", "processes", "bytes/service"]
    for n, systems in results.items():
        rows = [[name, r["pss_kib"], r["anon_kib"], r["ours_kib"], r["processes"], r.get("each_bytes")]
                for name, r in systems.items()]
        table(f"memory at N = {n}", heads, rows)


def crash(results):
    heads = ["system", "stable, ms", "x floor", "50 ms after, ms", "x floor", "100 at once, ms", "x floor"]
    table("crash to running (from kill -9 to the new one's own word)", heads,
          [[name, r["single_ms"], r["single_ms_x"], r["again_ms"], r["again_ms_x"], r["all_ms"], r["all_ms_x"]]
           for name, r in results.items()])


def idle(results):
    seconds = next(iter(results.values()))["seconds"]
    table(f"idle for {seconds} s with 100 services", ["system", "context switches", "CPU µs", "processes"],
          [[name, r["switches"], r["cpu_us"], r["processes"]] for name, r in results.items()])


def count(results):
    heads = ["system", "who", "instructions at N = 0", "instructions/service", "calls at N = 0", "calls/service"]
    table("user instructions and system calls, stepped", heads,
          [[name, who, r[f"{who}_step"]["boot"], r[f"{who}_step"]["each"], r[f"{who}_call"]["boot"], r[f"{who}_call"]["each"]]
           for name, r in results.items() for who in ("pid1", "child")])


def vm(results):
    table("instructions per start, kernel and all, in a virtual machine", ["system", "instructions/service", "x floor"],
          [[name, r["each"], r["each_x"]] for name, r in results.items()])


def seccomp(results):
    floor = next(r["load_us"] for r in results if r["name"].startswith("floor"))
    table("the default profile of system calls: instructions, and the CPU time to load it",
          ["made by", "instructions", "per call", "at most", "load, µs", "x floor"],
          [[r["name"], r["instructions"], r["mean"], r["worst"], r["load_us"], r["load_us"] / floor] for r in results])


def hostile(results):
    table("while eight services do their worst", ["who answers", "asked", "p50, ms", "p99, ms", "most, ms"],
          [[name, r["asked"], r["p50"], r["p99"], r["most"]] for name, r in results.items()])


def milli(us):
    return None if us is None else us / 1000


def net(results):
    for n, ways in results["setup"].items():
        table(f"networks of {n} services", ["made by", "ms", "x floor", "CPU ms", "x floor", "x net/", "x minit", "taken away, ms"],
              [[who, milli(r["setup_us"]), r["floor_x"], milli(r["cpu_us"]), r["floor_cpu_x"], r["net_x"], r["minit_x"],
                milli(r["teardown_us"])] for who, r in ways.items()])
    table("first packet and its answer", ["who, to whom", "count", "median, ms", "most, ms", "over 20 ms"],
          [[name, r["count"], r["median_ms"], r["most_ms"], r["slow"]] for name, r in results["first"].items()])
    table("published ports in one transaction", ["ports", "bytes", "first, ms", "in its place, ms"],
          [[str(n), r["bytes"], milli(r["first_us"]), milli(r["again_us"])] for n, r in results["ports"].items()])
    table("death to running", ["us", "without a network", "with one", "more"],
          [[what[:-3], r["plain"], r["networked"], r["adds"]] for what, r in results["restart"].items()])
    if results["repair"]:
        table("from a foreign flush of the rules to all of them again, ms", ["median", "most"],
              [[figure(results["repair"]["median_ms"]), results["repair"]["most_ms"]]])
    if results["frames"]:
        table("frames that a service sends", ["in the first 3 s", "in 5 s after"], [[figure(results["frames"]["start"]), results["frames"]["later"]]])


def many(results):
    table("many services on one network", ["services", "until all run, ms", "each, us", "times that of the first row", "links left"],
          [[str(n), r["setup_ms"], r["each_us"], r["each_us"] / next(iter(results.values()))["each_us"], str(r["left"])]
           for n, r in results.items() if r and next(iter(results.values()))])
    table("the longest first packet and its answer, ms", ["services", "to", "ms"],
          [[str(n), to, ms] for n, r in results.items() if r for to, ms in r["most_ms"].items()])


def isolated(results):
    heads = ["system", "100 at once, ms", "x floor", "CPU µs/service", "x floor", "one after a kill, ms", "x floor", "reaper, KiB"]
    table("isolated services", heads,
          [[name, r["wall_ms"], r["wall_ms_x"], r["cpu_us_each"], r["cpu_us_each_x"], r["single_ms"], r["single_ms_x"], r["reaper_kib"]]
           for name, r in results["services"].items()])
    one = at(results, "services", "minit", "single_ms")
    if results["containers"] and one:
        asked = at(results, "containers", ASKED, "single_ms")
        table("from the exec of what starts a container, or the request, to the program's word",
              ["system", "ms", "x minit asked", "x minit after a kill"],
              [[name, r["single_ms"], asked and r["single_ms"] / asked, r["single_ms"] / one]
               for name, r in results["containers"].items()])


def million(value):
    return None if value is None else value / 1e6


def beside(results, name, when, what):
    """Of a system in a machine: millions, and the ratio to the floor."""
    value, floor = (at(results, who, when, what) for who in (name, "floor"))
    return [million(value), value / floor if value and floor else None]


def machines(title, results):
    """Up to the word of the program, then until all is quiet again."""
    heads = ["system", "many", "x floor", "quiet", "x floor", "again", "x floor", "quiet", "x floor", "ms of waiting"]
    table(title, heads, [[name, *(cell for when in ("each", "again") for what in ("word", "all") for cell in beside(results, name, when, what)),
                          million(at(results, name, "each", "wait"))] for name in results])


def isolated_vm(results):
    machines("an isolated service on cgroup v2, in millions of instructions: of many, one again after a kill", results)


def net_vm(results):
    machines("the same with a pair on a bridge", results["services"])
    if results["alone"]:
        floor = results["alone"]["floor"]
        table("the network alone, by who asks", ["made by", "millions of instructions", "x floor"],
              [[name, million(value), value / floor] for name, value in results["alone"].items()])


def wrap_vm(results):
    table("a wrapper from start to end, in instructions, kernel and all", ["system", "instructions", "x floor"],
          [[name, r["each"], r["each_x"]] for name, r in results.items()])


def profile(who, n, functions, calls):
    table(f"{who}: instructions by function, N = {n}", ["function", "instructions", "/service"],
          [[name, c, c / max(n, 1)] for name, c in functions.most_common(40)])
    table(f"{who}: system calls by number, N = {n}", ["number", "calls", "/service"],
          [[str(nr), c, c / max(n, 1)] for nr, c in sorted(calls.items(), key=lambda item: -item[1])])


# -- marks --------------------------------------------------------------------------------------------------------

def at(results, *path):
    """A value deep in the results, or None when that was not measured."""
    for key in path:
        results = results.get(key) if isinstance(results, dict) else None
    return results


SMALL = "minit, wrapper build"
BARE = "minit, init = false"
ASKED = "minit: asked"


def full_to_small(results, command, what):
    values = [at(results, command, name, what) for name in ("minit", SMALL)]
    return None if None in values else values[0] / values[1]


def growth(results):
    """CPU per service at 5000 over that at 1000, over the same of the floor: 1 is as linear as the kernel is."""
    values = [at(results, "start", n, name, "cpu_us_each") for name in ("minit", "floor") for n in (5000, 1000)]
    return None if None in values else values[0] / values[1] / (values[2] / values[3])


def in_machine(results, command, name, when, other="floor"):
    value, beside = at(results, command, name, when, "word"), at(results, command, other, when, "word")
    return value / beside if value and beside else None


def upside_down(value):
    return None if not value else 1 / value


def worst_first(results, what, who="minit, first"):
    values = [r[what] for name, r in (at(results, "net", "first") or {}).items()
              if name.startswith(who) and "itself" not in name]
    return max(values) if values else None


def beside_tool(results, tool):
    """A start that is asked for, to that of a tool."""
    value, beside = (at(results, "isolated", "containers", name, "single_ms") for name in (ASKED, tool))
    return value / beside if value and beside else None


def of_list(results, command, name, what):
    return next((r[what] for r in at(results, command) or [] if r["name"].startswith(name)), None)


def links_left(results):
    values = [r["left"] for r in (at(results, "many") or {}).values() if r]
    return max(values) if values else None


# What, limit, how to find it.
MARKS = [
    ("start 1000: CPU, x floor", 1.7, lambda r: at(r, "start", 1000, "minit", "cpu_us_x")),
    ("start 1000: wall time, x floor", 1.0, lambda r: at(r, "start", 1000, "minit", "wall_ms_x")),
    ("start 5000 against 1000: CPU/service, x floor's own", 1.15, growth),
    ("memory at N = 0: PSS, KiB", 128, lambda r: at(r, "memory", 0, "minit", "pss_kib")),
    ("memory: all ours, bytes/service", 1024, lambda r: at(r, "memory", 1000, "minit", "each_bytes")),
    ("crash to running after a stable run, x floor", 2.0, lambda r: at(r, "crash", "minit", "single_ms_x")),
    ("idle: context switches", 0, lambda r: at(r, "idle", "minit", "switches")),
    ("net/ for 100 services: CPU, x floor", 1.15, lambda r: at(r, "net", "setup", 100, "net/ alone", "floor_cpu_x")),
    ("net/ for 500 services: CPU, x floor", 1.3, lambda r: at(r, "net", "setup", 500, "net/ alone", "floor_cpu_x")),
    ("networks of 100 services: time, x floor", 1.15, lambda r: at(r, "net", "setup", 100, "minit", "floor_x")),
    ("networks of 500 services: time, x floor", 1.3, lambda r: at(r, "net", "setup", 500, "minit", "floor_x")),
    ("networks of 100 services, x ip -batch", 1 / 3, lambda r: upside_down(at(r, "net", "setup", 100, "ip -batch", "minit_x"))),
    ("networks of 100 services, x ip in a shell", 1 / 30, lambda r: upside_down(at(r, "net", "setup", 100, "ip in a shell", "minit_x"))),
    ("first packets: median, ms", 0.5, lambda r: worst_first(r, "median_ms")),
    ("first packets over 20 ms", 0, lambda r: worst_first(r, "slow")),
    ("first packets of strangers: median, ms", 0.5, lambda r: worst_first(r, "median_ms", "minit, of strangers")),
    ("first packets of strangers over 20 ms", 0, lambda r: worst_first(r, "slow", "minit, of strangers")),
    ("1000 published ports, ms", 2, lambda r: milli(at(r, "net", "ports", 1000, "again_us"))),
    ("a restart: more CPU for a network, us", 50, lambda r: at(r, "net", "restart", "cpu_us", "adds")),
    ("taking away of 100 networks, ms", 50, lambda r: milli(at(r, "net", "setup", 100, "net/ alone", "teardown_us"))),
    ("a foreign flush of the rules to their repair, at most, ms", 100, lambda r: at(r, "net", "repair", "most_ms")),
    ("frames sent by a service at its start", 2, lambda r: at(r, "net", "frames", "start")),
    ("frames sent by a service in the 5 s after", 0, lambda r: at(r, "net", "frames", "later")),
    ("links left of many services on one network", 0, links_left),
    ("while eight services do their worst: status, p99, ms", 10, lambda r: at(r, "hostile", "status", "p99")),
    ("the default profile of system calls: load, us", 60, lambda r: of_list(r, "seccomp", "minit", "load_us")),
    ("isolated on v1: a start that is asked for, x bwrap", 1 / 3, lambda r: beside_tool(r, "bwrap")),
    ("isolated on v1: a start that is asked for, x crun with a filter", 1 / 20, lambda r: beside_tool(r, "crun, filter")),
    ("isolated on v1: a start that is asked for, x runc with a filter", 1 / 20, lambda r: beside_tool(r, "runc, filter")),
    ("isolated, without a reaper as the floor: one, x floor", 1.0, lambda r: at(r, "isolated", "services", BARE, "single_ms_x")),
    ("isolated, without a reaper: 100 at once, wall time, x floor", 0.7, lambda r: at(r, "isolated", "services", BARE, "wall_ms_x")),
    ("isolated, its network kept, x the floor with a fresh one", 0.7, lambda r: at(r, "isolated", "services", BARE, "single_ms_x")),
    ("isolated, with the reaper: one, x floor", 1.0, lambda r: at(r, "isolated", "services", "minit", "single_ms_x")),
    ("isolated, with the reaper: 100 at once, wall time, x floor", 0.7, lambda r: at(r, "isolated", "services", "minit", "wall_ms_x")),
    ("isolated: the reaper's PSS, KiB", 40, lambda r: at(r, "isolated", "services", "minit", "reaper_kib")),
    ("isolated on v2, instructions: one after a kill, x floor", 1.0, lambda r: in_machine(r, "isolated-vm", "minit", "again")),
    ("isolated on v2, instructions, without a reaper: many, x floor", 1.0, lambda r: in_machine(r, "isolated-vm", BARE, "each")),
    ("isolated on v2, instructions: many, x crun with a filter", 0.2, lambda r: in_machine(r, "isolated-vm", "minit", "each", "crun, filter")),
    ("isolated on v2, instructions: many, x runc with a filter", 0.2, lambda r: in_machine(r, "isolated-vm", "minit", "each", "runc, filter")),
    ("isolated with a pair, instructions: many, x floor", 1.15, lambda r: in_machine(at(r, "net-vm"), "services", "minit", "each")),
    ("wrapper: CPU, x floor", 1.1, lambda r: at(r, "wrap", SMALL, "cpu_us_x")),
    ("wrapper: the full build's CPU, x the wrapper build's", 1.2, lambda r: full_to_small(r, "wrap", "cpu_us_x")),
    ("wrapper: instructions from start to end, x floor", 1.1, lambda r: at(r, "wrap-vm", SMALL, "each_x")),
    ("wrapper: the full build's, x the wrapper build's", 1.2, lambda r: full_to_small(r, "wrap-vm", "each_x")),
    ("wrapper: idle, wake-ups", 0, lambda r: at(r, "wrap", SMALL, "idle")),
]


# The same for what does not depend on the machine: what, limit, how to find it.
LIMITS = [
    ("system calls of PID 1 for a start", 8, lambda r: at(r, "count", "minit", "pid1_call", "each")),
    ("system calls of the child before its exec", 9, lambda r: at(r, "count", "minit", "child_call", "each")),
    ("user instructions of PID 1 for a start", 9000, lambda r: at(r, "count", "minit", "pid1_step", "each")),
    ("user instructions of the child, and of the parser for it", 17000,
     lambda r: at(r, "count", "minit", "child_step", "each")),
    ("KiB of proportional memory without a service", 104, lambda r: at(r, "memory", 0, "minit", "pss_kib")),
    ("bytes of minit's own for a service", 1024, lambda r: at(r, "memory", 300, "minit", "each_bytes")),
    ("context switches in 3 s of doing nothing", 0, lambda r: at(r, "idle", "minit", "switches")),
]


# And of the wrapper, for the full build and its own.
WRAP_LIMITS = [(f"{name}: {what}", limit, lambda r, name=name, key=key: at(r, name, key)) for name in ("minit", SMALL) for what, limit, key in (
    ("user instructions up to the program", 5000, "step"),
    ("those before signals are held back", 150, "held"),
    ("system calls", 10, "call"),
    ("files opened", 0, "open"),
    ("KiB of memory while it waits", 64, "rss_kib"),
)] + [(f"{SMALL}: bytes of the file", 24 * 1024, lambda r: at(r, SMALL, "file"))]


def limits(results, rows):
    """Prints them as TAP; the exit status."""
    failed = 0
    for i, (what, limit, find) in enumerate(rows, 1):
        value = find(results)
        good = value is not None and value <= limit
        failed += not good
        print(f"{'ok' if good else 'not ok'} {i} - {what}: at most {limit}")
        print(f"# {figure(value)}")
    print(f"1..{len(rows)}")
    return 1 if failed else 0


def marks(results):
    """Prints PASS or MISS beside each mark that was measured; returns them for the results file."""
    rows = []
    for what, limit, find in MARKS:
        value = find(results)
        if value is not None:
            rows.append([what, limit, value, PASS if value <= limit else MISS])
    if rows:
        table("marks", ["mark", "at most", "is", ""], rows)
    return [dict(zip(("what", "limit", "value", "verdict"), row)) for row in rows]
