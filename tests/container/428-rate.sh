#!/bin/bash
# network.rate holds what goes to a service and what comes from it, as iperf3 measures it; beside a service without a limit,
# in the same run.
set -u
. tests/container/ct.sh
. tests/container/traffic.sh

server='["/usr/bin/iperf3", "--server", "--port", "81"]'
ct_table <<TOML
[network.bridge.br0]
address = ["10.77.0.1/24"]
[service.free]
exec = $server
network = { bridge = "br0", address = "10.77.0.10" }
[service.held]
exec = $server
network = { bridge = "br0", address = "10.77.0.11", rate = { in = "16M", out = "8M" } }
[network.bridge.wide]
address = "10.78.0.1/24"
mtu = 65535
[service.large]
exec = $server
network = { bridge = "wide", address = "10.78.0.10", rate = { in = "10M", out = "10M" } }
[service.slow]
exec = $server
network = { bridge = "br0", address = "10.77.0.12", rate = { in = "1M" } }
TOML

ct_start
ct_up
ct_is "all is up" all:up || exit 1
for name in free held large slow; do
	listens $name 81 tcp6
done

# rate ADDRESS OPTION...: kbit/s that came through.
rate() {
	ct_in iperf3 --client "$1" --port 81 --json "${@:2}" >"$ct_dir/iperf" 2>&1
	$traffic_python -c '
import json, sys
end = json.load(sys.stdin).get("end", {})
print(int((end.get("sum_received") or end["sum"])["bits_per_second"] / 1000))' <"$ct_dir/iperf"
}
# held TEXT MOST OPTION...: a burst of 32 KiB goes at once, a fortieth of what these seconds let through.
held() {
	local text=$1 most=$2 free got least
	shift 2
	free=$(rate 10.77.0.10 "$@" --bytes 8M)
	got=$(rate 10.77.0.11 "$@" --time 2)
	echo "# $text: $free kbit/s without a limit, $got with one"
	least=$((most < free ? most : free)) # a slow machine has no more than it has
	[ "$got" -le $((most * 110 / 100)) ]
	ok $? "what goes $text a service is held to its rate"
	[ "$free" -gt 0 ] && [ "$got" -ge $((least * 60 / 100)) ]
	ok $? "and gets it"
	[ "$free" -ge $((got * 2)) ]
	ok $? "which is what slows it down"
}
held to 16000
held from 8000 --reverse
held 'by UDP to' 16000 --udp --bitrate 60M
for way in --get-server-output --reverse; do
	large=$(rate 10.78.0.10 $way --time 2)
	[ "$large" -gt 1000 ]
	ok $? "the largest packets of the largest mtu get through: $large kbit/s"
done
# waiting PORT ADDRESS: most bytes that wait in its queue while more is sent than it lets through.
waiting() {
	ct_in iperf3 --client "$2" --port 81 --udp --bitrate 20M --length 1400 --parallel 8 --time 2 >/dev/null 2>&1 &
	while kill -0 $! 2>/dev/null; do
		ct_in tc -s -j qdisc show dev "$1"
	done | grep -o '"backlog":[0-9]*' | cut -d: -f2 | sort -n | tail -n 1
}
held=$(waiting mv1 10.77.0.11) slow=$(waiting mv3 10.77.0.12)
echo "# waiting: $held bytes at 16M, $slow at 1M"
[ "$held" -gt 90000 ] && [ "$held" -le 100000 ]
ok $? "what is more waits for up to 50 ms"
[ "$slow" -gt 25000 ] && [ "$slow" -le 32768 ]
ok $? "at a low rate for as long as 32 KiB take"
ct_stop "it ends in order"
echo "1..$ct_tests"
