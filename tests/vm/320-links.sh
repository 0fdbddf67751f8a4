#!/bin/bash
# Each kind of link and what a service may have of the network on Debian's kernel, which has as modules what the host of the
# tests may lack; with another machine, a namespace, at the end of two wires.
set -u
. tests/vm/vm.sh

mkdir -p "$BUILD/tests"
musl-gcc -static -Os -Wall -Wextra -o "$BUILD/tests/sctp.static" tests/tools/sctp.c || { echo "not ok - the tool builds"; exit 1; }
vm_file usr/bin/sctp 755 <"$BUILD/tests/sctp.static"
vm_program /usr/sbin/ip
vm_program /usr/sbin/tc
vm_program /usr/bin/wg
vm_program /usr/bin/nsenter # toybox reads options behind the command too
vm_modules bridge veth dummy 8021q macvlan ipvlan bonding vxlan wireguard virtio_pci virtio_net sch_tbf crc32c_generic sctp nf_tables nft_chain_nat nft_nat \
	nft_masq nft_ct nft_fib nft_fib_inet nft_fib_ipv4 nft_fib_ipv6

here=$(wg genkey) there=$(wg genkey)
# peer PRIVATE OTHER ADDRESS: one end of a wireguard.
peer() {
	printf '[Interface]\nPrivateKey = %s\nListenPort = 51820\n[Peer]\nPublicKey = %s\nAllowedIPs = 10.51.0.0/24\nEndpoint = %s:51820\n' \
		"$1" "$(echo "$2" | wg pubkey)" "$3"
}
peer "$here" "$there" 192.0.2.2 | vm_file /etc/wg0.conf 600
peer "$there" "$here" 192.0.2.1 | vm_file /etc/wgfar.conf 600
vm_file /etc/minit/minit.toml <<'TOML'
[defaults]
restart = "never"
[network.bridge.br0]
address = ["10.77.0.1/24", "fd77::1/64"]
nat = true
vlan_filtering = true

[network.link.d0]
kind = "dummy"
address = ["10.5.0.1/24", "fd05::1/64"]
mtu = 1400
routes = "10.6.0.0/16"
[network.link.d1]
kind = "dummy"
mac = "02:00:00:00:00:d1"
[network.link.d2]
kind = "dummy"
[network.link.mac0]
kind = "macvlan"
mode = "private"
parent = "d0"
address = "10.5.1.1/24"
[network.link.ipv0]
kind = "ipvlan"
mode = "l3"
parent = "d2"
address = "10.5.2.1/24"

[network.link.bond0]
kind = "bond"
mode = "active-backup"
address = ["192.0.2.1/24", "2001:db8::1/64"]
[network.link.p0]
master = "bond0"
[network.link.p1]
master = "bond0"
[network.link.tagged]
kind = "vlan"
id = 10
parent = "bond0"
address = "192.0.10.1/24"
[network.link.vx0]
kind = "vxlan"
id = 42
parent = "bond0"
local = "192.0.2.1"
remote = "192.0.2.2"
address = "10.42.0.1/24"
[network.link.vx6]
kind = "vxlan"
id = 43
remote = "2001:db8::2"
port = 8472
[network.link.wg0]
kind = "wireguard"
config = "/etc/wg0.conf"
address = "10.51.0.1/24"
[network.link.wan]
match = "52:54:00:*"
address = "dhcp"
[network.link.d3]
kind = "dummy"
up = false
[network.link.early]
kind = "vlan"
id = 7
parent = "d3"
address = "10.7.0.1/24"
gateway = "10.7.0.254"
metric = 900
[network.link.orphan]
kind = "vlan"
id = 8
parent = "d4"
address = "10.7.1.1/24"
[network.link.vport]
kind = "vlan"
id = 4094
parent = "d0"
master = "br0"

[service.web]
exec = ["/bin/netcat", "-L", "-p", "80", "/bin/echo", "the page"]
network = { bridge = "br0", address = ["10.77.0.10", "fd77::10"], ports = ["8080:80", "7000:7000/sctp"], rate = { in = "50M", out = "10M" } }
[service.assoc]
exec = ["/usr/bin/sctp", "serve", "7000"]
network.join = "web"
[service.wire]
exec = ["/bin/sleep", "10000"]
network = { mode = "macvlan", parent = "bond0", address = "192.0.2.9/24" }
[service.ipa]
exec = ["/bin/sleep", "10000"]
network = { mode = "ipvlan", parent = "d1", address = ["10.5.3.10/24", "fd53::10/64"] }
[service.ipb]
exec = ["/bin/ping", "-c", "1", "-w", "5", "10.5.3.10"]
ready = "exit"
caps = ["net_raw"]
needs = ["ipa"]
network = { mode = "ipvlan", parent = "d1", address = ["10.5.3.11/24", "fd53::11/64"], sysctl."net.ipv4.ping_group_range" = "0 0" }

[service.far]
exec = ["/bin/sh", "-c", "echo $$ >/run/far; exec sleep 10000"]
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
needs = ["wires", "web", "assoc", "wg-wg0"]
# Who is upon a link that it deletes is started again, and who needs that with it.
after = ["ipb", "wire"]
online = ["wg0", "wan", "bond0", "tagged", "vx0", "vx6", "p0", "p1", "d0", "d1", "d2", "mac0", "ipv0", "early", "orphan"]
[service.ender]
exec = ["/bin/sh", "-c", "minit wait --timeout 120s probe:done; exec minit poweroff"]
namespaces = []
TOML
vm_file /wires <<'SH'
set -e
while [ ! -s /run/far ]; do usleep 10000; done
far=$(cat /run/far)
there="nsenter -t $far -n ip"
echo 0 0 >/proc/sys/net/ipv4/ping_group_range
nsenter -t $far -n sh -c 'echo 0 0 >/proc/sys/net/ipv4/ping_group_range'
for i in 0 1; do ip link add p$i type veth peer name q$i netns $far; done
$there link set lo up
$there link add fb address 02:00:00:00:00:fb type bridge
for i in 0 1; do $there link set q$i master fb; $there link set q$i up; done
$there link set fb up
$there addr add 192.0.2.2/24 dev fb
$there addr add 2001:db8::2/64 dev fb nodad
$there link add fb.10 link fb type vlan id 10
$there addr add 192.0.10.2/24 dev fb.10
$there link set fb.10 up
$there link add vx0 type vxlan id 42 remote 192.0.2.1 dstport 4789 dev fb
$there addr add 10.42.0.2/24 dev vx0
$there link set vx0 up
$there link add wg0 type wireguard
nsenter -t $far -n wg setconf wg0 /etc/wgfar.conf
$there addr add 10.51.0.2/24 dev wg0
$there link set wg0 up
ip link add d4 type dummy
ip link set d3 up
ip link set d4 up
SH
vm_file /probe <<'SH'
exec >/dev/ttyS1 2>&1
far=$(cat /run/far)
# reaches NAME COMMAND...: ping in the network of a command, until it succeeds, for five seconds.
reaches() {
	name=$1
	shift
	for i in 1 2 3 4 5; do
		! "$@" >/dev/null 2>&1 || { echo "reaches $name"; return; }
	done
	echo "lost $name"
}
for link in br0 d0 d1 mac0 ipv0 bond0 p0 p1 tagged vx0 vx6 wg0 wan vport mv0 early orphan; do
	echo "link $link $(ip -d -o link show $link | tr '\\' ' ')"
	echo "addr $link $(ip -br addr show $link)"
done
echo "routes $(ip route show dev d0 | tr '\n' ,)"
echo "early $(ip route show default dev early)"
echo "qdisc out $(tc qdisc show dev mv0)"
minit status ipb --json | grep -o '"state":"[a-z]*"' | sed 's/^/ipb /'
reaches bond ping -c 1 -w 1 192.0.2.2
reaches bond6 ping -c 1 -w 1 2001:db8::2
reaches vlan ping -c 1 -w 1 192.0.10.2
reaches vxlan ping -c 1 -w 1 10.42.0.2
reaches wireguard ping -c 1 -w 1 10.51.0.2
reaches macvlan nsenter -t $far -n ping -c 1 -w 1 192.0.2.9
reaches filtered ping -c 1 -w 1 10.77.0.10
reaches filtered6 ping -c 1 -w 1 fd77::10
echo "page far $(nsenter -t $far -n timeout 5 netcat 192.0.2.1 8080 </dev/null)"
echo "page here $(timeout 5 netcat 127.0.0.1 8080 </dev/null)"
echo "page own $(timeout 5 netcat 192.0.2.1 8080 </dev/null)"
echo "page direct $(nsenter -t $far -n timeout 2 netcat 10.77.0.10 80 </dev/null)"
echo "sctp far $(nsenter -t $far -n sctp ask 192.0.2.1 7000)"
echo "sctp here $(sctp ask 127.0.0.1 7000)"
for link in bond0 wg0 d0 d1 d2; do ip link del $link; done
anew() { ip -o link show d0 && ip -o link show d1 && ip -o link show vport | grep 'master br0' && ip -o link show mac0 && ip -o link show ipv0 && ip -o link show p1 | grep 'master bond0'; }
for i in $(seq 250); do anew >/dev/null 2>&1 && break; usleep 20000; done
echo "anew $(anew >/dev/null 2>&1 && ip -br addr show d0) $(ip -o link show d1)"
reaches anew-bond ping -c 1 -w 1 192.0.2.2
reaches anew-bond6 ping -c 1 -w 1 2001:db8::2
reaches anew-vlan ping -c 1 -w 1 192.0.10.2
reaches anew-vxlan ping -c 1 -w 1 10.42.0.2
reaches anew-wireguard ping -c 1 -w 1 10.51.0.2
active=$(cat /sys/class/net/bond0/bonding/active_slave)
echo "active $active"
nsenter -t $far -n ip link set q${active#p} down
reaches other ping -c 1 -w 1 192.0.2.2
echo "then $(cat /sys/class/net/bond0/bonding/active_slave)"
ip link set $active nomaster
ip link set vport nomaster
for i in $(seq 250); do
	ip -o link show $active | grep -q 'master bond0' && ip -o link show vport | grep -q 'master br0' && break
	usleep 20000
done
echo "again $(ip -o link show $active) $(ip -o link show vport)"
SH
# QEMU's own network, from which nothing leads outside, has a DHCP server.
vm_qemu='-netdev user,id=wan,restrict=on -device virtio-net-pci,netdev=wan'
vm_boot quiet
vm_wait 60 'minit: ' || vm_show
vm_end 180
ok $? "it works, and ends"
vm_show 60

# shows RE TEXT
shows() {
	vm_results | grep -a -q -E "^$1"
	ok $? "$2"
}
shows 'link d0 .*mtu 1400 .*state (UNKNOWN|UP) .*dummy' "a dummy, set up"
shows 'addr d0 .*10\.5\.0\.1/24 fd05::1/64' "with its addresses"
shows 'routes .*10\.6\.0\.0/16 proto static scope link' "and a route"
shows 'link d1 .*link/ether 02:00:00:00:00:d1 .*dummy' "and one with a MAC of the table"
shows 'link mac0 .*@d0.*macvlan mode private' "a macvlan"
shows 'link ipv0 .*@d2.*ipvlan +mode l3' "an ipvlan"
shows 'link bond0 .*LOWER_UP.*bond mode active-backup' "a bond"
shows 'link p0 .*master bond0 .*state UP' "its ports, which came late"
shows 'link p1 .*master bond0 .*state UP' "both"
shows 'link tagged .*@bond0.*vlan protocol 802.1Q id 10 ' "a vlan"
shows 'link vx0 .*vxlan id 42 remote 192\.0\.2\.2 local 192\.0\.2\.1 dev bond0 .*dstport 4789' "a vxlan"
shows 'link vx6 .*vxlan id 43 remote 2001:db8::2 .*dstport 8472' "and one over IPv6"
shows 'link wg0 .*wireguard' "a wireguard"
shows 'link wan .*link/ether 52:54:00' "a device by its MAC"
shows 'addr wan .*10\.0\.2\.15/24' "with an address by the client of the image"
shows 'link vport .*master br0 .*vlan protocol 802.1Q id 4094' "a vlan that is a port of a bridge"
shows 'link br0 .*bridge .*vlan_filtering 1 ' "a bridge that filters VLANs"
vm_console | grep -a -q 'minit: early: link: d3 is down; it is set up when that comes up'
ok $? "a vlan upon what is down is told of"
shows 'addr early .*10\.7\.0\.1/24' "and set up when that comes up"
shows 'early default via 10\.7\.0\.254 proto static metric 900' "with its routes"
shows 'addr orphan .*10\.7\.1\.1/24' "as one upon what was not there at all"
shows 'qdisc out .*tbf .*rate 50Mbit' "a rate"
shows 'ipb "state":"done"' "services upon one link by ipvlan reach each other"
for way in bond:"the other machine" bond6:"by IPv6" vlan:"through the vlan" vxlan:"through the vxlan" wireguard:"through the wireguard" \
	macvlan:"a service with a macvlan, from there" filtered:"a service of the bridge that filters" filtered6:"and by IPv6"; do
	shows "reaches ${way%:*}\$" "${way#*:} is reached"
done
shows 'page far the page' "a published port from outside"
shows 'page here the page' "by 127.0.0.1"
shows 'page own the page' "by an address of the machine"
shows 'page direct $' "and nothing past it"
shows 'sctp far 192\.0\.2\.2$' "one of SCTP from outside, whose address is seen"
shows 'sctp here 10\.77\.0\.1$' "and by 127.0.0.1"
shows 'anew d0 .* 10\.5\.0\.1/24 fd05::1/64.* 02:00:00:00:00:d1 ' "links that somebody deletes are made anew, and what is upon them and their ports"
for way in bond bond6 vlan vxlan wireguard; do
	shows "reaches anew-$way\$" "by the new $way the other machine is reached"
done
shows 'reaches other' "when a wire fails the other carries on"
[ "$(vm_results | sed -n 's/^active //p')" != "$(vm_results | sed -n 's/^then //p')" ]
ok $? "as the bond has noticed"
shows 'again .*,UP.* master bond0 .*vport@.*,UP.* master br0 ' "ports that are taken off a bond and a bridge are ports again"
! vm_console | grep -a -v -E 'link: (.*online|somebody has deleted it; it is made anew|.* is not there; it is set up when that comes)' | grep -a -E 'panic|Oops|BUG|minit: (d0|d3|d1|d2|mac0|ipv0|bond0|tagged|vx0|vx6|wg0|wan|br0): '
ok $? "nothing is complained of"
echo "1..$vm_tests"
