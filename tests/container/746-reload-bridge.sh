#!/bin/bash
# Another table with other bridges: a new one is there with its services, one that is gone leaves nothing, the rest runs on.
set -u
. tests/container/ct.sh
. tests/container/traffic.sh

stays='[network.bridge.br0]
address = ["10.77.0.1/24", "fd77::1/64"]
nat = true
[service.web]
exec = ["/usr/bin/python3", "-S", "-E", "'$traffic_tools'/serve.py", "web", "80"]
network = { bridge = "br0", address = "10.77.0.10", ports = ["8080:80"] }'
first() {
	ct_table <<TOML
$stays
TOML
}
# Before the other one, so that each has another number.
second() {
	ct_table <<TOML
[network]
sysctl = { "net.ipv4.conf.new.rp_filter" = 2 }
[network.bridge.new]
address = ["10.78.0.1/24", "fd78::1/64"]
nat = true
isolate = true
hosts_file = true
[service.one]
$(serve one '"80"')
network = { bridge = "new", address = "10.78.0.10", ports = ["8181:80"] }
[service.two]
exec = ["/bin/sleep", "1000"]
network = { bridge = "new", address = "10.78.0.20" }
$stays
TOML
}
# Who was on the one that goes moves to the other.
third() {
	ct_table <<TOML
$stays
[service.two]
exec = ["/bin/sleep", "1000"]
network = { bridge = "br0", address = "10.77.0.20" }
TOML
}
steady() {
	echo "$(ct_field web pid) $(ct_field web starts) $(ct_netns web) $(ct_in ip -o link show br0 | cut -d: -f1) $(ct_in ip -o link show br0 | sed "s/.*ether //; s/ .*//") $(port)"
}
port() {
	ct_in ip -o link show master br0 | sed 's/:.*//' | head -n 1
}
heard() {
	from "$ct_client" tcp:192.0.2.1:8080
}

first
ct_start
ct_up
ct_is "it runs" web:up
outside
listens web 80
before=$(steady)
is "$(heard)" "web 192.0.2.2" "a published port of the bridge that is there"

second
cat >"$ct_dir/expected" <<TXT
nat, ports and allow: put in place of the old ones at once
network.bridge.new: it is new: set up
network.sysctl /proc/sys/net/ipv4/conf/new/rp_filter: changed while all runs
one: it is new: started
two: it is new: started
TXT
ct_minit reload --plan >"$ct_dir/said" 2>&1
is "$?:$(sort "$ct_dir/said")" "0:$(cat "$ct_dir/expected")" "the plan has the new bridge"
! ct_in ip link show new >/dev/null 2>&1
ok $? "and does nothing"
ct_minit reload >"$ct_dir/said" 2>&1
is "$?:$(sort "$ct_dir/said")" "0:$(cat "$ct_dir/expected")" "minit reload takes it"
ct_is "its services are up" one:up two:up web:up
is "$(steady)" "$before" "who was there is the same process in the same network, on the same bridge and port"
is "$(ct_in ip -4 -o addr show new | grep -o 'inet [^ ]*'),$(ct_in ip -6 -o addr show new | grep -o 'inet6 [^ ]*' | head -n 1)" \
	"inet 10.78.0.1/24,inet6 fd78::1/64" "it has its addresses"
is "$(ct_in cat /proc/sys/net/ipv4/conf/new/rp_filter)" 2 "and the settings that are its own"
is "$(ct_in ip -o link show master new | grep -c 'mv[0-9]*@')" 2 "its services are ports of it"
listens one 80
is "$(from "$ct_client" tcp:192.0.2.1:8181),$(heard)" "one 192.0.2.2,web 192.0.2.2" "its port is published beside the other"
is "$(from "$(ct_outer two)" tcp:10.78.0.10:80)" no "and its services are isolated"
grep -q one "/proc/$(ct_pid)/root/run/minit/hosts.new/names"
ok $? "its file of names is there"
ct_minit net >"$ct_dir/net" 2>&1
ok $? "minit net finds nothing wrong"
ct_signal SEGV
ct_is "a crash behind it" web:up one:up two:up
is "$(steady)" "$before" "keeps all of it"
ct_in ip link delete new
there() {
	ct_in ip link show "$1" >/dev/null 2>&1
}
ct_until 10 there new
ok $? "it is minit's own: one that somebody deletes is made anew"
soon answers "$ct_client" tcp:192.0.2.1:8181
is "$(from "$ct_client" tcp:192.0.2.1:8181)" "one 192.0.2.2" "with its ports"

third
cat >"$ct_dir/expected" <<TXT
nat, ports and allow: put in place of the old ones at once
network.bridge.new: it is gone: removed, if minit has made it
network.sysctl /proc/sys/net/ipv4/conf/new/rp_filter: no longer in the table: it is not put back to what it was
one: it is gone: stopped
two: restarted with a new network: network
TXT
ct_minit reload --plan >"$ct_dir/said" 2>&1
is "$?:$(sort "$ct_dir/said")" "0:$(cat "$ct_dir/expected")" "the plan of one that is gone"
there new
ok $? "does nothing"
ct_minit reload >"$ct_dir/said" 2>&1
is "$?:$(sort "$ct_dir/said")" "0:$(cat "$ct_dir/expected")" "minit reload takes that, too"
ct_is "who has moved is up on the other" two:up web:up
is "$(steady)" "$before" "who was there is the same"
! there new
ok $? "it is gone"
is "$(ct_in ip route show | grep -c 10.78.0),$(ct_in ip -6 route show table all | grep -c fd78)" 0,0 "with its routes"
is "$(ct_in nft list ruleset | grep -c -E '10[.]78[.]0|"new"|8181')" 0 "and no rule speaks of it"
! [ -e "/proc/$(ct_pid)/root/run/minit/hosts.new" ]
ok $? "its file of names is gone"
is "$(heard),$(from "$ct_client" tcp:192.0.2.1:8181)" "web 192.0.2.2,no" "packets flow as before"
soon answers "$(ct_outer two)" tcp:10.77.0.10:80
is "$(from "$(ct_outer two)" tcp:10.77.0.10:80)" "web 10.77.0.20" "and from who has moved"
ct_minit net >"$ct_dir/net" 2>&1
ok $? "minit net finds nothing wrong"

first
ct_minit reload >"$ct_dir/said" 2>&1
ct_in ip link add own type bridge
ct_in ip addr add 10.79.0.1/24 dev own
printf '[network.bridge.own]\naddress = "10.79.0.1/24"\n[service.there]\nexec = ["/bin/sleep", "1000"]\nnetwork.bridge = "own"\n' >>"$ct_dir/table.toml"
ct_minit reload >"$ct_dir/said" 2>&1
is $? 0 "one that is somebody else's"
ct_is "is used" there:up
first
ct_minit reload >"$ct_dir/said" 2>&1
ct_in ip -4 -o addr show own | grep -q 10.79.0.1
ok $? "and stays as it was when the table has it no more"
ct_in ip link add name taken type veth peer name taken1
printf '[network.bridge.taken]\naddress = "10.79.1.1/24"\n[service.there]\nexec = ["/bin/sleep", "1000"]\nnetwork.bridge = "taken"\n' >>"$ct_dir/table.toml"
ct_minit reload >"$ct_dir/said" 2>&1
ct_wait 10 'taken: bridge: not there; its services will not start'
ok $? "one whose name is another link's cannot be had, which is said as at boot"
is "$(steady)" "$before" "who was there is the same all the while"
ct_in ip link delete own
second
ct_minit reload >"$ct_dir/said" 2>&1
printf '[service.web]\nexec = ["/bin/sleep", "1000"]\nnetwork = "none"\n' | ct_table
ct_minit reload >"$ct_dir/said" 2>&1
ct_is "and a table without any" web:up
is "$(ct_in ip -o link show | grep -c 'alias minit'),$(ct_in ip -o link show type bridge | wc -l),$(ct_in nft list tables | grep -c minit)" 0,0,0 "leaves nothing"
first
ct_minit reload >"$ct_dir/said" 2>&1
ct_is "back again" web:up
soon answers "$ct_client" tcp:192.0.2.1:8080
is "$(heard)" "web 192.0.2.2" "all is there"
ct_stop "it ends in order"
echo "1..$ct_tests"
