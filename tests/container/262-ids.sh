#!/bin/bash
# User namespaces, clocks, and namespaces of other services.
set -u
. tests/container/ct.sh

mkdir -p "$ct_dir/root" "$ct_dir/data"
cp -a "$TREE/." "$ct_dir/root/"
printf 'root:x:0:0:root:/root:/bin/sh\nweb:x:33:33:web:/:/bin/sh\n' >"$ct_dir/root/etc/passwd"
printf 'root:x:0:\nweb:x:33:\nmore:x:50:web\n' >"$ct_dir/root/etc/group"
echo mine >"$ct_dir/root/file"
chmod 600 "$ct_dir/root/file"
echo secret >"$ct_dir/key"
chmod 755 "$ct_dir"

finds() {
	printf "[service.%s]\nexec = ['/bin/sh', '-c', 'echo \"%s: \"\$(eval \"\$0\" 2>&1)', '''%s''']\n%s\n" "$1" "$1" "$2" "${3:-}"
}
auto="root = '$ct_dir/root'
userns = 'auto'"
namespaces='for n in mnt pid net ipc uts cgroup user time; do readlink /proc/self/ns/$n; done'

ct_table <<TOML
[defaults]
ready = "exit"
restart = "never"

$(finds auto 'id -u; id -g; id -G; cat /proc/self/uid_map /proc/self/gid_map; cat /file' "$auto")
$(finds other 'cat /proc/self/uid_map' "$auto")
$(finds made 'touch /made; stat -c %u /made' "$auto")
$(finds noidmap 'stat -c %u /file; cat /file 2>&1 | grep -c denied' "root = '$ct_dir/root'
userns.idmap = false")
$(finds laid 'touch /new /root/new; stat -c %u:%g / /root /file /new; cat /file' "$auto
overlay = 'tmpfs'")
$(finds keeps 'touch /new; stat -c %u /file /new' "root = '$ct_dir/root'
overlay = '$ct_dir/kept,a:b'
userns.idmap = true")
$(finds user 'id -u; id -G; touch /tmp/own; stat -c %u:%g /tmp/own' "$auto
user = 'web'")
$(finds bygroup 'id -G' "root = '$ct_dir/root'
user = 'web'")
$(finds ungrouped 'id -G' "root = '$ct_dir/root'
user = 'web'
groups = []")
$(finds rootalone 'id -G' "root = '$ct_dir/root'
groups = []")
$(finds maps 'echo; cat /proc/self/uid_map /proc/self/gid_map; cat /proc/self/setgroups' "root = '$ct_dir/root'
userns = { uid = ['0 100000 1000', '5000 200000 1'], gid = '0 300000 1000', setgroups = false }")
$(finds denied 'id -u; id -G; cat /proc/self/setgroups' "root = '$ct_dir/root'
userns = { uid = '0 100000 1000', setgroups = false }
user = 'web'")
$(finds unmapped true "root = '$ct_dir/root'
userns = { uid = '0 100000 40', setgroups = false }
user = 'web'")
$(finds noroot 'grep ^Uid /proc/self/status; cat /proc/self/uid_map' "root = '$ct_dir/root'
userns = { uid = '1000 1000 1' }
user = '1000'
group = '1000'")
$(finds rights 'mount -t tmpfs x /tmp && echo mounted; umount /proc/sys 2>&1 | grep -c Invalid; mount -o remount,rw /sys 2>&1 | grep -c -i permi; mknod /tmp/n c 1 3 2>&1 | grep -c -i permi; hostname inside && hostname' "$auto
caps = 'all'
seccomp = 'none'")
$(finds devices 'echo x >/dev/null && head -c 2 /dev/zero | wc -c; ls -l /dev/pts/ptmx | cut -c1' "$auto")
$(finds owner 'stat -c %u:%g $STATE_DIRECTORY /run/secrets/key; cat /run/secrets/key; touch $STATE_DIRECTORY/x && echo written' "$auto
user = 'web'
runtime_directory = 'minit-ids'
state_directory = 'minit-ids'
secrets = { key = '$ct_dir/key' }")
$(finds memory 'touch /t/no/x 2>&1 | grep -q Read-only && touch /t/x /dev/x /t/deep/x && stat -c %u:%a /t /dev /t/deep /tmp' "$auto
private_tmp = true
mounts = { '/t' = 'tmpfs', '/t/no' = { tmpfs = true, readonly = true }, '/t/deep' = { tmpfs = '1M', mode = '0700' } }")
$(finds insist true "root = '/proc'
userns.idmap = true")
$(finds nobody true "root = '$ct_dir/root'
user = '1000'
userns.uid = '1000 200000 10'
mounts = { '/not/there' = 'tmpfs' }
restart = 'on-failure'")
$(finds rootless 'touch /etc/minit-rootless && echo root outside' "root = '$ct_dir/root'
userns = { uid = '1000 100000 10', idmap = false }")
$(finds groupless 'id -g' "root = '$ct_dir/root'
userns = { uid = '0 100000 10', gid = '5 100000 10' }")
$(finds ownonly 'sed -n "s,^[UG]id:[^0-9]*\\([0-9]*\\).*,\\1,p" /proc/self/status' "root = '$ct_dir/root'
userns = { uid = '7 0 1', idmap = false }")
$(finds grouponly 'sed -n "s,^[UG]id:[^0-9]*\\([0-9]*\\).*,\\1,p" /proc/self/status' "root = '$ct_dir/root'
userns = { uid = '0 100000 10', gid = '5 100000 10' }
group = '5'")
$(finds here 'id -u; stat -c %u /etc/passwd; grep -c . /proc/self/uid_map' 'userns = "auto"
namespaces = ["mount", "pid", "user"]')
$(finds noinit 'id -u; cat /proc/1/comm' "$auto
init = false")
$(finds clocks "cut -d. -f1 /proc/uptime; cat /proc/self/timens_offsets" 'time = { monotonic = "-1.5s", boottime = "1000000s" }')
$(finds clocksown 'cat /proc/self/timens_offsets' 'time = { boottime = "1h" }
init = false')
$(finds notime 'readlink /proc/self/ns/time' 'namespaces = ["time"]')
TOML
cp /proc/uptime "$ct_dir/uptime"
# minit has groups of its own, as root of an image often has.
ct_start setpriv --groups 4,27 "$MINIT" run "$ct_dir/table.toml"
ct_end 60
is $? 1 "all of them ran but for those that cannot"
grep -a " step " "$ct_dir/out" | sed 's/^/# /'

value() {
	sed -n "s/^$1: *//p" "$ct_dir/out"
}
says() {
	is "$(value "$1")" "$2" "$3"
}
auto=$(value auto)
is "${auto%% [1-9]*}" "0 0 0 0" "root inside, in none of minit's groups"
is "$(echo "$auto" | cut -d' ' -f4-6)" "$(echo "$auto" | cut -d' ' -f7-9)" "with the same range for groups"
range=$(echo "$auto" | cut -d' ' -f5)
[ "$range" -ge 524288 ] && [ $((range % 65536)) = 0 ]
ok $? "which is nobody outside"
is "$(echo "$auto" | cut -d' ' -f6,10)" "65536 mine" "65536 ids, and files are its own"
[ "$(value other | cut -d' ' -f2)" != "$range" ]
ok $? "another service has another range"
is "$(value made) $(stat -c %u "$ct_dir/root/made")" "0 0" "what it makes is root's inside and, through the mapped mount, in the root"
says laid "0:0 0:0 0:0 0:0 mine" "with an overlay, too, whose files are its own, and to which it can write"
says keeps "0 0" "one that is kept"
[ "$(stat -c %u "$ct_dir/kept,a:b/upper/new")" -ge 524288 ]
ok $? "by the id that it has outside"
says noidmap "65534 1" "without a mapped mount it is nobody"
says user "33 33 50 33:33" "a user with groups inside"
says bygroup "33 50" "and so one without such a namespace"
is "$(value ungrouped), $(value rootalone)" "33, 0" "an empty list of groups is none: not the user's, and not minit's"
says maps "0 100000 1000 5000 200000 1 0 300000 1000 deny" "maps of the table, and setgroups denied"
says denied "33 33 50 deny" "a user has its groups all the same"
ct_said "^minit: unmapped: step user namespace: groups: Invalid argument: its user namespace has no such group: map it, or leave it out of groups; given up" "but none that has no name outside"
says noroot "Uid: 1000 1000 1000 1000 1000 1000 1" "a namespace without root"
says rights "mounted 1 1 1 inside" "root inside may do with its own, and cannot undo what minit has done"
says devices "2 c" "devices can be used"
is "$(value owner)" "33:33 33:33 secret written" "directories and secrets belong to its user"
says memory "0:755 0:755 0:700 0:1777" "what is in memory alone belongs to root inside"
[ $(($(stat -c %u /var/lib/minit-ids) % 65536)) = 33 ] && [ "$(stat -c %u /var/lib/minit-ids)" -gt 524288 ]
ok $? "which is one of its range outside"
rm -rf /var/lib/minit-ids
ct_said "^minit: insist: step mounts: /proc: Invalid argument: the kernel refuses to mount it so: see idmap, overlay; given up" "who insists on a mapped root that cannot be does not start"
ct_said "^minit: nobody: step mounts: /not/there: Value too large for data type: nobody in its user namespace is root, and could make it: make it in the root, or map an id to 0; given up" \
	"a place for a mount that nobody inside could make is told, and not tried again"
is "$(value rootless)$(value groupless)" "" "nobody stays minit's user or group outside for want of a name inside"
ct_said "^minit: rootless: step user namespace: user: Invalid argument: its user namespace has neither root nor minit's user: give user, or map an id to 0 in userns.uid; given up" \
	"that is told"
ct_said "^minit: groupless: step user namespace: group: Invalid argument: its user namespace has neither group 0 nor minit's: give user or group, or map an id to 0 in userns.gid; given up" \
	"and so it is of groups"
says ownonly "7 7" "minit's own user does, by the name it has there"
says grouponly "0 5" "or a group that the table names"
says here "0 65534 1" "also in minit's root, where nothing is its own"
says noinit "0 sh" "also without a reaper"
up=$(value clocks | cut -d' ' -f1)
[ $((up - 1000000 - $(cut -d. -f1 "$ct_dir/uptime"))) -le 60 ] && [ "$up" -ge 1000000 ] &&
	[ "$(value clocks | cut -d' ' -f2-)" = "monotonic -2 500000000 boottime 1000000 0" ]
ok $? "clocks of its own: $(value clocks)"
says clocksown "monotonic 0 0 boottime 3600 0" "also without a reaper"
[ "$(value notime)" != "$(readlink /proc/self/ns/time)" ]
ok $? "or just a namespace for them"

# -- joined ----------------------------------------------------------------------------------------------------------

ct_table <<TOML
[defaults]
ready = "exit"
restart = "never"

[service.target]
exec = ["/bin/sh", "-c", 'echo "target: "\$(eval "\$0")  >&2; sleep 1000', '''$namespaces''']
ready = "exec"
hostname = "the-target"
network = "none"
mounts = { "/mnt" = "tmpfs" }

$(finds joined "$namespaces" 'join = { service = "target", namespaces = ["mount", "pid", "net", "ipc", "uts", "cgroup"] }')
$(finds some "$namespaces; hostname" 'join = { service = "target", namespaces = ["net", "uts"] }')
$(finds pids 'cat /proc/1/comm; echo /proc/[0-9]* | wc -w' 'join = { service = "target", namespaces = ["pid"] }')
$(finds code 'exit' 'join = { service = "target", namespaces = ["ipc"] }')

[service.inner]
exec = ["/bin/sh", "-c", 'echo "inner: "\$(eval "\$0"; cat /proc/self/uid_map /proc/self/timens_offsets) >&2; sleep 1000', '''$namespaces''']
ready = "exec"
userns = "auto"
time.boottime = "1000000s"
[service.denies]
exec = ["/bin/sleep", "1000"]
ready = "exec"
init = false
root = "$ct_dir/root"
userns = { uid = "0 700000 1000", setgroups = false }
time.boottime = "1h"
$(finds ids "$namespaces; cat /proc/self/uid_map /proc/self/timens_offsets" 'join = { service = "inner", namespaces = ["user", "time"] }')
$(finds idsall "$namespaces" 'join = { service = "inner", namespaces = ["mount", "pid", "net", "ipc", "uts", "cgroup", "user", "time"] }')
$(finds clocksonly "readlink /proc/self/ns/time; id -u; cat /proc/self/timens_offsets" 'join = { service = "denies", namespaces = ["time"] }')
$(finds idsroot 'touch $STATE_DIRECTORY/x; stat -c %u:%g /file $STATE_DIRECTORY; id -u; id -G; cat /proc/self/setgroups; readlink /proc/self/ns/user' "root = '$ct_dir/root'
user = 'web'
state_directory = 'minit-joined'
dev = 'minimal'
join = { service = 'chain', namespaces = ['user'] }")
[service.chain]
exec = ["/bin/sleep", "1000"]
ready = "exec"
namespaces = []
join = { service = "denies", namespaces = ["user"] }

[service.status]
exec = ["/bin/sh", "-c", "exit 7"]
join = { service = "target", namespaces = ["pid"] }

[service.long]
exec = ["/bin/sleep", "1000"]
ready = "exec"
join = { service = "target", namespaces = ["pid", "net"] }
TOML
ct_start
ct_up
ct_is "they run" inner:up denies:up chain:up ids:done idsall:done clocksonly:done idsroot:done
ct_is "and others" joined:done some:done pids:done code:done status:failed long:up
target=$(value target | tr ' ' '\n' | grep -v -E '^(user|time)')
is "$(value joined | tr ' ' '\n' | grep -v -E '^(user|time)')" "$target" "all namespaces are those of the other service"
is "$(comm -12 <(echo "$target" | sort) <(value some | tr ' ' '\n' | sort) | cut -d: -f1 | tr '\n' ' ')" "net uts " "or only some"
is "$(value some | tr ' ' '\n' | tail -n 1)" the-target "of which the name is seen"
is "$(value pids | cut -d' ' -f1)" minit-reaper "/proc shows the processes of the joined namespace"
inner=$(value inner)
is "$(value ids | tr ' ' '\n' | grep -E '^(user|time)' | tr '\n' ' ')" "$(echo "$inner" | tr ' ' '\n' | grep -E '^(user|time)' | tr '\n' ' ')" \
	"users and clocks are those of the other's program, which its reaper does not have"
is "$(value ids | cut -d' ' -f9-)" "$(echo "$inner" | cut -d' ' -f9-)" "with its maps and offsets: $(echo "$inner" | cut -d' ' -f9-)"
is "$(value idsall)" "$(echo "$inner" | cut -d' ' -f-8)" "or all eight"
is "$(value clocksonly | cut -d' ' -f1)$(value clocksonly | cut -d' ' -f2-)" \
	"$(readlink "/proc/$(ct_outer denies)/ns/time")0 monotonic 0 0 boottime 3600 0" "also without a reaper, and clocks alone"
is "$(value idsroot)" "0:0 33:33 33 33 50 deny $(readlink "/proc/$(ct_outer denies)/ns/user")" \
	"with a root of its own, whose files are mapped by the other's ids, over another that has joined it"
is "$(stat -c %u:%g /var/lib/minit-joined/x)" 700033:700033 "and its directories have them outside"
rm -rf /var/lib/minit-joined
ct_said '^minit: status: exit 7' "its exit status is its own"
outer=$(ct_outer target)
ct_minit stop target
ct_is "who has joined goes with the other" target:down long:waiting
[ ! -e "/proc/$outer" ]
ok $? "both are gone"
ct_minit start long
ct_is "and needs it" long:up target:up
ct_minit restart target
ct_is "a restart is one of both" long:up target:up long:starts=3
ct_stop "it ends in order"

# -- without a PATH --------------------------------------------------------------------------------------------------

# What it is given in place of that is there for a child that does not share memory with PID 1 too.
ct_table <<'TOML'
[service.forked]
exec = ["sleep", "1000"]
userns = "auto"
restart = "never"
TOML
ct_start env -u PATH "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "without a PATH a service of its own ids runs, too" forked:up
ct_stop "and is stopped in order"

# -- refused ---------------------------------------------------------------------------------------------------------

# refuses JOIN KEYS TEXT: what check says of it.
refuses() {
	printf '[service.other]\nexec = ["x"]\n[service.ids]\nexec = ["x"]\nuserns = "auto"\n[service.a]\nexec = ["x"]\njoin = %s\n%s\n' "$1" "$2" \
		>"$ct_dir/bad.toml"
	"$MINIT" check "$ct_dir/bad.toml" 2>&1 | grep -q -F "$3"
	ok $? "refused: $3"
}
refuses '{ service = "ids", namespaces = ["net", "usr"] }' '' \
	'join.namespaces: found "usr"; wants one of mount, pid, net, ipc, uts, cgroup, user, time'
refuses '{ service = "other", namespaces = ["user"] }' '' 'join: service.other has no user namespace of its own; give it userns, or leave "user" out'
refuses '{ service = "ids", namespaces = ["user"] }' 'userns = "auto"' 'join: a namespace cannot be joined and be its own; remove it from one of the two'
refuses '{ service = "ids", namespaces = ["time"] }' 'time.boottime = "1h"' 'join: a namespace cannot be joined and be its own; remove it from one of the two'
echo "1..$ct_tests"
