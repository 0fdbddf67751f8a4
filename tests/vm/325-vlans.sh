#!/bin/bash
# VLANs, by packets, on Debian's kernel: bridges that are each on another VLAN of one wire, and a bridge that filters them.
set -u
. tests/vm/vm.sh

vm_program /usr/sbin/ip
vm_program /usr/sbin/bridge
vm_program /usr/bin/nsenter
vm_modules bridge veth 8021q
vm_table <<'TOML' || exit 1
[defaults]
restart = "never"
[network.bridge.b10]
address = "10.10.0.1/24"
[network.bridge.b20]
address = "10.20.0.1/24"
[network.bridge.bf]
address = ["10.30.0.1/24", "fd30::1/64"]
vlan_filtering = true
[network.link.trunk]
[network.link.t10]
kind = "vlan"
id = 10
parent = "trunk"
master = "b10"
[network.link.t20]
kind = "vlan"
id = 20
parent = "trunk"
master = "b20"
[network.link.wire]
master = "bf"

[service.a]
exec = ["/bin/sleep", "10000"]
network = { bridge = "b10", address = "10.10.0.10" }
[service.b]
exec = ["/bin/sleep", "10000"]
network = { bridge = "b20", address = "10.20.0.10" }
[service.c]
exec = ["/bin/sleep", "10000"]
network = { bridge = "bf", address = ["10.30.0.10", "fd30::10"], sysctl."net.ipv4.ping_group_range" = "0 0" }
[service.d]
exec = ["/bin/sleep", "10000"]
network = { bridge = "bf", address = ["10.30.0.11", "fd30::11"] }
[service.far]
exec = ["/bin/sleep", "10000"]
namespaces = ["net"]
network = "none"
[service.wires]
exec = ["/bin/sh", "/wires"]
namespaces = []
caps = "all"
ready = "exit"
needs = ["far"]
[service.probe]
exec = ["/bin/sh", "/probe"]
namespaces = []
caps = "all"
ready = "exit"
needs = ["wires", "a", "b", "c", "d"]
online = ["t10", "t20", "wire"]
[service.ender]
exec = ["/bin/sh", "-c", "minit wait --timeout 120s probe:done; exec minit poweroff"]
namespaces = []
TOML
# far COMMAND...: on the other machine, at the ends of both wires.
tools='
of() { minit status "$1" --json | sed -n "/\"name\":\"$1\"/s/.*\"pid\":\([0-9]*\).*/\1/p"; }
far() { nsenter -t "$(of far)" -n "$@"; }
far sh -c "echo 0 0 >/proc/sys/net/ipv4/ping_group_range"
'
{
	echo "set -e$tools"
	cat <<'SH'
for end in trunk wire; do ip link add $end type veth peer name f$end netns $(of far); far ip link set f$end up; done
for id in 10 20; do
	far ip link add ftrunk.$id link ftrunk type vlan id $id
	far ip addr add 10.$id.0.50/24 dev ftrunk.$id
	far ip link set ftrunk.$id up
done
far ip addr add 10.30.0.50/24 dev fwire
far ip addr add fd30::50/64 dev fwire nodad
far ip link add fwire.10 link fwire type vlan id 10
far ip link set fwire.10 up
SH
} | vm_file /wires
{
	echo "exec >/dev/ttyS1 2>&1$tools"
	cat <<'SH'
# asks NAME COMMAND...: pings, until one is answered; $tries times, a second each.
tries=5
asks() {
	name=$1
	shift
	for i in $(seq $tries); do
		! "$@" >/dev/null 2>&1 || { echo "$name: reached"; return; }
	done
	echo "$name: lost"
}
pings() { name=$1 address=$2; asks "$name" far ping -c 1 -w 1 "$address"; }
pings "tag 10" 10.10.0.10
pings "tag 20" 10.20.0.10
far ip addr del 10.20.0.50/24 dev ftrunk.20
far ip addr add 10.20.0.50/24 dev ftrunk.10
tries=2
pings "by the other tag" 10.20.0.10
tries=5
pings "untagged" 10.30.0.11
pings "untagged6" fd30::11
asks "its neighbour" nsenter -t "$(of c)" -n ping -c 1 -w 1 10.30.0.11
far ip addr add 10.30.0.51/32 dev fwire.10
far ip route add 10.30.0.10/32 dev fwire.10 src 10.30.0.51
tries=2
pings "with a tag that no port is in" 10.30.0.10
port=$(ip -o link show master bf | sed -n 's/^[0-9]*: \(mv[0-9]*\)@.*/\1/p' | head -n 1)
bridge vlan add dev wire vid 10
bridge vlan add dev $port vid 10 pvid untagged
bridge vlan del dev $port vid 1
tries=5
pings "with one that both are in" 10.30.0.10
tries=2
far ip route del 10.30.0.10/32 dev fwire.10
pings "untagged then" 10.30.0.10
tries=5
pings "untagged still" 10.30.0.11
tries=2
asks "its neighbour then" nsenter -t "$(of c)" -n ping -c 1 -w 1 10.30.0.11
ip link set $port nomaster
for i in $(seq 250); do ip -o link show $port | grep -q 'master bf' && break; usleep 20000; done
tries=5
pings "a port again" 10.30.0.10
echo "net $(minit net | grep '^!' | tr '\n' ,)"
SH
} | vm_file /probe
vm_boot quiet
vm_wait 60 'minit: ' || vm_show
vm_end 180
ok $? "it works, and ends"
vm_show 60

# found NAME WHAT TEXT
found() {
	vm_results | tr -d '\r' | grep -a -q -x -F "$1: $2"
	ok $? "$3"
}
found "tag 10" reached "a service is reached through a vlan that is a port of its bridge"
found "tag 20" reached "and one on another bridge through another vlan of the same wire"
found "by the other tag" lost "but not with the tag of the other"
found "untagged" reached "on a bridge that filters, without a tag"
found "untagged6" reached "by IPv6 too"
found "its neighbour" reached "as those on it reach each other"
found "with a tag that no port is in" lost "nobody with a tag"
found "with one that both are in" reached "until somebody puts its port and the uplink into that VLAN"
found "untagged then" lost "then no longer without it"
found "untagged still" reached "where its neighbour is"
found "its neighbour then" lost "whom it reaches no more"
found "a port again" reached "a port that is taken off and joined again is in VLAN 1, as it was made"
vm_results | tr -d '\r' | grep -a -q -x 'net '
ok $? "all is as asked"
echo "1..$vm_tests"
