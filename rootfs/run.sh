#!/bin/sh
# Run minit as PID 1 of fresh namespaces on the demo table, and show a live status until Ctrl-C, which stops it in order.
# usage: rootfs/run.sh [TABLE.toml]     (root, or sudo)
#
# The root is a copy of the tree of `make rootfs` in a tmpfs of the new mount namespace, the cgroups are leaves of their
# own; both go away at the end. When this script is killed the namespaces die with it, and the next run removes the leaves.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
build=${BUILD:-$here/build}
tree=$build/rootfs/tree
log=$build/rootfs/run.$$.log # run.log is the last one's

[ "$(id -u)" = 0 ] || exec sudo BUILD="$build" "$0" "$@"

die() {
	echo "run: $*" >&2
	exit 1
}

# Every cgroup hierarchy of the machine: mount point, type, and for v1 its controllers or name.
hierarchies() {
	awk '{
		for (i = 7; $i != "-"; i++) ;
		if ($(i + 1) != "cgroup" && $(i + 1) != "cgroup2") next
		count = split($(i + 3), words, ","); options = ""
		for (w = 1; w <= count; w++)
			if ($(i + 1) == "cgroup" && words[w] !~ /^(rw|ro|xattr|clone_children|noprefix|release_agent=.*)$/)
				options = options (options == "" ? "" : ",") words[w]
		print $5, $(i + 1), options == "" ? "-" : options
	}' /proc/self/mountinfo
}

# -- what runs as PID 1 in the new namespaces, until it becomes minit ---------------------------------------------

# inside NAME [TABLE]: join the leaves, and only then make the cgroup namespace, so that they are its roots. The process
# that waits outside stays where it was: a v2 leaf with processes of its own could not pass on any controller.
inside() {
	hierarchies | while read -r mount type options; do
		# Not 0, which is who writes: the loop runs in a shell of its own.
		[ ! -d "$mount/$1" ] || echo $$ >"$mount/$1/cgroup.procs"
	done
	exec unshare --cgroup "$0" --in-cgroup "$@"
}

in_cgroup() {
	root=$build/rootfs/mnt
	mkdir -p "$root"
	mount -t tmpfs -o mode=755 minit-root "$root"
	cp -a "$tree/." "$root"
	[ -z "${2:-}" ] || cp "$2" "$root/etc/minit/minit.toml"

	mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
	mount -t sysfs -o nosuid,nodev,noexec sysfs "$root/sys"
	mount -t tmpfs -o nosuid,nodev,mode=755 run "$root/run"
	mount -t tmpfs -o nosuid,mode=755 dev "$root/dev"
	mkdir "$root/dev/pts" "$root/dev/shm"
	mount -t devpts -o nosuid,noexec,newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
	mount -t tmpfs -o nosuid,nodev,mode=1777 shm "$root/dev/shm"
	for node in null:3 zero:5 full:7 random:8 urandom:9; do
		mknod -m 666 "$root/dev/${node%:*}" c 1 "${node#*:}"
	done
	mknod -m 666 "$root/dev/tty" c 5 0
	ln -s pts/ptmx "$root/dev/ptmx"
	ln -s /proc/self/fd "$root/dev/fd"
	for i in 0 1 2; do ln -s "/proc/self/fd/$i" "$root/dev/$(echo stdin stdout stderr | cut -d' ' -f$((i + 1)))"; done

	# The machine's own shape of cgroups: v2 alone is one mount, else a tmpfs holds one for each hierarchy.
	if ! hierarchies | grep -q '^/sys/fs/cgroup '; then
		mount -t tmpfs -o mode=755 cgroup "$root/sys/fs/cgroup"
	fi
	hierarchies | while read -r mount type options; do
		case $mount in /sys/fs/cgroup*) ;; *) continue ;; esac
		mkdir -p "$root$mount"
		mount -t "$type" ${options:+$([ "$options" = - ] || echo "-o $options")} cgroup "$root$mount"
	done

	cd "$root"
	mkdir .old
	pivot_root . .old
	exec chroot . /bin/sh -c 'umount -l /.old && rmdir /.old && cd / && exec /usr/bin/env -i \
		PATH=/usr/sbin:/usr/bin TERM=linux /sbin/minit'
}

case ${1:-} in
--inside) shift && inside "$@" ;;
--in-cgroup) shift && in_cgroup "$@" ;;
-*) die "$1: unknown option; usage: rootfs/run.sh [TABLE.toml]" ;;
esac

# -- outside ------------------------------------------------------------------------------------------------------

# Ctrl-C goes to all of the terminal's foreground group. make, which would call that an error, must not be in it: what it
# starts becomes a job of its own there, as a shell at the terminal makes them. Nobody could wake it from Ctrl-Z.
if [ -n "${MAKELEVEL:-}" ] && [ -t 0 ]; then
	unset MAKELEVEL
	trap '' TSTP
	exec sh -c 'set -m; "$0" "$@"; exit $?' "$0" "$@"
fi

table=
if [ $# -gt 0 ]; then
	table=$(realpath "$1" 2>/dev/null) && [ -r "$table" ] || die "$1: no such table"
fi
[ -x "$tree/usr/sbin/minit" ] || die "$tree: no root tree; make rootfs"

remove_leaves() {
	hierarchies | while read -r mount type options; do
		for leaf in "$mount"/minit-run-*; do
			[ -d "$leaf" ] || continue
			owner=${leaf##*-}
			[ "$owner" = $$ ] || [ ! -d "/proc/$owner" ] || continue
			find "$leaf" -depth -type d -exec rmdir {} + 2>/dev/null || true
		done
	done
}

make_leaves() {
	hierarchies | while read -r mount type options; do
		mkdir "$mount/$name" 2>/dev/null || { echo "run: $mount: no cgroup can be made here; limits will miss it" >&2; continue; }
		# A new cpuset has no cpus, and takes no process before it has some.
		for file in cpuset.cpus cpuset.mems; do
			[ "$type" = cgroup2 ] || [ ! -f "$mount/$name/$file" ] || cat "$mount/$file" >"$mount/$name/$file"
		done
		# What nobody has asked systemd for it may not have enabled. Only the root of all has no type, and only there
		# is this harmless to the processes that are in it.
		[ "$type" = cgroup2 ] && [ ! -e "$mount/cgroup.type" ] || continue
		for controller in memory io cpu pids; do
			echo "+$controller" >"$mount/cgroup.subtree_control" 2>/dev/null || true
		done
	done
}

unshare_pid=
minit_pid=
alive() {
	[ -n "$unshare_pid" ] && kill -0 "$unshare_pid" 2>/dev/null
}

hurry() {
	echo "run: again: killing what has not stopped"
	kill -TERM "$minit_pid" 2>/dev/null
}

# A trap ends `wait`, but nothing else that waits.
stop_minit() {
	echo "run: stopping in order; Ctrl-C again does not wait for who is slow"
	timeout 60 tail --pid="$unshare_pid" -s 0.1 -f /dev/null &
	waiter=$!
	[ -z "$minit_pid" ] || { trap hurry INT TERM; kill -TERM "$minit_pid" 2>/dev/null; }
	while kill -0 "$waiter" 2>/dev/null; do wait "$waiter"; done
	trap '' INT TERM
	! alive || { echo "run: minit did not stop within 60 s; killing it"; kill -KILL "$unshare_pid"; }
}

finish() {
	set +e
	trap '' INT TERM HUP PIPE
	trap - EXIT
	! alive || stop_minit
	status=0
	[ -z "$unshare_pid" ] || wait "$unshare_pid" || status=$?
	[ ! -s "$log" ] || { echo "run: the last lines of ${log#"$here/"}:" && tail -n 12 "$log"; }
	remove_leaves
	exit $status
}

# Those of runs that have ended.
remove_logs() {
	for old in "$build"/rootfs/run.*.log; do
		owner=${old%.log}
		[ -d "/proc/${owner##*.}" ] || rm -f "$old"
	done
}

name=minit-run-$$
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP PIPE
remove_leaves
remove_logs
make_leaves
: >"$log"
ln -sfn "${log##*/}" "$build/rootfs/run.log"
export BUILD="$build"
# Its own session: Ctrl-C is for this script alone, which then asks minit to stop. A shell starts what it puts in the
# background with some signals ignored; minit must not inherit that.
setpriv --pdeathsig KILL env --default-signal setsid unshare --fork --kill-child --pid --mount --net --uts --ipc \
	"$0" --inside "$name" "$table" >"$log" 2>&1 </dev/null &
unshare_pid=$!

# PID 1 of the namespace is the only child of unshare; the control socket shows when it has become minit: one of its own,
# as it has this machine's root at first, in which there may be another minit.
while alive; do
	minit_pid=$(cat "/proc/$unshare_pid/task/$unshare_pid/children" 2>/dev/null || true)
	minit_pid=${minit_pid% }
	run=/proc/$minit_pid/root/run
	[ -z "$minit_pid" ] || [ ! -S "$run/minit/control" ] || [ "$run" -ef /run ] || break
	sleep 0.05
done
if alive; then
	# Backgrounded and waited for, so that a signal to this script is not left until the status has ended by itself.
	nsenter --target "$minit_pid" --mount --uts --ipc --net --pid --cgroup --root --wd \
		/sbin/minit status --watch <&0 &
	status_pid=$!
	wait "$status_pid" || true
fi
