# For tests/container/NNN-*.sh (`. tests/container/ct.sh`): minit as PID 1 of fresh pid, mount, uts and ipc namespaces on the
# host's own files, with a /run of its own.
#
#   ct_table              put standard input into $ct_dir/table.toml
#   ct_start [WORD...]    start it: `minit run $ct_dir/table.toml`, or WORD... in place of that; returns at once
#   ct_up                 until it can be asked things
#   ct_wait SECONDS RE    until a line of what it said matches; fails when time is over or it has left
#   ct_signal SIG         a signal to PID 1
#   ct_in COMMAND...      run a command inside
#   ct_end SECONDS        until it has left; its exit status (124: it did not leave, and was killed)
#   ct_said RE TEXT       a TAP line: something it said matches
#
# ok STATUS TEXT prints a TAP line, is ACTUAL EXPECTED TEXT one that compares.
. tests/env.sh

ct_dir=$(mktemp -d "${TMPDIR:-/tmp}/minit-ct.XXXXXX")
ct_unshare=
ct_cleanup() {
	[ -z "$ct_unshare" ] || kill -KILL "$ct_unshare" 2>/dev/null
	wait 2>/dev/null
	rm -rf "$ct_dir"
}
trap ct_cleanup EXIT
trap 'exit 1' INT TERM

ct_tests=0
ok() {
	ct_tests=$((ct_tests + 1))
	if [ "$1" = 0 ]; then echo "ok $ct_tests - $2"; else echo "not ok $ct_tests - $2"; fi
}

is() {
	[ "$1" = "$2" ]
	ok $? "$3"
	[ "$1" = "$2" ] || echo "# it is '$1', not '$2'"
}

ct_table() {
	cat >"$ct_dir/table.toml"
}

ct_start() {
	[ $# -gt 0 ] || set -- "$MINIT" run "$ct_dir/table.toml"
	: >"$ct_dir/out"
	# A shell starts what is in the background with SIGINT and SIGQUIT ignored.
	env --default-signal unshare --fork --pid --mount --uts --ipc --mount-proc --kill-child \
		sh -c 'mount -t tmpfs run /run && exec "$@"' sh "$@" >>"$ct_dir/out" 2>&1 </dev/null &
	ct_unshare=$!
}

ct_pid() {
	ps -o pid= --ppid "$ct_unshare" | tr -d ' '
}

# Until its control socket is there.
ct_up() {
	local i
	for i in $(seq 200); do
		[ ! -S "/proc/$(ct_pid)/root/run/minit/control" ] || return 0
		sleep 0.05
	done
	return 1
}

ct_wait() {
	timeout "$1" tail -n +1 --pid="$ct_unshare" -s 0.05 -f "$ct_dir/out" 2>/dev/null | grep -a -q -m 1 -E "$2"
}

ct_signal() {
	kill -"$1" "$(ct_pid)"
}

ct_in() {
	nsenter --target "$(ct_pid)" --mount --uts --ipc --pid "$@"
}

ct_end() {
	local status late=
	timeout "$1" tail --pid="$ct_unshare" -s 0.05 -f /dev/null || { late=1; kill -KILL "$ct_unshare"; }
	wait "$ct_unshare"
	status=$?
	ct_unshare=
	[ -z "$late" ] || status=124
	return $status
}

ct_said() {
	grep -a -q -E "$1" "$ct_dir/out"
	ok $? "$2"
}

ct_show() {
	tail -n "${1:-40}" "$ct_dir/out" | sed 's/^/# /'
}
