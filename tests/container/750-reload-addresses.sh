#!/bin/bash
# Another table in which a bridge that stays has other addresses and settings: it is given them in place, and who need not be
# started anew runs on.
set -u
. tests/container/ct.sh
. tests/container/traffic.sh

# bridge LINE...: of br0; fixed has its address by itself, and waits for no gateway
bridge() {
	{
		echo '[network.bridge.br0]'
		printf '%s\n' "$@"
		cat <<TOML
[service.fixed]
$(serve fixed '"80"')
network = { address = "10.77.0.10", gateway = "none" }
[service.free]
exec = ["/bin/sleep", "1000"]
network = "none"
TOML
	} | ct_table
}
reload() {
	ct_minit reload "$@" >"$ct_dir/said" 2>&1
	echo "$?:$(sort "$ct_dir/said")"
}
option() {
	ct_in ip -d -o link show br0 | sed "s/.*[ /]$1 \([^ ]*\).*/\1/"
}
addresses() {
	ct_in ip -o addr show dev br0 scope global | sed 's/.*inet6* \([^ ]*\).*/\1/' | sort | tr '\n' ' '
}
bound() {
	echo "$(ct_in ip -o link show br0 | cut -d: -f1) $(option ether) $(ct_in ip neigh show dev br0 nud permanent | sort | tr '\n' ' ')"
}
runs() {
	echo "$(ct_field fixed pid),$(ct_field free pid)"
}

bridge 'address = ["10.77.0.1/24"]' 'nat = true'
ct_start
ct_up
ct_is "it runs" fixed:up free:up
listens fixed 80
before=$(runs) tied=$(bound)
from "$(ct_pid)" tcp:10.77.0.10:80 >/dev/null

bridge 'address = ["10.77.0.1/24"]' 'nat = true' 'stp = true' 'forward_delay = "2s"' 'ageing = "60s"' 'priority = 4096'
said='network.bridge.br0: ageing: changed while all runs
network.bridge.br0: forward_delay: changed while all runs
network.bridge.br0: priority: changed while all runs
network.bridge.br0: stp: changed while all runs'
is "$(reload --plan)" "0:$said" "the plan says each setting"
is "$(option stp_state)" 0 "and does nothing"
is "$(reload)" "0:$said" "minit reload takes it"
is "$(option stp_state),$(option forward_delay),$(option ageing_time),$(option priority)" 1,200,6000,4096 "they are so"
is "$(runs)" "$before" "all run on"
is "$(bound)" "$tied" "on the same bridge, which knows them still"
is "$(from "$(ct_pid)" tcp:10.77.0.10:80)" "fixed 10.77.0.1" "and packets flow"
ct_in ip link set br0 type bridge hello_time 300
bridge 'address = ["10.77.0.1/24"]' 'nat = true' 'ageing = "70s"'
gone='no longer in the table: set as the kernel has a new one, if minit has made it'
said="0:network.bridge.br0: ageing: changed while all runs
network.bridge.br0: forward_delay: $gone
network.bridge.br0: priority: $gone
network.bridge.br0: stp: $gone"
is "$(reload --plan)" "$said" "the plan says which are gone"
is "$(option stp_state)" 1 "and does nothing"
is "$(reload)" "$said" "minit reload takes that"
is "$(option stp_state),$(option forward_delay),$(option ageing_time),$(option priority)" 0,1500,7000,32768 "they are as the kernel has them by itself"
is "$(option hello_time)" 300 "and what the table never spoke of is left alone"
is "$(runs),$(bound)" "$before,$tied" "all run on, on the same bridge, which knows them still"
bridge 'address = ["10.77.0.1/24"]' 'nat = true' 'stp = false' 'forward_delay = "2s"' 'ageing = "60s"' 'priority = 32768'
is "$(reload | wc -l),$(option stp_state),$(option priority),$(option ageing_time)" 4,0,32768,6000 "what is written is set"

settings=('nat = true' 'stp = false' 'forward_delay = "2s"' 'ageing = "60s"' 'priority = 32768')
bridge 'address = ["10.77.0.1/24", "10.79.0.1/24"]' "${settings[@]}"
reload >/dev/null
grep -q '^network.bridge.br0: address: changed while all runs$' "$ct_dir/said"
ok $? "another address more"
ct_is "is taken" fixed:up free:up
is "$(addresses)" "10.77.0.1/24 10.79.0.1/24 " "and is there"
is "$(ct_field free pid)" "${before#*,}" "who is not on it runs on"
runs=$(runs) tied=$(bound)
bridge 'address = ["10.77.0.1/24"]' "${settings[@]}"
reload >/dev/null
ct_is "one less" fixed:up free:up
is "$(addresses)" "10.77.0.1/24 " "is gone"
is "$(ct_in ip route show | grep -c 10.79.0)" 0 "with its route"
ct_signal SEGV
ct_is "a crash behind it" fixed:up free:up
is "$(addresses)" "10.77.0.1/24 " "leaves it so"
soon answers "$(ct_pid)" tcp:10.77.0.10:80
is "$(from "$(ct_pid)" tcp:10.77.0.10:80)" "fixed 10.77.0.1" "packets flow"

bridge 'address = ["10.77.0.1/16", "fd77::1/64"]' "${settings[@]}"
reload >/dev/null
ct_is "another prefix, and one of IPv6" fixed:up
is "$(addresses)" "10.77.0.1/16 fd77::1/64 " "is so"
soon answers "$(ct_pid)" tcp:10.77.0.10:80
is "$(from "$(ct_pid)" tcp:10.77.0.10:80)" "fixed 10.77.0.1" "for its services too"
bridge 'address = ["10.77.0.1/16", "fd77::1/64"]' 'mtu = 1400' "${settings[@]}"
is "$(reload)" "0:fixed: restarted with a new network: mtu of its bridge
network.bridge.br0: mtu: changed while all runs" "another MTU: its services are told of it"
ct_is "and are up" fixed:up
is "$(option mtu),$(ct_inside fixed cat /proc/sys/net/ipv6/conf/eth0/mtu)" 1400,1400 "by that"
bridge 'address = ["10.77.0.1/16", "fd77::1/64"]' 'mtu = 1400' 'mac = "02:00:00:00:00:77"' "${settings[@]}"
is "$(reload)" "0:fixed: restarted with a new network: mac of its bridge
network.bridge.br0: mac: changed while all runs" "another MAC the same"
ct_is "up" fixed:up
is "$(option ether)" 02:00:00:00:00:77 "it has it"
soon answers "$(ct_pid)" tcp:10.77.0.10:80
is "$(from "$(ct_pid)" tcp:10.77.0.10:80)" "fixed 10.77.0.1" "and is reached by it"
ct_minit net >"$ct_dir/net" 2>&1
ok $? "minit net finds nothing wrong"
bridge 'address = ["10.77.0.1/16", "fd77::1/64"]' "${settings[@]}"
is "$(reload)" "0:fixed: restarted with a new network: mtu of its bridge, mac of its bridge
network.bridge.br0: mac: $gone
network.bridge.br0: mtu: $gone" "without both"
ct_is "they are up" fixed:up
is "$(option mtu),$(ct_inside fixed cat /proc/sys/net/ipv6/conf/eth0/mtu)" 1500,1500 "with the MTU of the kernel"
[ "$(option ether)" != 02:00:00:00:00:77 ]
ok $? "and a MAC that minit makes"
soon answers "$(ct_pid)" tcp:10.77.0.10:80
is "$(from "$(ct_pid)" tcp:10.77.0.10:80)" "fixed 10.77.0.1" "packets flow"
{ bridge 'address = ["10.77.0.1/16", "fd77::1/64"]' 'mtu = 1400' "${settings[@]}" && printf '[network.link.p0]\nmaster = "br0"\n'; } >>"$ct_dir/table.toml"
reload >/dev/null
ct_is "with an MTU, and a link as a port" fixed:up
{ bridge 'address = ["10.77.0.1/16", "fd77::1/64"]' "${settings[@]}" && printf '[network.link.p0]\nmaster = "br0"\n'; } >>"$ct_dir/table.toml"
is "$(reload)" "1:minit: reload: network.bridge.br0: mtu: it is no longer in the table, and the links that are ports of it decide what it is without that: write the value that it is to have, or start minit anew; nothing has changed" \
	"an MTU that its ports would decide is not taken away"
is "$(ct_field free pid)" "${before#*,}" "who is not on it has run on"
ct_stop "it ends in order"
echo "1..$ct_tests"
