#!/bin/bash
# A host that has cgroup v2 alone, and nobody who has enabled its controllers: `make run`, with Debian's own tools; and minit as a
# user without rights, in a slice that is delegated to that user.
set -u
. tests/vm/vm.sh

# Programs of this machine with their libraries, in /host/bin of the guest.
mkdir -p "$vm_dir/over/host/bin" "$vm_dir/over/lib64"
for name in awk cat chroot cp cut env find grep ln mkdir mknod mount nsenter pivot_root realpath rmdir setpriv setsid sleep sync \
	tail timeout umount unshare; do
	path=$(PATH=/usr/sbin:/usr/bin:/sbin:/bin command -v $name) && cp -L "$path" "$vm_dir/over/host/bin/$name"
	ldd "$path" | grep -o '/[^ ]*\.so[^ ]*'
done | sort -u | while read -r library; do
	case $library in
	/lib64/*) cp -L "$library" "$vm_dir/over/lib64/" ;;
	*) mkdir -p "$vm_dir/over/host/lib" && cp -L "$library" "$vm_dir/over/host/lib/" ;;
	esac
done
mkdir -p "$vm_dir/over/build/rootfs"
cp -R "$TREE" "$vm_dir/over/build/rootfs/tree"
vm_file rootfs/run.sh 755 <rootfs/run.sh

# Nobody can pivot away from the first root of all, so the machine gets another one, as machines have.
vm_file host/init 755 <<'SH'
#!/bin/sh
mkdir /new
mount -t tmpfs new /new
for dir in /*; do
	case $dir in
	/new | /dev | /proc | /sys) mkdir "/new$dir" ;;
	*) cp -a "$dir" /new ;;
	esac
done
exec switch_root /new /host/host
SH

vm_file host/host 755 <<'SH'
#!/bin/sh
export PATH=/host/bin:/usr/sbin:/usr/bin LD_LIBRARY_PATH=/host/lib BUILD=/build
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t tmpfs run /run
mount -t cgroup2 cgroup2 /sys/fs/cgroup
while read -r module; do insmod "$module"; done </etc/minit/modules
exec </dev/null >/dev/ttyS1 2>&1

# soon TEXT COMMAND...: says TEXT when the command succeeds within a minute.
soon() {
	text=$1 tries=300
	shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || { echo "not $text"; return; }
		sleep 0.2
	done
	echo "$text"
}

env --default-signal /rootfs/run.sh </dev/null >/out 2>&1 &
runner=$!
soon 'web is up' grep -E '^web +up .*10[.]77[.]0[.]10' /out
soon 'client has its page' grep 'web says: hello from web' /build/rootfs/run.log
soon 'hog was out of memory' grep 'hog: out of memory: killed in its leaf' /build/rootfs/run.log
echo "memory.max $(cat /sys/fs/cgroup/minit-run-$runner/svc.hog/memory.max)"
echo "pids.max $(cat /sys/fs/cgroup/minit-run-$runner/svc.bomb/pids.max)"
kill -INT $runner
wait $runner
echo "status $?"
echo "left $(find /sys/fs/cgroup -mindepth 1 -type d | grep -c .)"
grep 'minit: stopped in' /out
grep -E 'limits|cannot|bug|No such|not permitted' /out /build/rootfs/run.log

# As a service manager delegates a group to a user: it belongs to the user, its limits do not.
slice=/sys/fs/cgroup/slice
echo '+memory +pids +cpu' >/sys/fs/cgroup/cgroup.subtree_control
mkdir $slice
chown 1000:1000 $slice $slice/cgroup.procs $slice/cgroup.threads $slice/cgroup.subtree_control
mkdir -m 700 /run/user
chown 1000:1000 /run/user
export XDG_RUNTIME_DIR=/run/user
as_user() {
	setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all "$@"
}
sh -c 'echo $$ >'$slice'/cgroup.procs; exec setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all \
	env --default-signal /sbin/minit run /host/user.toml' >/user.out 2>&1 &
user=$!
soon 'limited is up' as_user /sbin/minit wait --timeout 1s limited:up
soon 'eater is dead' as_user /sbin/minit wait --timeout 1s eater:failed
echo "asked: $(as_user /sbin/minit status limited | tr '\n' ';')"
pid=$(as_user /sbin/minit status --json limited | grep -o '"pid":[0-9]*' | tail -n 1 | cut -d : -f 2)
place=$(sed -n 's/^0:://p' /proc/$pid/cgroup)
echo "place $place"
echo "pids.max $(cat /sys/fs/cgroup$place/pids.max), memory.max $(cat /sys/fs/cgroup$place/memory.max)"
echo "processes $(grep -c . /sys/fs/cgroup$place/cgroup.procs)"
kill -TERM $user
wait $user
echo "user status $?"
echo "user left $(find $slice -mindepth 1 -type d | grep -c .)"
echo "user log: $(cat /user.out)"
echo "log: $(tail -n 5 /out /build/rootfs/run.log)"
sync
echo o >/proc/sysrq-trigger
sleep 60
SH

vm_file host/user.toml 644 <<'TOML'
[service.limited]
exec = ["/bin/sh", "-c", "(setsid sleep 1000 &); exec sleep 1000"]
cgroup.pids.max = 7
cgroup.memory.max = "24M"
[service.eater]
exec = ["/bin/sh", "-c", "x=12345678; while :; do x=$x$x; done"]
cgroup.memory.max = "16M"
restart = "never"
TOML

vm_boot quiet rdinit=/host/init
vm_end 280
ok $? "the machine ends"
has 'web is up' "the status shows a service that is up, with its address"
has 'client has its page' "the client has its page from web, by name and over the bridge"
has 'hog was out of memory' "who grows past its limit is killed in its leaf"
has 'memory.max 12582912' "memory.max is what the table says"
has 'pids.max 24' "and pids.max"
has 'status 0' "Ctrl-C ends it with success"
has 'minit: stopped in .* 0 killed' "in order"
has 'left 0' "and no cgroup is left"
! vm_results | sed '/^user log/,/^log/d' | grep -a -q -E 'limits|cannot|bug|not permitted'
ok $? "nothing is missing"
has 'limited is up' "in a delegated group the services of a user without rights start"
has 'place /slice/svc.limited' "each in a leaf of its own"
has 'pids.max 7, memory.max 25165824' "with its limits"
has 'eater is dead' "who grows past its limit is killed in its leaf"
has '.*eater: out of memory: killed in its leaf; given up' "and told of"
has 'processes 2' "who daemonises is held in its leaf"
has 'user status 0' "TERM ends it in order"
has 'user left 0' "and nothing is left in the group"
[ "$vm_tests" = 18 ] && [ "${TEST_SHOW:-}" = "" ] || { vm_results | sed 's/^/# /'; vm_show; }
echo "1..$vm_tests"
