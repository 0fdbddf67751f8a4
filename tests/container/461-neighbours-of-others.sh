#!/bin/bash
# A bridge that somebody has made and given a MAC keeps what it has been told of others when minit takes it; one whose MAC would
# change with its ports gets it for good.
set -u
. tests/container/ct.sh

mkdir "$ct_dir/sys"
{
	printf '[network.bridge.theirs]\naddress = ["10.78.0.1/24", "fd78::1/64"]\n'
	printf '[network.bridge.loose]\naddress = "10.79.0.1/24"\n'
	printf '[network.bridge.same]\naddress = "10.80.0.1/24"\nmac = "02:00:00:00:00:80"\n'
	printf '[service.a]\nexec = ["/bin/sleep", "1000"]\nnetwork = { bridge = "theirs", address = "10.78.0.10" }\n'
} | ct_table
ct_start sh -c "mount -t sysfs sys $ct_dir/sys && mount --bind $ct_dir/sys/class /sys/class && mount --bind $ct_dir/sys/devices /sys/devices &&
	ip link add theirs address 02:00:00:00:00:78 type bridge && ip link add loose type bridge &&
	ip link add same address 02:00:00:00:00:80 type bridge && ip link set theirs up && ip link set same up &&
	ip addr add 10.78.0.1/24 dev theirs && ip addr add 10.80.0.1/24 dev same &&
	ip neigh add 10.78.0.200 lladdr 02:00:00:00:00:01 dev theirs && ip neigh add 10.80.0.200 lladdr 02:00:00:00:00:01 dev same &&
	exec \"\$@\"" sh "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "a service on it is up" a:up
known() {
	ct_in ip -4 neigh show dev "$1" nud permanent | cut -d' ' -f1 | sort | tr '\n' ' '
}
is "$(known theirs)" "10.78.0.10 10.78.0.200 " "who was known on it is known, beside the service"
is "$(known same)" "10.80.0.200 " "also where the table says the MAC that it has"
is "$(ct_in cat /sys/class/net/loose/addr_assign_type)" 3 "one without a MAC of its own has one that stays"
ct_stop "it ends in order"
echo "1..$ct_tests"
