#!/bin/bash
# Who asks for calm waits with each start for less pressure, and says so. The kernel's file is one that this test writes.
set -u
. tests/container/ct.sh

# press FILE SHARE: of equal length and in one write, as minit may read it at any moment.
press() {
	printf 'some avg10=00.00 avg60=%s avg300=00.00 total=0000000000\nfull avg10=00.00 avg60=%s avg300=00.00 total=0000000000\n' \
		"$2" "$2" 1<>"$ct_dir/$1"
}
press memory 34.20
press group 00.00

ct_table <<TOML
[group.shop]
[service.heavy]
exec = ["/bin/sleep", "1000"]
calm = { memory = "10%" }
[service.needs]
exec = ["/bin/sleep", "1000"]
needs = ["heavy"]
[service.behind]
exec = ["/bin/sleep", "1000"]
after = ["heavy"]
[service.full]
exec = ["/bin/sleep", "1000"]
calm.memory = "full 40%/1min"
[service.asked]
exec = ["/bin/sleep", "1000"]
autostart = false
calm.memory = "10%"
[service.shop]
exec = ["/bin/sleep", "1000"]
in_group = "shop"
autostart = false
calm.memory = "10%"
[service.other]
exec = ["/bin/sleep", "1000"]
TOML

ct_start sh -c 'mount --bind "$0" /proc/pressure/memory && exec "$@"' "$ct_dir/memory" "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "under pressure who asks for calm waits, and who comes behind it" other:up full:up heavy:waiting needs:waiting behind:waiting
is "$(ct_field heavy why)" "waiting for calm: memory pressure 34.20% of 10.00% (machine, some, 1m)" "it says for what"
is "$(ct_field heavy pressed)" memory "in JSON in a word"
ct_minit status >"$ct_dir/status"
grep -q 'heavy.*waiting for calm: memory pressure 34.20%' "$ct_dir/status"
ok $? "in minit status"
ct_minit why heavy >"$ct_dir/why"
grep -q 'heavy: waiting for .*: waiting for calm: memory pressure' "$ct_dir/why" && grep -q 'it starts when there is less of it; .*calm.memory' "$ct_dir/why"
ok $? "and minit why says what to do"
ct_said 'heavy: waiting for calm: memory pressure 34.20% of 10.00%' "and the log"

ct_events
ct_minit start --no-wait asked >/dev/null
ct_is "a start that is asked for waits too" asked:waiting
ct_changes | grep -q '"service":"asked","from":"down","state":"waiting".*"why":"waiting for calm: .*"pressed":"memory"'
ok $? "which is an event"
ct_minit stop asked >/dev/null
ct_is "stopped while it waits it is down" asked:down
ct_minit restart --no-wait full >/dev/null
ct_is "one that bears so much is restarted" "full:starts>=2" full:up

ct_mark
ct_minit reexec
ct_is "after an execution in place it waits on" heavy:waiting
ct_signal SEGV
ct_wait 10 '1 fatal signals survived'
ct_is "and after a fatal signal" heavy:waiting needs:waiting
is "$(ct_field heavy starts),$(ct_states heavy)" 0, "without a start or a change"
press memory 10.00
ct_is "when the pressure has fallen it starts, and who waits for it" heavy:up needs:up behind:up
is "$(ct_field heavy pressed),$(ct_field heavy starts)" ,1 "once"

press memory 50.00
kill -KILL "$(ct_outer heavy)"
ct_is "one that has died waits with its next start; what needs it runs on" heavy:waiting needs:up
press memory 00.00
ct_is "and starts again" heavy:up

leaf=$(find /sys/fs/cgroup -path "$ct_home/grp.shop/memory.pressure" 2>/dev/null)
if [ -n "$leaf" ]; then
	ct_in mount --bind "$ct_dir/group" "$leaf"
	press group 20.00
	ct_minit start --no-wait shop >/dev/null
	ct_is "the pressure of its group counts" shop:waiting
	is "$(ct_field shop why)" "waiting for calm: memory pressure 20.00% of 10.00% (group shop, some, 1m)" "which it says"
	press group 00.00
	ct_is "and it starts when that has fallen" shop:up
	ct_in umount "$leaf"
else
	ct_minit start --no-wait shop >/dev/null
	ct_is "where groups have no pressure that of the machine is enough" shop:up
fi

press memory 50.00
ct_minit restart --no-wait heavy >/dev/null
ct_is "a restart waits" heavy:waiting
ct_stop "it ends in order, while one waits"

ct_start sh -c 'mount -t tmpfs none /proc/pressure && exec "$@"' sh "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "without a measure it fails, and what asks for none runs" heavy:failed full:failed other:up
ct_said 'heavy: step calm: calm.memory: No such file or directory: this kernel does not measure pressure: boot it with psi=1' \
	"with the cure"
ct_stop "and the end is in order"
echo "1..$ct_tests"
