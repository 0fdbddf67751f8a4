#!/bin/bash
# Leaves and limits on this machine's kernel, whatever cgroups it has: as an ordinary process, as PID 1 of a pid
# namespace, and with a cgroup namespace too.
set -u
exec 2>&1
. tests/env.sh

probe=$BUILD/tests/cgroup_probe
out=$BUILD/tests/cgroup_probe.out
mkdir -p "${probe%/*}"
gcc -std=gnu17 -D_GNU_SOURCE -O1 -g -Wall -Wextra -I. -DCONFIG_CGROUP=1 -DCONFIG_CGROUP_V1=1 -DCONFIG_CGROUP_V2=1 \
	-o "$probe" tests/tools/cgroup_probe.c cgroup/*.c lib/*.c || { echo "not ok - cgroup_probe builds"; exit 1; }

ok() {
	if [ "$1" = 0 ]; then echo "ok - $2"; else echo "not ok - $2"; fi
}

# homes PID: what minit with that pid has made in any hierarchy.
homes() {
	find /sys/fs/cgroup -type d -name "minit.$(stat -Lc %i /proc/self/ns/pid).$1"
}

"$probe"; ok $? "not PID 1"
unshare --fork --pid --mount-proc "$probe"; ok $? "PID 1 of a pid namespace"
unshare --fork --pid --cgroup --mount-proc "$probe"; ok $? "PID 1 with a cgroup namespace too"

coproc HELD { exec "$probe" hold; }
held=$HELD_PID
while read -r line <&"${HELD[0]}" && [ "${line%is held}" = "$line" ]; do :; done
[ -n "$(homes "$held")" ]; ok $? "a home is where it can be seen"
"$probe" >"$out"; ok $? "another minit has its own beside it"
[ -n "$(homes "$held")" ]; ok $? "and leaves that of a living one alone"
kill -KILL "$held"
wait "$held"
[ -n "$(homes "$held")" ]; ok $? "a killed one leaves its home behind"
"$probe" >"$out"; ok $? "the next one comes"
[ -z "$(homes "$held")" ]; ok $? "and clears it away"
