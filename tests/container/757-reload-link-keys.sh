#!/bin/bash
# Another table in which a link that stays has other keys: it is given them in place, or made anew with what is upon it; who has
# nothing to do with it runs on.
set -u
. tests/container/ct.sh

# Each line of the table that changes, by a word; the rest stays.
declare -A line=(
	[address]='address = ["192.0.2.10/24", "2001:db8::10/64"]' [gateway]='gateway = "192.0.2.1"'
	[routes]='routes = ["10.9.0.0/16 via 192.0.2.1", "blackhole 10.8.0.0/16"]' [wan]='' [vxlan]='id = 5'
	[port]='master = "br0"' [kind]='kind = "macvlan"
parent = "far"' [up]='' [match]='match = "p0"'
)
table() {
	ct_table <<TOML
[network.bridge.br0]
address = "10.77.0.1/24"
[network.bridge.br1]
address = "10.78.0.1/24"
[network.link.wan]
match = "02:00:00:00:00:05"
${line[address]}
${line[gateway]}
${line[routes]}
${line[wan]}
[network.link.v]
kind = "vxlan"
remote = "192.0.2.7"
${line[vxlan]}
address = "198.51.100.1/24"
[network.link.upon]
kind = "macvlan"
parent = "v"
mode = "bridge"
address = "198.51.101.1/24"
[network.link.found]
${line[match]}
[network.link.q0]
${line[port]}
[network.link.d0]
${line[kind]}
${line[up]}
[service.host]
exec = ["/bin/sleep", "1000"]
network = "host"
online = ["wan", "v"]
[service.inside]
exec = ["/bin/sleep", "1000"]
network = { mode = "macvlan", parent = "v", address = "198.51.100.9/24" }
[service.other]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br0" }
TOML
}
reload() {
	ct_minit reload "$@" >"$ct_dir/said" 2>&1
	echo "$?:$(sort "$ct_dir/said")"
}
addresses() {
	echo $(ct_in ip -o addr show dev "$1" | sed 's/.*inet6* \([^ ]*\).*/\1/' | grep -v ^fe80 | sort)
}
routes() {
	echo $(ct_in ip route show | grep -v 'scope link' | sed 's/ proto.*//; s/ $//' | LC_ALL=C sort)
}
number() {
	ct_in ip -o link show "$1" | cut -d: -f1
}
has() { # LINK WORDS: which of them ip says of it
	ct_in ip -d -o link show "$1" | grep -o -E "$2" | head -n 1
}
pids() {
	echo "$(ct_field host pid),$(ct_field other pid)"
}

table
ct_start sh -c 'ip link add u0 address 02:00:00:00:00:05 type veth peer name u1 && ip link set u1 up &&
	ip link add p0 type veth peer name p1 && ip link set p1 up && ip link add far type veth peer name near && ip link set far up && ip link set near up && ip link add q0 type veth peer name q1 && ip link set q1 up &&
	exec "$@"' sh "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "it runs" host:up inside:up other:up
pids=$(pids) inside=$(ct_field inside pid) wan=$(number wan) v=$(number v) d=$(number d0)
is "$(addresses wan);$(routes)" "192.0.2.10/24 2001:db8::10/64;10.9.0.0/16 via 192.0.2.1 dev wan blackhole 10.8.0.0/16 default via 192.0.2.1 dev wan" \
	"by the first table"

line[address]='address = ["192.0.2.20/24", "2001:db8::10/48"]' line[gateway]='gateway = "192.0.2.254"'
line[routes]='routes = ["10.10.0.0/16 via 192.0.2.1"]' line[wan]='mtu = 1400' line[port]='master = "br1"' line[up]='up = false'
table
said='0:network.link.d0: up: changed while all runs
network.link.q0: master: changed while all runs
network.link.wan: address: changed while all runs
network.link.wan: gateway: changed while all runs
network.link.wan: mtu: changed while all runs
network.link.wan: routes: changed while all runs'
is "$(reload --plan)" "$said" "the plan has what is given in place"
is "$(addresses wan)" "192.0.2.10/24 2001:db8::10/64" "and does nothing"
is "$(reload)" "$said" "minit reload takes it"
is "$(addresses wan);$(routes)" "192.0.2.20/24 2001:db8::10/48;10.10.0.0/16 via 192.0.2.1 dev wan default via 192.0.2.254 dev wan" \
	"addresses and routes are those of the new table, and no others"
is "$(has wan 'mtu [0-9]+'),$(has q0 'master [a-z0-9]+'),$(has d0 'state [A-Z]+')" "mtu 1400,master br1,state DOWN" "and an MTU, a master, and what is to be down"
is "$(number wan),$(number v),$(number d0)" "$wan,$v,$d" "each is the one that it was"
is "$(pids),$(ct_field inside pid)" "$pids,$inside" "and all run on"
ct_is "a link that is online is so still" host:up
ct_signal SEGV
ct_is "a crash behind it" host:up inside:up other:up
is "$(addresses wan);$(number wan)" "192.0.2.20/24 2001:db8::10/48;$wan" "keeps it so"
line[up]='' line[port]=''
table
is "$(reload)" "0:network.link.d0: up: changed while all runs
network.link.q0: master: changed while all runs" "up again, and of no master"
is "$(has q0 'master [a-z0-9]+'),$(has d0 'UP')" ",UP" "they are so"

line[vxlan]='id = 6'
table
said='0:inside: restarted with a new network: its link
network.link.upon: parent: made anew, with what is upon it
network.link.v: id: made anew, with what is upon it'
is "$(reload --plan)" "$said" "the plan has what is made anew"
is "$(has v 'vxlan id [0-9]+'),$(number v)" "vxlan id 5,$v" "and does nothing"
is "$(reload)" "$said" "minit reload takes it"
ct_is "who was upon it is up" inside:up
is "$(has v 'vxlan id [0-9]+'),$(addresses v),$(addresses upon)" "vxlan id 6,198.51.100.1/24,198.51.101.1/24" "it is another, with what it had"
[ "$(number v)" != "$v" ] && [ "$(ct_field inside pid)" != "$inside" ]
ok $? "a new one"
is "$(ct_inside inside ip -o -4 addr show eth0 | grep -c 198.51.100.9)" 1 "upon which the service has its address"
is "$(pids),$(number wan),$(number d0)" "$pids,$wan,$d" "all else is as it was"

line[kind]='kind = "vxlan"
id = 9
remote = "192.0.2.7"'
table
is "$(reload)" "0:network.link.d0: kind: made anew, with what is upon it" "another kind"
is "$(has d0 'vxlan id [0-9]+')" "vxlan id 9" "it is of that"
ct_not_said 'somebody' "nobody is said to have taken anything"
ct_signal SEGV
ct_is "a crash behind it" host:up inside:up other:up
is "$(has d0 'vxlan id [0-9]+')" "vxlan id 9" "keeps all of it"

before=$(ct_in ip -o link | cut -d: -f1,2)
line[match]='match = "p7"' line[wan]=''
table
ct_minit reload >"$ct_dir/said" 2>&1
is "$?:$(sort "$ct_dir/said")" "1:minit: reload: network.link.found: match: the device that it was found as has its name: give the link another name, put it back, or start minit anew; nothing has changed
minit: reload: network.link.wan: mtu: it is no longer in the table, and minit does not know what the device has without it: write the value that it is to have, or start minit anew; nothing has changed" \
	"which device a link is, and what it had before, cannot be changed"
is "$(ct_in ip -o link | cut -d: -f1,2)" "$before" "and nothing is"
is "$(pids)" "$pids" "who has nothing to do with any of it has run on"
ct_stop "it ends in order"
echo "1..$ct_tests"
