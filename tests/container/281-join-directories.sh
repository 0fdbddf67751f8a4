#!/bin/bash
# Directories of who joins the mounts of another are given to its user in a world that the other has made: root of a user namespace
# mounts there what it likes, and is given nothing of it.
set -u
. tests/container/ct.sh

mkdir -p "$ct_dir/root" "$ct_dir/real/minit-281" && cp -a "$TREE/." "$ct_dir/root/" && mkdir -p "$ct_dir/root"/{run,var/lib}
chmod -R a+rX "$ct_dir"
chmod 711 "$ct_dir"
chmod 755 "$ct_dir/real/minit-281"
mkdir -p "$ct_dir/real/above"/{var/lib,run}/minit-281 "$ct_dir"/{real/below,memory}
# Upon each place of a directory, a folder that is minit's root's.
cat >"$ct_dir/forge" <<'SH'
for dir in /var/lib /run; do
	mount -t tmpfs tmpfs $dir && mkdir $dir/minit-281 && mount --bind "$1" $dir/minit-281 || exit
done
echo forged
exec sleep 1000
SH
# mounts NAME KEYS, joins NAME OWNER
mounts() {
	printf '[service.%s]\nexec = ["/bin/sh", "-c", """%s""", "sh", "%s"]\nuserns = "auto"\ncaps = "all"\nseccomp = "none"\n%s\n' \
		"$1" "$(cat "$ct_dir/forge")" "$ct_dir/real/minit-281" "$2"
}
joins() {
	printf '[service.%s]\nexec = ["/bin/sleep", "1000"]\njoin = { service = "%s", namespaces = ["mount"%s] }\nuser = "33"\nautostart = false\n' \
		"$1" "$2" "$3"
	printf 'restart = "never"\nstate_directory = "minit-281"\nruntime_directory = "minit-281"\ndirectory_mode = "0777"\n'
}
# copied NAME ROOT: and who joins it
copied() {
	printf '[service.%s]\nexec = ["/bin/sleep", "1000"]\nroot = "%s"\n' "$1" "$2"
	[ "$1" != laid ] || echo 'overlay = "tmpfs"'
	printf 'userns = { uid = "0 300000 65536", gid = "0 300000 65536", idmap = false }\n'
	printf '[service.%s-all]\nexec = ["/bin/sleep", "1000"]\njoin = { service = "%s", namespaces = ["mount", "user"] }\n' "$1" "$1"
	printf 'user = "33"\nautostart = false\nrestart = "never"\nstate_directory = "minit-%s"\nruntime_directory = "minit-%s"\n' "$1" "$1"
}
ln -s root "$ct_dir/link"
mke2fs -q -t ext4 -d "$ct_dir/root" "$ct_dir/image" 64M >/dev/null
{
	mounts own "root = '$ct_dir/root'
mounts = { '$ct_dir/real' = '$ct_dir/real' }"
	mounts none ''
	mounts whole 'root = "/"'
	# Or upon its root itself, be it of the kind that this is of.
	for root in over layered below; do
		[ $root = below ] && real=$ct_dir/real/below || real=$ct_dir/real/above
		printf '[service.%s]\nexec = ["/bin/sh", "-c", "mount --bind %s / && echo forged; exec sleep 1000"]\n' "$root" "$real"
		printf 'userns = "auto"\ncaps = "all"\nseccomp = "none"\nroot = "%s"\nmounts = { "%s" = "%s" }\n' "$ct_dir/root" "$ct_dir/real" "$ct_dir/real"
		[ $root = over ] || echo 'overlay = "tmpfs"'
		joins $root-all $root ', "user"'
		joins $root-mount $root ''
	done
	joins own-all own ', "user"'
	joins whole-all whole ', "user"'
	joins whole-mount whole ''
	joins own-mount own ''
	joins none-all none ', "user"'
	joins none-mount none ''
	printf '[service.between]\nexec = ["/bin/sleep", "1000"]\njoin = { service = "none", namespaces = ["mount"] }\n'
	joins none-behind between ''
	printf '[service.quiet]\nexec = ["/bin/sleep", "1000"]\nuserns = "auto"\nroot = "%s"\nmounts = { "/run" = "tmpfs" }\n' "$ct_dir/root"
	joins quiet-all quiet ', "user"'
	printf '[service.plain]\nexec = ["/bin/sleep", "1000"]\nuserns = "auto"\n'
	joins plain-all plain ', "user"'
	# Twice in the same place, the second time with what it was given at first.
	printf '[service.fresh]\nexec = ["/bin/sleep", "1000"]\nuserns = "auto"\nmounts = { "/run" = "tmpfs" }\n'
	for owner in quiet fresh; do
		printf '[service.%s-again]\nexec = ["/bin/sleep", "1000"]\njoin = { service = "%s", namespaces = ["mount"] }\n' $owner $owner
		printf 'user = "33"\nautostart = false\nrestart = "never"\nruntime_directory = "minit-again"\n'
	done
	# What is mounted in a root of minit's is in a copy of it, too, and there no id of the other's has a file.
	copied copied /
	copied linked "$ct_dir/link"
	copied imaged "$ct_dir/image"
	copied laid "$ct_dir/root"
	# Of what the table mounts there nothing is given either, where root inside is nobody.
	printf '[service.bound]\nexec = ["/bin/sleep", "1000"]\nuserns = "auto"\nmounts = { "/var/lib" = "%s" }\n' "$ct_dir/real/above"
	printf '[service.bound-all]\nexec = ["/bin/sleep", "1000"]\njoin = { service = "bound", namespaces = ["mount", "user"] }\n'
	printf 'user = "33"\nautostart = false\nrestart = "never"\nstate_directory = "minit-bound"\n'
} | ct_table
ct_start sh -c 'mount -t tmpfs -o mode=755 tmpfs /var/lib && cd "$1" && shift && mount -t tmpfs -o mode=755 tmpfs memory &&
	mkdir -m 755 memory/up memory/work && mount -t overlay -o lowerdir=real/above,upperdir=memory/up,workdir=memory/work overlay real/below &&
	cd / && exec "$@"' sh "$ct_dir" "$MINIT" run "$ct_dir/table.toml"
ct_up
forged() {
	[ "$(grep -c -x forged "$ct_dir/out")" = 6 ]
}
ct_until 20 forged
ok $? "six have mounted what is not theirs"
for s in quiet-all plain-all whole-all whole-mount own-all own-mount none-all none-mount none-behind; do
	ct_minit start "$s" >/dev/null 2>&1
	echo "# $s: $(ct_field "$s" state) $(ct_field "$s" why)"
	is "$(stat -c %u:%g:%a "$ct_dir/real/minit-281")" 0:0:755 "$s is given nothing that the other could not give"
done
ct_is "who has mounted nothing has directories for others" quiet-all:up plain-all:up
for s in over-all over-mount layered-all layered-mount below-all below-mount; do
	ct_minit start $s >/dev/null 2>&1
	real=$ct_dir/real/above
	[ "${s%-*}" != below ] || real=$ct_dir/real/below
	is "$(ct_in stat -c %u:%g:%a "$real"/{var/lib,run}/minit-281 | tr '\n' ' ')" "0:0:755 0:0:755 " "$s is given nothing that lies upon the other's root"
done
for s in quiet-again fresh-again; do
	ct_minit start $s >/dev/null 2>&1
	ct_minit stop $s >/dev/null 2>&1
	ct_minit start $s >/dev/null 2>&1
	is "$(ct_field $s state) $(ct_field $s why)" "up " "$s has again what it was given"
	is "$(stat -c %u:%g "/proc/$(ct_outer ${s%-again})/root/run/minit-again")" 33:33 "which is its user's"
	chmod 777 "/proc/$(ct_outer ${s%-again})/root/run/minit-again"
	ct_minit stop $s >/dev/null 2>&1
	ct_minit start $s >/dev/null 2>&1
	is "$(ct_field $s state) $(stat -c %a "/proc/$(ct_outer ${s%-again})/root/run/minit-again")" "up 777" "and is taken as it is, as nothing of it can be changed any more"
done
for s in copied linked imaged laid; do
	ct_minit start $s-all >/dev/null 2>&1
	is "$(ct_field $s-all state) $(ct_field $s-all why)" "up " "$s: what is the other's in its own root is given"
	is "$(stat -c %u:%g "/proc/$(ct_outer $s)/root"/{var/lib,run}/minit-$s | tr '\n' ' ')" "300033:300033 300033:300033 " "and it is its user's"
done
ct_minit start bound-all >/dev/null 2>&1
is "$(ct_field bound-all why)" "step directories and secrets: /var/lib/minit-bound: Cross-device link: whose mounts it joins has mounted there what is not its own: give the directory to that service" \
	"where something else is mounted it is said what to do"
ct_stop "it ends in order"
echo "1..$ct_tests"
