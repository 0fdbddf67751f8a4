#!/bin/bash
# A table that cannot take the place of the one that runs, and an exchange that is cut short: all goes on as it was.
set -u
. tests/container/ct.sh

extra='[service.extra]
exec = ["/bin/sleep", "1000"]
network = "none"'
old() {
	ct_table <<TOML
[network.bridge.br0]
address = ["10.77.0.1/24"]
mtu = 1400
[network.link.p9]
match = "p9"
master = "br0"
[service.steady]
exec = ["/bin/sleep", "1000"]
[service.slow]
exec = ["/bin/sh", "-c", "trap : TERM; while :; do sleep 0.1; done"]
stop.grace = "600s"
network = "none"
[service.needy]
exec = ["/bin/sleep", "1000"]
needs = ["slow"]
network = "none"
${1-}
TOML
}
said() {
	ct_minit reload "$@" >"$ct_dir/said" 2>&1
}
same() {
	is "$(ct_field steady pid),$(ct_field steady starts),$(ct_field '' reexecs)" "$before" "$1"
}

old "$extra"
ct_start
ct_up
ct_is "it runs" steady:up slow:up needy:up extra:up
before=$(ct_field steady pid),$(ct_field steady starts),$(ct_field '' reexecs)

echo 'restart = "sometimes"' >>"$ct_dir/table.toml"
said
is $? 1 "a wrong table"
grep -q 'table.toml:[0-9]*:[0-9]*: service.[a-z]*: restart: found' "$ct_dir/said"
ok $? "is told with file, line and column"
rm "$ct_dir/table.toml"
said
is $? 1 "a file that is gone"
grep -q 'table.toml: cannot be read: No such file' "$ct_dir/said"
ok $? "is told"
said "$ct_dir/nothing" "$ct_dir/else"
is "$?:$(grep -c 'cannot be read' "$ct_dir/said")" 1:2 "and files that are named and are not there"
old
sed -i '/^mtu/d; s/"p9"/"p8"/' "$ct_dir/table.toml"
cat >"$ct_dir/expected" <<TXT
1:minit: reload: network.link.p9: match: the device that it was found as has its name: give the link another name, put it back, or start minit anew; nothing has changed
minit: reload: network.bridge.br0: mtu: it is no longer in the table, and the links that are ports of it decide what it is without that: write the value that it is to have, or start minit anew; nothing has changed
TXT
said
is "$?:$(cat "$ct_dir/said")" "$(cat "$ct_dir/expected")" "what cannot be another while minit runs is told, each of it"
same "of all that nothing was done"

old
sed -i 's/sleep 0.1/sleep 0.2/' "$ct_dir/table.toml"
MINIT_SOCKET=/proc/$(ct_pid)/root/run/minit/control "$MINIT" reload >"$ct_dir/first" 2>&1 &
first=$!
ct_is "what is another is asked to end, behind what needs it" slow:stopping needy:waiting
said
is "$?:$(tail -n 1 "$ct_dir/said")" "1:minit: reload: another one is under way; try again; nothing has changed" "a second one at the same time is refused"
is "$(ct_field steady pid)" "${before%%,*}" "who is not touched runs on"
ct_signal SEGV
wait $first
is "$?:$(tail -n 1 "$ct_dir/first")" "1:minit: crashed while it answered this, and runs on; ask again" "a crash meanwhile gives it up"
is "$(ct_field slow state),$(ct_field needy state)" stopping,waiting "who was to end still ends"
ct_in sh -c 'kill -KILL -1' 2>/dev/null
ct_is "and is started again by the old table" slow:up needy:up extra:up
tr '\0' ' ' <"/proc/$(cat "/proc/$(ct_outer slow)/task/"*/children | tr -d ' ')/cmdline" | grep -q 'sleep 0.1'
ok $? "with the old command"

socket=/proc/$(ct_pid)/root/run/minit/control
MINIT_SOCKET=$socket "$MINIT" stop slow >"$ct_dir/stop" 2>&1 &
ct_is "one that somebody stops" slow:stopping
MINIT_SOCKET=$socket "$MINIT" reload >"$ct_dir/first" 2>&1 &
first=$!
ct_is "while another table comes" extra:waiting
ct_in sh -c 'kill -KILL -1' 2>/dev/null
wait $first
is "$?:$(ct_field slow want),$(ct_field slow state)" 0:down,down "stays as that has asked"
ct_minit start slow
ok $? "until somebody starts it"

sed -i 's/sleep 0.2/sleep 0.3/' "$ct_dir/table.toml"
MINIT_SOCKET=$socket "$MINIT" reload >"$ct_dir/first" 2>&1 &
first=$!
ct_is "another one" slow:stopping
ct_signal TERM
ct_wait 10 'stopping'
wait $first
is "$?:$(tail -n 1 "$ct_dir/first")" "1:minit: reload: minit is stopping everything; minit runs on by the table that it has" "is given up when all is to stop"
ct_signal TERM
ct_end 20
is $? 0 "which it does"
echo "1..$ct_tests"
