# For tests/container/NNN-*.sh (`. tests/container/turns.sh` behind ct.sh): minits in the network of somebody's process, which may
# be killed without it; one after the other, or beside each other. What they say is in $ct_dir/said.
#
#   there COMMAND...       in that network
#   begin TABLE [COND...]  one with $ct_dir/TABLE.toml; a TAP line: these come to hold (none: all are up)
#   asked VERB...          that one, by the tool
#   finish SIGNAL          the last that was begun and is there still, until it is gone

turns=()
trap 'for pid in "${turns[@]}"; do kill -KILL "$pid" 2>/dev/null; done; ct_cleanup' EXIT
ct_start sleep 1000
ct_net
there() {
	nsenter --net=/proc/self/fd/8 "$@"
}
asked() {
	MINIT_SOCKET=$ct_dir/control.${#turns[@]} "$MINIT" "$@"
}
begin() {
	local table=$1
	local socket=$ct_dir/control.$((${#turns[@]} + 1))
	shift
	[ $# -gt 0 ] || set -- all:up
	rm -f "$socket"
	MINIT_SOCKET=$socket nsenter --net=/proc/self/fd/8 unshare --fork --pid --mount-proc --kill-child \
		"$MINIT" run "$ct_dir/$table.toml" >>"$ct_dir/said" 2>&1 &
	turns+=($!)
	ct_until 10 [ -S "$socket" ]
	asked wait --timeout 20s "$@" >/dev/null
	ok $? "$table: $*"
}
finish() {
	local pid
	pid=$(cat "/proc/${turns[-1]}/task/${turns[-1]}/children")
	kill -"$1" $pid
	ct_until 10 [ ! -d "/proc/${pid% }" ]
	wait "${turns[-1]}" 2>/dev/null
	unset 'turns[-1]'
}
