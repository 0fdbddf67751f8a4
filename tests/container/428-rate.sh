#!/bin/bash
# network.rate holds what goes to a service and what comes from it; beside a service without a limit, in the same run.
set -u
. tests/container/ct.sh
. tests/container/traffic.sh

cat >"$ct_dir/source.py" <<'PY'
"""Takes what it is sent (port 81), sends what it is asked for (port 82)."""
import select, socket
doors = {socket.create_server(("", port)): port for port in (81, 82)}
while True:
    for s in select.select(list(doors), [], [])[0]:
        c = s.accept()[0]
        if doors[s] == 82:
            c.sendall(bytes(int(c.recv(20))))
        else:
            while c.recv(65536):
                pass
        c.close()
PY
cat >"$ct_dir/transfer.py" <<'PY'
"""transfer.py ADDRESS BYTES to|from: how long it takes, in ms."""
import socket, sys, time
host, count, way = sys.argv[1], int(sys.argv[2]), sys.argv[3]
begin = time.monotonic()
s = socket.create_connection((host, 81 if way == "to" else 82))
s.sendall(bytes(count) if way == "to" else b"%d" % count)
if way == "to":
    s.shutdown(socket.SHUT_WR)
got = 0
while more := s.recv(65536):
    got += len(more)
assert way == "to" or got == count
print(int((time.monotonic() - begin) * 1000))
PY
ct_table <<TOML
[network.bridge.br0]
address = ["10.77.0.1/24"]
[service.free]
exec = ["/usr/bin/python3", "-S", "-E", "$ct_dir/source.py"]
network.address = "10.77.0.10"
[service.held]
exec = ["/usr/bin/python3", "-S", "-E", "$ct_dir/source.py"]
network.address = "10.77.0.11"
network.rate = { in = "16M", out = "8M" }
TOML

ct_start
ct_up
ct_is "all is up" all:up || exit 1
for name in free held; do
	soon grep -q ':0052 ' "/proc/$(ct_outer $name)/net/tcp"
done

# least ADDRESS BYTES WAY: the best of three, in ms, as others may use the machine.
least() {
	for _ in 1 2 3; do
		ct_in $traffic_python "$ct_dir/transfer.py" "$@"
	done | sort -n | head -n 1
}
# Of what is sent 32 KiB go at once, the rest at the rate: 512 KiB take 240 ms at 16 Mbit/s, 480 at 8.
for way in to:230 from:460; do
	least=${way#*:} way=${way%:*}
	free=$(least 10.77.0.10 524288 "$way")
	held=$(least 10.77.0.11 524288 "$way")
	echo "# 512 KiB $way a service: $free ms without a limit, $held with one"
	[ "$held" -ge "$least" ]
	ok $? "what goes $way a service is held to its rate"
	[ "$held" -ge $((free * 2)) ]
	ok $? "which is what slows it down"
done
ct_stop "it ends in order"
echo "1..$ct_tests"
