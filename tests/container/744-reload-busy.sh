#!/bin/bash
# A limit that cannot be changed while the service runs (on cgroup v1, where more is in use) is that of its next run.
set -u
. tests/container/ct.sh

table() {
	ct_table <<TOML
[service.eater]
exec = ["/bin/sh", "-c", "[ -e $ct_dir/eaten ] || x=\$(yes | head -c 50000000); : >>$ct_dir/eaten; while :; do sleep 1000; done"]
restart = "never"
cgroup.memory.max = "$1"
TOML
}
in_leaf() {
	ct_minit status eater | grep -q "^  memory.max *$1 *$1\$"
}

table 300M
ct_start
ct_up
ct_is "it runs" eater:up
ct_until 20 test -e "$ct_dir/eaten"
ok $? "and has memory"
in_leaf 314572800
ok $? "by the limit of the table"
table 20M
ct_minit reload >"$ct_dir/said" 2>"$ct_dir/why"
status=$?
is "$(cat "$ct_dir/said")" "eater: changed while it runs: memory.max" "less than it has"
# On v2 it is in force, and the kernel takes the memory, or the service.
in_leaf 20971520 || ct_wait 10 'eater: (memory.max: cannot be changed while it runs: .*; .minit restart eater. gives it that|out of memory)'
ok $? "is in force, or it is said what to do"
if grep -a -q 'eater: memory.max: cannot' "$ct_dir/out"; then
	is "$status $(cat "$ct_dir/why")" "1 minit: reload: the new table is in force, but eater: memory.max: cannot be changed while it runs: Resource busy: more than that is in use; \`minit restart eater\` gives it that" \
		"to who has asked for the reload, too"
else
	is "$status $(cat "$ct_dir/why")" "0 " "and the reload has done all"
fi
ct_minit restart eater >"$ct_dir/said" 2>&1
ok $? "which is to start it again"
in_leaf 20971520
ok $? "it has the new limit then"
ct_stop "it ends in order"
echo "1..$ct_tests"
