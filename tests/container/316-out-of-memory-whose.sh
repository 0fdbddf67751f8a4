#!/bin/bash
# With cgroup v1, too, whoever has lost a process for want of memory ends as a whole, be it its own limit or that of its group, of the table or set by hand;
# and nobody else does.
set -u
. tests/container/ct.sh

# one NAME LINE...: a service that goes on without its child, which wants all memory when it is told so
one() {
	local name=$1
	shift
	mkfifo "$ct_dir/$name"
	printf '[service.%s]\nexec = ["/bin/sh", "-c", "read line <%s; tail /dev/zero & wait; exec sleep 1000"]\n' "$name" "$ct_dir/$name"
	printf '%s\n' "$@"
}
hog() {
	echo >"$ct_dir/$1"
}
descriptors() {
	find "/proc/$(ct_pid)/fd" -mindepth 1 | wc -l
}

ct_table <<TOML
[defaults]
restart = "never"
init = false
stop.signal = "SIGKILL"
[group.yard.cgroup]
memory.max = "40M"
[group.bare]
$(one own 'cgroup.memory.max = "16M"')
$(one hand)
$(one back)
$(one again)
$(one member 'in_group = "yard"')
$(one member-hand 'in_group = "bare"')
$(one single 'in_group = "yard"' 'cgroup.memory.oom.group = 0')
$(one neighbour 'in_group = "yard"' 'cgroup.memory.max = "30M"')
$(one asked 'in_group = "yard"' 'cgroup.memory.oom.group = 1')
TOML
ct_start
ct_up
ct_is "all run" own:up hand:up back:up again:up member:up member-hand:up single:up neighbour:up asked:up
memory='out of memory: killed in its leaf'

hog own
ct_is "one that is beyond its own limit ends as a whole" own:failed
is "$(ct_field own why)/$(ct_field own oom_kills)" "$memory/1" "for that reason, once"

had=$(descriptors)
ct_minit set hand memory.max=16M
hog hand
ct_is "so does one whose limit was set by hand" hand:failed
is "$(ct_field hand why)/$(ct_field hand oom_kills)" "$memory/1" "for that reason"
ct_minit set hand memory.max=max
is "$(descriptors)" "$had" "taken back, it leaves nothing with PID 1"
ct_minit set back memory.max=16M
ct_minit set back memory.max=max
is "$(descriptors)" "$had" "nor does one that was not needed"
ct_minit set again memory.max=16M
ct_minit reexec
hog again
ct_is "a minit that was executed in place goes on with that" again:failed

hog member
ct_is "one that is beyond the limit of its group ends as a whole" member:failed
is "$(ct_field member why)/$(ct_field member oom_kills)" "$memory/1" "for that reason"
is "$(ct_field single state) $(ct_field neighbour state) $(ct_field asked state)" "up up up" "others in the group go on"
had=$(descriptors)
ct_minit set group.bare memory.max=16M
hog member-hand
ct_is "so it is where that was set by hand" member-hand:failed
ct_minit set group.bare memory.max=max
is "$(descriptors)" "$had" "taken back, it leaves nothing"
ct_events
hog single
ct_wait 10 'single: out of memory: a process of it was killed'
ok $? "one that is not to end as a whole loses a process"
hog asked
ct_is "beside one that is" asked:failed
ct_heard
told=$(grep -o '"service":"[a-z]*".*"notice":"oom"' "$ct_dir/events" | cut -d '"' -f 4 | sort | tr '\n' ' ')
is "${told#asked }" "single " "which they alone are told of, who ends as a whole on cgroup v2 by that end alone"
is "$(ct_field single state) $(ct_field single oom_kills) $(ct_field neighbour state) $(ct_field neighbour starts)" "up 1 up 1" \
	"and others go on as before"
hog neighbour
ct_is "until it is their turn" neighbour:failed
is "$(ct_field neighbour why)" "$memory" "for that reason"

sed -i 's/1000/1001/' "$ct_dir/table.toml"
ct_minit reload >"$ct_dir/said"
ct_minit start own member
ct_is "in a new leaf, too" own:up member:up
hog own
ct_is "one that is beyond its limit" own:failed
hog member
ct_is "or that of its group ends as a whole" member:failed
is "$(ct_field own why)/$(ct_field own oom_kills) $(ct_field member why)/$(ct_field member oom_kills)" "$memory/1 $memory/1" \
	"for that reason, and its count is that of this leaf"
ct_stop "minit leaves in order"
echo "1..$ct_tests"
