#!/bin/bash
# Links that are ports of a bridge, and that somebody takes off it: they are ports again.
set -u
. tests/container/ct.sh

ct_table <<TOML
[network.bridge.br0]
address = "10.77.0.1/24"
[network.bridge.other]
address = "10.78.0.1/24"
[network.link.port]
match = "u0"
master = "br0"
[network.link.vx]
kind = "vxlan"
id = 42
remote = "10.77.0.2"
master = "br0"
[network.link.none]
match = "w0"
[service.one]
exec = ["/bin/sleep", "1000"]
network = "host"
online = ["port"]
TOML

is_on() {
	ct_in ip -o link show "$1" | grep -q " master $2 "
}
count() {
	grep -c -E "$1" "$ct_dir/out"
}
# taken LINK WORD...: what somebody does to it, until it is a port of br0 again.
taken() {
	local before
	before=$(count "minit: $1: link: somebody has taken it off br0; it is a port of it again")
	ct_in ip link set "$@"
	ct_until 5 said_since "$1" "$before" && is_on "$1" br0
}
said_since() {
	[ "$(count "minit: $1: link: somebody has taken it off br0; it is a port of it again")" -gt "$2" ]
}

ct_start sh -c 'for i in u w; do ip link add ${i}0 type veth peer name ${i}1 && ip link set ${i}1 up; done && exec "$@"' sh "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "all is up" one:up
is_on port br0 && is_on vx br0
ok $? "and links are ports of the bridge"
number=$(ct_in ip -o link show vx | cut -d: -f1)
taken port nomaster
ok $? "a device that is taken off it is a port again"
taken port master other
ok $? "so is one that is put on another bridge"
taken vx nomaster
ok $? "and what minit has made"
is "$(ct_in ip -o link show vx | cut -d: -f1)" "$number" "which is not made anew for that"
before=$(count 'somebody has taken it off')
ct_in ip link set none master other
ct_in ip link set none nomaster
ct_in ip link set port down
ct_in ip link set port up
ct_in ip link del br0
ct_wait 10 'br0: bridge: somebody has deleted it; it is made anew'
ct_until 5 is_on port br0 && ct_until 5 is_on vx br0
ok $? "they are ports of a bridge that is made anew"
ct_rests
is "$(count 'somebody has taken it off')" "$before" "that is not told as if they had been taken off, nor is what the table has no word of"
ct_signal SEGV
ct_wait 10 'executed in place'
taken port nomaster
ok $? "after a crash too"
take_again() {
	ct_in ip link set port nomaster
	grep -q 'link: somebody takes it off br0 again and again' "$ct_dir/out"
}
ct_until 30 take_again
ct_in ip link set port nomaster
is "$(count 'port: link: somebody takes it off br0 again and again, and is not fought for 10 s')" 1 "who takes it off again and again is not fought for a while"
ct_minit net | grep -q '^! port: it is no port of br0$'
ok $? "net says what it is meanwhile"
ct_until 20 is_on port br0
ok $? "behind which it is a port again"
ct_is "nobody was started again" one:starts=1
ct_stop "it ends in order"
echo "1..$ct_tests"
