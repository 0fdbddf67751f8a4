#!/bin/bash
# Another table, and what is of several services: a network that one has and another joins, a port that some share, what a bridge
# has for those that are on it.
set -u
. tests/container/ct.sh
. tests/container/traffic.sh

# table ADDRESS BALANCE PORT: of who owns the network; how the shared port is, and where it leads with its second service.
table() {
	ct_table <<TOML
[network.bridge.br0]
address = ["10.77.0.1/24"]
[service.web]
$(serve web '"80"')
network = { address = "10.77.0.$1" }
[service.side]
$(serve side '"81"')
network.join = "web"
[service.one]
$(serve one '"80"')
network = { ports = ["7000:80"], balance = "$2" }
[service.two]
$(serve two '"80", "90"')
network = { $([ -z "$3" ] || echo "ports = [\"7000:$3\"], balance = \"$2\"") }
TOML
}
chosen() {
	ct_in nft list chain inet minit balance-0 2>/dev/null | grep -o -E 'numgen [a-z]* mod [0-9]|jhash.* mod [0-9]'
}
same() {
	[ "$(ct_netns web)" = "$(ct_netns side)" ]
	ok $? "$1"
}

table 10 round-robin 80
ct_start
ct_up
ct_is "all is up" all:up
same "who joins a network is in it"
table 20 round-robin 80
ct_minit reload >"$ct_dir/told"
ct_is "with another address of who owns it" all:up
grep -q '^side: restarted: the network it joins$' "$ct_dir/told"
ok $? "who joins it is restarted too, which is told"
same "and is in the new one"
ct_is "nobody else is" web:starts=2 side:starts=2 one:starts=1
listens side 81
is "$(from "$(ct_pid)" tcp:10.77.0.20:81)" "side 10.77.0.1" "where it is reached"
ct_minit restart web >/dev/null
ct_is "who owns it is restarted by itself" web:up
same "and they have one network still"

is "$(chosen)" "numgen inc mod 2" "a shared port leads to its services in turn"
table 20 random 80
ct_minit reload >"$ct_dir/told"
is "$(cat "$ct_dir/told")" "nat, ports and allow: put in place of the old ones at once" "with another way to choose that is told"
ct_is "and in force" all:up
is "$(chosen)" "numgen random mod 2" "in the rules as well"
table 20 random 90
ct_minit reload >"$ct_dir/told"
ct_is "with another port of a service" all:up
[ -n "$(ct_in nft list map inet minit balance-0 2>/dev/null | grep -w 90)" ] || ct_in nft list table inet minit | grep -q '[.] 90'
ok $? "the shared one leads there"
table 20 random ''
ct_minit reload >"$ct_dir/told"
ct_is "with one service less behind it" all:up
is "$(chosen)" "numgen random mod 1" "it leads to the other alone"
ct_minit reload >"$ct_dir/told"
is "$(cat "$ct_dir/told")" "nothing is different" "the same table changes nothing"
ct_is "for which none was started again" one:starts=1 two:starts=1
for key in near hosts_file; do
	sed "/^\[network.bridge.br0\]/a $key = true" "$ct_dir/table.toml" >"$ct_dir/with"
	cp "$ct_dir/table.toml" "$ct_dir/without"
	cp "$ct_dir/with" "$ct_dir/table.toml"
	ct_minit reload >"$ct_dir/told"
	is "$(cat "$ct_dir/told")" "network.bridge.br0: $key: changed while all runs" "$key is told"
	ct_until 10 ct_in sh -c 'nft list table bridge minit_near || cat /run/minit/hosts.br0/names' >/dev/null 2>&1
	ok $? "and done"
	cp "$ct_dir/without" "$ct_dir/table.toml"
	ct_minit reload >"$ct_dir/told"
	is "$(cat "$ct_dir/told")" "network.bridge.br0: $key: changed while all runs" "so is that it is no longer"
	ct_until 10 ct_in sh -c '! nft list table bridge minit_near && ! [ -e /run/minit/hosts.br0 ]' >/dev/null 2>&1
	ok $? "and it is gone"
done
ct_is "nobody was started again" one:starts=1 two:starts=1
ct_stop "it ends in order"
echo "1..$ct_tests"
