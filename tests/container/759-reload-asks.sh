#!/bin/bash
# A service does without a default that cannot be had. When another table asks for it, it is an error at once, as at a start; who has
# it already goes on.
set -u
. tests/container/ct.sh

table() {
	ct_table <<TOML
[defaults]
restart = "never"
[service.spaces]
exec = ["/bin/sleep", "1000"]
${1-}
[service.filter]
exec = ["/bin/sleep", "1000"]
no_new_privs = false
${2-}
[service.steady]
exec = ["/bin/sleep", "1000"]
leaf = true
TOML
}
pids() {
	echo "$(ct_field spaces pid) $(ct_field filter pid) $(ct_field steady pid)"
}
asks() {
	table 'namespaces = ["mount", "pid", "ipc", "uts", "cgroup"]' 'seccomp = "default"'
}

table
ct_start setpriv --bounding-set -sys_admin --inh-caps=-all "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "in a plain container they do without" spaces:up filter:up steady:up
is "$(ct_field spaces missing) $(ct_field filter missing)" '["namespaces"] ["namespaces' "which is told"
before=$(ct_field steady pid)
asks
ct_minit reload >"$ct_dir/said"
is "$?:$(sort "$ct_dir/said" | tr '\n' ';')" \
	"0:filter: taken note of, and restarted if a default of it was left out;spaces: taken note of, and restarted if a default of it was left out;" \
	"what they ask for now is told"
ct_is "and is an error" spaces:failed filter:failed steady:up
is "$(ct_field spaces why | cut -d: -f1-3)/$(ct_field filter why | cut -d: -f1-3)" \
	"step clone: namespaces: Operation not permitted/step system call filter: without no_new_privs: Permission denied" "with the reason"
is "$(ct_field steady pid)" "$before" "nobody else is touched"
ct_not_said 'cannot be entered again' "and minit does not want into a network that it never left"
ct_stop "it ends in order"

table
ct_start
ct_up
ct_is "where it can be had they have it" spaces:up filter:up steady:up
before=$(pids)
asks
ct_minit reload >"$ct_dir/said"
is "$(pids)" "$before" "and go on when they ask for it"
ct_stop "it ends in order"
echo "1..$ct_tests"
