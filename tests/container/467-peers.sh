#!/bin/bash
# Who is said to speak with whom is its neighbour without asking, and so is a gateway that is a service: no first packet
# waits for an answer.
set -u
. tests/container/ct.sh

ct_table <<TOML
[network.bridge.br0]
address = ["10.77.0.1/24", "fd77::1/64"]

[service.db]
exec = ["/bin/sleep", "1000"]
network.address = ["10.77.0.10", "fd77::10"]

[service.via]
exec = ["/bin/sleep", "1000"]
network = { address = ["10.77.0.13", "fd77::13"], gateway = ["10.77.0.10", "fd77::10"] }
TOML

# known NAME: its permanent neighbours, each with the device.
known() {
	ct_inside "$1" ip neigh show nud permanent | awk '{ print $1 "@" $3 "=" $5 }' | sort | tr '\n' ' '
}
db=02:6d:0a:4d:00:0a

ct_start "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "all is up" all:up
is "$(known via)" "10.77.0.10@eth0=$db fd77::10@eth0=$db " "a gateway that is a service is known"
is "$(ct_inside db ip -br link show eth0 | awk '{ print $3 }')" "$db" "by the MAC that it has"
ct_stop "it ends in order"
echo "1..$ct_tests"
