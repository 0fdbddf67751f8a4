#!/bin/bash
# What a service may do and how it runs, as its table says: each seen from inside. What cannot be had is an error, or said.
set -u
. tests/container/ct.sh

probe=$BUILD/tests/privileges_probe
gcc -std=gnu17 -O1 -static -Wall -Wextra -Wshadow -Wconversion -Werror -D_GNU_SOURCE -o "$probe" \
	tests/tools/privileges_probe.c || { echo "not ok - privileges_probe builds"; exit 1; }
mkdir -p "$ct_dir/open" "$ct_dir/closed"
echo text | tee "$ct_dir/open/file" >"$ct_dir/closed/file"
cp "$probe" "$ct_dir/probe"
chmod 755 "$ct_dir" "$ct_dir/open" "$ct_dir/closed"

# finds NAME 'WORDS' [KEYS]: a task in which the probe says what it finds, as one line `NAME: ...`.
finds() {
	local word words=
	for word in $2; do words="$words, '$word'"; done
	printf "[service.%s]\nexec = ['%s', '%s'%s]\n%s\n" "$1" "$probe" "$1" "$words" "${3:-}"
}
caps='caps nnp'
habits='nice ioprio sched cpus numa oom dump personality core'

# What this machine lets minit have: some have not all capabilities, and the processors are to be known.
known=$(sed -n 's/^CapBnd:[[:blank:]]*//p' /proc/self/status)
cpu=$(sed -n 's/^Cpus_allowed_list:[[:blank:]]*\([0-9]*\).*/\1/p' /proc/self/status)

# The version of landlock that this kernel has, and how many of the services below it refuses for that (noscope waits for one).
landlock=$(python3 -c 'import ctypes; print(ctypes.CDLL(None).syscall(444, None, 0, 1))')
refused=$((landlock >= 6 ? 0 : landlock >= 4 ? 1 : 4))

ct_table <<TOML
[defaults]
ready = "exit"
restart = "never"
leaf = false
namespaces = []
seccomp = "none"

$(finds root "$caps")
$(finds nobody "$caps" 'user = "nobody"')
$(finds isolated "$caps" 'namespaces = ["mount", "pid", "ipc", "uts"]')
$(finds gains "$caps" 'no_new_privs = false')
$(finds gainer "$caps" 'no_new_privs = false
user = "nobody"')
$(finds none "$caps" 'caps = []')
$(finds whole "$caps" 'caps = "all"')
$(finds default "$caps" 'caps = "default"')
$(finds listed "$caps securebits" 'caps = ["CAP_CHOWN", "kill"]')
$(finds bound "$caps bind 80" 'caps = ["net_bind_service"]
user = "nobody"')
$(finds bare 'bind 80' 'user = "nobody"
caps = []')
$(finds sets "$caps securebits" 'caps = { ambient = ["kill"], bounding = ["kill", "chown"] }
securebits = ["noroot", "noroot-locked"]
user = "4711"')
$(finds noroot "$caps securebits" 'caps = ["chown"]
securebits = ["noroot", "no-cap-ambient-raise"]')

$(finds plain "$habits")
$(finds habits "$habits" "nice = 5
ioprio = 'best-effort:6'
sched = 'batch'
cpus = '$cpu'
oom_score_adj = 300
coredump = 'never'
rlimits.core = 'unlimited'
coredump_filter = ['elf-headers', 'private-anonymous']
personality = ['addr-no-randomize']")
$(finds reaped "$habits" "namespaces = ['pid', 'mount']
nice = 5
ioprio = 'idle'
sched = 'idle'
oom_score_adj = 200
personality = ['uname26']")
$(finds after 'oom dump' 'after = ["habits", "reaped"]')
$(finds shared keyring)
$(finds sharing keyring 'namespaces = ["ipc"]
keyring = "inherit"')
$(finds private keyring 'keyring = "private"')
$(finds isolate keyring 'namespaces = ["ipc"]')
$(finds isolate2 keyring 'namespaces = ["ipc"]
user = "nobody"')

$(finds paths "read $ct_dir/open/file write $ct_dir/open/file read $ct_dir/closed/file make $ct_dir/open/new make $ct_dir/closed/new read /etc/passwd write /dev/null" \
	"paths = { read = ['$probe', '/etc', '-/not/there'], write = ['$ct_dir/open', '/dev/null'] }")
$(finds readonly "read $ct_dir/open/file write $ct_dir/open/file make $ct_dir/open/made" "paths.read = ['$probe', '$ct_dir/open']
user = 'nobody'")
$(finds ports 'bind 4711 bind 4712 connect 4713 connect 4714' 'ports = { bind = [4711], connect = [4714] }')
$(finds roundabout 'mptcp 4712 fastopen 4713 bind 4715 connect 4714' 'ports = { bind = [4715], connect = [4714] }
seccomp = "default"')
$(finds noports 'bind 4711 connect 4714' 'ports = { bind = [], connect = [] }')
$(finds listener 'listen minit-test')
$(finds scope 'signal 1 socket minit-test' 'scope = ["signal", "abstract-unix-socket"]')
$(finds noscope 'signal 1 socket minit-test' 'needs = ["scope"]')

[service.inner]
exec = ['/probe', 'inner', 'read', '/open/file', 'read', '/closed/file']
namespaces = ['mount']
root = '$ct_dir'
paths.read = ['/probe', '/open']
TOML
ct_start
ct_end 60
is "$? $(grep -a -c ' step ' "$ct_dir/out")" "$((refused > 0)) $refused" "all of them ran, and no step failed but for want of a newer kernel"

# says NAME VALUE TEXT
says() {
	is "$(sed -n "s/^$1: //p" "$ct_dir/out")" "$2" "$3"
}
none=0000000000000000 usual=00000000a80425fb

says root "$none $usual $usual $known $none 1" "root has the list of container runtimes"
says default "$none $usual $usual $known $none 1" "also when it is asked for"
says isolated "$none $usual $usual $known $none 1" "also behind a reaper"
says nobody "$none $none $none $known $none 1" "another user has none"
says gains "$none $usual $usual $usual $none 0" "where privileges may be gained, no more than these"
says gainer "$none $none $none $none $none 0" "and by another user none"
says none "$none $none $none $none $none 1" "root without any"
says whole "$none $known $known $known $none 1" "all that minit has"
says listed "$none 0000000000000021 0000000000000021 0000000000000021 $none 1 0" "a list, by names in any case"
says bound "0000000000000400 0000000000000400 0000000000000400 0000000000000400 0000000000000400 1 yes" \
	"another user has its list after the exec too"
says bare "$([ "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" -gt 80 ] && echo EACCES || echo yes)" "and without it may not what it allows"
says sets "0000000000000020 0000000000000020 0000000000000020 0000000000000021 0000000000000020 1 3" "the sets one by one, and securebits"
says noroot "0000000000000001 0000000000000001 0000000000000001 0000000000000001 0000000000000001 1 41" \
	"with noroot a list reaches root as it reaches others"

plain=$(sed -n 's/^plain: //p' "$ct_dir/out")
is "$plain" "$("$probe" x $habits | sed 's/^x: //')" "without keys a service runs as minit does"
says habits "5 4006 policy 3 priority 0 $(printf %x $((1 << cpu))) mode 0 nodes 0 300 00000011 40000 1 1" \
	"nice, ioprio, policy, processors, OOM score, dumps and personality"
set -- $(sed -n 's/^reaped: //p' "$ct_dir/out")
is "$1 $2 $4 $6 ${12} ${14}" "5 6000 5 0 200 20000" "behind a reaper too"
says after "$(cat /proc/self/oom_score_adj) $(cat /proc/self/coredump_filter)" "what is written of one service is not written of minit"

keyring() {
	sed -n "s/^$1: //p" "$ct_dir/out"
}
is "$(keyring sharing)" "$(keyring shared)" "a keyring is minit's if the table says so, or the service has no namespace"
is "$(for s in shared private isolate isolate2; do keyring $s; done | sort -u | wc -l)" 4 "else each has one of its own"

says paths "yes yes EACCES yes EACCES yes yes" "landlock: what may be read and what written"
says readonly "yes EACCES EACCES" "what may be read only is read by another user too"
# since VERSION LINUX NAME VALUE TEXT: by that version of landlock, which came with that kernel; without it the service does not run.
since() {
	if [ "$landlock" -ge "$1" ]; then says "${@:3}"; return; fi
	ct_said "^minit: $3: step landlock: .*: needs Linux $2: Not supported: " "$5: refused before Linux $2"
}
since 4 6.7 ports "yes EACCES EACCES ECONNREFUSED" "ports that may be bound and connected to"
since 4 6.7 noports "EACCES EACCES" "or none at all"
since 4 6.7 roundabout "EPROTONOSUPPORT EOPNOTSUPP yes ECONNREFUSED" "what landlock does not see as TCP goes nowhere else"
since 6 6.12 scope "EPERM EPERM" "nobody outside is reached by signals and abstract sockets"
if [ "$landlock" -ge 6 ]; then
	says noscope "yes yes" "who is otherwise"
else
	ct_said '^minit: noscope: waiting for scope' "who needs it waits"
fi
says inner "yes EACCES" "paths are those of the service's root"
echo "1..$ct_tests"
