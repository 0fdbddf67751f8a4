# For tests/container/NNN-*.sh that look at packets (`. tests/container/traffic.sh`, behind ct.sh): who answers whom. No packet
# leaves these namespaces: the outside is one more of them.
#
#   serve NAME PORTS      the line `exec` of a service that answers "NAME SOURCE" on these ports, by TCP and UDP, IPv4 and IPv6
#   from PID WORD...      what tests/tools/ask.py says in the network of a process, on one line
#   soon COMMAND...       until it succeeds, for ten seconds at most, in silence
#   answers PID WORD      whether somebody does
#   listens NAME PORT [tcp6]  until the service does: serve.py's last port is one of UDP; a TAP line where it never does
#   outside               another machine on a wire to ours, 192.0.2.1 and 2001:db8::1; $ct_client is a process in it
traffic_python="/usr/bin/python3 -S -E"
traffic_tools=$PWD/tests/tools

serve() {
	echo "exec = [\"/usr/bin/python3\", \"-S\", \"-E\", \"$traffic_tools/serve.py\", \"$1\", $2]"
}

from() {
	local pid=$1
	shift
	nsenter --target "$pid" --net $traffic_python "$traffic_tools/ask.py" "$@" | tr '\n' ',' | sed 's/,$//'
}

soon() {
	ct_until 10 "$@" >/dev/null 2>&1
}

answers() {
	[ "$(from "$@")" != no ]
}

listens() {
	soon grep -q ":$(printf %04X "$2") " "/proc/$(ct_outer "$1")/net/${3:-udp6}" || ok 1 "$1 listens on port $2"
}

ct_client=
traffic_cleanup() {
	[ -z "$ct_client" ] || kill -KILL "$ct_client" 2>/dev/null
	ct_cleanup
}
trap traffic_cleanup EXIT

outside() {
	unshare --net sleep 1000 &
	ct_client=$!
	soon sh -c "[ \$(readlink /proc/$ct_client/ns/net) != $(readlink /proc/self/ns/net) ]"
	local here="nsenter --target $(ct_pid) --net ip" there="nsenter --target $ct_client --net ip"
	$here link add up0 type veth peer name eth0 netns $ct_client
	$here addr add 192.0.2.1/24 dev up0 && $here addr add 2001:db8::1/64 dev up0 nodad && $here link set up0 up
	$there addr add 192.0.2.2/24 dev eth0 && $there addr add 2001:db8::2/64 dev eth0 nodad && $there link set eth0 up
	$there link set lo up
	$there route add 10.77.0.0/24 via 192.0.2.1 && $there -6 route add fd77::/64 via 2001:db8::1
	soon sh -c "$there link show eth0 | grep -q 'state UP'"
}
