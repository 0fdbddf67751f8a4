#!/bin/bash
# The /proc that minit finds is of another pid namespace, as `unshare --pid` alone leaves it: numbers in it are strangers'.
set -u
. tests/container/ct.sh

# What unshare --mount-proc has put there is taken off again.
strange() {
	ct_start sh -c 'umount -l /proc; exec "$@"' sh "$@" "$MINIT" run "$ct_dir/table.toml"
	ct_up
}

ct_table <<TOML
[service.leaves]
exec = ["/bin/sh", "-c", "setsid sleep 1000 & setsid sleep 1001 & exec sleep 1000"]
namespaces = []
leaf = false
[service.mapped]
exec = ["/bin/sleep", "1000"]
userns = "auto"
[service.joins]
exec = ["/bin/sleep", "1000"]
join = { service = "mapped", namespaces = ["user", "pid"] }
TOML
strange
[ "$(ct_in readlink /proc/self)" != "$(ct_in sh -c 'echo $$')" ]
ok $? "/proc is of another"
ct_is "services run, and one joins what is behind a reaper" leaves:up mapped:up joins:up
is "$(for s in leaves mapped joins; do ct_minit status $s | grep -c '^  user '; ct_minit status $s | grep '^!'; done | tr '\n' ' ')" "1 1 1 " \
	"status shows each of them, as asked"
ct_until 10 ct_in pgrep -f '^sleep 1001$' >"$ct_dir/left"
ct_minit stop --timeout 10s leaves >/dev/null
is $? 0 "a stop ends"
ct_in pgrep -f '^sleep 1001$' | grep -q -x -F -f "$ct_dir/left"
is "${PIPESTATUS[*]}" "1 1" "and finds who has left"
ct_not_said /proc "nothing is said of it"
ct_stop "it ends in order"

ct_table <<TOML
[service.leaves]
exec = ["/bin/sh", "-c", "setsid sleep 1000 & exec sleep 1000"]
namespaces = []
TOML
strange setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin
ct_is "where no other can be mounted it runs too" leaves:up
ct_said '^minit: /proc: is of another pid namespace, .*: mount it \(unshare --mount-proc\); ' "which is said"
ct_minit status leaves | grep -q '^leaves: its isolation cannot be seen: minit has no /proc of its own pid namespace'
ok $? "status says that it cannot see it"
ct_minit stop --timeout 10s leaves >/dev/null
is $? 0 "a stop ends"
ct_stop "it ends in order"
echo "1..$ct_tests"
