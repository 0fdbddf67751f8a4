#!/bin/bash
# A plain container: no CAP_SYS_ADMIN, the cgroups read-only, a seccomp profile that refuses namespaces and knows no clone3.
# What is only the default is done without, and that is said once; what was asked for and cannot be had fails its service.
set -u
. tests/container/ct.sh

mkdir -p "$BUILD/tests" && gcc -O1 -Wall -Wextra -D_GNU_SOURCE -o "$BUILD/tests/plain" tests/tools/plain.c ||
	{ echo "not ok - the tool builds"; exit 1; }
own=minit-$$
trap 'ct_cleanup; rm -rf /var/lib/$own /var/cache/$own /var/log/$own /run/$own' EXIT
gcc -static -std=gnu17 -D_GNU_SOURCE -O1 -Wall -Wextra -o "$ct_dir/calls" tests/tools/syscall_probe.c
mkdir -p "$ct_dir/tree/"{bin,lib,lib64,usr}
cp /bin/sleep "$ct_dir/tree/bin" && for file in $(ldd /bin/sleep | grep -o '/[^ ]*'); do cp --parents "$file" "$ct_dir/tree"; done
mkdir "$ct_dir/open" "$ct_dir/closed" && echo text | tee "$ct_dir/open/file" >"$ct_dir/closed/file"
chmod -R a+rX "$ct_dir"
cpu=$(sed -n 's/^Cpus_allowed_list:[[:blank:]]*\([0-9]*\).*/\1/p' /proc/self/status)
tries="for f in open closed; do cat $ct_dir/\$f/file 2>/dev/null || echo refused; done; $ct_dir/calls add_key"
ct_table <<TOML
[defaults]
backoff = { first = "10ms" }
[service.web]
exec = ["/bin/sleep", "1000"]
[service.user]
exec = ["/bin/sleep", "1000"]
user = "nobody"
[service.noisy]
exec = ["/bin/sh", "-c", "echo hello; exec sleep 1000"]
output = "console"
[service.stray]
exec = ["/bin/sh", "-c", "setsid sh -c '(env -i setsid sleep 4321 &)'; exec sleep 1000"]
user = "nobody"
rlimits.locks = 77 # is not had without the namespace that the table has
[service.again]
exec = ["/bin/sh", "-c", "sleep 0.02; exit 1"]
[service.held]
exec = ["/bin/sh", "-c", """echo held: \$($tries); exec sleep 1000"""]
user = "nobody"
group = "4000"
groups = ["4001", "4002"]
caps = ["kill"]
umask = "0027"
cpus = "$cpu"
rlimits = { nofile = 123, core = 0 }
paths = { read = ["/usr", "/bin", "-/lib", "-/lib64", "/etc", "$ct_dir/calls", "$ct_dir/open"], write = ["/dev/null"] }
[service.free]
exec = ["/bin/sh", "-c", """echo free: \$($tries); exec sleep 1000"""]
user = "nobody"
seccomp = "none"
[service.limited]
exec = ["/bin/sleep", "1000"]
cgroup.memory.max = "64M"
[service.alone]
exec = ["/bin/sleep", "1000"]
namespaces = ["pid", "mount"]
[service.rooted]
exec = ["/bin/sleep", "1000"]
root = "/usr"
readonly = true
[service.own-ids]
exec = ["/bin/sleep", "1000"]
userns = "auto"
[service.own-clocks]
exec = ["/bin/sleep", "1000"]
time.boottime = "1h"
[service.joins]
exec = ["/bin/sleep", "1000"]
join = { service = "web", namespaces = ["net"] }
[service.any]
exec = ["/bin/sleep", "1000"]
devices = "any"
[service.networked]
exec = ["/bin/sleep", "1000"]
network = "none"
[service.keeper]
exec = ["/bin/sh", "-c", "for at in \$STATE_DIRECTORY \$CACHE_DIRECTORY \$LOGS_DIRECTORY \$RUNTIME_DIRECTORY; do echo > \$at/kept; done; exec sleep 1000"]
user = "nobody"
state_directory = "$own"
cache_directory = "$own"
logs_directory = "$own"
runtime_directory = "$own"
directory_mode = "0700"
[service.changed]
exec = ["/bin/sleep", "1000"]
root = "/"
state_directory = "$own"
[service.masked]
exec = ["/bin/sleep", "1000"]
proc = "masked"
[service.pids]
exec = ["/bin/sleep", "1000"]
proc = "pids"
[service.hidden]
exec = ["/bin/sleep", "1000"]
hidepid = "invisible"
[service.sysfs]
exec = ["/bin/sleep", "1000"]
sys = "readonly"
[service.named]
exec = ["/bin/sleep", "1000"]
hostname = "named"
private_tmp = true
[service.tmp]
exec = ["/bin/sleep", "1000"]
private_tmp = true
[service.privileged]
exec = ["/bin/sleep", "1000"]
no_new_privs = false
seccomp = "strict"
[service.chrooted]
exec = ["/bin/sleep", "1000"]
root = "$ct_dir/tree"
[service.asks-chroot]
exec = ["/bin/sleep", "1000"]
root = "$ct_dir/tree"
namespaces = []
[service.ends]
exec = ["/bin/sh", "-c", "exit 143"]
restart = "never"
[service.nodes]
exec = ["/bin/sleep", "1000"]
dev = "minimal"
TOML
some=-all,+chown,+dac_override,+fsetid,+fowner,+mknod,+net_raw,+setgid,+setuid,+setfcap,+setpcap,+net_bind_service,+sys_chroot,+kill,+audit_write
ct_start sh -c '
	awk "\$5 ~ \"^/sys/fs/cgroup\" { print \$5 }" /proc/self/mountinfo | while read -r at; do mount -o remount,bind,ro "$at"; done
	exec "$@"' sh "$BUILD/tests/plain" setpriv --bounding-set "$some" --inh-caps -all "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "what asks for nothing special runs" web:up user:up noisy:up 'again:restarts>=3'
is "$(ct_field web missing)" "[\"cgroup leaf" "without what is only the default, which status tells"
is "$(ct_minit status web | grep -E '^! (namespaces.mount|leaf)' | tr -s ' ')" "! namespaces.mount own minit's: a default that is not to be had here
! leaf its own none: a default that is not to be had here" "what is asked beside what is found, with the reason"
is "$(grep -a -c 'namespaces: .*the default ones cannot be had here' "$ct_dir/out")" 1 "and the log, once for all"
is "$(grep -a -c 'services have no leaves: Read-only file system: /sys/fs/cgroup is read-only here' "$ct_dir/out")" 1 \
	"that there are no leaves too, and why"
ct_is "what was asked for and cannot be had fails its service, at once" limited:failed alone:failed rooted:failed networked:failed \
	limited:starts=1 alone:starts=1
ct_is "also /proc, /sys and /dev that are the service's own wish" masked:failed pids:failed hidden:failed sysfs:failed nodes:failed
ct_is "and ids, clocks and another's namespaces" own-ids:failed own-clocks:failed joins:failed
ct_is "what holds nothing back needs no leaf" any:up
ct_is "without a reaper an exit is one" ends:failed
is "$(ct_field ends why)" "exit 143" "whatever its number"
no='a default that is not to be had here;'
ct_is "a root is had, by chroot" chrooted:up asks-chroot:up
is "$(for s in chrooted asks-chroot; do ct_minit status $s | grep '^. root' | tr -s ' '; done)" \
	"! root $ct_dir/tree $ct_dir/tree, by chroot alone: a default that is not to be had here
 root $ct_dir/tree $ct_dir/tree, by chroot alone" "which is less than the table asks for, and told as that"
is "$(ct_minit status chrooted | grep -E '^! (proc|sys|dev) ' | tr -s ' ' | tr '\n' ';')$(ct_minit status web | grep '^! sys' | tr -s ' ')" \
	"! proc masked none: $no! sys readonly none: $no! dev minimal none: $no! sys sealed can be written to: /sys: ${no%;}" \
	"with what it has there, and who sees minit's /sys with all that it may write to"
ct_is "directories need no namespace" keeper:up changed:failed
is "$(ct_in stat -c '%U %a' {/var/lib,/var/cache,/var/log,/run}/$own/. {/var/lib,/var/cache,/var/log,/run}/$own/kept | sort | uniq -c | tr -s ' ')" \
	" 4 nobody 644
 4 nobody 700" "they are made, given to the service's user, and named to it"
# What needs no right of the container is there: as the kernel tells of the process, and as it answers it.
shows() {
	local file="/proc/$(ct_outer "$1")/$2" want
	shift 2
	for want; do
		tr -s '[:blank:]' ' ' <"$file" | sed 's/ $//' | grep -q -x -e "$want" || grep "^${want%%[: ]*}" "$file" || echo "nothing of $want"
	done
}
kill=0000000000000020
is "$(shows held status 'Uid: 65534 65534 65534 65534' 'Gid: 4000 4000 4000 4000' 'Groups: 4001 4002')" "" "a service has its own user and groups"
is "$(shows held status CapInh:\ $kill CapPrm:\ $kill CapEff:\ $kill CapBnd:\ $kill CapAmb:\ $kill)" "" "the capabilities of its list"
is "$(shows user status CapPrm:\ 0000000000000000 CapEff:\ 0000000000000000; shows web status CapEff:\ 00000000a80425fb)" "" \
	"or those that are usual"
filters=$(($(sed -n 's/^Seccomp_filters:[[:blank:]]*//p' /proc/self/status) + 2)) # the container's, and one of its own
is "$(for s in web user held; do shows $s status 'NoNewPrivs: 1' "Seccomp_filters: $filters"; done)" "" \
	"no new privileges, and a filter of calls beside that of the container"
is "$(shows held status 'Umask: 0027' "Cpus_allowed_list: $cpu"; shows held limits 'Max open files 123 123 files' 'Max core file size 0 0 bytes')" "" \
	"its umask, processors and limits"
ct_wait 10 '^held: ' && ct_wait 10 '^free: '
is "$(sed -n 's/^held: //p' "$ct_dir/out")" "text refused add_key EPERM" "what landlock and the filter forbid is refused"
is "$(sed -n 's/^free: //p' "$ct_dir/out")" "text text add_key EFAULT" "which nothing else does"
why() {
	grep -a "^minit: $1: step" "$ct_dir/out"
}
is "$(why limited)" "minit: limited: step cgroup leaf: Read-only file system: /sys/fs/cgroup is read-only here; mount it rw, or allow CAP_SYS_ADMIN; given up" \
	"a limit: the reason, and what to do"
is "$(why alone)" "minit: alone: step clone: namespaces: Operation not permitted: minit may not make what it needs for that here: run the container with --cap-add SYS_ADMIN, or leave it out; given up" \
	"namespaces"
more="run the container with --cap-add SYS_ADMIN, or leave"
cannot="Operation not permitted: minit may not make what it needs for that here: $more it out; given up"
is "$(why masked)" "minit: masked: step clone: proc: $cannot" "a view of its own"
is "$(for s in rooted named tmp; do why $s; done)" "minit: rooted: step clone: readonly: $cannot
minit: named: step clone: hostname: $cannot
minit: tmp: step clone: private_tmp: $cannot" "and other keys that take a namespace, by their names"
is "$(why own-ids)" "minit: own-ids: step user namespace: userns: $cannot" "ids of its own"
is "$(why privileged)" "minit: privileged: step system call filter: without no_new_privs: Permission denied: that takes CAP_SYS_ADMIN: $more no_new_privs at true; given up" \
	"a filter of who may gain privileges"
is "$(why own-clocks)" "minit: own-clocks: step clocks: time namespace: Operation not permitted: minit may not make its clocks here: $more time and its namespace out; given up" \
	"clocks of its own"
is "$(why joins)" "minit: joins: step join: web: Operation not permitted: minit may not enter another's namespaces here: $more join out; given up" \
	"what it joins"
is "$(why networked)" "minit: networked: step network namespace: Operation not permitted: minit may not set up networks here: run the container with --cap-add SYS_ADMIN --cap-add NET_ADMIN, or give network = \"host\"; given up" \
	"a network of its own"
ct_wait 10 '^noisy \| hello$'
ok $? "output is collected"
strays() {
	ct_in ps -e -o args= | grep -c -x 'sleep 4321'
}
for i in $(seq 500); do
	[ "$(strays)" = 0 ] || break
done
ct_minit stop stray >/dev/null
is "$(strays)" 0 "a stop leaves no daemon of another user behind"
ct_minit restart web >/dev/null
ok $? "it is steered by its control socket"
ct_stop "it ends in order"
# An ordinary user, who may map its own id if nobody inside may change groups.
ct_table <<TOML
[defaults]
ready = "exit"
restart = "never"
[service.groups]
exec = ["/bin/true"]
userns = { uid = "0 4711 1", gid = "0 4711 1" }
[service.denies]
exec = ["/bin/sh", "-c", "echo denies: \$(id -u)"]
userns = { uid = "0 4711 1", gid = "0 4711 1", setgroups = false }
TOML
chmod 755 "$ct_dir"
ct_start sh -c 'chmod 1777 /run; exec setpriv --reuid 4711 --regid 4711 --clear-groups --inh-caps=-all "$@"' sh "$MINIT" run "$ct_dir/table.toml"
ct_end 20
is "$(why groups)" "minit: groups: step user namespace: gid_map: Operation not permitted: without CAP_SETGID minit gives no groups to who may change them: give userns.setgroups = false, and its own id alone (userns.uid = \"0 4711 1\"), or run it as root; given up" \
	"an ordinary user is told the one word that helps"
ct_said '^denies: 0$' "and it does"
echo "1..$ct_tests"
