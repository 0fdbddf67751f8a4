#!/bin/bash
# A service upon a link of the table waits for that link, and says so; when the link was deleted and is there again, the service is
# started again, as its interface has gone with it.
set -u
. tests/container/ct.sh

# service NAME LINK MODE ADDRESS MORE
service() {
	printf '[service.%s]\nexec = ["/bin/sleep", "1000"]\nnetwork = { parent = "%s", mode = "%s", address = "%s/24" }\n%s\n' \
		"$1" "$2" "$3" "$4" "${5-}"
}
{
	printf '[network.link.wan]\naddress = "192.0.2.1/24"\n[network.link.dum]\nkind = "vxlan"\nid = 5\naddress = "198.51.100.1/24"\n'
	service mac wan macvlan 192.0.2.10
	service online wan macvlan 192.0.2.11 'online = ["wan"]'
	service idle wan macvlan 192.0.2.12 'autostart = false'
	service other dum macvlan 198.51.100.10
	printf '[service.joins]\nexec = ["/bin/sleep", "1000"]\nnetwork.join = "mac"\n'
	printf '[service.behind]\nexec = ["/bin/sleep", "1000"]\nnetwork = "host"\nneeds = ["mac"]\n'
} >"$ct_dir/table.toml"

# has NAME: the address of its eth0
has() {
	ct_inside "$1" ip -br -4 addr show eth0 2>/dev/null | awk '{ print $3 }'
}
is_gone() {
	[ -z "$(has "$1")" ]
}
add_wan() {
	ct_in sh -c 'ip link add wan type veth peer name far && ip link set far up'
}

ct_start
ct_up
ct_is "upon a link that is not there a service waits" mac:waiting online:waiting other:up behind:waiting idle:down
is "$(ct_minit why mac | sed 's/ for [0-9.]*[a-z]*:/:/')" "mac: waiting: waiting for link wan: it is not set up" "it says for what"
ct_not_said '^minit: mac: ' "which is no failure"
ct_minit start idle >/dev/null 2>&1 &
ct_is "one that is started then waits as well" idle:waiting
ct_minit stop idle >/dev/null
add_wan
ct_is "when it comes they start" mac:up online:up behind:up other:up
is "$(has mac) $(has online) $(has other)" "192.0.2.10/24 192.0.2.11/24 198.51.100.10/24" "and have their interfaces"
is "$(ct_field mac starts) $(ct_field online starts) $(ct_field idle state)" "1 1 down" "each at its first start, and who is stopped is not started"

pid=$(ct_field mac pid)
ct_in ip link delete wan
ct_until 5 is_gone mac
is "$(ct_field mac pid) $(ct_field mac state)" "$pid up" "while the link is gone the service runs on"
ct_minit restart online >/dev/null 2>&1 &
ct_is "one that is started again waits for it" online:waiting
add_wan
ct_is "when it is there again" mac:starts=2 mac:up online:up joins:starts=2 joins:up behind:up
is "$(has mac) $(has online) $(has joins)" "192.0.2.10/24 192.0.2.11/24 192.0.2.10/24" "all have their interfaces again"
ct_said '^minit: mac: network: link wan is there again, with which its interface has gone; it is started again$' "and it is said why"
is "$(ct_netns joins)" "$(ct_netns mac)" "who joins the network of another is in its new one"
ct_in ip link delete dum
ct_is "so it is with one that minit makes anew itself" other:starts=2 other:up
is "$(has other) $(ct_field mac starts)" "198.51.100.10/24 2" "and who is upon another is left alone"
ct_minit start idle >/dev/null
is "$(has idle)" 192.0.2.12/24 "who was not running has one at its next start"
ct_minit stop idle >/dev/null
ct_in sh -c 'ip link set wan down && ip link set wan name another && ip link set another up'
ct_rests
ct_minit restart mac >/dev/null
ct_is "when the link is called otherwise, who has an interface upon it is started again without waiting" mac:starts=3 mac:up
is "$(has mac)" 192.0.2.10/24 "and has that still"
ct_in sh -c 'ip link set another down && ip link set another name wan && ip link set wan up'
ct_signal SEGV
ct_wait 10 'executed in place'
ct_is "after an execution in place" all:up
is "$(has mac) $(ct_field mac starts) $(ct_field idle state)" "192.0.2.10/24 3 down" "one that still has its interface is not started again"
ct_stop "it ends in order"
echo "1..$ct_tests"
