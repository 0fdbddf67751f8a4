#!/bin/bash
# Leaves and limits on this machine's kernel, whatever cgroups it has: as an ordinary process, as PID 1 of a pid
# namespace, and with a cgroup namespace too; all three in a cgroup of their own where there is v2 alone.
set -u
exec 2>&1
. tests/container/ct.sh

probe=$BUILD/tests/cgroup_probe
out=$ct_dir/out
mkdir -p "${probe%/*}"
gcc -std=gnu17 -D_GNU_SOURCE -O1 -g -Wall -Wextra -I. -DCONFIG_CGROUP=1 -DCONFIG_CGROUP_V1=1 -DCONFIG_CGROUP_V2=1 \
	-o "$probe" tests/tools/cgroup_probe.c cgroup/*.c lib/*.c
ok $? "cgroup_probe builds" || { echo "1..1"; exit 1; }

# shown TEXT WORD... [-- WORD...]: the probe, started by these words, and in its group by those; what it has seen are tests too.
shown() {
	local text=$1 status before=() enter=()
	shift
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		before+=("$1")
		shift
	done
	! ct_group || enter=(sh -c 'echo 0 >"$0/cgroup.procs" && exec "$@"' "${ct_groups[-1]}")
	"${before[@]}" "${enter[@]}" "${@:2}" "$probe" >"$out"
	status=$?
	while read -r line; do
		case $line in
		"ok "*) ok 0 "$text: ${line#* - }" ;;
		"not ok "*) ok 1 "$text: ${line#* - }" ;;
		*) echo "# ${line#"# "}" ;;
		esac
	done <"$out"
	ok $status "$text: to its end"
}

# homes PID: what minit with that pid has made in any hierarchy.
homes() {
	find /sys/fs/cgroup -type d -name "minit.$(stat -Lc %i /proc/self/ns/pid).$1"
}

shown "not PID 1" env
shown "PID 1 of a pid namespace" unshare --fork --pid --mount-proc
shown "PID 1 with a cgroup namespace too" unshare --fork --pid --mount-proc -- unshare --cgroup

# Here there are others in the same cgroup, whatever it is: where there is v2 alone it can pass no controllers on.
word=
[ -z "$(ct_above)" ] || word=beside
coproc HELD { exec "$probe" hold; }
held=$HELD_PID
while read -r line <&"${HELD[0]}" && [ "${line%is held}" = "$line" ]; do :; done
[ -n "$(homes "$held")" ]
ok $? "a home is where it can be seen"
"$probe" $word >"$out"
ok $? "another minit has its own beside it"
[ -n "$(homes "$held")" ]
ok $? "and leaves that of a living one alone"
kill -KILL "$held"
wait "$held"
[ -n "$(homes "$held")" ]
ok $? "a killed one leaves its home behind"
"$probe" $word >"$out"
ok $? "the next one comes"
[ -z "$(homes "$held")" ]
ok $? "and clears it away"
echo "1..$ct_tests"
