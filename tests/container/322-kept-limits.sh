#!/bin/bash
# Who is idle has no weight and is as asked, and gets it when it is idle no more; what was set by hand holds in the leaf that the next
# run has, too.
set -u
. tests/container/ct.sh

cat >"$ct_dir/first" <<TOML
[service.idle]
exec = ["/bin/sleep", "1000"]
cgroup = { cpu.weight = 300, cpu.idle = true, pids.max = 20 }
[service.busy]
exec = ["/bin/sleep", "1000"]
cgroup = { cpu.weight = 300, pids.max = 20 }

[group.yard.cgroup]
cpu.weight = 70
cpu.idle = true
[service.one]
exec = ["/bin/sleep", "1000"]
in_group = "yard"
[service.two]
exec = ["/bin/sleep", "1000"]
in_group = "yard"
TOML
# limits NAME: what is asked of processor and processes, and what there is.
limits() {
	ct_minit status "$1" | tr -s ' ' | grep -E '^!? ([a-z]*:)?(cpu|cpuset|pids|memory)\.' | LC_ALL=C sort | tr '\n' ';'
}
none='none: it is idle'
ct_table <"$ct_dir/first"
ct_start
ct_up
ct_is "who is idle starts, and so do all in a group that is" idle:up busy:up one:up two:up
is "$(limits idle)" " cpu.idle 1 1; cpu.weight 300 $none; pids.max 20 20;" "it has no weight, which is as asked"
is "$(limits two)" " yard:cpu.idle 1 1; yard:cpu.weight 70 $none;" "nor has the group"
ct_minit set idle cpu.weight=40 2>"$ct_dir/why"
is "$? $(cat "$ct_dir/why")" \
	"1 minit: idle: cpu.weight: Invalid argument: the kernel does not take this value; it takes none as long as cpu.idle is on" \
	"nor can it be given one"
ct_minit set idle cpu.idle=false
is "$(limits idle)" " cpu.idle 0, by minit set 0; cpu.weight 300 300; pids.max 20 20;" "idle no more, it has that of the table"
ct_minit set idle cpu.weight=200 && ct_minit set idle cpu.idle=true
is "$(limits idle)" " cpu.idle 1, by minit set 1; cpu.weight 200, by minit set $none; pids.max 20 20;" "idle again, it has none"
ct_minit set busy cpu.idle=true
is "$(limits busy)" " cpu.idle 1, by minit set 1; cpu.weight 300 $none; pids.max 20 20;" "also when no table says that it is idle"
ct_minit set busy cpu.idle=false
is "$(limits busy)" " cpu.idle 0, by minit set 0; cpu.weight 300 300; pids.max 20 20;" "and back"
ct_minit set busy cpu.idle=true
for leaf in $(ct_leaf busy cpu.idle); do echo 0 >"$leaf"; done
is "$(limits busy | tr ';' '\n' | grep '^!' | cut -d ' ' -f 2 | tr '\n' ' ')" "cpu.idle cpu.weight " "unless somebody else has changed that"
ct_minit set busy cpu.idle=false

# While it runs, and idle.
sed 's/pids.max = 20/pids.max = 25/' "$ct_dir/first" | ct_table
ct_minit reload >"$ct_dir/said"
is "$(limits idle)" " cpu.idle 1, by minit set 1; cpu.weight 200, by minit set $none; pids.max 25 25;" "another table changes who is idle"
sed 's/pids.max = 20/pids.max = 25/; s/cpu.idle = true, //' "$ct_dir/first" | ct_table
ct_minit reload >"$ct_dir/said"
ct_is "one that does not say so is another run of it" idle:up idle:starts=2
is "$(limits idle)" " cpu.weight 200, by minit set 200; pids.max 25 25;" "which has its weight"

# Its leaf is made anew for who is another.
ct_minit set busy pids.max=30 memory.max=64M cpu.max=50%
sed 's/pids.max = 20/pids.max = 25/; s/1000/1001/' "$ct_dir/first" | ct_table
ct_minit reload >"$ct_dir/said"
ct_is "another run of it" busy:up busy:starts=2
is "$(limits busy)" \
	" cpu.idle 0, by minit set 0; cpu.max 50000 100000, by minit set 50000 100000; cpu.weight 300 300; memory.max 67108864, by minit set 67108864; pids.max 30, by minit set 30;" \
	"has what was set by hand, of what its table does not speak of too"
sed 's/, pids.max = 20//; s/1000/1001/' "$ct_dir/first" | ct_table
is "$(ct_minit reload | grep '^busy')" "busy: restarted in a new leaf: pids.max" "one with a limit less takes a new leaf"
ct_is "in which it runs" busy:up busy:starts=3
is "$(limits busy)" " cpu.idle 0, by minit set 0; cpu.max 50000 100000, by minit set 50000 100000; cpu.weight 300 300; memory.max 67108864, by minit set 67108864;" \
	"with all that was set by hand, but what the table has changed itself"
ct_stop "it ends in order"

# What is saved up is no more than the quota, also on the way from one to another.
ct_table <<TOML
[service.saves]
exec = ["/bin/sleep", "1000"]
cgroup = { cpu.max = "50%", "cpu.max.burst" = "40ms" }
TOML
ct_start
ct_up
ct_is "one with a quota and what it may save up runs" saves:up
sed -i 's/50%/10%/; s/40ms/5ms/' "$ct_dir/table.toml"
ct_minit reload >"$ct_dir/said"
is "$(limits saves)" " cpu.max 10000 100000 10000 100000; cpu.max.burst 5000 5000;" "both become less"
sed -i 's/10%/80%/; s/5ms/70ms/' "$ct_dir/table.toml"
ct_minit reload >"$ct_dir/said"
is "$(limits saves)" " cpu.max 80000 100000 80000 100000; cpu.max.burst 70000 70000;" "and more"
ct_minit set saves cpu.max=20% 2>"$ct_dir/why"
is "$?:$(cat "$ct_dir/why")" \
	"1:minit: saves: cpu.max: Invalid argument: the kernel does not take this value; cpu.max.burst is at most the quota of cpu.max" "one alone is told why not"
ct_minit set saves cpu.max.burst=10ms cpu.max=20%
is "$(limits saves)" " cpu.max 20000 100000, by minit set 20000 100000; cpu.max.burst 10000, by minit set 10000;" "in that order they can be set"
ct_stop "it ends in order"

# With cgroup v1 nobody has more than the group: neither on the way from one table to another.
ct_table <<TOML
[group.shop]
cgroup.cpu.max = "50%"
[service.some]
exec = ["/bin/sleep", "1000"]
in_group = "shop"
cgroup.cpu.max = "40%"
[service.other]
exec = ["/bin/sleep", "1000"]
in_group = "shop"
cgroup.cpu.max = "30%"
TOML
ct_start
ct_up
ct_is "a group and who is in it have quotas" some:up other:up
sed -i 's/50%/10%/; s/40%/5%/; s/30%/4%/' "$ct_dir/table.toml"
ct_minit reload >"$ct_dir/said"
have() {
	is "$(limits some)$(limits other)" " cpu.max $1; shop:cpu.max $2; cpu.max $3; shop:cpu.max $2;" "$4"
}
have "5000 100000 5000 100000" "10000 100000 10000 100000" "4000 100000 4000 100000" "all become less"
ct_minit restart some >/dev/null
have "5000 100000 5000 100000" "10000 100000 10000 100000" "4000 100000 4000 100000" "and stay so when one is begun anew"
sed -i 's/10%/90%/; s/"5%/"70%/; s/"4%/"60%/' "$ct_dir/table.toml"
ct_minit reload >"$ct_dir/said"
have "70000 100000 70000 100000" "90000 100000 90000 100000" "60000 100000 60000 100000" "and more"
if grep -q -E '^[0-9]+:(cpu|cpu,cpuacct|cpuacct,cpu):' /proc/self/cgroup; then
	ct_minit set group.shop cpu.max=10% 2>"$ct_dir/why"
	is "$?:$(grep -c 'cgroup v1 gives a group no less than those in it have, and them no more than it has$' "$ct_dir/why")" 1:1 "by hand the reason is told"
	# Refused by what is above the group, and not for those in it.
	some=$(ct_leaf some cpu.cfs_quota_us)
	echo 95000 >"${some%/*/*/*}/cpu.cfs_quota_us"
	sed -i 's/90%/99%/; s/"70%/"96%/; s/"60%/"20%/' "$ct_dir/table.toml"
	ct_minit reload >"$ct_dir/said" 2>&1
	is "$? $(cat "$some") $(cat "${some%/*/*}/cpu.cfs_quota_us") $(cat "$(ct_leaf other cpu.cfs_quota_us)")" "1 70000 90000 60000" \
		"where a group is refused more nobody in it has more either"
	grep -q 'cpu.max: cannot be changed while it runs: .*it goes on with what it had' "$ct_dir/said"
	ok $? "as it is said"
fi
ct_stop "it ends in order"

# So it is with processors.
if [ "$(nproc)" -gt 1 ] && [ "$(cat /sys/fs/cgroup/cpuset/cpuset.cpus /sys/fs/cgroup/cpuset.cpus.effective 2>/dev/null)" = "0-$(($(nproc) - 1))" ]; then
	ct_table <<TOML
[group.yard]
cgroup = { cpuset.cpus = "0-1", memory.max = "64M" }
[service.some]
exec = ["/bin/sleep", "1000"]
in_group = "yard"
cgroup.cpuset.cpus = "0-1"
[service.other]
exec = ["/bin/sleep", "1000"]
in_group = "yard"
TOML
	ct_start
	ct_up
	ct_is "a group and who is in it have processors" some:up other:up
	sed -i 's/0-1/0/; s/64M/32M/' "$ct_dir/table.toml"
	ct_minit reload >"$ct_dir/said"
	is "$(limits some)$(grep Cpus_allowed_list "/proc/$(ct_outer other)/status" | cut -f2)" \
		" cpuset.cpus 0 0; yard:cpuset.cpus 0 0; yard:memory.max 33554432 33554432;0" "all have less of them"
	sed -i 's/"0"/"0-1"/' "$ct_dir/table.toml"
	ct_minit reload >"$ct_dir/said"
	is "$(limits some)" " cpuset.cpus 0-1 0-1; yard:cpuset.cpus 0-1 0-1; yard:memory.max 33554432 33554432;" "and more"
	ct_stop "it ends in order"
fi

# Of a disk, by its path in the table and by its number in what is set.
disk=
for name in /sys/block/*; do [ ! -b "/dev/${name##*/}" ] || disk=/dev/${name##*/}; done
if [ -n "$disk" ]; then
	ct_table <<TOML
[service.disk]
exec = ["/bin/sleep", "1000"]
cgroup = { io.max = "$disk rbps=1M riops=100", pids.max = 20 }
TOML
	ct_start
	ct_up
	ct_is "one with a limit of a disk runs" disk:up
	ct_minit set disk io.max="$disk wbps=2M" && ct_minit set disk io.max="$disk riops=50"
	differs=$(ct_minit status disk | grep -c '^!')
	sed -i 's/1000/1001/' "$ct_dir/table.toml"
	is "$differs$(ct_minit reload)" "0disk: restarted: exec" "it is as asked, with what was set by hand; and is another then"
	ct_is "and runs again" disk:up disk:starts=2
	is "$(ct_minit status disk | sed -n 's/.* rbps=/rbps=/p')" "rbps=1048576 wbps=2097152 riops=50 wiops=max" "with all of both"
	is "$(ct_minit status disk | grep -c '^!')" 0 "as asked"
	ct_stop "it ends in order"
fi
echo "1..$ct_tests"
