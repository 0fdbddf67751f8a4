#!/bin/bash
# What minit's network knows of where an address is goes with the service that has it: another may have it then.
set -u
. tests/container/ct.sh

# table ADDRESS ADDRESS: of a service on both bridges, the second of which was there before.
table() {
	ct_table <<TOML
[network.bridge.br0]
address = ["10.77.0.1/24", "fd77::1/64"]
[network.bridge.theirs]
address = ["10.78.0.1/24", "fd78::1/64"]
[service.stays]
exec = ["/bin/sleep", "1000"]
network = { bridge = "theirs", address = ["10.78.0.9", "fd78::9"] }
$([ -z "$1" ] || cat <<SERVICE
[service.web]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br0", address = ["10.77.0.$1", "fd77::$1"], also = "theirs 10.78.0.$2 fd78::$2" }
SERVICE
)
TOML
}
known() {
	nsenter --target "$holder" --net ip neigh show nud permanent | cut -d' ' -f1 | sort | tr '\n' ' '
}

table 10 20
ct_start sh -c 'ip link add theirs type bridge && exec "$@"' sh "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "all is up" all:up
nsenter --target "$(ct_pid)" --net sleep 1000 &
holder=$!
ct_until 10 sh -c "[ \$(readlink /proc/$holder/ns/net) = $(readlink "/proc/$(ct_pid)/ns/net") ]"
is "$(known)" "10.77.0.10 10.78.0.20 10.78.0.9 fd77::10 fd78::20 fd78::9 " "addresses of services are known"
table 11 20
ct_minit reload >/dev/null
ct_is "with another address" all:up
is "$(known)" "10.77.0.11 10.78.0.20 10.78.0.9 fd77::11 fd78::20 fd78::9 " "that is, and the old one no longer"
table '' ''
ct_minit reload >/dev/null
ct_is "without the service" all:up
is "$(known)" "10.78.0.9 fd78::9 " "none of it is"
ct_is "who has stayed was not started again" stays:starts=1
ct_stop "it ends in order"
is "$(known)" "" "and leaves none upon a bridge that was there before"
kill "$holder"
echo "1..$ct_tests"
