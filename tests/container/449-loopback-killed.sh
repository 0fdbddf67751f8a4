#!/bin/bash
# What of 127.0.0.1 and ::1 a killed minit has opened to bridges is closed before its rules go, which kept the bridges away from there.
set -u
. tests/container/ct.sh

# bridge NAME NET MORE; port BRIDGE PORTS
bridge() {
	printf '[network.bridge.%s]\naddress = ["10.%s.0.1/24", "fd%s::1/64"]\n%s\n' "$1" "$2" "$2" "${3-}"
}
port() {
	printf '[service.%s]\nexec = ["/bin/sleep", "1000"]\nrestart = "never"\nnetwork = { bridge = "%s", ports = [%s] }\n' "at-$1" "$@"
}
{
	bridge br0 77
	bridge theirs 78
	bridge free 79
	port br0 '"8080:80"'
	port theirs '"8081:80"'
	port free '"8082:80"'
} >"$ct_dir/ports.toml"
{
	bridge br0 77
	bridge theirs 78
	bridge free 79
	port br0 ''
	port theirs ''
	port free '"8082:80"'
} >"$ct_dir/fewer.toml"
{
	bridge other 80 'nat = true'
	port other ''
} >"$ct_dir/other.toml"
{
	bridge theirs 78
	port theirs ''
} >"$ct_dir/plain.toml"
printf '[service.a]\nexec = ["/bin/sleep", "1000"]\nnetwork = { mode = "host" }\n' >"$ct_dir/none.toml"

. tests/container/turns.sh
# What leads from loopback to the bridges, of IPv4 and of IPv6.
opened() {
	there sh -c 'for i in br0 theirs free other foreign; do
			! grep -s -q 1 /proc/sys/net/ipv4/conf/$i/route_localnet || echo $i; done
		ip -6 route show table local ::1 proto static' | awk '{ print $1 == "local" ? $4 : $1 }' | tr '\n' ' '
}

# With a port of somebody's a bridge of minit's is not removed; the others were there before.
there sh -c 'ip link add theirs type bridge && ip link add free type bridge && ip link add foreign type bridge &&
	ip link add port type veth peer name far && echo 1 >/proc/sys/net/ipv4/conf/foreign/route_localnet'
begin ports all:up
there ip link set port master br0
is "$(opened)" "br0 theirs free foreign br0 theirs free " "with ports loopback leads to the bridges"
finish KILL
is "$(opened)" "br0 theirs free foreign br0 theirs free " "killed, it leaves that"
is "$(there nft list tables | tr '\n' ' ')" "table inet minit " "and what keeps the bridges away from loopback"
begin fewer all:up
is "$(opened)" "free foreign free " "the next one has closed it, but where it has ports itself"
finish KILL
begin ports all:up
finish KILL
begin other all:up
is "$(opened)" "foreign " "and of bridges that its table does not know"
finish KILL
begin ports all:up
finish KILL
begin plain all:up
is "$(opened) $(there nft list tables)" "foreign  " "and without rules of its own, with the killed one's"
finish KILL

# Those of one that lives are its own.
begin ports all:up
begin none all:up
is "$(opened)" "br0 theirs free foreign br0 theirs free " "what one has opened that lives stays"
finish TERM
begin other at-other:failed
is "$(opened)" "br0 theirs free foreign br0 theirs free " "also when a second one would have rules"
finish TERM
finish KILL
echo "1..$ct_tests"
