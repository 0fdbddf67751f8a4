#!/bin/bash
# Who may reach whom: `isolate` with network.allow, on one bridge and between two, and nobody under another's MAC or address.
set -u
. tests/container/ct.sh
. tests/container/traffic.sh

ct_table <<TOML
[network.bridge.br0]
address = ["10.77.0.1/24", "fd77::1/64"]
isolate = true
[network.bridge.br1]
address = ["10.78.0.1/24", "fd78::1/64"]

[service.db]
$(serve db '"6379", "6380"')
network = { bridge = "br0", address = ["10.77.0.10", "fd77::10"] }
[service.web]
$(serve web '"80"')
network = { bridge = "br0", address = ["10.77.0.11", "fd77::11"], allow = ["db:6379", "db:6380/udp"] }
[service.whole]
$(serve whole '"80"')
network = { bridge = "br0", address = ["10.77.0.12", "fd77::12"], allow = ["db"] }
[service.other]
$(serve other '"80"')
network = { bridge = "br0", address = ["10.77.0.13", "fd77::13"], ports = ["8080:80"] }
[service.friend]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br1", address = ["10.78.0.10", "fd78::10"], allow = ["db:6379"] }
[service.far]
$(serve far '"80"')
network = { bridge = "br1", address = ["10.78.0.11", "fd78::11"], ports = ["8081:80"] }
[service.away]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br1", address = ["10.78.0.12", "fd78::12"] }
TOML

ct_start sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward && echo 1 >/proc/sys/net/ipv6/conf/all/forwarding && exec "$@"' sh \
	"$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "all is up" all:up || exit 1
outside
host=$(ct_pid)
for name in db web whole other friend far away; do
	declare "$name=$(ct_outer "$name")"
done
listens db 6380
listens web 80
listens whole 80
listens other 80
listens far 80

is "$(from "$web" tcp:10.77.0.10:6379 tcp:fd77::10:6379 udp:10.77.0.10:6380 udp:fd77::10:6380)" \
	"db 10.77.0.11,db fd77::11,db 10.77.0.11,db fd77::11" "a service reaches the ports that it is allowed"
is "$(from "$web" tcp:10.77.0.10:6380 udp:10.77.0.10:6379 tcp:fd77::10:6380 udp:fd77::10:6379)" no,no,no,no "and no other port"
is "$(from "$web" tcp:10.77.0.12:80 tcp:fd77::12:80 tcp:10.77.0.13:80 udp:10.77.0.13:80 udp:fd77::13:80)" no,no,no,no,no \
	"and no other service"
is "$(from "$web" ping:10.77.0.10 ping:fd77::10 ping:10.77.0.13 ping:fd77::13)" pong,pong,no,no "pings go where something is allowed"
is "$(from "$db" tcp:10.77.0.11:80 udp:10.77.0.11:80 tcp:fd77::11:80 udp:fd77::11:80)" no,no,no,no "and nothing the other way round"
is "$(from "$whole" tcp:10.77.0.10:6379 tcp:10.77.0.10:6380 udp:fd77::10:6379 tcp:fd77::10:6380)" \
	"db 10.77.0.12,db 10.77.0.12,db fd77::12,db fd77::12" "all of a service is all ports of it"
is "$(from "$whole" big:10.77.0.10:6379 big:fd77::10:6379)" "db 10.77.0.12,db fd77::12" "with datagrams in pieces too"
is "$(from "$other" tcp:10.77.0.10:6379 udp:10.77.0.10:6379 tcp:fd77::10:6379 big:10.77.0.10:6379)" no,no,no,no \
	"who is allowed nothing reaches nobody"
is "$(from "$host" tcp:10.77.0.10:6379 udp:fd77::10:6379)" "db 10.77.0.1,db fd77::1" "minit's own network reaches them"
is "$(from "$friend" tcp:10.77.0.10:6379 tcp:fd77::10:6379 tcp:10.77.0.10:6380 tcp:10.77.0.11:80)" "db 10.78.0.10,db fd78::10,no,no" \
	"from another bridge who is allowed to"
is "$(from "$far" tcp:10.77.0.10:6379 udp:10.77.0.10:6379 tcp:fd77::10:6379)" no,no,no "and nobody else"
is "$(from "$db" tcp:10.78.0.11:80 udp:fd78::11:80)" no,no "nor to it"
is "$(from "$ct_client" tcp:10.77.0.10:6379 tcp:fd77::10:6379)" no,no "nobody from outside"
is "$(from "$ct_client" tcp:192.0.2.1:8080 tcp:2001:db8::1:8080)" "other 192.0.2.2,other 2001:db8::2" "but by a published port"
is "$(from "$web" tcp:10.77.0.1:8080 tcp:fd77::1:8080)" "other 10.77.0.1,other fd77::1" "which is everybody's"

is "$(from "$host" tcp:::1:8080 tcp:::1:8081 udp:::1:8081 tcp:127.0.0.1:8080 tcp:127.0.0.1:8081)" \
	"other fd77::1,far fd78::1,no,other 10.77.0.1,far 10.78.0.1" "loopback leads to ports of each bridge"

# -- under another's name --------------------------------------------------------------------------------------------
# end NAME: "MAC,IPV4,IPV6" of its eth0.
end() {
	ct_inside "$1" ip -o addr show eth0 | awk '{ split($4, a, "/"); printf ",%s", a[1] }' |
		sed "s/^/$(ct_inside "$1" ip -o link show eth0 | sed 's/.*ether \([^ ]*\).*/\1/')/"
}
# heard TO FROM AS: what comes through of the frames of FROM that say to be of AS.
heard() {
	local to=${!1} from=${!2}
	: >"$ct_dir/heard"
	nsenter --target "$to" --net $traffic_python "$traffic_tools/frames.py" hear eth0 >"$ct_dir/heard" &
	local ear=$!
	soon grep -q ready "$ct_dir/heard"
	nsenter --target "$from" --net $traffic_python "$traffic_tools/frames.py" send eth0 "$(end "$1")" "$(end "$2")" "$(end "$3")"
	wait $ear
	grep -v ready "$ct_dir/heard" | tr '\n' ' ' | sed 's/ $//'
}
is "$(heard db whole web)" "own4 own6 ownarp ownnd ownprobe owndad end" "frames with another's MAC or address do not get through"
is "$(heard far friend away)" "own4 own6 ownarp ownnd ownprobe owndad mac ip4 ip6 both arpip arpmac nd probe probemac answer dad tagged type end" \
	"which are well-formed: on a bridge without antispoof they do"
is "$(from "$web" tcp:10.77.0.10:6379)" "db 10.77.0.11" "whose name was taken has lost nothing"
ct_stop "it ends in order"

# -- forwarding is switched on for an allow from bridge to bridge, of the families that both services have, and not without -----------
apart() {
	ct_table <<TOML
[network.bridge.br0]
address = ["10.77.0.1/24", "fd77::1/64"]
isolate = true
[network.bridge.br1]
address = ["$1"]
[service.db]
$(serve db '"6379"')
network = { bridge = "br0", address = ["10.77.0.10", "fd77::10"] }
[service.near]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br0", allow = ["db:6379"] }
[service.friend]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br1"$2 }
TOML
}
forwards() {
	ct_in cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding | tr '\n' ' '
}
apart 10.78.0.1/24 ''
ct_start
ct_up
ct_is "with an allow on one bridge alone" all:up
is "$(forwards)" "0 0 " "nothing is forwarded"
apart 10.78.0.1/24 ', allow = ["db:6379"]'
ct_minit reload >/dev/null
ct_is "with one from another bridge" all:up
is "$(forwards)" "1 0 " "what both have is"
ct_said 'net.ipv4.ip_forward: switched on, for nat, ports and allow' "which is said"
listens db 6379
is "$(from "$(ct_outer friend)" tcp:10.77.0.10:6379)" "db $(ct_field friend addresses | grep -o '10[0-9.]*')" "and who is allowed gets there"
ct_stop "it ends in order"
apart fd78::1/64 ', allow = ["db:6379"]'
ct_start
ct_up
ct_is "with one of IPv6" all:up
is "$(forwards)" "0 1 " "that is"
listens db 6379
is "$(from "$(ct_outer friend)" tcp:fd77::10:6379)" "db $(ct_field friend addresses | grep -o 'fd78[0-9a-f:]*')" "and leads there"
ct_stop "it ends in order"
echo "1..$ct_tests"
