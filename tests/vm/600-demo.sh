#!/bin/bash
# The demo as the init of a real kernel, on cgroup v2 with all controllers: limits bite, the bridge carries, ports are
# published by what modules the image has, and a hundred fatal signals to PID 1 change nothing.
set -u
. tests/vm/vm.sh

{
	sed '/^network .*10.77.0.10/s/ }/, ports = "8080:80", rate = { in = "50M" } }/; s/^\(network .*"br0"\) }/\1, allow = "web:80" }/
		/^exec .*bomb"/a stop.grace = "60s"
		/^address .*10.77.0.1/a nat = true\nisolate = true\nantispoof = true' rootfs/demo/minit.toml
	cat <<'TOML'

[service.one]
exec    = ["/bin/netcat", "-p", "80", "-L", "/bin/echo", "the one"]
network = { bridge = "br0", ports = "8081:80", balance = "round-robin" }
[service.other]
exec    = ["/bin/netcat", "-p", "80", "-L", "/bin/echo", "the other"]
network = { bridge = "br0", ports = "8081:80", balance = "round-robin" }

# Takes all the CPU it is given.
[service.spin]
exec = ["/bin/sh", "-c", "while :; do :; done"]
[service.spin.cgroup]
cpu.max = "25%"

# Says numbers, so that a lost line shows. A pause is a process, which is what an emulated machine is slow at.
[service.writer]
exec   = ["/bin/sh", "-c", "i=0; while :; do i=$((i + 1)); echo $i; usleep 50000; done"]
output = { file = "/run/lines" }

[service.probe]
exec       = ["/bin/sh", "/probe"]
namespaces = []
leaf       = false
output     = "inherit"
ready      = "exit"
needs      = ["client", "spin", "writer", "one", "other"]
TOML
} | vm_file /etc/minit/minit.toml

vm_probe <<'SH'
# One process for a look: a machine that is emulated is slow at starting them.
crashed() {
	minit status --json >/run/status; read -r head </run/status
	case $head in *"\"crashes\":$1,"* | *"\"crashes\":$1}"*) return 0 ;; esac
	return 1
}

echo "page $(wget -O - http://127.0.0.1:8080/)"
echo "balanced $(for i in 1 2; do timeout 10 netcat 127.0.0.1 8081 </dev/null; done | sort | tr '\n' ,)"
used=$(leaf spin cpu.stat | key usage_usec); held=$(leaf spin cpu.stat | key nr_throttled); began=$(now)
minit wait --timeout 60s 'hog:restarts>=1' && echo "hog restarted"
echo "hog killed $(leaf hog memory.events | key oom_kill)"
echo "hog max $(leaf hog memory.max)"
echo "hog told $(of hog oom_kills)"
echo "web restarts $(of web restarts)"
echo "bomb max $(leaf bomb pids.max)"
echo "bomb refused $(leaf bomb pids.events | key max)"
echo "bomb pids $(leaf bomb pids.current)"
echo "web cpu.max $(leaf web cpu.max)"

# At least 4 s, of which the hog has mostly taken more.
until [ $(($(now) - began)) -ge 400 ]; do sleep 0.5; done
used=$(($(leaf spin cpu.stat | key usage_usec) - used)); took=$(($(now) - began))
held=$(($(leaf spin cpu.stat | key nr_throttled) - held))
echo "spin percent $((used / (took * 100)))"
echo "spin throttled $held"
echo "spin allowed $((used / (held ? held : 1)))"

steady="web client stray bomb spin writer"
# One look for all of them.
lives() {
	minit status --json | sed -n "s/^{\"name\":\"\([^\"]*\)\".*\"pid\":\([0-9]*\),.*\"starts\":\([0-9]*\),.*/$1 \1 \2 \3/p" >/run/lives
	for s in $steady; do grep "^$1 $s " /run/lives; done
}
lives before
n=0
while [ $n -lt 100 ]; do
	kill -SEGV 1
	n=$((n + 1))
	until crashed $n; do :; done
done
crashed 100 && echo "crashes 100"
lives after
minit restart stray >/dev/null && echo "still obeys"
echo "lines begin"
head -n 2000 /run/lines
echo "lines end"
minit poweroff >/dev/null
SH

# loglevel: what the kernel says when it kills would go into the middle of what minit says of it.
vm_boot quiet loglevel=3
vm_wait 60 'client.*hello from web'
ok $? "the client fetches a page from web by its name, over the bridge"
vm_end 240
ok $? "minit poweroff ends it"

number() { vm_results | sed -n "s/^$1 \([0-9]*\)$/\1/p"; }
at_least() {
	local n
	n=$(number "$1")
	[ -n "$n" ] && [ "$n" -ge "$2" ]
	ok $? "$3 (${n:-nothing}, at least $2)"
}
is() {
	[ "$(vm_results | sed -n "s/^$1 //p")" = "$2" ]
	ok $? "$3 ($(vm_results | sed -n "s/^$1 //p"))"
}

is page "hello from web" "a published port answers by 127.0.0.1"
is balanced "the one,the other," "and a balanced one, of services that are isolated"
! vm_console | grep -a -E 'minit: (web|one|other|br0|rules|network)[:.]? .*(module|cannot|no )'
ok $? "the kernel has had each module that it wanted"
vm_results | grep -q '^hog restarted'
ok $? "the hog is killed and started again"
at_least 'hog killed' 1 "memory.max: the kernel has killed in the hog's leaf"
is 'hog max' 12582912 "its limit is what the table says"
at_least 'hog told' 1 "status tells of it"
vm_console | grep -a -q 'minit: hog: out of memory: killed in its leaf; again in'
told=$?
ok $told "the log says out of memory"
[ $told = 0 ] || vm_console | grep -a hog | sed 's/^/# /'
is 'web restarts' 0 "nobody else was hit"
is 'bomb max' 24 "pids.max is what the table says"
at_least 'bomb refused' 1 "pids.max: forks of the bomb were refused"
pids=$(number 'bomb pids')
[ -n "$pids" ] && [ "$pids" -le 24 ]
ok $? "the bomb stays below it (${pids:-nothing})"
is 'web cpu.max' '50000 100000' "cpu.max is what the table says"
# How much of the time the machine has a processor is not ours: so less may be used, but what was held back had its 25 ms.
percent=$(number 'spin percent') allowed=$(number 'spin allowed')
[ -n "$percent" ] && [ "$percent" -le 30 ] && [ -n "$allowed" ] && [ "$allowed" -ge 22000 ]
ok $? "cpu.max: 25 % of a CPU is used, by cpu.stat (${percent:-nothing}; ${allowed:-nothing} us before it is held back)"
at_least 'spin throttled' 5 "and the kernel has throttled it"

is crashes 100 "PID 1 survived 100 fatal signals"
before=$(vm_results | sed -n 's/^before //p') after=$(vm_results | sed -n 's/^after //p')
[ -n "$before" ] && [ "$before" = "$after" ]
ok $? "no service was restarted or doubled by them"
vm_results | grep -q '^still obeys'
ok $? "and minit still obeys"
vm_results | sed -n '/^lines begin/,/^lines end/{/lines/d;p}' | sort -n -u | awk '$1 != NR { bad = 1 } END { exit bad || NR < 100 }'
ok $? "no line of a service was lost"
! vm_console | grep -a -E 'panic|bug: event'
ok $? "no state was one that cannot be"
vm_console | grep -a -q -E 'minit: stopped in [0-9.]+ s: [0-9]+ services, 0 killed'
ok $? "all stopped in order at the end"
[ "${TEST_SHOW:-}" = "" ] || { vm_results | sed 's/^/# /' | grep -v -E '^# [0-9]+$'; vm_show; }
echo "1..$vm_tests"
