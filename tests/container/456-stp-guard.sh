#!/bin/bash
# With stp, a service takes no part in the spanning tree: who sends a BPDU is off the bridge until its next run, and nothing else is.
set -u
. tests/container/ct.sh

# A frame for each SIGHUP, or with a number each so many seconds from the first one on.
cat >"$ct_dir/bpdu.py" <<'PYTHON'
import signal, socket, struct, sys, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(('eth0', 0))
me = bytes.fromhex('020000000001')
root = bytes(2) + me
bpdu = struct.pack('>HBBB', 0, 0, 0, 0) + root + struct.pack('>I', 0) + root + struct.pack('>HHHHH', 0x8001, 0, 20*256, 2*256, 2*256)
llc = bytes([0x42, 0x42, 3]) + bpdu
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
print(sys.argv[1], 'can be told', flush=True)
while True:
    signal.sigwait({signal.SIGHUP})
    s.send(bytes.fromhex('0180c2000000') + me + struct.pack('>H', len(llc)) + llc)
    while len(sys.argv) > 2:
        time.sleep(float(sys.argv[2]))
        try:
            s.send(bytes.fromhex('0180c2000000') + me + struct.pack('>H', len(llc)) + llc)
        except OSError:
            pass # the port is being opened
PYTHON
# sender NAME MORE NETWORK
sender() {
	printf '[service.%s]\nexec = ["/usr/bin/python3", "-S", "-E", "%s", "%s"%s]\nnetwork = { %s }\n' "$1" "$ct_dir/bpdu.py" "$1" "$2" "$3"
}
# table STP
table() {
	ct_table <<-TOML
		[network.bridge.br0]
		address = "10.77.0.1/24"
		$1
		forward_delay = "2s"
		[network.bridge.ext0]
		address = "10.78.0.1/24"
		[network.link.up0]
		master = "br0"
		[service.good]
		exec = ["/bin/sleep", "1000"]
		network = { bridge = "br0" }
		$(sender bad '' 'bridge = "br0"')
		[service.own]
		exec = ["/bin/sleep", "1000"]
		network = { bridge = "br0" }
		$(sender joins ', "0.1"' 'join = "own"')
		$(sender guest '' 'bridge = "ext0"')
	TOML
}
table 'stp = true'

port() { ct_in bridge -d link show dev "$1"; }
# is_port PORT STATE
is_port() { ct_until 20 sh -c "nsenter --target '$(ct_pid)' --net bridge link show dev $1 | grep -q 'state $2'"; }
# send NAME PORT: it is shut
send() {
	ct_wait 20 "$1 can be told"
	kill -HUP "$(ct_outer "$1")"
	is_port "$2" disabled
}
ct_start sh -c 'ip link add up0 type veth peer name far0 && ip link set far0 up && ip link add ext0 type bridge stp_state 1 forward_delay 200 &&
	exec "$@"' sh "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "all are up" all:up
port mv1 | grep -q 'state forwarding' && port mv1 | grep -q 'guard on' && port mv0 | grep -q 'guard on' && port up0 | grep -q 'guard off'
ok $? "ports of services are guarded, the link is not"
send bad mv1
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

# -- a bridge of somebody else's, which the table does not say anything of -------------------------------------------
send guest mv4
ok $? "so is who sends one to somebody's bridge with a spanning tree"
ct_minit restart guest >/dev/null
ct_is "started again" 'guest:starts>=2' guest:up
ct_said 'guest: network: bridge ext0 has shut its port mv4' "it is told why"
port mv4 | grep -q 'state forwarding'
ok $? "and is on that again"

# -- who sends it is another in its network -----------------------------------------------------------------------------
send joins mv2
ok $? "who joins another's network shuts that one's port"
ct_minit restart --no-wait own >/dev/null
ct_wait 20 'own: network: bridge br0 has shut its port mv2, which it waits for, as a frame of the spanning tree came from there, in which services have no part: see that joins or who else'
ok $? "when that starts again while frames come, it says that it waits in vain, and who may send them"
ct_minit stop joins >/dev/null
ct_is "the other has ended" joins:down
ct_minit restart own >/dev/null
ct_is "and the first starts" own:up
port mv2 | grep -q 'state forwarding'
ok $? "on its bridge"

# -- the spanning tree goes ------------------------------------------------------------------------------------------------
send bad mv1
ok $? "a port is shut once more"
started=$(ct_field bad starts)
table ''
ct_minit reload >/dev/null
is_port mv1 forwarding
ok $? "and is opened when the table takes the spanning tree away"
ct_said 'bad: network: bridge br0 had shut its port mv1, and has no spanning tree any more: it is opened again' "which is told"
is "$(ct_field bad starts)" "$started" "with the service as it was"
table 'stp = true'
ct_minit reload >/dev/null
is_port mv1 forwarding
send bad mv1
ok $? "with a spanning tree it is shut again"
table 'stp = false'
ct_minit reload >/dev/null
is_port mv1 forwarding
ok $? "and opened when the table says that there is to be none"
ct_stop "it ends in order"
echo "1..$ct_tests"
