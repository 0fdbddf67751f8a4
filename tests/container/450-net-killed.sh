#!/bin/bash
# minit is killed before each message of the set-up of its network, and started again: it works, a service reaches the machine, and
# nothing is left.
set -u
. tests/container/ct.sh
. tests/container/traffic.sh

ct_table <<TOML
[network.bridge.br0]
address = ["10.77.0.1/24", "fd77::1/64"]
nat = true
isolate = true
[network.link.wan]
address = "192.0.2.10/24"
gateway = "192.0.2.1"
[network.link.mac0]
kind = "macvlan"
parent = "wan"
address = "198.51.100.1/24"
[service.one]
exec = ["/usr/bin/python3", "-S", "-E", "-c", "import socket; socket.create_connection(('10.77.0.1', 7), 5)"]
ready = "exit"
restart = "never"
online = ["wan", "mac0"]
network = { bridge = "br0", ports = ["8080:80", "8081:81/udp"], balance = "random", rate = { in = "50M", out = "20M" }, allow = ["two:80"], sysctl."net.ipv4.ip_unprivileged_port_start" = 0 }
[service.two]
exec = ["/bin/true"]
ready = "exit"
network = { bridge = "br0", ports = ["8080:80", "8081:81/udp"], balance = "random" }
[service.joins]
exec = ["/bin/true"]
ready = "exit"
network.join = "one"
needs = ["one"]
[service.mac]
exec = ["/bin/true"]
ready = "exit"
network = { mode = "macvlan", parent = "wan", address = "192.0.2.9/24" }
TOML

# A run of which all services are tasks ends when they are done. What is left is what was there before.
cat >"$ct_dir/runs.sh" <<SH
table='$ct_dir/table.toml'
run() { "\$@" unshare --fork --pid --mount-proc --kill-child '$MINIT' run "\$table"; }
killed_at() { run strace -f -qq -o /dev/null -e trace=sendto -e inject=sendto:signal=KILL:when=\$1 2>/dev/null; }
left() { echo \$(ip -br link | cut -d' ' -f1 | cut -d@ -f1 | grep -v -w -E 'lo|wan|far') \$(nft list tables); }
# In a network that minit takes for its own, the pairs go with their namespaces, a moment after it has left.
await_none() { for i in \$(seq 200); do [ -z "\$(left)" ] && return; sleep 0.05; done; }
# That of this unshare, which ends once it is gone: unshare itself, killed, would be gone before it.
kill_minit() { kill -KILL \$(cat /proc/\$1/task/\$1/children) && wait \$1; }
# The run after the one that was killed.
next() {
	run >'$ct_dir/second' 2>&1
	status=\$?
	await_none
	left=\$(left)
	[ \$status = 0 ] && [ -z "\$left" ] && return
	echo "message \$n: status \$status, left: \$left" && cat '$ct_dir/second'
	bad=1
}
SH
cat >"$ct_dir/each.sh" <<SH
. '$ct_dir/runs.sh'
ip link add wan type veth peer name far && ip link set far up && ip link set lo up
$traffic_python -c 'import socket; s = socket.create_server(("", 7)); [s.accept() for _ in iter(int, 1)]' &
for n in \$(seq 150); do
	killed_at \$n && break
	[ \$((n % 4)) = 0 ] || continue # else the next is killed upon what this one has left
	next
done
echo killed \$n \${bad:-well}
SH
ct_start sh "$ct_dir/each.sh"
ct_end 120
is $? 0 "killed before each message"
grep -a -q -E '^killed ([5-9][0-9]|1[0-4][0-9]) well$' "$ct_dir/out"
ok $? "the next run works, and leaves nothing behind: $(grep -a '^killed' "$ct_dir/out")"
ct_show 20

# With two shards, before each message that makes or deletes something of them. Every second time the next run has none, and
# what is left of them goes all the same.
{
	printf '[network.bridge.br0]\naddress = "10.77.0.1/24"\nshard = 3\n'
	printf '[service.s%d]\nexec = ["/bin/true"]\nready = "exit"\n' 1 2 3 4 5
} >"$ct_dir/table.toml"
sed '/^shard/d' "$ct_dir/table.toml" >"$ct_dir/plain.toml"
cat >"$ct_dir/each.sh" <<SH
. '$ct_dir/runs.sh'
run strace -f -qq -o '$ct_dir/sent' -e trace=sendto
await_none
for n in \$(grep sendto '$ct_dir/sent' | grep -n '"m[btu][12]"' | grep -E '(NEW|DEL)LINK' | cut -d: -f1); do
	table='$ct_dir/table.toml'
	killed_at \$n && echo "not killed at \$n" && bad=1
	k=\$((k + 1))
	[ \$((k % 2)) = 1 ] || table='$ct_dir/plain.toml'
	next
done
echo killed \$k \${bad:-well}
SH
ct_start sh "$ct_dir/each.sh"
ct_end 60
is $? 0 "killed before each message about a shard"
grep -a -q -E '^killed [78] well$' "$ct_dir/out"
ok $? "the next run works, and leaves nothing behind: $(grep -a '^killed' "$ct_dir/out")"
ct_show 20

# The table after it has no network at all; one of the links bears another alias by then.
ct_table <<TOML
[network.bridge.br0]
address = "10.77.0.1/24"
nat = true
shard = 3
[network.link.mac0]
kind = "macvlan"
parent = "wan"
address = "198.51.100.1/24"
[service.a]
exec = ["/bin/sh", "-c", "echo >$ct_dir/runs; exec sleep 1000"]
needs = ["b", "c", "d", "e"]
TOML
printf '[service.%s]\nexec = ["/bin/sleep", "1000"]\n' b c d e >>"$ct_dir/table.toml"
printf '[service.one]\nexec = ["/bin/true"]\nready = "exit"\n' >"$ct_dir/plain.toml"
cat >"$ct_dir/none.sh" <<SH
. '$ct_dir/runs.sh'
ip link add wan type veth peer name far && ip link set far up
unshare --fork --pid --mount-proc --kill-child '$MINIT' run '$ct_dir/table.toml' >/dev/null 2>&1 &
until [ -e '$ct_dir/runs' ]; do sleep 0.05; done
kill_minit \$!
ip link set mb1 alias somebody
echo left \$(left)
table='$ct_dir/plain.toml'
run
echo "status \$?, left: \$(left)"
SH
ct_start sh "$ct_dir/none.sh"
ct_end 60
ct_said '^left .*br0 .*mb2 .*table inet minit' "killed with links, shards and rules"
ct_said '^status 0, left: mb1$' "a table without any of that leaves only what bears another mark"
ct_show 10
# Of the table after it each thing is of the same name and another kind, subnet or number, and what it does not ask for is not there.
swapped() { # FIRST SECOND: subnets
	printf '[network.bridge.br0]\naddress = "%s"\n[network.bridge.br1]\naddress = "%s"\n' "$1" "$2"
}
{
	swapped 10.77.0.1/24 10.78.0.1/24 | sed '1a mtu = 1400\npriority = 4096\nageing = "7s"'
	cat <<-'TOML'
		[network.link.same]
		kind = "vxlan"
		id = 5
		[network.link.other]
		kind = "vxlan"
		id = 6
		[network.link.kind]
		kind = "vxlan"
		id = 7
		[network.bridge.turns]
		address = "10.79.0.1/24"
		[network.link.turned]
		kind = "vxlan"
		id = 8
	TOML
} >"$ct_dir/table.toml"
{
	swapped 10.78.0.1/24 10.77.0.1/24
	cat <<-'TOML'
		[network.link.same]
		kind = "vxlan"
		id = 6
		[network.link.other]
		kind = "vxlan"
		id = 5
		[network.link.kind]
		kind = "macvlan"
		parent = "wan"
		[network.link.turns]
		kind = "vxlan"
		id = 8
		[network.bridge.turned]
		address = "10.79.0.1/24"
	TOML
} >"$ct_dir/plain.toml"
for table in table plain; do
	printf '[service.a]\nexec = ["/bin/sh", "-c", "echo >%s/runs; exec sleep 1000"]\nnamespaces = ["net"]\nnetwork = { bridge = "br1" }\n' \
		"$ct_dir" >>"$ct_dir/$table.toml"
done
cat >"$ct_dir/turn.sh" <<SH
. '$ct_dir/runs.sh'
# run_until_up TABLE: and what there is then.
run_until_up() {
	rm -f '$ct_dir/runs'
	unshare --fork --pid --mount-proc --kill-child '$MINIT' run "$ct_dir/\$1.toml" &
	until [ -e '$ct_dir/runs' ]; do sleep 0.05; done
	for link in br0 br1 same other kind turns turned; do
		echo "\$1: \$(ip -br link show \$link | sed 's/[@ ].*//') \$(ip -br -4 addr show \$link | awk '{ print \$3 }') \$(ip -d link show \$link |
			grep -o -w -E 'mtu [0-9]*|priority [0-9]+|ageing_time [0-9]*|(vxlan|macvlan|bridge)|id [0-9]+' | tr '\n' ' ')"
	done
	kill_minit \$!
}
ip link add wan type veth peer name far && ip link set far up && ip link set wan up
run_until_up table
run_until_up plain
ip link add theirs type veth peer name there && ip link set theirs master br0
run_until_up table | sed 's/^table/third/'
echo "port: \$(ip -o link show theirs | grep -o 'master br0')"
SH
ct_start sh "$ct_dir/turn.sh"
ct_end 60
now() { grep -a "^${2:-plain}: $1 " "$ct_dir/out" | sed 's/^[a-z]*: //; s/ *$//'; }
is "$(now br0), $(now br1)" "br0 10.78.0.1/24 mtu 1500 bridge ageing_time 30000 priority 32768, br1 10.77.0.1/24 mtu 1500 bridge ageing_time 30000 priority 32768" \
	"of bridges nothing is left that the next table does not say"
is "$(now same), $(now other), $(now kind), $(now turns)" \
	"same  mtu 1500 vxlan id 6, other  mtu 1500 vxlan id 5, kind  mtu 1500 macvlan, turns  mtu 1500 vxlan id 8" "links are those of the next table"
is "$(now turned)" "turned 10.79.0.1/24 mtu 1500 bridge ageing_time 30000 priority 32768" "a bridge in the place of a link"
is "$(now br0 third | cut -d' ' -f1,2), $(now br1 third | cut -d' ' -f1,2), $(grep -a ^port: "$ct_dir/out")" \
	"br0 10.77.0.1/24, br1 10.78.0.1/24, port: master br0" "a bridge that somebody has given a port keeps that, and no address"
ct_show 30
echo "1..$ct_tests"
