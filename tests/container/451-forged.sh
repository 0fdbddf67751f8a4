#!/bin/bash
# What network.allow lets one service do is not for others that write its address on their packets: neither a service of another
# bridge nor a machine outside. No packet leaves these namespaces.
set -u
. tests/container/ct.sh
. tests/container/traffic.sh

hears='exec = ["/usr/bin/python3", "-S", "-E", "-u", "-c", "import socket; s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.bind((\"::\", 53)); [print(\"heard\", *s.recvfrom(99)[:1]) for _ in iter(int, 1)]"]'
ct_table <<TOML
[network.bridge.br0]
address = ["10.77.0.1/24", "fd77::1/64"]
nat = true
isolate = true
[network.bridge.br1]
address = ["10.78.0.1/24", "fd78::1/64"]
isolate = true
[network.bridge.plain]
address = ["10.79.0.1/24", "fd79::1/64"]

[service.web]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br0", address = ["10.77.0.10", "fd77::10"], allow = ["db:53/udp", "near:53/udp"] }
[service.near]
$hears
network = { bridge = "br0", address = ["10.77.0.11", "fd77::11"] }
[service.db]
$hears
network = { bridge = "br1", address = ["10.78.0.10", "fd78::10"] }
[service.other]
exec = ["/bin/sleep", "1000"]
network = { bridge = "plain" }
TOML

forge() {
	local pid=$1
	shift
	nsenter --target "$pid" --net $traffic_python "$traffic_tools/forge.py" "$@"
}

# What is heard comes in the order in which it was sent.
ct_start
ct_up
ct_is "all is up" all:up || exit 1; [ -n "$(ct_pid)" ] || { ct_show; exit 1; }
outside
nsenter --target "$ct_client" --net ip route add 10.76.0.0/14 via 192.0.2.1
nsenter --target "$ct_client" --net ip -6 route add fd00::/8 via 2001:db8::1
listens db 53
listens near 53
for pid in "$(ct_outer other)" "$ct_client"; do
	for to in 8.0.10 7.0.11; do
		forge "$pid" 10.77.0.10 "10.7$to" 53 forged
	done
	for to in 8::10 7::11; do
		forge "$pid" fd77::10 "fd7$to" 53 forged
	done
done
web=$(ct_outer web)
forge "$web" 10.77.0.10 10.78.0.10 53 v4-db
forge "$web" fd77::10 fd78::10 53 v6-db
forge "$web" 10.77.0.10 10.77.0.11 53 v4-near
forge "$web" fd77::10 fd77::11 53 v6-near
heard() {
	grep -a -c "heard b'$1'" "$ct_dir/out"
}
for word in v4-db v6-db v4-near v6-near; do
	soon grep -a -q "heard b'$word'" "$ct_dir/out"
	ok $? "what the service itself sends is heard: $word"
done
is "$(heard forged)" 0 "what others send in its name is not"
ct_stop "it ends in order"
echo "1..$ct_tests"
