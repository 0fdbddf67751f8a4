#!/bin/bash
# A link that minit has made and somebody deletes is made anew, with all that it had and that hangs on it; who does so again and again is
# not fought.
set -u
. tests/container/ct.sh

links='[network.link.mac0]
kind = "macvlan"
mode = "private"
parent = "wan"
mtu = 1400
address = ["198.51.100.1/24", "2001:db8::1/64"]
gateway = ["198.51.100.254", "2001:db8::ff"]
metric = 70
routes = ["10.9.0.0/16 via 198.51.100.9", "unreachable 10.8.0.0/16"]
[network.link.vx]
kind = "vxlan"
id = 42
parent = "mac0"
remote = "198.51.100.2"
address = "10.42.0.1/24"
[network.link.port]
kind = "vxlan"
id = 43
remote = "198.51.100.2"
parent = "mac0"
master = "br0"
[network.link.six]
kind = "macvlan"
parent = "wan"
address = "2001:db8:6::1/64"'
table() {
	ct_table <<TOML
[network]
sysctl = { "net.ipv4.conf.mac0.rp_filter" = 2 }
[network.bridge.br0]
address = "10.77.0.1/24"
[network.link.wan]
address = "192.0.2.10/24"
$1
[service.a]
exec = ["/bin/sleep", "1000"]
network = "host"
[service.b]
exec = ["/bin/sleep", "1000"]
network = "host"
online = [$2]
TOML
}

# settings: all that they have, but the numbers that the kernel counts up; fe80:: has a lifetime of its own.
settings() {
	ct_in sh -c 'for link in wan mac0 vx port; do
			ip -o -d link show $link | grep -o -E "[a-z0-9]*@|mtu [0-9]*|master [^ ]*|ether [^ ]*|macvlan.mode [a-z]*|vxlan id [^ ]*|,UP|alias [a-z]*"
			ip -br addr show $link | grep -o -E "[0-9a-f:.]*/[0-9]*" | grep -v fe80
		done
		ip route show; ip -6 route show | grep -v fe80; cat /proc/sys/net/ipv4/conf/mac0/rp_filter' 2>/dev/null
}
as_before() {
	settings >"$ct_dir/after"
	diff "$ct_dir/before" "$ct_dir/after" >"$ct_dir/differs"
}
again() {
	ct_until 5 as_before
	ok $? "$1"
	sed 's/^/# /' "$ct_dir/differs"
}
count() {
	grep -a -c -E "$1" "$ct_dir/out"
}
anew='link: somebody has deleted it; it is made anew'

table "$links" '"mac0", "vx", "port"'
ct_start sh -c 'ip link add wan type veth peer name far && ip link set far up && exec "$@"' sh "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "all is there" a:up b:up
settings >"$ct_dir/before"
ct_in ip link del port
again "a port of a bridge is made anew, and is a port of it"
ct_in ip link del vx
again "and another one"
ct_in ip link del mac0
again "one that others are upon, and these"
ct_said "mac0: $anew" "which is said"
ct_is "nobody was started again for it" a:starts=1 b:starts=1
ct_signal SEGV
ct_wait 10 'executed in place'
ct_in ip link del mac0
again "after a crash too, and as it was before that"
ct_minit net | grep '^!' | sed 's/^/# /' | grep .
is $? 1 "net has nothing to tell"

# What its name is taken by is somebody else's.
ct_signal STOP
ct_in ip link del mac0
ct_in ip link add mac0 type veth peer name m0
ct_signal CONT
ct_wait 10 'mac0: link: somebody has deleted it, and it cannot be made anew'
ok $? "where the name is taken it cannot be made"
ct_said 'mac0: link mac0: there is a link of this name already, a veth that minit has not made' "and why is said"
ct_rests
ct_in ip link show m0 >/dev/null
ok $? "the other is left alone"
ct_in ip link del mac0
again "it is made as soon as its name is free"

# What it is upon is a device, and gone: then it waits for that, as at boot.
ct_in ip link del far
ct_wait 10 'mac0: link: wan is not there; it is set up when that comes'
ok $? "one whose parent has gone waits for that"
ct_in sh -c 'ip link add wan type veth peer name far && ip link set far up'
made() {
	settings | grep -v ether >"$ct_dir/after"
	grep -v ether "$ct_dir/before" | diff - "$ct_dir/after" >"$ct_dir/differs"
}
ct_until 5 made
ok $? "and comes with it"
sed 's/^/# /' "$ct_dir/differs"
# In whose place another is there when that is heard.
ct_signal STOP
ct_in ip link del far
ct_in sh -c 'ip link add wan type veth peer name far && ip link set far up'
ct_signal CONT
ct_until 5 made
ok $? "also if it is there again at once"
sed 's/^/# /' "$ct_dir/differs"
settings >"$ct_dir/before"

# What minit cannot make is tried again, also by who has been executed in place meanwhile.
ct_in sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
ct_in ip link del six
ct_wait 10 'six: link: somebody has deleted it, and it cannot be made anew, as is said above: that is tried every 10 s'
ok $? "one that cannot have its address cannot be made anew"
ct_signal SEGV
again_tried() {
	[ "$(count 'six: address 2001:db8:6::1/64: IPv6 is off here')" = 2 ]
}
ct_until 10 again_tried
ok $? "it is tried again by who has been executed in place"
before=$(count "six: $anew")
ct_in sh -c 'echo 0 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
made_again() {
	[ "$(count "six: $anew")" -gt "$before" ]
}
ct_until 20 made_again
ok $? "and made when it can be"
ct_until 5 as_before
settings >"$ct_dir/before"

# Who goes on and on is not fought for a while.
ct_is "its links are there" b:up
delete_again() {
	ct_in ip link del vx 2>/dev/null
	grep -q 'somebody deletes it again and again' "$ct_dir/out"
}
ct_until 30 delete_again
ct_in ip link del vx 2>/dev/null
ct_in ip link set wan down
ct_in ip link set wan up
ct_rests
is "$(count 'vx: link: somebody deletes it again and again, and it is not made anew for 10 s; see who by .ip monitor link.')" 1 \
	"who deletes one again and again is not fought"
! ct_in ip link show vx >/dev/null 2>&1
ok $? "it is not there then"
ct_until 20 as_before
ok $? "but later it is"
sed 's/^/# /' "$ct_dir/differs"

# What another table has not is not somebody's doing.
before=$(count "$anew")
table '' ''
ct_minit reload >"$ct_dir/said" 2>&1
is "$?:$(ct_in ip -br link | grep -c -E '^(mac0|vx|port)')" 0:0 "with another table they go"
ct_rests
is "$(count "$anew")" "$before" "and are not made anew"
ct_stop "it ends in order"
ct_show 3
echo "1..$ct_tests"
