#!/bin/bash
# Who is behind a link of a bridge, and in no table, is asked for by IPv6 too on behalf of who is elsewhere. No packet leaves
# these namespaces: behind the link is one more of them.
set -u
. tests/container/ct.sh
. tests/container/traffic.sh

# table ADDRESS...: of the bridge with the link
table() {
	ct_table <<TOML
[network.bridge.lan]
address = [$1]
[network.bridge.br1]
address = ["10.78.0.1/24", "fd78::1/64"]
nat = true
[network.link.port0]
master = "lan"
[service.a]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br1", address = ["10.78.0.10", "fd78::10"] }
TOML
}

# behind: ct_client is a process of the network behind port0
behind() {
	unshare --net sleep 1000 &
	ct_client=$!
	soon sh -c "[ \$(readlink /proc/$ct_client/ns/net) != $(readlink /proc/self/ns/net) ]"
	local there="nsenter --target $ct_client --net ip"
	nsenter --target "$(ct_pid)" --net ip link add port0 type veth peer name eth0 netns $ct_client
	$there link set lo up && $there addr add 10.77.0.50/24 dev eth0 && $there addr add fd77::50/64 dev eth0 nodad
	$there link set eth0 up && $there route add default via 10.77.0.1 && $there -6 route add default via fd77::1
}

table '"10.77.0.1/24", "fd77::1/64"'
ct_start
ct_up
behind
ct_is "all is up" all:up
soon ct_in grep -q '^1$' /sys/class/net/port0/carrier
soon answers "$(ct_pid)" ping:10.77.0.50
ct_in ip neigh flush dev lan
is "$(from "$(ct_outer a)" ping:fd77::50),$(from "$(ct_outer a)" ping:10.77.0.50)" pong,pong \
	"who is behind a link of another bridge is reached, though nobody knows him yet"
ct_in ip neigh flush dev lan
is "$(from "$ct_client" ping:fd78::10)" pong "and reaches who is there"
is "$(ct_in ip -6 -o addr show dev lan scope link tentative | wc -l)" 0 "nobody waits until it is known that an address is free"
is "$(ct_in cat /proc/sys/net/ipv6/conf/lan/accept_ra)" 0 "no router is believed there"

ct_in ip -6 addr flush dev lan
soon grep -q 'somebody has taken an address from it' "$ct_dir/out"
ct_in ip neigh flush dev lan
is "$(from "$(ct_outer a)" ping:fd77::50)" pong "so it is when somebody has taken all addresses from the bridge"
ct_in ip link set lan down
ct_in ip link set lan up
soon answers "$(ct_pid)" ping:10.77.0.50
ct_in ip neigh flush dev lan
soon answers "$(ct_outer a)" ping:fd77::50
is "$(from "$(ct_outer a)" ping:fd77::50)" pong "or has set it down, and up again"

table '"10.77.0.1/24"'
ct_minit reload >/dev/null
table '"10.77.0.1/24", "fd77::1/64"'
ct_minit reload >/dev/null
ct_in ip neigh flush dev lan
is "$(from "$(ct_outer a)" ping:fd77::50)" pong "or a reload gives it its address"
ct_minit net >"$ct_dir/net" 2>&1
is "$?,$(grep '^!' "$ct_dir/net")" 0, "minit net finds nothing wrong"
ct_stop "it ends in order"

# One that has IPv6 by a reload alone.
table '"10.77.0.1/24"'
ct_start
ct_up
kill "$ct_client"
behind
ct_is "without IPv6" all:up
is "$(ct_in ip -6 -o addr show dev lan | wc -l)" 0 "a bridge has no address of IPv6"
table '"10.77.0.1/24", "fd77::1/64"'
ct_minit reload >/dev/null
soon answers "$(ct_pid)" ping:10.77.0.50
is "$(from "$(ct_outer a)" ping:fd77::50)" pong "with another table it has, and asks for others too"
ct_stop "that ends in order too"
echo "1..$ct_tests"
