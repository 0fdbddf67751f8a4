#!/bin/bash
# One published port over several services: how it is spread, and that one that is not ready gets nothing.
set -u
. tests/container/ct.sh
. tests/container/traffic.sh

member() {
	cat <<TOML
[service.$1]
$(serve "$1" '"80"')
network = { ports = ["$3:80", "$3:80/udp"], balance = "$2" }
TOML
}
ct_table <<TOML
[defaults]
backoff = { first = "30s", stable = "1h" } # whoever dies stays away
[network.bridge.br0]
address = ["10.77.0.1/24", "fd77::1/64"]
$(for name in r1 r2; do member $name random 8001; done)
$(for name in t1 t2 t3; do member $name round-robin 8002; done)
$(for name in s1 s2; do member $name source 8003; done)
[service.at]
$(serve at '"80"')
network = { ports = ["192.0.2.1:8004:80", "[2001:db8::1]:8004:80"], balance = "random" }
[service.any]
$(serve any '"80"')
network.ports = "8004:80"
[service.host]
$(serve host '"8002"')
network = "host"
TOML

ct_start
ct_up
ct_is "all is up" all:up || exit 1
outside
for name in r1 r2 t1 t2 t3 s1 s2 at any; do
	listens $name 80
done
listens host 8002
for i in $(seq 3 22); do
	echo "addr add 192.0.2.$i/24 dev eth0"
done | nsenter --target "$ct_client" --net ip -batch -

# shares TIMES WORD: how many of so many get an answer of whom, from outside.
shares() {
	from "$ct_client" $(yes "$2" | head -n "$1") | tr ',' '\n' | cut -d' ' -f1 | sort | uniq -c | awk '{ printf "%s%s:%s", sep, $2, $1; sep = " " }'
}
is "$(shares 12 tcp:192.0.2.1:8002)" "t1:4 t2:4 t3:4" "each in turn"
is "$(shares 12 tcp:2001:db8::1:8002)" "t1:4 t2:4 t3:4" "IPv6 too"
is "$(shares 12 udp:192.0.2.1:8002)" "t1:4 t2:4 t3:4" "and UDP"
# One behind the other: the order is what it is about.
nsenter --target "$ct_client" --net bash -c 'for i in {1..40}; do exec 3<>/dev/tcp/192.0.2.1/8001 && { read -r who _; echo "$who"; } <&3; done' \
	>"$ct_dir/random" 2>/dev/null
[ "$(sort "$ct_dir/random" | uniq -c | awk '$2 ~ /^r[12]$/ && $1 >= 4' | wc -l)" = 2 ]
ok $? "at random: each has its share: $(sort "$ct_dir/random" | uniq -c | tr -s ' \n' ' ')"
[ "$(uniq "$ct_dir/random" | wc -l)" -lt 40 ]
ok $? "and sometimes the same twice"
is "$(shares 6 tcp@192.0.2.7:192.0.2.1:8003 | wc -w)" 1 "by the source: the same one for the same"
is "$(from "$ct_client" $(for i in $(seq 3 22); do echo "tcp@192.0.2.$i:192.0.2.1:8003"; done) | tr ',' '\n' | cut -d' ' -f1 |
	sort -u | tr '\n' ' ')" "s1 s2 " "and others for others"

ct_minit stop t1 >/dev/null
is "$(shares 8 tcp:192.0.2.1:8002)" "t2:4 t3:4" "one that is stopped gets nothing more"
kill -KILL "$(ct_outer t2)"
ct_is "one that died and waits to be started again" t2:backoff
is "$(shares 6 tcp:192.0.2.1:8002),$(shares 6 udp:2001:db8::1:8002)" "t3:6,t3:6" "gets nothing either"
ct_minit stop t3 >/dev/null
is "$(shares 3 tcp:192.0.2.1:8002)" "host:3" "without any the port is the machine's own"
is "$(from "$ct_client" tcp:192.0.2.1:8004 tcp:2001:db8::1:8004)" "at 192.0.2.2,at 2001:db8::2" \
	"one of one address of the machine goes before one of all of them"
ct_minit stop at >/dev/null
is "$(from "$ct_client" tcp:192.0.2.1:8004 tcp:2001:db8::1:8004),$(from "$(ct_pid)" tcp:127.0.0.1:8004)" "no,no,any 10.77.0.1" \
	"and without any that is ready does not go to that"
ct_minit start t1 t3 >/dev/null
ct_is "they come back" t1:up t3:up
listens t1 80
listens t3 80
is "$(shares 8 tcp:192.0.2.1:8002)" "t1:4 t3:4" "and have their share again"
if [ -n "$(ct_leaf t3)" ]; then
	ct_minit pause t3 >/dev/null
	is "$(shares 4 tcp:192.0.2.1:8002),$(shares 4 udp:192.0.2.1:8002)" "t1:4,t1:4" "one that is paused gets nothing"
	ct_minit resume t3 >/dev/null
	is "$(shares 4 tcp:192.0.2.1:8002)" "t1:2 t3:2" "until it goes on"
else
	ok 0 "one that is paused gets nothing # SKIP no cgroups"
	ok 0 "until it goes on # SKIP no cgroups"
fi
ct_signal SEGV
ct_minit stop t3 >/dev/null
is "$(shares 6 tcp:192.0.2.1:8002)" "t1:6" "after a fatal signal to minit likewise"
ct_stop "it ends in order"
echo "1..$ct_tests"
