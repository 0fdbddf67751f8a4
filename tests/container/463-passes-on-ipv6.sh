#!/bin/bash
# A service in two networks passes on what is IPv6 from one to the other: it finds whom it has never heard of.
set -u
. tests/container/ct.sh

ct_table <<TOML
[network.bridge.br0]
address = ["10.77.0.1/24", "fd77::1/64"]
[network.bridge.br1]
address = ["10.78.0.1/24", "fd78::1/64"]
[network.bridge.br2]
address = ["10.79.0.1/24", "fd79::1/64"]
antispoof = true
[service.router]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br0", address = "fd77::2", also = "br1 fd78::2", sysctl = { "net.ipv6.conf.all.forwarding" = 1 } }
[service.asks]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br0", gateway = "fd77::2" }
[service.web]
exec = ["/usr/bin/python3", "-S", "-E", "-c", """
import socket
s = socket.create_server(("::", 80), family=socket.AF_INET6)
while True:
    s.accept()[0].sendall(b"here")
"""]
network = { bridge = "br1", address = "fd78::9", gateway = "fd78::2" }
[service.held]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br2", also = "br1" }
TOML

ct_start
ct_up
ct_is "all are up" router:up asks:up web:up held:up
ct_until 10 nsenter --target "$(ct_outer web)" --net bash -c 'echo >/dev/tcp/::1/80' 2>/dev/null
is "$(ct_inside asks /usr/bin/python3 -S -E -c '
import socket
print(socket.create_connection(("fd78::9", 80), 10).recv(9).decode())' 2>&1 | tail -n 1)" here "what comes by eth0 goes out by eth1"
local_of() {
	ct_inside "$1" ip -o -6 addr show scope link | awk '{ print $2 }' | tr '\n' ' '
}
is "$(local_of router)" "eth0 eth1 " "a link-local address is what it asks from"
is "$(ct_inside router ip -6 addr show tentative)" "" "which is in use at once"
quiet_of() {
	ct_inside "$1" cat "/proc/sys/net/ipv6/conf/eth0/router_solicitations" "/proc/sys/net/ipv6/conf/eth1/router_solicitations" |
		tr '\n' ' '
}
is "$(quiet_of router)" "0 0 " "and which asks nobody for routers"
is "$(local_of asks)" "" "who is in one network has none, and says nothing to all by it"
is "$(local_of held)" "eth1 " "nor has who may send from its own addresses alone"
sed -i '/^antispoof/d' "$ct_dir/table.toml"
ct_minit reload >"$ct_dir/reload" 2>&1
ok $? "a reload may take antispoof away" || sed 's/^/# /' "$ct_dir/reload"
ct_is "who is there again is up" held:up
is "$(local_of held)" "eth0 eth1 " "and may pass on by both"
ct_stop "it ends in order"
echo "1..$ct_tests"
