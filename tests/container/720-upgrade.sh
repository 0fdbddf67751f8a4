#!/bin/bash
# A new program file takes over from the old one while services run; a wrong one does not.
set -u
. tests/container/ct.sh

program=$ct_dir/minit
cp "$MINIT" "$program"
ct_table <<TOML
[service.steady]
exec = ["/bin/sleep", "1000"]
[service.needy]
exec = ["/bin/sleep", "1000"]
needs = ["steady"]
TOML
ct_start "$program" run "$ct_dir/table.toml"
ct_up
ct_is "it runs" steady:up needy:up
before=$(ct_field steady pid),$(ct_field needy pid)
running() {
	stat -Lc %i "/proc/$(ct_pid)/exe"
}
is "$(running)" "$(stat -c %i "$program")" "from its file"

cp "$MINIT" "$program.new" && mv "$program.new" "$program"
[ "$(running)" != "$(stat -c %i "$program")" ]
ok $? "a new file alone changes nothing"
ct_minit reexec
is $? 0 "minit reexec"
is "$(running)" "$(stat -c %i "$program")" "takes the new one"
is "$(ct_field steady pid),$(ct_field needy pid)" "$before" "services run on"
is "$(ct_field '' orphans)" 0 "who was asked before is no orphan"
ct_signal SEGV
ct_is "after a fatal signal" steady:up
is "$(running)" "$(stat -c %i "$program")" "it is the new one that goes on"

echo "garbage" >"$program.new" && chmod 755 "$program.new" && mv "$program.new" "$program"
old=$(running)
ct_minit reexec >"$ct_dir/reexec" 2>&1
ct_is "a file that is no program does not take over" steady:up needy:up
is "$(running)" "$old" "the old one goes on"
rm "$program"
ct_minit reexec >"$ct_dir/reexec" 2>&1
ct_is "nor does a file that is gone" steady:up
seen=$(ct_field '' crashes)
ct_signal SEGV
ct_is "and a fatal signal is survived without it" steady:up "needy:up"
is "$(ct_field '' crashes)" $((seen + 1)) "once"
is "$(ct_field steady pid),$(ct_field needy pid)" "$before" "services still run on"
is "$(ct_field steady starts),$(ct_field needy starts)" 1,1 "as they were started"
ct_stop "it ends in order"
echo "1..$ct_tests"
