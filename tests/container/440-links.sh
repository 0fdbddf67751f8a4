#!/bin/bash
# Links of minit's own network: a device by its MAC, what is made upon it, one that comes late, and who waits for it.
set -u
. tests/container/ct.sh

ct_table <<TOML
[network]
sysctl = { net.ipv4.ip_forward = true, "net.ipv4.conf.wan.rp_filter" = 2, net.ipv4.conf.br0.rp_filter = 1, net.ipv4.nothing = 1 }
rules = ["from 192.0.2.10 table 300 priority 500", "not fwmark 0x10/0xff iif wan table 301"]
[network.bridge.br0]
address = ["10.77.0.1/24"]
[network.bridge.taken]
address = "10.79.0.1/24"
[network.link.lo]
address = ["127.0.0.2/8", "10.76.0.1/32"]
[network.link.vx]
kind = "vxlan"
id = 42
parent = "wan"
remote = "192.0.2.2"
address = "10.42.0.1/24"
[network.link.wan]
match = "02:00:00:00:00:*"
mtu = 1400
address = ["192.0.2.10/24", "2001:db8::10/64"]
gateway = ["192.0.2.1", "2001:db8::1"]
metric = 50
routes = ["10.9.0.0/16 via 192.0.2.254 metric 7", "10.8.0.0/16", "default via 192.0.2.254 table 300"]
[network.link.lan]
match = "02:00:00:00:00:*"
address = ["192.0.3.1/24", "2001:db8:3::10/64"]
gateway = "fe80::1"
metric = 60
[network.link.never]
kind = "macvlan"
parent = "busy"
[network.link.mac0]
kind = "macvlan"
mode = "bridge"
parent = "wan"
address = "198.51.100.1/24"
[network.link.port]
match = "late*"
master = "br0"
[network.link.upon]
kind = "macvlan"
parent = "other"

[service.now]
exec = ["/bin/sleep", "1000"]
network = "host"
online = ["wan", "mac0"]
[service.late]
exec = ["/bin/sleep", "1000"]
network = "host"
online = ["port"]
[service.port]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br0", ports = "8080:80" }
[service.lost]
exec = ["/bin/sleep", "1000"]
network = { bridge = "taken", ports = "8081:80" }
restart = "never"
[service.upon]
exec = ["/bin/sleep", "1000"]
network = "host"
online = ["upon"]
TOML

ct_start sh -c 'ip link add u0 address 02:00:00:00:00:05 type veth peer name u1 && ip link set u1 up &&
	ip link add taken type veth peer name taken1 &&
	ip link add busy type veth peer name busy1 && ip link add foreign type bridge && ip link set busy master foreign &&
	ip link add w0 address 02:00:00:00:00:06 type veth peer name w1 && ip link set w1 up && exec "$@"' \
	sh "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "a service starts when its links are online" now:up
ct_is "a bridge that cannot be had is no reason to be without ports for the others" port:up lost:failed
ct_minit net | grep -q -E '^0[.]0[.]0[.]0:8080/tcp +port .* there$'
ok $? "whose rules are there"
is "$(ct_in cat /proc/sys/net/ipv4/conf/taken/route_localnet /proc/sys/net/ipv4/conf/br0/route_localnet | tr '\n' ,)" 0,1, \
	"and what is in its place is left alone"
is "$(ct_in ip -br -4 addr show lo | awk '{ print $3, $4, $5 }')" "127.0.0.1/8 10.76.0.1/32 127.0.0.2/8" "loopback has more addresses"
is "$(ct_in ip -br addr show wan | awk '{ print $3, $4 }')" "192.0.2.10/24 2001:db8::10/64" \
	"the device is found by its MAC, called as the table says, and has its addresses"
is "$(ct_in ip -br addr show lan | awk '{ print $3 }')" 192.0.3.1/24 "another one that matches is another link's"
is "$(grep -c 'minit: never:' "$ct_dir/out")" 1 "what cannot be made is told once"
is "$(ct_in ip -o link show wan | grep -o "mtu [0-9]*")" "mtu 1400" "and its MTU"
is "$(ct_in ip route show dev wan | grep -v src | sed 's/ *$//' | tr '\n' ,)" \
	"default via 192.0.2.1 proto static metric 50,10.8.0.0/16 proto static scope link,10.9.0.0/16 via 192.0.2.254 proto static metric 7," \
	"and its routes"
is "$(ct_in ip -6 route show default | grep -c 'via 2001:db8::1 dev wan')" 1 "of IPv6 too"
is "$(ct_in ip -6 route show default dev lan | grep -o 'via fe80::1 .*metric 60')" "via fe80::1 proto static metric 60" \
	"also by the router's link-local address"
is "$(ct_in cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/{wan,br0}/rp_filter | tr '\n' ,)" 1,2,1, \
	"settings of the network, and of links once they are there"
ct_said 'network: sysctl net/ipv4/nothing: a network namespace of this kernel has none of this name' \
	"one that is not there is told of"
is "$(ct_in ip rule | grep -v -w -E '^(0|3276.):' | tr '\t\n' ' ,')" \
	"500: from 192.0.2.10 lookup 300 proto 77,10001: not from all fwmark 0x10/0xff iif wan lookup 301 proto 77," "rules"
is "$(ct_in ip -6 rule | grep -c 10001:),$(ct_in ip route show table 300)" "1,default via 192.0.2.254 dev wan proto static " \
	"in both families, and what they look up"
is "$(ct_in ip -d link show mac0 | grep -o 'macvlan mode bridge')" "macvlan mode bridge" "a macvlan is made upon it"
is "$(ct_in ip -d link show vx | grep -o 'vxlan id 42 remote 192.0.2.2 dev wan' )" "vxlan id 42 remote 192.0.2.2 dev wan" \
	"and a vxlan that comes before it in the table"
ct_said 'port: link: no device is called port or matches "late\*"; it is set up when one comes' "what is missing is told of"
is "$(ct_field late state),$(ct_field late why)" "waiting,waiting for link port: it is not set up" "who waits for it waits"
ct_in ip link add late0 type veth peer name far1
is "$(ct_field late state)" waiting "without carrier it is not online"
ct_in ip link set far1 up
ct_is "it starts when the device comes" late:up
is "$(ct_in ip link show port | grep -o 'master br0')" "master br0" "which is a port of the bridge"
ct_in ip link add other type veth peer name another
ct_in ip link set other up
ct_in ip link set another up
ct_is "what is made upon another link comes with that" upon:up
ct_signal SEGV
ct_wait 10 'executed in place'
ct_minit stop late >/dev/null
ct_in ip link del another
ct_in ip link del far1
ct_minit start --no-wait late >/dev/null
ct_is "after a crash a link that is gone is noticed" late:waiting
ct_in ip link add late0 type veth peer name far1
ct_in ip link set far1 up
ct_is "and one that comes again" late:up
ct_minit restart upon --no-wait >/dev/null
ct_is "what was upon a link that is gone is no longer online" upon:waiting

# What a run that was killed has made is known by its mark; what another has made is not touched.
ct_in ip link del mac0
ct_in ip link add mac0 type veth peer name mac1
kill -KILL "$(ct_pid)"
ct_end 10
cat >"$ct_dir/again.sh" <<SH
ip link add u0 address 02:00:00:00:00:05 type veth peer name u1 && ip link set u1 up
ip rule add from 10.99.0.0/16 table 99 priority 600 protocol 77
ip link add mac0 type veth peer name mac1
ip link add wan address 02:00:00:00:00:06 type veth peer name w1
'$MINIT' run '$ct_dir/table.toml' & minit=\$!
'$MINIT' wait --timeout 20s late:waiting
ip link add late0 type veth peer name far1
ip link set far1 up
'$MINIT' wait --timeout 20s late:up
kill -KILL \$minit
wait \$minit
'$MINIT' run '$ct_dir/table.toml' & minit=\$!
'$MINIT' wait --timeout 20s late:up && echo again \$(ip rule | grep -c -E '^(500|600):')
'$MINIT' poweroff
wait \$minit
echo left \$(ip -br link | grep -c -w -E 'vx|br0') \$(ip rule | grep -c proto)
SH
ct_start sh "$ct_dir/again.sh"
ct_end 60
ct_said '^again 1$' "a run that was killed is no hindrance to the next"
ct_said 'mac0: link mac0: there is a link of this name already, a veth that minit has not made' \
	"a link of somebody else is left alone"
ct_said '^left 0 0$' "what was made goes at the end"

# A link that somebody sets down and up again: the kernel has dropped its routes, and its addresses of IPv6.
ct_table <<TOML
[network.link.wan]
match = "u0"
address = ["192.0.2.10/24", "2001:db8::10/64"]
gateway = ["192.0.2.1", "2001:db8::1"]
metric = 50
routes = ["10.9.0.0/16 via 192.0.2.254", "fd99::/64 via 2001:db8::9", "default via 192.0.2.254 table 300"]
[network.link.off]
match = "w0"
up = false
address = "192.0.3.10/24"
[service.a]
exec = ["/bin/sleep", "1000"]
network = "host"
online = ["wan"]
TOML
ct_start sh -c 'for i in u w; do ip link add ${i}0 type veth peer name ${i}1 && ip link set ${i}1 up; done && exec "$@"' sh "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "a link is set up" a:up
ways() {
	ct_in sh -c 'ip -br addr show wan; ip route show table all dev wan; ip -6 route show dev wan' | grep -v fe80: | sed 's/ fe80.*//' | sort
}
ways >"$ct_dir/before"
as_before() {
	ways >"$ct_dir/after"
	diff "$ct_dir/before" "$ct_dir/after" >"$ct_dir/differs"
}
ct_in ip link set wan down
ct_in ip link set wan up
ct_until 5 as_before
ok $? "set down and up again it has its addresses and routes"
sed 's/^/# /' "$ct_dir/differs"
ct_in ip link set wan down
ct_wait 5 'wan: link: no longer online'
ct_rests
is "$(ct_in ip -br link show wan | awk '{ print $2 }'),$(ct_in ip -br link show off | awk '{ print $2 }')" DOWN,DOWN "one that is set down stays so"
ct_in ip link set wan up
ct_until 5 as_before
ok $? "until it is set up"
ct_stop "it ends in order"

# Two devices that have each other's names, and one whose name somebody else's has.
ct_table <<TOML
[network.link.eth0]
match = "02:00:00:00:00:0B"
address = "192.0.2.10/24"
[network.link.eth1]
match = "02:00:00:00:00:0a"
mac = "02:00:00:00:01:0a"
address = "192.0.3.10/24"
[network.link.eth2]
match = "02:00:00:00:00:1b"
mac = "02:00:00:00:01:1b"
[network.link.eth3]
match = "02:00:00:00:00:1a"
mac = "02:00:00:00:01:1a"
[network.link.wan]
match = "02:00:00:00:00:0c"
[network.link.lan]
match = "02:00:00:00:00:0e"
[network.link.plain]
address = "198.51.100.1/24"
[service.a]
exec = ["/bin/sleep", "1000"]
network = "host"
online = ["eth0", "eth1", "eth2", "eth3"]
TOML
ct_start sh -c 'n=0; for name in eth0:0a eth1:0b eth2:1a eth3:1b wan:0d p:0c lan:0f plain:2a; do
	ip link add ${name%:*} address 02:00:00:00:00:${name#*:} type veth peer name far$n && ip link set far$n up; n=$((n + 1))
done; exec "$@"' sh "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "devices are told from each other by their MACs" a:up
is "$(ct_in ip -br link | awk '/^eth/ { print $1, $3 }' | tr '\n' ,)" \
	"eth1@far0 02:00:00:00:01:0a,eth0@far1 02:00:00:00:00:0b,eth3@far2 02:00:00:00:01:1a,eth2@far3 02:00:00:00:01:1b," \
	"also those that the table gives another"
is "$(ct_in ip -br -4 addr | grep -o '^eth.*' | awk '{ print $1, $3 }' | tr '\n' ,)" "eth1@far0 192.0.3.10/24,eth0@far1 192.0.2.10/24," \
	"whatever they were called"
ct_said 'wan: renaming to wan: there is a link of this name already' "one that is not of the table keeps its name"
ct_said 'lan: link: the device that is called so does not match "02:00:00:00:00:0e"' "and is not taken for another"
# renamed OLD NEW: while it is up, as Linux 6.2 can.
renamed() {
	ct_in sh -c "ip link set $1 name $2 2>/dev/null || { ip link set $1 down && ip link set $1 name $2 && ip link set $2 up; }"
}
renamed wan other
ct_wait 10 'minit: wan: link: online'
ok $? "until that is called otherwise: then the device gets the name"
renamed eth0 away
ct_until 10 ct_in sh -c 'ip -br -4 addr show eth0 2>/dev/null | grep -q 192.0.2.10'
ok $? "one that somebody calls otherwise gets its name again, if it is known by its MAC"
renamed plain mine
ct_wait 10 'minit: plain: link: no longer online'
ok $? "and is no longer online if not"
ct_minit net | grep -q -E '^plain .*missing'
ok $? "which net says too"
renamed mine plain
ct_until 10 ct_in sh -c 'ip -br -4 addr show plain | grep -q 198.51.100.1'
ok $? "until it is called so again"
ct_stop "it ends in order"
echo "1..$ct_tests"
