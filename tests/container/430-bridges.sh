#!/bin/bash
# Bridges as the table wants them, also one that was there before.
set -u
. tests/container/ct.sh

hail='import socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(0.5)
s.connect((sys.argv[1], 9))
try: # who is there answers that nobody listens
    s.send(b"")
    s.recv(1)
except ConnectionRefusedError:
    sys.exit(0)
except OSError:
    sys.exit(1)'
filters=$(unshare --net sh -c 'ip link add name b type bridge vlan_filtering 1 2>/dev/null && echo 1')
ct_table <<TOML
[network.bridge.br0]
address = ["10.77.0.1/24"]
mac = "02:00:5e:10:00:01"
stp = true
forward_delay = "2s"
priority = 4096
ageing = "1m"
vlan_filtering = $([ -n "$filters" ] && echo true || echo false)
[network.bridge.br1]
address = ["10.78.0.1/24"]
port_isolation = true
[network.bridge.old]
address = ["10.79.0.1/24"]
ageing = "0"

[service.one]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br1", address = "10.78.0.10" }
[service.two]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br1", address = "10.78.0.11" }
[service.host]
exec = ["/bin/sleep", "1000"]
network = "host"
TOML

# told NAME WORD: what `ip -d link` says of a link behind a word.
told() {
	ct_in ip -d link show "$1" | grep -o -w -E "$2 [^ ]+" | head -n 1
}

ct_start sh -c 'ip link add old type bridge stp_state 1 forward_delay 300 && exec "$@"' sh "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "all is up" one:up two:up host:up
is "$(ct_in ip link show br0 | grep -o 'ether [^ ]*')" "ether 02:00:5e:10:00:01" "a bridge has the MAC of the table"
is "$(told br0 stp_state),$(told br0 forward_delay),$(told br0 priority),$(told br0 ageing_time),$(told br0 vlan_filtering)" \
	"stp_state 1,forward_delay 200,priority 4096,ageing_time 6000,vlan_filtering ${filters:-0}" "and its settings"
is "$(told old ageing_time),$(told old stp_state),$(told old forward_delay)" "ageing_time 0,stp_state 1,forward_delay 300" \
	"one that was there gets what is asked of it, and keeps the rest"
is "$(ct_in ip -d link show master br1 | grep -c -o 'isolated on')" 2 "ports are isolated"
ct_inside one /usr/bin/python3 -S -E -c "$hail" 10.78.0.1
ok $? "who is behind one reaches minit's network"
! ct_inside one /usr/bin/python3 -S -E -c "$hail" 10.78.0.11
ok $? "and not who is behind another"
ct_stop "it ends in order"

[ -n "$filters" ] || {
	sed 's/^vlan_filtering = false/vlan_filtering = true/' "$ct_dir/table.toml" >"$ct_dir/more.toml"
	ct_start "$MINIT" run "$ct_dir/more.toml"
	ct_up
	ct_wait 10 "br0: VLAN filtering of bridge br0: this kernel's bridges cannot; .*CONFIG_BRIDGE_VLAN_FILTERING"
	ok $? "a kernel that lacks what is asked for is told of"
	ct_stop "it ends in order"
}

# Somebody deletes bridges under services that run: they are made anew, and the ports joined again.
ct_table <<TOML
[network.bridge.br0]
address = ["10.77.0.1/24", "fd77::1/64"]
nat = true
[network.bridge.star]
address = "10.78.0.1/24"
shard = 3
port_isolation = true
[network.bridge.theirs]
address = "10.79.0.1/24"
[network.link.port]
master = "br0"
[service.web]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br0", address = ["10.77.0.10", "fd77::10"], ports = "8080:80", also = ["theirs"] }
[service.one]
exec = ["/bin/sleep", "1000"]
network = { bridge = "star", address = "10.78.0.10" }
[service.two]
exec = ["/bin/sleep", "1000"]
network = { bridge = "star", address = "10.78.0.11" }
[service.three]
exec = ["/bin/sleep", "1000"]
network = { bridge = "star", address = "10.78.0.12" }
[service.four]
exec = ["/bin/sleep", "1000"]
network = { bridge = "star", address = "10.78.0.13" }
TOML

# reaches NAME ADDRESS: without a look at the clock, as all of it is done at once or never.
reaches() {
	ct_until 5 ct_inside "$1" /usr/bin/python3 -S -E -c "$hail" "$2"
}
# settings: all that the bridges are by, but the numbers that the kernel counts up.
settings() {
	ct_in sh -c 'for family in 4 6; do ip -br -$family addr show br0; done; ip -br link show type bridge
		for port in mv0 mv0.1 mv1 mv2 mv3 mv4 mt1 mu1; do
			echo $port $(ip -o -d link show $port | grep -o -E "master [^ ]*|state forwarding|isolated [a-z]*|,UP")
		done
		ip -o link show port | grep -o "master [^ ]*"
		ip neigh show nud permanent; ip -6 route show table local ::1
		cat /proc/sys/net/ipv4/conf/br0/route_localnet' | sort
}

ct_start sh -c 'ip link add theirs address 02:00:00:00:00:77 type bridge && ip link add port type veth peer name far && exec "$@"' sh "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "all is up" web:up one:up two:up three:up four:up
reach_all() {
	reaches web 10.77.0.1 && reaches web fd77::1 && reaches web 10.79.0.1 && reaches one 10.78.0.1 && reaches four 10.78.0.1
}
reach_all
ok $? "and each reaches its gateway"
settings >"$ct_dir/before"
for gone in br0 theirs star mb1 mt1; do
	ct_in ip link del "$gone"
	reach_all
	ok $? "with $gone gone each reaches its gateway again"
	settings >"$ct_dir/after"
	diff "$ct_dir/before" "$ct_dir/after" | sed 's/^/# /' | grep .
	is $? 1 "by bridges and ports that are as they were"
done
# What is left of a bridge is given what somebody has taken from it.
as_before() {
	settings >"$ct_dir/after"
	diff "$ct_dir/before" "$ct_dir/after" >"$ct_dir/differs"
}
own_again() {
	"$@"
	ct_until 5 as_before
	ok $? "after '${*:2}' bridges and ports are as they were"
	sed 's/^/# /' "$ct_dir/differs"
	reach_all
	ok $? "and each reaches its gateway"
}
for port in mv0 mv0.1 mv1 mv4; do
	own_again ct_in ip link set "$port" nomaster
done
own_again ct_in ip link set mv0 master theirs
for port in mt1 mu1; do
	own_again ct_in ip link set "$port" nomaster
	reaches four 10.78.0.1
	ok $? "also who is behind it"
done
own_again ct_in ip addr del 10.77.0.1/24 dev br0
own_again ct_in ip addr flush dev br0
own_again ct_in ip addr flush dev theirs
ct_said 'web: network: somebody has taken its port mv0 off bridge br0; it is joined to it again' "of a port it is said"
ct_said 'br0: bridge: somebody has taken an address from it; it has those of the table again' "and of an address"
# What it had all the same, or cannot have, is not said to be given back.
said_given() {
	grep -c 'somebody has taken an address from it; it has' "$ct_dir/out"
}
before=$(said_given)
ct_in sh -c 'ip addr add 10.77.0.1/24 dev far && ip addr del 10.77.0.1/24 dev far && ip addr add 10.79.0.9/24 dev br0 && ip addr del 10.79.0.9/24 dev br0'
ct_in sh -c 'echo 1 >/proc/sys/net/ipv6/conf/br0/disable_ipv6'
ct_wait 5 'br0: address fd77::1/64: IPv6 is off there'
ct_rests
is "$(said_given)" "$before" "of an address of another link, and of one that it cannot have, it is not said that it has it again"
ct_in sh -c 'echo 0 >/proc/sys/net/ipv6/conf/br0/disable_ipv6'
ct_in ip addr del 10.77.0.1/24 dev br0
ct_until 5 as_before
ok $? "where IPv6 is allowed again, the next address that is taken brings back all of them"
is "$(said_given)" $((before + 1)) "which is said"
ct_in ip link set br0 down
ct_in ip link set br0 up
own6_again() {
	as_before
	! grep -q '^[<>] .*fd77' "$ct_dir/differs"
}
ct_until 5 own6_again
ok $? "a bridge that somebody has set down, and up again, has its IPv6 addresses, and the neighbours, without which it would pass nothing on"
ct_is "and none was started again" web:starts=1 one:starts=1 four:starts=1
ct_said 'br0: bridge: somebody has deleted it; it is made anew, and its ports are joined to it again' "which is said"
ct_minit why web | grep -q -E '^web: up .*: as it should be$'
ok $? "why has nothing to tell"
ct_signal SEGV
ct_wait 10 'executed in place'
ct_in ip link del br0
reaches web 10.77.0.1
ok $? "after a crash too"
ct_in sh -c 'until printf "link del br0\nlink add br0 type veth peer name b0\n" | ip -batch - 2>/dev/null; do :; done'
ct_wait 15 'br0: bridge: somebody has deleted it, and it cannot be made anew'
ok $? "where the name is taken it cannot be made"
ct_minit why web >"$ct_dir/shown"
grep -q '^  ! web: network.bridge: asked is br0 by mv0, found is none by mv0$' "$ct_dir/shown"
ok $? "as long as it cannot be made why says what is missing"
! grep -q 'as it should be' "$ct_dir/shown"
ok $? "and not that all is well"
ct_wait 15 'br0: bridge br0: there is a link of this name already, and it is a veth'
ok $? "and the log why that is"
ct_in ip link del br0
reach_all
ok $? "it is made as soon as its name is free"
settings >"$ct_dir/after"
diff "$ct_dir/before" "$ct_dir/after" | sed 's/^/# /' | grep .
is $? 1 "and as it was"
ct_stop "it ends in order"

# A shard that could not be made at boot, as somebody else's link has its name.
ct_table <<TOML
[network.bridge.star]
address = "10.78.0.1/24"
shard = 3
[service.one]
exec = ["/bin/sleep", "1000"]
[service.two]
exec = ["/bin/sleep", "1000"]
[service.three]
exec = ["/bin/sleep", "1000"]
[service.four]
exec = ["/bin/sleep", "1000"]
restart = "never"
TOML
ct_start sh -c 'ip link add mt1 type veth peer name theirs && exec "$@"' sh "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "without its shard a service fails" one:up four:failed
ct_in ip link del star
reaches one 10.78.0.1
ok $? "its bridge is made anew"
ct_in ip link show theirs >/dev/null
ok $? "and what has the name is left alone"
ct_stop "it ends in order"
echo "1..$ct_tests"
