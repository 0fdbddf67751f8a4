#!/bin/bash
# Containers that lack what others have: no /proc, no /run, a read-only root, no rights to mend it.
set -u
. tests/container/ct.sh

# in_tree BEFORE [PREFIX...]: minit on the built tree, bound read-write over a tmpfs; BEFORE is run before it is entered.
in_tree() {
	local before=$1
	shift
	: >"$ct_dir/out"
	mkdir -p "$ct_dir/root"
	env --default-signal unshare --fork --pid --mount --uts --ipc --kill-child sh -c '
		set -e
		dir=$1 tree=$2 before=$3
		shift 3
		mount -t tmpfs root "$dir"
		cp -a "$tree/." "$dir"
		cp "$dir.toml" "$dir/etc/minit/minit.toml"
		rm -rf "$dir/etc/minit/conf.d"
		cd "$dir"
		eval "$before"
		exec chroot . "$@"
	' sh "$ct_dir/root" "$TREE" "$before" "$@" >>"$ct_dir/out" 2>&1 </dev/null &
	ct_unshare=$!
}

# Says what it finds, and ends the container with it.
cat >"$ct_dir/root.toml" <<'TOML'
[system]
main = "probe"
hostname = "bare-7"
[defaults]
namespaces = []
restart = "never"
# It looks into PID 1.
caps = "all"
[service.probe]
exec = ["/bin/sh", "-c", "[ -e /proc/self ] && echo proc is there; [ -S /run/minit/control ] && echo control is there; echo path $PATH; readlink /proc/1/fd/0; echo name $(uname -n); exit 5"]
TOML

in_tree '' /sbin/minit
ct_end 20
is $? 5 "a container without /proc runs"
ct_said '^proc is there' "minit mounts /proc when it may"
ct_said '^control is there' "and makes /run/minit"
ct_said '^name bare-7$' "the container has the table's name"

in_tree 'mount -o remount,ro .' /sbin/minit
ct_end 20
is $? 5 "a read-only root with nothing mounted runs"
ct_said '^proc is there' "/proc is mounted"
ct_said '^control is there' "/run becomes a tmpfs"

in_tree 'mount -t proc proc proc; mount -t tmpfs run run; echo "mounts before: $(wc -l <proc/self/mountinfo)"' /bin/sh -c \
	'exec 0<&- 2>&1; exec env -i /sbin/minit'
ct_end 20
is $? 5 "one with everything runs"
ct_said '^path /usr/local/sbin:' "without a PATH it gets one"
ct_said '^/dev/null|^/$' "a closed stream is not left to the next file that is opened"

in_tree 'mount -t tmpfs -o ro run run' /bin/toybox setsid /bin/sh -c 'exec /sbin/minit'
ct_end 20
is $? 5 "no /proc and a read-only /run"

in_tree 'cp /usr/bin/setpriv bin; mkdir -p lib64; cp /lib64/ld-linux-x86-64.so.2 lib64; mkdir -p lib/x86_64-linux-gnu; cp $(ldd /usr/bin/setpriv | grep -o "/lib/[^ ]*") lib/x86_64-linux-gnu; rm -rf run; mount -o remount,ro .' \
	/bin/setpriv --bounding-set -sys_admin --inh-caps -sys_admin /sbin/minit
ct_end 20
is $? 5 "without /proc, /run and the right to mount them it runs nevertheless"
ct_said '^minit: /proc: not mounted, and cannot be: Operation not permitted; ' "it says what does not work without /proc"
is "$(grep -c '^minit: .*/run/minit' "$ct_dir/out")" 1 "and once what does not work without /run"
echo "1..$ct_tests"
