#!/bin/bash
# Bridges as the table wants them, also one that was there before.
set -u
. tests/container/ct.sh

hail='import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(0.5)
s.connect((sys.argv[1], 9))
try: # who is there answers that nobody listens
    s.send(b"")
    s.recv(1)
except ConnectionRefusedError:
    sys.exit(0)
except OSError:
    sys.exit(1)'
filters=$(unshare --net sh -c 'ip link add b type bridge vlan_filtering 1 2>/dev/null && echo 1')
ct_table <<TOML
[network.bridge.br0]
address = ["10.77.0.1/24"]
mac = "02:00:5e:10:00:01"
stp = true
forward_delay = "2s"
priority = 4096
ageing = "1m"
vlan_filtering = $([ -n "$filters" ] && echo true || echo false)
[network.bridge.br1]
address = ["10.78.0.1/24"]
port_isolation = true
[network.bridge.old]
address = ["10.79.0.1/24"]
ageing = "0"

[service.one]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br1", address = "10.78.0.10" }
[service.two]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br1", address = "10.78.0.11" }
[service.host]
exec = ["/bin/sleep", "1000"]
network = "host"
TOML

# told NAME WORD: what `ip -d link` says of a link behind a word.
told() {
	ct_in ip -d link show "$1" | grep -o -w -E "$2 [^ ]+" | head -n 1
}

ct_start sh -c 'ip link add old type bridge stp_state 1 forward_delay 300 && exec "$@"' sh "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "all is up" one:up two:up host:up
is "$(ct_in ip link show br0 | grep -o 'ether [^ ]*')" "ether 02:00:5e:10:00:01" "a bridge has the MAC of the table"
is "$(told br0 stp_state),$(told br0 forward_delay),$(told br0 priority),$(told br0 ageing_time),$(told br0 vlan_filtering)" \
	"stp_state 1,forward_delay 200,priority 4096,ageing_time 6000,vlan_filtering ${filters:-0}" "and its settings"
is "$(told old ageing_time),$(told old stp_state),$(told old forward_delay)" "ageing_time 0,stp_state 1,forward_delay 300" \
	"one that was there gets what is asked of it, and keeps the rest"
is "$(ct_in ip -d link show master br1 | grep -c -o 'isolated on')" 2 "ports are isolated"
ct_inside one python3 -c "$hail" 10.78.0.1
ok $? "who is behind one reaches minit's network"
! ct_inside one python3 -c "$hail" 10.78.0.11
ok $? "and not who is behind another"
ct_stop "it ends in order"

[ -n "$filters" ] || {
	sed 's/^vlan_filtering = false/vlan_filtering = true/' "$ct_dir/table.toml" >"$ct_dir/more.toml"
	ct_start "$MINIT" run "$ct_dir/more.toml"
	ct_up
	ct_wait 10 "br0: VLAN filtering of bridge br0: this kernel's bridges cannot; .*CONFIG_BRIDGE_VLAN_FILTERING"
	ok $? "a kernel that lacks what is asked for is told of"
	ct_stop "it ends in order"
}
echo "1..$ct_tests"
