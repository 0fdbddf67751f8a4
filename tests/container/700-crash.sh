#!/bin/bash
# PID 1 gets a hundred fatal signals at random moments while services run, crash, are restarted, write and leave orphans:
# no service is restarted or doubled by it, no death is missed, no line lost.
set -u
. tests/container/ct.sh

lines=3000

# A program of its own: shells would take most of the time of this test.
musl-gcc -static -Os -Wall -Wextra -D_GNU_SOURCE -o "$ct_dir/flap" tests/tools/flap.c || exit 1
cat >"$ct_dir/writer" <<SH
i=0
while [ \$i -lt $lines ]; do echo "\$1 \$i"; i=\$((i + 1)); [ \$((i % 20)) != 0 ] || sleep 0.02; done
exec sleep 1000
SH

echo 'not a variable' >"$ct_dir/bad.env"
flaps='1 2 3 4'
ct_table <<TOML
[defaults]
backoff = { first = "5ms", max = "20ms" }
stop = { grace = "2s" }

[service.db]
exec = ["/bin/sleep", "1001"]
[service.web]
exec = ["/bin/sleep", "1002"]
needs = ["db"]
[service.bare]
exec = ["/bin/sleep", "1003"]
namespaces = []
leaf = false
[service.task]
exec = ["/bin/sh", "-c", "echo task runs"]
ready = "exit"
[service.writer]
exec = ["/bin/sh", "$ct_dir/writer", "writer"]
output = "console"
[service.filer]
exec = ["/bin/sh", "$ct_dir/writer", "filer"]
output = { file = "$ct_dir/filer.log" }
[service.stray]
exec = ["/bin/sh", "-c", "while :; do (setsid sleep 0.01 &); sleep 0.05; done"]
namespaces = []
[service.late]
exec = ["/bin/sh", "-c", "echo late speaks"]
output = "console"
autostart = false
[service.slow]
exec = ["/bin/sleep", "1004"]
autostart = false
env_file = "-/no/such/file" # so it has memory of its own
[service.slowbad]
exec = ["/bin/sleep", "1005"]
autostart = false
env_file = "$ct_dir/bad.env"
[service.shared]
exec = ["/bin/sleep", "1006"] # it shares minit's memory, which an execution in place leaves behind
autostart = false
namespaces = []
$(for i in $flaps; do printf '[service.flap%d]\nexec = ["%s/flap", "%s/%d"]\n' "$i" "$ct_dir" "$ct_dir" "$i"; done)
[service.flap1.cgroup]
pids.max = 20
TOML

same() {
	for name in db web bare writer filer stray; do echo "$name $(ct_field $name pid) $(ct_field $name starts)"; done
}

# crash COUNT SIGNAL...: so many of them, each at a random moment within 20 ms.
crash() {
	local i count=$1 pid moment
	shift
	pid=$(ct_pid)
	for ((i = 0; i < count; i++)); do
		printf -v moment '0.%03d' $((RANDOM % 20))
		sleep "$moment"
		eval "kill -\${$((RANDOM % $# + 1))} $pid" || return 1
	done
}

ct_start
ct_up && ct_events
ct_is "it runs" db:up web:up bare:up writer:up filer:up task:done 'flap1:starts>=3'
for name in slow slowbad shared; do ct_freeze $name 1; done
ct_minit start --no-wait slow slowbad shared
same >"$ct_dir/before"
helper() {
	ct_in ps -e -o pid=,args= | awk '$2 == "minit" && $3 == "log" { print $1 }'
}
for i in 1 2 3 4 5 6 7 8 9 10; do
	crash 10 SEGV || break
	ct_in kill -KILL "$(helper)"
done
ok $? "PID 1 lives through a hundred SIGSEGV, and its log helper dies ten times"
is "$(ct_field slow state),$(ct_field slowbad state),$(ct_field shared state)" starting,starting,starting \
	"a start that was going on goes on"
for name in slow slowbad shared; do ct_freeze $name 0; done
ct_is "and its outcome is heard of, good and bad" shared:up shared:starts=1 slow:up slow:starts=1 slowbad:failed slowbad:starts=1
is "$(ct_field slowbad why)" "step environment: line 1 of $ct_dir/bad.env: Invalid argument: a line is NAME=value, or a # comment" "with its reason"
ct_is "services that crash go on being restarted" "flap1:starts>=$(($(ct_field flap1 starts) + 3))" \
	"flap2:starts>=$(($(ct_field flap2 starts) + 3))" "flap3:starts>=$(($(ct_field flap3 starts) + 3))" \
	"flap4:starts>=$(($(ct_field flap4 starts) + 3))"
ct_minit start late >/dev/null
ct_wait 10 '^late +\| late speaks$'
ok $? "a service that is started afterwards is heard"
crashes=$(ct_field '' crashes)
[ "$crashes" -ge 90 ]
ok $? "they were fatal: $crashes were survived by executing in place"
same >"$ct_dir/after"
cmp -s "$ct_dir/before" "$ct_dir/after"
ok $? "no service was restarted"
diff "$ct_dir/before" "$ct_dir/after" | sed 's/^/# /'
is "$(ct_in ps -e -o args= | grep -c -x 'sleep 100[1-3]\|/bin/sleep 100[1-3]')" 3 "nor doubled"
is "$(grep -a -c '^task runs$' "$ct_dir/out")" 1 "nor a task run again"
ct_not_said DOUBLED "nor was one that is restarted all the time ever there twice"

for signal in BUS ILL FPE ABRT SYS TRAP; do
	seen=$(ct_field '' crashes)
	crash 1 $signal
	ct_is "SIG$signal is survived" "flap1:starts>=$(($(ct_field flap1 starts) + 1))"
	is "$(ct_field '' crashes)" $((seen + 1)) "and counted"
done
seen=$(ct_field '' reexecs)
for i in 1 2 3 4 5; do ct_minit reexec || break; done
ok $? "minit reexec does the same when asked"
is "$(ct_field '' reexecs)" $((seen + 5)) "and is counted"
same >"$ct_dir/after"
cmp -s "$ct_dir/before" "$ct_dir/after"
ok $? "still no service was restarted"

kill -0 "$ct_listener"
ok $? "who listened to its events still does"
seen=$(ct_field flap1 starts)
ct_heard
heard=$(sed -n 's/.*"service":"flap1".*"starts":\([0-9]*\).*/\1/p' "$ct_dir/events" | tail -n 1)
[ "$heard" -ge $((seen - 1)) ] # it may have been asked between the start and the event that tells of it
ok $? "and has heard the last of them"

killed=$(ct_field db pid)
kill -KILL "$(ps -e -o pid=,args= | awk '$2 == "/bin/sleep" && $3 == 1001 { print $1 }' | while read -r p; do
	[ "$(readlink "/proc/$p/ns/net")" != "$(readlink "/proc/$(ct_pid)/ns/net")" ] || echo "$p"; done)"
ct_is "a death after all that is heard of" 'db:restarts>=1' db:up
[ "$(ct_field db pid)" != "$killed" ]
ok $? "and the service begins anew"
for i in $flaps; do ct_minit stop --no-wait flap$i; done
ct_minit stop stray >/dev/null
ct_is "services can be stopped" flap1:down flap2:down flap3:down flap4:down
for i in 1 2 3 4 5 6 7 8 9 10; do
	zombies=$(ct_in ps -e -o stat= | grep -c Z)
	[ "$zombies" != 0 ] || break
	sleep 0.1
done
is "$zombies" 0 "no zombie is left"

timeout 60 tail -n +1 -s 0.05 -f "$ct_dir/filer.log" | grep -q -m 1 "^filer $((lines - 1))\$"
ct_wait 60 "writer +\\| writer $((lines - 1))"
in_order() {
	grep -a -E "^([a-z0-9-]+ +\| )?$2 [0-9]+\$" "$1" | awk -v most=$lines '
		$NF > next_one { print "# line " next_one " is missing, there is " $NF; exit 1 }
		{ next_one += $NF == next_one } # a helper that was killed may have said a line already
		END { if (next_one != most) { print "# the last is " next_one; exit 1 } }'
	ok $? "no line of $2 was lost, and their order is kept"
}
in_order "$ct_dir/out" writer
in_order "$ct_dir/filer.log" filer

# -- while it stops -----------------------------------------------------------------------------------------------

ct_signal TERM
while kill -SEGV "$(ct_pid)" 2>/dev/null; do sleep 0.005; done
ct_end 30
is $? 0 "it stops in order under fire"
is "$(grep -a -c 'stopped in' "$ct_dir/out")" 1 "once"
echo "1..$ct_tests"
