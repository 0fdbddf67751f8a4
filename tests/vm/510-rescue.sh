#!/bin/bash
# A machine whose table is wrong: the errors and a shell on the console, and what can be done there.
set -u
. tests/vm/vm.sh

said() {
	vm_console | grep -a -q -E "$1"
	ok $? "$2"
}

vm_file /etc/minit/minit.toml <<'TOML'
[service.web]
exce = ["/bin/true"]
[service.db]
exec = ["/bin/true"]
needs = ["wbe"]
TOML
vm_file /good.toml <<'TOML'
[service.found]
exec = ["/bin/sh", "-c", "echo found >/dev/ttyS1; minit poweroff"]
TOML
vm_file /probe <<'SH'
read -r pid _ _ ppid pgrp sid tty tpgid _ </proc/$$/stat
read -r _ _ _ sppid spgrp ssid stty stpgid _ </proc/$PPID/stat
echo "leader $([ $ssid = $PPID ] && echo yes) terminal $([ $stty != 0 ] && echo yes) parent $sppid"
echo "own group $([ $pgrp = $pid ] && echo yes) in front $([ $tpgid = $pgrp ] && echo yes)"
echo "ignored $(sed -n 's/^SigBlk:[ \t]*//p' /proc/$PPID/status)"
sh -c 'sh -c "exec sleep 0.1" &'
while pgrep -x sleep >/dev/null; do sleep 0.1; done
echo "zombies $(grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l)"
SH

vm_boot quiet
vm_wait 60 'minit: rescue: a shell on the console'
ok $? "a wrong table gives a shell"
vm_type 'sh /probe >/dev/ttyS1; echo he""ard'
vm_wait 20 'heard'
ok $? "it hears what is typed"
vm_type 'sh -c "echo run""ning; exec sleep 1000"' # what is in front says it itself
vm_wait 20 'running'
printf '\003' >&7
vm_type 'echo inter""rupted'
vm_wait 20 'interrupted'
ok $? "Ctrl-C ends what runs in it"
vm_type 'exit'
shells() {
	vm_console | grep -a -c 'minit: rescue: a shell on the console'
}
for _ in $(seq 200); do [ "$(shells)" -lt 2 ] || break; sleep 0.1; done
vm_type 'cp /good.toml /etc/minit/minit.toml; exit'
vm_end 60
ok $? "when it ends the table is read again, and the machine goes on"
has 'found' "its services start"
[ "$(shells)" = 2 ]
ok $? "as long as the table is wrong there is another shell"
said '/etc/minit/minit.toml:2:1: .*exce' "the first error stands above it, with its place"
said '/etc/minit/minit.toml:5:[0-9]+: .*wbe' "and so does the second"
has 'leader yes terminal yes parent 1' "it leads a session that has the console as its terminal"
has 'own group yes in front yes' "it has job control"
has 'ignored 0+' "it blocks no signal"
has 'zombies 0' "orphans are reaped meanwhile"

vm_file /etc/minit/minit.toml </dev/null
vm_boot quiet minit.rescue
vm_wait 60 'minit: rescue: a shell on the console'
ok $? "minit.rescue gives a shell though the table is right"
vm_type 'kill -INT 1'
vm_end 60
ok $? "Ctrl-Alt-Del leaves it"
said 'reboot: Restarting system' "with a reboot"

# What minit needs before it begins is refused once.
rm "$vm_dir/over/etc/minit/minit.toml"
vm_file /etc/minit/minit.toml <"$vm_dir/over/good.toml"
vm_program /usr/bin/strace
vm_file /refused 755 <<'SH'
#!/bin/sh
exec strace -D -o /refused.log -e trace=epoll_create1 -e inject=epoll_create1:error=ENOMEM:when=1 /sbin/minit
SH
vm_boot quiet rdinit=/refused
vm_wait 60 'minit: rescue: a shell on the console'
ok $? "when minit cannot begin there is a shell too"
said 'minit: it cannot begin: nothing to wait with \(epoll_create1\): Out of memory' "with the reason"
vm_type 'exit'
vm_end 60
ok $? "and another attempt when it ends"
has 'found' "which goes on as ever"

vm_file /bin/sh 644 </dev/null
vm_file /etc/minit/minit.toml <<<'nonsense'
vm_boot quiet
vm_wait 60 'reboot: System halted'
ok $? "without a shell the machine halts"
said 'minit: rescue: there is no /bin/sh to run: the machine is halted' "and says why"
said '/etc/minit/minit.toml:1:' "with the errors on the console"
echo "1..$vm_tests"
