#!/bin/sh
# Boot the initramfs with Debian's cloud kernel in QEMU (TCG, no KVM), the console on this terminal.
# usage: rootfs/vm.sh [TABLE.toml] [WORD...]   words are added to the kernel's command line
#
# `minit poweroff` inside ends it in order; Ctrl-A X pulls the plug.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
deps=${MINIT_DEPS:-$here/build/deps}
build=${BUILD:-$here/build}
initramfs=$build/rootfs/initramfs.cpio.gz

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$initramfs" "$work/initramfs"

# The kernel unpacks several archives one after the other, a later file over an earlier one.
case ${1:-} in
*.toml)
	[ -r "$1" ] || { echo "vm: $1: no such table" >&2; exit 1; }
	mkdir -p "$work/over/etc/minit/conf.d"
	cp "$1" "$work/over/etc/minit/minit.toml"
	: >"$work/over/etc/minit/conf.d/demo.toml"
	(cd "$work/over" && find . | cpio --quiet -o -H newc -R 0:0) | gzip -n >>"$work/initramfs"
	shift
	;;
esac

echo "vm: \`minit poweroff\` ends it in order, Ctrl-A X pulls the plug" >&2
qemu-system-x86_64 -accel tcg -cpu qemu64,+rdrand -m 256 -nodefaults -no-user-config -no-reboot -display none \
	-serial mon:stdio -kernel "$deps"/kernel/boot/vmlinuz-* -initrd "$work/initramfs" \
	-append "console=ttyS0 rdinit=/sbin/minit quiet panic=-1 cryptomgr.notests $*"
