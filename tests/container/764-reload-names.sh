#!/bin/bash
# Files of names of a service that runs are those of the table that minit goes on by, be it that another one did not come.
set -u
. tests/container/ct.sh

table() { # NAME...: services beside
	local name
	{
		cat <<TOML
[network.bridge.br0]
address = "10.77.0.1/24"
[service.web]
exec = ["/bin/sleep", "1000"]
hosts = true
network = { address = "10.77.0.10", dns = "10.77.0.$1" }
TOML
		shift
		for name; do
			printf '[service.%s]\nexec = ["/bin/sleep", "1000"]\n' "$name"
		done
	} | ct_table
}
names() {
	nsenter --target "$(ct_outer web)" --mount cat /etc/hosts /etc/resolv.conf | sed 's/.*[[:blank:]]\([a-z]*\)$/\1/' | grep -x -E 'a|b|nameserver 10.*' | sort | tr '\n' ' '
}
has() {
	[ "$(names)" = "$1" ]
}
# traced WHAT: a reload in which that is done to a system call of PID 1.
traced() {
	local tracer
	: >"$ct_dir/trace"
	strace -p "$(ct_pid)" -o /dev/null -e trace="${1%%:*}" -e inject="$1" 2>"$ct_dir/trace" &
	tracer=$!
	ct_until 10 grep -q attached "$ct_dir/trace"
	ct_minit reload >"$ct_dir/said" 2>&1
	kill -INT $tracer
	wait $tracer
}

table 53 a
ct_start
ct_up
ct_is "it runs" web:up a:up
pid=$(ct_field web pid)
has "a nameserver 10.77.0.53 "
ok $? "with names: $(names)"
table 54 a b
traced execveat:error=ENOMEM
ct_is "a table that cannot be executed onto" web:up a:up
is "$(tail -n 1 "$ct_dir/said")" "minit: reload: Out of memory; minit runs on by the table that it has" "does not come"
ct_rests
is "$(names)" "a nameserver 10.77.0.53 " "and its names do not, either"
traced execveat:signal=SEGV:when=1
ct_rests
if [ -n "$(ct_field b state)" ]; then now="a b nameserver 10.77.0.54 "; else now="a nameserver 10.77.0.53 "; fi
ct_until 10 has "$now"
is "$(names)" "$now" "nor otherwise with a crash"
ct_minit reload >"$ct_dir/said" 2>&1
ct_is "once it comes" web:up a:up b:up
ct_until 10 has "a b nameserver 10.77.0.54 "
is "$(names)" "a b nameserver 10.77.0.54 " "it has those"
for n in $(seq 12); do
	if [ -n "$(ct_field b state)" ]; then table 53 a; else table 54 a b; fi
	traced sendto:signal=SEGV:when=$n
	ct_is "a crash behind message $n" web:up a:up
	if [ -n "$(ct_field b state)" ]; then now="a b nameserver 10.77.0.54 "; else now="a nameserver 10.77.0.53 "; fi
	ct_until 3 has "$now" || { bad=$n; names; ct_field b state; }
done
is "${bad-}" "" "so it is wherever it crashes"
is "$(ct_field web pid)" "$pid" "in the same run"
nsenter --target "$(ct_outer web)" --mount sh -c 'echo "10.77.0.99 mine" >>/etc/hosts'
if [ -n "$(ct_field b state)" ]; then table 55 a; else table 55 a b; fi
ct_minit reload >/dev/null 2>&1
ct_wait 10 '/etc/hosts: somebody has changed it, so it does not get the names of the new table; `minit restart web` gives it those'
ok $? "a file that the service has changed stays its own"
is "$(grep -a -c 'somebody has changed it' "$ct_dir/out")" 1 "and only of that it is said"
ct_stop "it ends in order"
echo "1..$ct_tests"
