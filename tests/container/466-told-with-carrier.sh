#!/bin/bash
# Who knows the addresses of a link that minit makes by another MAC is told of its own, if it has no carrier yet, then once it has.
set -u
. tests/container/ct.sh

ct_table <<TOML
[network.link.mac0]
kind = "macvlan"
parent = "up0"
address = "198.51.100.1/24"
[service.s]
exec = ["/bin/sleep", "1000"]
TOML
cat >"$ct_dir/hear.py" <<'PYTHON'
import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
s.bind(('far0', 0x0806))
print('listens', flush=True)
while True:
    try:
        frame = s.recv(100)
    except OSError:
        continue # it is down
    print(frame[6:12].hex(':'), 'has', socket.inet_ntoa(frame[28:32]), flush=True)
PYTHON
ct_start sh -c 'ip link add up0 type veth peer name far0 && ip link set up0 up && exec "$@"' sh "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "it is up, with a link that has no carrier" s:up
mac=$(ct_in ip -o link show mac0 | grep -o 'link/ether [0-9a-f:]*' | cut -d' ' -f2)
ct_in /usr/bin/python3 -S -E "$ct_dir/hear.py" >"$ct_dir/heard" 2>&1 &
hears=$!
trap 'kill $hears 2>/dev/null; ct_cleanup' EXIT
heard() {
	grep -c "^$mac has 198.51.100.1\$" "$ct_dir/heard"
}
ct_until 10 grep -q listens "$ct_dir/heard"
ct_in ip link set far0 up
ct_wait 10 'mac0: link: online'
ct_until 10 grep -q "^$mac has" "$ct_dir/heard"
is "$(heard)" 1 "who is on the wire is told when that has carrier"
ct_in ip link set far0 down
ct_wait 10 'mac0: link: no longer online'
: >"$ct_dir/out"
ct_in ip link set far0 up
ct_wait 10 'mac0: link: online'
ct_minit net >/dev/null
is "$(heard)" 1 "and not each time, as it is known by then"
ct_in ip link set far0 down
ct_wait 10 'mac0: link: no longer online'
ct_signal SEGV
ct_wait 10 'executed in place'
: >"$ct_dir/out"
ct_in ip link set far0 up
ct_wait 10 'mac0: link: online'
heard_again() {
	[ "$(heard)" = 2 ]
}
ct_until 10 heard_again
ok $? "but once more by who was executed in place, and does not know"
ct_stop "it ends in order"
echo "1..$ct_tests"
