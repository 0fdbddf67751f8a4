#!/bin/bash
# Another table in the place of the one that runs: what is different changes, and nothing else notices.
set -u
. tests/container/ct.sh

first() {
	ct_table <<TOML
[service.steady]
exec = ["/bin/sleep", "1000"]
[service.leafy]
exec = ["/bin/sleep", "1000"]
cgroup.memory.max = "64M"
cgroup.pids.max = 20
[service.gone]
exec = ["/bin/sleep", "1000"]
[service.other]
exec = ["/bin/sleep", "1000"]
[service.needy]
exec = ["/bin/sleep", "1000"]
needs = ["other"]
[service.idle]
exec = ["/bin/sleep", "1000"]
autostart = false
[service.wrong]
exec = ["/bin/false"]
restart = "never"
[service.again]
exec = ["/bin/false"]
backoff.first = "1h"
backoff.max = "1h"
TOML
}
second() {
	ct_table <<TOML
[service.new]
exec = ["/bin/sleep", "1000"]
needs = ["steady"]
cgroup.memory.max = "64M"
pressure.memory = "some 150ms 2s"
on_pressure = "restart"
[service.later]
exec = ["/bin/sleep", "1000"]
autostart = false
[service.needy]
exec = ["/bin/sleep", "1000"]
needs = ["other"]
[service.other]
exec = ["/bin/sleep", "2000"]
[service.leafy]
exec = ["/bin/sleep", "1000"]
cgroup.memory.max = "128M"
cgroup.pids.max = 20
cgroup.cpu.max = "50%"
[service.steady]
exec = ["/bin/sleep", "1000"]
description = "runs on"
stop.grace = "3s"
[service.idle]
exec = ["/bin/sleep", "1000"]
autostart = false
[service.wrong]
exec = ["/bin/true"]
ready = "exit"
restart = "never"
[service.again]
exec = ["/bin/sleep", "1000"]
backoff.first = "1h"
backoff.max = "1h"
TOML
}
pids() {
	local name
	for name; do ct_field "$name" pid; done | tr '\n' ' '
}

first
ct_start
ct_up
ct_is "it runs" steady:up leafy:up gone:up other:up needy:up wrong:failed again:backoff
ct_minit set leafy pids.max=30
before=$(pids steady leafy)
other=$(ct_field other pid)
leaf=$(ct_leaf gone)
ct_minit reload >"$ct_dir/said"
is $?:"$(cat "$ct_dir/said")" "0:nothing is different" "the same table again: nothing"
is "$(ct_field '' reexecs)" 0 "is done"

second
cat >"$ct_dir/expected" <<TXT
steady: taken note of: description, stop.grace
leafy: changed while it runs: memory.max, cpu.max
gone: it is gone: stopped
other: restarted: exec
needy: restarted, as it needs: other
wrong: restarted: exec, ready
again: restarted: exec
new: it is new: started
later: it is new: waits for minit start
TXT
ct_minit reload --plan >"$ct_dir/said"
is $? 0 "the plan"
is "$(sort "$ct_dir/said")" "$(sort "$ct_dir/expected")" "says what would become of each"
is "$(pids steady leafy other)" "$before$other " "and nothing of it is done"
ct_events
ct_mark
socket=/proc/$(ct_pid)/root/run/minit/control
MINIT_SOCKET=$socket "$MINIT" wait 'gone:restarts>=1' >"$ct_dir/restarts" 2>&1 &
never=$!
MINIT_SOCKET=$socket "$MINIT" wait new:up gone:down >"$ct_dir/unknown" 2>&1
is $? 2 "who is not there yet is not known"
MINIT_SOCKET=$socket "$MINIT" wait gone:down >"$ct_dir/down" 2>&1 &
down=$!
soon_listen() {
	[ "$(ls -l "/proc/$(ct_pid)/fd" | grep -c socket:)" -ge 5 ]
}
ct_until 10 soon_listen
ct_minit reload >"$ct_dir/said"
is $? 0 "minit reload"
is "$(sort "$ct_dir/said")" "$(sort "$ct_dir/expected")" "says the same"
ct_is "the new one is started" new:up
ct_is "what changed, and what needs it, is up again" other:up needy:up
ct_is "what had failed, or waits after a failure, is tried again as it is now" wrong:done again:up
is "$(pids steady leafy)" "$before" "who is not touched runs on"
is "$(ct_field steady starts),$(ct_field leafy starts)" 1,1 "as they were started"
[ "$(ct_field other pid)" != "$other" ]
ok $? "another process"
is "$(tr '\0' ' ' <"/proc/$(cat "/proc/$(ct_outer other)/task/"*/children | tr -d ' ')/cmdline")" "/bin/sleep 2000 " "of the new command"
is "$(ct_field idle state),$(ct_field later state)" down,down "who waits for its start goes on to"
ct_minit status gone >"$ct_dir/status" 2>&1
is $? 2 "the one that is gone is not known any more"
[ -n "$leaf" ] && ! ls -d $leaf >/dev/null 2>&1
ok $? "and its leaf is not there"
wait $never
is "$?:$(cat "$ct_dir/restarts")" "3:minit: gone:restarts>=1: gone: it is gone (the table has it no more), and will not get there" "who waits for what is gone is told"
wait $down
is $? 0 "and who waits for its end has it"
ct_heard
grep -c '"reload":true' "$ct_dir/events" >"$ct_dir/count"
is "$(cat "$ct_dir/count")" 1 "who listens is told that the table is another"
ct_minit status leafy >"$ct_dir/status"
grep -q 'memory.max *134217728 *134217728$' "$ct_dir/status" && grep -q 'cpu.max *50000 100000 *50000 100000$' "$ct_dir/status"
ok $? "limits are those of the new table while it runs"
grep -q 'pids.max .*30' "$ct_dir/status"
ok $? "and what was set by hand, of which that says nothing new"
ct_not_said 'pressure|memory.max' "what is watched of a new leaf is watched once that is there"
ct_stop "it ends in order"
echo "1..$ct_tests"
