#!/bin/bash
# PID 1 crashes behind each message that it sends during a reload: the table that it goes on by, the old or the new, has all of
# its network, and nobody is said to have taken anything away.
set -u
. tests/container/ct.sh

some='[network.link.mac0]
kind = "macvlan"
parent = "wan"
address = "198.51.100.1/24"
[service.stays]
exec = ["/bin/sleep", "1000"]
network = "none"'
old() {
	{
		cat <<TOML
[system]
hostname = "old"
[network]
rules = ["from 192.0.2.10 table 300 priority 500"]
sysctl = { "net.ipv4.conf.default.rp_filter" = 1 }
[network.bridge.br0]
address = ["10.77.0.1/24", "10.79.0.1/24", "fd77::1/64"]
nat = true
isolate = true
ageing = "60s"
forward_delay = "3s"
hosts_file = true
shard = 3
[network.link.old]
kind = "vxlan"
id = 41
remote = "192.0.2.2"
address = "10.41.0.1/24"
[network.link.same]
kind = "vxlan"
id = 43
remote = "192.0.2.2"
address = ["10.43.0.1/24", "10.43.1.1/24"]
gateway = "10.43.0.2"
routes = ["10.44.0.0/16 via 10.43.0.2", "blackhole 10.45.0.0/16"]
[network.link.other]
kind = "vxlan"
id = 44
remote = "192.0.2.2"
[network.link.upon]
kind = "macvlan"
parent = "other"
address = "10.46.0.1/24"
[network.link.port]
kind = "vxlan"
id = 46
remote = "192.0.2.2"
master = "br0"
[network.bridge.gone]
address = "10.80.0.1/24"
hosts_file = true
$some
TOML
		printf '[service.s%d]\nexec = ["/bin/sleep", "1000"]\nnetwork = { bridge = "br0" }\n' 1 2 3 4
	} >"$ct_dir/old.toml"
}
new() {
	cat >"$ct_dir/new.toml" <<TOML
[system]
hostname = "new"
[network]
rules = ["from 192.0.2.11 table 300 priority 501"]
sysctl = { "net.ipv4.conf.default.rp_filter" = 2 }
[network.bridge.made]
address = "10.81.0.1/24"
[network.bridge.br0]
address = ["10.77.0.1/24", "fd77::2/64"]
ageing = "70s"
[network.link.new]
kind = "vxlan"
id = 42
remote = "192.0.2.2"
address = "10.42.0.1/24"
[network.link.same]
kind = "vxlan"
id = 43
remote = "192.0.2.2"
address = ["10.43.0.1/24", "10.43.2.1/24"]
routes = ["10.44.0.0/16 via 10.43.0.3"]
[network.link.other]
kind = "vxlan"
id = 45
remote = "192.0.2.2"
[network.link.upon]
kind = "macvlan"
parent = "other"
address = "10.46.0.1/24"
[network.link.port]
kind = "vxlan"
id = 46
remote = "192.0.2.2"
master = "made"
$some
[service.s1]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br0" }
TOML
}
# What there is of the network, on one line: by whatever numbers.
seen() {
	ct_in sh -c 'hostname; ip rule show | sed -n "s/^\(50.\):.*/\1/p"; cat /proc/sys/net/ipv4/conf/default/rp_filter
		ip -d -o link show br0 | grep -o -E "(ageing_time|forward_delay) [0-9]+"; ls /run/minit | grep "^hosts"
		nft list tables; ip route show | sed "s/ proto.*//"; for i in other port; do ip -d -o link show $i | grep -o -E "vxlan id [0-9]+|master [a-z0-9]+"; done
		ip -br addr show | sed "/^mv[0-9]/d; s/@[a-z0-9]*//; s/ fe80[^ ]*//; s/ *$//; s/ \(UP\|UNKNOWN\|DOWN\|LOWERLAYERDOWN\) */ /" | sort' |
		tr '\n' ';' | sed 's/  */ /g'
}
reload() {
	cp "$ct_dir/$1.toml" "$ct_dir/table.toml"
	ct_minit reload >"$ct_dir/said" 2>&1
}
settled() {
	if [ "$1" = old ]; then
		ct_minit wait --timeout 20s s1:up s2:up s3:up s4:up stays:up >"$ct_dir/wait" 2>&1
	else
		ct_minit wait --timeout 20s s1:up stays:up >"$ct_dir/wait" 2>&1
	fi
}
is_as() {
	[ "$(seen)" = "${all[$1]}" ]
}
# traced WHAT TABLE: a reload to it, in which that is done to a system call of PID 1.
traced() {
	local tracer
	: >"$ct_dir/trace"
	strace -p "$(ct_pid)" -o /dev/null -e trace="${1%%:*}" -e inject="$1" 2>"$ct_dir/trace" &
	tracer=$!
	ct_until 10 grep -q attached "$ct_dir/trace"
	reload "$2"
	kill -INT $tracer
	wait $tracer
}
# A crash behind message $1 of the reload to table $2 (strace counts from where it is attached): 1 when there were fewer.
crash_at() {
	local before
	before=$(ct_field '' crashes)
	: >"$ct_dir/trace"
	traced sendto:signal=SEGV:when="$1" "$2"
	[ "$(ct_field '' crashes)" = $((before + 1)) ]
}
# What it goes on by: what services it has.
table_now() {
	if [ -n "$(ct_field s4 state)" ]; then echo old; else echo new; fi
}

old
new
cp "$ct_dir/old.toml" "$ct_dir/table.toml"
ct_start sh -c 'ip link add wan type veth peer name far && ip link set wan up && ip link set far up && exec "$@"' sh \
	"$MINIT" run "$ct_dir/table.toml"
ct_up
declare -A all
settled old
ok $? "it runs"
all[old]=$(seen)
reload new
ok $? "by another table"
settled new
all[new]=$(seen)
echo "# ${all[old]}"
echo "# ${all[new]}"
pid=$(ct_field stays pid)
bad=0 by_old=0 by_new=0
# There by each second message and back by the others, until there are no more of either.
beyond=0
for ((n = 1; beyond < 2; n++)); do
	if [ "$(table_now)" = old ]; then to=new; else to=old; fi
	crash_at "$n" $to && beyond=0 || beyond=$((beyond + 1))
	now=$(table_now)
	if [ "$now" = $to ]; then by_new=$((by_new + 1)); else by_old=$((by_old + 1)); fi
	settled "$now" || { bad=$((bad + 1)); echo "# message $n to $to: services of $now: $(cat "$ct_dir/wait")"; }
	ct_until 3 is_as "$now" || { bad=$((bad + 1)); echo "# message $n to $to: $now has $(seen)"; }
	[ "$now" = $to ] || reload $to
	settled "$to"
	ct_until 3 is_as "$to" || { bad=$((bad + 1)); echo "# message $n, then reload to $to: $(cat "$ct_dir/said") $(seen)"; }
done
is $bad 0 "after each crash ($by_old by the old table, $by_new by the new one) all is there that the table has which it goes on by"
[ $by_old -gt 10 ] && [ $by_new -gt 10 ]
ok $? "of which there were some on both sides"

# The kernel has no memory for the program: what was put away is there again, with nobody told of it.
[ "$(table_now)" = old ] || reload old
settled old
traced execveat:error=ENOMEM new
is "$(tail -n 1 "$ct_dir/said")" "minit: reload: Out of memory; minit runs on by the table that it has" "one that cannot be executed onto is refused"
settled old
ct_until 10 is_as old
is "$(seen)" "${all[old]}" "and all is as it was"
is "$(ct_field stays pid)" "$pid" "and who is not touched has run on"
ct_not_said 'somebody' "nobody is said to have taken anything"
grep -a somebody "$ct_dir/out" | sort | uniq -c | sed 's/^/# /'
ct_stop "it ends in order"
echo "1..$ct_tests"
