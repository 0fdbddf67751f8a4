#!/bin/bash
# Mounts that come while a service runs spread as its table asks; /proc, /sys and /dev that are only the default are left out
# where they cannot be had, which is said, and what is asked for is an error.
set -u
. tests/container/ct.sh

chmod 755 "$ct_dir"
mkdir "$ct_dir/spread" "$ct_dir/bare" "$ct_dir/src"
echo file >"$ct_dir/src/f"
echo secret >"$ct_dir/src/k"
cp -L "$TREE/bin/toybox" "$ct_dir/toybox" 2>/dev/null || cp -L "$(readlink -f "$TREE/bin/sleep")" "$ct_dir/toybox"
mkdir "$ct_dir/alone"
long=$(printf '/%080d' 1 2 3 | cut -c2-)
for how in slave shared; do
	cat <<TOML
[service.$how-alone]
exec = ["/bin/sleep", "1000"]
root = "$TREE"
mounts = { "/srv" = { rbind = "$ct_dir/alone", propagation = "$how" } }
TOML
done >"$ct_dir/alone.toml"
for how in private slave shared; do
	cat <<TOML
[service.$how]
exec = ["/bin/sleep", "1000"]
root = "$TREE"
mounts = { "/srv" = { rbind = "$ct_dir/spread", propagation = "$how" } }
TOML
done | cat - <(cat <<TOML
[service.both]
exec = ["/bin/sleep", "1000"]
root = "$TREE"
mounts = { "/srv" = { rbind = "$ct_dir/spread", propagation = "slave" }, "/mnt" = { rbind = "$ct_dir/spread" } }
[service.bare]
exec = ["/toybox", "sleep", "1000"]
root = "$ct_dir/bare"
[service.bare2]
exec = ["/toybox", "sleep", "1000"]
root = "$ct_dir/bare"
[service.asks]
exec = ["/toybox", "sleep", "1000"]
root = "$ct_dir/bare"
proc = "masked"
sys = "none"
dev = "none"
[service.covers]
exec = ["/bin/sh", "-c", "cat /mnt/f /run/secrets/k; [ -w /proc/sys/net/ipv4/ip_forward ] && [ ! -w /proc/sys/kernel/hostname ] && echo open; ls $ct_dir/src"]
ready = "exit"
network = "none"
mounts = { "$ct_dir/src" = "tmpfs", "/mnt" = "$ct_dir/src", "/proc/sys/net" = "/proc/sys/net" }
secrets = { k = "$ct_dir/src/k" }
[service.upon]
exec = ["/bin/sleep", "1000"]
mounts = { "/run/secrets" = "tmpfs" }
secrets = { k = "$ct_dir/src/k" }
[service.node]
exec = ["/bin/sh", "-c", "echo \$(ls -l /dev/fuse /dev/tty | cut -c1 | tr -d '\\\\n'), node; mknod /dev/kmsg c 1 11; (: >/dev/kmsg) 2>&1 | grep -q 'not permitted' && echo node, held"]
ready = "exit"
restart = "never"
dev = "minimal"
dev_nodes = ["/dev/fuse"]
[service.deep]
exec = ["/bin/sleep", "1000"]
root = "$TREE"
mounts = { "/tmp/$long" = "tmpfs", "/tmp" = "tmpfs" }
[service.hides]
exec = ["/toybox", "sleep", "1000"]
root = "$ct_dir/bare"
hidepid = "invisible"
TOML
) "$ct_dir/alone.toml" | ct_table
ct_start sh -c "mount -t tmpfs spread $ct_dir/spread && mount --make-shared $ct_dir/spread && mkdir $ct_dir/spread/in $ct_dir/spread/out &&
	mount -t tmpfs bare $ct_dir/bare && cp $ct_dir/toybox $ct_dir/bare/toybox && mount -o remount,ro $ct_dir/bare &&
	exec \"\$@\"" sh "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "all run but those that ask for what cannot be had" private:up slave:up shared:up both:up upon:up bare:up bare2:up covers:done node:done asks:failed hides:failed
ct_said "^cc, node$" "without a root a /dev of its own has devices of minit's"
ct_said "^node, held$" "and others are held back, whatever node is made"

# sees NAME [PATH]: whether it has the mount of minit's that came later. mounts NAME: mounts something itself; whether minit has it.
sees() {
	nsenter --target "$(ct_outer "$1")" --mount --pid /bin/grep -c " ${2:-/srv}/in " /proc/self/mountinfo
}
mounts() {
	nsenter --target "$(ct_outer "$1")" --mount --pid /bin/mount -t tmpfs own /srv/out
	ct_in grep -c " $ct_dir/spread/out " /proc/self/mountinfo
	nsenter --target "$(ct_outer "$1")" --mount --pid /bin/umount /srv/out
}
ct_in mount -t tmpfs late "$ct_dir/spread/in"
is "$(sees private) $(sees slave) $(sees shared)" "0 1 1" "what minit mounts later is seen below a slave and a shared mount"
of_srv() {
	ct_minit status "$1" | sed -n 's/^\(.\) mounts."\/srv"  *mounted  *\(.*\)/\1\2/p'
}
is "$(of_srv private), $(of_srv slave), $(of_srv shared)" " mounted,  mounted,  mounted" "which status has as asked"
is "$(of_srv slave-alone); $(of_srv shared-alone)" "!mounted, no slave of minit's; !mounted, no peer of minit's" \
	"but not where what minit has there is private"
is "$(ct_minit status deep | sed -n 's/^  \(mounts.*[^ ]\)  *mounted  *mounted$/\1/p' | tail -n 1)" "mounts.\"/tmp/$long\"" \
	"a long place has its name"
is "$(sees both) $(sees both /mnt)" "1 0" "of one service too, each as it is said"
is "$(ct_minit status upon | grep '^!')" "" "of two mounts in one place status has the upper one, in whatever order they were made"
is "$(mounts private) $(mounts slave) $(mounts shared)" "0 0 1" "what the service mounts leaves a shared one alone"

is "$(grep -a -x -E 'file|secret|open|f' "$ct_dir/out" | tr '\n' ' ')" "file secret open " "without a root sources are minit's too, whatever lies upon them"

left='cannot be had here, and is left out for it and all others like it (ask for it to make it an error)'
is "$(grep -a -c -x -E "minit: bare2?: /sys, /proc, /dev $(printf %s "$left" | sed 's/[()]/\\&/g')" "$ct_dir/out")" 1 \
	"a root without places for /proc, /sys and /dev, read-only: without them, said once"
is "$(ct_field bare missing) $(ct_field bare2 missing) $(ct_field slave missing)" '["mounts"] ["mounts"] ' "in the status of each"
is "$(ct_minit status bare | grep -E '^! (proc|sys|dev) ' | grep -v -c ': a default that is not to be had here$')" 0 \
	"and why, beside what was asked"
for s in asks hides; do
	is "$(ct_field $s why)" "step mounts: /proc: Read-only file system: make it in the image, or give an overlay" "$s: asked for it is an error"
done
ct_stop "it ends in order"

# A container that is not the machine's root, and whose own /proc is masked: the kernel lets nobody there have an unmasked one.
ct_table <<TOML
[service.plain]
exec = ["/bin/sleep", "1000"]
[service.asks]
exec = ["/bin/sleep", "1000"]
proc = "masked"
TOML
ct_start sh -c 'mount --bind /dev/null /proc/keys && exec unshare --user --map-root-user --mount "$@"' sh "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "below a masked /proc the default is left out" plain:up asks:failed
is "$(grep -a -c -F "plain: /proc $left" "$ct_dir/out")" 1 "which is said"
is "$(sed -n 's/^minit: asks: \(.*\); given up$/\1/p' "$ct_dir/out")" "step mounts: /proc: Operation not permitted: minit may not mount a new one here: have the container run with --cap-add SYS_ADMIN and its own /proc unmasked, or give proc = \"none\"" "and what is asked for an error"
ct_stop "it ends in order"

# Who listens to minit's mounts has nothing to write to in what is sealed by them.
mkdir "$ct_dir/shut" "$ct_dir/alone/in"
ct_table <<TOML
[service.listens]
exec = ["/bin/sleep", "1000"]
mounts = { "/mnt" = { rbind = "$ct_dir/alone", propagation = "slave" }, "$ct_dir/shut" = "readonly" }
TOML
ct_start sh -c "mount -t tmpfs shut $ct_dir/shut && mkdir $ct_dir/shut/in && mount --make-rshared / && exec \"\$@\"" sh \
	"$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "it listens" listens:up
ct_in sh -c "mount -t tmpfs later $ct_dir/alone/in && mount -t tmpfs later $ct_dir/shut/in &&
	mount -t tmpfs later /sys/kernel/debug"
is "$(nsenter --target "$(ct_outer listens)" --mount --pid sh -c "for d in /sys/kernel/debug $ct_dir/shut/in; do
	touch \$d/x 2>/dev/null && echo written; done; grep -c ' /mnt/in .* later ' /proc/self/mountinfo")" 1 \
	"what minit mounts later is seen where it listens, and is nothing to write to in /sys and what is read-only"
is "$(ct_minit status listens | grep '^!')" "" "which status has as asked"
ct_stop "it ends in order"

# What hides files is minit's /dev/null: without it nothing of /proc may be left open.
ct_table <<TOML
[service.plain]
exec = ["/bin/sleep", "1000"]
TOML
ct_start sh -c 'mount -t tmpfs dev /dev && exec "$@"' sh "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "without /dev/null nothing can be hidden" plain:failed
is "$(ct_field plain why)" "step mounts: /dev/null: No such file or directory: make it, or correct the table" "which is an error"
ct_stop "it ends in order"

# A profile of AppArmor refuses mount(2) by its paths, with EACCES, where it lets the calls by descriptor pass.
gcc -O1 -Wall -Wextra -D_GNU_SOURCE -o "$BUILD/tests/refuse" tests/tools/refuse.c || { echo "not ok - the tool builds"; exit 1; }
ct_table <<TOML
[service.own]
exec = ["/bin/sleep", "1000"]
root = "$TREE"
[service.plain]
exec = ["/bin/sleep", "1000"]
[service.given]
exec = ["/bin/sh", "-c", "mkdir /sys/fs/cgroup/mine && echo a group of its own; exec sleep 1000"]
root = "$TREE"
user = "1234"
delegate = true
TOML
# seen NAME: all that a service has mounted and how, but for ids, the group that this minit is in where there is cgroup v2 alone, and
# the names of sources, which only mount(2) gives.
seen() {
	cut -d ' ' -f 4- "/proc/$(ct_outer "$1")/mountinfo" | sed -E 's/minit\.[0-9.]+/minit/; s,^/minit-test\.\w+,,; s/ - (\w+) \S+/ - \1/'
}
ct_start
ct_up
ct_is "three services" own:up plain:up given:up
ct_wait 10 '^a group of its own'
ok $? "one with a leaf of its own to write to"
usual=$(seen own)
usual_plain=$(seen plain)
ct_stop "it ends in order"
ct_start "$BUILD/tests/refuse" mount "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "mount(2) refused, they run" own:up plain:up given:up
ct_wait 10 '^a group of its own'
ok $? "and may write to a leaf of their own"
is "$(seen own)" "$usual" "with the same mounts, read-only where they are"
is "$(seen plain)" "$usual_plain" "upon minit's own root too"
ct_not_said 'left out' "nothing is left out"
ct_stop "it ends in order"
ct_table <<TOML
[service.plain]
exec = ["/bin/sleep", "1000"]
[service.asks]
exec = ["/bin/sleep", "1000"]
sys = "sealed"
[service.none]
exec = ["/bin/sleep", "1000"]
sys = "none"
TOML
ct_start "$BUILD/tests/refuse" mount_setattr "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "what makes /sys read-only refused, the default is left out" plain:up none:up asks:failed
is "$(grep -a -c -F "plain: a read-only /sys $left" "$ct_dir/out")" 1 "which is said"
ct_minit status plain | grep -q '^! sys .* can be written to: /sys: a default that is not to be had here$'
ok $? "in its status too"
is "$(ct_field none missing)" "" "it is nobody's who does not have it by default"
is "$(sed -n 's/^minit: asks: \(.*\); given up$/\1/p' "$ct_dir/out")" "step mounts: a read-only /sys: Permission denied: a profile (AppArmor, SELinux) forbids it to minit: give sys = \"none\"" "and what is asked for an error"
ct_stop "it ends in order"
ct_table <<TOML
[service.own]
exec = ["/bin/sleep", "1000"]
root = "$TREE"
[service.plain]
exec = ["/bin/sleep", "1000"]
TOML
ct_start "$BUILD/tests/refuse" mount,mount_setattr "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "both ways refused, they fail" own:failed plain:failed
is "$(ct_field plain why)" "step mounts: /: Permission denied: minit may not mount here: run the container with a profile (AppArmor, SELinux) that lets it, or leave root, readonly and hosts out" "which is told"
ct_stop "it ends in order"
echo "1..$ct_tests"
