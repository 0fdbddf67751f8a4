#!/bin/bash
# A link with an address by DHCP: a client runs as a service, its lease is put into force, renewed, changed and taken away, and
# who waits for the link waits for it.
set -u
. tests/container/ct.sh
. tests/container/dhcp.sh

ct_table <<TOML
[network.link.wan]
address = "dhcp"
dhcp_client = ["$TOYBOX", "dhcp", "-T", "1"]
metric = 70
routes = ["10.9.0.0/16 metric 7", "10.10.0.0/16 via 192.0.2.7"]
[service.app]
exec = ["/bin/sleep", "1000"]
online = ["wan"]
[service.own]
exec = ["/bin/sleep", "1000"]
network = { mode = "host", dns = "192.0.2.99" }
[service.wrong]
exec = ["/bin/sleep", "1000"]
TOML

dhcp_start <<'SH'
read address <&3
serve "$address"
read address <&3
kill $server
wait $server
serve "$address"
read end <&3
SH
ct_up
ct_is "the client runs when there is carrier" dhcp-wan:up app:waiting
is "$(ct_field app why)" "waiting for link wan: no lease yet" "who waits for the link waits for its lease"
echo 192.0.2.50 >"$ct_dir/go"
ct_is "it starts when there is one" app:up
is "$(ct_in ip -o -4 addr show wan | grep -o 'inet [^ ]* brd [^ ]*')" "inet 192.0.2.50/24 brd 192.0.2.255" "the address"
ct_in ip -o -4 addr show wan | grep -q -E 'valid_lft 1(1[0-9]|20)sec'
ok $? "which the kernel takes away when the lease is over"
is "$(ct_in ip route show default | sed 's/ *$//')" "default via 192.0.2.1 dev wan proto dhcp metric 70" "the default route"
is "$(grep -v '^#' "$ct_dir/etc/resolv.conf" | tr '\n' ,)" "nameserver 192.0.2.53,nameserver 192.0.2.54," "the name servers"
ct_signal SEGV
ct_wait 10 'executed in place'
is "$(ct_field app state),$(ct_field dhcp-wan starts)" up,1 "a crash of minit changes nothing of it"
ct_minit start app >/dev/null
ct_minit stop app >/dev/null
ct_minit start --timeout 5s app >/dev/null
ok $? "and the link is still online"

# What another lease gives takes the place of the first.
echo 192.0.2.60 >"$ct_dir/go"
ct_minit restart dhcp-wan >/dev/null
ct_wait 10 'wan: link: no longer online'
ok $? "without a lease it is not online"
ct_wait_twice() {
	local i
	for i in $(seq 1000); do
		[ "$(grep -c 'wan: link: online' "$ct_dir/out")" -ge 2 ] && return 0
		ct_pause
	done
	return 1
}
ct_wait_twice
ok $? "and with the next it is again"
is "$(ct_in ip -o -4 addr show wan | grep -o 'inet [^ ]*' | tr '\n' ,)" "inet 192.0.2.60/24," "whose address replaces the first"
ct_until 10 ct_in sh -c 'ip route show 10.9.0.0/16 | grep -q metric && ip route show 10.10.0.0/16 | grep -q "via 192.0.2.7"'
ok $? "the routes that the kernel took with its last address are there again"

# The kernel takes the routes of what is set down, also those of a lease.
ct_in ip link set wan down
ct_in ip link set wan up
ct_until 20 ct_in sh -c 'ip route show default | grep -q "via 192.0.2.1 dev wan proto dhcp metric 70"'
ok $? "set down and up again it has its default route again"

# As a client's script is called: what is wrong in it is not taken over.
wire() {
	ct_in env interface=wan "$@" "$MINIT" lease bound 2>&1
}
case $(wire ip=192.0.2.70) in
*"the client has told no address with its mask"*) ok 0 "a lease without a mask is refused" ;;
*) ok 1 "a lease without a mask is refused" ;;
esac
wire ip=192.0.2.70 subnet=255.255.255.0 router="x 192.0.2.1" dns="192.0.2.53 ::1 y" domain='a b;c' lease=nan >"$ct_dir/said"
is "$?,$(cat "$ct_dir/said"),$(ct_in ip -o -4 addr show wan | grep -o 'inet [^ ]*')" "0,,inet 192.0.2.70/24" \
	"what is no address or domain is left out"
is "$(grep -v '^#' "$ct_dir/etc/resolv.conf" | tr '\n' ,)" "nameserver 192.0.2.53," "of the name servers, too"
is "$(nsenter --target "$(ct_outer own)" --mount cat /etc/resolv.conf),$(ls "$ct_dir/etc" | grep -c minit)" "nameserver 192.0.2.99,0" \
	"a service with name servers of its own has these still"
case $(ct_in env interface=lo ip=192.0.2.9 subnet=255.0.255.0 "$MINIT" lease bound 2>&1; echo "$?") in
*1) ok 0 "a mask with a hole is none" ;;
*) ok 1 "a mask with a hole is none" ;;
esac
case $(ct_in env interface=../x "$MINIT" lease deconfig 2>&1) in
*"no link is named"*) ok 0 "nor is a path a link" ;;
*) ok 1 "nor is a path a link" ;;
esac
case $(ct_in env interface=lo ip=192.0.2.9 mask=24 "$MINIT" lease bound 2>&1),$(ct_in ip -o -4 addr show lo) in
*'the table has no link of this name with address = "dhcp"'*192.0.2.9*) ok 1 "a link that has none by the table is given none" ;;
*'the table has no link of this name with address = "dhcp"'*) ok 0 "a link that has none by the table is given none" ;;
*) ok 1 "a link that has none by the table is given none" ;;
esac
ct_minit stop dhcp-wan >/dev/null
is "$(ct_in ip -o -4 addr show wan)$(ct_in ip route show default)" "" "when the client is stopped, all of it is taken away"
ct_stop "it ends in order"

# Of a link that minit has made and somebody deletes.
ct_table <<TOML
[network.link.wan]
[network.link.upon]
kind = "macvlan"
parent = "wan"
address = "dhcp"
dhcp_client = ["$TOYBOX", "dhcp", "-T", "1"]
[service.app]
exec = ["/bin/sleep", "1000"]
online = ["upon"]
TOML
rm -rf "$ct_dir/etc" "$ct_dir/go" "$ct_dir/server"
dhcp_start <<'SH'
serve 192.0.2.50
read end <&3
SH
ct_up
ct_is "a link upon another has a lease" app:up
lease() {
	ct_in ip -o -4 addr show upon 2>/dev/null | grep -q 192.0.2.50/24 && ct_in ip route show default | grep -q 'via 192.0.2.1 dev upon proto dhcp'
}
lease
ok $? "and what that gives"
first=$(ct_in ip -o link show upon | cut -d: -f1)
ct_in ip link del upon
ct_until 10 lease
ok $? "and again when it is made anew"
[ "$(ct_in ip -o link show upon | cut -d: -f1)" != "$first" ]
ok $? "by another number"
ct_stop "it ends in order"
echo "1..$ct_tests"
