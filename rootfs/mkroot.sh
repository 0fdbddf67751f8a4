#!/bin/sh
# Make the root tree DIR: minit, toybox with a link for each of its tools, dash as sh, the files of rootfs/skel, and the
# demo. usage: rootfs/mkroot.sh DIR   ($MINIT: the binary, default build/minit)
set -eu
umask 022

here=$(cd "$(dirname "$0")/.." && pwd)
minit=$(realpath "${MINIT:-$here/build/minit}")
dir=${1:?usage: rootfs/mkroot.sh DIR}

toybox=$("$here/deps/build" toybox)
dash=$("$here/deps/build" dash)

rm -rf "$dir.new"
mkdir -p "$dir.new"
dir=$(realpath "$dir")
cd "$dir.new"
mkdir -p usr/bin usr/sbin usr/lib/demo dev etc/minit/conf.d proc root run srv sys tmp var/log
ln -s usr/bin bin
ln -s usr/sbin sbin
ln -s usr/lib lib
ln -s ../run var/run
chmod 1777 tmp
chmod 700 root

cp "$minit" usr/sbin/minit
cp "$toybox" usr/bin/toybox
for tool in $("$toybox"); do
	ln -s toybox "usr/bin/$tool"
done
cp "$dash" usr/bin/sh

cp -R "$here"/rootfs/skel/. .
cp "$here/rootfs/demo/minit.toml" etc/minit/minit.toml
for script in "$here"/rootfs/demo/*.sh; do
	name=${script##*/}
	cp "$script" "usr/lib/demo/${name%.sh}"
	chmod 755 "usr/lib/demo/${name%.sh}"
done
musl-gcc -Os -static -s -o usr/lib/demo/bomb "$here/rootfs/demo/bomb.c"

cd "$here"
rm -rf "$dir"
mv "$dir.new" "$dir"
