#!/bin/bash
# What becomes of a service whose program has ended: restart, backoff, give up, done.
set -u
. tests/container/ct.sh

ct_table <<TOML
[defaults]
namespaces = []
backoff = { first = "20ms", max = "80ms", jitter = "0%", stable = "10s" }

[service.always]
exec = ["/bin/true"]
restart = "always"
[service.success]
exec = ["/bin/true"]
[service.failure]
exec = ["/bin/false"]
[service.never]
exec = ["/bin/false"]
restart = "never"
[service.killed]
exec = ["/bin/sh", "-c", "kill -KILL \$\$"]
[service.held]
exec = ["/bin/sleep", "1000"]
namespaces = ["pid"]
[service.within]
exec = ["/bin/sh", "-c", "kill -KILL \$\$"]
join = { service = "held", namespaces = ["pid"] }
backoff = { first = "1h" }
[service.limited]
exec = ["/bin/sh", "-c", "exit 4"]
backoff = { give_up = 3 }
[service.task]
exec = ["/bin/true"]
ready = "exit"
restart = "always"
[service.missing]
exec = ["/no/such/program"]
restart = "always"
[service.lazy]
exec = ["/bin/sleep", "1000"]
autostart = false
[service.stable]
exec = ["/bin/sh", "-c", "sleep 0.2; exit 1"]
backoff = { first = "1h", stable = "100ms" }
[service.steady]
exec = ["/bin/sleep", "1000"]
restart = "never"
TOML
ct_start
ct_up && ct_events
ct_is "success is done" success:done task:done
ct_is "a failure that is never restarted is given up" never:failed
ct_is "failures are restarted, and always whatever ends" 'failure:restarts>=4' 'always:restarts>=4' 'killed:restarts>=2'
ct_is "three failures are enough when the table says so" limited:failed limited:failures=3 limited:restarts=2
ct_is "a program that is not there is not tried again" missing:failed missing:starts=1
ct_is "who does not start by itself waits to be told" lazy:down lazy:starts=0
ct_is "a stable run is followed by a restart at once, without counting failures" 'stable:restarts>=2' stable:failures=0
is "$(ct_field success starts)" 1 "success is not restarted"
is "$(ct_field never why)" "exit 1" "the reason is told: exit"
ct_said '^minit: killed: killed by SIGKILL; again in [0-9]+ ms$' "the reason is told: signal"
ct_is "also of who joined the processes of another" within:backoff
is "$(ct_field within why)" "killed by SIGKILL" "as it is told by what stays before it"
ct_said '^minit: missing: step exec: /no/such/program: No such file or directory: install it, or correct exec; given up$' "the reason is told: step"
ct_said '^minit: limited: exit 4; given up$' "giving up is said"
ct_said '^minit: stable: exit 1; again at once$' "a restart at once is said, with its reason"
is "$(grep -a -c '^minit: failure: exit 1; again in 20 ms$' "$ct_dir/out")" 1 "the first backoff is the table's"
is "$(grep -a '^minit: failure: ' "$ct_dir/out" | head -n 4 | grep -o '[0-9]* ms' | tr '\n' ' ')" "20 ms 40 ms 80 ms 80 ms " \
	"then doubled, up to the most"
is "$(ct_field steady restarts)" 0 "who runs is left alone"

ct_minit start lazy steady >/dev/null
is $? 0 "minit start starts, and does not mind what is up"
is "$(ct_field steady starts)" 1 "what is up is not started twice"
ct_minit start limited >"$ct_dir/limited" 2>&1
ct_is "a start by hand forgives: it fails three times more" limited:failed limited:starts=6
ct_minit stop failure >/dev/null
is "$(ct_field failure state)" down "a stop ends the restarts"
ct_stop "it ends in order in the middle of restarts"
echo "1..$ct_tests"
