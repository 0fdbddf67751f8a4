#!/bin/bash
# A daemon that lowers a limit by which it is known, as who asks for realtime does, lives as long as its own service; a stop of
# another says whom it takes along, and leaves alone who lies in the leaf of one that runs.
set -u
. tests/container/ct.sh

# It leaves its session, and loses its parent.
cat >"$ct_dir/client.sh" <<SH
(setsid bash -c 'ulimit -R 200000; echo \$\$ >$ct_dir/client; exec sleep 1000' &)
exec sleep 1000
SH
ct_table <<TOML
[defaults]
namespaces = []
[service.client]
exec = ["/bin/bash", "$ct_dir/client.sh"]
[service.other]
exec = ["/bin/sleep", "1000"]
TOML
lives() {
	ct_in kill -0 "$(cat "$ct_dir/client")" 2>/dev/null
}
ct_start
ct_up
ct_is "they run" client:up other:up
ct_until 10 [ -s "$ct_dir/client" ]
is "$(ct_in awk '/realtime timeout/ { print $4, $5 }' "/proc/$(cat "$ct_dir/client")/limits")" "200000 200000" "the daemon has lowered its limit"
for i in 1 2 3; do ct_minit restart other >/dev/null; done
if [ -n "$(ct_leaf client)" ]; then
	lives
	ok $? "where there are leaves, stops of another leave it alone"
	ct_not_said 'is killed with it' "and nothing is said"
else
	ct_said '^minit: other: process [0-9]* is killed with it: it has lowered' "without leaves, whom a stop of another takes along is told"
fi
ct_minit stop client >/dev/null
! lives
ok $? "that of its own takes it along"
ct_stop "it ends in order"

# -- minit itself with such a mark, as a service of another minit has it --------------------------------------------
ct_table <<TOML
[service.code]
exec = ["/bin/sh", "-c", "exit 137"]
restart = "never"
TOML
ct_start bash -c "ulimit -x $((0x6d << 56)); exec \"\$@\"" bash "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_wait 10 '^minit: code: exit 137'
ok $? "how a program ends is told by its reaper all the same"
echo "1..$ct_tests"
