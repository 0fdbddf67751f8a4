#!/bin/bash
# A bridge on which IPv6 is off, by a setting or as its MTU is too small for it, goes without, and so do its services: no address
# of theirs leads nowhere. The others have all of theirs.
set -u
. tests/container/ct.sh

ct_table <<TOML
[network.bridge.br0]
address = ["10.77.0.1/24", "fd77::1/64"]
[network.bridge.br1]
address = ["10.78.0.1/24", "fd78::1/64"]
isolate = true
[network.bridge.br2]
address = ["10.79.0.1/24", "fd79::1/64"]
[network.bridge.br3]
address = "fd80::1/64"
[service.both]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br0", ports = "8080:80" }
[service.further]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br1", also = "br2", routes = "fd99::/64 via fd79::9" }
[service.alone]
exec = ["/bin/sleep", "1000"]
network.bridge = "br3"
[service.six]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br0", ports = "[::]:8082:80" }
[service.asks]
exec = ["/bin/sleep", "1000"]
network.bridge = "br1"
network.allow = "web:80"
[service.web]
exec = ["/usr/bin/python3", "-S", "-E", "-c", """
import socket
s = socket.create_server(("::", 80), family=socket.AF_INET6)
while True:
    s.accept()[0].sendall(b"here")
"""]
network = { bridge = "br1", address = ["10.78.0.9", "fd78::9"], ports = "[::]:8081:80" }
TOML

asks() {
	/usr/bin/python3 -S -E -c '
import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)
print(s.recv(9).decode())' "$@" 2>&1 | tail -n 1
}

# In IPv6: "eth0:fd77::9/64", link-local ones aside.
addrs() {
	ct_inside "$1" ip -o -6 addr show | awk '$4 !~ /^fe80/ { print $2 ":" $4 }'
}

one() {
	local how=$1 off=$2
	ct_start sh -c "for br in br0 br2 br3; do ip link add \$br type bridge && $off || exit; done; exec \"\$@\"" sh \
		"$MINIT" run "$ct_dir/table.toml"
	ct_up
	ct_is "$how: services of both bridges are up, but for who has a port of IPv6 alone that leads nowhere" \
		both:up six:failed web:up asks:up further:up alone:failed
	ct_said "six: network.ports: port 8082 is one of IPv6, and bridge br0 has none: " "$how: which is said"
	for line in "br0: address fd77::1/64: IPv6 is off there; .*net.ipv6.conf.br0.disable_ipv6 to 0" \
		"br2: address fd79::1/64: IPv6 is off there; "; do
		is "$(grep -c "minit: $line" "$ct_dir/out")" 1 "$how: so is once what each bridge goes without: ${line%%:*}"
	done
	ct_said "alone: address fd80::[0-9a-f:]*/64: bridge br3 has no IPv6: .*an MTU of 1280" "$how: who has nothing else fails, and is told"
	is "$(addrs both)" "lo:::1/128" "$how: a service has no address of it that leads nowhere"
	is "$(ct_inside both ip -6 route show default)" "" "$how: nor a route"
	is "$(ct_inside both ip -br -4 addr show eth0 | awk '{ print $3 }' | cut -d. -f1-3)" 10.77.0 "$how: that of IPv4 it has"
	is "$(addrs further | grep -o '^[^:]*:fd' | tr '\n' ' ')" "eth0:fd " "$how: of several networks those alone that have it"
	is "$(ct_inside further ip -6 route show fd99::/64)" "" "$how: nor a route by another"
	is "$(ct_minit status both | grep '^!' | tr -s ' ' | grep -c -E '(network.address fd77::.* none|via fd77::1 none)')" 2 \
		"$how: which status shows"
	ct_in nft list table inet minit | grep -q 'fd78::9 . 80'
	ok $? "$how: the rules are of IPv6 too"
	ct_in ip -6 neigh show dev br1 | grep -q '^fd78::9 lladdr .* PERMANENT'
	ok $? "$how: the other bridge knows its services"
	ct_until 10 nsenter --target "$(ct_outer asks)" --net bash -c 'echo >/dev/tcp/fd78::9/80' 2>/dev/null
	is "$(ct_in bash -c "$(declare -f asks); asks ::1 8081")" here "$how: a port published there leads to its service"
	is "$(ct_inside asks bash -c "$(declare -f asks); asks fd78::9 80")" here "$how: so does who may speak to it"
	ct_in ip link del br0
	ct_wait 10 'br0: bridge: somebody has deleted it; it is made anew'
	ct_until 10 ct_in sh -c 'ip -6 neigh show dev br0 | grep -q PERMANENT'
	is "$(ct_in ip -br -6 addr show br0 | awk '{ print $3 }')" fd77::1/64 "$how: made anew it has IPv6"
	ct_minit restart six >/dev/null
	ct_is "$how: and so has who was without" six:up
	ct_stop "$how: it ends in order"
}

one "a setting" "echo 1 >/proc/sys/net/ipv6/conf/\$br/disable_ipv6"
one "an MTU" "ip link set \$br mtu 1200"
echo "1..$ct_tests"
