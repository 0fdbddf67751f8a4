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
# And another name to a file that is not theirs, as any may where fs.protected_hardlinks is 0, the kernel's own default.
echo hidden >"$ct_dir/real/key"
chmod 600 "$ct_dir/real/key"
mkdir "$ct_dir/trusted/keys"
chown -R -h 4711 "$ct_dir/web"
ln "$ct_dir/real/key" "$ct_dir/web/key"
ln "$ct_dir/real/key" "$ct_dir/trusted/keys/key"
# Who has the folder alone may give a file of its own as many names as it likes.
mkdir "$ct_dir/web/alone" "$ct_dir/web/shared"
for at in alone shared; do echo "$at" >"$ct_dir/web/$at/key" && ln "$ct_dir/web/$at/key" "$ct_dir/web/$at/other"; done
chown -R 4711 "$ct_dir/web/alone" "$ct_dir/web/shared"
chmod 775 "$ct_dir/web/shared"

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
	finds given 'cat /run/secrets/key' "user = '4711'
secrets = { key = '$ct_dir/web/key' }"
	finds filed 'cat /etc/hostname' "mounts = { '/etc/hostname' = '$ct_dir/web/key' }"
	finds kept 'cat /run/secrets/key /etc/hostname' "user = '4711'
secrets = { key = '$ct_dir/trusted/keys/key' }
mounts = { '/etc/hostname' = '$ct_dir/trusted/keys/key' }"
	finds alone 'cat /run/secrets/key /etc/hostname' "secrets = { key = '$ct_dir/web/alone/key' }
mounts = { '/etc/hostname' = '$ct_dir/web/alone/other' }"
	finds shared 'cat /run/secrets/key' "secrets = { key = '$ct_dir/web/shared/key' }"
	finds shown 'ls -d /etc' "root = '$ct_dir/trusted/image'"
	printf '[service.stays]\nexec = ["/bin/sleep", "1000"]\n'
} | ct_table
ct_start
ct_up
ct_is "where a link of another is in the way a service fails" bound:failed empty:failed masked:failed below:failed rooted:failed led:failed
loop="Symbolic link loop: a link in it is not followed: name what it leads to"
for s in bound empty masked; do is "$(ct_field $s why)" "step mounts: $ct_dir/web/cache: $loop" "$s: and why is told"; done
is "$(ct_field rooted why); $(ct_field led why)" "step mounts: $ct_dir/web/root: $loop; step mounts: $ct_dir/trusted/root: $loop" "of a root, too"
ct_is "another name of what is not theirs is no secret of theirs" given:failed filed:failed shared:failed kept:done alone:done
another="Too many links: it has another name, and others may write to its folder: give it one name alone"
for s in given filed; do is "$(ct_field $s why)" "step mounts: $ct_dir/web/key: $another" "$s: and why is told"; done
is "$(sed -n 's/^kept: //p' "$ct_dir/out")" "hidden cat: /etc/hostname: Permission denied" "one of root's is"
is "$(sed -n 's/^alone: //p' "$ct_dir/out")" "alone alone" "nor is another name of what is its own, where nobody else may give it one"
# An image by what minit has read of it.
ln -sf "$ct_dir/real/image" "$ct_dir/web/image"
ct_minit start imaged >/dev/null 2>&1
is "$(ct_field imaged why)" "step image: $ct_dir/web/image: $loop" "of an image as well"
ct_is "where it is root's it is followed" usual:done hidden:done treed:done shown:done
is "$(sed -n 's/^usual: //p' "$ct_dir/out"), $(sed -n 's/^hidden: //p' "$ct_dir/out"), $(sed -n 's/^treed: //p' "$ct_dir/out")" "here, , /etc" "to what is mounted"
ct_stop "it ends in order"
echo "1..$ct_tests"
