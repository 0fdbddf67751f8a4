#!/bin/bash
# A bare machine: what minit mounts, opens and sets before the first service, and how the machine ends.
set -u
. tests/vm/vm.sh

vm_file /etc/hostname <<<'from-the-image'
vm_file /etc/other.toml <<'TOML'
[system]
hostname = "from-the-table"
[defaults]
namespaces = []
[service.probe]
exec  = ["/bin/sh", "/probe"]
caps  = "all" # it looks into PID 1
ready = "exit"
[service.stubborn]
exec = ["/bin/sh", "-c", "trap '' TERM; while :; do sleep 1; done"]
stop = { grace = "500ms" }
[service.ender]
exec  = ["/sbin/minit", "poweroff"]
needs = ["probe", "stubborn"]
TOML
vm_file /probe <<'SH'
exec >/dev/ttyS1
while read -r _ _ _ _ target _ rest; do
	set -- $rest
	while [ "$1" != - ]; do shift; done
	echo "mount $target $2"
done </proc/1/mountinfo
for link in fd stdin stdout stderr; do echo "link $link $(readlink /dev/$link)"; done
for node in null zero random tty ptmx console; do [ -c /dev/$node ] && echo "node $node"; done
echo "hostname $(cat /proc/sys/kernel/hostname)"
echo "cad $(cat /proc/sys/kernel/ctrl-alt-del)"
read -r _ _ _ ppid pgrp sid tty _ </proc/1/stat
echo "session $sid tty $tty"
for fd in 0 1 2; do echo "fd $fd $(readlink /proc/1/fd/$fd)"; done
tr '\0' '\n' </proc/1/environ | grep ^PATH= || true
echo "path $PATH"
echo "umask $(umask)"
ls /run/minit/control
echo "controllers $(cat /sys/fs/cgroup/cgroup.controllers)"
mv /sbin/minit /minit && cp /bin/sh /sbin/minit
/minit reexec 2>&1
echo "reexec of a shell $?"
cp /minit /sbin/minit.new && mv /sbin/minit.new /sbin/minit
/minit reexec 2>&1
echo "reexec of a copy $? $(readlink /proc/1/exe)"
SH
vm_boot quiet minit.table=/etc/other.toml minit.tabel=typo
vm_wait 60 'minit: ' || vm_show
vm_end 60
ok $? "minit poweroff switches the machine off"

said() {
	vm_console | grep -a -q -E "$1"
	ok $? "$2"
}

for mount in /dev:devtmpfs /proc:proc /sys:sysfs /dev/pts:devpts /dev/shm:tmpfs /run:tmpfs /sys/fs/cgroup:cgroup2; do
	has "mount ${mount%:*} ${mount#*:}" "${mount%:*} is a ${mount#*:}"
done
[ "$(vm_results | grep -a '^mount /' | awk '{print $2}' | sort | uniq -d)" = "" ]
ok $? "nothing is mounted twice"
has 'link fd /proc/self/fd' "/dev/fd is there"
has 'link stdin /proc/self/fd/0' "/dev/stdin is there"
has 'link stdout /proc/self/fd/1' "/dev/stdout is there"
has 'link stderr /proc/self/fd/2' "/dev/stderr is there"
for node in null zero random tty ptmx console; do has "node $node" "/dev/$node is there"; done
has 'hostname from-the-table' "the host name is the table's, before that of /etc/hostname"
has 'cad 0' "Ctrl-Alt-Del comes to minit"
has 'session 1 tty 0' "minit leads a session without a terminal"
for fd in 1 2; do has "fd $fd /dev/console" "descriptor $fd is the console"; done
has "fd 0 /dev/null" "services do not read from the console unasked"
has 'path /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' "services have a PATH"
has 'umask 0*22' "services have a umask"
has '/run/minit/control' "the control socket is there"
has 'controllers .*memory.*' "cgroup2 has controllers"
has 'minit: reexec: /sbin/minit: it is no minit, .*: minit runs on as it was; put a minit there .*' "a shell in its place is refused"
has 'reexec of a shell 1' "and nothing ends by that"
has 'reexec of a copy 0 /usr/sbin/minit' "a new file takes over, where the kernel has found the old one"
said 'minit: kernel command line: minit.tabel=typo: unknown; there are minit.table=PATH' "a misspelt word is named"
said 'minit: stopping [0-9]+ services' "the stop is told"
said 'minit: stubborn: .*killed' "who does not stop is killed, and named"
said 'minit: stopped in 0\.[5-9][0-9] s: [0-9]+ services, 1 killed' "its end is told with duration and counts"
said 'minit: powering off' "the last word says what comes"
said 'reboot: Power down' "the kernel switches off"
! vm_console | grep -a -E 'panic|Oops|minit: .*(unmount|read-only)'
ok $? "nothing went wrong on the way"
echo "1..$vm_tests"
