#!/bin/bash
# No descendant outlives a stop, whatever it does to stay: STOPS stops (42), in turn of services that cling by each way,
# in a pid namespace of their own and in minit's.
set -u
. tests/container/ct.sh
STOPS=${STOPS:-42}

gcc -static -D_GNU_SOURCE -O1 -Wall -Wextra -o "$ct_dir/clinger" tests/tools/clinger.c
ok $? "the one that clings builds"
chmod 755 "$ct_dir"
ways="setsid daemon stopped traced deaf bomb leaver"
for way in $ways; do
	cat <<TOML
[service.$way]
exec = ["$ct_dir/clinger", "$way"]
stop.grace = "20ms"
cgroup.pids.max = 24
autostart = false
namespaces = []
[service.$way-apart]
exec = ["$ct_dir/clinger", "$way"]
stop.grace = "20ms"
cgroup.pids.max = 24
autostart = false
TOML
done | ct_table
ct_start
ct_up
left=0 done=0 number=0
for ((number = 0; number < STOPS; number++)); do
	set -- $ways
	shift $((number % 7))
	name=$1$([ $((number / 7 % 2)) = 0 ] || echo -apart)
	ct_minit start "$name" >/dev/null || break
	for i in $(seq 500); do
		n=$(ct_in ps -e -o comm= | grep -c -x clinger)
		[ "$n" -lt 4 ] || break
	done
	ct_minit stop --timeout 30s "$name" >/dev/null || break
	n=$(ct_in ps -e -o stat=,comm= | grep -v '^Z' | grep -c -w clinger)
	left=$((left + n)) done=$((done + 1))
	[ "$n" = 0 ] || ct_in ps -e -o pid=,ppid=,stat=,comm= | sed "s/^/# $name: /"
done
is "$done" "$STOPS" "each stop ends"
is "$left" 0 "and leaves no process behind"
ct_stop "it ends in order"
echo "1..$ct_tests"
