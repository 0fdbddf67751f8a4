#!/bin/bash
# A bridge with many services: who asks for a neighbour asks it alone, and what is nobody's by the table is found as ever.
set -u
. tests/container/ct.sh
. tests/container/traffic.sh

{
	cat <<TOML
[network.bridge.br0]
address = ["10.77.0.1/24", "fd77::1/64"]
[network.bridge.br1]
address = "10.78.0.1/24"
TOML
	for i in $(seq 10 41); do
		printf '[service.s%d]\nexec = ["/bin/sleep", "1000"]\nnetwork = { bridge = "br0", address = ["10.77.0.%d", "fd77::%d"] }\n' "$i" "$i" "$i"
	done
	printf '[service.few]\nexec = ["/bin/sleep", "1000"]\nnetwork = { bridge = "br1", also = "br0 10.77.0.99 fd77::99" }\n'
} >"$ct_dir/table.toml"

ct_start
ct_up
ct_net
ct_is "all is up" all:up || exit 1
host=$(ct_pid)
for i in 10 11 12; do
	declare "s$i=$(ct_outer "s$i")"
done
count() {
	nsenter --target "$s12" --net awk '$1 == "eth0:" { print $3 }' /proc/net/dev
}
few=$(ct_outer few)
# heard COMMAND...: how many frames come to s12 meanwhile
heard() {
	local before
	before=$(count)
	"$@" >"$ct_dir/answer" 2>&1
	echo $(($(count) - before))
}
ask() {
	from "$s10" "$@"
}
# alone ADDRESS [PID]: s12 hears nothing of the question; what the bridge itself tells in its first second may come between.
alone() {
	local i pid=${2:-$s10}
	for i in 1 2 3 4 5; do
		nsenter --target "$pid" --net ip neigh flush to "$1"
		[ "$(heard from "$pid" "ping:$1")" != 0 ] || return 0
	done
	return 1
}
is "$(nsenter --target "$s12" --net awk '$1 == "eth0:" { print ($3 < 32) }' /proc/net/dev)" 1 \
	"nobody is told for which addresses each of the others listens"
alone 10.77.0.11
ok $? "a question for the address of another goes to it alone"
is "$(cat "$ct_dir/answer")" pong "and is answered"
alone fd77::11
ok $? "in IPv6 too"
is "$(cat "$ct_dir/answer")" pong "and is answered"
is "$(nsenter --target "$s10" --net ip neigh show 10.77.0.11 | grep -c '02:6d:0a:4d:00:0b')" 1 "it has learnt its MAC by asking"
is "$(nsenter --target "$host" --net bridge fdb show br br0 | sed -n 's/^02:6d:0a:4d:00:0b dev \([^ ]*\) .*static.*/\1/p' | sort -u)" mv1 \
	"the bridge knows where that is, for good"
alone 10.77.0.99
ok $? "who is there by a second network is asked alone too"
is "$(cat "$ct_dir/answer")" pong "and answers"
alone 10.77.0.11 "$few" && alone fd77::11 "$few"
ok $? "and so it asks"
is "$(cat "$ct_dir/answer")" pong "and is answered"

# -- what is not in the table ----------------------------------------------------------------------------------------
nsenter --target "$s11" --net sh -c 'ip addr add 10.77.0.200/24 dev eth0 && ip addr add fd77::200/64 dev eth0 nodad'
asked=$(heard ask ping:10.77.0.200)
is "$(cat "$ct_dir/answer"),$((asked > 0))" pong,1 "an address that one has given itself is found, by asking all"
asked=$(heard ask ping:fd77::200)
is "$(cat "$ct_dir/answer"),$((asked > 0))" pong,1 "in IPv6 too"
is "$(ask ping:10.77.0.222)" no "one that nobody has is not"
# announce ADDRESS: s11 tells all that it has it
announce() {
	nsenter --target "$s11" --net $traffic_python -c '
import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("eth0", 0))
mac, ip = bytes.fromhex("026d0a4d000b"), socket.inet_aton(sys.argv[1])
s.send(b"\xff" * 6 + mac + bytes.fromhex("0806000108000604") + b"\0\1" + mac + ip + bytes(6) + ip)' "$1"
}
is "$(($(heard announce 10.77.0.11) > 0))" 1 "what one tells all of its own address, all hear"
nsenter --target "$s10" --net ip addr add fd77::11/64 dev eth0
is "$(soon sh -c "nsenter --target $s10 --net ip -6 addr show dev eth0 | grep -q dadfailed" && echo taken)" taken \
	"who looks whether another's address is free learns that it is not"

# -- the table of nf_tables ------------------------------------------------------------------------------------------
is "$(nsenter --target "$host" --net nft list set bridge minit_near ports | grep -c '"mv32"')" 0 "a bridge with few members is left alone"
is "$(nsenter --target "$host" --net nft list tables)" "table bridge minit_near" "there is no other table"
ct_stop "it ends in order"
is "$(nsenter --net=/proc/self/fd/8 nft list tables)" "" "and takes it away"
ct_not_said "nf_tables" "nothing was amiss"
echo "1..$ct_tests"
