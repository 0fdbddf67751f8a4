#!/bin/bash
# What a table asks of the kernel and cannot have: one line with the step, what, why, and what to do. What is only a default is
# left out and said: in the log, once, and in status. And terminals.
set -u
. tests/container/ct.sh

probe=$BUILD/tests/privileges_cannot_probe
gcc -std=gnu17 -O1 -static -Wall -Wextra -Wshadow -Wconversion -Werror -D_GNU_SOURCE -o "$probe" \
	tests/tools/privileges_probe.c || { echo "not ok - privileges_probe builds"; exit 1; }
chmod 755 "$ct_dir"

# A terminal that a service can have: the other side of it is held by someone who copies what is written there.
python3 -c '
import os, pty, sys
master, slave = pty.openpty()
open(sys.argv[1], "w").write(os.ttyname(slave))
os.close(slave) if len(sys.argv) > 3 else None
with open(sys.argv[2], "wb", buffering=0) as out:
    while True:
        out.write(os.read(master, 4096))
' "$ct_dir/tty" "$ct_dir/typed" 2>/dev/null &
held=$!
mkdir "$ct_dir/swap"
ct_until 10 [ -s "$ct_dir/tty" ]
tty=$(cat "$ct_dir/tty")

# cannot NAME KEYS
cannot() {
	printf "[service.%s]\nexec = ['%s', '%s', 'nnp']\n%s\n" "$1" "$probe" "$1" "$2"
}

ct_table <<TOML
[defaults]
ready = "exit"
restart = "never"
leaf = false
namespaces = []

$(cannot caps 'caps = ["kill", "sys_time"]')
$(cannot noroot 'caps = ["sys_time"]
user = "nobody"')
$(cannot bounding 'caps = { bounding = ["sys_time"] }')
$(cannot landlock 'paths.read = "/etc"')
$(cannot missing 'paths.read = ["/not/there"]')
$(cannot gains 'paths.read = "/"
no_new_privs = false')
$(cannot cpus 'cpus = "0-4000"')
$(cannot cpu 'cpus = "4000"')
$(cannot node 'numa = "bind:900"')
$(cannot nodes 'numa = "interleave:0,63"')
$(cannot given 'caps = { bounding = ["chown", "kill"], permitted = ["kill"] }
no_new_privs = false')
$(cannot raised 'caps = { permitted = ["kill"], effective = [] }')
$(cannot ambient 'caps = { ambient = ["kill"], effective = [] }
user = "nobody"')
$(cannot effective 'caps = { bounding = ["chown"], effective = ["kill"] }')
$(cannot nice 'nice = -20
rlimits.nice = 0')
$(cannot apparmor 'apparmor = "no-such-profile"')
$(cannot selinux 'selinux = "no:such:context"')
$(cannot notty 'tty = "/dev/null"')
$(cannot nodevice 'tty = "/dev/no-such-terminal"')

[service.tty]
exec = ['$probe', 'tty', 'tty']
tty = '$tty'
[service.reapedtty]
exec = ['$probe', 'reapedtty', 'tty']
namespaces = ["pid", "mount"]
tty = '$tty'
needs = ["tty"]
[service.swapped]
exec = ['$probe', 'swapped', 'tty']
tty = '$ct_dir/swap/tty'
needs = ["tty"]
autostart = false
[service.usual]
exec = ['$probe', 'usual', 'caps']
[service.usual2]
exec = ['$probe', 'usual2', 'caps']
[service.other]
exec = ["/bin/sleep", "1000"]
ready = "exec"
user = "nobody"
TOML

# minit as it is in a container that has few capabilities, without the one to drop others.
has=chown,dac_override,fowner,kill,setgid,setuid,sys_admin
ct_start setpriv --bounding-set "-all,+${has//,/,+}" "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "all that cannot be has failed" caps:failed noroot:failed bounding:failed landlock:failed missing:failed gains:failed \
	cpus:failed cpu:failed node:failed apparmor:failed selinux:failed notty:failed nodevice:failed
ct_is "nothing else is held up" tty:done reapedtty:done usual:done usual2:done other:up

why() {
	grep -a "^minit: $1: step" "$ct_dir/out" | head -n 1 | sed "s/^minit: $1: //; s/; given up\$//"
}
gives="Operation not permitted: minit does not have it to give; a container gets more by --cap-add, or leave it out of caps"
is "$(why caps)" "step capabilities: sys_time: $gives" "a capability that minit lacks"
is "$(why noroot)" "step capabilities: sys_time: $gives" "also by another user"
is "$(why bounding)" "step capabilities: sys_time: $gives" "also of the bounding set alone"
# Of a long path a report has the end.
shown=$probe
[ ${#probe} -le 47 ] || shown=...${probe: -44}
is "$(why landlock)" "step landlock: $shown: Permission denied: paths.read has to hold the program, its interpreter and its libraries, where its user may go" "paths without the program"
is "$(why missing)" "step landlock: /not/there: No such file or directory: put a - before a path that may be missing" "a path that is missing"
is "$(why gains)" "step landlock: restricting itself: Operation not permitted: needs no_new_privs, or sys_admin in caps" "landlock where privileges may be gained"
is "$(why cpus)" "step scheduling: cpus: No such device: not all of them are there for minit; see Cpus_allowed_list and Mems_allowed_list in /proc/self/status" "processors of which some are missing"
here="none of it is there, or this kernel does not know it; see /sys/devices/system/cpu/online and node/online"
is "$(why cpu)" "step scheduling: cpus: Invalid argument: $here" "a processor that is missing"
is "$(why nodes)" "step scheduling: numa: No such device: not all of them are there for minit; see Cpus_allowed_list and Mems_allowed_list in /proc/self/status" "nodes of which some are missing"
more="Not supported: an exec gives it all the same: leave it out of bounding and inheritable (root), or of ambient (another user), or name it in permitted and effective"
is "$(why given)" "step capabilities: chown: $more" "a capability that the exec would give"
is "$(why raised; why ambient)" "step capabilities: kill: $more
step capabilities: kill: $more" "or would make effective, for root and for others"
is "$(why effective)" "step capabilities: kill: Invalid argument: an exec takes it away again: root's has to be in bounding too, that of another user in ambient" "a capability that the exec takes away"
is "$(why node)" "step scheduling: numa: Invalid argument: $here" "a node that is missing"
# Where the module is active, it is the label that is not known.
why apparmor | grep -q '^step security label: no-such-profile: .*: '
ok $? "a profile of AppArmor that cannot be had"
why selinux | grep -q '^step security label: no:such:context: .*: '
ok $? "a context of SELinux that cannot be had"
is "$(why notty)" "step terminal: /dev/null: Not a tty: it is no terminal that can be a session's; name the device itself, as in /sys/class/tty/console/active" "what is no terminal"
is "$(why nodevice)" "step terminal: /dev/no-such-terminal: No such file or directory: minit has no such device: correct tty" "a terminal that is missing"

# What is only a default: the usual list, of which minit has a part.
mask=$(printf '%016x' $((0x0000000000a80425fb & 0x2000eb)))
is "$(sed -n 's/^usual: //p' "$ct_dir/out" | cut -d ' ' -f 3)" "$mask" "root has of the usual list what minit has"
is "$(grep -a -c '^minit: capabilities: services of root are without fsetid, .* (name them in caps to make it an error)$' "$ct_dir/out")" 1 \
	"that is said once"
is "$(ct_field usual2 missing)" '["capabilities"]' "and in the status of each"
is "$(ct_field other missing)" "" "but not of who has none anyway"

# A terminal whose name leads now there and now to a file of somebody: all of a run has the one, or there is no run.
echo mine >"$ct_dir/swap/file"
chmod 600 "$ct_dir/swap/file"
python3 -c '
import os, sys
os.chdir(sys.argv[1])
while True:
    for to in sys.argv[2], "file":
        os.symlink(to, "next")
        os.rename("next", "tty")
' "$ct_dir/swap" "$tty" &
swaps=$!
ct_until 10 [ -L "$ct_dir/swap/tty" ]
good=0
for i in $(seq 20); do
	ct_minit start swapped 2>>"$ct_dir/refused" >/dev/null && good=$((good + 1))
done
kill $swaps
wait $swaps 2>/dev/null
# Once more each, whatever came of the race.
ln -sfn "$tty" "$ct_dir/swap/tty"
ct_minit start swapped 2>>"$ct_dir/refused" >/dev/null && good=$((good + 1))
ln -sfn file "$ct_dir/swap/tty"
ct_minit start swapped 2>>"$ct_dir/refused" >/dev/null && good=$((good + 1))
typed() {
	[ "$(grep -a -c "^swapped: its session's opened all three blocking" "$ct_dir/typed")" -ge "$good" ]
}
ct_until 5 typed
is "$(grep -a -c '^swapped: ' "$ct_dir/typed") $(grep -c 'step terminal: .*: Not a tty' "$ct_dir/refused")" "$good $((22 - good))" \
	"a terminal that is exchanged for a file is refused ($((22 - good)) times of 22)"
is "$(cat "$ct_dir/swap/file")" mine "and the file is as it was"

kill $held
wait $held 2>/dev/null
grep -q "^tty: its session's opened all three blocking" "$ct_dir/typed"
ok $? "a terminal is all three streams, and its session's"
grep -q "^reapedtty: its session's opened all three blocking" "$ct_dir/typed"
ok $? "also behind a reaper, and after another session had it"
ct_stop "it ends in order"

# An ordinary user's minit has nothing to give, and nothing to take: all that is default is had.
ct_table <<TOML
[defaults]
ready = "exit"
restart = "never"
[service.own]
exec = ['$probe', 'own', 'caps', 'nnp']
namespaces = []
leaf = false
[service.none]
exec = ['$probe', 'none', 'caps', 'nnp']
caps = []
namespaces = []
leaf = false
TOML
ct_start setpriv --reuid 4711 --regid 4711 --clear-groups "$MINIT" run "$ct_dir/table.toml"
ct_end 30
is $? 0 "an ordinary user's minit runs services as that user"
none=0000000000000000 all=$(sed -n 's/^CapBnd:[[:blank:]]*//p' /proc/self/status)
is "$(sed -n 's/^own: //p' "$ct_dir/out")" "$none $none $none $all $none 1" "without capabilities"
is "$(sed -n 's/^none: //p' "$ct_dir/out")" "$none $none $none $all $none 1" "which is also all that caps = [] wants, as none can be gained"
ct_not_said 'capabilities' "and there is nothing to be said of it"
echo "1..$ct_tests"
