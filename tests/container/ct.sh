# For tests/container/NNN-*.sh (`. tests/container/ct.sh`): minit as PID 1 of fresh pid, mount, net, uts and ipc namespaces
# on the host's own files, with a /run of its own. Nothing here sleeps to be safe: what is waited for is said, with a limit.
#
#   ct_table              put standard input into $ct_dir/table.toml
#   ct_start [WORD...]    start it: `minit run $ct_dir/table.toml`, or WORD... in place of that; returns at once
#   ct_up                 until it can be asked things
#   ct_minit VERB...      the tool, from outside
#   ct_is TEXT COND...    a TAP line: the conditions of `minit wait` come to hold
#   ct_field NAME KEY     what `minit status --json` says of a service (NAME "" for minit itself)
#   ct_leaf NAME [FILE]   where the service's leaf is, or where that file of it: one line for each hierarchy; also when minit has left
#   ct_outer NAME         the pid of a service's process (its reaper's, if it has one) as it is seen from outside
#   ct_net                its network as descriptor 8, also when it has ended; that of this machine is a failure
#   ct_freeze NAME 1|0    freeze its leaf or let it go on, as somebody else may: a start in it is held in its middle
#   ct_events             from now on note each change of state, in $ct_dir/events
#   ct_mark               forget those that have been
#   ct_changes            those since then, all that have happened by now
#   ct_states NAME        "down starting up": the states it had in them
#   ct_wait SECONDS RE    until a line of what it said matches; fails when time is over or it has left
#   ct_signal SIG         a signal to PID 1
#   ct_in COMMAND...      run a command inside
#   ct_end SECONDS        until it has left; its exit status (124: it did not leave, and was killed)
#   ct_pause              a moment, between two looks at what no event tells of
#   ct_until SECONDS COMMAND...  until it succeeds, or time is over
#   ct_rests              PID 1 has nothing to do, and does nothing
#   ct_stop TEXT          that, then SIGTERM, and a TAP line: it leaves in order
#   ct_said RE TEXT       a TAP line: something it said matches
#   ct_not_said RE TEXT   a TAP line: nothing does
#   ct_show [N]           its last lines, as TAP comments
#
# ok STATUS TEXT prints a TAP line, is ACTUAL EXPECTED TEXT one that compares.
. tests/env.sh

ct_dir=$(mktemp -d "${TMPDIR:-/tmp}/minit-ct.XXXXXX")
ct_unshare=
ct_listener=
ct_space=
ct_home=
ct_groups=()
ct_cleanup() {
	[ -z "$ct_unshare" ] || kill -KILL "$ct_unshare" 2>/dev/null
	[ -z "$ct_listener" ] || kill -KILL "$ct_listener" 2>/dev/null
	wait 2>/dev/null
	ct_ungroup
	rm -rf "$ct_dir"
}
trap ct_cleanup EXIT
trap 'exit 1' INT TERM

# Of the shell itself: sleep(1) costs more than most looks do. Nobody writes there.
mkfifo "$ct_dir/never"
ct_pause() {
	read -r -t 0.02 <>"$ct_dir/never" || :
}

ct_tests=0
ok() {
	ct_tests=$((ct_tests + 1))
	if [ "$1" = 0 ]; then echo "ok $ct_tests - $2"; else echo "not ok $ct_tests - $2"; fi
	return "$1"
}

is() {
	[ "$1" = "$2" ]
	ok $? "$3"
	[ "$1" = "$2" ] || echo "# it is '$1', not '$2'"
}

ct_table() {
	cat >"$ct_dir/table.toml"
}

# Where there is cgroup v2 alone, whoever passes controllers on has no process beside it in its cgroup, and this shell has some in
# its own: the nearest cgroup above that passes them on already is where one for minit can be. None elsewhere.
ct_above() {
	local at
	! grep -q -v '^0::' /proc/self/cgroup && [ -e /sys/fs/cgroup/cgroup.procs ] || return
	at=/sys/fs/cgroup$(sed 's/^0:://; s,/$,,' /proc/self/cgroup)
	until grep -w memory "$at/cgroup.subtree_control" | grep -w cpu | grep -q -w pids; do
		[ "$at" != /sys/fs/cgroup ] || return
		at=${at%/*}
	done
	echo "$at"
}

ct_group() {
	local above
	above=$(ct_above) && ct_groups+=("$(mktemp -d "$above/minit-test.XXXXXX")")
}

# A pattern of where its leaves and groups are, for find -path.
ct_home() {
	[ ${#ct_groups[@]} = 0 ] || { echo "${ct_groups[-1]}*"; return; }
	echo "*/minit.$ct_space.*"
}

# Those of its own only, and what is left in them where minit was killed.
ct_ungroup() {
	local group
	for group in "${ct_groups[@]}"; do
		echo 1 >"$group/cgroup.kill"
		ct_until 10 grep -q '^populated 0' "$group/cgroup.events"
		find "$group" -depth -type d -exec rmdir {} +
	done
}

# unshare itself stays outside of the cgroup.
ct_start() {
	[ $# -gt 0 ] || set -- "$MINIT" run "$ct_dir/table.toml"
	: >"$ct_dir/out"
	! ct_group || set -- sh -c 'echo 0 >"$0/cgroup.procs" && exec "$@"' "${ct_groups[-1]}" "$@"
	# A shell starts what is in the background with SIGINT and SIGQUIT ignored.
	env --default-signal unshare --fork --pid --mount --net --uts --ipc --mount-proc --kill-child \
		sh -c 'mount -t tmpfs run /run && exec "$@"' sh "$@" >>"$ct_dir/out" 2>&1 </dev/null &
	ct_unshare=$!
}

ct_pid() {
	local children=
	# The file has no newline, which read takes for an end.
	read -r children 2>/dev/null <"/proc/$ct_unshare/task/$ct_unshare/children"
	[ -n "$children" ] && echo "${children%% *}"
}

# Until its control socket is there, in a /run that is not this machine's.
ct_up() {
	local i run
	for i in $(seq 1000); do
		run=/proc/$(ct_pid)/root/run
		if [ -S "$run/minit/control" ] && ! [ "$run" -ef /run ]; then
			ct_space=$(stat -Lc %i "/proc/$(ct_pid)/ns/pid")
			ct_home=$(ct_home)
			return 0
		fi
		ct_pause
	done
	return 1
}

ct_minit() {
	MINIT_SOCKET=/proc/$(ct_pid)/root/run/minit/control "$MINIT" "$@"
}

ct_is() {
	local text=$1
	shift
	ct_minit wait --timeout 20s "$@" >"$ct_dir/wait" 2>&1
	ok $? "$text" && return
	sed 's/^/# /' "$ct_dir/wait"
	ct_minit status 2>&1 | sed 's/^/# /'
}

ct_field() {
	ct_minit status --json --all | awk -v name="$1" -v key="$2" '
		name == "" ? NR == 1 : index($0, "\"name\":\"" name "\"") {
			if (match($0, "\"" key "\":(\"[^\"]*\"|[^,}]*)")) {
				value = substr($0, RSTART + length(key) + 3, RLENGTH - length(key) - 3)
				gsub(/^"|"$/, "", value)
				print value
			}
			exit
		}'
}

ct_outer() {
	local inner here children
	inner=$(ct_field "$1" pid)
	here=$(ct_pid)
	read -r -a children 2>/dev/null <"/proc/$here/task/$here/children"
	grep -l -E "^NSpid:.*[[:blank:]]$inner([[:blank:]]+1)?\$" $(printf "/proc/%s/status " "${children[@]}") 2>/dev/null | cut -d/ -f3
}

ct_has_net() {
	[ "$(readlink "/proc/$(ct_pid)/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}

ct_net() {
	ct_until 10 ct_pid >/dev/null && ct_until 10 ct_has_net
	exec 8<"/proc/$(ct_pid)/ns/net"
	[ "$(readlink /proc/self/fd/8)" != "$(readlink /proc/self/ns/net)" ] && return
	echo "not ok - its network is not this machine's: $(ct_pid) of $ct_unshare"
	exit 1
}

ct_leaf() {
	find /sys/fs/cgroup -path "$ct_home/svc.$1${2:+/$2}" 2>/dev/null
}

ct_freeze() {
	local file
	file=$(ct_leaf "$1" cgroup.freeze)
	if [ -n "$file" ]; then
		echo "$2" >"$file"
	elif [ "$2" = 1 ]; then
		echo FROZEN >"$(ct_leaf "$1" freezer.state)"
	else
		echo THAWED >"$(ct_leaf "$1" freezer.state)"
	fi
}

# ct_inside NAME COMMAND...: in the network of a service.
ct_inside() {
	local pid
	pid=$(ct_outer "$1")
	shift
	nsenter --target "$pid" --net "$@"
}

ct_netns() {
	readlink "/proc/$(ct_outer "$1")/ns/net"
}

# The snapshot says that it listens.
ct_events() {
	ct_from=0
	: >"$ct_dir/events"
	MINIT_SOCKET=/proc/$(ct_pid)/root/run/minit/control "$MINIT" events >>"$ct_dir/events" 2>&1 &
	ct_listener=$!
	timeout 10 tail -n +1 --pid=$ct_listener -s 0.02 -f "$ct_dir/events" 2>/dev/null | grep -q -m 1 '"snapshot"'
}

# All that minit has told of by now is in the file.
ct_heard() {
	local last i
	last=$(ct_field '' events)
	for i in $(seq 1000); do
		! grep -q "\"seq\":$last[,}]" "$ct_dir/events" || return
		ct_pause
	done
}

ct_mark() {
	ct_heard
	ct_from=$(wc -l <"$ct_dir/events")
}

ct_changes() {
	ct_heard
	tail -n "+$((ct_from + 1))" "$ct_dir/events"
}

ct_states() {
	ct_changes | sed -n "s/.*\"service\":\"$1\".*\"state\":\"\([a-z]*\)\".*/\1/p" | tr '\n' ' ' | sed 's/ $//'
}

ct_wait() {
	timeout "$1" tail -n +1 --pid="$ct_unshare" -s 0.02 -f "$ct_dir/out" 2>/dev/null | grep -a -q -m 1 -E "$2"
}

ct_signal() {
	kill -"$1" "$(ct_pid)"
}

ct_in() {
	nsenter --target "$(ct_pid)" --mount --net --uts --ipc --pid "$@"
}

ct_end() {
	local status late=
	timeout "$1" tail --pid="$ct_unshare" -s 0.02 -f /dev/null || { late=1; kill -KILL "$ct_unshare"; }
	wait "$ct_unshare"
	status=$?
	ct_unshare=
	[ -z "$ct_listener" ] || wait "$ct_listener"
	ct_listener=
	[ -z "$late" ] || status=124
	return $status
}

ct_until() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		ct_pause
	done
}

# Asleep three times in a row: who turns in circles never is.
ct_sleeps() {
	local i stat
	for i in 1 2 3; do
		[ -d "/proc/${1:-none}" ] || return 0
		read -r stat 2>/dev/null <"/proc/$1/stat" && [[ $stat = *") S "* ]] || return 1
	done
}
ct_rests() {
	ct_until 30 ct_sleeps "$(ct_pid)"
}

# Whether PID 1 is given precedence here; a nice value would be that of whoever gives more.
ct_may_precede() {
	[ "$(nice)" = 0 ] && chrt -f 1 true 2>/dev/null
}

ct_stop() {
	local busy=
	ct_rests || busy=", which it left out of a busy loop"
	ct_signal TERM
	ct_end 30
	is "$?$busy" 0 "$1"
}

ct_said() {
	grep -a -q -E "$1" "$ct_dir/out"
	ok $? "$2"
}

ct_not_said() {
	! grep -a -q -E "$1" "$ct_dir/out"
	ok $? "$2"
}

ct_show() {
	tail -n "${1:-40}" "$ct_dir/out" | sed 's/^/# /'
}
