#!/bin/bash
# An ordinary user: without rights the default namespaces are left out, what is asked for fails with the cure, and the cure
# holds: as root of a user namespace (unshare -r) services have all isolation but networks, and those too with -n.
set -u
. tests/container/ct.sh

chmod 755 "$ct_dir"
trap 'ct_cleanup; rm -rf "$base"' EXIT
base=$(mktemp -d /tmp/minit-base.XXXXXX) # of the user, where the root of a service is
mkdir -p "$base"/{usr,lower/folder}
for at in bin lib lib64; do ln -s "usr/$at" "$base/$at"; done
echo kept >"$base/lower/folder/file"
chown -R 4711:4711 "$base"
# Of the system, nobody's in a user namespace of the user's, with several names.
echo named >"$ct_dir/named"
ln "$ct_dir/named" "$ct_dir/another"
chmod 644 "$ct_dir/named"

# ordinary WORD...: minit as the user 4711 by these words; /run is one it may write to
ordinary() {
	ct_start sh -c 'chmod 1777 /run; exec setpriv --reuid 4711 --regid 4711 --clear-groups --inh-caps=-all "$@"' \
		sh "$@" "$MINIT" run "$ct_dir/table.toml"
	ct_up
}
# The tool, where minit is.
within() {
	nsenter --target "$(ct_pid)" --user --mount --net --pid "$MINIT" "$@"
}
up() {
	local text=$1
	shift
	within wait --timeout 20s "$@" >"$ct_dir/wait" 2>&1
	ok $? "$text" && return
	sed 's/^/# /' "$ct_dir/wait"
	grep -a step "$ct_dir/out" | sed 's/^/# /'
}
why() {
	sed -n "s/^minit: $1: step \(.*\); given up/\1/p" "$ct_dir/out"
}
# What of a service is not as asked.
differs() {
	local name
	for name; do
		within status "$name" | sed -n "s/^! \([a-z][^ ]*\).*/$name: \1/p" | grep -v -E ': (leaf|devices)$'
	done
}

cannot='[service.plain]
exec = ["/bin/sleep", "1000"]
[service.alone]
exec = ["/bin/sleep", "1000"]
namespaces = ["pid", "mount"]
[service.networked]
exec = ["/bin/sleep", "1000"]
network = "none"
[service.sysfs]
exec = ["/bin/sleep", "1000"]
sys = "readonly"
[service.other]
exec = ["/bin/sleep", "1000"]
user = "daemon"
[service.ids]
exec = ["/bin/sleep", "1000"]
userns = "auto"
[service.kept]
exec = ["/bin/sleep", "1000"]
state_directory = "minit-ordinary-user"
[service.may]
exec = ["/bin/sleep", "1000"]
caps = ["kill"]
'
ct_table <<<"$cannot"
ordinary
ct_is "without rights a service runs, without the default namespaces" plain:up
ct_said "plain: namespaces: .*the default ones cannot be had here.*\(to have them, run it as root, or by unshare -r; ask" "it is said what to do to have them"
ct_is "what is asked for fails" alone:failed networked:failed sysfs:failed other:failed ids:failed kept:failed may:failed
is "$(why alone)" "clone: namespaces: Operation not permitted: minit may not make what it needs for that here: run it as root, or by unshare -r, or leave it out" "with the cure of a user"
is "$(why networked)" "network namespace: Operation not permitted: minit may not set up networks here: run it as root, or by unshare -rn, or give network = \"host\"" "that of a network"
is "$(why kept)" "mounts: /var/lib/minit-ordinary-user: Permission denied: make it before, and let minit's user in, or correct the table" "a place that is not its own"
is "$(why may)" "capabilities: kill: Operation not permitted: minit does not have it to give; run it as root, or by unshare -r, or leave it out of caps" "and a capability"
ct_stop "it ends in order"

ct_start sh -c 'chmod 1777 /run; exec setpriv --reuid 4711 --regid 4711 --clear-groups --bounding-set -all,+kill --inh-caps=-all "$@"' sh "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "in a container that bounds what anybody there may have" alone:failed
is "$(why alone)" "clone: namespaces: Operation not permitted: minit may not make what it needs for that here: run the container as root with --cap-add SYS_ADMIN, or leave it out" \
	"it is the container that has to give it"
ct_stop "which ends in order too"

ct_table <<TOML
$cannot
[defaults]
backoff = { first = "10ms" }
[service.own]
exec = ["/bin/sleep", "1000"]
namespaces = ["pid", "mount", "ipc", "uts", "cgroup"]
hostname = "other"
[service.rooted]
exec = ["/bin/sleep", "1000"]
root = "$base"
readonly = true
mounts = { "/usr" = "/usr", "/named" = "$ct_dir/named" }
[service.views]
exec = ["/bin/sleep", "1000"]
proc = "pids"
hidepid = "invisible"
sys = "sealed"
dev = "minimal"
dev_nodes = ["/dev/fuse", "/dev/tty"]
private_tmp = true
secrets = { key = "/etc/hostname" }
[service.devices]
exec = ["/bin/sh", "-c", "echo > /dev/null && head -c 4 /dev/zero | wc -c > /dev/shm/x && test -c /dev/ptmx && test -c /dev/full; echo devices: \$?; exec sleep 1000"]
dev = "minimal"
dev_nodes = ["/dev/full"]
[service.overlay]
exec = ["/bin/sh", "-c", "rm -r /lower/folder && mkdir /lower/folder && ls /lower/folder; echo overlay: \$?; exec sleep 1000"]
root = "$base"
overlay = "tmpfs"
mounts = { "/usr" = "/usr" }
[service.rights]
exec = ["/bin/sleep", "1000"]
caps = ["kill"]
seccomp = "default"
paths = { read = ["/"] }
rlimits = { nofile = 100 }
[service.root]
exec = ["/bin/sleep", "1000"]
user = "root"
[service.inner]
exec = ["/bin/sleep", "1000"]
userns = { uid = "0 0 1", gid = "0 0 1" }
[service.later]
exec = ["/bin/sleep", "1000"]
time.boottime = "1h"
[service.joins]
exec = ["/bin/sleep", "1000"]
join = { service = "own", namespaces = ["pid", "ipc"] }
TOML
some="plain alone may own rooted views devices overlay rights root inner later joins"
ordinary unshare -r
up "as root of a user namespace the same table has its namespaces" $(printf '%s:up ' $some)
is "$(differs $some)" "rooted: sys
overlay: sys" "all of it as asked, but for a leaf and what it holds, and a new /sys by default"
# The same by the user itself, from outside: ids are called otherwise there, and no uts namespace is to be entered.
from_outside() {
	ct_in setpriv --reuid 4711 --regid 4711 --clear-groups "$MINIT" status "$1" | grep -E '^! (user|group|groups|userns|caps)|caps.permitted|not as asked' | tr -s ' ' | cut -d' ' -f2-
}
is "$(for s in plain root inner; do from_outside "$s"; done)" "caps.permitted a80425fb a80425fb
1 of 17 not as asked
caps.permitted a80425fb a80425fb
1 of 19 not as asked
caps.permitted a80425fb a80425fb
1 of 21 not as asked" "nothing else when it is looked at from outside"
ct_wait 10 '^devices: '
ct_said '^devices: 0$' "devices are minit's, where none can be made"
ct_wait 10 '^overlay: '
ct_said '^overlay: 0$' "a folder of an overlay's lower layer can be removed"
up "what belongs to the machine's network fails" networked:failed sysfs:failed
is "$(why networked)" "network namespace: Operation not permitted: minit may not set up networks here: run it by unshare -rn, or give network = \"host\"" "with what is missing"
is "$(why sysfs)" "mounts: /sys: Operation not permitted: minit may not mount here: run it by unshare -rn, or give sys = \"none\"" "for a new /sys too"
up "and so do others than itself" other:failed ids:failed
is "$(why other)" "user and groups: setresgid: Invalid argument: its user namespace has no such id: run it by unshare -r --map-auto (newuidmap, /etc/subuid), or name another" "for which a user has to have ids"
is "$(why ids)" "user namespace: gid_map: Operation not permitted: its ids are not minit's to give: correct userns, or run it by unshare -r --map-auto (newuidmap, /etc/subuid)" "to give"
ct_stop "it ends in order as root of that"

ct_table <<TOML
[network.bridge.mb0]
address = "10.93.0.1/24"
nat = true
isolate = true
[service.bridged]
exec = ["/bin/bash", "-c", "echo > /dev/tcp/10.93.0.1/9"]
restart = "never"
ready = "exit"
[service.networked]
exec = ["/bin/sleep", "1000"]
network = "none"
[service.rooted]
exec = ["/bin/sleep", "1000"]
root = "$base"
mounts = { "/usr" = "/usr" }
TOML
ordinary unshare -rn
up "with a network namespace beside it services have networks of their own, and a new /sys" networked:up rooted:up bridged:failed
is "$(differs networked rooted)" "" "as asked"
ct_said 'Connection refused' "and reach the bridge"
ct_stop "that ends in order as well"
echo "1..$ct_tests"
