#!/bin/bash
# `minit reexec` while a reload waits for who is to end: the reload is given up, and its client hears that and no crash.
set -u
. tests/container/ct.sh

table() {
	ct_table <<TOML
[service.slow]
exec = ["/bin/sh", "-c", "trap '' TERM; echo \$TABLE >$ct_dir/deaf; while :; do sleep 1000; done"]
stop.grace = "$1"
env = { TABLE = "$2" }
TOML
}
has() {
	[ -e "$ct_dir/deaf" ] && [ "$(cat "$ct_dir/deaf")" = "$1" ]
}

table 1h first
ct_start
ct_up
ct_is "it runs" slow:up
ct_until 20 has first
table 10ms second
ct_minit reload >"$ct_dir/said" 2>&1 &
reload=$!
ct_is "a reload waits for it to end" slow:stopping
ct_minit reexec
ok $? "minit executes itself meanwhile"
wait "$reload"
is $?:"$(grep -v '^slow: ' "$ct_dir/said")" \
	"1:minit: reload: minit was executed anew (minit reexec) before all that is to end had ended; it runs on by the table that it has; ask again" \
	"and the reload says that it is given up"
is "$(ct_field '' crashes)" 0 "there was no crash"
rm "$ct_dir/deaf"
kill -KILL "$(ct_outer slow)"
ct_is "it starts again" slow:up
ct_until 20 has first
ok $? "by the table that it had"
ct_minit reload >"$ct_dir/said" 2>&1 &
reload=$!
ct_is "asked again, the reload waits" slow:stopping
kill -KILL "$(ct_outer slow)"
wait "$reload"
is $? 0 "and comes back when it has ended"
ct_is "it runs" slow:up
ct_until 20 has second
ok $? "by the new table"
ct_stop "it ends in order"
echo "1..$ct_tests"
