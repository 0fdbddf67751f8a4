#!/bin/bash
# Fatal signals while everything is being stopped: the end comes all the same, in the same order, with the same status.
set -u
. tests/container/ct.sh

loop='while :; do sleep 0.02; done'
ct_table <<TOML
[system]
main = "web"
[defaults]
namespaces = []
leaf = false
[service.db]
exec = ["/bin/sh", "-c", "trap 'sleep 0.2; echo db ends; exit' TERM; $loop"]
[service.web]
exec = ["/bin/sh", "-c", "trap 'sleep 0.2; echo web ends; exit 5' TERM; echo up; $loop"]
needs = ["db"]
[service.stray]
exec = ["/bin/sh", "-c", "setsid sh -c 'trap \"sleep 0.2; echo asked\" TERM; echo up; $loop' & sleep 1000"]
TOML
ct_start
until [ "$(grep -c '^up' "$ct_dir/out")" = 2 ]; do sleep 0.05; done
pid=$(ct_pid)
kill -TERM "$pid"
crashes=0
while kill -SEGV "$pid" 2>/dev/null; do
	crashes=$((crashes + 1))
	sleep 0.01
done
ct_end 30
is $? 5 "it ends with main's status"
[ $crashes -ge 50 ]
ok $? "though it crashed all the time"
is "$(grep -a ' ends$' "$ct_dir/out" | tr '\n' ,)" 'web ends,db ends,' "each service has stopped once, in order"
grep -q '^asked' "$ct_dir/out"
ok $? "what was left was asked to end"
ct_said '^minit: processes of no service are left: killed' "and killed"
ct_said 'minit: stopped in 0\.[4-9][0-9] s: 3 services, 0 killed' "with its duration, from the beginning"
echo "1..$ct_tests"
