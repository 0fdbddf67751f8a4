#!/bin/bash
# With stp, a service takes no part in the spanning tree: who sends a BPDU is off the bridge until its next run, and nothing else is.
set -u
. tests/container/ct.sh

ct_table <<TOML
[network.bridge.br0]
address = "10.77.0.1/24"
stp = true
forward_delay = "2s"
[network.link.up0]
master = "br0"
[service.good]
exec = ["/bin/sleep", "1000"]
[service.bad]
exec = ["/usr/bin/python3", "-S", "-E", "-c", """
import signal, socket, struct
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(('eth0', 0))
me = bytes.fromhex('020000000001')
root = bytes(2) + me
bpdu = struct.pack('>HBBB', 0, 0, 0, 0) + root + struct.pack('>I', 0) + root + struct.pack('>HHHHH', 0x8001, 0, 20*256, 2*256, 2*256)
llc = bytes([0x42, 0x42, 3]) + bpdu
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
print('it can be told', flush=True)
while True:
    signal.sigwait({signal.SIGHUP})
    s.send(bytes.fromhex('0180c2000000') + me + struct.pack('>H', len(llc)) + llc)
"""]
TOML

port() { ct_in bridge -d link show dev "$1"; }
ct_start sh -c 'ip link add up0 type veth peer name far0 && ip link set far0 up && exec "$@"' sh "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "both are up" bad:up good:up
port mv1 | grep -q 'state forwarding' && port mv1 | grep -q 'guard on' && port mv0 | grep -q 'guard on' && port up0 | grep -q 'guard off'
ok $? "ports of services are guarded, the link is not"
ct_wait 20 'it can be told'
kill -HUP "$(ct_outer bad)"
ct_until 10 sh -c "nsenter --target '$(ct_pid)' --net bridge link show dev mv1 | grep -q 'state disabled'"
ok $? "who would be the root of the tree is off the bridge"
ct_in ip -d link show br0 | grep -q ' root_port 0 ' && port mv0 | grep -q 'state forwarding' && port up0 | grep -q 'state forwarding'
ok $? "and the tree, and all others, are as they were"
ct_minit net | grep -q '^bad .* shut '
ok $? "which is seen"
ct_minit restart bad >/dev/null
ct_is "started again" 'bad:starts>=2' bad:up
ct_said 'bad: network: bridge br0 has shut its port mv1, as the service has sent a frame of the spanning tree' "it is told why"
port mv1 | grep -q 'state forwarding'
ok $? "and is on the bridge again, and only then runs"
ct_stop "it ends in order"
echo "1..$ct_tests"
