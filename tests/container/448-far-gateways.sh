#!/bin/bash
# Gateways that are in no subnet: a link-local one, as routers of IPv6 are, and that of who has one address alone, as clouds give them.
set -u
. tests/container/ct.sh

ct_table <<TOML
[network.link.wan]
address = ["203.0.113.5/32", "2001:db8::5/64"]
gateway = ["172.31.1.1", "fe80::1"]
routes = ["10.9.0.0/16 via 172.31.1.1 metric 7", "fd99::/64 via fe80::2"]
[network.link.lan]
address = ["2001:db8:1::5/128"]
gateway = "2001:db8:ffff::1"
metric = 70
[service.app]
exec = ["/bin/sleep", "1000"]
network = { mode = "macvlan", parent = "lan", address = ["203.0.113.6/32", "2001:db8::6/64"], gateway = ["172.31.1.1", "fe80::1"], routes = "10.9.0.0/16 via 172.31.1.1" }
online = ["wan", "lan"]
TOML
ct_start sh -c 'for i in wan lan; do ip link add $i type veth peer name far$i && ip link set far$i up; done && exec "$@"' sh "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "the links are set up" app:up
ways() {
	sed 's/ *$//; s/ pref medium//; s/ linkdown//' | grep -E 'via|default' | sort | tr '\n' ,
}
is "$(ct_in ip route | ways)" \
	"10.9.0.0/16 via 172.31.1.1 dev wan proto static metric 7 onlink,default via 172.31.1.1 dev wan proto static onlink," "the one of a single address is on the link"
is "$(ct_in ip -6 route | ways)" \
	"default via 2001:db8:ffff::1 dev lan proto static metric 70 onlink,default via fe80::1 dev wan proto static metric 1024,fd99::/64 via fe80::2 dev wan proto static metric 1024," \
	"in IPv6 too, where a link-local one is on each"
is "$(ct_inside app ip route | ways)$(ct_inside app ip -6 route | ways)" \
	"10.9.0.0/16 via 172.31.1.1 dev eth0 proto static onlink,default via 172.31.1.1 dev eth0 proto static onlink,default via fe80::1 dev eth0 proto static metric 1024," \
	"for a service on the same wire as well"
ct_minit net >"$ct_dir/net" 2>&1
is "$?,$(grep -c '^!' "$ct_dir/net")" 0,0 "minit net finds all as asked"
is "$("$MINIT" net --plan "$ct_dir/table.toml" | grep -c 'via 172.31.1.1 .*onlink')" 4 "and the plan says so"
ct_in ip link set wan down
ct_in ip link set wan up
ct_until 10 ct_in sh -c 'ip route | grep -q "default via 172.31.1.1" && ip -6 route | grep -q "default via fe80::1"'
ok $? "they come again when the link was set down"
ct_stop "it ends in order"
echo "1..$ct_tests"
