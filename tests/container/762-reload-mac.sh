#!/bin/bash
# Who knows an address by another MAC than the table says now is told, with one frame for each address: it would send there for half a
# minute. Who is told nothing else hears nothing.
set -u
. tests/container/ct.sh
. tests/container/traffic.sh

# table MAC-OF-SERVICES MAC-OF-LINK MAC-OF-BRIDGE MTU MAC-OF-MACVLAN
table() {
	ct_table <<TOML
[network.bridge.br0]
address = ["10.77.0.1/24", "fd77::1/64"]
mac = "02:00:00:00:$3"
[network.link.up0]
address = ["192.0.2.1/24", "2001:db8::1/64"]
mac = "02:00:00:00:$2"
[network.link.mac0]
kind = "macvlan"
parent = "up0"
address = ["192.0.2.30/24", "2001:db8::30/64"]
mac = "02:00:00:00:$5"
[network.link.port]
master = "br0"
[service.web]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br0", address = ["10.77.0.10", "fd77::10"], mac = "02:00:00:00:$1", mtu = $4 }
[service.asks]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br0", address = ["10.77.0.20", "fd77::20"] }
[service.upon]
exec = ["/bin/sleep", "1000"]
network = { mode = "macvlan", parent = "up0", address = ["192.0.2.10/24", "2001:db8::10/64"], mac = "06:00:00:00:$1" }
TOML
}
there="nsenter --net=/proc/self/fd/8"
# By which MAC the outside knows an address, and by which a service does.
known() {
	$there ip neigh show "$1" | grep -o '0[26]:00:00:00:[^ ]*'
}
known_inside() {
	ct_inside asks ip neigh show "$1" | grep -o '02:00:00:00:[^ ]*'
}
# becomes TEXT FUNCTION MAC ADDRESS ADDRESS [BYTE]: in the end, and at its beginning.
becomes() {
	local mac=${6-02}:00:00:00:$3
	ct_until 5 both "$2" "$mac" "$4" "$5"
	is "$("$2" "$4") $("$2" "$5")" "$mac $mac" "$1"
}
both() {
	[ "$("$1" "$3") $("$1" "$4")" = "$2 $2" ]
}
# Until all are known.
ask_all() {
	soon from_all 10.77.0.1 fd77::1 10.77.0.10 fd77::10 192.0.2.1 2001:db8::1 192.0.2.10 2001:db8::10 192.0.2.30 2001:db8::30
	ok $? "the outside reaches all"
	from "$(ct_outer asks)" ping:10.77.0.10 ping:fd77::10 >/dev/null
}
from_all() {
	[ "$(from "$ct_client" "${@/#/ping:}")" = pong,pong,pong,pong,pong,pong,pong,pong,pong,pong ]
}

table 01:01 02:01 03:01 1500 04:01
ct_start sh -c 'ip link add up0 type veth peer name far0 && ip link add port type veth peer name far1 && exec "$@"' sh "$MINIT" run "$ct_dir/table.toml"
ct_up
unshare --net sleep 1000 &
ct_client=$!
soon sh -c "[ \$(readlink /proc/$ct_client/ns/net) != $(readlink /proc/self/ns/net) ]"
exec 7<"/proc/$(ct_pid)/ns/net" 8<"/proc/$ct_client/ns/net"
here="nsenter --net=/proc/self/fd/7"
$here ip link set far0 netns "$ct_client" && $here ip link set far1 netns "$ct_client"
$there sh -c 'ip addr add 192.0.2.99/24 dev far0 && ip addr add 2001:db8::99/64 dev far0 nodad && ip link set far0 up &&
	ip addr add 10.77.0.99/24 dev far1 && ip addr add fd77::99/64 dev far1 nodad && ip link set far1 up'
ct_is "all is up" all:up
soon sh -c "$here ip link show port | grep -q 'state forwarding\|LOWER_UP'"
ask_all
is "$(known 10.77.0.1) $(known 10.77.0.10) $(known 192.0.2.1) $(known 192.0.2.10) $(known_inside fd77::10)" \
	"02:00:00:00:03:01 02:00:00:00:01:01 02:00:00:00:02:01 06:00:00:00:01:01 02:00:00:00:01:01" "all are known by the MACs of the table"

# What is told to all of whose an address is: by ARP, of and for one address; by a neighbour advertisement.
$there $traffic_python -u -c '
import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
while True:
    frame, at = s.recvfrom(2048)
    if at[2] == socket.PACKET_OUTGOING:
        continue
    if frame[12:14] == b"\x08\x06" and frame[28:32] == frame[38:42]:
        print(socket.inet_ntop(socket.AF_INET, frame[28:32]))
    if frame[12:14] == b"\x86\xdd" and frame[20] == 58 and frame[54] == 136 and frame[38] == 255:
        print(socket.inet_ntop(socket.AF_INET6, frame[62:78]))
' >"$ct_dir/heard" &
listener=$!
soon sh -c "$there cat /proc/net/packet | grep -q 0003"
table 01:02 02:01 03:01 1500 04:01
ct_minit reload >/dev/null
ct_is "a service has another" all:up
becomes "the outside knows it by that" known 01:02 10.77.0.10 fd77::10
becomes "and so does another service" known_inside 01:02 10.77.0.10 fd77::10
becomes "one upon a link has another, too" known 01:02 192.0.2.10 2001:db8::10 06
table 01:02 02:01 03:01 1400 04:01
ct_minit reload >/dev/null
ct_is "a service has a network anew, with the same" web:up
ct_minit restart web >/dev/null
ct_is "and is started again" web:up

ask_all
table 01:02 02:02 03:01 1400 04:01
ct_minit reload >/dev/null
becomes "a link has another" known 02:02 192.0.2.1 2001:db8::1
table 01:02 02:02 03:01 1400 04:02
ct_minit reload >/dev/null
becomes "one that minit makes has another" known 04:02 192.0.2.30 2001:db8::30
table 01:02 02:02 03:02 1400 04:02
ct_minit reload >/dev/null
ct_is "a bridge has another" all:up
becomes "the outside knows it by that" known 03:02 10.77.0.1 fd77::1
# A link-local address is the kernel's own, and told of as soon as it is known that nobody else has it.
is "$(grep -v ^fe80 "$ct_dir/heard" | sort | tr '\n' ' ')" "10.77.0.1 10.77.0.10 192.0.2.1 192.0.2.10 192.0.2.30 2001:db8::1 2001:db8::10 2001:db8::30 fd77::1 fd77::10 " \
	"each is told once, and nothing else"
is "$($here cat /proc/sys/net/ipv4/conf/{br0,up0}/arp_notify /proc/sys/net/ipv6/conf/{br0,up0}/ndisc_notify | tr '\n' ' ')" "0 0 0 0 " \
	"and of itself the kernel tells nobody, as before"
kill "$listener"
ct_stop "it ends in order"
echo "1..$ct_tests"
