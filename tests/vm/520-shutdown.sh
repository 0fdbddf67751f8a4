#!/bin/bash
# The end of a machine: what is mounted, what is left, and each way to ask for it.
set -u
. tests/vm/vm.sh
PATH=$PATH:/usr/sbin:/sbin

said() {
	vm_console | grep -a -q -E "$1"
	ok $? "$2"
}

# What is typed at the console is done by a service.
ender='[service.ender]
exec = ["/bin/sh", "-c", "echo up >/dev/console; read words </dev/console; exec $words"]'

# -- a disk, by modules of /etc/minit/modules ------------------------------------------------------------------------

vm_modules virtio_pci virtio_blk
{
	echo "# what the disk needs; relative to the kernel's folder"
	cat "$vm_dir/over/etc/minit/modules"
	echo "/gone.ko"
} >"$vm_dir/modules"
vm_file /etc/minit/modules <"$vm_dir/modules"
truncate -s 16M "$vm_dir/disk"
mkfs.ext4 -q -F "$vm_dir/disk" || { echo "not ok - a file system for the disk"; exit 1; }
disk="-drive file=$vm_dir/disk,format=raw,if=virtio"

vm_file /etc/minit/minit.toml <<TOML
[defaults]
namespaces = []
[service.mounts]
exec  = ["/bin/sh", "/mounts"]
caps  = "all"
ready = "exit"
[service.writer]
exec  = ["/bin/sh", "-c", "while :; do echo line; done >'/data/a disk/file'"]
needs = ["mounts"]
[service.stray]
exec  = ["/bin/sh", "-c", "setsid sh -c 'trap \"echo asked >/dev/ttyS1; exit\" TERM; echo up >/dev/ttyS1; while :; do sleep 0.1; done' & exec sleep 1000"]
leaf  = false
[service.deaf]
exec  = ["/bin/sh", "-c", "setsid sh -c 'trap \"\" TERM; cd \"/data/a disk\"; echo up >/dev/ttyS1; while :; do sleep 0.1; done' & exec sleep 1000"]
leaf  = false
needs = ["mounts"]
$ender
TOML
vm_file /mounts <<'SH'
mkdir -p '/data/a disk'
mount -t ext4 /dev/vda '/data/a disk' || exit
mkdir '/data/a disk/below'
mount -t tmpfs below '/data/a disk/below'
SH

vm_qemu=$disk vm_boot quiet
up() {
	for _ in $(seq 300); do [ "$(vm_results | grep -c '^up')" -lt 2 ] || return 0; sleep 0.1; done
	return 1
}
up
ok $? "modules are loaded in order, and the disk is there"
said 'minit: modules: /gone.ko: No such file' "a module that is not there is named, and boot goes on"
vm_type 'minit poweroff'
vm_end 60
ok $? "it switches off"
[ "$(vm_results | grep -c '^asked')" = 1 ]
ok $? "a process of no service is asked to end"
said 'minit: stopped in [0-9.]+ s: 4 services, 0 killed' "services stop first"
said 'minit: processes of no service are left: asked to end' "then what is left is asked"
said 'minit: processes of no service are left: killed' "and killed when it does not listen"
! vm_console | grep -a -E 'minit: .*(unmount|read-only|not done)'
ok $? "everything could be unmounted"
dumpe2fs -h "$vm_dir/disk" >"$vm_dir/disk.head" 2>&1
grep -q -x 'Filesystem state: *clean' "$vm_dir/disk.head" && ! grep -q needs_recovery "$vm_dir/disk.head"
ok $? "the file system is clean"
e2fsck -f -n "$vm_dir/disk" >/dev/null 2>&1
ok $? "and without an error"

# -- each way to ask for it -------------------------------------------------------------------------------------------

vm_file /etc/minit/modules </dev/null
vm_file /etc/minit/minit.toml <<TOML
[defaults]
namespaces = []
[service.deaf]
exec = ["/bin/sh", "-c", "trap '' TERM; echo up >/dev/console; while :; do sleep 0.1; done"]
stop = { grace = "1h" }
TOML
mkfifo "$vm_dir/mon.in" "$vm_dir/mon.out"
cat "$vm_dir/mon.out" >/dev/null &
vm_qemu="-monitor pipe:$vm_dir/mon" vm_boot quiet
exec 8>"$vm_dir/mon.in"
vm_wait 60 '^up'
echo 'sendkey ctrl-alt-delete' >&8
vm_wait 60 'SIGINT: stopping'
ok $? "Ctrl-Alt-Del is heard"
echo 'sendkey ctrl-alt-delete' >&8
vm_end 60
ok $? "a second one does not wait for anybody's grace"
exec 8>&-
said 'minit: rebooting' "it reboots"
said 'reboot: Restarting system' "and so says the kernel"

vm_file /etc/minit/minit.toml <<TOML
[defaults]
namespaces = []
$ender
TOML

# ask COMMAND MINIT KERNEL: what minit and the kernel say then
ask() {
	vm_boot quiet
	vm_wait 60 '^up'
	vm_type "$1"
	if [ "$2" = halting ]; then vm_wait 60 "$3"; else vm_end 60; fi
	ok $? "$1 ends the machine"
	said "minit: $2" "$1: minit says it is $2"
	said "$3" "$1: so does the kernel"
}
ask 'kill -USR2 1' 'powering off' 'reboot: Power down'
ask 'kill -TERM 1' 'rebooting' 'reboot: Restarting system'
ask 'minit reboot' 'rebooting' 'reboot: Restarting system'
ask 'kill -USR1 1' 'halting' 'reboot: System halted'
echo "1..$vm_tests"
