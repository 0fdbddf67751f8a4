#!/bin/bash
# Fatal signals while minit boots: it goes on from where it was, with the cgroups and the network it had begun.
set -u
. tests/container/ct.sh

count=8
{
	echo '[network.bridge.br0]'
	echo 'address = ["10.77.0.1/24"]'
	for i in $(seq $count); do
		printf '[service.s%d]\nexec = ["/bin/sleep", "1000"]\n[service.s%d.cgroup]\npids.max = %d\n' "$i" "$i" $((i + 10))
	done
} >"$ct_dir/table.toml"

# A line for each service, with the state of its interface and its limit.
found() {
	local i pid
	for i in $(seq $count); do
		pid=$(ct_outer "s$i")
		echo "s$i $(nsenter --target "$pid" --net ip -br addr show eth0 | awk '{ print $2 }') $(ct_limit "$pid")"
	done
}
# The one of v1 or v2 that has the controller.
ct_limit() {
	local path mount
	path=$(sed -n 's/^[0-9]*:pids:\(.*\)/\1/p' "/proc/$1/cgroup")
	mount=/sys/fs/cgroup/pids
	[ -n "$path" ] || { path=$(sed -n 's/^0::\(.*\)/\1/p' "/proc/$1/cgroup"); mount=/sys/fs/cgroup; }
	cat "$mount$path/pids.max"
}

for round in 1 2 3 4; do
	ct_start
	until [ -n "$(ct_pid)" ]; do :; done
	pid=$(ct_pid)
	# Until its services run, and no longer than some time; at first it is not minit yet, or it ignores it.
	for ((i = 0; i < 80; i++)); do
		kill -SEGV "$pid" 2>/dev/null
		sleep "0.00$((RANDOM % 8))"
	done
	ct_is "round $round: all is up" all:up
	[ "$(ct_field '' crashes)" -gt 5 ]
	ok $? "after $(ct_field '' crashes) crashes"
	is "$(found | tr '\n' ';')" \
		"$(for i in $(seq $count); do echo "s$i UP $((i + 10))"; done | tr '\n' ';')" "each with its network and its limit"
	is "$(ct_in ip -br link show master br0 | grep -c ' UP ')" $count "the ports of the bridge are there"
	ct_not_said '(link of this name exists|no such link|no limits of)' "nothing was in its own way"
	grep -a -v 'executed in place' "$ct_dir/out" | head -n 5 | sed 's/^/# /'
	ct_stop "it stops in order"
done
echo "1..$ct_tests"
