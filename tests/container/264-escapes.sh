#!/bin/bash
# What has led out of containers before, tried from inside of a root; and a root where pivot_root is forbidden.
set -u
. tests/container/ct.sh

mkdir -p "$ct_dir/root" "$ct_dir/raced" "$ct_dir/outside"
cp -a "$TREE/." "$ct_dir/root/"
cp -a "$TREE/." "$ct_dir/raced/"
mkdir "$ct_dir/secret" "$ct_dir/source" && touch "$ct_dir/secret/seen" "$ct_dir/source/own"
rm -rf "$ct_dir/root/dev/null"
mkdir -p "$ct_dir/root/dev"
ln -s /proc/sys/kernel/core_pattern "$ct_dir/root/dev/null"
mknod "$ct_dir/root/log" c 1 11 && chmod 666 "$ct_dir/root/log"

finds() {
	printf "[service.%s]\nexec = ['/bin/sh', '-c', 'echo \"%s: \"\$(eval \"\$0\")', '''%s''']\n%s\nroot = '%s'\n" \
		"$1" "$1" "$2" "${3:-}" "$ct_dir/root"
}
says() {
	is "$(sed -n "s/^$1: *//p" "$ct_dir/out")" "$2" "$3"
}
sum=$(sha256sum "$MINIT")
core=$(cat /proc/sys/kernel/core_pattern)
ct_table <<TOML
[defaults]
ready = "exit"
restart = "never"

$(finds descriptors 'cd /proc/self/fd && for f in *; do [ ! -e $f ] || echo $f; done')
$(finds exe '(: >/proc/1/exe) 2>/dev/null || echo refused')
$(finds reaper 'ls -l /proc/1/root/ /proc/1/cwd/ | grep -c work; ls /proc/1/fd | wc -l')
$(finds sysctl 'for f in kernel/core_pattern kernel/modprobe vm/panic_on_oom fs/suid_dumpable; do (echo x >/proc/sys/$f) 2>/dev/null && echo $f; done; (echo h >/proc/sysrq-trigger) 2>/dev/null || echo refused')
$(finds unmask 'umount /proc/sys 2>/dev/null; mount -o remount,rw /proc/sys 2>/dev/null; (echo x >/proc/sys/kernel/core_pattern) 2>/dev/null || echo refused')
$(finds hidden 'cd /sys/firmware && mount -o remount,bind,rw /sys/firmware && cd /sys/firmware && { mkdir x; (: >y); } 2>/dev/null; ls -A /sys/firmware | wc -l; grep -c " /sys/firmware " /proc/self/mountinfo' 'caps = ["sys_admin", "dac_override"]')
$(finds memory 'ls /dev/mem /dev/kmem /dev/port /dev/kmsg /dev/sda /dev/vda 2>/dev/null | wc -l')
$(finds nodes 'for n in "c 1 1" "c 1 2" "c 1 4" "c 1 11" "b 7 0" "b 8 0" "b 254 0" "b 259 0"; do mknod /tmp/n $n && (: </tmp/n) 2>/dev/null && echo $n; rm /tmp/n; done; (: </log) 2>/dev/null || echo refused')
$(finds mapped '(mknod /tmp/n c 1 1) 2>/dev/null || echo none; (: </log) 2>/dev/null || echo refused' 'userns = "auto"')
$(finds v1 'mkdir /tmp/v1; mount -t cgroup -o memory none /tmp/v1 2>/dev/null || mount -t cgroup -o none,name=x none /tmp/v1 2>/dev/null || echo refused; unshare -U true 2>/dev/null || echo refused')
$(finds agent 'find /sys/fs/cgroup -name release_agent | wc -l; (echo 1 >/sys/fs/cgroup/cgroup.procs) 2>/dev/null || echo refused')
$(finds above 'cd /; ls ../../../.. | sort | head -n 3; cat /proc/self/mountinfo | cut -d" " -f5 | grep -v -E "^/(proc|sys|dev)?(/|$)"')
TOML
ct_start
ct_end 60
is $? 0 "all of them ran"
says descriptors "0 1 2" "no descriptor leads out"
says exe refused "minit's program cannot be written through /proc"
is "$(sha256sum "$MINIT")" "$sum" "and is what it was"
says reaper "0 0" "the reaper has no directory outside, and no descriptor"
says sysctl refused "nothing of the kernel can be set"
says unmask refused "nor once it was tried to take the mask away"
is "$(cat /proc/sys/kernel/core_pattern)" "$core" "/dev/null of the root is not what masks, nor what is written to"
says hidden "0 1" "nor can anything be put into a directory of /sys that is hidden, by who may change its mount"
says memory 0 "no device of the machine is there"
says nodes refused "nor can one be opened by a node, made inside or lying in the root"
says mapped "none refused" "nor by who is root of its own users"
says agent "0 refused" "no cgroup can be changed"
says v1 "refused refused" "nor be mounted, where release_agent is, nor by who makes itself root of other users"
says above "bin dev etc" "nothing is above the root"

# -- CVE-2019-5736 as it was done: a program is held by a descriptor until nobody runs it any more -------------------------

# Who has all rights may open the program of the first process it sees. It gives that to a friend, who outlives that process.
cat >"$ct_dir/hold.py" <<'END'
import errno, hashlib, os, signal, socket, sys
def answer(call, *args):
    try:
        call(*args)
        return "good"
    except OSError as e:
        return errno.errorcode[e.errno]
def give(at):
    held = [os.open("/proc/1/exe", how) for how in (os.O_RDONLY, os.O_PATH)]
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(at)
        socket.send_fds(s, [os.readlink("/proc/1/exe").encode()], held)
def tries(fd, told):
    try:
        opened = os.open(f"/proc/self/fd/{fd}", os.O_WRONLY)
        told.add(f"opened: write {answer(os.write, opened, b'#!')}, truncate {answer(os.ftruncate, opened, 0)}")
        return opened
    except OSError as e:
        told.add(errno.errorcode[e.errno])
def take(at):
    end, told, count = [], set(), 0
    signal.signal(signal.SIGTERM, lambda *_: end.append(1))
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(at)
        s.listen()
        print("holder listens", flush=True)
        text, held, _, _ = socket.recv_fds(s.accept()[0], 4096, 2)
    print("holder has:", text.decode(), flush=True)
    opened = {}
    while not end:
        for fd in held:
            opened[fd] = opened.get(fd) or tries(fd, told)
        count += 1
    program = hashlib.sha256(open(f"/proc/self/fd/{held[0]}", "rb").read()).hexdigest()
    print("holder:", *sorted(told), count > 100, program, flush=True)
(give if sys.argv[1] == "give" else take)(sys.argv[2])
END
cp "$MINIT" "$ct_dir/minit"
# holds COMMAND: over executions in place, and while services with reapers begin and end.
holds() {
	rm -f "$ct_dir/held"
	ct_start sh -c "$1; exec \"\$@\"" sh "$ct_dir/minit" run "$ct_dir/table.toml"
	ct_up
	ct_wait 10 '^holder listens'
	ct_minit start giver >/dev/null
	ct_wait 10 '^holder has: '
	for i in 1 2 3 4 5; do ct_minit reexec >/dev/null; ct_minit restart after >/dev/null; done
	ct_signal SEGV
	ct_is "the program of a reaper is held, and services go on" holder:up after:done giver:done
	ct_minit stop holder >/dev/null
}
ct_table <<TOML
[defaults]
restart = "never"
autostart = false
[service.holder]
exec = ["/usr/bin/python3", "$ct_dir/hold.py", "take", "$ct_dir/held"]
autostart = true
namespaces = []
[service.giver]
exec = ["/usr/bin/python3", "$ct_dir/hold.py", "give", "$ct_dir/held"]
ready = "exit"
caps = "all"
[service.after]
exec = ["/bin/true"]
ready = "exit"
[service.whose]
exec = ["/bin/sh", "-c", "echo whose: \$(sha256sum </proc/1/exe)"]
ready = "exit"
caps = "all"
TOML
holds :
says 'holder has' '/memfd:minit-reaper (deleted)' "it is not minit's"
ct_minit start whose >/dev/null
is "$(sed -n 's/^holder: \(ETXTBSY \)*//p' "$ct_dir/out")" \
	"opened: write EPERM, truncate EPERM True $(sed -n 's/^whose: \([0-9a-f]*\).*/\1/p' "$ct_dir/out")" "and cannot be changed when nobody runs it"
ct_stop "it ends in order"
if [ -e /proc/sys/vm/memfd_noexec ]; then
	holds 'echo 2 >/proc/sys/vm/memfd_noexec'
	says 'holder has' "$ct_dir/minit" "where no memfd may be executed it is"
	says holder "ETXTBSY True ${sum%% *}" "but minit runs it at all times"
	ct_stop "it ends in order"
fi
is "$(sha256sum "$ct_dir/minit")" "${sum%% *}  $ct_dir/minit" "minit is what it was"

# -- in minit's own root, with its /sys -----------------------------------------------------------------------------

# writable DIR DEPTH: how many files there can be written to; a mount that is read-only has none.
cat >"$ct_dir/writable" <<'SH'
find "$1" -maxdepth "$2" -type f -perm -200 2>/dev/null | while read -r f; do [ ! -w "$f" ] || echo; done | wc -l
SH
cat >"$ct_dir/lift" <<'SH'
for s in escapee bystander; do
	for f in $(find /sys/fs/cgroup -path "*/svc.$s/pids.max"); do (echo 15 >"$f") 2>/dev/null && echo "lifted $s"; done
	for f in $(find /sys/fs/cgroup -path "*/svc.$s/cgroup.kill"); do [ ! -w "$f" ] || echo "kills $s"; done
done
echo tried
SH
cat >"$ct_dir/leave" <<'SH'
for f in /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/*/cgroup.procs; do (echo 0 >"$f") 2>/dev/null && echo left; done
echo tried
SH
chmod 755 "$ct_dir"
here() {
	printf "[service.%s]\nexec = ['/bin/sh', '-c', 'echo \"%s: \"\$(eval \"\$0\")', '''%s''']\n%s\n" "$1" "$1" "$2" "${3:-}"
}
w="sh $ct_dir/writable"
ct_table <<TOML
[defaults]
ready = "exit"
restart = "never"
[service.bystander]
exec = ["/bin/sleep", "1000"]
ready = "exec"
cgroup.pids.max = 20
$(here escapee "sh $ct_dir/lift" 'needs = ["bystander"]
cgroup.pids.max = 12')
$(here leaver "sh $ct_dir/leave")
$(here settings "$w /sys 4")
$(here mine '[ $('"$w"' /sys/kernel 2) -gt 0 ] && '"$w"' /sys/devices 3' 'mounts = { "/sys/kernel" = "/sys/kernel" }')
$(here kept '[ $('"$w"' /sys/fs/cgroup 2) -gt 0 ] && [ $('"$w"' /sys/kernel 2) -gt 0 ] && echo all' 'sys = "none"')
$(here nomounts '[ $('"$w"' /sys/fs/cgroup 2) -gt 0 ] && echo all' 'namespaces = []')
[service.stays]
exec = ["/bin/sleep", "1000"]
ready = "exec"
TOML
ct_start
ct_up
ct_is "those in minit's own root run" escapee:done leaver:done settings:done mine:done kept:done nomounts:done stays:up
says escapee tried "the limits of a leaf are not lifted, nor another's changed, nor is that killed"
says leaver tried "nobody leaves its leaf"
says settings 0 "nothing of /sys can be set"
says mine 0 "but for what its table mounts there"
says kept all 'or with sys = "none"'
says nomounts all "or without a mount namespace of its own"
is "$(ct_minit status stays | grep '^. sys ' | tr -s ' ')" " sys sealed sealed" "status tells of it"
nsenter --target "$(ct_outer stays)" --mount mount -o remount,bind,rw /sys
is "$(ct_minit status stays | grep '^. sys ' | tr -s ' ')" "! sys sealed can be written to: /sys" "and of what is not so any more"
ct_stop "it ends in order"

# -- a root that is changed while it is mounted ---------------------------------------------------------------------

ct_table <<TOML
[defaults]
ready = "exit"
restart = "never"
[service.raced]
exec = ["/bin/echo", "raced"]
root = "$ct_dir/raced"
mounts = { "/a/b/c" = "tmpfs", "/a/d" = { bind = "/etc/hostname" } }
[service.swapped]
exec = ["/bin/ls", "/srv"]
root = "$ct_dir/root"
mounts = { "/srv" = { bind = "$ct_dir/swapped" } }
[service.cwd]
exec = ["/bin/true"]
root = "$ct_dir/root"
cwd = "/proc/self/fd/5"
[service.other]
exec = ["/bin/sleep", "1000"]
ready = "exec"
TOML
(
	while :; do
		rm -rf "$ct_dir/raced/a"
		ln -s "$ct_dir/outside" "$ct_dir/raced/a"
		rm -f "$ct_dir/raced/a"
		ln -s / "$ct_dir/raced/a" && rm -f "$ct_dir/raced/a"
		mkdir "$ct_dir/raced/a"
		rm -rf "$ct_dir/swapped" && ln -s "$ct_dir/secret" "$ct_dir/swapped"
		rm -f "$ct_dir/swapped" && cp -a "$ct_dir/source" "$ct_dir/swapped"
	done 2>/dev/null
) &
racer=$!
ct_start
ct_up
# Until each has met the names as they ought to be, and as they ought not: else it was no race.
races() {
	local name
	for name in raced own; do grep -a -q -x $name "$ct_dir/out" || return; done
	for name in raced swapped; do grep -a -q "minit: $name: step mounts: .*: Symbolic link loop" "$ct_dir/out" || return; done
}
for i in $(seq 400); do
	[ "$i" -le 40 ] || ! races || break
	ct_minit restart raced swapped >/dev/null 2>&1
done
kill "$racer"
wait "$racer" 2>/dev/null
races
ok $? "of $((i - 1)) starts of both some found all as it was, and some links: $(grep -a -c -x raced "$ct_dir/out") and $(grep -a -c -x own "$ct_dir/out") ran"
is "$(find "$ct_dir/outside" -mindepth 1)$(find / -maxdepth 1 \( -name b -o -name d \))" "" "links that come and go lead nothing out of the root"
ct_in cut -d' ' -f5 /proc/self/mountinfo | grep -c "$ct_dir" >"$ct_dir/count"
is "$(cat "$ct_dir/count")" 0 "nor any mount"
is "$(grep -c -x seen "$ct_dir/out")" 0 "what is bound is what the table names, though it is swapped for a link"
ct_is "a working directory by a descriptor is refused" cwd:failed
ct_stop "it ends in order"

# -- an overlay whose directories are exchanged for links, by who can write where they are ---------------------------------

gcc -static -std=gnu17 -D_GNU_SOURCE -O1 -Wall -Wextra -o "$ct_dir/swapper" tests/tools/swapper.c
mkdir -p "$ct_dir"/{over,outside,still}/kept/{upper,work} "$ct_dir/outside/upper"
# wrote NAME DIR: a service that writes to its overlay.
wrote() {
	printf '[service.%s]\nexec = ["/bin/touch", "/wrote"]\nroot = "%s"\noverlay = "%s"\nready = "exit"\nrestart = "never"\n' \
		"$1" "$ct_dir/root" "$ct_dir/$2"
}
ct_table <<TOML
$(wrote whole over/kept)
$(wrote part still/kept)
[service.other]
exec = ["/bin/sleep", "1000"]
TOML
"$ct_dir/swapper" "$ct_dir/over" "$ct_dir/outside" kept >/dev/null &
racers=$!
"$ct_dir/swapper" "$ct_dir/still/kept" "$ct_dir/outside" upper >/dev/null &
racers="$racers $!"
ct_start
ct_up
for i in $(seq 20); do ct_minit restart whole part >/dev/null 2>&1; done
kill $racers
wait $racers 2>/dev/null
is "$(find "$ct_dir/outside" -name wrote)" "" "what is written does not go elsewhere"
is "$(find "$ct_dir/over" "$ct_dir/still" -name wrote | wc -l)" 2 "but where the table says"
ct_stop "it ends in order"

# -- what is at /proc and is none --------------------------------------------------------------------------------------

ct_table <<TOML
[defaults]
restart = "never"
namespaces = []
autostart = false
[service.oom]
exec = ["/bin/sleep", "1000"]
oom_score_adj = 300
[service.apparmor]
exec = ["/bin/sleep", "1000"]
apparmor = "unconfined"
[service.selinux]
exec = ["/bin/sleep", "1000"]
selinux = "system_u:system_r:unconfined_t:s0"
TOML
ct_start
ct_up
ct_in sh -c "mount -t tmpfs forged /proc && mkdir -p /proc/self /proc/thread-self/attr/apparmor && touch /proc/self/oom_score_adj
	touch /proc/thread-self/attr/exec /proc/thread-self/attr/apparmor/exec"
while read -r name step; do
	ct_minit start "$name" >/dev/null 2>&1
	is "$(ct_field "$name" why)" "step $step: /proc is no procfs: Operation not permitted" "what is at /proc and is no procfs is not written to: $name"
done <<'END'
oom process
apparmor security label
selinux security label
END
is "$(ct_in find /proc -type f | wc -l) $(ct_in find /proc -type f -size +0)" "3 " "not a byte"
ct_in umount /proc
ct_stop "it ends in order"

# -- a container without rights, where root of a service may as much as minit ------------------------------------------

gcc -static -std=gnu17 -D_GNU_SOURCE -O1 -Wall -Wextra -o "$ct_dir/calls" tests/tools/syscall_probe.c
chmod 755 "$ct_dir"
ct_table <<TOML
[defaults]
restart = "never"
namespaces = []
autostart = false
$(for s in equal again; do
	printf '[service.%s]\nexec = ["/bin/sh", "-c", """echo "%s:" $(%s ptrace-init) $(cut -d: -f2 /proc/1/status /proc/self/status | ' $s $s "$ct_dir/calls"
	printf 'grep -c 00000000a80425fb) $(for f in mem environ fd/0 exe root/etc; do (: </proc/1/$f) 2>/dev/null && echo $f; done)"""]\nready = "exit"\n'
done)
[service.stays]
exec = ["/bin/sleep", "1000"]
autostart = true
TOML
ct_start setpriv --bounding-set=-all,+chown,+dac_override,+fsetid,+fowner,+mknod,+net_raw,+setgid,+setuid,+setfcap,+setpcap,+net_bind_service,+sys_chroot,+kill,+audit_write \
	"$MINIT" run "$ct_dir/table.toml"
ct_up
ct_minit start equal >/dev/null
says equal "ptrace-init EPERM 6" "with the same rights nobody looks into minit, its memory and its descriptors"
ct_signal SEGV
ct_wait 10 'executed in place'
ct_minit start again >/dev/null
says again "ptrace-init EPERM 6" "nor after a fatal signal to it"
ct_stop "it ends in order"

# -- where a container's profile forbids pivot_root -------------------------------------------------------------------

cat >"$ct_dir/forbid.py" <<'END'
import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
code = [(0x20, 0, 0, 0), (0x15, 0, 1, 155), (0x06, 0, 0, 0x50001), (0x06, 0, 0, 0x7fff0000)]  # x86-64: pivot_root is 155
program = b"".join(struct.pack("HBBI", *c) for c in code)
text = ctypes.create_string_buffer(program)
head = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(code), ctypes.addressof(text)))
if libc.prctl(22, 2, head, 0, 0):
    sys.exit("no filter")
os.execv(sys.argv[1], sys.argv[1:])
END
ct_table <<TOML
[defaults]
ready = "exit"
restart = "never"
$(finds pivot 'grep -c . /sbin/minit >/dev/null && ls -d /work /var/lib/dpkg 2>/dev/null; mkdir /tmp/x; cd ..; ls -d bin; stat -c %i / /.. | uniq | wc -l' 'private_tmp = true')
$(finds laid 'touch /new; ls /new' 'overlay = "tmpfs"')
$(finds first 'ls -d /proc/1/root/work /proc/1/cwd/work 2>/dev/null; ls /proc/1/root/ | head -n 3' 'caps = "all"')
TOML
ct_start python3 "$ct_dir/forbid.py" "$MINIT" run "$ct_dir/table.toml"
ct_end 30
is $? 0 "roots without pivot_root"
says pivot "bin 1" "the root is the service's"
says laid /new "with an overlay too"
says first "bin dev etc" "and the reaper's, for who may look at it"
echo "1..$ct_tests"
