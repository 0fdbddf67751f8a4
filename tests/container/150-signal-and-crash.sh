#!/bin/bash
# A signal that minit has read, and not yet acted on, outlives a crash: strace makes one at the return of that very read.
set -u
. tests/container/ct.sh

ct_table <<TOML
[defaults]
namespaces = []
leaf = false
[service.one]
exec = ["/bin/sleep", "1000"]
TOML
ct_start
ct_up
pid=$(ct_pid)
strace -o "$ct_dir/strace" -e trace=read -e inject=read:signal=SEGV:when=1 -p "$pid" 2>"$ct_dir/attached" &
tracer=$!
until grep -q attached "$ct_dir/attached"; do kill -0 $tracer || break; done
kill -TERM "$pid"
ct_wait 10 'executed in place: 1 fatal signals survived'
ok $? "minit crashes when it has read SIGTERM"
ct_end 10
is $? 0 "and stops all the same"
wait $tracer
ct_said 'minit: stopped in [0-9.]+ s: 1 service, 0 killed' "in order, not in a hurry"
echo "1..$ct_tests"
