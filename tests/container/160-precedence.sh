#!/bin/bash
# PID 1 goes before its services as long as it does little: who floods it gets no more than the processor's turns.
set -u
. tests/container/ct.sh

ct_table <<TOML
[service.plain]
exec = ["sleep", "1000"]
namespaces = []
$(for i in $(seq 200); do printf '[service.s%d]\nexec = ["x"]\nautostart = false\n' "$i"; done)
TOML
# class PID: of the scheduler, as ps has it.
class() {
	ps -o cls= -p "$1" | tr -d ' '
}
has_class() {
	[ "$(class "$(ct_pid)")" = "$1" ]
}
# Two ask again and again, without a pause, for a minute; to be run in the background.
asks() {
	exec timeout 60 python3 -S -E - "/proc/$(ct_pid)/root/run/minit/control" <<-'PY'
		import os, socket, sys
		os.fork()
		while True:
		    with socket.socket(socket.AF_UNIX) as s:
		        s.connect(sys.argv[1])
		        s.sendall(b"status\n")
		        while s.recv(1 << 20):
		            pass
	PY
}

ct_start
ct_up
ct_is "all is begun" plain:up
if ! ct_may_precede; then
	has_class TS
	ok $? "who may not go before others does as they do"
	ct_stop "it ends in order"
	echo "1..$ct_tests"
	exit
fi
ct_until 10 has_class FF
ok $? "then PID 1 goes before others"
is "$(class "$(ct_outer plain)")" TS "a service does not"
asks &
flood=$!
ct_until 50 has_class TS
ok $? "it gives that up when it is flooded"
ct_said '^minit: minit: it has had a processor for [0-9]+ of [0-9]+ ms, and gives up its precedence over the services for 5 s; is it flooded with requests, or do services end all the time[?]$' "and says so"
ct_minit status plain >/dev/null
ok $? "it answers as before"
kill "$flood"
wait "$flood" 2>/dev/null
again() {
	ct_minit status plain >/dev/null && has_class FF
}
ct_until 50 again
ok $? "and takes it again when it has little to do"
ct_signal SEGV
ct_wait 10 'executed in place'
ct_until 10 has_class FF
ok $? "after a fatal signal it has it too"
asks &
flood=$!
ct_until 50 has_class TS
ok $? "and gives it up too"
kill "$flood"
ct_stop "it ends in order"
echo "1..$ct_tests"
