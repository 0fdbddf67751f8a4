#!/bin/bash
# Who joins the pid namespace of another service is seen there before its exec: nobody inside gets at what it has from minit.
set -u
. tests/container/ct.sh

gcc -static -std=gnu17 -D_GNU_SOURCE -O1 -Wall -Wextra -o "$ct_dir/probe" tests/tools/join_probe.c
mkdir "$ct_dir/shared"
chmod 755 "$ct_dir"

# by USER: root of services has the same rights as who joins, another user's the same user.
by() {
	rm -f "$ct_dir/shared/end"
	ct_table <<TOML
[defaults]
restart = "never"
user = "$1"
[service.target]
exec = ["/bin/sh", "-c", "echo target: \$($ct_dir/probe minit $ct_dir/shared/end); exec sleep 1000"]
namespaces = ["pid"]
[service.joins]
exec = ["/bin/true"]
ready = "exit"
join = { service = "target", namespaces = ["pid"] }
TOML
	ct_start
	ct_up
	ct_is "$1: it joins" target:up joins:done
	for _ in $(seq 40); do ct_minit restart joins >/dev/null 2>&1; done
	touch "$ct_dir/shared/end"
	ct_wait 20 '^target: '
	is "$(sed -n 's/^target: //p' "$ct_dir/out")" seen "$1: who joins has been seen before its exec, and nothing of it could be had"
	ct_stop "it ends in order"
}
by root
by nobody
echo "1..$ct_tests"
