#!/bin/bash
# Who is not ready in time has failed: a task that does not end, and a start that hangs in a step.
set -u
. tests/container/ct.sh

ct_table <<TOML
[defaults]
start_timeout = "150ms"
backoff = { first = "10ms", give_up = 2 }
stop = { grace = "100ms" }

[service.task]
exec = ["/bin/sleep", "1000"]
ready = "exit"
[service.deaf]
exec = ["/bin/sh", "-c", "trap '' TERM; while :; do sleep 0.02; done"]
ready = "exit"
[service.hangs]
exec = ["/bin/sleep", "1000"]
autostart = false
restart = "never"
[service.intime]
exec = ["/bin/sh", "-c", "sleep 0.01"]
ready = "exit"
[service.service]
exec = ["/bin/sleep", "1000"]
[service.waits]
exec = ["/bin/sleep", "1000"]
needs = ["task"]
TOML
ct_start
ct_up
ct_is "tasks that take too long fail, and are given up" task:failed task:starts=2 deaf:failed deaf:starts=2
ct_freeze hangs 1
ct_minit start --no-wait hangs
ct_is "so does a start that hangs" hangs:failed hangs:starts=1
is "$(ct_field task why)" "not ready within start_timeout" "which is the reason that is told"
ct_said '^minit: task: not ready within start_timeout; again in [0-9]+ ms$' "each time"
ct_is "a task that is done in time is done" intime:done intime:starts=1
ct_is "a service is ready when it runs, and may run for ever" service:up service:starts=1
ct_is "who needs the task does not start" waits:waiting waits:starts=0
is "$(ct_in ps -e -o args= | grep -c -E 'trap|sleep 1000')" 1 "nothing is left of them"
ct_stop "it ends in order"
echo "1..$ct_tests"
