#!/bin/bash
# On cgroup v2 with all its controllers each limit holds, what cannot be had is refused with the reason, and nothing
# outlives a stop: STOPS stops (6), of services that cling by each way in turn.
set -u
. tests/vm/vm.sh
STOPS=${STOPS:-6}

gcc -static -O1 -Wall -Wextra -o "$vm_dir/clinger" tests/tools/clinger.c && strip "$vm_dir/clinger"
ok $? "the one that clings builds"
vm_file clinger 755 <"$vm_dir/clinger"
echo 'static volatile char all[64 << 20]; int main(void) { for (unsigned i = 0; i < sizeof(all); i += 4096) all[i] = 1; return 0; }' |
	gcc -static -O1 -x c -o "$vm_dir/burst" - && strip "$vm_dir/burst"
ok $? "the one that bursts builds"
vm_file burst 755 <"$vm_dir/burst"
# huge N: as many pages of 2 MiB; 3 if they cannot be had.
cat <<'C' | gcc -static -O1 -D_GNU_SOURCE -x c -o "$vm_dir/huge" - && strip "$vm_dir/huge"
#include <stdlib.h>
#include <sys/mman.h>

int main(int argc, char **argv)
{
	size_t size = (argc > 1 ? (size_t)atoi(argv[1]) : 1) << 21;
	volatile char *all = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);

	if (all == MAP_FAILED)
		return 3;
	for (size_t i = 0; i < size; i += 1 << 21)
		all[i] = 1;
	return 0;
}
C
ok $? "the one that takes huge pages builds"
vm_file huge 755 <"$vm_dir/huge"
# Not the first process of the machine, which the kernel spares when it kills who shares memory with it.
vm_file nest.toml <<'TOML'
[service.burst]
exec = ["/burst"]
restart = "always"
backoff = { first = "1ms", max = "1ms" }
autostart = true
cgroup.memory.max = "8M"
TOML
ways="setsid daemon stopped traced deaf bomb"
{
	cat <<'TOML'
[defaults]
restart = "never"
autostart = false

# Before those that take what it wants for itself alone.
[service.early-part]
exec = ["/bin/sleep", "1000"]
[service.early-part.cgroup]
cpuset.cpus = "1"
"cpuset.cpus.partition" = "isolated"

[service.second-line]
exec = ["/bin/sleep", "1000"]
cgroup.io.max = ["/dev/nvme0n1 rbps=1M", "/dev/null rbps=1M"]

[service.quarter]
exec = ["/bin/sh", "-c", "while :; do :; done"]
cgroup.cpu.max = "25%"

[service.hog]
exec = ["/bin/sh", "/grow"]
cgroup.memory.max = "10M"

[service.half]
exec = ["/bin/sh", "/eat"]
cgroup.memory.max = "10M"

[service.single]
exec = ["/bin/sh", "/eat"]
[service.single.cgroup]
memory.max = "10M"
memory.oom.group = false

[service.nest]
exec = ["/sbin/minit", "run", "/nest.toml"]
delegate = true
init = false
env.MINIT_SOCKET = "/run/nest"
caps = "all"
seccomp = "none"

[service.bomb]
exec = ["/usr/lib/demo/bomb"]
cgroup.pids.max = 12

[group.pen.cgroup]
pids.max = 16
[service.flock]
exec = ["/usr/lib/demo/bomb"]
in_group = "pen"
[service.herd]
exec = ["/usr/lib/demo/bomb"]
in_group = "pen"

[group.trough]
cgroup.memory.max = "16M"
[service.pig]
exec = ["/bin/sh", "/grow"]
in_group = "trough"
[service.lamb]
exec = ["/bin/sleep", "1000"]
in_group = "trough"

[service.slow]
exec = ["/bin/dd", "if=/dev/nvme0n1", "of=/dev/null", "bs=65536", "count=32"]
ready = "exit"
cgroup.io.max = "/dev/nvme0n1 rbps=1M"
[service.fast]
exec = ["/bin/dd", "if=/dev/nvme0n1", "of=/dev/null", "bs=65536", "count=32", "skip=64"]
ready = "exit"

[service.weighed]
exec = ["/bin/sleep", "1000"]
[service.weighed.cgroup]
io.weight = 50
cpu.weight = 300
memory.low = "8M"
cpuset.cpus = "1"
cpuset.mems = "0"
"hugetlb.2MB.max" = "4M"
cgroup.max.descendants = 2

[service.huge]
exec = ["/huge", "2"]
ready = "exit"
cgroup."hugetlb.2MB.max" = "4M"
[service.larger]
exec = ["/huge", "3"]
ready = "exit"
cgroup."hugetlb.2MB.max" = "4M"
[service.reserving]
exec = ["/huge", "2"]
ready = "exit"
cgroup."hugetlb.2MB.rsvd.max" = "2M"

[service.no-misc]
exec = ["/bin/sleep", "1000"]
cgroup.misc.max = "sev 4"
[service.no-rdma]
exec = ["/bin/sleep", "1000"]
cgroup.rdma.max = "mlx4_0 hca_handle=2"
[service.no-dmem]
exec = ["/bin/sleep", "1000"]
cgroup.dmem.max = "drm/0000:03:00.0/vram0 1G"
[service.no-size]
exec = ["/bin/sleep", "1000"]
cgroup."hugetlb.3MB.max" = "4M"
[service.no-disk]
exec = ["/bin/sleep", "1000"]
cgroup.io.max = "/dev/null rbps=1M"
[service.no-cpu]
exec = ["/bin/sleep", "1000"]
cgroup.cpuset.cpus = "7"
[group.first.cgroup]
cpu.weight = 70
cpuset.cpus = "0"
[service.beyond]
exec = ["/bin/sleep", "1000"]
in_group = "first"
cgroup.cpuset.cpus = "0-1"
[service.bound]
exec = ["/bin/sleep", "1000"]
in_group = "first"
cpus = "1"
[service.no-part]
exec = ["/bin/sleep", "1000"]
[service.no-part.cgroup]
cpuset.cpus = "1"
"cpuset.cpus.partition" = "root"
[group.full]
cgroup.cgroup.max.descendants = 0
[service.no-room]
exec = ["/bin/sleep", "1000"]
in_group = "full"
[service.within]
exec = ["/bin/sleep", "1000"]
in_group = "first"
cpus = "0"
cgroup.cpuset.cpus = "0"

[service.closed]
exec = ["/bin/sh", "-c", "echo good >/dev/null || exit 4; (: </dev/nvme0n1) 2>/dev/null && exit 5; exit 0"]
ready = "exit"
devices = []
caps = "all"
[service.open]
exec = ["/bin/sh", "-c", ": </dev/nvme0n1 || exit 4; (: >/dev/nvme0n1) 2>/dev/null && exit 5; exit 0"]
ready = "exit"
devices = ["/dev/nvme0n1:r"]
caps = "all"

[service.count]
exec = ["/bin/sh", "-c", "while :; do i=$((i + 1)); echo $i >/run/count; usleep 20000; done"]

[service.deaf]
exec = ["/bin/sh", "-c", "trap '' TERM; cat /proc/self/cgroup >/run/deaf; while :; do sleep 1000; done"]
stop.grace = "1ms"

[service.asks]
exec = ["/bin/sleep", "1000"]
namespaces = ["mount", "pid", "cgroup"]
cgroup.pids.max = 9
[service.pressed]
exec = ["/bin/sh", "-c", "for i in 1 2 3 4 5 6; do (while :; do :; done) & done; wait"]
restart = "on-failure"
pressure.cpu = "some 50ms 1s"
on_pressure = "restart"
[service.frozen]
exec = ["/bin/sh", "-c", "for i in 1 2 3 4 5 6; do (while :; do :; done) & done; wait"]
pressure.cpu = "50ms"
on_pressure = "freeze"
[service.squeezed]
exec = ["/bin/sh", "/grow"]
pressure.memory = "some 50ms 1s"
on_pressure = "freeze"
[service.squeezed.cgroup]
memory.high = "4M"
memory.max = "64M"
[service.starved]
exec = ["/bin/dd", "if=/dev/nvme0n1", "of=/dev/null", "bs=65536", "skip=128"]
pressure.io = "some 50ms 1s"
cgroup.io.max = "/dev/nvme0n1 rbps=64K"

[service.dirty]
exec = ["/bin/dd", "if=/dev/zero", "of=/dev/nvme0n1", "bs=1048576", "count=24", "seek=32", "conv=notrunc"]
cgroup.io.max = "/dev/nvme0n1 wbps=64K"

[service.probe]
exec       = ["/bin/sh", "/probe"]
caps       = "all"
namespaces = []
leaf       = false
output     = "inherit"
ready      = "exit"
autostart  = true
TOML
	for way in $ways; do
		cat <<TOML
[service.cling-$way]
exec = ["/clinger", "$way"]
stop.grace = "20ms"
cgroup.pids.max = 24
namespaces = []
[service.cling-$way-apart]
exec = ["/clinger", "$way"]
stop.grace = "20ms"
cgroup.pids.max = 24
TOML
	done
	cat rootfs/examples/pinned.toml
} | vm_table || exit 1

vm_file /grow <<'SH'
x=0123456789abcdef0123456789abcdef
while :; do x=$x$x; done
SH
vm_file /eat <<'SH'
(. /grow) &
wait
exec sleep 1000
SH
{
	echo "STOPS=$STOPS ways='$ways'"
	cat <<'SH'
until_state() { minit wait --timeout 60s "$@" >/dev/null; }

minit events >/run/events &
minit start quarter
used=$(leaf quarter cpu.stat | key usage_usec) periods=$(leaf quarter cpu.stat | key nr_periods)
sleep 3
periods=$(($(leaf quarter cpu.stat | key nr_periods) - periods))
echo "quarter percent $((($(leaf quarter cpu.stat | key usage_usec) - used) / (periods * 1000)))"
minit stop quarter

minit start --no-wait hog half single
until_state hog:failed half:failed
echo "hog why $(of hog why)"
echo "hog group $(leaf hog memory.oom.group)"
echo "hog most $(leaf hog memory.peak)"
echo "half most $(leaf half memory.peak)"
echo "half why $(of half why)"
n=0; until [ "$(of single oom_kills)" = 1 ] || [ $((n += 1)) = 50 ]; do usleep 100000; done
echo "single $(of single state) $(leaf single memory.events | key oom_kill) $(leaf single memory.oom.group)"
# Its own memory.events change with each piece of a file for which there is no room.
sh -c 'echo 0 >/sys/fs/cgroup/svc.single/cgroup.procs; for i in 1 2 3; do dd if=/dev/nvme0n1 of=/dev/null bs=65536 count=400; usleep 50000; done' 2>/dev/null
[ "$(leaf single memory.events | key max)" -ge 3 ] && minit status >/dev/null && echo "once told $(grep -c '"single","notice":"oom"' /run/events)"
minit stop single

minit start --no-wait nest
n=0; until [ -e /run/nest ] || [ $((n += 1)) = 50 ]; do usleep 100000; done
nest=$(of nest pid)
MINIT_SOCKET=/run/nest until_state 'burst:starts>=40'
echo "nest $(of nest state) $(($(of nest pid) == nest))"
minit stop nest

minit start bomb flock herd
n=0; until [ "$(leaf bomb pids.current)" = 12 ] || [ $((n += 1)) = 50 ]; do usleep 100000; done
n=0; until [ "$(cat /sys/fs/cgroup/grp.pen/pids.current)" = 16 ] || [ $((n += 1)) = 50 ]; do usleep 100000; done
echo "bomb pids $(leaf bomb pids.current)"
echo "pen pids $(cat /sys/fs/cgroup/grp.pen/pids.current)"
minit set group.pen pids.max=20
n=0; until [ "$(cat /sys/fs/cgroup/grp.pen/pids.current)" = 20 ] || [ $((n += 1)) = 50 ]; do usleep 100000; done
echo "pen more $(cat /sys/fs/cgroup/grp.pen/pids.current)"
minit stop bomb flock herd
echo "pen empty $(cat /sys/fs/cgroup/grp.pen/pids.current)"
minit start lamb
minit start --no-wait pig
until_state pig:failed
echo "pig why $(of pig why)"
echo "pig most $(cat /sys/fs/cgroup/grp.trough/memory.peak)"
echo "lamb $(of lamb state)"
minit stop lamb

began=$(now); minit start fast; fast=$(($(now) - began))
began=$(now); minit start slow; slow=$(($(now) - began))
echo "slow $slow"
echo "fast faster $((fast < slow))"

minit start weighed
echo "weighed io $(leaf weighed io.weight)"
echo "weighed cpus $(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' "/proc/$(of weighed pid)/status")"
echo "weighed huge $(leaf weighed hugetlb.2MB.max)"
echo "weighed differs $(differs weighed)."
minit set weighed cpu.weight=10 memory.high=32M cpuset.cpus=0-1
echo "weighed asks $(minit status weighed | grep -c ', by minit set ') $(differs weighed)."
echo "weighed set $(leaf weighed cpu.weight) $(leaf weighed memory.high) $(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' "/proc/$(of weighed pid)/status")"

minit set weighed cpu.idle=true; minit set weighed cpu.weight=40 2>&1 | sed 's/^/weighed refused /'; minit set weighed cpu.idle=false
echo "weighed again $(leaf weighed cpu.idle) $(leaf weighed cpu.weight) $(differs weighed)."
minit set weighed cpu.weight.nice=5
echo "nicer $(leaf weighed cpu.weight.nice) $(differs weighed)."
minit set weighed cpu.idle=true; minit set weighed cpu.idle=false
echo "nicer again $(leaf weighed cpu.weight.nice) $(differs weighed)."
minit set weighed cpu.weight=40
echo "weightier $(leaf weighed cpu.weight) $(differs weighed)."

minit start pinned polite
for s in pinned polite; do
	reaper=$(of $s pid) behind=
	read -r behind <"/proc/$reaper/task/$reaper/children"
	echo "$s on $(sed -n 's/^[CM][a-z]*_allowed_list:[[:space:]]*//p' "/proc/$behind/status" | tr '\n' ' ')$(differs $s)."
done
echo "pinned leaf $(leaf pinned cpuset.cpus.effective) $(leaf pinned cpuset.mems.effective)"

echo 8 >/proc/sys/vm/nr_hugepages
minit start huge && echo "huge good"
minit start larger || echo "larger $(of larger why)"
minit set larger hugetlb.2MB.max=6M
minit start larger && echo "larger good $(leaf larger hugetlb.2MB.events)"
minit start reserving || echo "reserving $(of reserving why)"
minit set reserving hugetlb.2MB.rsvd.max=4M
minit start reserving && echo "reserving good"
echo 0 >/proc/sys/vm/nr_hugepages

minit start --no-wait early-part second-line no-misc no-rdma no-dmem no-size no-disk no-cpu no-part no-room beyond bound within
echo "early $(cat /sys/fs/cgroup/svc.early-part/cpuset.cpus.partition)"
until_state early-part:failed second-line:failed no-misc:failed no-rdma:failed no-dmem:failed no-size:failed no-disk:failed no-cpu:failed no-part:failed no-room:failed beyond:failed bound:failed within:up
minit set within cpuset.cpus=1 || echo "set refused $(cat /sys/fs/cgroup/grp.first/svc.within/cpuset.cpus)"
echo "within differs $(differs within)."
minit set within io.weight="/dev/nvme0n1 200" 2>&1 | sed 's/^/weighs /'
minit set within io.max="/dev/nvme0n1 rbps=1M"; minit set within io.max="/dev/nvme0n1 rbps=max"
echo "lifted differs $(differs within)."
minit set group.first cpuset.cpus=1
minit set group.first cpu.idle=true; minit set group.first cpu.idle=false
echo "first weighs $(cat /sys/fs/cgroup/grp.first/cpu.weight)"
echo "shrunk differs $(differs within | tr -s " " | tr "\n" ";")"

minit start closed open && echo "devices good"

minit start count; minit pause count; before=$(cat /run/count); sleep 1
echo "paused $(of count paused) stands $(($(cat /run/count) - before))"
minit resume count; n=0; until [ "$(cat /run/count)" != "$before" ] || [ $((n += 1)) = 50 ]; do usleep 100000; done
[ "$(cat /run/count)" != "$before" ] && echo "goes on"
minit stop count

# Some kernels let nobody be born where somebody was killed.
deaf_looked() { n=0; until [ -s /run/deaf ] || [ $((n += 1)) = 50 ]; do usleep 100000; done; }
minit start deaf; deaf_looked; minit stop deaf; rm /run/deaf; minit start deaf; deaf_looked
echo "deaf $(of deaf state) $(cat /run/deaf) $(cat "/proc/$(of deaf pid)/cgroup")"
minit stop deaf
# Nor is anybody told when it is not minit that killed.
minit start count; echo 1 >/sys/fs/cgroup/svc.count/cgroup.kill; until_state count:failed
minit start count; minit wait --timeout 1s --quiet count:failed || echo "struck $(of count state)"
minit stop count; echo 1 >/sys/fs/cgroup/svc.count/cgroup.kill; chmod 755 /sys/fs/cgroup/svc.count
minit start count; minit wait --timeout 1s --quiet count:failed || echo "twice $(of count state)"
minit stop count
echo 0 >/proc/sys/user/max_cgroup_namespaces
rm /run/deaf; minit start deaf && deaf_looked
echo "lacking $(of deaf state) $(cat /run/deaf)"
echo "misses $(minit status --json deaf | grep -o '"missing":.[^]]*.') $(minit status deaf | grep -c '^! namespaces.cgroup .*: a default that')"
minit stop deaf; minit start asks || echo "asks $(of asks why)"
echo 1000 >/proc/sys/user/max_cgroup_namespaces

for s in pressed frozen squeezed starved; do
	minit start --no-wait $s
	case $s in
	pressed) until_state 'pressed:starts>=3' && echo "pressed again" ;;
	starved) n=0; until grep -q '"starved","notice":"pressure.io"' /run/events || [ $((n += 1)) = 100 ]; do usleep 100000; done; echo "starved $(of starved state)" ;;
	*) n=0; until [ "$(of $s paused)" = true ] || [ $((n += 1)) = 100 ]; do usleep 100000; done; echo "$s paused $(of $s paused) $(of $s paused_by)" ;;
	esac
	case $s in
	# For as long as the kernel waits between two that it tells of, and once more.
	squeezed) usleep 2500000; echo "squeezed told $(grep -c '"squeezed","notice":"pressure' /run/events)" ;;
	esac
	minit stop --timeout 60s $s
done

# What it wrote takes minutes to its disk.
minit start dirty
n=0; until [ "$(leaf dirty memory.current)" -ge 12000000 ] || [ $((n += 1)) = 50 ]; do usleep 100000; done
began=$(now); minit set dirty memory.max=4M; minit set dirty memory.high=3M
echo "dirty for $(($(now) - began))"
echo "dirtymax $(leaf dirty memory.max) $(leaf dirty memory.high)"
minit set dirty io.max="/dev/nvme0n1 wbps=max"; minit stop dirty

n=0 left=0 apart=
while [ $n -lt "$STOPS" ]; do
	for way in $ways; do
		[ $n -lt "$STOPS" ] || break
		s=cling-$way$apart
		minit start $s
		i=0; until [ "$(pgrep -x clinger | wc -l)" -ge 4 ] || [ $((i += 1)) = 20 ]; do :; done
		minit stop --timeout 60s $s || echo "stop of $s failed"
		left=$((left + $(pgrep -x clinger | wc -l))) n=$((n + 1))
		[ "$apart" ] && apart= || apart=-apart
	done
	[ "$apart" ] && apart= || apart=-apart
done
echo "stops $n left $left"
minit poweroff
SH
} | vm_probe

truncate -s 64M "$vm_dir/disk"
vm_qemu="-smp 2 -drive file=$vm_dir/disk,format=raw,if=none,id=d -device nvme,drive=d,serial=1" \
	vm_boot quiet cgroup_disable=misc
vm_end "${VM_SECONDS:-240}"
ok $? "minit poweroff ends it"

is() {
	local is
	is=$(vm_results | sed -n "s/^$1 //p")
	[ "$is" = "$2" ]
	ok $? "$3"
	[ "$is" = "$2" ] || echo "# it is '$is', not '$2'"
}
within() {
	local n
	n=$(vm_results | sed -n "s/^$1 \([0-9]*\)$/\1/p")
	[ -n "$n" ] && [ "$n" -ge "$2" ] && [ "$n" -le "$3" ]
	ok $? "$4 (${n:-nothing}, $2 to $3)"
}
said() {
	vm_console | grep -a -q -E "minit: $1"
	ok $? "$2"
}

within 'quarter percent' 23 27 "cpu.max: 25 % of a processor, by cpu.stat"
is 'hog why' 'out of memory: killed in its leaf' "memory.max: who wants more is killed, and told why"
# Without a limit they are killed too, and told the same, but only when the machine is out of memory.
within 'hog most' 9000000 12000000 "long before the machine is out of it"
within 'half most' 9000000 12000000 "and so the one with a child"
is 'hog group' 1 "memory.oom.group is set by itself"
is 'half why' 'out of memory: killed in its leaf' "so all of the service goes with the child that wanted more"
is 'single' 'up 1 0' "with memory.oom.group = false only that goes"
said 'single: out of memory: a process of it was killed' "and it is told"
is 'once told' 1 "once, however often its leaf is at its limit later"
[ "$(vm_console | grep -a -c 'minit: burst: out of memory: killed in its leaf')" -ge 39 ]
ok $? "what is out of memory at once is killed with its reaper, 40 times, and told why"
is nest 'up 1' "and the minit that started it, of which it was, lives"
is 'bomb pids' 12 "pids.max: so many and no more"
is 'pen pids' 16 "pids.max of a group: of all in it together"
is 'pen more' 20 "it can be changed while they run"
is 'pen empty' 0 "a stop leaves none in it"
is 'pig why' 'out of memory: killed in its leaf' "memory.max of a group: who wants most is killed"
within 'pig most' 15000000 18000000 "when all in it together have as much"
is 'lamb' up "and nobody else in it"
within slow 90 6000 "io.max: 2 MiB of a disk by its path, at 1 MiB a second: hundredths of a second"
is 'fast faster' 1 "without it is faster"
is 'weighed io' 'default 50' "io.weight is what the table says"
is 'weighed cpus' 1 "cpuset.cpus: it runs on that processor alone"
is 'weighed huge' 4194304 "hugetlb: a controller that is passed on when it is wanted"
is huge good "as many huge pages as it says"
has 'larger killed by SIGBUS' "and no more"
has 'larger good max 1' "but when it is changed"
has 'reserving exit 3' "nor are more reserved"
has 'reserving good' "but when that is changed"
is 'weighed differs' . "status finds all of it as asked"
is 'weighed asks' '3 .' "what is set in place is as asked, by its source"
is 'pinned on' '0 0 .' "the example pinned.toml: one processor and one node, by its leaf"
is 'pinned leaf' '0 0' "which says so"
is 'polite on' '0 0 .' "or by what it begins with itself"
is 'weighed refused' 'minit: weighed: cpu.weight: Invalid argument: the kernel does not take this value; it takes none as long as cpu.idle is on' \
	"who is idle has no weight"
is 'weighed again' '0 10 .' "and gets again what it had when it is idle no more"
is 'nicer again' '5 .' "a nice value that is set takes the place of the weight, also behind that"
vm_results | grep -q -x 'nicer 5 \.'
ok $? "and is as asked"
is 'weightier' '40 .' "and the other way round"
is 'first weighs' 70 "a group too"
is 'weighed set' '10 33554432 0-1' "several limits are changed in one go"
why='step cgroup leaf'
said "no-misc: $why: misc.max = sev 4: .*: no controller misc: it is switched off at boot; remove cgroup_disable=misc" \
	"a controller that is switched off is told"
said "no-rdma: $why: rdma.max = mlx4_0 hca_handle=2: .*: there is no such device" "a device that there is not"
said "no-dmem: $why: dmem.max = .*: no controller dmem: this kernel is built without it" "a controller that was not built"
said "no-size: $why: hugetlb.3MB.max = 4194304: .*: this kernel has no hugetlb.3MB.max" "a file that the controller does not have"
said "no-disk: $why: io.max = .*: there is no such disk" "what is no disk"
said "no-cpu: $why: cpuset.cpus = 7: .*: /sys/fs/cgroup has 0-1 .its cpuset.cpus.effective.: ask for no other" "a processor that is not there"
held='/sys/fs/cgroup/grp.first has 0 .its cpuset.cpus.effective.: ask for no other, or give it more'
said "beyond: $why: cpuset.cpus = 0-1: Permission denied: $held" "one that its group does not have, and which group that is"
said "bound: step scheduling: cpus: Invalid argument: $held" "nor can it run there"
is 'set refused' 0 "nor is it set later"
is 'within differs' . "status finds what is in force"
has 'weighs .*io.weight: .*: io.cost is off for this disk; .*' "a weight of one disk takes io.cost, which is off"
is 'lifted differs' . "a limit of a disk that is lifted is as asked"
has 'shrunk differs .*! cpuset.cpus 0 1.*' "processors that its group lost are missed"
said "no-part: $why: cpuset.cpus.partition = root: .*: it can be none of its processors alone: " "a partition of what others have too"
said "early-part: $why: cpuset.cpus.partition = isolated: .*: it can be none of its processors alone: " "also of what others take behind it"
is 'early' member "which is a partition no more"
said "second-line: $why: io.max: .*: there is no such disk" "one of several lines is told without the first one"
said "no-room: step cgroup leaf: Resource temporarily unavailable: .* raise its cgroup.max.descendants or cgroup.max.depth" \
	"no leaf beyond the number of a group, and what helps"
is 'devices' good "devices: what is in the list can be used, as it says, and nothing else"
is 'paused' 'true stands 0' "a paused service stands still"
is 'goes' on "and goes on"
is 'struck' up "what somebody else killed by its leaf can be started again"
is 'twice' up "also when that was done while it was down, the second time"
is 'deaf' 'up 0::/ 0::/svc.deaf' "after a stop by force it runs again, and its leaf is the root of all groups"
is 'lacking' 'up 0::/svc.deaf' "where it can have no cgroup namespace it goes without, as that is the default"
is 'misses' '"missing":["cgroup namespace"] 1' "its status tells that it is missing, and why"
said 'deaf: a cgroup namespace cannot be had here, and is left out for it' "which is said"
has 'asks step clone: namespaces: No space left on device: .*' "who asks for one fails"
within 'dirty for' 0 150 "a limit of memory is set at once, whatever there is to write back first: hundredths of a second"
is 'dirtymax' '4194304 3145728' "and holds"
is 'pressed' again "pressure of the processor: restarted, and again"
is 'frozen' 'paused true pressure.cpu' "or paused"
is 'squeezed paused' 'true pressure.memory' "pressure of memory, above memory.high"
is 'squeezed told' 1 "once, though who is held back by memory.high counts as pressed on, frozen or not"
is 'starved' up "pressure of a disk: it goes on"
said 'starved: too much pressure of io' "and that is told"
is 'stops' "$STOPS left 0" "no descendant outlives a stop"
! vm_console | grep -a -E 'panic|bug: event'
ok $? "no state was one that cannot be"
[ "${TEST_SHOW:-}" = "" ] || { vm_results | sed 's/^/# /'; vm_show 80; }
echo "1..$vm_tests"
