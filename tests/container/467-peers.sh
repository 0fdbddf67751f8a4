#!/bin/bash
# Who is said to speak with whom is its neighbour without asking, and so is a gateway that is a service: no first packet
# waits for an answer.
set -u
. tests/container/ct.sh

# table SERVICES: with these beside it.
table() {
	ct_table <<TOML
[network.bridge.br0]
address = ["10.77.0.1/24", "fd77::1/64"]

[network.bridge.br1]
address = ["10.78.0.1/24", "fd78::1/64"]

[defaults]
network.bridge = "br0"

[service.db]
exec = ["/bin/sleep", "1000"]
network.address = ["10.77.0.10", "fd77::10"]

[service.via]
exec = ["/bin/sleep", "1000"]
network = { address = ["10.77.0.13", "fd77::13"], gateway = ["10.77.0.10", "fd77::10"] }

[service.web]
exec = ["/bin/sleep", "1000"]
network.address = ["10.77.0.11", "fd77::11"]

$1
TOML
}

# known NAME: its permanent neighbours but the bridge, each with the device.
known() {
	ct_inside "$1" ip neigh show nud permanent | awk '$1 !~ /[.:]1$/ { print $1 "@" $3 "=" $5 }' | sort | tr '\n' ' '
}
db=02:6d:0a:4d:00:0a

side='[service.side]
exec = ["/bin/sleep", "1000"]
needs = ["db"]
network.join = "web"'
two='[service.two]
exec = ["/bin/sleep", "1000"]
needs = ["db"]
network = { bridge = "br1", address = ["10.78.0.12", "fd78::12"], also = ["br0 10.77.0.12 fd77::12"] }'

table "$side"
ct_start "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "all is up" all:up
is "$(known via)" "10.77.0.10@eth0=$db fd77::10@eth0=$db " "a gateway that is a service is known"
is "$(ct_inside db ip -br link show eth0 | awk '{ print $3 }')" "$db" "by the MAC that it has"
is "$(known web)" "10.77.0.10@eth0=$db fd77::10@eth0=$db " "in a network that is joined whom the other one needs is known"
is "$(known db | grep -o '10.77.0.11[^ ]*')" "10.77.0.11@eth0=02:6d:0a:4d:00:0b" "who knows that network's owner"
table ''
ct_minit reload >/dev/null
ct_is "without who joins it" all:up
is "$(known web)$(known db)" "" "neither is"
table "$two"
ct_minit reload >/dev/null
ct_is "with one that is on this bridge by its second network" all:up
is "$(known two)" "10.77.0.10@eth1=$db fd77::10@eth1=$db " "it knows there whom it needs"
two_mac=$(ct_inside two ip -br link show eth1 | awk '{ print $3 }')
is "$(known db)" "10.77.0.12@eth0=$two_mac fd77::12@eth0=$two_mac " "and is known"
ct_stop "it ends in order"
echo "1..$ct_tests"
