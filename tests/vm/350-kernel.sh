#!/bin/bash
# What needs a kernel that this machine may not have: a label of AppArmor, an image as a root by a loop device, a deadline.
set -u
. tests/vm/vm.sh

mkdir -p "$vm_dir/image/bin" "$vm_dir/image/proc" "$vm_dir/image/sys" "$vm_dir/image/dev"
cp -a "$TREE/bin/." "$vm_dir/image/bin"
echo within >"$vm_dir/image/name"
mksquashfs "$vm_dir/image" "$vm_dir/squashfs" -quiet -no-progress -comp gzip >/dev/null
vm_file image <"$vm_dir/squashfs"
for module in drivers/block/loop fs/squashfs/squashfs fs/overlayfs/overlay; do
	vm_file "modules/${module##*/}.ko" <"$(echo "$MINIT_DEPS"/kernel/lib/modules/*/kernel/"$module".ko)"
done
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

vm_file etc/minit/minit.toml <<'TOML'
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
[service.lain]
exec = ["/bin/sh", "-c", "echo more >/name && exec sleep 1000"]
root = "/image"
overlay = "tmpfs"

[service.soon]
exec = ["/bin/sleep", "1000"]
sched = { policy = "deadline", runtime = "2ms", deadline = "10ms", period = "20ms" }

[service.probe]
exec       = ["/bin/sh", "/probe"]
caps       = "all"
namespaces = []
leaf       = false
output     = "inherit"
ready      = "exit"
autostart  = true
TOML
"$MINIT" check "$vm_dir/over/etc/minit/minit.toml" || { echo "not ok - the table"; exit 1; }
vm_file probe <<'SH'
exec >/dev/ttyS1 2>&1
of() { minit status "$1" --json | grep "\"name\":\"$1\"" | sed "s/.*\"$2\":\"*\([^\",}]*\).*/\1/"; }
differs() { minit status "$1" | grep '^!'; }

insmod /modules/loop.ko && insmod /modules/squashfs.ko && insmod /modules/overlay.ko || echo "no modules"
mkdir -p /sys/kernel/security
mount -t securityfs securityfs /sys/kernel/security
cat /profile >/sys/kernel/security/apparmor/.load || echo "no profile"
minit start labelled image lain soon
echo "label $(cat "/proc/$(of labelled pid)/attr/apparmor/current")"
echo "image $(cat "/proc/$(of image pid)/root/name")"
echo "lain $(cat "/proc/$(of lain pid)/root/name")"
echo "devices $(grep -l /image /sys/block/loop*/loop/backing_file 2>/dev/null | wc -l)"
for s in labelled image lain soon; do echo "differs $s $(differs $s)."; done
echo "sched $(minit status soon | grep '^  sched' | tr -s ' ')"
minit stop labelled image lain soon
echo "after $(grep -l /image /sys/block/loop*/loop/backing_file 2>/dev/null | wc -l)"
minit poweroff
SH

vm_boot quiet
vm_end "${VM_SECONDS:-120}"
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
is devices 2 "each by a loop device"
is after 0 "which is gone with them"
for s in labelled image lain soon; do is "differs $s" . "$s: status finds it as asked"; done
vm_results | grep '^sched' | sed 's/^/# /'
[ "${TEST_SHOW:-}" = "" ] || { vm_results | sed 's/^/# /'; vm_show 80; }
echo "1..$vm_tests"
