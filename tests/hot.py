#!/usr/bin/env python3
"""What a child runs between clone and exec must lie before trim_child_end: the rest of the program is not mapped there.

usage: tests/hot.py build/minit.debug
Follows every direct call and jump, and every address of a function that is taken, from the child's own functions.
"""
import re
import subprocess
import sys
from collections import defaultdict

ROOTS = re.compile(r"^(child_run|reaper_run|step_(?!words)\w+|power_unmount|cgroup_join|probe_start|rewrite_file)$")


def run(*words):
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def symbols(program):
    names, addresses = {}, defaultdict(list)
    for line in run("nm", program).splitlines():
        words = line.split()
        if len(words) == 3:
            names[int(words[0], 16)] = words[2]
            addresses[words[2]].append(int(words[0], 16))
    return names, addresses


def code(program):
    """By the address of each function: the addresses that it calls, jumps to, or takes."""
    uses = defaultdict(set)
    function = None
    for line in run("objdump", "-d", "--no-show-raw-insn", program).splitlines():
        head = re.match(r"^([0-9a-f]+) <[^>]+>:", line)
        if head:
            function = int(head[1], 16)
        elif function is not None:
            uses[function] |= {int(at, 16) for at in re.findall(r"(?:call|j\w+)\s+([0-9a-f]+) <|# ([0-9a-f]+) <", line) for at in at if at}
    return uses


def constants(program):
    for line in run("readelf", "-SW", program).splitlines():
        words = line.replace("[ ", "[").split()
        if len(words) > 5 and words[1] == ".rodata":
            return int(words[3], 16), int(words[3], 16) + int(words[5], 16)
    raise SystemExit("no .rodata")


def reached(uses, roots):
    seen, work = {}, [(root, None) for root in roots]
    while work:
        at, by = work.pop()
        if at in seen or at not in uses:
            continue
        seen[at] = by
        work += [(target, at) for target in uses[at]]
    return seen


def main():
    program = sys.argv[1]
    names, addresses = symbols(program)
    uses = code(program)
    roots = [at for at, name in names.items() if ROOTS.match(name)]
    seen = reached(uses, [at for at in roots if at in uses])
    border, data_border = addresses["trim_child_end"][0], addresses["trim_hot_data_end"][0]
    rodata = constants(program)
    wrong = [f"{names.get(at)} is not hot, but {names.get(seen[at], 'the child')} uses it: put its object into child-y of the "
             "Kbuild file" for at in sorted(seen) if at >= border]
    wrong += [f"{names.get(at)} uses constants at {used:#x}, which are not hot" for at in sorted(seen) for used in uses[at]
              if data_border < used < rodata[1] and used >= rodata[0]]
    good = not wrong and len(roots) >= 12
    for line in wrong:
        print(line)
    print(f"{len(roots)} roots, {len(seen)} functions reached")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
