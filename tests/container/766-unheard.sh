#!/bin/bash
# What somebody takes from bridges while minit executes itself, and nobody listens, is there again as if it had been heard.
set -u
. tests/container/ct.sh
. tests/container/traffic.sh

ct_table <<TOML
[network.bridge.br0]
address = ["10.77.0.1/24", "fd77::1/64"]
[network.bridge.br1]
address = "10.78.0.1/24"
[network.bridge.br2]
address = "10.79.0.1/24"
[service.web]
$(serve web '"80"')
network = { bridge = "br0", address = "10.77.0.10" }
[service.other]
$(serve other '"80"')
network = { bridge = "br1", address = "10.78.0.10" }
[service.third]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br2", address = "10.79.0.10" }
TOML
ct_start
ct_up
ct_is "it runs" web:up other:up third:up
listens web 80
listens other 80
steady() {
	echo "$(ct_field web pid) $(ct_field other pid) $(ct_field third pid)"
}
addresses() {
	echo $(ct_in ip -o addr show "$1" | sed 's/.*inet6* \([^ ]*\).*/\1/' | grep -v ^fe80 | sort)
}
has_addresses() {
	[ "$(addresses br0)" = "10.77.0.1/24 fd77::1/64" ]
}
has_port() {
	ct_in ip -o link show master br1 | grep -q mv1
}
steady=$(steady)
# What it has heard of and not read is gone with its sockets.
ct_signal STOP
ct_in ip addr flush dev br0
ct_in ip link set mv1 nomaster
ct_signal SEGV
ct_signal CONT
ct_is "a crash in which nobody listened" web:up
ct_until 10 has_addresses
ok $? "addresses of a bridge are there again: $(addresses br0)"
ct_until 10 has_port
ok $? "and a port is one again"
soon answers "$(ct_pid)" tcp:10.77.0.10:80
is "$(from "$(ct_pid)" tcp:10.77.0.10:80)" "web 10.77.0.1" "packets flow"
is "$(steady)" "$steady" "nobody was started anew for it"
is "$(grep -a -c 'third.*somebody\|br2.*somebody' "$ct_dir/out")" 0 "nothing is said of what nobody has touched"
[ "$(grep -a -c 'somebody' "$ct_dir/out")" = 2 ]
ok $? "and of the rest that it was somebody"
grep -a somebody "$ct_dir/out" | sed 's/^/# /'
seen=$(wc -l <"$ct_dir/out")
ct_signal SEGV
ct_is "another crash" web:up
ct_rests
is "$(tail -n +$((seen + 1)) "$ct_dir/out" | grep -a -c somebody)" 0 "finds nothing missing"
ct_stop "it ends in order"
echo "1..$ct_tests"
