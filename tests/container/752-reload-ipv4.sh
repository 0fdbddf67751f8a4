#!/bin/bash
# Another table where there is no IPv6: what was left out of the one before for that is left out of this one, too.
set -u
. tests/container/ct.sh

table() {
	ct_table <<TOML
[network.bridge.br0]
address = ["10.77.0.1/24", "fd77::1/64"]
nat = true
${2-}
[service.web]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br0", ports = ["$1:80"] }
TOML
}
ipv6() {
	ct_in nft list ruleset | grep -c -E 'fd7[78]::'
}
forwards() {
	ct_in cat /proc/sys/net/ipv6/conf/all/forwarding
}

table 8080
ct_start sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6 && exec "$@"' sh "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "it runs" web:up
is "$(ipv6),$(forwards)" 0,0 "no rule is of IPv6"
before=$(ct_field web pid)
table 8081
ct_minit reload >"$ct_dir/said" 2>&1
is "$?:$(ct_field web pid)" "0:$before" "another port"
is "$(ipv6),$(forwards)" 0,0 "by rules that are not of IPv6 either"
ct_in nft list ruleset | grep -q 8081
ok $? "but of that port"
table 8081 '[network.bridge.br1]
address = ["10.78.0.1/24", "fd78::1/64"]
nat = true'
ct_minit reload >"$ct_dir/said" 2>&1
is "$?:$(ipv6),$(forwards)" 0:0,0 "and so with another bridge"
ct_in ip -br addr show br1 | grep -q 10.78.0.1
ok $? "which has its other address"
cat >>"$ct_dir/table.toml" <<TOML
[service.new]
exec = ["/bin/sleep", "1000"]
network.bridge = "br0"
[service.newer]
exec = ["/bin/sleep", "1000"]
network.bridge = "br1"
TOML
sed -i 's/bridge = "br0", ports/bridge = "br0", address = "10.77.0.10", ports/' "$ct_dir/table.toml"
ct_minit reload >"$ct_dir/said" 2>&1
ct_is "new services, and one with another network" new:up newer:up web:up
port_again() {
	ct_in ip -o link show mv0 | grep -q ' master br0 '
}
ct_in ip link set mv0 nomaster
ct_until 10 port_again
ok $? "a port that somebody takes off its bridge is joined again"
ct_in nft delete table inet minit
ct_wait 10 'nf_tables: somebody has changed the tables minit; they are as they were again'
is "$(ipv6),$(forwards)" 0,0 "and that there is no IPv6 is known still"
ct_in ip link delete br0
there() {
	[ "$(ct_in ip -o link show master br0 2>/dev/null | wc -l)" = 2 ]
}
ct_until 10 there
ok $? "a bridge that is made anew gets its ports again"
ct_not_said 'Invalid argument|Permission denied' "nothing of IPv6 is asked for"
ct_stop "it ends in order"

ct_table <<TOML
[service.web]
exec = ["/bin/sleep", "1000"]
network = "none"
TOML
ct_start sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6 && exec "$@"' sh "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "one that begins without a bridge" web:up
table 8080
ct_minit reload >"$ct_dir/said" 2>&1
ct_is "and gets one" web:up
is "$(ipv6),$(forwards)" 0,0 "leaves IPv6 out of its first rules"
said=$(grep -a -c 'has no IPv6' "$ct_dir/out")
ct_signal SEGV
ct_is "a crash" web:up
ct_rests
is "$(grep -a -c 'has no IPv6' "$ct_dir/out")" "$said" "is no reason to say again what is left out"
ct_stop "it ends in order"
echo "1..$ct_tests"
