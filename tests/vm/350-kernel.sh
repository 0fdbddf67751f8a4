#!/bin/bash
# What needs a kernel that this machine may not have: a label of AppArmor, an image as a root by a loop device, a deadline, shares
# of a disk, the example of a systemd unit with all its limits. And what a service can do, of all there is to be tried.
set -u
. tests/vm/vm.sh
PATH=$PATH:/usr/sbin:/sbin

gcc -static -std=gnu17 -D_GNU_SOURCE -O1 -Wall -Wextra -I. -o "$vm_dir/reach" tests/tools/reach_probe.c && strip "$vm_dir/reach"
ok $? "the probe builds"

mkdir -p "$vm_dir/image/bin" "$vm_dir/image/proc" "$vm_dir/image/sys" "$vm_dir/image/dev"
cp -a "$TREE/bin/." "$vm_dir/image/bin"
echo within >"$vm_dir/image/name"
mkdir -p "$vm_dir/image/tmp" "$vm_dir/over" && cp -a "$vm_dir/image" "$vm_dir/over/tree"
vm_file tree/reach 755 <"$vm_dir/reach"
vm_file reach 755 <"$vm_dir/reach"
mksquashfs "$vm_dir/image" "$vm_dir/squashfs" -quiet -no-progress -comp gzip >/dev/null
mkfs.erofs --quiet "$vm_dir/erofs" "$vm_dir/image" >/dev/null 2>&1
ok $? "images are made"
vm_file image <"$vm_dir/squashfs"
vm_file erofs <"$vm_dir/erofs"
vm_modules loop squashfs erofs overlay virtio_pci virtio_blk
# A profile that allows nothing, and complains: as apparmor_parser would write it, for the kernel's unpack_profile().
python3 - <<'PY' | vm_file profile
import struct, sys

def named(name, value): return b"\4" + struct.pack("<H", len(name) + 1) + name.encode() + b"\0" + value
def number(n): return b"\2" + struct.pack("<I", n)
def text(s): return b"\5" + struct.pack("<H", len(s) + 1) + s.encode() + b"\0"

flags = named("flags", b"\7") + number(0) + number(1) + number(0) + b"\10"
profile = named("profile", b"\7") + text("minit-test") + flags + number(0) * 4 + b"\10"
sys.stdout.buffer.write(named("version", number(7)) + profile)
PY

vm_table <<'TOML' || exit 1
[defaults]
restart = "never"
autostart = false

[service.labelled]
exec = ["/bin/sleep", "1000"]
apparmor = "minit-test"
init = false
stop.signal = "SIGKILL"

[service.image]
exec = ["/bin/sleep", "1000"]
root = "/image"
[service.erofs]
exec = ["/bin/sh", "-c", "touch /new || exec sleep 1000"]
root = "/erofs"
[service.lain]
exec = ["/bin/sh", "-c", "echo more >/name && exec sleep 1000"]
root = "/image"
overlay = "tmpfs"
[service.ids]
exec = ["/bin/sh", "-c", "(: </dev/loop-control) || exec sleep 1000"]
root = "/image"
overlay = "tmpfs"
userns = "auto"
devices = []
dev_nodes = ["/dev/loop-control"]
init = false
stop.signal = "SIGKILL"

[service.soon]
exec = ["/bin/sleep", "1000"]
sched = { policy = "deadline", runtime = "2ms", deadline = "10ms", period = "20ms" }

[service.much]
exec = ["/bin/sh", "-c", "while :; do dd if=/dev/vda of=/dev/null bs=65536; done"]
cgroup.io.weight = 1000
[service.little]
exec = ["/bin/sh", "-c", "while :; do dd if=/dev/vda of=/dev/null bs=65536 skip=1024; done"]
cgroup.io.weight = 100

[service.own]
exec = ["/reach", "own"]
ready = "exit"
root = "/tree"
[service.here]
exec = ["/reach", "here"]
ready = "exit"
[service.nobody]
exec = ["/reach", "nobody"]
ready = "exit"
root = "/tree"
user = "65534"
[service.inner]
exec = ["/reach", "inner"]
ready = "exit"
root = "/tree"
userns = "auto"
[service.whole]
exec = ["/reach", "whole"]
ready = "exit"
root = "/tree"
caps = "all"
seccomp = "none"

[service.counted]
exec = ["/bin/sleep", "1000"]
cgroup.misc.max = "sev 4"
[service.handles]
exec = ["/bin/sleep", "1000"]
cgroup.rdma.max = "mlx4_0 hca_handle=2"
[service.misnamed]
exec = ["/bin/sleep", "1000"]
cgroup.rdma.max = "mlx4_0 handles=2"

[service.walled]
exec = ["/bin/sleep", "1000"]
paths = { read = ["/"], write = ["/run"] }

[service.probe]
exec       = ["/bin/sh", "/probe"]
caps       = "all"
namespaces = []
leaf       = false
output     = "inherit"
ready      = "exit"
autostart  = true
TOML
vm_probe <<'SH'
mkdir -p /sys/kernel/security
mount -t securityfs securityfs /sys/kernel/security
cat /profile >/sys/kernel/security/apparmor/.load || echo "no profile"
minit start labelled image erofs lain soon ids
echo "label $(cat "/proc/$(of labelled pid)/attr/apparmor/current")"
echo "image $(cat "/proc/$(program image)/root/name")"
echo "erofs $(cat "/proc/$(program erofs)/root/name") $(grep -c ' / .* erofs ' "/proc/$(program erofs)/mountinfo")"
echo "lain $(cat "/proc/$(program lain)/root/name")"
echo "ids $(cat "/proc/$(of ids pid)/root/name") $(cut -d/ -f2- "/proc/$(of ids pid)/cgroup")"
echo "devices $(grep -l -E '/(image|erofs)' /sys/block/loop*/loop/backing_file 2>/dev/null | wc -l)"
for s in labelled image erofs lain soon ids; do echo "differs $s $(differs $s)."; done
echo "sched $(minit status soon | grep '^  sched' | tr -s ' ')"
minit stop labelled image erofs lain soon ids
echo "after $(grep -l -E '/(image|erofs)' /sys/block/loop*/loop/backing_file 2>/dev/null | wc -l)"

for s in counted handles misnamed; do minit start $s 2>&1 | sed "s/^/$s said /"; done

minit start walled
echo "walled $(differs walled | tr -s ' ')"
minit stop walled

# The example, whose file is installed as it is.
minit start app
for f in cpu.max cpu.weight memory.high memory.max pids.max io.weight io.max; do echo "unit $f $(cat /sys/fs/cgroup/svc.app/$f)"; done
echo "unit differs $(differs app)."
minit stop app

# Both want all of a disk, which by the kernel's model (io.cost, that io.weight is of) has 4 MiB a second: until they have had
# as much as is enough to tell.
echo "254:0 ctrl=user model=linear rbps=4194304 rseqiops=64 rrandiops=64 wbps=4194304 wseqiops=64 wrandiops=64" >/sys/fs/cgroup/io.cost.model
echo "254:0 enable=1 ctrl=user rpct=0 wpct=0 min=100 max=100" >/sys/fs/cgroup/io.cost.qos
had() { sed -n 's/.*rbytes=\([0-9]*\).*/\1/p' "/sys/fs/cgroup/svc.$1/io.stat"; }
minit start much little
n=0; until [ "$(had much)" -ge 12000000 ] || [ "$(had little)" -ge 12000000 ] || [ $((n += 1)) = 600 ]; do usleep 100000; done
echo "shares $(had much) $(had little)"
minit stop much little

for s in own here nobody inner whole; do minit start $s; done
minit poweroff
SH

vm_file etc/minit/conf.d/unit.toml <rootfs/examples/unit.toml
truncate -s 128M "$vm_dir/disk"
vm_qemu="-drive file=$vm_dir/disk,format=raw,if=virtio" vm_boot quiet
vm_end "${VM_SECONDS:-240}"
ok $? "minit poweroff ends it"
is() {
	local is
	is=$(vm_results | sed -n "s/^$1 //p")
	[ "$is" = "$2" ]
	ok $? "$3"
	[ "$is" = "$2" ] || echo "# it is '$is', not '$2'"
}
is label 'minit-test (complain)' "the label of AppArmor that its table asks for"
is image within "a squashfs image is its root"
is lain more "and with an overlay it can be written to"
is erofs "within 1" "and an erofs image"
is ids "within svc.ids" "in a leaf that has no loop device; ids that cannot be mapped leave the image as it is"
is devices 4 "each by a loop device"
is after 0 "which is gone with them"
for s in labelled image erofs lain soon; do is "differs $s" . "$s: status finds it as asked"; done
has 'differs ids .* userns.idmap  *true  *false: a default that is not to be had here' "which its status says"
is walled '! paths a list a list, without truncation (Linux 6.2), without ioctl of devices (Linux 6.10)' \
	"what landlock of this kernel cannot refuse is told"
is 'counted said' "minit: counted: start: it has failed (step cgroup leaf: misc.max = sev 4: Invalid argument: the kernel does not take this value; this machine has nothing of that (misc.capacity))" \
	"what the machine has of misc.max is told"
# The kernel has rdma.max, but this one is built without what makes a device of no hardware (CONFIG_RDMA_RXE, CONFIG_RDMA_SIW).
is 'handles said' "minit: handles: start: it has failed (step cgroup leaf: rdma.max = mlx4_0 hca_handle=2: No such device: there is no such device, nor any other)" \
	"and which devices it has, of rdma.max"
is 'misnamed said' "minit: misnamed: start: it has failed (step cgroup leaf: rdma.max = mlx4_0 handles=2: Invalid argument: the kernel does not take this value; it takes hca_handle and hca_object, each with a number or max)" \
	"and what that takes"
for limit in "cpu.max 20000 100000" "cpu.weight 50" "memory.high 50331648" "memory.max 67108864" "pids.max 32" \
	"io.weight default 50" "io.max 254:0 rbps=10485760 wbps=max riops=max wiops=max"; do
	has "unit $limit" "the example of a unit: ${limit%% *}"
done
is 'unit differs' . "and status finds it as asked"
shares=$(vm_results | sed -n 's/^shares //p')
[ "${shares% *}" -gt $((3 * ${shares#* })) ]
ok $? "io.weight: ten times the share is more than three times the bytes ($shares)"
# Each line that is not as in the list.
vm_console | grep -a -o -E '\b(own|here|nobody|inner|whole): (ids|caps|refused|devices|writes|mounts).*' | fold -s -w 116 | sed 's/ *$//' >"$vm_dir/reached"
diff tests/vm/reach.list "$vm_dir/reached" | sed 's/^/# /'
cmp -s tests/vm/reach.list "$vm_dir/reached"
ok $? "what services can do is what is known of them"
[ "${TEST_REACH:-}" = "" ] || cp "$vm_dir/reached" "$TEST_REACH"
vm_results | grep '^sched' | sed 's/^/# /'
[ "${TEST_SHOW:-}" = "" ] || { vm_results | sed 's/^/# /'; vm_show 80; }
echo "1..$vm_tests"
