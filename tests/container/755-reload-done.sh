#!/bin/bash
# What `minit reload` comes back from is done: the rules of the new table are in force, its bridges, ports and leaves there.
set -u
. tests/container/ct.sh

bridge='[network.bridge.br0]
address = ["10.77.0.1/24"]'
many() {
	for i in $(seq 150); do
		printf '[service.s%d]\nexec = ["/bin/sleep", "1000"]\nnetwork = { bridge = "br1" }\n' "$i"
	done
}
service='[service.web]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br0"'

printf '%s\nnat = true\n%s }\n' "$bridge" "$service" | ct_table
ct_start
ct_up
ct_is "it runs" web:up
{ printf '%s\n%s, ports = ["8080:80"] }\n[network.bridge.br1]\naddress = "10.78.0.1/24"\nnat = true\n' "$bridge" "$service"; many; } |
	ct_table
ct_minit reload >"$ct_dir/said" 2>&1
is "$?:$(ct_in ip -o link show master br1 | wc -l):$(ct_in nft list ruleset | grep -c 8080)" "0:150:1" \
	"150 new services have their ports on a new bridge, and a port is published, when it comes back"
ct_is "and they come up" s1:up s150:up
ct_stop "it ends in order"
echo "1..$ct_tests"
