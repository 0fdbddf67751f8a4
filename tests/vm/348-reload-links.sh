#!/bin/bash
# Another table in which links of the kinds that only this kernel has are others: each is so, with what is upon it or a port of it.
set -u
. tests/vm/vm.sh

vm_program /usr/sbin/ip
vm_modules veth dummy 8021q bonding macvlan
table() { # VLAN MODE MTU PARENT
	cat <<TOML
[defaults]
restart = "never"
[network.link.d0]
kind = "dummy"
$3
[network.link.d1]
kind = "dummy"
[network.link.v]
kind = "vlan"
id = $1
parent = "$4"
address = "192.0.2.1/24"
[network.link.m]
kind = "macvlan"
parent = "v"
address = "192.0.3.1/24"
[network.link.bond9]
kind = "bond"
mode = "$2"
address = "192.0.4.1/24"
[network.link.p0]
kind = "dummy"
master = "bond9"
[network.link.p1]
kind = "dummy"
master = "bond9"
[service.stays]
exec = ["/bin/sleep", "10000"]
network = "none"
[service.upon]
exec = ["/bin/sleep", "10000"]
namespaces = ["net"]
network = { mode = "macvlan", parent = "v", address = "192.0.2.9/24" }
[service.probe]
exec = ["/bin/sh", "/probe"]
namespaces = []
caps = "all"
ready = "exit"
needs = ["stays"]
[service.ender]
exec = ["/bin/sh", "-c", "minit wait --timeout 120s probe:done; exec minit poweroff"]
namespaces = []
TOML
}
table 5 active-backup '' d0 | vm_table || exit 1
table 6 active-backup '' d0 | vm_file /1.toml
table 6 balance-xor '' d0 | vm_file /2.toml
table 6 balance-xor 'mtu = 1400' d0 | vm_file /3.toml
table 6 balance-xor '' d0 | vm_file /4.toml
table 6 balance-xor '' d1 | vm_file /5.toml
vm_file /probe <<'SH'
exec >/dev/ttyS1 2>&1
about() {
	echo "$1 v: $(ip -d -o link show v | grep -o -E '@d[01]|> mtu [0-9]*|vlan protocol 802.1Q id [0-9]*' | tr '\n' ' ')"
	echo "$1 address: $(for i in v m bond9; do ip -o -4 addr show dev $i | grep -o 'inet [^ ]*'; done | tr '\n' ' ')"
	ports=$(ip -o link show master bond9 | grep LOWER_UP | grep -o 'p[01]:' | tr '\n' ' ')
	echo "$1 bond: $(ip -d -o link show bond9 | grep -o -E 'bond mode [a-z0-9-]+') $ports"
}
field() { minit status $1 --json | sed -n "/\"name\":\"$1\"/s/.*\"pid\":\([0-9]*\).*/\1/p"; }
minit wait --timeout 20s upon:up >/dev/null
about 0
stays=$(field stays)
for n in 1 2 3 4 5; do
	minit reload /$n.toml | sed "s/^/$n says: /"
	minit wait --timeout 20s upon:up >/dev/null || echo "$n: not up"
	about $n
done
echo "stays: $([ "$(field stays)" = "$stays" ] && echo yes)"
echo "net $(minit net | grep '^!' | tr '\n' ,)"
SH
vm_boot quiet
vm_wait 60 'minit: ' || vm_show
vm_end 180
ok $? "it works, and ends"
vm_show 60

# found TEXT LINE...: that it says just these of a number.
found() {
	local n=$1 text=$2
	shift 2
	[ "$(vm_results | grep -a "^$n ")" = "$(printf '%s\n' "$@")" ]
	ok $? "$text"
	vm_results | grep -a "^$n " | sed 's/^/# /'
}
found 0 "by the first table" "0 v: @d0 > mtu 1500 vlan protocol 802.1Q id 5 " "0 address: inet 192.0.2.1/24 inet 192.0.3.1/24 inet 192.0.4.1/24 " "0 bond: bond mode active-backup p0: p1: "
found 1 "another id of a vlan" "1 says: upon: restarted with a new network: its link" "1 says: network.link.v: id: made anew, with what is upon it" \
	"1 says: network.link.m: parent: made anew, with what is upon it" \
	"1 v: @d0 > mtu 1500 vlan protocol 802.1Q id 6 " "1 address: inet 192.0.2.1/24 inet 192.0.3.1/24 inet 192.0.4.1/24 " "1 bond: bond mode active-backup p0: p1: "
found 2 "another mode of a bond" "2 says: network.link.bond9: mode: made anew, with what is upon it" \
	"2 says: network.link.p0: master: changed while all runs" "2 says: network.link.p1: master: changed while all runs" \
	"2 v: @d0 > mtu 1500 vlan protocol 802.1Q id 6 " "2 address: inet 192.0.2.1/24 inet 192.0.3.1/24 inet 192.0.4.1/24 " "2 bond: bond mode balance-xor p0: p1: "
found 3 "an MTU of what others are upon" "3 says: network.link.d0: mtu: changed while all runs" \
	"3 v: @d0 > mtu 1400 vlan protocol 802.1Q id 6 " "3 address: inet 192.0.2.1/24 inet 192.0.3.1/24 inet 192.0.4.1/24 " "3 bond: bond mode balance-xor p0: p1: "
found 4 "and none" "4 says: upon: restarted with a new network: its link" "4 says: network.link.d0: mtu: made anew, with what is upon it" \
	"4 says: network.link.v: parent: made anew, with what is upon it" "4 says: network.link.m: parent: made anew, with what is upon it" \
	"4 v: @d0 > mtu 1500 vlan protocol 802.1Q id 6 " "4 address: inet 192.0.2.1/24 inet 192.0.3.1/24 inet 192.0.4.1/24 " "4 bond: bond mode balance-xor p0: p1: "
found 5 "upon another link" "5 says: upon: restarted with a new network: its link" "5 says: network.link.v: parent: made anew, with what is upon it" \
	"5 says: network.link.m: parent: made anew, with what is upon it" \
	"5 v: @d1 > mtu 1500 vlan protocol 802.1Q id 6 " "5 address: inet 192.0.2.1/24 inet 192.0.3.1/24 inet 192.0.4.1/24 " "5 bond: bond mode balance-xor p0: p1: "
vm_results | grep -a -q -x 'stays: yes' && vm_results | grep -a -q -x 'net '
ok $? "who has nothing to do with it has run on, and all is as asked"
! vm_console | grep -a -q somebody
ok $? "nobody is said to have taken anything"
echo "1..$vm_tests"
