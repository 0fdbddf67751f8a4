#!/bin/bash
# What a killed minit has told a bridge of somebody else's of its services goes before the next one has its own; nobody else's does.
set -u
. tests/container/ct.sh

# service NAME BRIDGE ADDRESS
service() {
	printf '[service.%s]\nexec = ["/bin/sleep", "1000"]\nnetwork = { bridge = "%s", address = ["10.78.0.%s", "fd78::%s"] }\n' "$1" theirs "$2" "$2"
}
bridge='[network.bridge.theirs]\naddress = ["10.78.0.1/24", "fd78::1/64"]\n'
{ printf "$bridge"; service a 10; service b 11; } >"$ct_dir/first.toml"
{ printf "$bridge"; service a 12; } >"$ct_dir/second.toml"
printf '[service.a]\nexec = ["/bin/sleep", "1000"]\nnetwork = { mode = "host" }\n' >"$ct_dir/none.toml"

. tests/container/turns.sh
known() {
	there ip neigh show dev theirs nud permanent | cut -d' ' -f1 | sort | tr '\n' ' '
}

there sh -c 'ip link add theirs type bridge && ip link set theirs up && ip addr add 10.78.0.1/24 dev theirs'
begin first
there sh -c 'ip neigh add 10.78.0.200 lladdr 02:00:00:00:00:01 dev theirs && ip neigh add fd78::200 lladdr 02:00:00:00:00:01 dev theirs'
is "$(known)" "10.78.0.10 10.78.0.11 10.78.0.200 fd78::10 fd78::11 fd78::200 " "a bridge knows the services on it"
finish KILL
begin none
is "$(known)" "10.78.0.200 fd78::200 " "the next start takes from it what a killed minit had told it, and nothing else"
finish TERM
begin second
begin none
is "$(known)" "10.78.0.12 fd78::12 " "of one that lives they stay"
finish TERM
finish TERM
is "$(known)" "" "until it has left in order"
echo "1..$ct_tests"
