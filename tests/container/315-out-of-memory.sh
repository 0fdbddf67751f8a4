#!/bin/bash
# Who is out of memory takes nobody along: a child may share PID 1's memory until it is its program, and the kernel kills all
# that share the memory of whom it kills. Leaves from less than a child needs to twice what it takes to share, with and
# without a reaper, with hundreds of mounts; each program wants all there is as soon as it runs, again and again.
set -u
. tests/container/ct.sh

sizes='4K 512K 7M 8M 16M'
mkdir "$ct_dir/many"
# shellcheck disable=SC2046 # words
mkdir $(seq -f "$ct_dir/many/%g" 300)
mounts() {
	seq -s , -f "\"$ct_dir/many/%g\" = { tmpfs = \"4k\" }" 300
}

# hogs NAME LINE: one of each size
hogs() {
	local size
	for size in $sizes; do
		printf '[service.%s-%s]\nexec = ["/usr/bin/tail", "/dev/zero"]\ncgroup.memory.max = "%s"\n%s\n' "$1" "$size" "$size" "$2"
	done
}

ct_table <<TOML
[defaults]
restart = "on-failure"
backoff = { first = "1ms", max = "1ms", give_up = 3 }
$(hogs reaped '')
$(hogs alone 'init = false')
$(hogs plain 'namespaces = []')

[service.idle]
exec = ["/bin/sleep", "1000"]
cgroup = { memory.max = "16M", memory.oom.group = 0 }
autostart = false

[service.mounts]
exec = ["/usr/bin/tail", "/dev/zero"]
mounts = { $(mounts) }
cgroup.memory.max = "16M"
TOML
ct_start
ct_up
for kind in reaped alone plain; do
	conditions=
	for size in $sizes; do conditions+=" $kind-$size:failed"; done
	# shellcheck disable=SC2086 # words
	ct_is "all that are $kind are given up" $conditions
done
ct_is "and the one with hundreds of mounts" mounts:failed mounts:starts=3
is "$(ct_field reaped-16M why)/$(ct_field mounts why)" "out of memory: killed in its leaf/out of memory: killed in its leaf" \
	"for the reason that they have"
counts=
for kind in reaped alone; do
	for size in 7M 8M 16M; do counts+=" $(ct_field "$kind-$size" oom_kills)"; done
done
is "$counts" " 3 3 3 3 3 3" "and each of their ends is counted, also where the kernel had not come to it"
is "$(ct_field '' reexecs)" 0 "PID 1 never died of it"

# The kernel may tell of it when the service has ended already: here of somebody else who is in its leaf.
leaf=$(ct_leaf idle | grep memory | head -n 1)
[ -n "$leaf" ] || leaf=$(ct_leaf idle | head -n 1)
[ -n "$leaf" ]
ok $? "a service that does not run has its leaf"
sh -c 'echo $$ >"$1/cgroup.procs" && exec tail /dev/zero' sh "$leaf"
is $? 137 "in which somebody is out of memory"
ct_rests
ok $? "PID 1 hears of it once"
ct_stop "and leaves in order"
echo "1..$ct_tests"
