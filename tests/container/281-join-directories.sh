#!/bin/bash
# Directories of who joins the mounts of another are given to its user in a world that the other has made: root of a user namespace
# mounts there what it likes, and is given nothing of it.
set -u
. tests/container/ct.sh

mkdir -p "$ct_dir/root" "$ct_dir/real/minit-281" && cp -a "$TREE/." "$ct_dir/root/" && mkdir -p "$ct_dir/root"/{run,var/lib}
chmod -R a+rX "$ct_dir"
chmod 711 "$ct_dir"
chmod 755 "$ct_dir/real/minit-281"
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
{
	mounts own "root = '$ct_dir/root'
mounts = { '$ct_dir/real' = '$ct_dir/real' }"
	mounts none ''
	mounts whole 'root = "/"'
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
	# What is mounted in minit's root is in a copy of it, too, and there no id of the other's has a file.
	printf '[service.copied]\nexec = ["/bin/sleep", "1000"]\nroot = "/"\nuserns = { uid = "0 300000 65536", gid = "0 300000 65536", idmap = false }\n'
	printf '[service.copied-all]\nexec = ["/bin/sleep", "1000"]\njoin = { service = "copied", namespaces = ["mount", "user"] }\n'
	printf 'user = "33"\nautostart = false\nrestart = "never"\nstate_directory = "minit-copied"\nruntime_directory = "minit-copied"\n'
} | ct_table
ct_start sh -c 'mount -t tmpfs -o mode=755 tmpfs /var/lib && exec "$@"' sh "$MINIT" run "$ct_dir/table.toml"
ct_up
forged() {
	[ "$(grep -c -x forged "$ct_dir/out")" = 3 ]
}
ct_until 20 forged
ok $? "three have mounted what is not theirs"
for s in quiet-all plain-all whole-all whole-mount own-all own-mount none-all none-mount none-behind; do
	ct_minit start "$s" >/dev/null 2>&1
	echo "# $s: $(ct_field "$s" state) $(ct_field "$s" why)"
	is "$(stat -c %u:%g:%a "$ct_dir/real/minit-281")" 0:0:755 "$s is given nothing that the other could not give"
done
ct_is "who has mounted nothing has directories for others" quiet-all:up plain-all:up
for s in quiet-again fresh-again; do
	ct_minit start $s >/dev/null 2>&1
	ct_minit stop $s >/dev/null 2>&1
	ct_minit start $s >/dev/null 2>&1
	is "$(ct_field $s state) $(ct_field $s why)" "up " "$s has again what it was given"
	is "$(stat -c %u:%g "/proc/$(ct_outer ${s%-again})/root/run/minit-again")" 33:33 "which is its user's"
	chmod 777 "/proc/$(ct_outer ${s%-again})/root/run/minit-again"
	ct_minit stop $s >/dev/null 2>&1
	ct_minit start $s >/dev/null 2>&1
	is "$(ct_field $s state) $(stat -c %a "/proc/$(ct_outer ${s%-again})/root/run/minit-again")" "failed 777" "and no mode is changed of it any more"
done
ct_minit start copied-all >/dev/null 2>&1
is "$(ct_field copied-all state) $(ct_field copied-all why)" "up " "in a copy of minit's root, what is mounted in both is both's"
is "$(ct_in stat -c %u:%g /var/lib/minit-copied /run/minit-copied | tr '\n' ' ')" "300033:300033 300033:300033 " "and it is its user's"
ct_stop "it ends in order"
echo "1..$ct_tests"
