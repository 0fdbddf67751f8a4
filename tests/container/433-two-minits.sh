#!/bin/bash
# Tables of nf_tables are of one minit in a network: a second one does without, and says so. What a killed one has left is nobody's.
set -u
. tests/container/ct.sh
. tests/container/traffic.sh

# bridge NAME NET MORE
bridge() {
	printf '[network.bridge.%s]\naddress = "10.%s.0.1/24"\n%s\n' "$@"
}
# sleeper NAME NETWORK: of mv0, mv1 and so on, which the two must not both want
sleeper() {
	printf '[service.%s]\nexec = ["/bin/sleep", "1000"]\nrestart = "never"\nnetwork = { %s }\n' "$@"
}
{
	bridge br0 77 'nat = true
near = true'
	sleeper a 'bridge = "br0", ports = "8080:80"'
	sleeper d 'bridge = "br0", address = "10.77.0.99"'
} >"$ct_dir/table.toml"
{
	bridge br1 78 'nat = true
near = true'
	bridge br2 79
	sleeper x 'mode = "host"'
	sleeper y 'mode = "host"'
	sleeper b 'bridge = "br1", ports = "8081:80"'
	sleeper c 'bridge = "br2"'
} >"$ct_dir/second.toml"

ct_start
ct_up
ct_net
ct_is "the first is up" all:up
rules() {
	nsenter --net=/proc/self/fd/8 nft -s list ruleset
}
second_minit() {
	MINIT_SOCKET=$ct_dir/control "$MINIT" "$@"
}
# A process among others, in the network of the first; with a /run of its own.
begin_second() {
	MINIT_SOCKET=$ct_dir/control nsenter --net=/proc/self/fd/8 unshare --mount sh -c 'mount -t tmpfs run /run && exec "$@"' sh \
		"$MINIT" run "$ct_dir/second.toml" >>"$ct_dir/said" 2>&1 &
	second=$!
	for i in $(seq 1000); do
		[ ! -S "$ct_dir/control" ] || break
		ct_pause
	done
}
# second_is TEXT COND...
second_is() {
	second_minit wait --timeout 20s "${@:2}" >"$ct_dir/wait" 2>&1
	ok $? "$1" || sed 's/^/# /' "$ct_dir/wait" "$ct_dir/said"
}
# end_second SIGNAL: by KILL its services are left, $left
end_second() {
	[ "$1" = TERM ] || left=$(cat "/proc/$second/task/$second/children")
	kill -"$1" "$second"
	wait "$second" 2>/dev/null
	rm -f "$ct_dir/control"
}
left=
end_left() {
	[ -z "$left" ] || kill -KILL $left
	left=
}
trap 'end_left; traffic_cleanup' EXIT
second_said() {
	grep -q -F "$1" "$ct_dir/said"
	ok $? "$2"
}
nf_tables="minit: network: nf_tables: another minit is in this network, and has the tables minit; run this one in a network of its own (unshare --net), or without nat, isolate, antispoof and ports"
near="minit: network: near: another minit is in this network, and has the table minit_near: services that look for each other ask all of their bridge; going on."

# Without IPv6 one of its maps is empty.
is "$(from "$(ct_outer a)" ping:10.77.0.99),$(ct_inside a ip neigh show 10.77.0.99 | grep -c ' 02:6d:0a:4d:00:63 ')" pong,1 \
	"a question on a bridge of IPv4 alone is answered"
is "$(rules | grep -c '10[.]77[.]0[.]99 : 02:6d:0a:4d:00:63')" 1 "as its table says"
before=$(rules)
begin_second
second_is "of a second one here who needs its rules fails, others are up" x:up b:failed c:up
second_said "$nf_tables" "it says why, and what to do"
second_said "$near" "and that it asks all"
is "$(rules)" "$before" "the rules are as they were"
ct_signal SEGV
ct_wait 10 'executed in place'
: >"$ct_dir/said"
second_minit start b >/dev/null 2>&1
second_is "also when the first has been executed in place" b:failed
second_said "$nf_tables" "they are its rules still"
end_second TERM
is "$(rules)" "$before" "nor does the end of the second take them away"
ct_not_said 'somebody' "the first has nothing to repair"

# -- what is left of one that was killed -----------------------------------------------------------------------------
ct_signal KILL
ct_end 10
is "$(rules | grep -c ^table)" 2 "killed, it leaves them"
begin_second
second_is "which is in nobody's way" all:up
is "$(rules | grep -o -E 'mv[0-9]|br[01]|80[0-9]+ :' | sort -u | tr '\n' ' ')" "8081 : br1 mv2 " "the tables are those of the next"
end_second KILL
sed -i '/^nat\|^near/d; s/, ports = [^ ]*//' "$ct_dir/second.toml"
begin_second
second_is "killed in its turn, with services that live on, it begins again without rules" x:up
is "$(rules)" "" "and none are there"
end_second TERM
echo "1..$ct_tests"
