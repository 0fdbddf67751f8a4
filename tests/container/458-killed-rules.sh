#!/bin/bash
# The tables of nf_tables that a killed minit has left go, whether or not the next one has such itself, or needs them yet: they
# know the ports of that run, whose names the next one's services have.
set -u
. tests/container/ct.sh
. tests/container/traffic.sh

cat >"$ct_dir/isolated.toml" <<TOML
[network.bridge.br0]
address = ["10.77.0.1/24", "fd77::1/64"]
isolate = true
[service.a]
exec = ["/bin/sleep", "1000"]
network = { address = ["10.77.0.10", "fd77::10"], ports = ["8080:80"] }
TOML
sed 's/^\[network.*/[network.bridge.theirs]/' "$ct_dir/isolated.toml" >"$ct_dir/upon-theirs.toml"
cat >"$ct_dir/nat.toml" <<TOML
[network.bridge.br0]
address = ["10.77.0.1/24", "fd77::1/64"]
nat = true
[service.b]
exec = ["/bin/sleep", "1000"]
network = { address = ["10.77.0.20", "fd77::20"] }
TOML
sed '/^nat/d' "$ct_dir/nat.toml" >"$ct_dir/plain.toml"
cat >"$ct_dir/nobody.toml" <<TOML
[network.bridge.br0]
address = ["10.77.0.1/24", "fd77::1/64"]
nat = true
[service.plain]
exec = ["/bin/sleep", "1000"]
network = "none"
TOML

. tests/container/turns.sh
tables() {
	there nft list tables | tr '\n' ' '
}
pings() {
	there $traffic_python "$traffic_tools/ask.py" "$@" | tr '\n' ',' | sed 's/,$//'
}

begin isolated all:up
is "$(pings ping:10.77.0.10)" pong "it is reached"
finish KILL
is "$(tables)" "table inet minit table bridge minit " "killed, it leaves its tables"
begin nat all:up
is "$(pings ping:10.77.0.20 ping:fd77::20)" pong,pong "the next one's services are not kept apart by them"
is "$(tables)" "table inet minit " "and have those of their own table alone"
finish KILL
begin isolated all:up
finish KILL
begin nobody all:up
is "$(tables)" "" "nor do they stay where no service needs such"
asked net >"$ct_dir/net" 2>&1
is "$(grep '^!' "$ct_dir/net")" "" "which minit net takes for no fault"
finish KILL

there ip link add theirs type bridge
begin upon-theirs all:up
finish KILL
there ip link delete theirs
begin nat all:up
is "$(pings ping:10.77.0.20 ping:fd77::20)" pong,pong "or where nothing else is left of that run"
is "$(tables)" "table inet minit " "and nothing of the tables"
finish TERM
is "$(tables)" "" "at the end there are none"

there ip link add theirs type bridge
begin upon-theirs all:up
finish KILL
there ip link delete theirs
begin plain all:up
is "$(tables)" "" "nor are there any for a table with a bridge and no rules"
finish TERM
echo "1..$ct_tests"
