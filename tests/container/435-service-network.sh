#!/bin/bash
# What a service may have of the network beside a bridge: routes, settings, an MTU, a MAC, another's network, a link of its own
# upon one of minit's.
set -u
. tests/container/ct.sh

ct_table <<TOML
[network.bridge.br0]
address = ["10.77.0.1/24", "fd77::1/64"]

[service.web]
exec = ["/bin/sleep", "1000"]
[service.web.network]
address = "10.77.0.10"
routes  = ["10.9.0.0/16 via 10.77.0.254 metric 7", "blackhole 10.10.0.0/16", "fd99::/64 via fd77::9"]
sysctl  = { net.ipv4.ip_unprivileged_port_start = 0, "net.ipv4.conf.eth0.rp_filter" = 2 }
mtu     = 1400
mac     = "02:00:00:00:00:0A"
rate    = { in = "50M", out = "10M" }

[service.side]
exec = ["/bin/sleep", "1000"]
hosts = true
network.join = "web"

[service.inner]
exec = ["/bin/sleep", "1000"]
join = { service = "side", namespaces = ["net"] }

[service.friend]
exec = ["/bin/sleep", "1000"]
needs = ["web"]
network.address = ["10.77.0.11", "fd77::11"]

[service.alone]
exec = ["/bin/sleep", "1000"]
network = { mode = "none", sysctl.net.ipv4.ip_forward = true }

[service.wire]
exec = ["/bin/sleep", "1000"]
network = { mode = "macvlan", parent = "up0", address = ["192.0.2.9/24", "2001:db8::9/64"], gateway = ["192.0.2.1", "fe80::1"] }

[service.nowhere]
exec = ["/bin/sleep", "1000"]
network = { mode = "macvlan", parent = "up9" }
restart = "never"

[service.wrong]
exec = ["/bin/sleep", "1000"]
network.sysctl."net.ipv4.nothing" = 1
restart = "never"

[service.bereft]
exec = ["/bin/sleep", "1000"]
network.join = "wrong"
restart = "never"
TOML

ct_start sh -c "ip link add up0 type veth peer name up1 && ip link set up0 up && ip link set up1 up &&
	ip addr add 192.0.2.1/24 dev up1 && exec '$MINIT' run '$ct_dir/table.toml'"
ct_up
ct_is "what can be had is up" web:up side:up friend:up alone:up wire:up nowhere:failed wrong:failed bereft:failed
is "$(ct_inside web ip route | sed 's/ *$//' | sort | tr '\n' ,)" \
	"10.77.0.0/24 dev eth0 proto kernel scope link src 10.77.0.10,10.9.0.0/16 via 10.77.0.254 dev eth0 proto static metric 7,blackhole 10.10.0.0/16 proto static,default via 10.77.0.1 dev eth0 proto static," \
	"routes"
ct_inside web ip -6 route | grep -q '^fd99::/64 via fd77::9 dev eth0 '
ok $? "of IPv6 too"
is "$(ct_inside web cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/net/ipv4/conf/eth0/rp_filter | tr '\n' ,)" 0,2, \
	"settings of its network"
is "$(ct_inside alone cat /proc/sys/net/ipv4/ip_forward),$(ct_in cat /proc/sys/net/ipv4/ip_forward)" 1,0 "which are not those of minit's"
ct_inside web ip link show eth0 | tr '\n' ' ' | grep -q 'mtu 1400 .*ether 02:00:00:00:00:0a '
ok $? "an MTU and a MAC"
is "$(ct_inside web tc qdisc show dev eth0 | grep -o 'tbf .*rate [^ ]*' | sed 's/ .* / /'),$(ct_in tc qdisc show dev mv0 |
	grep -o 'tbf .*rate [^ ]*' | sed 's/ .* / /')" "tbf 10Mbit,tbf 50Mbit" "a rate at both ends"
is "$(ct_field web rate_in_bps),$(ct_field web rate_out_bps)" 50000000,10000000 "which the status has"
ct_inside web ip neigh show 10.77.0.11 | grep -q PERMANENT && ct_inside web ip neigh show fd77::11 | grep -q PERMANENT &&
	ct_inside friend ip neigh show 10.77.0.10 | grep -q 'lladdr 02:00:00:00:00:0a PERMANENT'
ok $? "who needs another is its neighbour without asking, and it is theirs"
ct_inside wire ip route | grep -q '^default via 192.0.2.1 dev eth0'
ok $? "a macvlan with address and gateway"
ct_inside wire ip -6 route | grep -q '^default via fe80::1 dev eth0'
ok $? "that of IPv6 by its link-local address"
ct_inside wire /usr/bin/python3 -S -E -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.settimeout(5)
try:
    s.connect(("192.0.2.1", 9))
except ConnectionRefusedError:
    print("refused")' | grep -q refused
ok $? "which reaches the wire that its parent is on"
ct_said 'nowhere: network.parent: no link is called up9; ' "a parent that is not there is said"
ct_said 'wrong: sysctl net/ipv4/nothing: a network namespace of this kernel has none of this name; correct network.sysctl' \
	"and a setting that is not there"
ct_said 'bereft: .*network namespace: wrong: No such device or address: the service whose network it joins has none' \
	"and who joins such a network"

is "$(ct_netns side)" "$(ct_netns web)" "a service has the network of another"
is "$(ct_field side addresses)" "$(ct_field web addresses)" "and its addresses in the status"
nsenter --target "$(ct_outer side)" --mount grep -q "^10.77.0.10.*web" /etc/hosts
ok $? "and the names of its bridge"
before=$(ct_netns web)
kill -KILL "$(ct_outer web)"
ct_is "who owns it dies" 'web:starts>=2' web:up 'side:starts=1' side:up
is "$(ct_netns web),$(ct_netns side)" "$before,$before" "and it goes on for both"
ct_signal SEGV
kill -KILL "$(ct_outer side)"
ct_is "after a fatal signal to minit the other" 'side:starts>=2' side:up
is "$(ct_netns side)" "$before" "is in it again"

# Somebody deletes what its network is by: it is made anew at the next start.
ct_in ip link del mv0
ct_in ip link del up0
ct_in sh -c 'ip link add up0 type veth peer name up1 && ip link set up0 up && ip link set up1 up'
ct_minit restart web wire >/dev/null
ct_is "with their links gone two are started again, and who has joined one" web:up wire:up 'side:starts>=3' side:up inner:up
is "$(ct_inside web ip -br -4 addr show eth0 | awk '{ print $3 }'),$(ct_inside wire ip -br -4 addr show eth0 | awk '{ print $3 }')" \
	10.77.0.10/24,192.0.2.9/24 "and have them again"
ct_said 'web: network: somebody has deleted mv0; it is made anew' "which is said"
ct_said 'side: network: that of web is made anew; it is started again' "so is that"
is "$(ct_netns side) $(ct_netns inner)" "$(ct_netns web) $(ct_netns web)" "who is in the same network is in the new one"
ct_stop "it ends in order"

# Without IPv6 in minit's own network.
ct_table <<TOML
[network.bridge.br0]
address = ["10.77.0.1/24", "fd77::1/64"]
[service.both]
exec = ["/bin/sleep", "1000"]
network.ports = "8080:80"
[service.six]
exec = ["/bin/sleep", "1000"]
network.ports = "[::]:8081:80"
[service.one]
exec = ["/bin/sleep", "1000"]
network.ports = ["8082:80", "[2001:db8::1]:8083:80"]
TOML
ct_start sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6 && exec "$@"' sh "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "a port that is one of IPv6 alone fails its service, one of both does not" both:up six:failed one:failed
ct_said 'one: network.ports: port 8083 is one of IPv6, and bridge br0 has none: .* and minit to be started anew' "which is said"
ct_stop "it ends in order"
echo "1..$ct_tests"
