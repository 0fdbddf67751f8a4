#!/bin/bash
# Another table with other links and rules of routes: what is new is set up, what is gone goes, the rest carries on.
set -u
. tests/container/ct.sh

wan='[network.link.wan]
match = "02:00:00:00:00:05"
address = "192.0.2.10/24"
gateway = "192.0.2.1"
[service.now]
exec = ["/bin/sleep", "1000"]
network = "host"
online = ["wan"]'
first() {
	ct_table <<TOML
[network]
rules = ["from 192.0.2.10 table 300 priority 500", "to 10.0.0.0/8 table 301 priority 501"]
[network.link.old]
kind = "vxlan"
id = 41
remote = "192.0.2.2"
address = "10.41.0.1/24"
$wan
TOML
}
# Before the one that stays, so that it has another number.
second() {
	ct_table <<TOML
[network]
rules = ["to 10.0.0.0/8 table 301 priority 501", "from 192.0.2.11 table 302 priority 502"]
sysctl = { "net.ipv4.conf.vx.rp_filter" = 2 }
[network.bridge.br1]
address = "10.78.0.1/24"
[network.link.vx]
kind = "vxlan"
id = 42
remote = "192.0.2.2"
address = "10.42.0.1/24"
[network.link.port]
match = "p0"
master = "br1"
[network.link.mac0]
kind = "macvlan"
mode = "bridge"
parent = "wan"
address = "198.51.100.1/24"
[network.link.later]
match = "l0"
address = "192.0.3.1/24"
$wan
[service.upon]
exec = ["/bin/sleep", "1000"]
network = "host"
online = ["mac0", "wan"]
[service.late]
exec = ["/bin/sleep", "1000"]
network = "host"
online = ["later"]
TOML
}
reload() {
	ct_minit reload "$@" >"$ct_dir/said" 2>&1
	echo "$?:$(sort "$ct_dir/said")"
}
rules() {
	ct_in ip rule show | grep '^50' | sed 's/:.*//' | tr '\n' ' '
}
there() {
	ct_in ip link show "$1" >/dev/null 2>&1
}
steady() {
	echo "$(ct_field now pid) $(ct_field now starts) $(ct_in ip -o link show wan | cut -d: -f1) $(ct_in ip route show default)"
}

first
ct_start sh -c 'ip link add u0 address 02:00:00:00:00:05 type veth peer name u1 && ip link set u1 up &&
	ip link add p0 type veth peer name p1 && ip link set p1 up && exec "$@"' sh "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "it runs" now:up
before=$(steady)
is "$(rules)" "500 501 " "with its rules"

second
said='0:late: it is new: started
network.bridge.br1: it is new: set up
network.link.later: it is new: set up
network.link.mac0: it is new: set up
network.link.old: it is gone: removed, if minit has made it
network.link.port: it is new: set up
network.link.vx: it is new: set up
network.rules priority 500: it is gone: removed, if minit has made it
network.rules priority 502: it is new: set up
network.sysctl /proc/sys/net/ipv4/conf/vx/rp_filter: changed while all runs
upon: it is new: started'
is "$(reload --plan)" "$said" "the plan says each"
there old && ! there vx
ok $? "and does nothing"
is "$(reload)" "$said" "minit reload takes it"
ct_is "who waits for a new link is started" now:up upon:up
is "$(steady)" "$before" "who was there is the same, on the same link"
is "$(rules)" "501 502 " "rules are those of the table"
! there old
ok $? "a link that is gone is removed"
is "$(ct_in ip -br -4 addr show vx | awk '{ print $3 }'),$(ct_in ip -br -4 addr show mac0 | awk '{ print $3 }')" 10.42.0.1/24,198.51.100.1/24 "new ones are there with their addresses"
is "$(ct_in cat /proc/sys/net/ipv4/conf/vx/rp_filter)" 2 "and their settings"
is "$(ct_in ip -o link show master br1 | cut -d: -f2)" " port@p1" "a device is a port of the new bridge"
ct_said 'later: link: no device is called later or matches "l0"' "one that is not there is told"
is "$(ct_field late state)" waiting "and waited for"
ct_in ip link add l0 type veth peer name l1
ct_in ip link set l1 up
ct_is "until it comes" late:up
ct_signal SEGV
ct_is "a crash behind it" now:up upon:up late:up
is "$(steady)" "$before" "keeps all of it"

first
said='0:late: it is gone: stopped
network.bridge.br1: it is gone: removed, if minit has made it
network.link.later: no longer in the table: it is not put back to what it was
network.link.mac0: it is gone: removed, if minit has made it
network.link.old: it is new: set up
network.link.port: no longer in the table: it is not put back to what it was
network.link.vx: it is gone: removed, if minit has made it
network.rules priority 500: it is new: set up
network.rules priority 502: it is gone: removed, if minit has made it
network.sysctl /proc/sys/net/ipv4/conf/vx/rp_filter: no longer in the table: it is not put back to what it was
upon: it is gone: stopped'
is "$(reload)" "$said" "and back again"
is "$(steady)" "$before" "who was there is the same"
is "$(rules)" "500 501 " "rules are those of the table"
! there vx && ! there mac0 && ! there br1 && there old && there port && there later
ok $? "what minit has made is gone, and devices stay"
is "$(ct_in ip -o link show | grep -c 'alias minit')" 1 "nothing else is left"
ct_until 10 grep -q 'old: link: online' "$ct_dir/out"
second
printf '[service.now]\nexec = ["/bin/sleep", "1000"]\nnetwork = "host"\n' | ct_table
reload >/dev/null
is "$(ct_in ip -o link show | grep -c 'alias minit'),$(rules)" 0, "a table without any leaves nothing"
first
reload >/dev/null
echo "$wan" | ct_table
reload >/dev/null
ct_net
ct_stop "it ends in order"
is "$(nsenter --net=/proc/self/fd/8 ip -o link show | sed 's/^[0-9]*: \([^:@]*\).*/\1/' | sort | tr '\n' ' ')" "l1 later lo p1 port u1 wan " "devices are none that minit has made, whatever number they have by now"
echo "1..$ct_tests"
