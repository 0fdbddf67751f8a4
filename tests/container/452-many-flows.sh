#!/bin/bash
# On a bridge with isolate a service that asks another from more ports than the kernel has room for leaves the others and itself
# their answers, and nobody more than these. No packet leaves these namespaces.
set -u
. tests/container/ct.sh
. tests/container/traffic.sh

ct_table <<TOML
[network.bridge.br0]
address = ["10.77.0.1/24", "fd77::1/64"]
isolate = true
[service.dns]
$(serve dns '"53", "80"')
network = { bridge = "br0", address = ["10.77.0.10", "fd77::10"] }
[service.many]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br0", address = ["10.77.0.11", "fd77::11"], allow = ["dns:53-54/udp"] }
[service.other]
$(serve other '"80"')
network = { bridge = "br0", address = ["10.77.0.12", "fd77::12"], allow = ["dns:53/udp"] }
[service.whole]
$(serve whole '"80"')
network = { bridge = "br0", address = ["10.77.0.13", "fd77::13"], allow = ["dns"] }
TOML

# From each port there is, to one that nobody listens on.
cat >"$ct_dir/many.py" <<'PY'
import socket, struct, sys
source, to = sys.argv[1:]
v6 = ":" in to
raw = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
if v6:
    raw.setsockopt(socket.IPPROTO_IPV6, 7, 6)  # IPV6_CHECKSUM: the kernel puts it there
raw.bind((source, 0))
raw.connect((to, 0))
for port in range(65536):
    raw.send(struct.pack("!HHHH", port, 54, 8, 0))
PY
flows() {
	nsenter --target "$(ct_pid)" --net nft -j list set bridge minit "$1" | grep -o '"elem": {' | wc -l
}

ct_start
ct_up
ct_is "all is up" all:up || exit 1; [ -n "$(ct_pid)" ] || { ct_show; exit 1; }
listens dns 80
listens whole 80
listens other 80
for family in "4 10.77.0." "6 fd77::"; do
	read -r number net <<<"$family"
	nsenter --target "$(ct_outer many)" --net $traffic_python "$ct_dir/many.py" "${net}11" "${net}10"
	is "$(flows "flows$number")" 65536 "IPv$number: no more answers can be told apart"
	is "$(from "$(ct_outer many)" "udp:${net}10:53")" "dns ${net}11" "who has filled it has its answer"
	is "$(from "$(ct_outer other)" "udp:${net}10:53" "udp:${net}10:80")" "dns ${net}12,no" "so has another, where it may ask"
	is "$(from "$(ct_outer whole)" "udp:${net}10:80" "tcp:${net}10:80")" "dns ${net}13,dns ${net}13" "and one that may ask all"
	is "$(from "$(ct_outer dns)" "udp:${net}12:80" "tcp:${net}12:80" "tcp:${net}13:80")" no,no,no "who was asked may answer, and no more"
done
ct_stop "it ends in order"
echo "1..$ct_tests"
