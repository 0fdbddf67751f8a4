#!/bin/bash
# A link with an address by DHCP that loses its carrier: when that is back its client asks anew, as it may be another network's by
# then, and what it has got stays until it has another lease or none.
set -u
. tests/container/ct.sh
. tests/container/dhcp.sh

ct_table <<TOML
[network.link.wan]
address = "dhcp"
dhcp_client = ["$TOYBOX", "dhcp", "-T", "1", "-A", "1"]
routes = ["10.9.0.0/16 via 192.0.2.7"]
[service.app]
exec = ["/bin/sleep", "1000"]
online = ["wan"]
TOML

# Each line says what is served from then on; "" is nothing.
dhcp_start <<'SH'
while read address <&3; do
	[ -z "${server-}" ] || { kill $server; wait $server; }
	server=
	[ -z "$address" ] || serve "$address"
	echo "$address" >>"$0.done"
done
SH
served() {
	local before
	before=$(wc -l <"$ct_dir/server.sh.done" 2>/dev/null || echo 0)
	echo "$1" >"$ct_dir/go"
	ct_until 10 sh -c "[ \$(wc -l <'$ct_dir/server.sh.done') -gt $before ]"
}
far() {
	ct_in sh -c "nsenter --target \$(cat $ct_dir/server) --net ip link set far $1"
}
lost() {
	local before
	before=$(grep -c 'no longer online' "$ct_dir/out")
	far down
	ct_until 10 sh -c "[ \$(grep -c 'no longer online' '$ct_dir/out') -gt $before ]"
}
acked() {
	grep -c DHCPACK "$ct_dir/served"
}
has() {
	[ "$(ct_in ip -o -4 addr show wan | grep -o 'inet [^ ]*' | tr '\n' ,)" = "$1" ]
}
echo 192.0.2.50 >"$ct_dir/go"
ct_up
ct_is "it has a lease" dhcp-wan:up app:up
ct_in ip -o monitor address route >"$ct_dir/seen" &
seen=$!
acks=$(acked)
lost
has "inet 192.0.2.50/24,"
ok $? "without carrier it keeps its address"
far up
ct_until 20 sh -c "[ \$(grep -c DHCPACK '$ct_dir/served') -gt $acks ]"
ok $? "when that is back it asks anew"
ct_until 10 sh -c "[ \$(grep -c 'wan: link: online' '$ct_dir/out') -ge 2 ]"
kill $seen
wait $seen 2>/dev/null
is "$(grep -c '^Deleted.*192.0.2.50' "$ct_dir/seen")" 0 "and with the same lease nothing is taken away meanwhile"
is "$(ct_field dhcp-wan starts)" 1 "its service is not started again for that"

acks=$(acked)
far down
far up
ct_until 20 sh -c "[ \$(grep -c DHCPACK '$ct_dir/served') -gt $acks ]"
ok $? "so it does when it was away for so short a time that the kernel tells of no loss"

lost
served 192.0.2.60
far up
ct_until 20 has "inet 192.0.2.60/24,"
ok $? "what another network gives takes the place of it"
ct_until 10 ct_in sh -c 'ip route show default | grep -q "via 192.0.2.1 dev wan" && ip route show 10.9.0.0/16 | grep -q "via 192.0.2.7"'
ok $? "with its routes"

lost
served ""
far up
ct_until 30 has ""
ok $? "where nobody gives anything it has none"
ct_until 10 sh -c "[ \$(grep -c 'wan: link: no longer online' '$ct_dir/out') -ge 4 ]"
ok $? "and is not online"
served 192.0.2.50
ct_until 20 has "inet 192.0.2.50/24,"
ok $? "until somebody does"
lost
far up
ct_minit stop dhcp-wan >/dev/null
has ""
ok $? "a client that is stopped while it asks leaves nothing"
ct_stop "it ends in order"
echo "1..$ct_tests"
