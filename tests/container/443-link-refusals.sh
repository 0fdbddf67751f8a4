#!/bin/bash
# A route that leads nowhere is no link's for the kernel; that of a link which minit has made goes with it, at a reload and at the end.
set -u
. tests/container/ct.sh

head='[network.link.wan]
address = ["192.0.2.10/24", "2001:db8::10/64"]
routes = "unreachable 10.6.0.0/16"'
service='[service.a]
exec = ["/bin/sleep", "1000"]
network = "host"'
made() { # NAME ROUTES
	printf '[network.link.%s]\nkind = "macvlan"\nparent = "wan"\naddress = "198.51.100.1/24"\nroutes = [%s]\n' "$1" "$2"
}
first=$(made first '"unreachable 10.7.0.0/16", "blackhole fd07::/64", "prohibit 10.8.0.0/16 metric 7 table 55"')
second=$(made second '"blackhole 10.9.0.0/16", "prohibit fd09::/64 table 55", "unreachable 10.7.0.0/16 metric 9"')
printf '%s\n' "$head" "$first" "$second" "$service" >"$ct_dir/table.toml"
printf '%s\n' "$head" "$second" "$service" >"$ct_dir/next.toml"
cp "$ct_dir/table.toml" "$ct_dir/all.toml"
cat >"$ct_dir/ends.sh" <<SH
refusals() {
	echo "\$1 \$( (ip route show table all; ip -6 route show table all) | grep -E '^(unreachable|blackhole|prohibit) ' |
		sed 's/ dev lo//; s/ proto [a-z0-9]*//; s/ pref medium//; s/ *\$//' | sort -u | tr '\n' ',')"
}
ip link add wan type veth peer name far && ip link set far up && ip link set lo up
ip route add unreachable 10.7.0.0/16 metric 30 && ip -6 route add blackhole fd07::/64 metric 30
'$MINIT' run '$ct_dir/table.toml' & minit=\$!
'$MINIT' wait --timeout 20s a:up
refusals made:
cp '$ct_dir/next.toml' '$ct_dir/table.toml'
'$MINIT' reload >/dev/null
refusals reload:
'$MINIT' poweroff
wait \$minit
refusals end:
cp '$ct_dir/all.toml' '$ct_dir/table.toml'
'$MINIT' run '$ct_dir/table.toml' & minit=\$!
'$MINIT' wait --timeout 20s a:up
kill -KILL \$minit
wait \$minit
refusals killed:
cp '$ct_dir/next.toml' '$ct_dir/table.toml'
'$MINIT' run '$ct_dir/table.toml' & minit=\$!
'$MINIT' wait --timeout 20s a:up
refusals next:
'$MINIT' poweroff
wait \$minit
refusals last:
SH
ct_start sh "$ct_dir/ends.sh"
ct_end 60
theirs='unreachable 10.7.0.0/16 metric 30'
has() { grep -a "^$1: " "$ct_dir/out" | tr ',' '\n' | sed 's/^[a-z]*: //; s/ metric 1024//; s/ *$//' | grep . | LC_ALL=C sort | tr '\n' ','; }
is "$(has made)" "blackhole 10.9.0.0/16,blackhole fd07::/64,blackhole fd07::/64 metric 30,prohibit 10.8.0.0/16 table 55 metric 7,prohibit fd09::/64 table 55,unreachable 10.6.0.0/16,unreachable 10.7.0.0/16,unreachable 10.7.0.0/16 metric 30,unreachable 10.7.0.0/16 metric 9," \
	"they are there"
is "$(has reload)" "blackhole 10.9.0.0/16,blackhole fd07::/64 metric 30,prohibit fd09::/64 table 55,unreachable 10.6.0.0/16,unreachable 10.7.0.0/16 metric 30,unreachable 10.7.0.0/16 metric 9," \
	"with a link that a table has no more they go"
is "$(has end)" "blackhole fd07::/64 metric 30,unreachable 10.6.0.0/16,$theirs," "in the end with all that minit has made, and no other's"
is "$(has killed)" "$(has made)" "a run that is killed leaves them"
is "$(has next)" "$(has reload)" "and the next one takes away those that its table has not"
is "$(has last)" "$(has end)" "and in the end its own"
ct_show 5
echo "1..$ct_tests"
