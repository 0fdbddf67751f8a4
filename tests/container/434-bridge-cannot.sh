#!/bin/bash
# A bridge that somebody has deleted, and that minit cannot make anew: what minit cannot do is not somebody else's doing.
set -u
. tests/container/ct.sh

ct_table <<TOML
[network.bridge.br0]
address = "10.77.0.1/24"
[network.bridge.six]
address = "fd78::1/64"
[network.bridge.star]
address = "10.79.0.1/24"
shard = 3
[service.web]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br0", address = "10.77.0.10", also = ["six fd78::10"] }
[service.one]
exec = ["/bin/sleep", "1000"]
network = { bridge = "star", address = "10.79.0.10" }
[service.two]
exec = ["/bin/sleep", "1000"]
network = { bridge = "star", address = "10.79.0.11" }
[service.three]
exec = ["/bin/sleep", "1000"]
network = { bridge = "star", address = "10.79.0.12" }
[service.four]
exec = ["/bin/sleep", "1000"]
network = { bridge = "star", address = "10.79.0.13" }
TOML

port_of() {
	ct_in ip -o link show "$1" | grep -q " master $2 "
}
has_addr() {
	ct_in ip -br addr show br0 | grep -q -w 10.77.0.1/24
}
count() {
	grep -c -E "$1" "$ct_dir/out"
}
tried='six: address fd78::1/64: IPv6 is off here'

ct_start
ct_up
ct_is "all is up" web:up one:up two:up three:up four:up
ct_in sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
ct_in ip link del six
ct_wait 10 'six: bridge: somebody has deleted it, and it cannot be made anew'
ok $? "a bridge that cannot have its address cannot be made anew"
ct_wait 10 "$tried"
ok $? "why is said"
ct_minit restart --no-wait web
ct_is "who is started again meanwhile waits" web:waiting
is "$(ct_field web why)" "waiting for its network: mv0.1 does not pass packets yet" "for the port that is on no bridge"
ct_minit restart one >"$ct_dir/restart"
ok $? "who is on another one does not"
ct_in ip link set mv0 nomaster
ct_until 5 port_of mv0 br0
ok $? "a port of another one is joined again meanwhile"
ct_in ip link del br0
ct_until 5 port_of mv0 br0
ok $? "and another one made anew"
ct_rests
is "$(count "$tried")" 1 "it is tried once, and not as soon as its own end is heard"
is "$(count 'somebody deletes bridges')" 0 "and nobody is blamed for what minit itself has done"
ct_in sh -c 'echo 0 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
ct_wait 20 'six: bridge: somebody has deleted it; it is made anew'
ok $? "it is tried again after a while"
ct_until 5 port_of mv0.1 six
ok $? "and has its ports"
ct_is "and who has waited is started" web:up

# The same of a shard.
ct_in ip link set star type bridge stp_state 1 forward_delay 400
ct_in ip link del mb1
ct_wait 10 'star: shard mb1: somebody has deleted it, .*, and it cannot be made anew'
ok $? "a shard whose pair does not forward cannot be made anew"
ct_signal SEGV
ct_wait 10 'executed in place'
ct_in ip link set star type bridge stp_state 0
ct_wait 20 'star: shard mb1: somebody has deleted it, .*; it is made anew'
ok $? "it is tried again too"
ct_until 5 port_of mv4 mb1
ok $? "and has its port"
is "$(count 'somebody deletes bridges')" 0 "nobody is blamed for that either"

# Who goes on and on is not fought for a while, and what was done in that while is undone then.
take_again() {
	ct_in ip link set mv0 nomaster
	grep -q 'somebody deletes bridges, their ports or addresses again and again' "$ct_dir/out"
}
ct_until 30 take_again
ct_in ip link set mv0 nomaster
is "$(count 'somebody deletes bridges, their ports or addresses again and again')" 1 "who takes a port off again and again is not fought for a while"
ct_in ip addr del 10.77.0.1/24 dev br0
ct_minit why web >"$ct_dir/shown"
is "$(grep -c '^  ! web: network.bridge: asked is br0 by mv0, found is none by mv0' "$ct_dir/shown"),$(grep -c '^  ! web: br0.address: asked is 10.77.0.1/24, found is none$' "$ct_dir/shown")" \
	1,1 "why says that its port is on no bridge, and that its gateway is on none"
ct_minit net | grep -q '^! br0: 10.77.0.1/24 is not there$'
ok $? "and net"
ct_in ip link set mt1 nomaster
ct_minit why four | grep -q '^  ! four: network.bridge: asked is mb1, a shard of star, by mv4, found is mb1 by mv4$'
ok $? "and who is on a shard that is joined to no bridge is told of"
ct_until 20 port_of mv0 br0 && ct_until 5 has_addr && ct_until 5 port_of mt1 star && ct_until 5 port_of mv4 mb1
ok $? "behind which all are as they should be"
ct_minit why web | grep -q -E '^web: up .*: as it should be$'
ok $? "and why has nothing to tell"
ct_stop "it ends in order"
echo "1..$ct_tests"
