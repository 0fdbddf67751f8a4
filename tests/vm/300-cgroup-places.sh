#!/bin/bash
# cgroups as the host of the tests may not have them: v2 with all its controllers, v1 alone, and both; in each place in
# which minit may find itself.
set -u
. tests/vm/vm.sh

flags='-static -std=gnu17 -D_GNU_SOURCE -O1 -Wall -Wextra -I. -DCONFIG_CGROUP=1 -DCONFIG_CGROUP_V1=1 -DCONFIG_CGROUP_V2=1'
build() {
	# shellcheck disable=SC2086 # several
	gcc $flags -o "$vm_dir/$1" "tests/tools/$1.c" "$vm_dir"/*.o && strip "$vm_dir/$1" && vm_file "sbin/$1" 755 <"$vm_dir/$1"
}
sources=$PWD
# shellcheck disable=SC2086
(cd "$vm_dir" && gcc $flags -I"$sources" -c "$sources"/cgroup/*.c "$sources"/lib/*.c) && build cgroup_probe && build cgroup_stage ||
	{ echo "not ok - the tools build"; exit 1; }
shown=0
for cgroups in v2 v1 hybrid; do
	echo "# == $cgroups"
	vm_boot quiet rdinit=/sbin/cgroup_stage $cgroups
	vm_end 120
	ended=$?
	vm_console | grep -a -E '^(ok|not ok|#)'
	shown=$((shown + $(vm_console | grep -a -c -E '^(ok|not ok)')))
	[ $ended = 0 ] && vm_console | grep -a -E '^(ok|not ok)' | tail -n 1 | grep -q 'nothing is left at the end'
	ok $? "$cgroups: all scenes were shown"
done
echo "1..$((vm_tests + shown))"
