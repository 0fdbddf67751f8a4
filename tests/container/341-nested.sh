#!/bin/bash
# A minit in the pid namespace of a service, as its first process, becomes the father of orphans of who joins that namespace: these bear
# marks of the outer one, and are no strays of its own services, which have the same numbers.
set -u
. tests/container/ct.sh

gcc -static -D_GNU_SOURCE -O1 -Wall -Wextra -o "$ct_dir/clinger" tests/tools/clinger.c
ok $? "the one that clings builds"
chmod 755 "$ct_dir"
# Whose numbers are 1 to 3.
printf '[service.%s]\nexec = ["/bin/sleep", "1000"]\nnamespaces = []\n' first second third >"$ct_dir/inner"
ct_table <<TOML
[service.nested]
exec = ["$MINIT", "run", "$ct_dir/inner"]
init = false
mounts = { "/run" = "tmpfs" }
[service.joins]
exec = ["$ct_dir/clinger", "daemon"]
join = { service = "nested", namespaces = ["pid"] }
TOML
ct_start
ct_up

inner() {
	MINIT_SOCKET=/proc/$(ct_outer nested)/root/run/minit/control "$MINIT" "$@"
}

clingers() {
	ct_in ps -e -o stat=,comm= | grep -v '^Z' | grep -c -w clinger
}

daemons() {
	[ "$(ct_in ps -e -o ppid=,comm= | grep -c -E "^ *$(ct_field nested pid) clinger")" -ge 3 ]
}

ct_is "they run" nested:up joins:up
ct_until 20 inner wait first:up second:up third:up 2>/dev/null
ct_until 20 daemons
ok $? "a minit is the father of daemons that it does not know"
before=$(clingers)
inner stop first second third >/dev/null
ok $? "it stops its services"
is "$(clingers)" "$before" "and none of those"
ct_stop "it ends in order"
echo "1..$ct_tests"
