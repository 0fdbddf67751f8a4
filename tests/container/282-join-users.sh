#!/bin/bash
# Who joins the mounts of a service with a user namespace, and not that, has ids of outside: so its user's name and groups are not what
# the other has in its /etc. Nor are its variables what the other puts in the place of a file.
set -u
. tests/container/ct.sh

cat >"$ct_dir/forge" <<'SH'
mount -t tmpfs tmpfs /mnt && mkdir /mnt/etc && cp /etc/ld.so.cache /mnt/etc/ && cd /mnt/etc && echo 'nobody:x:0:0::/:/bin/sh
thirty:x:33:6::/:/bin/sh
own:x:5:7::/:/bin/sh' >passwd && echo 'disk:x:6:nobody,thirty
other:x:8:own' >group && mount --bind /mnt/etc /etc &&
	mount --bind "$1/key" "$1/variables" && echo forged
exec sleep 1000
SH
echo OF=minit >"$ct_dir/variables"
echo OF=another >"$ct_dir/key"
mkdir "$ct_dir/usual" "$ct_dir/theirs"
ln -s "$ct_dir/variables" "$ct_dir/usual/variables"
ln -s usual "$ct_dir/link"
ln -s "$ct_dir/variables" "$ct_dir/theirs/variables"
chown -h 4711 "$ct_dir/theirs"
chmod -R a+rX "$ct_dir"
chmod 600 "$ct_dir/variables" "$ct_dir/key"
# joins NAME KEYS
joins() {
	printf '[service.%s]\nexec = ["/bin/sleep", "1000"]\nautostart = false\nrestart = "never"\ninit = false\nstop.signal = "SIGKILL"\n%s\n' "$1" "$2"
}
{
	printf '[service.forges]\nexec = ["/bin/sh", "%s/forge", "%s"]\nuserns = "auto"\ninit = false\nstop.signal = "SIGKILL"\ncaps = "all"\nseccomp = "none"\n' "$ct_dir" "$ct_dir"
	mounts='join = { service = "forges", namespaces = ["mount"] }'
	joins named "user = 'nobody'
env_file = '$ct_dir/variables'
$mounts"
	joins linked "env_file = '$ct_dir/link/variables'
$mounts"
	joins led "env_file = '$ct_dir/theirs/variables'
$mounts"
	joins numbered "user = '33'
$mounts"
	joins grouped "user = '4711'
groups = ['disk']
group = 'disk'
$mounts"
	joins inside "user = 'own'
join = { service = 'forges', namespaces = ['mount', 'user'] }"
} | ct_table
ct_start
ct_up
ct_wait 20 '^forged$'
ok $? "another has lists of its own"
# ids NAME: its user, group, and others.
ids() {
	ct_minit start "$1" >/dev/null 2>&1
	sed -n -E 's/^(Uid|Gid|Groups):[[:blank:]]*([0-9 ]*).*/\2/p' "/proc/$(ct_outer "$1")/status" | tr -s ' \n' ' '
}
is "$(ids named)" "$(id -u nobody) $(id -g nobody) " "a name is minit's"
is "$(ids numbered)" "33 $(getent passwd 33 | cut -d: -f4) " "a number has the group and the others that minit has for it"
is "$(ct_minit status named | grep -E '^!')" "" "as its status says"
disk=$(getent group disk | cut -d: -f3)
is "$(ids grouped)" "4711 $disk $disk " "so have groups"
first=$(awk '$1 == 0 { print $2 }' "/proc/$(ct_outer forges)/uid_map")
is "$(ids inside)" "$((first + 5)) $((first + 7)) $((first + 8)) " "inside they are the other's"
is "$(tr '\0' '\n' <"/proc/$(ct_outer named)/environ" | grep '^OF')" "OF=minit" "what is minit's alone to read is no variable"
ct_minit start linked >/dev/null 2>&1
is "$(tr '\0' '\n' <"/proc/$(ct_outer linked)/environ" | grep '^OF')" "OF=minit" "links are followed where root alone can put them, in minit's root"
ct_minit start led >/dev/null 2>&1
is "$(ct_field led why)" "step environment: $ct_dir/theirs/variables: Symbolic link loop: a link is not followed in a folder that others may write to: name what it leads to" \
	"and not where others can"
ct_stop "it ends in order"
echo "1..$ct_tests"
