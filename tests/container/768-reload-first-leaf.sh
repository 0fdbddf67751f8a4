#!/bin/bash
# The first leaf that a table wants may come with a later table: the place of the leaves is found then.
set -u
. tests/container/ct.sh

ct_table <<'TOML'
[service.bare]
exec = ["/bin/sleep", "1000"]
leaf = false
TOML
ct_start
ct_up
ct_is "no service has a leaf" bare:up
before=$(ct_field bare pid)
ct_table <<'TOML'
[service.bare]
exec = ["/bin/sleep", "1000"]
leaf = false
[service.first]
exec = ["/bin/sleep", "1000"]
cgroup.pids.max = 9
TOML
ct_minit reload >"$ct_dir/said" 2>&1
ok $? "another table has one that does" || sed 's/^/# /' "$ct_dir/said"
ct_is "which starts" first:up
is "$(ct_leaf first pids.max | xargs -r cat)" 9 "in a leaf with its limit"
is "$(ct_minit status first | grep '^!')" "" "and has all that it asks for"
is "$(ct_field bare pid)" "$before" "the other one runs on"
ct_stop "it ends in order"
is "$(ct_leaf first)" "" "and nothing is left"
echo "1..$ct_tests"
