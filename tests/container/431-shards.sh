#!/bin/bash
# Bridges with more services than a bridge of the kernel has ports, a number that `shard` lowers here: what holds on one
# holds over all of them.
set -u
. tests/container/ct.sh
. tests/container/traffic.sh

# service NAME BRIDGE LAST WHAT [MORE]: at address LAST of it, one that answers or is asleep; MORE of its network
service() {
	echo "[service.$1]"
	[ "$4" = asleep ] && echo 'exec = ["/bin/sleep", "1000"]' || serve "$1" '"80"'
	echo "network = { bridge = \"br$2\", address = [\"10.7$2.0.$3\", \"fd7$2::$3\"]${5:-} }"
}

# br0: 2 services of its own, and 3 on each of 2 shards. br1: 2, and 2 on one. br2: 1, and 2 on each of 2.
{
	cat <<TOML
[network.bridge.br0]
address = ["10.70.0.1/24", "fd70::1/64"]
mtu = 1400
nat = true
near = true
shard = 4
[network.bridge.br1]
address = ["10.71.0.1/24", "fd71::1/64"]
isolate = true
shard = 3
[network.bridge.br2]
address = ["10.72.0.1/24", "fd72::1/64"]
port_isolation = true
shard = 3
TOML
	service a 0 10 serves
	service b 0 11 asleep
	service c 0 12 serves ', ports = ["8080:80"]'
	service d 0 13 asleep
	echo 'needs = ["f"]'
	service e 0 14 asleep
	service f 0 15 serves ', ports = ["9000:80"], rate = { in = "50M", out = "10M" }'
	service g 0 16 asleep
	service h 0 17 asleep
	service p 1 10 serves ', allow = ["q:80", "q:80/udp"]'
	service s 1 11 asleep
	service q 1 12 serves
	service r 1 13 serves
	service t 2 10 serves
	service v 2 11 serves
	service w 2 12 serves
	service x 2 13 serves
	service y 2 14 serves
} >"$ct_dir/table.toml"

ct_start
ct_up
ct_net
ct_is "all is up" all:up || exit 1
outside
host=$(ct_pid)
# All at once, as there are many: $a is the process of service a, from outside.
pids() {
	ct_minit status --json --all | sed -n 's/.*"name":"\([a-z]\)".*"pid":\([0-9]*\).*/\1 \2/p' >"$ct_dir/pids"
	local children
	read -r children <"/proc/$host/task/$host/children"
	eval "$(for pid in $children; do awk -v pid="$pid" 'FNR == NR { name[$2] = $1; next } /^NSpid:/ && $3 in name { print name[$3] "=" pid }' "$ct_dir/pids" "/proc/$pid/status"; done)"
}
pids
for name in a c f p q r t v w x y; do
	soon grep -q ":0050 " "/proc/${!name}/net/udp6"
done
in_net() {
	local pid=${!1}
	shift
	nsenter --target "$pid" --net "$@"
}

# ports BRIDGE: how many pairs of services it has, and what else.
ports() {
	ct_in ip -br link show master "$1" | awk '{ sub("@.*", "", $1) } /^mv/ { n++; next } { s = s " " $1 } END { print n + 0 s }'
}
is "$(ports br0),$(ports mb1),$(ports mb2),$(ports br2),$(ports mb4),$(ports mb5)" "2 mt1 mt2,3 mu1,3 mu2,1 mt4 mt5,2 mu4,2 mu5" \
	"a star of bridges, the table's own in the middle"
is "$(ct_in ip -br addr show mb1 | awk '{ print NF }'),$(ct_in ip link show mt1 | grep -o 'mtu [0-9]*')" "2,mtu 1400" \
	"a shard has no address, and its pair has the bridge's mtu"

# -- one network -----------------------------------------------------------------------------------------------------
is "$(from "$a" tcp:10.70.0.12:80 udp:fd70::12:80 big:10.70.0.15:80 tcp:fd70::15:80)" \
	"c 10.70.0.10,c fd70::10,f 10.70.0.10,f fd70::10" "from the bridge services of shards are reached"
is "$(from "$b" ping:10.70.0.1 ping:fd70::1 tcp:10.70.0.10:80 tcp:fd70::15:80)" "pong,pong,a 10.70.0.11,f fd70::11" "and those of it"
is "$(from "$e" ping:10.70.0.1 ping:fd70::1 tcp:10.70.0.10:80 udp:fd70::10:80 tcp:10.70.0.12:80 tcp:10.70.0.15:80 udp:fd70::15:80)" \
	"pong,pong,a 10.70.0.14,a fd70::14,c 10.70.0.14,f 10.70.0.14,f fd70::14" \
	"from a shard the bridge, its services, those of this shard and of another"
is "$(from "$host" tcp:10.70.0.12:80 tcp:fd70::15:80)" "c 10.70.0.1,f fd70::1" "minit's network reaches them"
mac=$(ct_in ip link show br0 | grep -o 'ether [^ ]*' | cut -d' ' -f2)
is "$(in_net d ip neigh show 10.70.0.1 | awk '{ print $5, $6 }'),$(in_net d ip neigh show fd70::15 | grep -c PERMANENT)" \
	"$mac PERMANENT,1" "neighbours that are known beforehand"
in_net e ip neigh flush nud permanent dev eth0
is "$(from "$e" ping:10.70.0.1),$(in_net e ip neigh show 10.70.0.1 | cut -d' ' -f5)" "pong,$mac" \
	"who asks for the gateway hears of the bridge, and not of the shard"
# b, on the bridge itself, counts the frames in which those addresses are that e asks for, until it hears of one that nobody
# has, for which all are asked. What bridges tell of their groups is none of that.
cat >"$ct_dir/hears.py" <<'PY'
import ipaddress, socket, sys
*those, last = [ipaddress.ip_address(word).packed for word in sys.argv[1:]]
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.settimeout(20)
print("listens", flush=True)
heard = 0
while True:
    frame, where = s.recvfrom(2000)
    heard += any(address in frame for address in those)
    if last in frame:
        break
print(heard, flush=True)
PY
in_net b $traffic_python "$ct_dir/hears.py" 10.70.0.15 fd70::15 10.70.0.99 >"$ct_dir/heard" 2>&1 &
hears=$!
soon grep -q listens "$ct_dir/heard"
in_net e ip neigh flush to 10.70.0.15 dev eth0
in_net e ip neigh flush to fd70::15 dev eth0
answered=$(from "$e" ping:10.70.0.15 ping:fd70::15)
from "$e" ping:10.70.0.99 >/dev/null
wait "$hears"
is "$answered,$(tail -n 1 "$ct_dir/heard")" pong,pong,0 \
	"near: who asks for a member of another shard is answered, and no other bridge hears of it"
is "$(in_net e ip neigh show 10.70.0.15 | grep -c ' 02:6d:0a:46:00:0f '),$(ct_in bridge fdb show br mb1 | grep -c '02:6d:0a:46:00:0f dev mu1')" 1,1 \
	"it has learnt the MAC, and its shard the way"
fdb=$(ct_in bridge fdb show | grep '^02:6d:0a:46:00:11 .* static' | cut -d' ' -f3 | sort -u | tr '\n' ' ')
is "$fdb" "mt2 mv7 " "the bridge knows for good behind which shard one is who was silent, and that its port"
is "$(from "$ct_client" tcp:192.0.2.1:8080 tcp:2001:db8::1:8080 tcp:192.0.2.1:9000)" "c 192.0.2.2,c 2001:db8::2,f 192.0.2.2" \
	"published ports are reached from outside"
is "$(from "$host" tcp:127.0.0.1:9000 tcp:::1:9000),$(from "$a" tcp:10.70.0.1:8080),$(from "$c" tcp:10.70.0.1:8080 tcp:fd70::1:8080)" \
	"f 10.70.0.1,f fd70::1,c 10.70.0.1,c 10.70.0.1,c fd70::1" "from the machine, from a neighbour, and from who has them"
is "$(from "$e" ping:192.0.2.2 ping:2001:db8::2)" pong,pong "and the way out is translated"
is "$(ct_in tc qdisc show dev mv5 | grep -o 'tbf.*rate [^ ]*' | grep -o 'rate.*'),$(in_net f tc qdisc show dev eth0 | grep -o 'rate [^ ]*')" \
	"rate 50Mbit,rate 10Mbit" "rates hold there"

# -- kept apart ------------------------------------------------------------------------------------------------------
is "$(from "$p" tcp:10.71.0.12:80 udp:10.71.0.12:80 tcp:fd71::12:80 udp:fd71::12:80 ping:10.71.0.12 tcp:10.71.0.13:80 udp:fd71::13:80)" \
	"q 10.71.0.10,q 10.71.0.10,q fd71::10,q fd71::10,pong,no,no" "isolate: what is allowed on another shard is reached, no more"
is "$(from "$q" tcp:10.71.0.10:80 udp:fd71::10:80 tcp:10.71.0.13:80 udp:fd71::13:80 ping:10.71.0.1)" no,no,no,no,pong \
	"nothing the other way round, nor on the same shard, but the gateway is"
is "$(from "$s" tcp:10.71.0.12:80 udp:fd71::13:80),$(from "$r" ping:10.71.0.10)" no,no,no "and nobody else"
is "$(from "$v" tcp:10.72.0.10:80 tcp:10.72.0.12:80 tcp:10.72.0.13:80 udp:fd72::14:80 ping:10.72.0.1 ping:fd72::1)" no,no,no,no,pong,pong \
	"port_isolation: from a shard nobody is reached but the machine"
is "$(from "$t" tcp:10.72.0.11:80 udp:fd72::13:80 ping:10.72.0.1)" no,no,pong "nor from the bridge itself"
is "$(from "$host" tcp:10.72.0.10:80 tcp:10.72.0.11:80 tcp:fd72::14:80)" "t 10.72.0.1,v 10.72.0.1,y fd72::1" "from there all are"
# Who knows the MAC of a shard speaks to the machine by another interface than the bridge, and comes no further by it.
in_net q ip neigh replace 10.71.0.1 lladdr "$(ct_in ip link show mb3 | grep -o 'ether [^ ]*' | cut -d' ' -f2)" dev eth0 nud permanent
is "$(from "$q" tcp:10.70.0.10:80 tcp:10.70.0.12:80)" no,no "by a shard's own MAC nobody else is reached"
in_net a ip neigh flush dev eth0

# -- seen ------------------------------------------------------------------------------------------------------------
ct_minit net >"$ct_dir/net" 2>&1
is "$(grep -c '^!' "$ct_dir/net")" 0 "minit net finds all as asked"
is "$(grep -c -E '^(br0 +up .* 8  nat|mb2 +up +joined to br0 by mt2 .* 3 of them|f +br0 [(]mb2[)] .*)$' "$ct_dir/net")" 3 "and shows them"
is "$(ct_minit net c --json | grep -o '"bridge":"br0","shard":"mb1"')" '"bridge":"br0","shard":"mb1"' "to programs too"
ct_in ip link set mt2 down
ct_minit net | grep -q '^! mb2: mt2 lets nothing through'
ok $? "and tells what is not"
ct_in ip link set mt2 up
ct_signal SEGV
ct_wait 10 'executed in place'
ct_minit restart f >/dev/null
ct_is "after a crash a service of a shard starts again" f:up
pids
soon grep -q ":0050 " "/proc/$f/net/udp6"
is "$(from "$a" tcp:10.70.0.15:80)" "f 10.70.0.10" "and is reached"

# -- afterwards ------------------------------------------------------------------------------------------------------
links() {
	nsenter --net=/proc/self/fd/8 ip -br link | awk '{ sub("@.*", "", $1); print $1 }' | grep -v -w -E 'lo|up0' | tr '\n' ' '
}
none() {
	[ -z "$(links)" ]
}
# What holds the pairs is gone a moment after it.
no_pairs() {
	! links | grep -q mv
}
ct_stop "it ends in order"
soon none
is "$(links)" "" "and leaves no link"


# A smaller table for several runs.
{
	printf '[network.bridge.%s]\naddress = "%s/24"\nshard = 3\n' br0 10.70.0.1 br1 10.71.0.1
	for i in 0 1 2 3; do
		service "o$i" 0 "1$i" asleep | sed 's/, "fd[^]]*//'
		service "i$i" 1 "1$i" asleep | sed 's/, "fd[^]]*//'
	done
} >"$ct_dir/table.toml"
within() {
	ct_start nsenter --net=/proc/self/fd/8 "$MINIT" run "$ct_dir/table.toml"
	ct_up
}
within
ct_is "it runs again" all:up
ct_signal KILL
ct_end 10
soon no_pairs
is "$(links)" "br0 br1 mb1 mu1 mt1 mb2 mu2 mt2 " "killed, it leaves them"
# Of the next table only the first bridge has shards.
cp "$ct_dir/table.toml" "$ct_dir/whole.toml"
sed -i '/^\[network.bridge.br1/,$s/^shard.*//' "$ct_dir/table.toml"
within
ct_is "which the next run takes over" all:up
is "$(links | tr ' ' '\n' | grep -v mv | tr '\n' ' '),$(ports mb1)" "br0 br1 mb1 mu1 mt1 ,2 mu1" "as far as its table has them"
is "$(from "$(ct_outer o3)" ping:10.70.0.1 ping:10.70.0.10 ping:10.70.0.12)" "pong,pong,pong" "and they work"
ct_stop "it ends in order"
soon none
is "$(links)" "" "and leaves no link"

# Somebody else's link is in the way.
nsenter --net=/proc/self/fd/8 ip link add mb2 type bridge
cp "$ct_dir/whole.toml" "$ct_dir/table.toml"
within
ct_is "who is not on that shard is up" o0:up o3:up i1:up i2:failed i3:failed
ct_said 'br1: shard: there is a link mb2 already, which minit has not made; delete it .ip link delete mb2.' "it is told"
ct_stop "it ends in order"
only_theirs() {
	[ "$(links)" = "mb2 " ]
}
soon only_theirs
is "$(links)" "mb2 " "and that link is left alone"

# Somebody else's network, where br_netfilter is not minit's to switch off.
if [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ]; then
	sed -i '/^exec/s/.*/exec = ["true"]\nready = "exit"\nrestart = "never"/; s/^shard/nat = true\nshard/' "$ct_dir/table.toml"
	unshare --net --mount sh -c 'mount -t tmpfs run /run && ip link set lo up &&
		echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables && exec timeout 20 "$@"' sh "$MINIT" run "$ct_dir/table.toml" >"$ct_dir/out" 2>&1
	ct_said 'network: br_netfilter looks into bridges here, so nat, isolate and ports cannot be had of a bridge with shards' \
		"what br_netfilter would spoil is refused"
fi
echo "1..$ct_tests"
