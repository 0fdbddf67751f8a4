#!/bin/bash
# Published ports: from everywhere they are to be reached from, with the source that is to be seen, by TCP and UDP, IPv4 and
# IPv6. No packet leaves these namespaces: the outside is one more of them.
set -u
. tests/container/ct.sh
. tests/container/traffic.sh

ct_table <<TOML
[network.bridge.br0]
address = ["10.77.0.1/24", "fd77::1/64"]
nat = true
[network.bridge.br1]
address = ["10.78.0.1/24", "fd78::1/64"]

[service.web]
$(serve web '"80", "443", "2000", "2001"')
network = { bridge = "br0", address = ["10.77.0.10", "fd77::10"], ports = ["8080:80", "8080:80/udp", "127.0.0.1:8443:443", "[::1]:8443:443", "1000-1001:2000-2001/udp", "192.0.2.1:80"] }
[service.other]
$(serve other '"80"')
network = { bridge = "br0", address = ["10.77.0.11", "fd77::11"], ports = ["[::]:9000:80", "0.0.0.0:9001:80"] }
[service.far]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br1", address = ["10.78.0.10", "fd78::10"] }
TOML

ct_start
ct_up
ct_is "all is up" all:up || exit 1; [ -n "$(ct_pid)" ] || { ct_show; exit 1; }
outside
soon answers "$(ct_outer web)" tcp:127.0.0.1:2001
soon answers "$(ct_outer other)" tcp:127.0.0.1:80

host=$(ct_pid)
soon answers "$host" tcp:2001:db8::1:8080 # the first packet of IPv6 may have to be sent again
soon answers "$ct_client" tcp:2001:db8::1:8080
is "$(from "$host" tcp:192.0.2.1:8080 tcp:127.0.0.1:8080 tcp:127.1.2.3:8080 tcp:10.77.0.1:8080)" \
	"web 192.0.2.1,web 10.77.0.1,web 10.77.0.1,web 10.77.0.1" "IPv4: the machine itself, by any address of its own"
is "$(from "$host" udp:192.0.2.1:8080 udp:127.0.0.1:8080)" "web 192.0.2.1,web 10.77.0.1" "and by UDP"
is "$(from "$host" tcp:2001:db8::1:8080 tcp:::1:8080 tcp:fd77::1:8080 udp:::1:8080)" \
	"web 2001:db8::1,web fd77::1,web fd77::1,web fd77::1" "IPv6 likewise, ::1 too"
# br_netfilter, which minit switches off where it may, translates an answer before the bridge hands it up.
calls=/proc/sys/net/bridge/bridge-nf-call-ip6tables
if nsenter --target "$host" --net sh -c "echo 1 >$calls" 2>/dev/null; then
	is "$(from "$host" tcp:::1:8080 udp:::1:8080 tcp:::1:8443 tcp:fd77::1:8080)" "web fd77::1,web fd77::1,web fd77::1,web fd77::1" \
		"also where br_netfilter looks into bridges"
	nsenter --target "$host" --net sh -c "echo 0 >$calls"
fi
is "$(from "$ct_client" tcp:192.0.2.1:8080 udp:192.0.2.1:8080 tcp:2001:db8::1:8080 udp:2001:db8::1:8080)" \
	"web 192.0.2.2,web 192.0.2.2,web 2001:db8::2,web 2001:db8::2" "from outside, whose address is seen"
is "$(from "$(ct_outer other)" tcp:192.0.2.1:8080 tcp:10.77.0.1:8080 udp:10.77.0.1:8080 tcp:fd77::1:8080 tcp:2001:db8::1:8080)" \
	"web 10.77.0.1,web 10.77.0.1,web 10.77.0.1,web fd77::1,web fd77::1" "a neighbour on the bridge, by the machine's address"
is "$(from "$(ct_outer web)" tcp:192.0.2.1:8080 tcp:10.77.0.1:8080 tcp:fd77::1:8080 udp:fd77::1:8080)" \
	"web 10.77.0.1,web 10.77.0.1,web fd77::1,web fd77::1" "the service itself"
is "$(from "$(ct_outer far)" tcp:192.0.2.1:8080 tcp:2001:db8::1:8080)" "web 10.78.0.10,web fd78::10" \
	"one of another bridge, whose address is seen"
is "$(from "$host" tcp:127.0.0.1:8443 tcp:192.0.2.1:8443 tcp:::1:8443 tcp:fd77::1:8443)" "web 10.77.0.1,no,web fd77::1,no" \
	"a port of one address is of that alone"
is "$(from "$ct_client" tcp:192.0.2.1:8443 tcp:192.0.2.1:80 tcp:2001:db8::1:80)" "no,web 192.0.2.2,no" "also from outside"
is "$(from "$ct_client" udp:192.0.2.1:1000 udp:192.0.2.1:1001 udp:192.0.2.1:1002 tcp:192.0.2.1:1000)" \
	"web 192.0.2.2,web 192.0.2.2,no,no" "a range, and no more of it than was asked for"
is "$(from "$ct_client" tcp:192.0.2.1:9000 tcp:2001:db8::1:9000 tcp:192.0.2.1:9001 tcp:2001:db8::1:9001)" \
	"no,other 2001:db8::2,other 192.0.2.2,no" "one family alone"

# What is not published is not to be had, though there is a route to it.
is "$(from "$ct_client" tcp:10.77.0.10:80 tcp:10.77.0.10:443 tcp:fd77::10:80)" "no,no,no" "nothing else comes in through a nat bridge"
nsenter --target "$ct_client" --net $traffic_python "$traffic_tools/serve.py" outside 5000 &
server=$!
soon answers "$ct_client" tcp:127.0.0.1:5000
is "$(from "$(ct_outer other)" tcp:192.0.2.2:5000 udp:192.0.2.2:5000 tcp:2001:db8::2:5000)" \
	"outside 192.0.2.1,outside 192.0.2.1,outside 2001:db8::1" "what goes out bears the machine's address"
kill "$server"

# route_localnet is on, but a service does not get to the machine's 127.0.0.1 by it.
nsenter --target "$host" --net $traffic_python "$traffic_tools/serve.py" local 6000 &
server=$!
soon answers "$host" tcp:127.0.0.1:6000
web=$(ct_outer web)
is "$(nsenter --target "$host" --net cat /proc/sys/net/ipv4/conf/br0/route_localnet)" 1 "127.0.0.1 may lead to the bridge"
nsenter --target "$web" --net sh -c 'ip addr flush dev lo; ip route add 127.0.0.0/8 via 10.77.0.1 src 10.77.0.10
	echo 1 >/proc/sys/net/ipv4/conf/eth0/route_localnet'
is "$(from "$web" tcp:127.0.0.1:6000 udp:127.0.0.1:6000)" no,no "but not the other way round"
kill "$server"

# -- somebody else flushes it ----------------------------------------------------------------------------------------
nft="nsenter --target $host --net nft"
before=$($nft -s list ruleset)
[ -n "$before" ]
ok $? "nft lists it"
$nft -s list ruleset >"$ct_dir/rules.nft"
unshare --net sh -c "nft -f '$ct_dir/rules.nft' && nft -s list ruleset" >"$ct_dir/again.nft" 2>&1
is "$(cat "$ct_dir/again.nft")" "$before" "and can read what it lists"
is_as_before() {
	[ "$($nft -s list ruleset)" = "$before" ]
}
$nft add table ip theirs
begin=$(date +%s%N)
$nft flush ruleset
soon sh -c "$nft list tables inet | grep -q minit"
[ $((($(date +%s%N) - begin) / 1000000)) -lt 2000 ]
ok $? "a flush is repaired"
is "$($nft -s list ruleset)" "$before" "all of it, and nothing else"
is "$(from "$ct_client" tcp:192.0.2.1:8080)" "web 192.0.2.2" "ports lead on"
ct_said 'somebody has changed the tables minit; they are as they were again' "it is said"
$nft delete rule inet minit ports handle "$($nft -a list chain inet minit ports | sed -n 's/.*port4 # handle //p')"
soon is_as_before
ok $? "one rule that is taken away comes back"
: >"$ct_dir/out"
$nft add table ip theirs
ct_signal SEGV
ct_is "after a fatal signal" all:up
is "$($nft -s list table inet minit; $nft -s list ruleset | grep -c '^table')" "$before
2" "it is as it was, beside that of others"
ct_not_said 'somebody has changed' "which are no business of minit's"
$nft flush ruleset
soon sh -c "$nft list tables inet | grep -q minit"
ok $? "and a flush is repaired then too"
ct_stop "it ends in order"
echo "1..$ct_tests"
