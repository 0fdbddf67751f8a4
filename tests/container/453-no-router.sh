#!/bin/bash
# A service is no router of the machine: what it advertises on a bridge that minit has made, or on a shard of it, gives the machine
# neither an address nor a route, unless a setting of the table says so.
set -u
. tests/container/ct.sh
. tests/container/traffic.sh

ct_table <<TOML
[network]
sysctl = { "net.ipv6.conf.wide.accept_ra" = 2 }
[network.bridge.br0]
address = "10.77.0.1/24"
nat = true
shard = 3
[network.bridge.wide]
address = ["10.78.0.1/24", "fd78::1/64"]
[defaults]
network = { bridge = "br0", gateway = "none" }
[service.one]
[service.two]
[service.three]
[service.four]
[service.open]
network = { bridge = "wide", gateway = "10.78.0.1" }
TOML
sed -i '/^\[service[.]/a exec = ["/bin/sleep", "1000"]' "$ct_dir/table.toml"

host_ip() {
	nsenter --target "$(ct_pid)" --net ip -6 "$@"
}

# A neighbour's own question is behind what it has advertised, and the machine's answer shows that both have been heard.
advertises() {
	nsenter --target "$(ct_outer "$1")" --net $traffic_python "$traffic_tools/router.py" "$2"
}

believed() {
	host_ip route show proto ra; host_ip -o addr show to 2001:db8:bad::/48
}

ct_start
ct_up
ct_is "all is up" all:up || exit 1; [ -n "$(ct_pid)" ] || { ct_show; exit 1; }
for service in one two three four; do
	advertises "$service" 10.77.0.1 || ok 1 "$service has advertised itself"
done
is "$(believed)" "" "nobody believes what services advertise, on a bridge and a shard"
is "$(host_ip route show default)" "" "nor has a way by one of them"
nsenter --target "$(ct_pid)" --net ip link delete br0
ct_is_there() {
	nsenter --target "$(ct_pid)" --net ip link show br0
}
soon ct_is_there
ct_said 'br0: bridge: somebody has deleted it; it is made anew' "a bridge that was deleted is made anew"
soon advertises one 10.77.0.1
is "$(believed)" "" "and does not believe them either"
advertises open 10.78.0.1
soon sh -c "nsenter --target $(ct_pid) --net ip -6 route show proto ra | grep -q 'default via fe80::bad dev wide'"
ok $? "where a setting says so, a router is believed"
ct_not_said 'accept_ra' "nothing is said of it"
ct_stop "it ends in order"
echo "1..$ct_tests"
