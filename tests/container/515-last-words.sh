#!/bin/bash
# What a service says while it is stopped comes out, even when the log helper has just been killed, and is waiting for
# its next start or has not come far in it.
set -u
. tests/container/ct.sh

ct_table <<'TOML'
[service.last]
exec = ["/bin/sh", "-c", "trap 'echo last words; exit' TERM; echo begun; sleep 1000 & wait"]
output = "console"
namespaces = []
TOML

helper() {
	ps -o pid= --ppid "$(ct_pid)" | while read -r pid; do
		{ tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -q '^minit log ' && echo "$pid"
	done
}

for kills in 1 2 5 10; do
	ct_start
	ct_up
	ct_wait 10 "^last +\\| begun\$"
	killed=0
	while [ $killed -lt $kills ]; do
		pid=$(helper)
		[ -n "$pid" ] && kill -KILL "$pid" 2>/dev/null && killed=$((killed + 1))
	done
	ct_signal TERM
	ct_end 30
	is $? 0 "it ends in order when the helper was killed $kills times"
	ct_said '^last +\| last words$' "and the last words are heard"
done
echo "1..$ct_tests"
