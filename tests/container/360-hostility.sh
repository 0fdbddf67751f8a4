#!/bin/bash
# Eight services do their worst, all at once: the ninth keeps serving, and PID 1 keeps answering. Held by counts and events;
# how long it takes is told, for `tests/bench/run hostile` (HOSTILE_SECONDS: for how long it is asked).
set -u
. tests/container/ct.sh

tool=$PWD/tests/tools/hostile.py
dd if=/dev/zero of="$ct_dir/cached" bs=1M count=48 2>/dev/null
ct_table <<TOML
[defaults]
restart = "always"
backoff = { first = "50ms", max = "100ms" }

[service.web]
exec = ["/usr/bin/python3", "$tool", "serve"]
[service.web.cgroup]
cpu.weight = 1000

[service.forks]
exec = ["$TREE/usr/lib/demo/bomb"]
cgroup = { pids.max = 30, cpu.max = "20%" }
[service.memory]
exec = ["/bin/sh", "-c", "x=0123456789abcdef; while :; do x=\$x\$x; done"]
cgroup = { memory.max = "16M", cpu.max = "20%" }
[service.cache]
exec = ["/bin/sh", "-c", "while :; do cat $ct_dir/cached >/dev/null; done"]
cgroup = { memory.max = "16M", cpu.max = "20%", pids.max = 5 }
[service.fds]
exec = ["/usr/bin/python3", "$tool", "fds"]
rlimits.nofile = 256
cgroup = { memory.max = "32M", cpu.max = "20%" }
[service.inodes]
exec = ["/usr/bin/python3", "$tool", "inodes"]
mounts."/tmp" = { tmpfs = "8M", mode = "1777" }
cgroup = { memory.max = "32M", cpu.max = "20%" }
[service.cpu]
exec = ["/bin/sh", "-c", "while :; do :; done"]
cgroup = { cpu.max = "20%" }
[service.io]
exec = ["/bin/sh", "-c", "while :; do dd if=/dev/zero of=$ct_dir/io bs=64k count=16 conv=fsync 2>/dev/null; done"]
cgroup = { memory.max = "32M", cpu.max = "20%", pids.max = 5 }
[service.flood]
exec = ["/bin/sh", "-c", "while :; do echo 0123456789abcdef; done"]
output = "console"
cgroup = { cpu.max = "20%" }
TOML
ct_start
ct_up
ct_is "all of them begin" web:starts=1 forks:starts=1 'memory:starts>=1' cache:starts=1 fds:starts=1 inodes:starts=1 cpu:starts=1 \
	io:starts=1 flood:starts=1
for i in $(seq 1000); do
	[ "$(ct_in "$BASH" -c 'exec 3<>/dev/tcp/127.0.0.1/8080 && echo up' 2>/dev/null)" != up ] || break
	ct_pause
done
found=$(ct_in /usr/bin/python3 "$tool" ask "${HOSTILE_SECONDS:-2}")
echo "# $found"
of() {
	printf '%s\n' "$found" | sed -n "s/.*\"$1\": {[^}]*\"$2\": \([0-9]*\).*/\1/p"
}
is "$(of web bad)" 0 "the ninth answers each time ($(of web asked))"
is "$(of status bad)" 0 "so does PID 1 ($(of status asked))"
[ "$(of status p99)" -lt 2000 ] && [ "$(of web p99)" -lt 5000 ]
ok $? "and never after long: 99 % within $(of status p99) and $(of web p99) ms"
policy() {
	chrt -p "$1" | sed -n 's/.*policy: //p'
}
wanted=SCHED_OTHER
! ct_may_precede || wanted="SCHED_FIFO|SCHED_RESET_ON_FORK"
is "$(policy "$(ct_pid)"), $(policy "$(ct_outer web)")" "$wanted, SCHED_OTHER" \
	"PID 1 waits for none of them to end its turn, and services are scheduled as ever"
ct_is "who grows is killed, again and again" 'memory:restarts>=2'
is "$(ct_field web starts) $(ct_field web state)" "1 up" "the ninth was not touched"
is "$(ct_field forks starts) $(ct_field cache state) $(ct_field fds state) $(ct_field flood state)" \
	"1 up up up" "who asks for no more than it gets lives, within its bounds"
[ "$(ct_field forks pids)" -le 30 ]
ok $? "forks end at $(ct_field forks pids)"
is "$(ct_field '' crashes)" 0 "PID 1 had no fault"
leaf=$(ct_leaf forks)
ct_stop "it ends in order"
is "${leaf:+had one}$(ct_leaf forks)" "had one" "and nothing is left"
echo "1..$ct_tests"
