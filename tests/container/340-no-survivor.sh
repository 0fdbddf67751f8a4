#!/bin/bash
# No descendant outlives a stop, whatever it does to stay: STOPS stops (60), in turn of services that cling by each way,
# in a pid namespace of their own and in minit's; a third as many where only cgroup v1 is there, and where no cgroup is.
set -u
. tests/container/ct.sh
STOPS=${STOPS:-60}

gcc -static -D_GNU_SOURCE -O1 -Wall -Wextra -o "$ct_dir/clinger" tests/tools/clinger.c
ok $? "the one that clings builds"
chmod 755 "$ct_dir"
# Each with what it is to have said before it is stopped, and how many it is to be by then.
ways=(setsid:4:4 daemon:4:4 stopped:4:4 traced:4:7 deaf:4:4 bomb:1:20 leaver:4:4 raised:4:4 lowered:4:4 liar:4:4)

# table KEY...: with what holds the bomb.
table() {
	local way
	for way in "${ways[@]%%:*}"; do
		printf "[service.$way%s]\nexec = ['$ct_dir/clinger', '$way']\nstop.grace = '20ms'\nautostart = false\n$1\n%s\n" \
			'' 'namespaces = []' -apart ''
	done | ct_table
}

clingers() {
	ct_in ps -e -o stat=,comm= | grep -v '^Z' | grep -c -w clinger
}

cling() {
	[ $(($(tr -cd + <"$ct_dir/out" | wc -c) - said)) -ge "$1" ] && [ "$(clingers)" -ge "$2" ]
}

# stops COUNT TEXT
stops() {
	local way word count name n number left=0 done=0 said
	said=$(tr -cd + <"$ct_dir/out" | wc -c)
	for ((number = 0; number < $1; number++)); do
		IFS=: read -r way word count <<<"${ways[number % ${#ways[@]}]}"
		name=$way$([ $((number / ${#ways[@]} % 2)) = 0 ] || echo -apart)
		ct_minit start --no-wait "$name" >/dev/null && ct_until 10 cling "$word" "$count" || { echo "# $name does not cling"; break; }
		ct_minit stop --timeout 30s "$name" >/dev/null || break
		n=$(clingers)
		left=$((left + n)) done=$((done + 1)) said=$(tr -cd + <"$ct_dir/out" | wc -c)
		[ "$n" = 0 ] || ct_in ps -e -o pid=,ppid=,stat=,comm= | sed "s/^/# $name: /"
	done
	is "$done" "$1" "$2each that clings can be stopped"
	is "$left" 0 "and leaves no process behind"
}

# Of users of its own, where it cannot mount a cgroup file system that is not there. New rights take off what kills it with
# its parent, so that is said again.
apart() {
	ct_start sh -c "$1"'
		users=$(readlink /proc/self/ns/user)
		(until [ "$(readlink /proc/1/ns/user)" != "$users" ]; do :; done; for m in uid_map gid_map; do echo 0 0 65536 >/proc/1/$m; done) &
		exec unshare --user --mount sh -c "until grep -q 65536 /proc/self/gid_map; do :; done; exec setpriv --pdeathsig KILL \"\$@\"" sh "$@"' \
		sh "$MINIT" run "$ct_dir/table.toml"
}

table 'cgroup.pids.max = 24'
ct_start
ct_up
stops "$STOPS" ""
ct_stop "it ends in order"

if grep -q '^[^ ]* [^ ]* cgroup .*freezer' /proc/mounts; then
	apart "for at in $(awk '$3 == "cgroup2" { printf "%s ", $2 }' /proc/mounts); do umount -l \$at; done;"
	ct_up
	ct_minit start --no-wait setsid >/dev/null
	grep -q ':freezer:.*/svc.setsid$' "/proc/$(ct_outer setsid)/cgroup" && ! grep -q '^0::.*/svc' "/proc/$(ct_outer setsid)/cgroup"
	ok $? "where only v1 is there"
	ct_minit stop setsid >/dev/null
	stops $((STOPS / 3)) "also there "
	ct_stop "it ends in order"
else
	echo "# no v1 is here to be the only one"
fi

table "rlimits.nproc = 24
user = '4711'"
apart 'umount -l -R /sys/fs/cgroup;'
ct_up
ct_said 'services have no leaves: .*no cgroup file system is mounted here' "where no cgroup is there"
stops $((STOPS / 3)) "also there "

said=$(tr -cd + <"$ct_dir/out" | wc -c)
ct_minit start --no-wait raised >/dev/null && ct_until 10 cling 4 4 && ct_minit start --no-wait daemon >/dev/null
ct_until 10 cling 8 8
ok $? "where two cling"
sed -i '1,/^\[service.daemon\]/{/daemon/!d}' "$ct_dir/table.toml"
ct_minit reload >"$ct_dir/reload" 2>&1 || sed 's/^/# /' "$ct_dir/reload"
is "$(ct_minit stop --timeout 30s daemon >/dev/null && clingers)" 4 "that ends one of them alone, with another place in the table by then"
is "$(ct_minit stop --timeout 30s raised >/dev/null && clingers)" 0 "and then the other"
ct_stop "it ends in order"
echo "1..$ct_tests"
