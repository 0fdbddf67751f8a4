#!/bin/bash
# How a container ends: when it is told to, with its main service, with the last of its tasks; and with which status.
set -u
. tests/container/ct.sh

ends() {
	ct_end 30
	is $? "$1" "$2"
}

loop='while :; do sleep 0.05; done'

# -- told to ---------------------------------------------------------------------------------------------------------

ct_table <<TOML
[service.db]
exec = ["/bin/sh", "-c", "trap 'echo db ends; exit 0' TERM; $loop"]
[service.web]
exec = ["/bin/sh", "-c", "trap 'echo web ends; exit 0' TERM; echo web is up; $loop"]
needs = ["db"]
TOML
for signal in TERM INT QUIT PWR RTMIN+3; do
	ct_start
	ct_wait 10 'web is up'
	ct_signal $signal
	ends 0 "SIG$signal ends it in order, with success"
done
is "$(grep -a ends "$ct_dir/out" | tr '\n' ,)" 'web ends,db ends,' "what needs another one stops before it"
ct_said '^minit: SIGRTMIN\+3: stopping$' "it says why it ends"
ct_said '^minit: stopped in [0-9]+\.[0-9][0-9] s: 2 services, 0 killed$' "and how that went"

ct_table <<TOML
[service.deaf]
exec = ["/bin/sh", "-c", "trap '' TERM; echo up; $loop"]
stop = { grace = "1h" }
TOML
ct_start
ct_wait 10 '^up'
ct_signal TERM
ct_wait 10 'stopping 1 service'
ct_signal TERM
ends 0 "a second SIGTERM waits for nobody"
ct_said 'stopped in 0.* 1 killed' "and is told"

ct_table <<TOML
[service.leaver]
exec = ["/bin/sh", "-c", "setsid sh -c 'trap \"echo asked; exit\" TERM; echo up; $loop' & setsid sh -c 'trap \"\" TERM; echo up; $loop' & sleep 1000"]
namespaces = []
leaf = false
TOML
ct_start
ct_wait 10 '^up' && until [ "$(grep -c '^up' "$ct_dir/out")" = 2 ]; do ct_pause; done
ct_signal TERM
ends 0 "processes of no service do not keep it"
is "$(grep -c '^asked' "$ct_dir/out")" 1 "they are asked to end"
ct_said '^minit: processes of no service are left: killed' "and killed when they do not listen"

# -- the main service ------------------------------------------------------------------------------------------------

# main STATUS TEXT SCRIPT
main() {
	ct_table <<-TOML
		[system]
		main = "web"
		[service.web]
		exec = ["/bin/sh", "-c", "$3"]
		[service.other]
		exec = ["/bin/sh", "-c", "trap 'exit 9' TERM; $loop"]
	TOML
	ct_start
	ends "$1" "$2"
}
main 0 "main's success is the container's" 'exit 0'
main 7 "main's exit code is the container's" 'exit 7'
main 137 "main's death by a signal is 128 and the signal" 'kill -KILL $$'
ct_said '^minit: web: the main service has ended$' "the end says that it was main's"

ct_table <<TOML
[system]
main = "web"
[service.web]
exec = ["/bin/sh", "-c", "echo run; exit 3"]
restart = "on-failure"
backoff = { first = "10ms", give_up = 3 }
TOML
ct_start
ends 3 "a main that is to be restarted ends the container when it is given up"
is "$(grep -c '^run$' "$ct_dir/out")" 3 "and not before"

ct_table <<TOML
[system]
main = "web"
[service.web]
exec = ["/no/such/program"]
TOML
ct_start
ends 127 "a main that is not there is 127, as in a shell"

ct_table <<TOML
[system]
main = "web"
[service.web]
exec = ["/bin/sh", "-c", "echo up; exec sleep 1000"]
TOML
ct_start
ct_wait 10 '^up'
ct_signal TERM
ends 143 "a main that dies of the SIGTERM passed on is 143"

ct_start
ct_wait 10 '^up'
ct_in "$MINIT" stop web >/dev/null
ct_in "$MINIT" start web >/dev/null
ct_in "$MINIT" poweroff >/dev/null
ends 143 "a main that was stopped by its user does not end it"

# -- tasks -----------------------------------------------------------------------------------------------------------

ct_table <<TOML
[service.first]
exec = ["/bin/sh", "-c", "exit 0"]
ready = "exit"
[service.then]
exec = ["/bin/sh", "-c", "echo done"]
ready = "exit"
needs = ["first"]
TOML
ct_start
ends 0 "with only tasks it leaves when they are done"
ct_said '^minit: all tasks are done$' "and says so"
ct_said '^done$' "not before the last"

ct_table <<TOML
[service.first]
exec = ["/bin/sh", "-c", "exit 3"]
restart = "never"
ready = "exit"
[service.then]
exec = ["/bin/true"]
ready = "exit"
needs = ["first"]
TOML
ct_start
ends 1 "a task that fails is a failure of the whole, and of those that wait for it"

ct_table <<TOML
[service.once]
exec = ["/bin/true"]
[service.task]
exec = ["/bin/true"]
ready = "exit"
TOML
ct_start
ct_up
ct_in "$MINIT" wait once:done task:done
ct_in "$MINIT" status >/dev/null
ok $? "without a main service it stays"
ct_signal TERM
ends 0 "until it is told to go"

# -- not begun -------------------------------------------------------------------------------------------------------

ct_table <<TOML
[service.web]
exce = ["/bin/true"]
needs = ["bd"]
TOML
ct_start
ends 78 "a wrong table ends it with 78"
ct_said 'table.toml:2:1: .*exce' "the errors say where"
ct_said 'table.toml:3:10: .*bd' "all of them"

# -- what is left behind ----------------------------------------------------------------------------------------------

ct_table <<TOML
[service.web]
exec = ["/bin/sh", "-c", "echo up; $loop"]
TOML
ct_start
ct_wait 10 '^up'
# By device and inode as well: the number of the namespace is that of another test's as soon as this one has left.
space=$(stat -Lc %i "/proc/$(ct_pid)/ns/pid")
leaves() {
	find /sys/fs/cgroup -type d -name "minit.$space.1" -printf '%D:%i %p\n' 2>/dev/null
}
leaves >"$ct_dir/leaves"
[ -s "$ct_dir/leaves" ]
ok $? "there are leaves while it runs"
ct_signal TERM
ct_end 30
is "$(leaves | grep -F -x -f "$ct_dir/leaves")" '' "and none when it has left"
echo "1..$ct_tests"
