#!/bin/bash
# Another table where services have networks: those of who is not touched go on, whatever stands before them.
set -u
. tests/container/ct.sh
. tests/container/traffic.sh

bridge='[network.bridge.br0]
address = ["10.77.0.1/24", "fd77::1/64"]
nat = true'
first() {
	ct_table <<TOML
$bridge
[service.gone]
exec = ["/bin/sleep", "1000"]
[service.web]
$(serve web '"80"')
hosts = true
network = { address = "10.77.0.10", ports = ["8080:80"] }
[service.moved]
exec = ["/bin/sleep", "1000"]
network = { address = "10.77.0.20" }
[service.edited]
exec = ["/bin/sh", "-c", "echo 10.9.9.9 mine >>/etc/hosts; exec sleep 1000"]
hosts = true
TOML
}
second() {
	ct_table <<TOML
$bridge
[service.web]
$(serve web '"80"')
hosts = true
network = { address = "10.77.0.10", ports = ["9090:80"] }
[service.moved]
exec = ["/bin/sleep", "1000"]
network = { address = "10.77.0.21" }
[service.new]
$(serve new '"80"')
network = { address = "10.77.0.30" }
[service.edited]
exec = ["/bin/sh", "-c", "echo 10.9.9.9 mine >>/etc/hosts; exec sleep 1000"]
hosts = true
TOML
}
names() {
	cat "/proc/$(ct_outer "$1")/root/etc/hosts"
}

first
ct_start
ct_up
ct_is "it runs" gone:up web:up moved:up edited:up
before=$(ct_netns web)
moved=$(ct_netns moved)
file=$(stat -Lc %i "/proc/$(ct_outer web)/root/etc/hosts")
cat >"$ct_dir/expected" <<TXT
edited: changed while it runs: hosts
gone: it is gone: stopped
moved: restarted with a new network: network
nat, ports and allow: put in place of the old ones at once
new: it is new: started
web: changed while it runs: hosts
TXT
second
ct_minit reload >"$ct_dir/said"
is $?:"$(sort "$ct_dir/said")" "0:$(cat "$ct_dir/expected")" "it says what is different"
ct_is "all is up" web:up moved:up new:up edited:up
is "$(ct_netns web)" "$before" "the network of who is not touched is the same"
is "$(ct_field web starts)" 1 "and so is its run"
[ "$(ct_netns moved)" != "$moved" ]
ok $? "who has another address has another one"
ct_inside moved ip -4 -o addr show eth0 | grep -q 10.77.0.21
ok $? "with that address"
is "$(ct_in ip -o link show | grep -c 'mv[0-9]*@')" 4 "each has its port"
listens web 80 && listens new 80
soon answers "$(ct_outer web)" tcp:10.77.0.30:80
is "$(from "$(ct_outer web)" tcp:10.77.0.30:80),$(from "$(ct_outer moved)" tcp:10.77.0.10:80)" "new 10.77.0.10,web 10.77.0.21" \
	"the old, the new and the moved reach each other"
outside
is "$(from "$ct_client" tcp:192.0.2.1:9090),$(from "$ct_client" tcp:192.0.2.1:8080)" "web 192.0.2.2,no" "the new port is published, and the old one is not"
ct_until 10 sh -c "grep -q 'new' /proc/$(ct_outer web)/root/etc/hosts"
is "$(names web | grep '^10' | sed 's/.*\t//' | tr '\n' ' ')" "web moved new edited " "/etc/hosts names those of the new table"
names web | grep -q '^10.77.0.21.moved$'
ok $? "by the addresses that they have now"
! names web | grep -q gone
ok $? "and no other"
is "$(stat -Lc %i "/proc/$(ct_outer web)/root/etc/hosts")" "$file" "it is the same file"
ct_wait 10 'edited: /etc/hosts: somebody has changed it'
ok $? "what somebody has changed is left to him, and that is said"
names edited | grep -q mine
ok $? "as it was"
ct_signal SEGV
ct_is "a crash behind it" web:up new:up
is "$(ct_netns web)" "$before" "keeps all of it"
ct_minit net >"$ct_dir/net" 2>&1
ok $? "minit net finds nothing wrong"
first
ct_minit reload >"$ct_dir/said"
ok $? "and back again"
ct_is "all is up" gone:up web:up moved:up edited:up
is "$(ct_netns web)" "$before" "still the same network"
ports() {
	[ "$(ct_in ip -o link show | grep -c 'mv[0-9]*@')" = "$1" ]
}
ct_until 10 ports 4
ok $? "each has its port, and nobody else"
[ "$(ct_field '' helpers)$(ct_field '' orphans)" = 0 ]
ok $? "who wrote the names counts as no orphan"

for i in 1 2 3 4 5 6 7 8 9; do
	first
	printf '[service.%s%d]\nexec = ["/bin/sleep", "1000"]\nnetwork = { address = "10.77.0.%d" }\n' one $i $((100 + i)) two $i $((200 + i)) >>"$ct_dir/table.toml"
	ct_minit reload >"$ct_dir/said"
done
ct_is "two that are others each time" one9:up two9:up web:up
ct_not_said 'a link of this name exists' "meet no port that is about to go"
ct_stop "it ends in order"
echo "1..$ct_tests"
