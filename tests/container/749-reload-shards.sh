#!/bin/bash
# Another table in which a bridge has more members than a bridge of the kernel has ports, or no longer: shards come and go, and
# who stays where he was runs on.
set -u
. tests/container/ct.sh
. tests/container/traffic.sh

table() {
	local name last=9
	{
		echo "$1"
		printf '[network.bridge.br0]\naddress = "10.70.0.1/24"\nshard = 3\n'
		shift
		for name; do
			last=$((last + 1))
			printf '[service.%s]\n%s\nnetwork = { bridge = "br0", address = "10.70.0.%d" }\n' "$name" "$(serve "$name" '"80"')" $last
		done
	} | ct_table
}
reload() {
	ct_minit reload >"$ct_dir/said" 2>&1
	echo "$?"
}
at() {
	ct_inside "$1" ip -4 -o addr show eth0 | sed 's,.*inet \([^/]*\)/.*,\1,'
}
all() {
	local a b
	for a; do
		for b; do
			[ "$a" = "$b" ] || soon answers "$(ct_outer "$a")" "tcp:$(at "$b"):80" || echo "$a does not reach $b"
		done
	done
}
shards() {
	ct_in ip -o link show type bridge | sed 's/^[0-9]*: \([^:]*\):.*/\1/' | sort | tr '\n' ' '
}

table '' a b c
ct_start
ct_up
ct_is "it runs" a:up b:up c:up
is "$(shards)" "br0 " "on a bridge alone"
before=$(ct_field a pid)
table '' a b c d
is "$(reload)" 0 "a member more than it has ports is taken"
grep -q '^shard mb1: it is new: set up$' "$ct_dir/said"
ok $? "and said"
sed 's/^/# /' "$ct_dir/said"
ct_is "all is up" a:up b:up c:up d:up
is "$(shards)" "br0 mb1 " "a shard is there"
is "$(all a b c d)" "" "and all reach each other"
is "$(ct_field a pid)" "$before" "who is where he was has run on"
ct_in ip link delete mb1
soon answers "$(ct_outer a)" tcp:10.70.0.13:80
is "$(all a b c d)" "" "it is minit's own: one that somebody deletes is made anew"
table '[network.bridge.br1]
address = "10.71.0.1/24"' a b c d
is "$(reload):$(cat "$ct_dir/said")" "0:network.bridge.br1: it is new: set up" "another bridge before it"
is "$(all a b c d)" "" "changes nothing for them"
ct_minit net >"$ct_dir/net" 2>&1
ok $? "minit net finds nothing wrong"
table '' a b c
is "$(reload)" 0 "as few as before"
ct_is "all is up" a:up b:up c:up
is "$(shards)" "br0 " "leave no shard"
is "$(ct_in ip -o link show | grep -c 'm[tu]1')" 0 "and no pair of one"
is "$(all a b c)" "" "and reach each other"
is "$(ct_field a pid)" "$before" "who is where he was has run on"
ct_stop "it ends in order"
echo "1..$ct_tests"
