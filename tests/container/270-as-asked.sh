#!/bin/bash
# What a table asks for is compared with what is found from outside, after the exec: by `minit status NAME`, in words and JSON.
set -u
. tests/container/ct.sh

mkdir -p "$ct_dir/root" "$ct_dir/bound" "$ct_dir/a b" && cp -a "$TREE/." "$ct_dir/root/"
numa='numa = "bind:0"' # where the kernel knows of nodes
[ -e /proc/self/numa_maps ] || numa=
cpus=$(sed -n 's/^Cpus_allowed_list:[[:blank:]]*//p' /proc/self/status)
cpu=${cpus%%[-,]*}
# Who has not all processors, or no right, has no deadline.
deadline= times='policy = "deadline", runtime = "1ms", deadline = "50ms"'
chrt --deadline --sched-runtime 1000000 --sched-deadline 50000000 --sched-period 50000000 0 true && deadline=yes || times='policy = "batch"'
ct_table <<TOML
[service.plain]
exec = ["/bin/sleep", "1000"]
[service.bare]
exec = ["/bin/sleep", "1000"]
namespaces = []
leaf = false
[service.full]
exec = ["/bin/sleep", "1000"]
user = "nobody"
root = "$ct_dir/root"
readonly = true
namespaces = ["mount", "pid", "net", "ipc", "uts", "cgroup"]
rlimits.nofile = "100"
nice = 5
ioprio = "best-effort:6"
personality = ["short-inode"]
oom_score_adj = 300
umask = "0027"
cpus = "0"
devices = ["null"]
private_tmp = true
mounts."/data" = { bind = "$ct_dir", noexec = true }
mounts."/a b" = "tmpfs"
in_group = "house"
init = false
stop.signal = "SIGKILL"
[service.full.cgroup]
memory.max = "64M"
pids.max = 20
cpu.max = "50%"
cpu.weight = 50
[group.house]
cgroup."memory.max" = "128M"
[service.sized]
exec = ["/bin/sleep", "1000"]
mounts = { "/mnt" = "tmpfs", "/srv" = { tmpfs = "1000k", mode = "0750" }, "/opt" = "$ct_dir/bound", "/media" = "$ct_dir/a b", "/var/cache" = "$ct_dir/a b/", "/run/secrets" = "$ct_dir/a b" }
secrets = { key = "/etc/hostname" }
[service.timed]
exec = ["/bin/sleep", "1000"]
init = false
stop.signal = "SIGKILL"
sched = { $times, reset_on_fork = true }
[service.placed]
exec = ["/bin/sleep", "1000"]
root = "$ct_dir/root"
cwd = "/usr"
hostname = "elsewhere"
$numa
[service.inner]
exec = ["/bin/sleep", "1000"]
userns = "auto"
root = "$ct_dir/root"
time.monotonic = "1d"
time.boottime = "-1500ms"
caps = ["chown", "net_bind_service"]
[service.mapped]
exec = ["/bin/sleep", "1000"]
namespaces = ["mount", "pid"]
userns.uid = ["0 100000 1000", "1000 200000 10"]
user = "1005"
[service.listed]
exec = ["/bin/sleep", "1000"]
caps = ["net_bind_service"]
user = "65534"
groups = ["100"]
no_new_privs = false
coredump = "never"
rlimits.core = 0
[service.joins]
exec = ["/bin/sleep", "1000"]
join = { service = "full", namespaces = ["net", "ipc", "pid"] }
needs = ["full"]
[service.joinsids]
exec = ["/bin/sleep", "1000"]
join = { service = "inner", namespaces = ["user", "time", "mount"] }
[service.upon]
exec = ["/bin/sleep", "1000"]
proc = "masked"
sys = "readonly"
mounts."/proc/sys" = "$ct_dir"
mounts."/sys" = "tmpfs"
[service.upon2]
exec = ["/bin/sleep", "1000"]
mounts."/proc" = "tmpfs"
[service.side]
exec = ["/bin/sleep", "1000"]
network.join = "full"
[service.unseen]
exec = ["/bin/sleep", "1000"]
user = "nobody"
init = false
keyring = "private"
securebits = ["noroot", "keep-caps-locked"]
[service.gives]
exec = ["/bin/sh", "-c", "ulimit -n 50 && renice -n 12 -p \$\$ >/dev/null && taskset -pc ${cpu} \$\$ >/dev/null && echo 500 >/proc/self/oom_score_adj && exec sleep 1000"]
rlimits = { nofile = 100, core = 0 }
nice = 10
cpus = "$cpus"
oom_score_adj = 100
[service.gone]
exec = ["/bin/true"]
ready = "exit"
TOML
ct_start
ct_up
ct_is "all of them run" plain:up bare:up full:up placed:up inner:up mapped:up listed:up joins:up joinsids:up upon:up upon2:up side:up unseen:up gives:up sized:up timed:up gone:done

# All points of these, one in a line: service what asked got ok why
look() {
	ct_minit status --json "$@" | python3 -c 'import json, sys
for line in sys.stdin:
	service = json.loads(line)
	for point in service.get("isolation", []):
		print(service["name"], *[point.get(k) for k in ("what", "asked", "got", "ok", "why")], sep="|")' >"$ct_dir/seen"
}
# seen NAME WHAT-REGEX: what was found.
seen() {
	awk -F'|' -v name="$1" -v what="^($2)\$" '$1 == name && $2 ~ what { print $4 }' "$ct_dir/seen"
}
look plain bare full placed inner mapped listed joins joinsids upon upon2 side unseen sized timed gone
unseen='ioprio|keyring|securebits|sched.deadline|sched.reset_on_fork'
for s in plain bare full placed inner mapped listed joins joinsids upon upon2 side unseen sized timed; do
	[ "$(grep -c "^$s|.*|True|" "$ct_dir/seen")" -gt 5 ]
	ok $? "$s is looked at"
	is "$(grep "^$s|" "$ct_dir/seen" | grep -v -E "[|]True[|]|[|]($unseen)[|].*[|]None[|]")" "" "and is as its table asks"
done
is "$(sed -n 's/^full|\([^|]*\)|.*/\1/p' "$ct_dir/seen" | tr '\n' ' ')" \
	'namespaces.mount namespaces.pid namespaces.net namespaces.ipc namespaces.uts namespaces.cgroup namespaces.user namespaces.time user group groups no_new_privs caps.bounding caps.permitted caps.effective caps.inheritable caps.ambient seccomp root proc sys dev readonly private_tmp mounts."/a b" mounts."/data" leaf memory.max cpu.max cpu.weight pids.max devices house:memory.max rlimits.nofile nice cpus ioprio oom_score_adj umask personality hostname network ' \
	"of all that can be seen"
is "$(seen full 'user|memory.max|cpu.max|rlimits.nofile|root' | tr '\n' ' ')" \
	"65534 $ct_dir/root 67108864 50000 100000 100 100 " "the kernel's own figures"
# The shell may be at it yet.
gives() {
	look gives
	is=$(seen gives 'rlimits.nofile|nice|cpus|oom_score_adj' | tr '\n' ' ')
	[ "$is" = "50 50 12 $cpu 500 " ]
}
ct_until 20 gives
is "$is $(grep '|False|' "$ct_dir/seen")" "50 50 12 $cpu 500  " "what a program gives away by itself is no less than asked"
look plain bare full placed inner mapped listed joins joinsids upon upon2 side unseen sized timed gone
is "$(seen placed 'cwd|hostname' | tr '\n' ' ')$(seen full hostname) $(seen inner hostname)" "/usr elsewhere full inner" \
	"its directory as it is called there, and the name of its host, of a user namespace's too"
is "$(seen placed numa)" "${numa:+bind:0}" "the nodes of its memory"
is "$(seen mapped 'user|userns.uid')" "200005
0 100000 1000, 1000 200000 10" "ids as they are called outside"
is "$(seen joins 'namespaces.(net|pid|uts)' | tr '\n' ' ')" "full's full's own " "whose namespaces they are"
is "$(grep '^side|namespaces.net' "$ct_dir/seen")" "side|namespaces.net|full's|full's|True|None" "by network.join, too"
hidden='None|None|the kernel shows it to nobody else'
is "$(grep '|None|None|' "$ct_dir/seen" | grep -v '^timed')" \
	"full|ioprio|best-effort:6|None|None|it can be asked for in minit's own pid namespace alone
unseen|securebits|noroot keep-caps-locked|$hidden
unseen|keyring|private|$hidden" "what nobody can see is said, with the reason"
is "$(seen inner 'time.*' | tr '\n' ' ')" "86400000 ms -1500 ms " "clocks of its own"
is "$(seen joinsids 'namespaces.(mount|pid|user|time)' | tr '\n' ' ')$(seen joinsids 'userns.uid')" \
	"inner's own inner's inner's $(seen inner 'userns.uid')" "of users and clocks too, behind a reaper"
is "$(seen inner caps.permitted)" "chown net_bind_service" "capabilities of who has a reaper"
is "$(seen upon 'proc|sys' | tr '\n' ' ')$(seen upon2 proc)" \
	'masked, beneath mounts."/proc/sys" readonly, beneath mounts."/sys" masked, beneath mounts."/proc"' "upon what the table mounts"
is "$(seen gone '.*')" "" "of who is not there nothing is told"

is "$(ct_in "$MINIT" status full | grep 'ioprio' | tr -s ' ')" " ioprio best-effort:6 best-effort:6" "what is asked by number, by who is beside it"

is "$(ct_in "$MINIT" status timed | grep ' sched.deadline' | tr -s ' ')" \
	"${deadline:+ sched.deadline 1000000 50000000 50000000 ns 1000000 50000000 50000000 ns}" "the times of a deadline"
is "$(ct_in "$MINIT" status timed | grep ' sched.reset' | tr -s ' ')" " sched.reset_on_fork true true" "and a policy that is not handed on"

# Each thing that somebody takes away behind its back is seen.
full=$(ct_outer full) plain=$(ct_outer plain)
nsenter -t "$full" -m umount /proc/sys
nsenter -t "$full" -m umount /tmp
nsenter -t "$full" -m -p mount -o remount,bind,rw /
nsenter -t "$full" -m -p mount -o remount,bind,exec,nosuid,nodev /data
nsenter -t "$full" -m -p umount "/a b"
nsenter -t "$full" -m -p mount -t proc -o nosuid,nodev proc "/a b"
nsenter -t "$plain" -m -p umount /proc/keys
nsenter -t "$(ct_outer sized)" -m -p sh -c 'mount -o remount,size=2M /srv && mount -t tmpfs -o nosuid,nodev,mode=1777 t /mnt && mount --bind /usr /media'
mv "$ct_dir/bound" "$ct_dir/moved" && mkdir "$ct_dir/bound"
renice -n 0 -p "$full" >/dev/null
ionice -c 3 -p "$full"
chrt --batch --pid 0 "$(ct_outer timed)"
write_leaf() { # CONTROLLER FILE OF V1 OR V2 VALUE: into the leaf, as somebody would who is not minit
	local at
	at=$(sed -n -E "s/^[0-9]+:$1://p" "/proc/$full/cgroup")
	[ -e "/sys/fs/cgroup/$1$at/$2" ] && echo "$4" >"/sys/fs/cgroup/$1$at/$2" && return
	at=$(sed -n "s/^0:://p" "/proc/$full/cgroup")
	echo "$4" >"/sys/fs/cgroup$at/$3"
}
nsenter -t "$(ct_outer placed)" -u hostname other
write_leaf memory memory.limit_in_bytes memory.max 83886080
write_leaf pids pids.max pids.max 21
is "$(ct_minit status full | grep '^!' | tr -s ' ')" "! proc masked open
! readonly yes no
! private_tmp tmpfs none
! mounts.\"/a b\" mounted mounted, but proc
! mounts.\"/data\" mounted mounted, without noexec
! memory.max 67108864 83886080
! pids.max 20 21
! nice 5 0
! 8 of 40 not as asked" "what is taken away behind its back is found"
ct_minit why full >"$ct_dir/why"
is "$(head -n 1 "$ct_dir/why" | sed 's/ for [^:]*//')
$(grep -c ' ! ' "$ct_dir/why") $(sed -n 's/^ *\(.* nice: \)/\1/p' "$ct_dir/why")" "full: up: it is not as asked
8 ! full: nice: asked is 5, found is 0" "why tells of just that"
is "$(ct_minit status placed | grep '^! h' | tr -s ' ')" "! hostname elsewhere other" "and another name of its host"
nsenter -t "$(ct_outer placed)" -u python3 -c 'import socket; socket.sethostname("other\n  ! plain: nice: asked is 5, found is 0\33[1m")'
ct_minit why placed >"$ct_dir/why"
is "$(grep -c 'plain: ' "$ct_dir/why") $(grep -c '^ *! plain: ' "$ct_dir/why")" "1 0" "a name that has lines is told in one"
is "$(grep -c $'\33' "$ct_dir/why")" 0 "and nothing of it is for the terminal"
nsenter -t "$(ct_outer placed)" -u hostname other
is "$(ct_in "$MINIT" status full | grep '^! ioprio' | tr -s ' ')" "! ioprio best-effort:6 idle" "and what is asked by number, by who is beside it"
is "$(ct_minit status sized | grep '^!' | tr -s ' ')" "! mounts.\"/media\" mounted mounted, without nosuid, without nodev, but not $ct_dir/a b
! mounts.\"/mnt\" mounted mounted, of mode 1777
! mounts.\"/opt\" mounted mounted, but not $ct_dir/bound
! mounts.\"/srv\" mounted mounted, of size 2048k
! 4 of $(ct_minit status sized | sed -n 's/^! .* of \([0-9]*\) not as asked/\1/p') not as asked" "another size and mode of what is in memory, another place that is bound"
is "$(ct_in "$MINIT" status timed | grep '^! sched' | tr -s ' ')" "${deadline:+! sched deadline batch
! sched.deadline 1000000 50000000 50000000 ns none
}! sched.reset_on_fork true false" "and a policy that is none of that"
is "$(ct_minit status plain | grep '^! proc' | tr -s ' ')" "! proc masked not masked: keys" "a single mask too"
look full
is "$(grep -c '|False|' "$ct_dir/seen")" 8 "in JSON too"

# What was set by hand is asked for by that.
ct_minit set full memory.max=96M pids.max=max cpu.max.burst=10ms
ct_minit set group.house memory.max=192M pids.max=500
is "$(ct_minit status full | tr -s ' ' | grep -E '(memory|pids|cpu).*max')" " memory.max 100663296, by minit set 100663296
 cpu.max 50000 100000 50000 100000
 pids.max max, by minit set max
 cpu.max.burst 10000, by minit set 10000
 house:memory.max 201326592, by minit set 201326592
 house:pids.max 500, by minit set 500" "what was set by hand is as asked, beside what is left of the table"
ct_minit status --json full | grep -q '"what":"memory.max","asked":"100663296","source":"set","got":"100663296","ok":true'
ok $? "in JSON with its source"
write_leaf memory memory.limit_in_bytes memory.max 104857600
is "$(ct_minit status full | grep '^!' | grep memory | tr -s ' ')" "! memory.max 100663296, by minit set 104857600" \
	"what somebody else changes then is found"
ct_minit set full memory.max=96M
ct_signal SEGV
ct_minit restart full >/dev/null
is "$(ct_minit status full | grep ' set ' | grep -v -c '^!')" 5 "minit does not forget it by a crash, nor the service by a restart"
ct_in setpriv --reuid 65534 --regid 65534 --clear-groups env MINIT_SOCKET=/run/minit/control "$MINIT" status plain >"$ct_dir/other" 2>&1
is "$? $(grep -c . "$ct_dir/other")" "0 3" "who may not look is told the rest"
ct_stop "it ends in order"
echo "1..$ct_tests"
