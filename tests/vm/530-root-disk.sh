#!/bin/bash
# The init of a root disk, without an initramfs: `root=/dev/nvme0n1 init=/sbin/minit`, writable and read-only.
set -u
. tests/vm/vm.sh
PATH=$PATH:/usr/sbin:/sbin

said() {
	vm_console | grep -a -q -E "$1"
	ok $? "$2"
}

cp -a "$TREE" "$vm_dir/tree"
rm -rf "$vm_dir/tree/etc/minit/conf.d"
cat >"$vm_dir/tree/etc/minit/minit.toml" <<'TOML'
[system]
main = "probe"
[service.probe]
exec = ["/bin/sh", "/probe"]
namespaces = []
restart = "never"
TOML
cat >"$vm_dir/tree/probe" <<'SH'
exec >/dev/ttyS1
echo "root $(grep ' / ' /proc/mounts | cut -d' ' -f3,4 | cut -c1-7)"
echo "dev $(grep -c ' /dev devtmpfs ' /proc/mounts) run $(grep -c ' /run tmpfs ' /proc/mounts)"
echo written >/file && echo wrote
SH

# boot ro|rw
boot() {
	rm -f "$vm_dir/disk"
	truncate -s 24M "$vm_dir/disk"
	mkfs.ext4 -q -F -d "$vm_dir/tree" "$vm_dir/disk" || echo "not ok - a root disk"
	vm_qemu="-drive file=$vm_dir/disk,format=raw,if=none,id=d -device nvme,drive=d,serial=1" \
		vm_boot quiet rdinit=/none root=/dev/nvme0n1 "$1" init=/sbin/minit
	vm_end 60
	ok $? "$1: it boots, and ends with its main service"
	dumpe2fs -h "$vm_dir/disk" >"$vm_dir/head" 2>&1
	grep -q -x 'Filesystem state: *clean' "$vm_dir/head" && ! grep -q needs_recovery "$vm_dir/head"
	ok $? "$1: its file system is clean at the end"
	! vm_console | grep -a -E 'minit: .*(mount|link|read-only|mkdir)'
	ok $? "$1: nothing to complain of"
}

boot rw
has 'root ext4 rw,?' "the root is the disk"
has 'dev 1 run 1' "what a machine needs is mounted"
has 'wrote' "it can be written to"
said 'minit: probe: the main service has ended' "the end of the main service ends the machine"
said 'minit: powering off' "by switching it off"
debugfs -R 'cat /file' "$vm_dir/disk" 2>/dev/null | grep -q -x written
ok $? "and what was written is there"

boot ro
has 'root ext4 ro,?' "a read-only root"
has 'dev 1 run 1' "has what a machine needs too"
echo "1..$vm_tests"
