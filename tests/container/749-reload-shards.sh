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
# settings LINE...: of the bridge that has the shard, which alone is given them.
settings() {
	table '' a b c d
	printf '%s\n' "$@" | sed -i '/^shard/r /dev/stdin' "$ct_dir/table.toml"
}
has() { # LINK WORDS
	ct_in ip -d -o link show "$1" | grep -o -w -E "$2" | head -n 1
}
pids=$(for i in a b c d; do ct_field $i pid; done)
settings 'ageing = "7s"'
is "$(reload):$(cat "$ct_dir/said")" "0:shard mb1: changed while all runs
network.bridge.br1: it is gone: removed, if minit has made it
network.bridge.br0: ageing: changed while all runs" "another setting of the bridge"
is "$(has br0 'ageing_time [0-9]+'),$(has mb1 'ageing_time [0-9]+')" "ageing_time 700,ageing_time 700" "is that of the shard too"
ct_signal SEGV
ct_is "a crash behind it" a:up b:up c:up d:up
is "$(for i in a b c d; do ct_field $i pid; done)" "$pids" "and nobody is started anew"
is "$(all a b c d)" "" "who reach each other"
settings 'mtu = 1400'
is "$(reload):$(grep -v ' mtu of its bridge' "$ct_dir/said")" "0:shard mb1: changed while all runs
network.bridge.br0: mtu: changed while all runs
network.bridge.br0: ageing: no longer in the table: set as the kernel has a new one, if minit has made it" "an MTU in its place"
is "$(has mb1 'ageing_time [0-9]+'),$(has mt1 'mtu [0-9]+'),$(has mu1 'mtu [0-9]+')" "ageing_time 30000,mtu 1400,mtu 1400" "is that of the pair to the shard"
ct_is "its services are up" a:up b:up c:up d:up
is "$(all a b c d)" "" "and reach each other"
settings
is "$(reload):$(grep -v ' mtu of its bridge' "$ct_dir/said")" "0:shard mb1: changed while all runs
network.bridge.br0: mtu: no longer in the table: set as the kernel has a new one, if minit has made it" "and none"
is "$(has br0 'mtu [0-9]+'),$(has mt1 'mtu [0-9]+'),$(has mu1 'mtu [0-9]+')" "mtu 1500,mtu 1500,mtu 1500" "is the kernel's"
ct_is "its services are up" a:up b:up c:up d:up

# A bridge before it, with as many members: the shard that was the first is the second one's then.
several() {
	table '[network.bridge.aa]
address = "10.71.0.1/24"
shard = 3' a b c d
	local i
	for i in 1 2 3 4; do
		printf '[service.n%d]\n%s\nnetwork = { bridge = "aa", address = "10.71.0.1%d" }\n' $i "$(serve n$i '"80"')" $i
	done >>"$ct_dir/table.toml"
}
onshard=$(ct_in ip -o link show master mb1 | grep -c 'mv[0-9]')
pids=$(for i in a b c d; do ct_field $i pid; done)
several
is "$(reload):$(grep -E '^(shard|network)' "$ct_dir/said")" "0:shard mb1: made anew, with what is upon it
shard mb2: it is new: set up
network.bridge.aa: it is new: set up" "a bridge before it that needs a shard too"
is "$(grep -c 'restarted with a new network: network' "$ct_dir/said"):$onshard" 2:2 "who was on the first shard has a new network"
ct_is "all are up" a:up b:up c:up d:up n1:up n2:up n3:up n4:up
is "$(shards)" "aa br0 mb1 mb2 " "with a shard for each"
is "$(all a b c d),$(all n1 n2 n3 n4)" , "each on one bridge reach each other"
is "$(for i in a b c d; do ct_field $i pid; done | grep -c -x -F "$pids")" 2 "who was on the bridge itself has run on"
ct_minit net >"$ct_dir/net" 2>&1
ok $? "minit net finds nothing wrong"
table '' a b c d
is "$(reload):$(grep -E '^(shard|network)' "$ct_dir/said")" "0:shard mb1: made anew, with what is upon it
shard mb2: it is gone: removed, if minit has made it
network.bridge.aa: it is gone: removed, if minit has made it" "and back"
ct_is "all are up" a:up b:up c:up d:up
is "$(all a b c d)" "" "and reach each other"
is "$(grep -a -c somebody "$ct_dir/out")" 1 "nobody is said to have taken anything since"
before=$(ct_field a pid)
table '' a b c
is "$(reload)" 0 "as few as before"
ct_is "all is up" a:up b:up c:up
is "$(shards)" "br0 " "leave no shard"
is "$(ct_in ip -o link show | grep -c 'm[tu]1')" 0 "and no pair of one"
is "$(all a b c)" "" "and reach each other"
is "$(ct_field a pid)" "$before" "who is where he was has run on"
ct_stop "it ends in order"
echo "1..$ct_tests"
