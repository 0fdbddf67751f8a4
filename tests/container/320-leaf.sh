#!/bin/bash
# A leaf while its service runs: paused and let go on, other limits, devices, pressure, and groups of the service's own.
set -u
. tests/container/ct.sh

cat >"$ct_dir/eat" <<'SH'
x=0123456789abcdef0123456789abcdef
(while :; do x=$x$x; done) &
wait
exec sleep 1000
SH
mkfifo "$ct_dir/hold"
ct_table <<TOML
[service.count]
exec = ["/bin/sh", "-c", "while :; do i=\$((i + 1)); echo \$i >$ct_dir/count; sleep 0.02; done"]
stop.grace = "20s"

[service.stubborn]
exec = ["/bin/sh", "-c", "trap : TERM; until [ -e $ct_dir/go ]; do sleep 0.02; done"]
stop.grace = "600s"

[service.spin]
exec = ["/bin/sh", "-c", "while :; do :; done"]

[service.half]
exec = ["/bin/sh", "$ct_dir/eat"]
restart = "never"
[service.half.cgroup]
memory.max = "16M"

[service.single]
autostart = false
exec = ["/bin/sh", "$ct_dir/eat"]
restart = "never"
[service.single.cgroup]
memory.max = "16M"
memory.oom.group = false

[service.by-hand]
exec = ["/bin/sh", "$ct_dir/eat"]
restart = "never"
autostart = false
cgroup.memory.max = "16M"

[service.closed]
exec = ["/bin/sh", "-c", "echo good >/dev/null || exit 4; (: </dev/kmsg) 2>/dev/null && exit 5; exit 0"]
ready = "exit"
restart = "never"
devices = []
caps = "all"

[service.open]
exec = ["/bin/sh", "-c", "[ ! -e /dev/kmsg ] || (: </dev/kmsg) || exit 5"]
ready = "exit"
restart = "never"
devices = ["/dev/zero", "char-mem:r"]
caps = "all"

[service.lacks]
exec = ["/bin/sleep", "1000"]
devices = ["/dev/there-is-no-such"]

[service.driver]
exec = ["/bin/sleep", "1000"]
devices = ["char-no-such"]

[service.deaf]
exec = ["/bin/sh", "-c", "trap '' TERM; cat /proc/self/cgroup >>$ct_dir/groups; echo >>$ct_dir/groups; while :; do sleep 1000; done"]
stop.grace = "1ms"
cgroup.pids.max = 9

[defaults]
backoff.first = "50ms"

[service.pressed]
autostart = false
exec = ["/bin/sh", "-c", "for i in 1 2 3 4 5 6 7 8; do (while :; do :; done) & done; wait"]
pressure.cpu = "some 50ms 2s"
on_pressure = "restart"

[service.frozen]
autostart = false
exec = ["/bin/sh", "-c", "for i in 1 2 3 4 5 6 7 8; do (while :; do :; done) & done; wait"]
pressure = { cpu = "50ms" }
on_pressure = "freeze"

# Wanted down, and held until who needs them has gone.
[service.leaves]
autostart = false
exec = ["/bin/sh", "-c", "for i in 1 2 3 4; do (while :; do :; done) & done; wait"]
pressure.cpu = "some 50ms 2s"
on_pressure = "restart"
[service.leaves-too]
autostart = false
exec = ["/bin/sh", "-c", "for i in 1 2 3 4; do (while :; do :; done) & done; wait"]
pressure.cpu = "some 50ms 2s"
on_pressure = "freeze"
[service.holds]
autostart = false
exec = ["/bin/sh", "-c", "trap 'read -r x <$ct_dir/hold; exit 0' TERM; while :; do sleep 0.1; done"]
needs = ["leaves", "leaves-too"]

[service.bare]
exec = ["/bin/sleep", "1000"]
leaf = false

[group.team.cgroup]
pids.max = 9
[service.mate]
exec = ["/bin/sleep", "1000"]
in_group = "team"
[service.bomb]
exec = ["$TREE/usr/lib/demo/bomb"]
in_group = "team"
needs = ["mate"] # else it may leave that one no room to start
TOML
ct_start
ct_up && ct_events
ct_is "all run" count:up spin:up stubborn:up

ct_mark
ct_minit pause count
ok $? "a service is paused"
before=$(cat "$ct_dir/count")
is "$(ct_field count paused) $(ct_field count state) $(ct_field count why)" "true up paused by hand" "that is told, and it is up"
is "$(ct_field count paused_by) $(ct_minit status | awk '$1 == "count"' | sed 's/.*  //')" "hand paused by hand" "and by whom"
is "$(ct_minit why count | sed 's/ for [^:]*:/:/' | tr '\n' ';')" 'count: up: paused by hand;  to let it go on: `minit resume count`;' "with what lets it go on"
ct_changes | grep -q '"service":"count","notice":"pause"'
ok $? "as an event too"
for i in 1 2 3 4 5; do ct_minit status >/dev/null; sleep 0.02; done
is "$(cat "$ct_dir/count")" "$before" "it stands still"
ct_minit resume count
for i in $(seq 1000); do [ "$(cat "$ct_dir/count")" = "$before" ] || break; ct_pause; done
[ "$(cat "$ct_dir/count")" != "$before" ]
ok $? "and goes on when it is let"
ct_minit pause count
ct_minit stop count
ok $? "one that is paused can be stopped by its signal"
is "$(ct_field count why)" stopped "without force"
ct_minit pause count 2>"$ct_dir/why"
is "$? $(cat "$ct_dir/why")" "1 minit: count: cannot be paused: it does not run; start it first" "what does not run cannot be paused"
ct_minit start count
ct_minit stop --no-wait stubborn
ct_is "one that does not go is stopping" stubborn:stopping
ct_minit pause stubborn 2>"$ct_dir/why"
is "$? $(cat "$ct_dir/why")" "1 minit: stubborn: cannot be paused: it is stopping, and frozen it could not end; start it again first" \
	"who is about to leave is not held up"
touch "$ct_dir/go"
ct_is "and does" stubborn:down
ct_minit pause count && ct_minit restart count
ok $? "and started again"
is "$(ct_field count state) $(ct_field count paused)" "up " "to run, not to stand"
ct_minit pause bare 2>"$ct_dir/why"
is "$? $(cat "$ct_dir/why")" "1 minit: bare: cannot be paused: it has no cgroup leaf; leaf = true gives it one where there are cgroups" \
	"without a leaf it cannot be, and how it can"

ct_minit pause count bare 2>"$ct_dir/why"
is "$? $(ct_field count paused)" "1 " "of several none is paused where one cannot be"
ct_minit pause count && ct_minit resume count bare 2>"$ct_dir/why"
is "$? $(cat "$ct_dir/why") $(ct_field count paused)" "1 minit: bare: cannot be resumed: it has no cgroup leaf; leaf = true gives it one where there are cgroups true" \
	"nor let go on"
ct_minit resume count

# Where a leaf was killed, some kernels let nobody be born.
ct_looked() {
	[ "$(grep -c '^$' "$ct_dir/groups")" = "$1" ]
}
ct_until 10 ct_looked 1 && ct_minit restart deaf && ct_until 10 ct_looked 2
ok $? "one that does not stop runs again"
is "$(grep -v -E ':/$|^$' "$ct_dir/groups")" "" "it sees its leaf as the root of all groups, also after the leaf was killed"

ct_minit set spin cpu.max=10% pids.max=7 memory.max=32M
ok $? "limits are changed in place"
is "$(ct_field spin memory_max) $(ct_field spin pids)" "$((32 << 20)) 2" "its processes are under them, the reaper too"
ct_cpu() {
	ct_field spin cpu_us
}
before=$(ct_cpu) began=$(date +%s%N)
ct_burnt() {
	[ "$(ct_cpu)" -ge $((before + 50000)) ]
}
ct_until 30 ct_burnt
burnt=$?
elapsed=$((($(date +%s%N) - began) / 1000000))
[ $burnt = 0 ] && [ $elapsed -ge 250 ]
ok $? "and kept to them: 50 ms of a processor took $elapsed ms"
ct_minit set spin memory.mxa=1 2>"$ct_dir/why"
is "$? $(cat "$ct_dir/why")" '2 minit: memory.mxa: no file of a limit; did you mean "memory.max"?' "a wrong file is told"
ct_minit set spin cpu.max=fast 2>"$ct_dir/why"
is "$?" 2 "and a wrong value"
ct_minit set spin memory.unheard_of=1 2>"$ct_dir/why"
is "$?" 1 "what only minit can know is told by it"
grep -q '^minit: spin: memory.unheard_of: ' "$ct_dir/why"
ok $? "with the reason"

ct_minit set spin memory.max=16M cpu.max=fast memory.mxa=1 2>"$ct_dir/why"
is "$? $(grep -c '^minit: ' "$ct_dir/why") $(ct_field spin memory_max)" "2 2 $((32 << 20))" "of several all that is wrong is told, and none is changed"
ct_bombs() {
	ct_in ps -e -o comm= | grep -c -x bomb
}
# Until there are so many; the other of the group, and both reapers, are three.
ct_bombs_are() {
	local i
	for i in $(seq 1000); do [ "$(ct_bombs)" -lt "$1" ] || break; ct_pause; done
	is "$(ct_bombs)" "$1" "$2"
}
ct_bombs_are 6 "a group is held to its limit"
ct_minit set group.team pids.max=12 cpu.max=20%
ok $? "which is changed in place"
ct_bombs_are 9 "for all that are in it together"
ct_leaf=$(sed -n -E 's/^[0-9]+:(cpu|cpu,cpuacct|cpuacct,cpu)://p' "/proc/$(ct_outer mate)/cgroup")
[ -n "$ct_leaf" ] || ct_leaf=$(sed -n 's/^0:://p' "/proc/$(ct_outer mate)/cgroup")
is "${ct_leaf#*/minit[.-]*/}" grp.team/svc.mate "also where the group had no limit before"
ct_minit set group.team cpu.max=fast 2>"$ct_dir/why"
is "$?" 2 "a wrong value is told"
ct_minit set group.tema pids.max=9 2>"$ct_dir/why"
is "$? $(cat "$ct_dir/why")" '2 minit: group.tema: no such group; did you mean "group.team"?' "and a wrong name"
for told in "cgroup.freeze=1:cgroup.freeze: this file is minit's own to write; see minit pause" \
	"cgroup.procs=0:cgroup.procs: this file is minit's own to write" \
	'memory.pressure=some 1 1:memory.pressure: this is no limit; see the keys pressure and on_pressure' \
	'memory.reclaim=1M:memory.reclaim: this is no limit, but done once; write it into the leaf by hand' \
	'=64M:"=64M" is not FILE=VALUE, such as memory.max=128M' \
	"$(printf %0100d 0).max=1:\"$(printf %0100d 0).max=1\" is not FILE=VALUE, such as memory.max=128M"; do
	is "$(ct_minit set spin "${told%%:*}" 2>&1; echo $?)" "minit: ${told#*:}
2" "${told%%=*} is told"
done
is "$(ct_minit set team pids.max=9 2>&1)" 'minit: team: no such service; did you mean "group.team"?' "a group by its bare name"
is "$(ct_minit set service.spin pids.max=9 2>&1)" 'minit: service.spin: no such service; did you mean "spin"?' "and a service by its section's"
ct_minit stop bomb

ct_mark
ct_minit start --no-wait single
ct_is "a service is killed as a whole when one process of it is out of memory" half:failed
is "$(ct_field half why)" "out of memory: killed in its leaf" "and why is told"
ct_wait 10 'single: out of memory: a process of it was killed'
ok $? "one that is not to die as a whole is told of"
ct_changes | grep -q '"service":"single","notice":"oom"'
ok $? "as an event too"
is "$(ct_field single state)" up "and lives"
is "$(ct_minit status single | tr -s ' ' | grep oom.group)" " memory.oom.group 0 0" "as asked"
ct_minit start --no-wait by-hand
ct_is "it is so too of one that has been told so" by-hand:failed
ct_minit set by-hand memory.oom.group=0
ct_minit start --no-wait by-hand
ct_wait 10 'by-hand: out of memory: a process of it was killed'
ok $? "by hand"
is "$(ct_field by-hand state)" up "and lives"

if [ -e /proc/pressure/cpu ] && : </proc/pressure/cpu && [ -n "$(find /sys/fs/cgroup -maxdepth 2 -name cgroup.controllers)" ]; then
	ct_minit start --no-wait pressed
	ct_is "too much pressure restarts who wants that, and each time" "pressed:starts>=3"
	ct_said '^minit: pressed: too much pressure of cpu; restarted$' "and is told"
	ct_is "and counted" "pressed:restarts>=2"
	ct_minit stop pressed >/dev/null
	ct_minit start --no-wait frozen
	ct_wait 20 '^minit: frozen: too much pressure of cpu; paused'
	ok $? "or pauses it"
	is "$(ct_field frozen paused) $(ct_field frozen starts)" "true 1" "until it is let go on"
	is "$(ct_field frozen paused_by),$(ct_field frozen why)" "pressure.cpu,paused for too much pressure of cpu" "with the reason in its status"
	ct_changes | grep '"service":"frozen","notice":"pressure.cpu"' | head -n 1 | grep -q '"paused":true'
	ok $? "as events too, by the first of which it is paused already"
	ct_minit stop pressed frozen >/dev/null
	ct_minit start holds >/dev/null
	ct_mark
	ct_minit stop --no-wait leaves leaves-too
	ct_until 20 eval 'ct_changes | grep -q "\"leaves\",\"notice\":\"pressure.cpu\""' &&
		ct_until 20 eval 'ct_changes | grep -q "\"leaves-too\",\"notice\":\"pressure.cpu\""'
	ok $? "it is told of who is to leave and is held, too"
	is "$(ct_field leaves want) $(ct_field leaves-too want) $(ct_field leaves-too paused)" "down down " "who leaves all the same"
	echo >"$ct_dir/hold"
	ct_is "without being started again or paused" leaves:down leaves-too:down leaves:starts=1
else
	ct_minit start --no-wait pressed frozen
	ct_is "pressure that nobody measures fails who asks for it" pressed:failed frozen:failed
	ct_said '^minit: pressed: step cgroup leaf: pressure.cpu: .*(psi=1|boot with cgroup v2)' "with what to do"
	is "$(ct_minit why pressed | grep -c -E 'pressure.cpu: .*(psi=1|boot with cgroup v2)')" 1 "which status tells too"
fi
ct_minit stop --timeout 20s pressed frozen >/dev/null

ct_is "devices: what every service may use can be used, others cannot" closed:done
ct_is "what is in the list can be" open:done
ct_is "one that is not there fails the service" lacks:failed
ct_said 'lacks: step cgroup leaf: devices: /dev/there-is-no-such: No such file or directory: make the device, or load its module, or correct devices' "with its name"
ct_is "also a driver" driver:failed
is "$(ct_minit why driver | grep -c 'devices: char-no-such: No such file or directory: /proc/devices has no such driver: load its module, or correct devices')" 1 \
	"which status tells too"
leaf=$(ct_leaf spin)
ct_stop "it ends in order"
is "${leaf:+had one}$(ct_leaf spin)" "had one" "and leaves no leaf"
echo "1..$ct_tests"
