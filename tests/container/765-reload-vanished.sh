#!/bin/bash
# What somebody deletes while one table takes the place of another is made by the new one, as that has it; a device, when it comes.
set -u
. tests/container/ct.sh
. tests/container/traffic.sh

table() { # ADDRESS-PART AGEING
	ct_table <<TOML
[network.bridge.br0]
address = "10.77.0.1/24"
shard = 3
ageing = "$2"
[network.bridge.br1]
address = "10.78.0.$1/24"
[network.link.wan]
match = "u0"
address = "192.0.2.$1/24"
[network.link.vx]
kind = "vxlan"
id = 41
remote = "192.0.2.77"
address = "10.41.0.$1/24"
[network.link.upon]
kind = "macvlan"
parent = "vx"
address = "10.42.0.$1/24"
[service.on1]
$(serve on1 '"80"')
network = { bridge = "br1", address = "10.78.0.100", gateway = "none" }
[service.host]
exec = ["/bin/sleep", "1000"]
network = "host"
TOML
	local i
	for i in 1 2 3 4; do
		printf '[service.s%d]\n%s\nnetwork = { bridge = "br0", address = "10.77.0.1%d" }\n' $i "$(serve s$i '"80"')" $i
	done >>"$ct_dir/table.toml"
}
address() {
	ct_in ip -o -4 addr show dev "$1" 2>/dev/null | sed 's/.*inet \([^ ]*\).*/\1/'
}
has() {
	[ "$(address "$1")" = "$2" ]
}
# execveat of x86_64 and of aarch64.
executes() {
	grep -q -E '^(322|281) ' "/proc/$(ct_pid)/syscall"
}
# deleted_in_between LINK...: while PID 1 is about to execute itself with the new table.
deleted_in_between() {
	local tracer reload link
	: >"$ct_dir/trace"
	strace -p "$(ct_pid)" -o /dev/null -e trace=execveat -e inject=execveat:delay_enter=600000 2>"$ct_dir/trace" &
	tracer=$!
	ct_until 10 grep -q attached "$ct_dir/trace"
	MINIT_SOCKET=/proc/$(ct_pid)/root/run/minit/control "$MINIT" reload >"$ct_dir/said" 2>&1 &
	reload=$!
	ct_until 10 executes
	for link; do ct_in ip link delete "$link"; done
	wait $reload
	echo $? >"$ct_dir/status"
	kill -INT $tracer
	wait $tracer
}
pids() {
	echo $(for i in host s1 s2 s3 s4; do ct_field $i pid; done)
}

table 1 60s
ct_start sh -c 'ip link add u0 type veth peer name u1 && ip link set u1 up && exec "$@"' sh "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "it runs" host:up on1:up s1:up s2:up s3:up s4:up
pids=$(pids)
for i in 1 2 3 4; do listens s$i 80; done
table 2 70s
deleted_in_between wan vx br0 br1
is "$(cat "$ct_dir/status")" 0 "a reload in which its network is deleted"
ct_is "is one" host:up on1:up s1:up s2:up s3:up s4:up
ct_until 10 has br1 10.78.0.2/24
is "$(address br0),$(address br1)" 10.77.0.1/24,10.78.0.2/24 "bridges are as the new table has them"
is "$(ct_in ip -d -o link show br0 | grep -o 'ageing_time [0-9]*'),$(ct_in ip -d -o link show mb1 | grep -o 'ageing_time [0-9]*')" \
	"ageing_time 7000,ageing_time 7000" "and a shard"
ct_until 10 has upon 10.42.0.2/24
is "$(address vx),$(address upon)" 10.41.0.2/24,10.42.0.2/24 "and links that minit makes"
soon answers "$(ct_outer s1)" tcp:10.77.0.14:80
soon answers "$(ct_pid)" tcp:10.77.0.12:80
is "$(from "$(ct_outer s1)" tcp:10.77.0.14:80 tcp:10.77.0.12:80),$(from "$(ct_pid)" tcp:10.77.0.11:80)" "s4 10.77.0.11,s2 10.77.0.11,s1 10.77.0.1" "packets flow"
soon answers "$(ct_pid)" tcp:10.78.0.100:80
is "$(from "$(ct_pid)" tcp:10.78.0.100:80)" "on1 10.78.0.2" "on either bridge"
is "$(pids)" "$pids" "and who need not be started anew has run on"
ct_in ip link add u0 type veth peer name u1
ct_until 10 has wan 192.0.2.2/24
is "$(address wan)" 192.0.2.2/24 "a device is set up when it comes"
ct_minit net >"$ct_dir/net" 2>&1
ok $? "minit net finds nothing wrong"
table 3 60s
deleted_in_between mb1 mt1
ct_is "once more" host:up on1:up s1:up s2:up s3:up s4:up
soon answers "$(ct_outer s1)" tcp:10.77.0.14:80
is "$(from "$(ct_outer s1)" tcp:10.77.0.14:80),$(ct_in ip -d -o link show mb1 | grep -o 'ageing_time [0-9]*')" "s4 10.77.0.11,ageing_time 6000" "a shard alone"
is "$(pids)" "$pids" "and all have run on"
ct_stop "it ends in order"
echo "1..$ct_tests"
