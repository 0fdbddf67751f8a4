#!/bin/bash
# Limits bite, on the service that has them and on nothing else, and what they have done is told. With the cgroups of this
# machine, whatever they are.
set -u
. tests/container/ct.sh

cat >"$ct_dir/grow" <<'SH'
x=0123456789abcdef0123456789abcdef
while :; do x=$x$x; done
SH
ct_table <<TOML
[defaults]
restart = "never"

[service.hog]
exec = ["/bin/sh", "$ct_dir/grow"]
[service.hog.cgroup]
memory.max = "16M"

[service.again]
exec = ["/bin/sh", "$ct_dir/grow"]
restart = "on-failure"
backoff = { first = "10ms", give_up = 3 }
[service.again.cgroup]
memory.max = "8M"

[service.bomb]
exec = ["$TREE/usr/lib/demo/bomb"]
[service.bomb.cgroup]
pids.max = 12

[group.pen.cgroup]
pids.max = 16

[service.flock]
exec = ["$TREE/usr/lib/demo/bomb"]
in_group = "pen"

[service.spin]
exec = ["/bin/sh", "-c", "while :; do :; done"]
[service.spin.cgroup]
cpu.max = "10%"

[service.bystander]
exec = ["/bin/sleep", "1000"]
[service.bystander.cgroup]
memory.max = "64M"
cpu.weight = 50
pids.max = "max"

[service.killed]
exec = ["/bin/sh", "-c", "kill -KILL \$\$"]
[service.killed.cgroup]
memory.max = "64M"
TOML
ct_start
ct_up && ct_events
ct_is "who needs more memory than it may is killed" hog:failed hog:starts=1
is "$(ct_field hog why)" "out of memory: killed in its leaf" "and told to be out of memory"
ct_said '^minit: hog: out of memory: killed in its leaf; given up$' "in the log too"
ct_is "who was killed otherwise is told from that" killed:failed
is "$(ct_field killed why)" "killed by SIGKILL" "it was killed"
ct_is "each time anew" again:failed again:failures=3
is "$(grep -a -c '^minit: again: out of memory' "$ct_dir/out")" 3 "each time told"
# Of v2 before Linux 5.17 each that is killed counts, and whom the kernel chose twice: the program, and its reaper.
per=1 events=$(ct_leaf hog memory.events)
[ -z "$events" ] || grep -q '^oom_group_kill ' "$events" || per=3
is "$(ct_minit metrics | sed -n 's/^minit_service_oom_kills_total{service="\(hog\|again\|killed\)"} /\1 /p' | tr '\n' ' ')" "hog $per again $((3 * per)) killed 0 " \
	"and counted in the metrics"
ct_is "its neighbours live" bystander:up bystander:starts=1 spin:up
[ "$(ct_field bystander memory)" -gt 0 ] && [ "$(ct_field bystander memory)" -lt $((64 << 20)) ]
ok $? "how much memory a service has is known"
is "$(ct_field bystander memory_max)" $((64 << 20)) "and how much it may have"

# A quarter of a second of it would be there after three tenths without the limit; a tenth is what it gets.
ct_cpu() {
	ct_field spin cpu_us
}
before=$(ct_cpu) began=$(date +%s%N)
until [ "$(ct_cpu)" -ge $((before + 60000)) ]; do ct_pause; done
elapsed=$((($(date +%s%N) - began) / 1000000))
[ $elapsed -ge 300 ]
ok $? "who spins gets a tenth of a processor: 60 ms of it took $elapsed ms"

ct_is "who forks without end is held" bomb:up
for i in $(seq 1000); do
	pids=$(ct_field bomb pids)
	[ "$pids" != 12 ] || break
	ct_pause
done
is "$pids" 12 "at as many processes as it may have"
ct_is "so is who is in a group with such a limit" flock:up
for i in $(seq 1000); do
	pids=$(ct_in ps -e -o comm= | grep -c -x bomb)
	[ "$pids" -lt 25 ] || break
	ct_pause
done
[ "$pids" -ge 25 ] && [ "$pids" -le 28 ]
ok $? "at as many as the group may have together: both have $pids processes"
ct_minit stop flock >/dev/null
ct_minit stop bomb >/dev/null
is "$(ct_in ps -e -o comm= | grep -c -x bomb)" 0 "all of them go with it"
is "$(ct_field bystander state)" up "but no other"
leaf=$(ct_leaf bystander)
ct_stop "it ends in order"
is "${leaf:+had one}$(ct_leaf bystander)" "had one" "and leaves no leaf"

# What a table asks for is there, or the service does not start and says why; cgroup v1 has no memory.high.
ct_table <<TOML
[service.asks]
exec = ["/bin/sleep", "1000"]
[service.asks.cgroup]
memory.high = "32M"
[service.swaps]
exec = ["/bin/sleep", "1000"]
cgroup.memory.swap.max = 0
[service.bounds]
exec = ["/bin/sleep", "1000"]
cgroup = { memory.swap.max = 0, memory.max = "64M" }
[service.other]
exec = ["/bin/sleep", "1000"]
[service.narrow]
restart = "never"
exec = ["/bin/sleep", "1000"]
cgroup.pids.max = 1
[service.narrower]
restart = "never"
exec = ["/bin/sleep", "1000"]
init = false
userns = "auto"
cgroup.pids.max = 1
[service.alone]
exec = ["/bin/sleep", "1000"]
init = false
cgroup.pids.max = 1
[group.half]
cgroup.cpu.max = "50%"
[service.fifth]
exec = ["/bin/sleep", "1000"]
in_group = "half"
cgroup.cpu.max = "20%"
[service.odd]
exec = ["/bin/sleep", "1000"]
cgroup."hugetlb.3MB.max" = "4M"
[service.wordy]
exec = ["/bin/sleep", "1000"]
cgroup."memory.unheard_of" = "0123456789 0123456789 0123456789 0123456789"
[group.odd]
cgroup."memory.unheard_of" = 5
[service.within]
exec = ["/bin/sleep", "1000"]
in_group = "odd"
TOML
ct_start
ct_up
if grep -q '^[0-9]*:[a-z,]*memory' /proc/self/cgroup; then
	ct_is "a limit that cannot be had fails the service that asks for it" asks:failed
	is "$(grep -a '^minit: asks: ' "$ct_dir/out")" \
		"minit: asks: step cgroup leaf: memory.high = 33554432: Not supported: cgroup v1 has no memory.high; boot with cgroup v2; given up" \
		"with the reason, and what to do, once"
	ct_is "and at once: it will not get better by itself" asks:starts=1
	is "$(ct_field asks why)" "step cgroup leaf: memory.high = 33554432: Not supported: cgroup v1 has no memory.high; boot with cgroup v2" \
		"status names the limit too"
	ct_is "swap alone is not limited there" swaps:failed bounds:up
	is "$(ct_field swaps why)" "step cgroup leaf: memory.swap.max = 0: Invalid argument: cgroup v1 counts memory and swap in one; give memory.max too" \
		"which status tells"
	is "$(ct_minit set bounds memory.max=max 2>&1; ct_minit status bounds | grep -c '^!')" \
		'minit: bounds: memory.max: Invalid argument: cgroup v1 counts memory and swap in one; give memory.swap.max = "max" first
0' "nor does its limit go unseen with that of memory"
	ct_minit set fifth "cpu.max=90000 50000" >"$ct_dir/set" 2>&1
	is "$? $(ct_minit status fifth | grep -E '^. cpu[.]max ' | tr -s ' ')" "1  cpu.max 20000 100000 20000 100000" \
		"a quota with another period that is refused leaves the one that there was"
	sed 's/^/# /' "$ct_dir/set"
	is "$(ct_minit set bounds memory.swap.max=max memory.max=max; ct_minit status bounds | grep -c '^!')" 0 "both can go"
else
	ct_is "a limit that can be had is had" asks:up swaps:up bounds:up
	ct_not_said 'memory.high' "and nothing is said about it"
fi
ct_is "a controller's file that no kernel has" odd:failed within:failed wordy:failed
ct_said '^minit: odd: step cgroup leaf: hugetlb.3MB.max = 4194304: .*: (no controller hugetlb: .*|this kernel has no hugetlb.3MB.max|cgroup v1 has no .*)' \
	"is told with what is missing"
ct_said '^minit: within: step cgroup leaf: memory.unheard_of: .*: (this kernel|cgroup v1) has no memory.unheard_of' "also of a group"
ct_said '^minit: wordy: step cgroup leaf: memory.unheard_of = 0123456789 0123456789 0123456\.\.\.: ' "a long value shows that it is cut"
ct_is "the others run, one that has no need of a second process too" other:up alone:up
ct_is "where there is no room for one that is needed" narrow:failed narrower:failed
room="Resource temporarily unavailable: its pids.max, or that of a cgroup above, leaves no room"
is "$(ct_field narrow why)" "step reaper: $room for the reaper beside it: raise it, or give init = false" "that is told"
is "$(ct_field narrower why)" "step user namespace: userns: $room for what makes its user namespace: raise it" "of a user namespace, too"
ct_stop "it ends in order"

# Processors that the cgroup above does not have. On cgroup v2: tests/vm/340-limits.sh
if [ -e /sys/fs/cgroup/cpuset/cpuset.cpus ]; then
	above=$(mktemp -d /sys/fs/cgroup/cpuset/minit-test.XXXXXX)
	cat "${above%/*}/cpuset.mems" >"$above/cpuset.mems"
	echo 0 >"$above/cpuset.cpus"
	ct_table <<TOML
[group.one.cgroup]
cpuset.cpus = "0"
[service.beyond]
exec = ["/bin/sleep", "1000"]
cgroup.cpuset.cpus = "0-1"
[service.within]
exec = ["/bin/sleep", "1000"]
in_group = "one"
cgroup.cpuset.cpus = "1"
[service.bound]
exec = ["/bin/sleep", "1000"]
cpus = "1"
cgroup.cpuset.cpus = "0"
TOML
	ct_start sh -c "echo 0 >$above/tasks && exec \"\$@\"" sh "$MINIT" run "$ct_dir/table.toml"
	ct_up
	ct_is "more processors than the cgroup above has" beyond:failed within:failed bound:failed
	has="$above has 0 (its cpuset.cpus.effective): ask for no other, or give it more"
	is "$(ct_field beyond why)" "step cgroup leaf: cpuset.cpus = 0-1: Permission denied: ${has/cpus.effective/effective_cpus}" "is told with the cgroup that has less"
	is "$(ct_field within why)" "step cgroup leaf: cpuset.cpus = 1: Permission denied: ${has/cpus.effective/effective_cpus}" "which is not the group that has them from there"
	is "$(ct_field bound why)" "step scheduling: cpus: Invalid argument: ${has/cpus.effective/effective_cpus}" "also of cpus"
	ct_stop "it ends in order"
	rmdir "$above"
fi
echo "1..$ct_tests"
