#!/bin/bash
# A service on several bridges: an interface on each, made and taken away with the first.
set -u
. tests/container/ct.sh
. tests/container/traffic.sh

ct_table <<TOML
[network.bridge.br0]
address = "10.77.0.1/24"
[network.bridge.br1]
address = ["10.78.0.1/24", "fd78::1/64"]
[network.bridge.br2]
address = "10.79.0.1/24"
port_isolation = true
[service.web]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br0", address = "10.77.0.10", also = ["br1 10.78.0.10", "br2"], routes = [
	"10.9.0.0/16 via 10.78.0.254", "10.10.0.0/16 via 10.77.0.254", "10.11.0.0/16 dev eth2", "fd99::/64 via fe80::9 dev eth1",
	"default metric 7 via 10.78.0.254"] }
hosts = true
[service.db]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br1", address = ["10.78.0.11", "fd78::11"] }
hosts = true
[service.taken]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br0", also = ["br1", "br2"] }
restart = "never"
TOML

ct_start sh -c 'ip link add mv2.2 type veth peer name x1 && exec "$@"' sh "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "they are up, but who finds a name taken" web:up db:up taken:failed
is "$(ct_inside web ip -br -4 addr show | awk '{ print $1, $3 }' | grep -o 'eth[01].* .*' | sed 's/@[^ ]*//' | tr '\n' ,)" \
	"eth0 10.77.0.10/24,eth1 10.78.0.10/24," "an address on each"
is "$(ct_inside web ip -br addr show eth1 | grep -c fd78:)$(ct_inside web ip -br addr show eth2 | grep -c 10.79.0.)" 11 \
	"and derived ones"
names() {
	nsenter --target "$(ct_outer "$1")" --mount cat /etc/hosts | tail -n +3 | grep -v taken | tr '\t\n' ' ,'
}
is "$(names web)" "10.77.0.10 web,10.78.0.11 db,fd78::11 db," "it knows the services of all its bridges by name"
is "$(names db | sed 's/fd78:[^ ]* web/fd78 web/')" "10.78.0.10 web,fd78 web,10.78.0.11 db,fd78::11 db," "and is known on each by its address there"
routes() {
	ct_inside web sh -c 'ip route show; ip -6 route show' | grep 'proto static' | sed 's/ *$//; s/proto static //; s/ proto static//' | grep -v '^default via 10.77' | tr '\n' ,
}
ways="default via 10.78.0.254 dev eth1 metric 7,10.9.0.0/16 via 10.78.0.254 dev eth1,10.10.0.0/16 via 10.77.0.254 dev eth0"
ways+=",10.11.0.0/16 dev eth2 scope link,fd99::/64 via fe80::9 dev eth1 metric 1024 pref medium,"
is "$(ct_inside web ip route show default | head -n 1 | sed 's/ *$//')" "default via 10.77.0.1 dev eth0 proto static" "the way out is that of the first"
is "$(routes)" "$ways" "a route goes by the network that its gateway is in, or that it says"
is "$(ct_in ip -d link show mv0.1 | grep -o 'master br1'),$(ct_in ip -d link show mv0.2 | grep -o 'isolated on')" "master br1,isolated on" \
	"the other ends are ports of the bridges"
shown() {
	ct_minit net web >"$ct_dir/shown"
	ct_minit net web --json >>"$ct_dir/shown"
}
shows() {
	grep -q -E "$1" "$ct_dir/shown"
	ok $? "$2"
}
shown
shows '^  eth1[.]bridge +br1 by mv0[.]1 +br1 by mv0[.]1$' "net shows each of them"
shows '^  eth1[.]address +10[.]78[.]0[.]10/24 +there$' "with its addresses"
shows '^  network[.]routes +10[.]9[.]0[.]0/16 via 10[.]78[.]0[.]254 dev eth1 +there$' "and the routes by it"
shows '^  eth2[.]port_isolation +true +true$' "and settings"
shows '^  eth1 received ' "and counters"
shows '"also":\[\{"name":"eth1","bridge":"br1","port":"mv0.1","forwards":true,"there":true,' "for programs too"
ct_minit status web >"$ct_dir/shown"
shows '^  eth2[.]bridge +br2 by mv0[.]2 +br2 by mv0[.]2$' "status has them beside what was asked"
ct_minit net >"$ct_dir/shown"
shows '^web +br1 +mv0[.]1 +up +10[.]78[.]0[.]10/24, fd78:' "and a row for each stands among the services"
shows '^br1 .* 3( |$)' "which are counted for each bridge"
ct_inside web ip addr del 10.78.0.10/24 dev eth1
ct_minit net >"$ct_dir/shown"
shows '^! web: eth1[.]address: asked is 10[.]78[.]0[.]10/24, found is none$' "what is not as asked is told of"
ct_inside web ip addr add 10.78.0.10/24 dev eth1
for verb in net "why web" "status web"; do
	ct_minit $verb >"$ct_dir/shown"
	shows '^ *! (web: )?network[.]routes.* 10[.]9[.]0[.]0/16 via 10[.]78[.]0[.]254 dev eth1.* none$' \
		"$verb: when the address is there again, the routes that the kernel has dropped with it are none"
done
ct_inside web /usr/bin/python3 -S -E -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.settimeout(5)
try:
    s.connect(("10.78.0.11", 9))
except ConnectionRefusedError:
    print("refused")' | grep -q refused
ok $? "a service of the second bridge is reached"
# A router on the wire of the second bridge, which says that it is fe80::9 there.
outside
ct_in ip link set up0 master br1
nsenter --target "$ct_client" --net sh -c 'ip addr add fe80::9/64 dev eth0 nodad && ip addr add fd99::1/128 dev lo && ip route add fd78::/64 dev eth0'
is "$(from "$(ct_outer web)" ping:fd99::1 ping:fd99::2)" pong,no "what is behind a gateway with a link-local address on eth1 is reached"
ct_said 'taken: veth pair mv2.2: a link of this name exists' "a name that is taken is told of"
is "$(ct_in ip -br link show | grep -o '^mv2[^ ]*')" mv2.2@x1 "which leaves no half of a network, and alone what bears it"
ct_in ip link del mv2.2
ct_minit start taken >/dev/null
ct_is "which is made at a later start" taken:up
before=$(ct_netns web)
ct_signal SEGV
ct_wait 10 'executed in place'
ct_minit restart web >/dev/null
ct_is "after a crash, and another run" 'web:starts>=2' web:up
is "$(ct_netns web),$(ct_inside web ip -br link show eth2 | awk '{ print $2 }')" "$before,UP" "they are as they were"
ct_inside web ip route replace 10.9.0.0/16 via 10.78.0.254 dev eth2 onlink proto static
ct_minit net >"$ct_dir/shown"
shows '^! web: network[.]routes: asked is 10[.]9[.]0[.]0/16 via 10[.]78[.]0[.]254 dev eth1, found is none$' "a route that somebody has led elsewhere is told of"
ct_in ip link del mv0.1
ct_minit restart web >/dev/null
ct_is "one that somebody has deleted" 'web:starts>=3' web:up
is "$(ct_inside web ip -br -4 addr show | awk '{ print $1, $3 }' | grep -o 'eth[01].* .*' | sed 's/@[^ ]*//' | tr '\n' ,)" \
	"eth0 10.77.0.10/24,eth1 10.78.0.10/24," "is made anew, and the others with it"
is "$(routes)" "$ways" "with the routes by each of them"
ct_said 'web: network: somebody has deleted mv0.1; it is made anew' "which is said"
ct_stop "it ends in order"

# Who shares a further bridge with a service would be answered by that, from an address that it has not asked.
{
	cat <<TOML
[network.bridge.br0]
address = ["10.77.0.1/24", "fd77::1/64"]
isolate = true
[network.bridge.br1]
address = ["10.78.0.1/24", "fd78::1/64"]
[network.bridge.br2]
address = "10.79.0.1/24"
[service.pal]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br1", address = ["10.78.0.11", "fd78::11"] }
[service.far]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br2", address = "10.79.0.11" }
[service.web]
TOML
	serve web '"80"'
	echo 'network = { bridge = "br0", address = ["10.77.0.10", "fd77::10"], also = ["br1 10.78.0.10"], ports = ["8080:80", "8080:80/udp"] }'
} >"$ct_dir/table.toml"
ct_start
ct_up
ct_is "all is up" all:up
listens web 80
is "$(from "$(ct_outer pal)" tcp:10.78.0.1:8080 udp:10.77.0.1:8080 tcp:fd78::1:8080 udp:fd77::1:8080 tcp:10.78.0.10:80)" \
	"web 10.77.0.1,web 10.77.0.1,web fd77::1,web fd77::1,web 10.78.0.11" "its published port is reached from a further bridge of its too"
is "$(from "$(ct_outer web)" tcp:10.78.0.1:8080),$(from "$(ct_outer far)" tcp:10.79.0.1:8080)" "web 10.77.0.1,web 10.79.0.11" \
	"and by itself there, and who is elsewhere is seen as who asks"
ct_stop "it ends in order"
echo "1..$ct_tests"
