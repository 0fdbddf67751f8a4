#!/bin/bash
# Who joins the mounts of another sees a /proc in which it is not, and which the other may have made: what is its process's own,
# or minit's, it has all the same.
set -u
. tests/container/ct.sh

mkdir "$ct_dir/root" && cp -a "$TREE/." "$ct_dir/root/"
# Terminals of minit's, which the other does not have.
python3 -c 'import os, select
ends = [os.openpty() for i in range(2)]
print(*(os.ttyname(tty) for end, tty in ends), flush=True)
while True:
    for end in select.select([end for end, tty in ends], [], [])[0]:
        os.write(1, os.read(end, 1000))' >"$ct_dir/terminal" &
terminal=$!
trap 'kill "$terminal"; ct_cleanup' EXIT
ct_until 20 grep -q . "$ct_dir/terminal"
read -r tty other <"$ct_dir/terminal"
ln -s "$other" "$ct_dir/tty"
# A /proc in which each process is the same one of the other's.
cat >"$ct_dir/forge" <<'SH'
sleep 1000 &
mount -t proc proc /mnt && mount -t tmpfs tmpfs /proc && mkdir /proc/self /proc/thread-self &&
	mount --bind /mnt/$! /proc/self && mount --bind /mnt/$! /proc/thread-self && : >/run/forged
wait
SH
chmod -R a+rX "$ct_dir"
marks='oom_score_adj = 300
coredump_filter = ["elf-headers"]
time.boottime = "1h"'
ct_table <<TOML
[defaults]
restart = "never"
[service.target]
exec = ["/bin/sleep", "1000"]
[service.forges]
exec = ["/bin/sh", "$ct_dir/forge"]
caps = "all"
seccomp = "none"
[service.joins]
exec = ["/bin/sleep", "1000"]
join = { service = "target", namespaces = ["mount"] }
$marks
[service.noinit]
exec = ["/bin/sleep", "1000"]
join = { service = "target", namespaces = ["mount"] }
init = false
stop.signal = "SIGKILL"
$marks
[service.pids]
exec = ["/bin/sleep", "1000"]
join = { service = "target", namespaces = ["mount", "pid", "net"] }
$marks
[service.forged]
exec = ["/bin/sleep", "1000"]
join = { service = "forges", namespaces = ["mount"] }
autostart = false
$marks
[service.rooted]
exec = ["/bin/sleep", "1000"]
root = "$ct_dir/root"
[service.mapped]
exec = ["/bin/sleep", "1000"]
root = "$ct_dir/root"
userns = "auto"
[service.stores]
exec = ["/bin/sh", "-c", "echo text >\$STATE_DIRECTORY/file && exec sleep 1000"]
join = { service = "mapped", namespaces = ["mount", "user"] }
user = "33"
state_directory = "minit-276"
[service.typed]
exec = ["/bin/sh", "-c", "echo typed; exec sleep 1000"]
join = { service = "rooted", namespaces = ["mount"] }
tty = "$tty"
[service.linked]
exec = ["/bin/sh", "-c", "echo linked; exec sleep 1000"]
join = { service = "rooted", namespaces = ["mount"] }
tty = "$ct_dir/tty"
[service.labelled]
exec = ["/bin/sleep", "1000"]
apparmor = "minit-no-such-profile"
join = { service = "target", namespaces = ["mount"] }
TOML
ct_start
ct_up
ct_is "they run" target:up joins:up noinit:up pids:up forges:up typed:up linked:up stores:up labelled:failed
ct_until 20 ct_in test -e /run/forged
ct_minit start forged >"$ct_dir/start" 2>&1
ok $? "and who joins a /proc that is another's"
sed 's/^/# /' "$ct_dir/start"
asked='oom_score_adj|coredump_filter|time.boottime|namespaces.mount'
for s in joins noinit pids forged; do
	is "$(ct_minit status "$s" | grep -c -E "^  ($asked) ") $(ct_minit status "$s" | grep '^!')" "4 " "$s has what is asked of its process"
done
# As without join: this kernel may know none, or minit may have no module for it.
ct_not_said '^minit: labelled: step security label: /proc' "a label fails for itself alone"
ct_until 20 test -s "$ct_dir/root/var/lib/minit-276/file"
is "$(stat -c %u:%g "$ct_dir/root/var/lib/minit-276/file")" 33:33 "directories are made in a root whose ids are mapped, and are its user's"
ct_until 20 grep -q typed "$ct_dir/terminal"
ok $? "a terminal is that of minit"
ct_until 20 grep -q linked "$ct_dir/terminal"
ok $? "also by a link, which leads where it does in minit's root"
ct_stop "it ends in order"
echo "1..$ct_tests"
