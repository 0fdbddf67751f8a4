#!/bin/bash
# A leaf that is the service's own: minit in minit in minit, each with leaves and limits below those of the other.
set -u
. tests/container/ct.sh

# keys DEPTH: of the service that is the next minit.
inner() {
	cat <<TOML
[service.m$1]
exec = ["$MINIT", "run", "$ct_dir/$1.toml"]
delegate = true
init = false
env.MINIT_SOCKET = "/run/m$1"
$privileged
TOML
}
privileged=
for key in 'caps = "all"' 'seccomp = "none"'; do
	printf '[service.x]\nexec = ["x"]\n%s\n' "$key" >"$ct_dir/try.toml"
	"$MINIT" check "$ct_dir/try.toml" >/dev/null 2>&1 && privileged="$privileged$key"$'\n'
done
inner 3 >"$ct_dir/2.toml"
inner 2 >"$ct_dir/1.toml"
cat >"$ct_dir/3.toml" <<TOML
[service.deep]
exec = ["/bin/sleep", "1000"]
cgroup.pids.max = 9
TOML
# writes NAME: which hierarchies of v1 are there to be written to, and what else of /sys.
writes() {
	echo "exec = ['/bin/sh', '-c', 'for f in /sys/fs/cgroup/*/tasks /sys/power/state /sys/kernel/uevent_helper /sys/kernel/rcu_expedited; do [ ! -w \$f ] || [ -L \${f%/*} ] || echo \$f; done >$ct_dir/$1; exec sleep 1000']"
}
# sees NAME: the groups of each hierarchy of v1 that it can write to, when it has made one and moved there.
sees() {
	echo "exec = ['/bin/sh', '-c', 'for f in /sys/fs/cgroup/*/tasks; do [ ! -w \$f ] || [ -L \${f%/*} ] || { d=\${f%/*}; mkdir \$d/mine && echo 0 >\$d/mine/tasks && echo \${d##*/} \$(cd \$d && echo */); }; done >$ct_dir/$1; echo end >>$ct_dir/$1; exec sleep 1000']"
}
# moves NAME: makes a group in its leaf, moves there, and says so in a file.
moves() {
	echo "exec = ['/bin/sh', '-c', 'for d in /sys/fs/cgroup/unified /sys/fs/cgroup /sys/fs/cgroup/pids; do [ ! -e \$d/cgroup.procs ] || break; done; mkdir \$d/mine && echo 0 >\$d/mine/cgroup.procs && cat /proc/self/cgroup >$ct_dir/$1; exec sleep 1000']"
}
# passes NAME: where v2 has controllers, it passes one on to a group of its own, though something else is in its pid namespace.
passes() {
	echo "exec = ['/bin/sh', '-c', 'cd /sys/fs/cgroup; if grep -q -w -s pids cgroup.controllers; then mkdir mine && echo 0 >mine/cgroup.procs && echo +pids >cgroup.subtree_control && echo 5 >mine/pids.max; fi && echo passed >$ct_dir/$1; exec sleep 1000']"
}
{
	inner 1
	cat <<TOML
[service.rooted]
$(writes rooted)
delegate = true
cgroup.pids.max = 30
[service.seer]
$(sees seer)
delegate = true
user = 1234
[service.mappedseer]
$(sees mappedseer)
delegate = true
userns = "auto"
[service.mapped]
$(moves mapped)
delegate = true
userns = "auto"
cgroup.pids.max = 30
[service.passes]
$(passes passes)
delegate = true
user = 1234
cgroup.pids.max = 30
[service.mappedpasses]
$(passes mappedpasses)
delegate = true
userns = "auto"
cgroup.pids.max = 30
[service.whole]
exec = ["/bin/sleep", "1000"]
delegate = true
[group.some]
[service.member]
exec = ["/bin/sleep", "1000"]
in_group = "some"
delegate = true
[service.m0]
exec = ["$MINIT", "run", "$ct_dir/3.toml"]
delegate = true
env.MINIT_SOCKET = "/run/m0"
$privileged
[service.mappeduser]
$(moves mappeduser)
delegate = true
userns = "auto"
user = 1234
[service.user]
$(moves mine)
user = 1234
delegate = true
umask = "0000"
TOML
} | ct_table
chmod 777 "$ct_dir"
at() {
	MINIT_SOCKET=/proc/$(ct_pid)/root/run/m$1 "$MINIT" "${@:2}"
}
ct_start
ct_up
ct_is "minit runs in minit" m1:up user:up
at 1 wait --timeout 20s m2:up >/dev/null && at 2 wait --timeout 20s m3:up >/dev/null && at 3 wait --timeout 20s deep:up >/dev/null
ok $? "three deep"
ct_in sh -c 'grep -q "/svc\.m1/.*svc\.m2/.*svc\.m3/.*svc\.deep$" /proc/[0-9]*/cgroup'
ok $? "with a leaf of its own in the last"
is "$(at 3 status --json deep | grep -o '"pids":[0-9]*')" '"pids":2' "under a limit of its own"
ct_minit restart m1 >/dev/null && at 1 wait --timeout 20s m2:up >/dev/null && at 2 wait --timeout 20s m3:up >/dev/null &&
	at 3 wait --timeout 20s deep:up >/dev/null
ok $? "and again, though the first left groups and switches in its leaf"
ct_until 10 grep -q -s ':/mine$' "$ct_dir/mine"
ok $? "a user makes groups in its leaf, and moves into them"
# hierarchies NAME: those of v1 in which it has its leaf.
hierarchies() {
	sed -n "s,^[0-9]*:\([a-z_\,]*\):.*/svc.$1\(/mine\)*\$,\1,p" "/proc/$(ct_outer "$1")/cgroup" | grep . | sort
}
! grep -q '^[0-9]*:pids' /proc/self/cgroup || hierarchies seer | grep -q -x pids
ok $? "where v1 has limits, it has its leaf there too, also without one"
ct_until 10 grep -q -s /sys/ "$ct_dir/rooted" || [ ! -d /sys/fs/cgroup/pids ]
is "$(sort "$ct_dir/rooted")" "$(hierarchies rooted | sed 's,.*,/sys/fs/cgroup/&/tasks,')" "leaves of v1 can be written to, and nothing else of /sys"
for name in seer mappedseer; do
	ct_until 10 grep -q -s end "$ct_dir/$name"
	is "$(sort "$ct_dir/$name")" "$({ hierarchies $name | sed 's,$, mine/,'; echo end; } | sort)" "$name: each is all that it sees of its hierarchy, and it makes groups there"
done
ct_is "so do those with ids of their own" mapped:up mappeduser:up mappedseer:up
ct_until 10 grep -q -s ':/mine$' "$ct_dir/mapped"
ok $? "root inside has its leaf"
ct_until 10 grep -q -s ':/mine$' "$ct_dir/mappeduser"
ok $? "and another user inside"
for name in passes mappedpasses; do
	ct_until 10 grep -q -s passed "$ct_dir/$name"
	ok $? "$name: with a reaper beside it, it passes controllers on"
done
MINIT_SOCKET=/proc/$(ct_pid)/root/run/m0 "$MINIT" wait --timeout 20s deep:up >/dev/null
ok $? "and so does a minit in it"
own=$(ct_leaf whole cgroup.controllers)
is "$(cat "$own" "$(ct_leaf member cgroup.controllers)")" "$(cat "${own%/*/*}"/cgroup.controllers{,})" \
	"each controller that minit can pass on to it, a leaf of its own has, also in a group"
ct_minit restart passes m0 >/dev/null
MINIT_SOCKET=/proc/$(ct_pid)/root/run/m0 "$MINIT" wait --timeout 20s deep:up >/dev/null
ok $? "again, in the same leaf"
is "$(ct_minit status mapped mappeduser rooted passes m0 seer m1 | grep '^!')" "" "as asked"
ct_stop "it ends in order"
ct_not_said 'cannot be killed' "and all of it"
echo "1..$ct_tests"
