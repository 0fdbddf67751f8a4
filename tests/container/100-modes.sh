#!/bin/bash
# What minit is, by what it is called as: a supervisor, an init in front of one program, a tool.
set -u
. tests/container/ct.sh

ends() {
	ct_end 20
	is $? "$1" "$2"
}

# -- in front of one program --------------------------------------------------------------------------------------

ct_start "$MINIT" -- /bin/sh -c 'exit 7'
ends 7 "minit -- program ends with the program's status"
ct_start "$MINIT" -- /bin/sh -c 'kill -SEGV $$'
ends 139 "and with 128 and the signal that killed it"
ct_start "$MINIT" -- /no/such/program
ends 127 "127 when the program is not there"
ct_said '^minit: /no/such/program: cannot be executed: No such file or directory$' "which is said"
ct_start "$MINIT" -- /etc/passwd
ends 126 "126 when it cannot be executed"
ct_start "$MINIT" -- sh -c 'echo "found $0"'
ends 0 "the program is found in PATH"
ct_said '^found sh$' "and keeps its name"
ct_start "$MINIT" -- /bin/sh -c 'trap "echo got it; exit 3" USR1; echo ready; while :; do sleep 0.02; done'
ct_wait 10 '^ready'
ct_signal USR1
ends 3 "signals are passed on"
ct_said '^got it$' "and heard"
ct_start "$MINIT" -- /bin/sh -c '(setsid sh -c "sleep 0.05; exit 1" &) ; sleep 0.3; ps -e -o stat= | grep -c Z; exit 0'
ends 0 "with an orphan"
ct_said '^0$' "no zombie is left"
ct_start "$MINIT" /bin/sh -c 'exit 9'
ends 9 "without a table minit program is minit -- program"
ct_start "$MINIT" status
ends 1 "a verb is a verb, as PID 1 too"
ct_start "$MINIT" -- status
ends 127 "but not behind --"

# -- a command beside a table -------------------------------------------------------------------------------------

# with_table WORD...: as ct_start, with the table as that of the image.
with_table() {
	mkdir -p "$ct_dir/etc/minit"
	cp /etc/passwd /etc/group "$ct_dir/etc"
	cp "$ct_dir/table.toml" "$ct_dir/etc/minit/minit.toml"
	ct_start sh -c 'mount --bind "$1/etc" /etc; shift; exec "$@"' sh "$ct_dir" "$MINIT" "$@"
}

ct_table <<TOML
[service.beside]
exec = ["/bin/sh", "-c", "echo beside runs; touch $ct_dir/beside; exec sleep 1000"]
TOML
with_table /bin/sh -c "until [ -e $ct_dir/beside ]; do sleep 0.02; done; exit 5"
ends 5 "with a table the command is its main service"
ct_said '^beside runs$' "beside the others"
with_table
ct_wait 10 '^beside runs'
ct_stop "without a command the table alone, until told to go"
with_table -- /bin/sh -c 'exit 6'
ends 6 "behind -- the program alone"
ct_not_said 'beside' "without the table"

# -- an ordinary process ------------------------------------------------------------------------------------------

ct_table <<TOML
[service.a]
exec = ["/bin/sh", "-c", "(setsid sleep 0.05 &) ; echo a is up; exec sleep 1000"]
namespaces = []
TOML
MINIT_SOCKET=$ct_dir/control "$MINIT" run "$ct_dir/table.toml" >"$ct_dir/out" 2>&1 &
ordinary=$!
MINIT_SOCKET=$ct_dir/control "$MINIT" wait --timeout 10s a:up
ok $? "minit run supervises without being PID 1"
child=$(cat "/proc/$ordinary/task/$ordinary/children")
ok "$([ -n "$child" ]; echo $?)" "its services are its children"
kill -INT "$ordinary"
timeout 10 tail --pid=$ordinary -s 0.02 -f /dev/null
wait $ordinary
is $? 0 "Ctrl-C stops it in order"
! kill -0 ${child% } 2>/dev/null
ok $? "and nothing of it is left"
[ ! -e "$ct_dir/control" ]
ok $? "nor its socket"

"$MINIT" run --socket "$ct_dir/other" "$ct_dir/table.toml" >"$ct_dir/out" 2>&1 &
ordinary=$!
"$MINIT" --socket "$ct_dir/other" wait --timeout 10s a:up
ok $? "minit run --socket listens there"
"$MINIT" --socket "$ct_dir/other" reexec >/dev/null && "$MINIT" --socket "$ct_dir/other" wait --timeout 10s a:up
ok $? "also when it has executed itself anew"
kill -INT "$ordinary"
wait $ordinary
is "$? $(ls "$ct_dir/other" 2>/dev/null)" "0 " "and takes it away in the end"
out=$("$MINIT" run --socket "$ct_dir/$(printf %0120d 0)" "$ct_dir/table.toml" 2>&1)
is $? 2 "a path that is too long for a socket is a usage error"
echo "$out" | grep -q "no longer than 107 bytes"
ok $? "and told as that"

# -- the tool -----------------------------------------------------------------------------------------------------

out=$("$MINIT" version)
is "${out%% *}" minit "minit version says what it is"
"$MINIT" help | grep -q '^ *status '
ok $? "minit help lists the verbs"
out=$("$MINIT" statsu 2>&1)
is $? 2 "an unknown verb is a usage error"
echo "$out" | grep -q 'status'
ok $? "and the nearest one is named"
out=$("$MINIT" -x -- true 2>&1)
is "$? $out" '2 minit: unknown option -x; usage: minit [OPTIONS] [--] PROGRAM [ARGUMENT...]' "an unknown option is one too"
out=$(MINIT_SOCKET=$ct_dir/nothing "$MINIT" status 2>&1)
is $? 1 "without a minit there is nothing to ask"
echo "$out" | grep -q "$ct_dir/nothing"
ok $? "and where it was looked for is said"

echo "1..$ct_tests"
