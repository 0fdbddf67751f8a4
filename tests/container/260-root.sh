#!/bin/bash
# What a service finds in a root of its own: the kernel's files, devices, mounts, directories and secrets; seen from inside.
set -u
. tests/container/ct.sh

for root in root bare linked; do
	mkdir -p "$ct_dir/$root"
	cp -a "$TREE/." "$ct_dir/$root/"
done
rm -rf "$ct_dir/bare/proc" "$ct_dir/bare/sys" "$ct_dir/bare/dev"
mkdir -p "$ct_dir/root/hidden" "$ct_dir/data/deep" "$ct_dir/kept" "$ct_dir/other" "$ct_dir/images"
echo secret >"$ct_dir/root/hidden/file"
echo content >"$ct_dir/data/file"
echo one >"$ct_dir/one-file"
printf 'pass word' >"$ct_dir/key"
state=$(mktemp -d /var/lib/minit-test.XXXXXX)
chmod 600 "$ct_dir/key"
# The links are absolute: within the root they would lead nowhere else than in the host's.
ln -s "$ct_dir/other" "$ct_dir/linked/data"
ln -s "$ct_dir/data" "$ct_dir/data-link"
cp -a "$ct_dir/linked" "$ct_dir/noproc"
rm -rf "$ct_dir/noproc/proc"
ln -s /tmp "$ct_dir/noproc/proc"
cp -a "$ct_dir/linked" "$ct_dir/nodev"
rm -rf "$ct_dir/nodev/dev"
ln -s "$ct_dir/other" "$ct_dir/nodev/dev"
mke2fs -q -t ext4 -d "$ct_dir/root" "$ct_dir/images/ext4" 16M >/dev/null
mksquashfs "$ct_dir/root" "$ct_dir/images/squashfs" -quiet -no-progress >/dev/null
: >"$ct_dir/images/nothing"
truncate -s 1M "$ct_dir/images/nothing"
cp "$ct_dir/images/ext4" "$ct_dir/images/damaged"
head -c 500000 /dev/zero | tr '\0' x | dd of="$ct_dir/images/damaged" bs=1k seek=2 conv=notrunc status=none
mkfifo "$ct_dir/pipe"
truncate -s 1048577 "$ct_dir/large"

# finds NAME COMMAND [KEYS]: a task in $root that says what it finds, as one line `NAME: ...`.
root=$ct_dir/root
finds() {
	printf "[service.%s]\nexec = ['/bin/sh', '-c', 'echo \"%s: \"\$(eval \"\$0\" 2>&1)', '''%s''']\n%s\n" "$1" "$1" "$2" "${3:-}"
	[ -z "$root" ] || echo "root = '$root'"
}
# Target and options of each mount below a path.
mounts() {
	echo "cut -d' ' -f5,6 /proc/self/mountinfo | grep ^$1 | sed s/,relatime//"
}
# Whether a loop device can be opened, by a node of one's own.
loops='cd /dev; mknod c c 10 237; mknod b b 7 0; for f in c b; do (: <$f) 2>&1 | grep -c "not permitted"; done'

ct_table <<TOML
[defaults]
ready = "exit"
restart = "never"

$(finds whole 'cut -d" " -f5 /proc/self/mountinfo; stat -c %i / /..')
$(finds proc 'cat /proc/keys /proc/interrupts /proc/timer_list | wc -c; ls /proc/acpi /proc/scsi 2>/dev/null | grep -v : | wc -l; echo /proc/[0-9]* | wc -w')
$(finds writes 'for f in sys/kernel/core_pattern sys/kernel/hostname sysrq-trigger irq/default_smp_affinity bus/x fs/x; do (echo x >/proc/$f) 2>&1; done | grep -c Read-only')
$(finds others 'mknod /dev/log c 1 11; (: >/dev/log) 2>&1 | grep -q "not permitted" && echo held; (: >/dev/null) && echo null')
$(finds others2 'mknod /dev/log c 1 11; (: >/dev/log) && echo yes' 'devices = "any"')
$(finds own 'echo 10 >/proc/self/oom_score_adj && cat /proc/self/oom_score_adj')
$(finds open 'cat /proc/keys | wc -l; grep -c " /proc/" /proc/self/mountinfo' 'proc = "open"')
$(finds pids 'ls /proc | grep -v "^[0-9]"' 'proc = "pids"')
$(finds noproc 'ls /proc | wc -l' 'proc = "none"')
$(finds hidepid 'grep -o hidepid=[a-z]* /proc/self/mountinfo | head -n 1' 'hidepid = "invisible"')
$(finds sys '(echo 1 >/sys/kernel/uevent_seqnum) 2>&1 | grep -q Read-only && echo Read-only; ls /sys/firmware | wc -l; ls /sys/class/net | head -n 1')
$(finds nosys 'ls /sys | wc -l' 'sys = "none"')
$(finds groups '(mkdir /sys/fs/cgroup/x) 2>&1 | grep -q Read-only && echo Read-only; ls /sys/fs/cgroup | grep -c cgroup.procs')
$(finds dev 'ls /dev; stat -c %a:%t:%T /dev/null /dev/tty /dev/urandom; echo x >/dev/null && head -c 3 /dev/zero | wc -c')
$(finds devmounts "stat -f -c %T /dev/pts /dev/shm /dev/mqueue; echo x >/dev/shm/x && ls /dev/shm")
$(finds nodes 'ls -l /dev/fuse | cut -c1' 'dev_nodes = ["/dev/fuse"]')
$(finds alldev 'ls /dev | wc -l' 'dev = "all"')
$(finds umask 'umask')
$(finds bind 'cat /data/file; (echo x >/data/new) 2>&1 | grep -q Read-only && echo Read-only; echo x >/data2/new && echo written' "mounts = { '/data' = { bind = '$ct_dir/data', readonly = true }, '/data2' = '$ct_dir/data' }")
$(finds options "$(mounts '/m')" "mounts = { '/m1' = '$ct_dir/data', '/m2' = { rbind = '$ct_dir/data', nosuid = false, nodev = false, noexec = true } }")
$(finds file 'cat /etc/one; ls -l /etc/one | cut -c1' "mounts = { '/etc/one' = '$ct_dir/one-file' }")
$(finds tmpfs 'df -k /t | tail -n 1 | tr -s " " | cut -d" " -f2; stat -c %a /t /u; touch /t/deep/er 2>&1 | grep -c No; stat -c %a /t/x/y' "mounts = { '/t' = { tmpfs = '1M', mode = '1777' }, '/u' = 'tmpfs', '/t/x/y' = { tmpfs = true, mode = '0700' } }")
$(finds masked 'ls /hidden | wc -l; wc -c </etc/passwd; (echo x >/hidden/x) 2>&1 | grep -q Read-only && echo Read-only' "mounts = { '/hidden' = 'masked', '/etc/passwd' = 'masked' }")
$(finds partly 'touch /usr/x 2>&1 | grep -q Read-only && echo Read-only; touch /var/x && echo written' "mounts = { '/usr' = 'readonly' }")
$(finds readonly 'touch /x 2>&1 | grep -q Read-only && echo Read-only; touch /t/x && echo written' "readonly = true
mounts = { '/t' = 'tmpfs' }")
$(finds tmp 'ls /tmp /var/tmp | grep -c x; stat -c %a /tmp; touch /tmp/x' 'private_tmp = true')
$(finds overlay 'echo x >/new && ls -d /new; stat -c %i / /.. | uniq | wc -l; stat -c %a /; wc -l </proc/self/mountinfo' 'overlay = "tmpfs"')
$(finds kept 'ls /kept 2>/dev/null; touch /kept' "overlay = '$ct_dir/kept'")
$(finds again 'ls /kept' "overlay = '$ct_dir/kept'
after = ['kept']")
$(finds state 'echo $STATE_DIRECTORY $CACHE_DIRECTORY $LOGS_DIRECTORY $RUNTIME_DIRECTORY; stat -c %u:%g:%a $RUNTIME_DIRECTORY; touch $RUNTIME_DIRECTORY/x && echo written' 'user = "4711"
group = "815"
runtime_directory = "minit-test/web"
directory_mode = "0750"')
$(finds below 'touch $STATE_DIRECTORY/x $RUNTIME_DIRECTORY/x /run/y && ls /run /var; touch /run/shut/x 2>&1 | grep -c Read-only; ls $RUNTIME_DIRECTORY' "readonly = true
mounts = { '/run' = 'tmpfs', '/run/shut' = { bind = '$ct_dir/data', readonly = true }, '/run/shut/deep/x' = 'tmpfs', '/var' = 'tmpfs', '/var/lib' = 'tmpfs' }
state_directory = '${state#/var/lib/}/below'
runtime_directory = 'shut/deep'")
$(finds secret 'cat /run/secrets/password; echo; stat -c %u:%a /run/secrets /run/secrets/password; rm /run/secrets/password 2>&1 | grep -q Read-only && echo Read-only; stat -f -c %T /run/secrets; env | grep -c "pass word"' "user = '4711'
secrets = { password = '$ct_dir/key' }")
$(finds propagation "grep -c 'shared:' /proc/self/mountinfo")
$(root=$ct_dir/bare finds bare 'ls -d /proc/1 /dev/null /sys/class')
$(root=$ct_dir/images/squashfs finds squashfs "touch /x 2>&1 | grep -q Read-only && echo Read-only; $(mounts '/[[:blank:]]'); stat -f -c %T /")
$(root=$ct_dir/images/squashfs finds lain 'touch /x && ls /x' 'overlay = "tmpfs"')
$(root=$ct_dir/images/ext4 finds ext4 'touch /x && ls /x')
$(root=$ct_dir/images/ext4 finds ext4ro 'ls /x; touch /x 2>&1 | grep -q Read-only && echo Read-only' 'readonly = true
needs = ["ext4"]')
$(root=$ct_dir/images/squashfs finds imageheld "$loops")
$(root=$ct_dir/images/squashfs finds imagelist "$loops" 'devices = ["null"]')
$(root=$ct_dir/images/squashfs finds imageany "$loops" 'devices = "any"')
$(root=$ct_dir/images/squashfs finds imageids "(: </dev/loop-control) 2>&1 | grep -c 'not permitted'; touch /x && ls /x; cat /proc/self/cgroup | grep -v -c :/$" 'devices = []
dev_nodes = ["/dev/loop-control"]
overlay = "tmpfs"
userns = "auto"')
$(root=$ct_dir/images/ext4 finds imagenext "ls /x; touch /y && ls /y; $loops" 'devices = []
needs = ["ext4ro"]')
$(root='' finds here 'cat /proc/keys | wc -c; (echo x >/proc/sys/kernel/hostname) 2>&1 | grep -q Read-only && echo Read-only; test -e /dev/kmsg && echo all')
$(root='' finds herebind 'cat /mnt/file; ls /run/secrets' "mounts = { '/mnt' = '$ct_dir/data' }
secrets = { a = '$ct_dir/key' }")
$(root='' finds heresealed 'for d in $(echo $STATE_DIRECTORY | tr : " "); do touch $d/x && echo written; done; (echo x >/etc/minit-test) 2>&1 | grep -c Read-only; stat -c %u:%a $STATE_DIRECTORY' "readonly = true
user = '4711'
state_directory = '${state#/var/lib/}'")
$(root='' finds hereopen '(echo x >/proc/sys/kernel/hostname) 2>&1 | grep -c Read-only' 'proc = "open"')
$(root=/ finds slash 'ls /dev | wc -l')
TOML
ct_start
ct_end 60
is $? 0 "all of them ran"
ct_not_said ' step ' "no step failed"

says() {
	is "$(sed -n "s/^$1: //p" "$ct_dir/out")" "$2" "$3"
}
value() {
	sed -n "s/^$1: //p" "$ct_dir/out"
}

value whole | tr ' ' '\n' | grep -v -x -E '/|/(proc|sys|dev)(/.*)?|[0-9]+' >"$ct_dir/extra"
is "$(cat "$ct_dir/extra")" "" "no mount of minit's is left in a root of its own"
is "$(value whole | tr ' ' '\n' | tail -n 2 | uniq | wc -l)" 1 "and nothing is above it"
is "$(value proc | cut -d' ' -f1,2)" "0 0" "/proc does not tell of the machine"
[ "$(value proc | cut -d' ' -f3)" -le 6 ]
ok $? "nor of other processes"
says writes 6 "what changes the machine is read-only"
says own 10 "what is its own can be written"
is "$(value open | cut -d' ' -f2)" 0 'proc = "open" hides nothing'
is "$(value pids | tr ' ' '\n' | grep -v -E '^(self|thread-self)$')" "" 'proc = "pids" has nothing but the processes'
says noproc 0 'proc = "none" is what the root has'
says hidepid hidepid=invisible "hidepid"
says sys "Read-only 0 lo" "/sys is read-only, and without the firmware"
says nosys 0 'sys = "none" is what the root has'
says groups "Read-only 1" "the leaf can be looked at, not changed"
says dev "fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero 666:1:3 666:5:0 666:1:9 3" "/dev has the usual devices"
says devmounts "devpts tmpfs 0x19800202 x" "and terminals, shared memory and queues of its own"
says nodes c "and devices of the table"
says others "held null" "others cannot be opened, whoever makes a node of one"
says others2 yes "but by who is allowed any"
[ "$(value alldev)" -gt 16 ]
ok $? 'dev = "all" is minit'"'s"
says umask "$(umask)" "making devices leaves the umask alone"
says bind "content Read-only written" "a bind, read-only or not"
says options "/m1 rw,nosuid,nodev /m2 rw,noexec" "options of mounts"
says file "one -" "a file is bound to a file that is made"
says tmpfs "1024 1777 755 1 700" "tmpfs: size, mode, one upon the other"
says masked "0 0 Read-only" "masked directories and files"
says partly "Read-only written" "a part that is read-only"
says readonly "Read-only written" "a read-only root has what is mounted in it"
says tmp "0 1777" "a private /tmp is empty"
is "$(ls "$ct_dir/root/tmp")" "" "and stays so"
is "$(value overlay | cut -d' ' -f1-3)" "/new 1 755" "an overlay can be written"
[ "$(value overlay | cut -d' ' -f4)" -le 24 ]
ok $? "no mount of minit's is left in one either"
[ ! -e "$ct_dir/root/new" ]
ok $? "which does not reach the root"
says kept "" "a kept overlay is empty at first"
says again /kept "and has what was written then"
says state "/run/minit-test/web 4711:815:750 written" "directories belong to its user"
says below "/run: shut y /var: lib 1 x" "directories are seen below what is mounted above them, too, and can be written"
says secret "pass word 4711:500 4711:400 Read-only 0x858458f6 0" "a secret is for its user alone, in memory, and not in the environment"
says propagation 0 "nothing spreads"
says bare "/dev/null /proc/1 /sys/class" "places for mounts are made"
says squashfs "Read-only / ro,nodev squashfs" "a squashfs image"
says lain /x "with an overlay upon it"
says ext4 /x "an ext4 image can be written"
says ext4ro "/x Read-only" "and kept what was"
says imageheld "1 1" "an image as the root does not let its service use loop devices"
says imagelist "1 1" "nor is one in a list needed for it"
says imageany "0 0" "who may use any may use them"
says imageids "1 /x 0" "an overlay of mapped ids on an image, in a leaf without devices"
says imagenext "/x /y 1 1" "and an image that is written to"
says here "0 Read-only all" "in minit's own root /proc is masked and /dev is as it is"
says herebind "content a" "mounts and secrets work there too"
says heresealed "written 1 4711:755" "where that is read-only, directories of its own can be written"
ln -s "$ct_dir/other" "$state/link"
: >"$state/file"
says hereopen 0 "and /proc can be open"
[ "$(value slash)" -le 16 ]
ok $? 'root = "/" is a root of its own'
is "$(losetup -a | grep -c "$ct_dir")" 0 "no loop device is left"

# -- what cannot be ------------------------------------------------------------------------------------------------

cannot() {
	printf "[service.%s]\nexec = ['/bin/true']\nroot = '%s'\n%s\n" "$1" "${3:-$ct_dir/root}" "$2"
}
ct_table <<TOML
[defaults]
ready = "exit"

$(cannot source "mounts = { '/m' = '$ct_dir/no/such' }")
$(cannot sourcelink "mounts = { '/m' = '$ct_dir/data-link' }")
$(cannot targetlink "mounts = { '/data' = '$ct_dir/data' }" "$ct_dir/linked")
$(cannot belowlink "mounts = { '/data/x' = 'tmpfs' }" "$ct_dir/linked")
$(cannot proclink '' "$ct_dir/noproc")
$(cannot devlink '' "$ct_dir/nodev")
$(cannot isfile "mounts = { '/etc/passwd/x' = 'tmpfs' }")
$(cannot mask "mounts = { '/no/such' = 'masked' }")
$(cannot protect "mounts = { '/no/such' = 'readonly' }")
$(cannot node 'dev_nodes = ["/dev/no-such"]')
$(cannot nonode 'dev_nodes = ["/dev/shm"]')
$(cannot secret "secrets = { a = '$ct_dir/no-key' }")
$(cannot pipe "secrets = { a = '$ct_dir/pipe' }")
$(cannot folder "secrets = { a = '$ct_dir/data' }")
$(cannot endless "secrets = { a = '$ct_dir/large' }")
$(cannot upon "mounts = { '/etc' = '$ct_dir/one-file' }")
$(cannot beneath "mounts = { '/etc/passwd' = '$ct_dir/data' }")
$(cannot memory "mounts = { '/etc/passwd' = 'tmpfs' }")
$(cannot damaged '' "$ct_dir/images/damaged")
$(cannot image '' "$ct_dir/images/nothing")
$(cannot nomount 'namespaces = ["pid"]' "$ct_dir/images/squashfs")
$(cannot kept "overlay = '/proc/1/no'")
$(cannot statelink "state_directory = '${state#/var/lib/}/link'")
$(cannot statefile "state_directory = '${state#/var/lib/}/file'")
$(cannot place "mounts = { '/m' = 'tmpfs' }" "$ct_dir/images/squashfs")
[service.other]
exec = ["/bin/sleep", "1000"]
ready = "exec"
[service.keeps]
exec = ["/bin/sleep", "1000"]
ready = "exec"
root = "$ct_dir/root"
overlay = "$ct_dir/kept"
[service.keeps-too]
exec = ["/bin/sleep", "1000"]
ready = "exec"
after = ["keeps"]
root = "$ct_dir/root"
overlay = "$ct_dir/kept"
backoff = { first = "10ms", max = "10ms" }
TOML
ct_start
ct_up
ct_is "all that cannot be has failed" source:failed sourcelink:failed targetlink:failed belowlink:failed proclink:failed devlink:failed \
	pipe:failed folder:failed endless:failed upon:failed beneath:failed memory:failed damaged:failed isfile:failed mask:failed protect:failed node:failed nonode:failed secret:failed image:failed place:failed kept:failed nomount:failed statelink:failed statefile:failed
why() {
	is "$(grep -a "^minit: $1: " "$ct_dir/out" | head -n 1)" "minit: $1: step ${4:-mounts}: $2; given up" "$3"
}
loop="Symbolic link loop"
grep -q "Too many levels" "$ct_dir/out" && loop="Too many levels of symbolic links"
wanted="a directory is wanted here (a root may also be an image; a file is mounted upon a file): correct the table"
why source "$ct_dir/no/such: No such file or directory: make it, or correct the table" "no source"
why sourcelink "$ct_dir/data-link: $loop: a link in it is not followed: name what it leads to" "a source that is a link"
why targetlink "/data: $loop: a link in it is not followed: name what it leads to" "a target that is a link"
why belowlink "/data/x: $loop: a link in it is not followed: name what it leads to" "a target below a link"
why proclink "/proc: $loop: a link in it is not followed: name what it leads to" "/proc that is a link"
why devlink "/dev: $loop: a link in it is not followed: name what it leads to" "/dev that is a link"
why isfile "/etc/passwd/x: Not a directory: $wanted" "a target below a file"
why mask "/no/such: No such file or directory: make it, or correct the table" "nothing to mask"
why protect "/no/such: No such file or directory: make it, or correct the table" "nothing to protect"
why node "/dev/no-such: No such file or directory: make it, or correct the table" "no device"
why nonode "/dev/shm: No such device: it is no device, or the kernel lacks its file system" "a device that is none"
why secret "$ct_dir/no-key: No such file or directory: make it, or correct the table" "no secret"
why image "$ct_dir/images/nothing: Wrong medium type: neither squashfs, erofs nor ext4 is in it" "an image that is none" image
why pipe "$ct_dir/pipe: Not supported: a secret is read from a file: no pipe, socket or device" "a secret that would keep it waiting"
why folder "$ct_dir/data: Is a directory: a file is wanted here: correct the table" "a secret that is a directory"
why endless "$ct_dir/large: File too large: a secret has at most 1 MiB" "a secret that would fill the memory"
why upon "/etc: Is a directory: a file is wanted here: correct the table" "a file upon a directory"
why beneath "/etc/passwd: Not a directory: $wanted" "a directory upon a file"
why memory "/etc/passwd: Not a directory: $wanted" "a tmpfs upon a file"
why damaged "$ct_dir/images/damaged: Structure needs cleaning: the file system in it is damaged: repair it (fsck), or make the image anew" "a damaged image" image
why statelink "$state/link: $loop: a link is not followed there: put a directory in its place (mount --bind shows another one there)" "a state directory that is a link" "directories and secrets"
why statefile "$state/file: Not a directory: something else is there: take it away, or give another name" "one that is a file" "directories and secrets"
why kept "/proc/1/no: No such file or directory: make it, or correct the table" "a place for an overlay that cannot be"
why nomount "a root that is an image needs a mount namespace: Not a directory: add \"mount\" to namespaces; where minit has to leave it out, run the container with --cap-add SYS_ADMIN" "an image without a mount namespace" image
why place "/m: Read-only file system: make it in the image, or give an overlay" "an image without the place for a mount"
is "$(ls "$ct_dir/other")" "" "nothing was made behind a link"
ct_is "two do not keep what they write in one place at the same time" keeps:up 'keeps-too:failures>=2' keeps-too:backoff
is "$(ct_field keeps-too why)" "step mounts: $ct_dir/kept: Resource busy: another service that runs keeps there what it writes: stop that one, or give each a directory of its own" \
	"which is told"
ct_minit stop keeps >/dev/null
ct_is "but one after the other" keeps-too:up
rm -r "$state"
ct_stop "it ends in order"

# Where programs for cgroups are refused, and so the list is one of cgroup v1.
if grep -q '^[0-9]*:devices:' /proc/self/cgroup; then
	gcc -O1 -Wall -Wextra -D_GNU_SOURCE -o "$ct_dir/refuse" tests/tools/refuse.c || { echo "not ok - the tool builds"; exit 1; }
	ct_table <<TOML
[service.former]
exec = ["/bin/sh", "-c", '''($loops) >/dev/shm/loops; exec sleep 1000''']
root = "$ct_dir/images/squashfs"
devices = ["null"]
TOML
	ct_start "$ct_dir/refuse" bpf "$MINIT" run "$ct_dir/table.toml"
	ct_up
	ct_is "an image with a list of cgroup v1" former:up
	former() {
		nsenter --target "$(ct_outer former)" --mount --root cat "/dev/shm/$1" 2>/dev/null
	}
	ct_until 10 eval '[ "$(former loops | wc -w)" = 2 ]'
	is "$(former loops | tr '\n' ' ')" "1 1 " "holds loop devices back"
	is "$(sed -n 's/.*:devices:.*\(svc\.former\)$/\1/p' "/proc/$(ct_outer former)/cgroup")" svc.former "by its leaf there"
	is "$(ct_minit status former | grep '^!')" "" "as asked"
	ct_stop "it ends in order"
fi

# In a container that lets nobody use a loop device.
cat >"$ct_dir/inner.toml" <<TOML
$(cannot noloop '' "$ct_dir/images/squashfs")
TOML
ct_table <<TOML
[service.container]
exec = ["$MINIT", "run", "$ct_dir/inner.toml"]
init = false
env.MINIT_SOCKET = "/run/inner"
devices = ["null"]
caps = "all"
seccomp = "none"
TOML
ct_start
ct_up
ct_wait 10 '^minit: noloop: .*given up'
why noloop "$ct_dir/images/squashfs: Block device required: an image takes a loop device, and none may be used: have the container allow /dev/loop-control and the devices of loop, and be given nodes of them" "an image without its devices" image
ct_stop "it ends in order"
echo "1..$ct_tests"
