#!/bin/bash
# `minit run` as an ordinary process beside others: what is its own ends with it, and nothing else does.
set -u
. tests/container/ct.sh

loop='while :; do sleep 0.05; done'
ct_table <<TOML
[defaults]
namespaces = []
leaf = false
[service.leaver]
exec = ["/bin/sh", "-c", "setsid sh -c 'trap \"echo asked; exit\" TERM; echo up; $loop' & setsid sh -c 'trap \"\" TERM; (echo up; $loop) & wait' & sleep 1000"]
[service.quick]
exec = ["/bin/sh", "-c", "(sleep 0.1 &)"]
TOML

# The shell is PID 1 of the namespace; minit is its child, and so is a process that is nobody's business.
ct_start sh -c "
	sleep 1000 & bystander=\$!
	\"$MINIT\" run \"$ct_dir/table.toml\" & minit=\$!
	trap 'kill -INT \$minit' TERM
	wait \$minit; wait \$minit; echo status \$?
	kill -0 \$bystander && echo bystander lives
	kill \$bystander; wait \$bystander
	echo left: \$(ps -e -o args= | grep -c -E '^(sh -c .?trap|sleep 1000)')"
until [ "$(grep -c '^up' "$ct_dir/out")" = 2 ]; do ct_pause; done
ct_in "$MINIT" wait quick:done
ok $? "it is steered by its control socket"
is "$(ct_in "$MINIT" status --json | grep -o '"mode":"[a-z]*"' | head -n 1)" '"mode":"subreaper"' "and knows what it is"
ct_signal TERM
ct_end 30
is $? 0 "SIGINT ends it"
ct_said '^status 0$' "with success"
is "$(grep -c '^asked' "$ct_dir/out")" 1 "what its services have left behind is asked to end"
ct_said '^minit: processes of no service are left: killed' "and killed, its children too"
ct_said '^bystander lives' "what is not its own is left alone"
ct_said '^left: 0$' "nothing of its own is left"
echo "1..$ct_tests"
