#!/bin/bash
# 127.0.0.1 and ::1 lead to a bridge only as long as minit publishes ports of services on it, and keeps them away from there.
set -u
. tests/container/ct.sh
. tests/container/traffic.sh

# table PORTS PORTS: of a bridge of its own, and of one that was there before.
table() {
	ct_table <<TOML
[network.bridge.br0]
address = ["10.77.0.1/24", "fd77::1/64"]
nat = true
[network.bridge.theirs]
address = ["10.78.0.1/24", "fd78::1/64"]
[service.web]
$(serve web '"80"')
network = { bridge = "br0", address = ["10.77.0.10", "fd77::10"], ports = [$1] }
[service.far]
$(serve far '"80"')
network = { bridge = "theirs", address = ["10.78.0.10", "fd78::10"], ports = [$2] }
TOML
}

# opened: what leads from loopback to the bridges.
opened() {
	nsenter --target "$holder" --net sh -c 'grep -s -l 1 /proc/sys/net/ipv4/conf/[bt]*/route_localnet
		ip -6 route show table local ::1 proto static' | grep -o -w -E 'br0|theirs|dev' | tr '\n' ' '
}

# attack NAME GATEWAY: what a service gets from the machine's 127.0.0.1.
attack() {
	ct_inside "$1" sh -c "ip addr flush dev lo; ip route replace 127.0.0.0/8 via $2
		echo 1 >/proc/sys/net/ipv4/conf/eth0/route_localnet"
	from "$(ct_outer "$1")" tcp:127.0.0.1:6000 udp:127.0.0.1:6000
}

table '"8080:80"' '"8081:80"'
ct_start sh -c 'ip link add theirs type bridge && exec "$@"' sh "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "all is up" all:up
outside
nsenter --target "$(ct_pid)" --net $traffic_python "$traffic_tools/serve.py" local 6000 &
server=$!
soon answers "$(ct_pid)" tcp:127.0.0.1:6000
nsenter --target "$(ct_pid)" --net sleep 1000 &
holder=$!
soon sh -c "[ \$(readlink /proc/$holder/ns/net) = $(readlink "/proc/$(ct_pid)/ns/net") ]"
listens web 80
listens far 80

is "$(opened)" "br0 theirs dev br0 dev theirs " "loopback leads to both"
is "$(attack web 10.77.0.1) $(attack far 10.78.0.1)" "no,no no,no" "and neither gets there"
table '' ''
ct_minit reload >/dev/null
ct_is "without ports both are there anew" all:up
is "$(opened)" "" "with the ports that is gone"
is "$(attack web 10.77.0.1) $(attack far 10.78.0.1)" "no,no no,no" "and neither gets there either"
table '"8080:80"' ''
ct_minit reload >/dev/null
ct_is "with a port again" all:up
listens web 80
is "$(opened)" "br0 dev br0 " "it is there again, of that bridge alone"
is "$(from "$(ct_pid)" tcp:127.0.0.1:8080 tcp:::1:8080)" "web 10.77.0.1,web fd77::1" "and leads there"
table '' '"8081:80"'
ct_minit reload >/dev/null
ct_is "with a port of the other" all:up
is "$(opened)" "theirs dev theirs " "it is of the other"
kill "$server"
ct_stop "it ends in order"
is "$(opened)" "" "and leaves nothing of it upon a bridge that was there before"
kill "$holder"
echo "1..$ct_tests"
