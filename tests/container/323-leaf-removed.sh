#!/bin/bash
# A leaf that somebody else has removed, as nobody was in it, is made anew with all that holds in it: at once where minit looks
# into it before (cgroup v2), else by the next start. Nobody runs with less meanwhile.
set -u
. tests/container/ct.sh

ct_table <<'TOML'
[defaults]
autostart = false
restart = "never"
[service.one]
exec = ["/bin/sleep", "1000"]
cgroup.pids.max = 9
[group.both.cgroup]
pids.max = 20
[service.with.dot]
exec = ["/bin/sleep", "1000"]
in_group = "both"
cgroup.pids.max = 8
TOML
sed -i 's/service.with.dot/service."with.dot"/' "$ct_dir/table.toml"
ct_start
ct_up
removed="somebody has removed it, or the cgroup that it was in; the next start makes the leaf anew"

# again NAME LIMIT
again() {
	ct_minit start "$1" 2>"$ct_dir/said"
	case $?:$(cat "$ct_dir/said") in
	0:) ok 0 "$1: it starts at once" ;;
	*"(step cgroup leaf: No such file or directory: $removed)") ok 0 "$1: why it does not start is told" ;;
	*) ok 1 "$1: it starts, or it is told why not" || sed 's/^/# /' "$ct_dir/said" ;;
	esac
	ct_minit start "$1" 2>"$ct_dir/said"
	ok $? "$1: nor does that last" || sed 's/^/# /' "$ct_dir/said"
	is "$(ct_leaf "$1" pids.max | xargs -r cat)" "$2" "$1: its limit holds again"
}

for leaf in $(ct_leaf one); do rmdir "$leaf"; done
is "$(ct_leaf one)" "" "its leaf is removed"
again one 9
for leaf in $(ct_leaf with.dot); do rmdir "$leaf" "${leaf%/*}"; done
is "$(ct_leaf with.dot)" "" "and that of another, with its group"
again with.dot 8
group=$(ct_leaf with.dot pids.max)
is "$(cat "${group%/*/*}/pids.max")" 20 "so does that of the group"
ct_minit stop one
limit=$(ct_leaf one pids.max)
rmdir "${limit%/*}"
is "$(ct_leaf one pids.max)" "" "of the first the leaf is removed only where its limit is"
again one 9
limit=$(ct_leaf one pids.max)
[ -n "$(cat "${limit%/*}/cgroup.procs")" ]
ok $? "and it is held by that"
ct_minit restart one with.dot
ok $? "they go on like any other"
ct_stop "it ends in order"
echo "1..$ct_tests"
