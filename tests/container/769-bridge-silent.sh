#!/bin/bash
# A bridge that is to have no IPv6 any more keeps no link-local address either: after a reload, and in the next run of one that was killed.
set -u
. tests/container/ct.sh

# table MORE: an address beside that of IPv4
table() {
	ct_table <<TOML
[network.bridge.br0]
address = ["10.77.0.1/24"$1]
[service.a]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br0", address = "10.77.0.10" }
TOML
}
here() {
	nsenter --net=/proc/self/fd/8 "$@"
}
addrs() {
	here ip -o -6 addr show br0 | grep -o -E 'inet6 [^:]*:' | cut -d' ' -f2 | sort | tr '\n' ' '
}

table ', "fd77::1/64"'
ct_start
ct_up
ct_net
ct_is "it runs" a:up
is "$(addrs)" "fd77: fe80: " "its bridge has the address of the table, and a link-local one"
table ''
ct_minit reload >/dev/null
is "$(addrs)" "" "without IPv6 in the table it has neither"
here ip link set br0 down
here ip link set br0 up
is "$(addrs)" "" "nor when it was down meanwhile"
table ', "fd77::1/64"'
ct_minit reload >/dev/null
is "$(addrs)" "fd77: fe80: " "with IPv6 it has both again"

here ip link add theirs type veth peer name far
here ip link set theirs master br0
ct_signal KILL
ct_end 10
is "$(addrs)" "fd77: fe80: " "killed, it leaves a bridge with both"
table ''
nsenter --net=/proc/self/fd/8 unshare --fork --pid --mount --uts --ipc --mount-proc --kill-child \
	sh -c 'mount -t tmpfs run /run && exec "$@"' sh "$MINIT" run "$ct_dir/table.toml" >"$ct_dir/out" 2>&1 </dev/null &
ct_unshare=$!
ct_up
ct_is "the next run, of a table without IPv6, is up" a:up
is "$(here ip -o link show master br0 | grep -c " theirs@"),$(addrs)" "1," "upon that bridge, which has none of both"
ct_stop "it ends in order"
echo "1..$ct_tests"
