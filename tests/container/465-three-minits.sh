#!/bin/bash
# Several minits in one network: what a living one has made is no other's to clear, also when the first of them has ended.
set -u
. tests/container/ct.sh
. tests/container/traffic.sh

# sleepers NETWORK NAME...
sleepers() {
	printf "[service.%s]\\nexec = [\"/bin/sleep\", \"1000\"]\\nrestart = \"never\"\\nnetwork = { $1 }\\n" "${@:2}"
}
# macvlan NAME ADDRESS
macvlan() {
	printf '[network.link.%s]\nkind = "macvlan"\nparent = "up0"\naddress = "%s"\n' "$@"
}
# Pairs are called by the place of a service in its table, mv0 and so on, which no two must want.
ct_table <<TOML
[network.bridge.br0]
address = "10.77.0.1/24"
$(sleepers 'mode = "host"' f g i j k)
$(sleepers 'bridge = "br0"' a)
$(macvlan mac2 198.51.103.1/24)
TOML
cp "$ct_dir/table.toml" "$ct_dir/first.toml"
cat >"$ct_dir/beside.toml" <<TOML
[network]
rules = ["from 10.78.0.0/16 table 300 priority 700"]
[network.bridge.br1]
address = "10.78.0.1/24"
shard = 3
[network.bridge.br3]
address = "10.79.0.1/24"
$(macvlan mac1 198.51.100.1/24)
routes = "unreachable 10.6.0.0/16"
$(sleepers 'mode = "host"' x)
$(sleepers 'bridge = "br1"' b c d e)
TOML
cat >"$ct_dir/third.toml" <<TOML
[network.bridge.br2]
address = "10.80.0.1/24"
$(macvlan mac1 198.51.101.1/24)
$(sleepers 'mode = "host"' p q r s t)
$(sleepers 'bridge = "br2"' h)
TOML

# Processes among others, in the network of the first. begin NAME: its table is NAME.toml
declare -A beside=()
begin() {
	MINIT_SOCKET=$ct_dir/$1 nsenter --net=/proc/self/fd/8 unshare --mount sh -c 'mount -t tmpfs run /run && exec "$@"' sh \
		"$MINIT" run "$ct_dir/$1.toml" >"$ct_dir/$1.said" 2>&1 &
	beside[$1]=$!
	soon test -S "$ct_dir/$1"
}
of() {
	MINIT_SOCKET=$ct_dir/$1 "$MINIT" "${@:2}"
}
# says NAME TEXT
says() {
	grep -q -F "$2" "$ct_dir/$1.said"
}
# Killed, it leaves its services.
left=
finish() {
	[ "$2" = TERM ] || left=$(cat "/proc/${beside[$1]}/task/${beside[$1]}/children")
	kill -"$2" "${beside[$1]}"
	wait "${beside[$1]}" 2>/dev/null
	rm -f "$ct_dir/$1"
	unset "beside[$1]"
}
end_left() {
	[ -z "$left" ] || kill -KILL $left
	left=
}
trap 'end_left; [ ${#beside[@]} = 0 ] || kill -KILL "${beside[@]}"; traffic_cleanup' EXIT
here() {
	nsenter --net=/proc/self/fd/8 "$@"
}
# All that the one beside has made, with the kernel's numbers, and that its services are heard of.
of_beside() {
	here ip -o link | grep -o -E '^[0-9]+: (br1|m[btu]1|mac1|mv[1-4])[@:]' | tr '\n' ' '
	here ip -o -4 addr show dev br1 | grep -o '10.78.0.1/24'
	here ip -o -4 addr show dev mac1 | grep -o '198.51.10[0-9].1/24'
	here ip rule | grep -c '^700:'
	here ip route | grep -c '^unreachable 10.6.0.0/16'
	from "${beside[beside]}" "ping:$1" "ping:$2"
}
refused="minit: mac1: link mac1: there is a link of this name already, a macvlan that another minit here has made"

ct_start sh -c 'ip link add up0 type veth peer name far0 && ip link set far0 up && ip link set up0 up && exec "$@"' sh "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_net
ct_is "the first is up" all:up
begin beside
of beside wait --timeout 20s all:up
ok $? "so is one beside it"
hosts=$(of beside net | grep -o -E '^[be] .*' | grep -o -E '10\.78\.0\.[0-9]+' | tr '\n' ' ')
before=$(of_beside $hosts)
is "$(wc -l <<<"$before"),$(tail -n 1 <<<"$before")" 5,pong,pong "with a network of its own"

# -- the second is given a service by a reload, whose pair has a name that the first has
its=$(here ip -o link show mac2 | cut -d: -f1)
mine=$(here ip -o link show mv5 | cut -d: -f1)
cp "$ct_dir/beside.toml" "$ct_dir/before.toml"
sed -i 's/mode = "host"/bridge = "br3"/' "$ct_dir/beside.toml"
of beside reload >/dev/null
of beside wait --timeout 20s x:failed >/dev/null
ok $? "it cannot have its pair"
says beside 'a link of this name exists, which this minit has not made'
ok $? "and says so"
is "$(here ip -o link show mv5 | cut -d: -f1)" "$mine" "which is the first one's still"
cp "$ct_dir/before.toml" "$ct_dir/beside.toml"
of beside reload >/dev/null
of beside wait --timeout 20s all:up >/dev/null
is "$?:$(of_beside $hosts)" "0:$before" "without that all is as it was"

# -- the first is given a link by a reload that the other has
macvlan mac1 198.51.102.1/24 >>"$ct_dir/table.toml"
ct_minit reload >/dev/null
ct_said 'mac1: link mac1: there is a link of this name already, a macvlan that another minit here has made' \
	"the first cannot have a link of the other, and says so"
is "$(of_beside $hosts)" "$before" "which has all that it had"

# -- the first is killed, and begins again
ct_signal KILL
ct_end 10
nsenter --net=/proc/self/fd/8 unshare --fork --pid --mount --uts --ipc --mount-proc --kill-child \
	sh -c 'mount -t tmpfs run /run && exec "$@"' sh "$MINIT" run "$ct_dir/first.toml" >"$ct_dir/out" 2>&1 </dev/null &
ct_unshare=$!
ct_up
ct_is "the first is killed, and begins again" all:up
ct_not_said 'another minit here has made' "where nothing that it has left is in its way"
is "$(here ip -o link show mac2 | grep -c "^$its:")" 0 "its link is made anew"
is "$(of_beside $hosts)" "$before" "while the second has all that it had"

# -- the first ends, and a third begins
ct_stop "the first ends in order"
begin third
of third wait --timeout 20s all:up
ok $? "a third begins: its services are up"
is "$(of_beside $hosts)" "$before" "the second has all that it had"
says third "$refused"
ok $? "what it has the third cannot have, and says so" || sed 's/^/# /' "$ct_dir/third.said"
finish third KILL
end_left
mine=$(here ip -o link show br2 | cut -d: -f1)
begin third
of third wait --timeout 20s all:up
is "$?,$(here ip -o link show br2 | grep -c "^$mine:")" 0,0 "killed, it leaves a bridge, which the next one makes anew"
is "$(of_beside $hosts)" "$before" "nor does that take anything from the second"
finish beside TERM
is "$(here ip -o link | grep -c -E ': mv[1-4]@')" 0 "when the second has ended its pairs have"

# -- more services than ports are looked after at once
{
	sleepers 'mode = "host"' off{00..69} | sed 's/^restart.*/&\nautostart = false/'
	printf '[network.bridge.br1]\naddress = "10.78.0.1/24"\nshard = 3\n'
	sleepers 'bridge = "br1"' b c d e
} >"$ct_dir/many.toml"
begin many
of many wait --timeout 20s {b,c,d,e}:up
ok $? "one with many services is beside the third"
here ip link delete br1
joined() {
	[ "$(here ip -o link | grep -c -E ': mv[67][0-9]@.* master (br1|mb[0-9]+)')" = 4 ]
}
soon joined
ok $? "its bridge is deleted: all ports are on it again" || here ip -o link | sed 's/^/# /'
finish many TERM
finish third TERM
is "$(here ip -o link | grep -c alias.minit)" 0 "when all have ended, nothing is left"
echo "1..$ct_tests"
