#!/bin/bash
# `make run` on a host that has cgroup v2 alone, and nobody who has enabled its controllers: the runner with Debian's own tools, on
# a kernel of its own.
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
echo "log: $(tail -n 5 /out /build/rootfs/run.log)"
sync
echo o >/proc/sysrq-trigger
sleep 60
SH

vm_boot quiet rdinit=/host/init
vm_end 280
ok $? "the machine ends"
has() {
	vm_results | grep -a -q -x -E "$1"
	ok $? "$2"
}
has 'web is up' "the status shows a service that is up, with its address"
has 'client has its page' "the client has its page from web, by name and over the bridge"
has 'hog was out of memory' "who grows past its limit is killed in its leaf"
has 'memory.max 12582912' "memory.max is what the table says"
has 'pids.max 24' "and pids.max"
has 'status 0' "Ctrl-C ends it with success"
has 'minit: stopped in .* 0 killed' "in order"
has 'left 0' "and no cgroup is left"
! vm_results | grep -a -q -E 'limits|cannot|bug|not permitted'
ok $? "nothing is missing"
[ "$vm_tests" = 10 ] && [ "${TEST_SHOW:-}" = "" ] || { vm_results | sed 's/^/# /'; vm_show; }
echo "1..$vm_tests"
