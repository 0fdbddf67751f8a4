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
TOML

ct_start
ct_up
ct_is "all is up" all:up || exit 1
for name in free held large; do
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
ct_stop "it ends in order"
echo "1..$ct_tests"
