#!/bin/sh
# Pack a root tree and the kernel modules named in rootfs/modules as an initramfs.
# usage: rootfs/mkinitramfs.sh TREE FILE.cpio.gz
#
# /etc/minit/modules lists the module files to load at boot, /lib/modules/names those to load when they are wanted, each
# after those it depends on.
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

# depmod writes lines "FILE: what it needs, directly or not, the most basic last", and behind them "alias NAME MODULE".
# Of it come lines "NAME FILE...", the files in the order to load them: NAME is `boot`, or a wanted module's own or an alias.
module_lines() {
	PATH=$PATH:/usr/sbin:/sbin depmod -n -b "$kernel" "$release" 2>/dev/null | awk -v list="$(sed '/^#/d' "$here/rootfs/modules")" '
		BEGIN { for (n = split(list, rows, "\n"); n; n--) { split(rows[n], row, " "); when[row[1]] = row[2]; order[n] = row[1] } }
		/^[^ ]*[.]ko:/ {
			file = substr($1, 1, length($1) - 1); name = file; sub(/.*\//, "", name); sub(/[.]ko$/, "", name)
			if (!(name in when)) next
			files[name] = ""
			for (i = NF; i > 1; i--) files[name] = files[name] " " $i
			files[name] = files[name] " " file
			names[name] = name
		}
		$1 == "alias" && $3 in when && $2 !~ /^symbol:|[*?[]/ { names[$3] = names[$3] " " $2 }
		END {
			for (i = 1; i in order; i++) {
				name = order[i]
				if (!(name in files)) { print "mkinitramfs: " name ": no such module" >"/dev/stderr"; exit 1 }
				if (when[name] == "boot") print "boot" files[name]
				else for (k = split(names[name], all, " "); k; k--) print all[k] files[name]
			}
		}'
}

stage=$out.stage
rm -rf "$stage"
mkdir -p "$stage"
cp -R "$tree/." "$stage"
lines=$(module_lines)
# in_image: each module file of the lines once, by its path in the image.
in_image() {
	awk -v dir="/lib/modules/$release/" '{ for (i = 2; i <= NF; i++) if (!seen[$i]++) print dir $i }'
}
echo "$lines" | in_image | while read -r file; do
	mkdir -p "$stage$(dirname "$file")"
	cp "$kernel$file" "$stage$file"
done
echo "$lines" | sed -n '/^boot /p' | in_image >"$stage/etc/minit/modules"
echo "$lines" | sed '/^boot /d' | sed "s, , /lib/modules/$release/,g" >"$stage/lib/modules/names"
[ ! -d "$here/rootfs/machine" ] || cp -R "$here/rootfs/machine/." "$stage"

# One time for all files and owner 0: the same tree gives the same bytes.
find "$stage" -exec touch -h -d "@${SOURCE_DATE_EPOCH:-0}" {} +
(cd "$stage" && find . | sort | cpio --quiet -o -H newc -R 0:0 --reproducible) | gzip -n -9 >"$out.new"
rm -rf "$stage"
mv "$out.new" "$out"
