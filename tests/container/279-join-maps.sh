#!/bin/bash
# Where nobody gets a /proc of its own, as in a container that has masks upon it, the ids of a user namespace are written in minit's:
# who joins the mounts of another finds one there that may lead anywhere.
set -u
. tests/container/ct.sh

cat >"$ct_dir/forge" <<'SH'
mount -t tmpfs tmpfs /proc && mkdir -p /run/got/ns && : >/run/got/uid_map && : >/run/got/gid_map && : >/run/got/setgroups &&
	python3 -c 'import os
for pid in range(1, 1000): os.symlink("/run/got", "/proc/%d" % pid)' && : >/run/forged
exec sleep 1000
SH
chmod -R a+rX "$ct_dir"
ct_table <<TOML
[service.forges]
exec = ["/bin/sh", "$ct_dir/forge"]
caps = "all"
seccomp = "none"
namespaces = ["mount"]
[service.joins]
exec = ["/bin/sleep", "1000"]
join = { service = "forges", namespaces = ["mount"] }
namespaces = []
userns = { uid = "0 1000 10", gid = "0 1000 10", setgroups = false }
autostart = false
TOML
# As in tests/container/340-no-survivor.sh; the mask is of the mounts that these users have from outside.
ct_start sh -c 'mount --bind /dev/null /proc/version
	users=$(readlink /proc/self/ns/user)
	(until [ "$(readlink /proc/1/ns/user)" != "$users" ]; do :; done; for m in uid_map gid_map; do echo 0 0 65536 >/proc/1/$m; done) &
	exec unshare --user --mount sh -c "until grep -q 65536 /proc/self/gid_map; do :; done; exec setpriv --pdeathsig KILL \"\$@\"" sh "$@"' \
	sh "$MINIT" run "$ct_dir/table.toml"
ct_up
forges() {
	[ -e "/proc/$(ct_outer forges)/root/run/forged" ]
}
ct_until 20 forges
ok $? "a /proc is forged"
ct_minit start joins >"$ct_dir/start" 2>&1
ok $? "who joins it starts"
sed 's/^/# /' "$ct_dir/start"
is "$(tr -s ' ' <"/proc/$(ct_outer joins)/uid_map")" " 0 1000 10" "with its own ids"
is "$(find "/proc/$(ct_outer forges)/root/run/got" -type f -size +0)" "" "and nothing is written that the other has put there"
ct_show 5
ct_stop "it ends in order"
echo "1..$ct_tests"
