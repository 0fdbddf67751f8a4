#!/bin/bash
# Without a root of its own a service's mounts go where the table says: no link of somebody else leads them elsewhere, one of
# root's does. So it is with the root itself, be it an image.
set -u
. tests/container/ct.sh

chmod 755 "$ct_dir"
mkdir -p "$ct_dir"/{web/own,web/etc,real,trusted}
# Who owns the folder has put a link in it, and in what is mounted there somebody to become.
sed 's/^nobody:x:65534:65534/nobody:x:0:0/' /etc/passwd >"$ct_dir/web/etc/passwd"
cp /etc/group /etc/ld.so.cache "$ct_dir/web/etc/"
ln -s /etc "$ct_dir/web/cache"
ln -s / "$ct_dir/web/root"
ln -s "$ct_dir/web/root" "$ct_dir/trusted/root"
ln -s "$ct_dir/real" "$ct_dir/trusted/cache"
ln -s "$TREE" "$ct_dir/trusted/tree"
mksquashfs "$TREE" "$ct_dir/real/image" -quiet -no-progress >/dev/null
cp "$ct_dir/real/image" "$ct_dir/web/image"
ln -s "$ct_dir/real/image" "$ct_dir/trusted/image"
echo here >"$ct_dir/web/own/file"
echo whole >"$ct_dir/real/file"
chown -R -h 4711 "$ct_dir/web"

# finds NAME COMMAND KEYS
finds() {
	printf "[service.%s]\nexec = ['/bin/sh', '-c', 'echo \"%s: \"\$(eval \"\$0\" 2>&1)', '''%s''']\nready = 'exit'\nrestart = 'never'\n%s\n" \
		"$1" "$1" "$2" "$3"
}
{
	finds bound 'id -u' "user = 'nobody'
mounts = { '$ct_dir/web/cache' = '$ct_dir/web/etc' }"
	finds empty 'ls /etc' "mounts = { '$ct_dir/web/cache' = 'tmpfs' }"
	finds masked 'ls /etc' "mounts = { '$ct_dir/web/cache' = 'masked' }"
	finds below 'ls /etc/ssl' "mounts = { '$ct_dir/web/cache/ssl' = 'readonly' }"
	finds usual 'cat '"$ct_dir"'/real/file' "mounts = { '$ct_dir/trusted/cache' = '$ct_dir/web/own' }"
	finds hidden 'ls '"$ct_dir"'/real' "mounts = { '$ct_dir/trusted/cache' = 'masked' }"
	finds rooted 'ls -d /var/lib/dpkg' "root = '$ct_dir/web/root'"
	finds led 'ls -d /var/lib/dpkg' "root = '$ct_dir/trusted/root'"
	finds treed 'ls -d /etc' "root = '$ct_dir/trusted/tree'"
	finds imaged 'ls -d /etc' "root = '$ct_dir/web/image'
autostart = false"
	finds shown 'ls -d /etc' "root = '$ct_dir/trusted/image'"
	printf '[service.stays]\nexec = ["/bin/sleep", "1000"]\n'
} | ct_table
ct_start
ct_up
ct_is "where a link of another is in the way a service fails" bound:failed empty:failed masked:failed below:failed rooted:failed led:failed
loop="Symbolic link loop: a link in it is not followed: name what it leads to"
for s in bound empty masked; do is "$(ct_field $s why)" "step mounts: $ct_dir/web/cache: $loop" "$s: and why is told"; done
is "$(ct_field rooted why); $(ct_field led why)" "step mounts: $ct_dir/web/root: $loop; step mounts: $ct_dir/trusted/root: $loop" "of a root, too"
# An image by what minit has read of it.
ln -sf "$ct_dir/real/image" "$ct_dir/web/image"
ct_minit start imaged >/dev/null 2>&1
is "$(ct_field imaged why)" "step image: $ct_dir/web/image: $loop" "of an image as well"
ct_is "where it is root's it is followed" usual:done hidden:done treed:done shown:done
is "$(sed -n 's/^usual: //p' "$ct_dir/out"), $(sed -n 's/^hidden: //p' "$ct_dir/out"), $(sed -n 's/^treed: //p' "$ct_dir/out")" "here, , /etc" "to what is mounted"
ct_stop "it ends in order"
echo "1..$ct_tests"
