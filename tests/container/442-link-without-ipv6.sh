#!/bin/bash
# Where IPv6 is disabled a link does without its IPv6 addresses and what builds on them, and has all else; one of IPv6 alone is an error.
set -u
. tests/container/ct.sh

ct_table <<TOML
[network.link.wan]
address = ["192.0.2.10/24", "2001:db8::10/64"]
gateway = ["2001:db8::1", "192.0.2.1"]
routes = ["fd08::/64 via 2001:db8::9", "10.8.0.0/16 via 192.0.2.9", "unreachable fd09::/64", "unreachable 10.7.0.0/16"]
[network.link.next]
kind = "macvlan"
parent = "wan"
address = ["2001:db8:1::10/64", "198.51.100.10/24"]
routes = "10.9.0.0/16 via 198.51.100.9"
[network.link.six]
kind = "macvlan"
parent = "wan"
address = "2001:db8:2::10/64"
[service.a]
exec = ["/bin/sleep", "1000"]
network = "host"
online = ["wan", "next"]
TOML
ct_start sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6; ip link add wan type veth peer name far && ip link set far up && exec "$@"' \
	sh "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "links of both families are online" a:up
is "$(ct_in ip -br addr show | grep -E '^(wan|next|six)' | sed 's/@[^ ]*//' | tr -s ' ' | sed 's/ $//; s/ UNKNOWN/ UP/' | sort | tr '\n' ',')" \
	"next UP 198.51.100.10/24,six UP,wan UP 192.0.2.10/24," "with the addresses that there can be"
is "$(ct_in ip route show | grep -v 'proto kernel' | sed 's/ *$//' | sort | tr '\n' ',')" \
	"10.8.0.0/16 via 192.0.2.9 dev wan proto static,10.9.0.0/16 via 198.51.100.9 dev next proto static,default via 192.0.2.1 dev wan proto static,unreachable 10.7.0.0/16 proto static," \
	"and the routes"
for link in "wan: address 2001:db8::10/64" "next: address 2001:db8:1::10/64"; do
	is "$(grep -a -c "minit: $link: IPv6 is off there; going on without it" "$ct_dir/out")" 1 "it is said of each once: ${link%%:*}"
done
ct_said 'six: address 2001:db8:2::10/64: IPv6 is off here; set net.ipv6.conf.\*.disable_ipv6=0 and an MTU of 1280 or more, or leave the address out' "one of IPv6 alone is an error"
ct_stop "it ends in order"

# A link that is without it says nothing of the others.
ct_table <<TOML
[network.bridge.br0]
address = ["10.77.0.1/24", "fd77::1/64"]
[network.link.wan]
address = ["192.0.2.10/24", "2001:db8::10/64"]
[service.six]
exec = ["/bin/sleep", "1000"]
network.ports = "[::]:8081:80"
TOML
ct_start sh -c 'ip link add wan type veth peer name far && ip link set far up && echo 1 >/proc/sys/net/ipv6/conf/wan/disable_ipv6 && exec "$@"' \
	sh "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "where it is disabled on a link alone, a port of IPv6 can be had" six:up
ct_said 'wan: address 2001:db8::10/64: IPv6 is off there; ' "and what the link goes without is said"
ct_in nft list ruleset | grep -q 'fd77::'
ok $? "the rules are of IPv6 too"
ct_stop "it ends in order"
echo "1..$ct_tests"
