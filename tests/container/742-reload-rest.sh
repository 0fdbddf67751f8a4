#!/bin/bash
# Another table: what services write, groups of leaves, joined ones, the command line beside the table, and crashes all along.
set -u
. tests/container/ct.sh

# table OUTPUT-OF-SPEAKER GROUP-LIMIT MORE
table() {
	ct_table <<TOML
$3
[group.shop]
cgroup.pids.max = $2
[service.counts]
exec = ["/bin/sh", "-c", "i=0; while :; do i=\$((i+1)); echo line \$i; sleep 0.01; done"]
output = { file = "$1" }
[service.loud]
exec = ["/bin/sh", "-c", "echo hello; exec sleep 1000"]
output = "console"
[service.one]
exec = ["/bin/sleep", "1000"]
in_group = "shop"
[service.two]
exec = ["/bin/sleep", "1000"]
in_group = "shop"
[service.joins]
exec = ["/bin/sleep", "1000"]
join = { service = "one", namespaces = ["ipc"] }
TOML
}
pids() {
	local name
	for name in one two joins loud; do ct_field "$name" pid; done | tr '\n' ' '
}
in_leaf() {
	ct_minit status "$1" | grep -q "^  $2 .*$3\$"
}

table "$ct_dir/log" 50 ""
ct_start "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "it runs" counts:up loud:up one:up two:up joins:up
ct_wait 10 'loud \| hello'
ok $? "who writes is heard"
before=$(pids)
counts=$(ct_field counts pid)

table "$ct_dir/log" 60 '[service.new]
exec = ["/bin/sh", "-c", "echo I am new; exec sleep 1000"]
output = "console"'
ct_minit reload >"$ct_dir/said"
ok $? "one more that writes, before the others, and another limit of the group"
ct_is "all are up" counts:up loud:up one:up two:up joins:up new:up
ct_wait 10 'new *\| I am new'
ok $? "the new one is heard"
is "$(pids)$(ct_field counts pid)" "$before$counts" "nobody else was touched"
ct_minit status one >"$ct_dir/status"
grep -q 'shop:pids.max *60 *60$' "$ct_dir/status"
ok $? "the group has the new limit"
ct_until 10 sh -c "[ \$(wc -l <'$ct_dir/log') -gt 100 ]"
sed 's/.*line //' "$ct_dir/log" | awk 'NR > 1 && $1 != last + 1 { bad++ } { last = $1 } END { exit bad != 0 }'
ok $? "no line of who went on writing is lost, or comes twice"

table "$ct_dir/other" 60 '[service.new]
exec = ["/bin/sh", "-c", "echo I am new; exec sleep 1000"]
output = "console"'
ct_minit reload >"$ct_dir/said"
grep -q '^counts: .*output' "$ct_dir/said"
ok $? "another file for what it writes"
ct_until 10 test -s "$ct_dir/other"
ok $? "is written"

# The limit of the group goes.
sed -i '/^cgroup.pids.max/d' "$ct_dir/table.toml"
ct_minit reload >"$ct_dir/said"
is "$(grep '^[ot]' "$ct_dir/said" | tr '\n' ';')" "one: restarted in a new leaf: pids.max;two: restarted in a new leaf: pids.max;" \
	"without the limit of the group all of it is made anew"
ct_is "and is up again" one:up two:up joins:up
limit=$(find /sys/fs/cgroup -path "$ct_home/grp.shop/pids.max" -exec cat {} \;)
is "${limit:-max}" max "which has no limit any more"
before=$(pids)

for i in $(seq 20); do
	table "$ct_dir/other" $((100 + i)) "[service.new]
exec = [\"/bin/sleep\", \"$i\"]
restart = \"always\"
stop.grace = \"10ms\""
	ct_minit reload >"$ct_dir/said" 2>&1 &
	reload=$!
	ct_signal SEGV
	wait $reload
done
ct_is "20 crashes in the middle of as many exchanges" counts:up loud:up one:up two:up joins:up new:up
ct_minit reload >"$ct_dir/said" 2>&1
ok $? "and one that is let alone"
is "$(pids)" "$before" "all run on"
ct_minit status two | grep -q 'pids.max *120 *120$'
ok $? "by the last table"
is "$(tr '\0' ' ' <"/proc/$(cat "/proc/$(ct_outer new)/task/"*/children | tr -d ' ')/cmdline")" "/bin/sleep 20 " "so does the one that is another each time"
is "$(ct_minit status | tail -n +3 | grep -c up)" 6 "and there is no other"
ct_stop "it ends in order"
left=$(ct_leaf one; ct_leaf new)
is "$left" "" "no leaf is left"
echo "1..$ct_tests"
