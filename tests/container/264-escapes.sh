#!/bin/bash
# What has led out of containers before, tried from inside of a root; and a root where pivot_root is forbidden.
set -u
. tests/container/ct.sh

mkdir -p "$ct_dir/root" "$ct_dir/raced" "$ct_dir/outside"
cp -a "$TREE/." "$ct_dir/root/"
cp -a "$TREE/." "$ct_dir/raced/"
rm -rf "$ct_dir/root/dev/null"
mkdir -p "$ct_dir/root/dev"
ln -s /proc/sys/kernel/core_pattern "$ct_dir/root/dev/null"

finds() {
	printf "[service.%s]\nexec = ['/bin/sh', '-c', 'echo \"%s: \"\$(eval \"\$0\")', '''%s''']\n%s\nroot = '%s'\n" \
		"$1" "$1" "$2" "${3:-}" "$ct_dir/root"
}
says() {
	is "$(sed -n "s/^$1: *//p" "$ct_dir/out")" "$2" "$3"
}
sum=$(sha256sum "$MINIT")
core=$(cat /proc/sys/kernel/core_pattern)
ct_table <<TOML
[defaults]
ready = "exit"
restart = "never"

$(finds descriptors 'cd /proc/self/fd && for f in *; do [ ! -e $f ] || echo $f; done')
$(finds exe '(: >/proc/1/exe) 2>/dev/null || echo refused')
$(finds reaper 'ls -l /proc/1/root/ /proc/1/cwd/ | grep -c work; ls /proc/1/fd | wc -l')
$(finds sysctl 'for f in kernel/core_pattern kernel/modprobe vm/panic_on_oom fs/suid_dumpable; do (echo x >/proc/sys/$f) 2>/dev/null && echo $f; done; (echo h >/proc/sysrq-trigger) 2>/dev/null || echo refused')
$(finds unmask 'umount /proc/sys 2>/dev/null; mount -o remount,rw /proc/sys 2>/dev/null; (echo x >/proc/sys/kernel/core_pattern) 2>/dev/null || echo refused')
$(finds memory 'ls /dev/mem /dev/kmem /dev/port /dev/kmsg /dev/sda /dev/vda 2>/dev/null | wc -l')
$(finds agent 'find /sys/fs/cgroup -name release_agent | wc -l; (echo 1 >/sys/fs/cgroup/cgroup.procs) 2>/dev/null || echo refused')
$(finds above 'cd /; ls ../../../.. | sort | head -n 3; cat /proc/self/mountinfo | cut -d" " -f5 | grep -v -E "^/(proc|sys|dev)?(/|$)"')
TOML
ct_start
ct_end 60
is $? 0 "all of them ran"
says descriptors "0 1 2" "no descriptor leads out"
says exe refused "minit's program cannot be written through /proc"
is "$(sha256sum "$MINIT")" "$sum" "and is what it was"
says reaper "0 0" "the reaper has no directory outside, and no descriptor"
says sysctl refused "nothing of the kernel can be set"
says unmask refused "nor once it was tried to take the mask away"
is "$(cat /proc/sys/kernel/core_pattern)" "$core" "/dev/null of the root is not what masks, nor what is written to"
says memory 0 "no device of the machine is there"
says agent "0 refused" "no cgroup can be changed"
says above "bin dev etc" "nothing is above the root"

# -- a root that is changed while it is mounted ---------------------------------------------------------------------

ct_table <<TOML
[defaults]
ready = "exit"
restart = "never"
[service.raced]
exec = ["/bin/true"]
root = "$ct_dir/raced"
mounts = { "/a/b/c" = "tmpfs", "/a/d" = { bind = "/etc/hostname" } }
[service.cwd]
exec = ["/bin/true"]
root = "$ct_dir/root"
cwd = "/proc/self/fd/5"
[service.other]
exec = ["/bin/sleep", "1000"]
ready = "exec"
TOML
(
	while :; do
		rm -rf "$ct_dir/raced/a"
		ln -s "$ct_dir/outside" "$ct_dir/raced/a"
		rm -f "$ct_dir/raced/a"
		ln -s / "$ct_dir/raced/a" && rm -f "$ct_dir/raced/a"
		mkdir "$ct_dir/raced/a"
	done 2>/dev/null
) &
racer=$!
ct_start
ct_up
for i in $(seq 40); do ct_minit restart raced >/dev/null 2>&1; done
kill "$racer"
wait "$racer" 2>/dev/null
is "$(find "$ct_dir/outside" -mindepth 1)$(find / -maxdepth 1 \( -name b -o -name d \))" "" "links that come and go lead nothing out of the root"
ct_in cut -d' ' -f5 /proc/self/mountinfo | grep -c "$ct_dir" >"$ct_dir/count"
is "$(cat "$ct_dir/count")" 0 "nor any mount"
ct_is "a working directory by a descriptor is refused" cwd:failed
ct_stop "it ends in order"

# -- where a container's profile forbids pivot_root -------------------------------------------------------------------

cat >"$ct_dir/forbid.py" <<'END'
import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
code = [(0x20, 0, 0, 0), (0x15, 0, 1, 155), (0x06, 0, 0, 0x50001), (0x06, 0, 0, 0x7fff0000)]  # x86-64: pivot_root is 155
program = b"".join(struct.pack("HBBI", *c) for c in code)
text = ctypes.create_string_buffer(program)
head = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(code), ctypes.addressof(text)))
if libc.prctl(22, 2, head, 0, 0):
    sys.exit("no filter")
os.execv(sys.argv[1], sys.argv[1:])
END
ct_table <<TOML
[defaults]
ready = "exit"
restart = "never"
$(finds pivot 'grep -c . /sbin/minit >/dev/null && ls -d /work /var/lib/dpkg 2>/dev/null; mkdir /tmp/x; cd ..; ls -d bin; stat -c %i / /.. | uniq | wc -l' 'private_tmp = true')
$(finds laid 'touch /new; ls /new' 'overlay = "tmpfs"')
TOML
ct_start python3 "$ct_dir/forbid.py" "$MINIT" run "$ct_dir/table.toml"
ct_end 30
is $? 0 "roots without pivot_root"
says pivot "bin 1" "the root is the service's"
says laid /new "with an overlay too"
echo "1..$ct_tests"
