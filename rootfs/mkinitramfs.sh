#!/bin/sh
# Pack a root tree and the kernel modules named in rootfs/modules as an initramfs.
# usage: rootfs/mkinitramfs.sh TREE FILE.cpio.gz
#
# /etc/minit/modules lists the module files in the order to load them, each after those it depends on.
set -eu
umask 022
LC_ALL=C
export LC_ALL

here=$(cd "$(dirname "$0")/.." && pwd)
deps=${MINIT_DEPS:-$here/build/deps}
tree=${1:?usage: rootfs/mkinitramfs.sh TREE FILE.cpio.gz}
out=${2:?usage: rootfs/mkinitramfs.sh TREE FILE.cpio.gz}

"$here/deps/fetch" kernel
kernel=$deps/kernel
release=$(ls "$kernel/lib/modules")

# modules.dep has a line "FILE: what it needs, directly or not, the most basic last".
module_files() {
	PATH=$PATH:/usr/sbin:/sbin depmod -n -b "$kernel" "$release" 2>/dev/null | awk -v wanted="$(sed '/^#/d' "$here/rootfs/modules")" '
		BEGIN { split(wanted, names, /[ \n]+/) }
		!/^[^ ]*[.]ko: ?/ { next }
		{ file = substr($1, 1, length($1) - 1); name = file; sub(/.*\//, "", name); sub(/[.]ko$/, "", name)
		  path[name] = file; needs[name] = substr($0, length($1) + 2) }
		END {
			for (i = 1; i in names; i++) {
				if (!(names[i] in path)) { print "mkinitramfs: " names[i] ": no such module" >"/dev/stderr"; exit 1 }
				for (n = split(needs[names[i]], list, " "); n; n--) if (!seen[list[n]]++) print list[n]
				if (!seen[path[names[i]]]++) print path[names[i]]
			}
		}'
}

stage=$out.stage
rm -rf "$stage"
mkdir -p "$stage"
cp -R "$tree/." "$stage"
files=$(module_files)
for file in $files; do
	mkdir -p "$stage/lib/modules/$release/$(dirname "$file")"
	cp "$kernel/lib/modules/$release/$file" "$stage/lib/modules/$release/$file"
	echo "/lib/modules/$release/$file"
done >"$stage/etc/minit/modules"
[ ! -d "$here/rootfs/machine" ] || cp -R "$here/rootfs/machine/." "$stage"

# One time for all files and owner 0: the same tree gives the same bytes.
find "$stage" -exec touch -h -d "@${SOURCE_DATE_EPOCH:-0}" {} +
(cd "$stage" && find . | sort | cpio --quiet -o -H newc -R 0:0 --reproducible) | gzip -n -9 >"$out.new"
rm -rf "$stage"
mv "$out.new" "$out"
