#!/bin/bash
# Who may trace other processes has the reaper of its pid namespace do no more than a reaper has to.
set -u
. tests/container/ct.sh

chmod 755 "$ct_dir"
cp tests/tools/seize.py "$ct_dir/seize.py"
# seizes NAME KEYS
seizes() {
	printf "[service.%s]\nexec = ['/usr/bin/python3', '%s', '%s']\nready = 'exit'\nrestart = 'never'\n%s\n" "$1" "$ct_dir/seize.py" "$1" "$2"
}
{
	seizes listed 'caps = ["sys_ptrace"]'
	seizes user 'caps = ["sys_ptrace"]
user = "nobody"'
	seizes tables 'caps = { bounding = ["sys_ptrace", "net_raw"] }'
	seizes whole 'caps = "all"'
	seizes clocks 'caps = ["sys_ptrace"]
time.boottime = "1h"'
	seizes beside 'caps = ["sys_ptrace"]
user = "nobody"
join = { service = "joined", namespaces = ["pid"] }'
	seizes behind 'caps = ["sys_ptrace"]
join = { service = "ids", namespaces = ["pid"] }'
	seizes within 'caps = "all"
userns = "auto"'
	seizes without ''
	cat <<TOML
[service.joined]
exec = ["/bin/sleep", "1000"]
[service.ids]
exec = ["/bin/sleep", "1000"]
userns = "auto"
[service.maps]
exec = ["/bin/sh", "-c", "echo maps: \$(grep -c memfd:minit /proc/1/maps)"]
ready = "exit"
caps = ["sys_ptrace"]
time.boottime = "1h"
[service.code]
exec = ["/bin/sh", "-c", "exit 200"]
restart = "never"
caps = ["sys_ptrace"]
[service.signal]
exec = ["/bin/sh", "-c", "(exec sleep 1000) & kill -SEGV \$\$"]
restart = "never"
caps = ["sys_ptrace"]
[service.asked]
exec = ["/bin/sh", "-c", "trap 'echo asked; exit 0' USR1; while :; do sleep 0.1; done"]
caps = ["sys_ptrace"]
user = "nobody"
stop = { signal = "USR1", grace = "30s" }
[service.free]
exec = ["/bin/sh", "-c", "echo free: \$(grep Seccomp: /proc/1/status)"]
ready = "exit"
TOML
} | ct_table
ct_start
ct_up
ct_is "they run" listed:done user:done tables:done whole:done clocks:done beside:done behind:done within:done without:done maps:done free:done \
	joined:up asked:up
says() {
	is "$(sed -n "s/^$1: //p" "$ct_dir/out")" "$2" "$3"
}
held='openat=EPERM execve=EPERM setuid=EPERM chroot=EPERM mknod=EPERM init_module=EPERM socket=EPERM limit-own=done limit-other=EPERM unshare=EPERM'
says listed "$held" "with sys_ptrace a reaper that is traced cannot be used"
says user "$held" "nor by a user who is not root"
says tables "$held" "nor with it in a single set"
says whole "$held" "nor by who has all"
says clocks "$held" "nor one with a copy of minit's memory"
says beside "$held" "nor that of a service whose pid namespace is joined"
says behind "$held" "be it one with users of its own"
says within EPERM "who has it in a user namespace of its own cannot trace it"
says without EPERM "nor who has it not"
says maps 0 "the table is not in the memory of who has a copy"
says free "Seccomp: 0" "of who cannot be traced nothing is held back"
ct_is "they end" code:failed signal:failed
is "$(ct_field code why), $(ct_field signal why)" "exit 200, killed by SIGSEGV" "how the program ends is told by a reaper that is held"
ct_minit stop asked
ct_wait 10 '^asked'
ok $? "and signals are passed on to another user's"
ct_stop "it ends in order"

# Where no memfd may be executed it is minit's own file.
if [ -e /proc/sys/vm/memfd_noexec ]; then
	seizes listed 'caps = ["sys_ptrace"]' | ct_table
	ct_start sh -c 'echo 2 >/proc/sys/vm/memfd_noexec; exec "$@"' sh "$MINIT" run "$ct_dir/table.toml"
	ct_end 30
	says listed "$held" "where no memfd may be executed it is held, too"
fi

# A kernel without filters, as prctl(2) tells of it: PR_SET_SECCOMP is 22.
cat >"$ct_dir/forbid.py" <<'END'
import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
code = [(0x20, 0, 0, 0), (0x15, 0, 3, 157), (0x20, 0, 0, 16), (0x15, 0, 1, 22), (0x06, 0, 0, 0x50016), (0x06, 0, 0, 0x7fff0000)]
program = b"".join(struct.pack("HBBI", *c) for c in code)
text = ctypes.create_string_buffer(program)
head = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(code), ctypes.addressof(text)))
if libc.prctl(22, 2, head, 0, 0):
    sys.exit("no filter")
os.execv(sys.argv[1], sys.argv[1:])
END
ct_table <<TOML
[service.listed]
exec = ["/bin/sleep", "1000"]
caps = ["sys_ptrace"]
[service.alone]
exec = ["/bin/sleep", "1000"]
caps = ["sys_ptrace"]
init = false
stop.signal = "KILL"
[service.whole]
exec = ["/bin/sleep", "1000"]
caps = "all"
TOML
ct_start python3 "$ct_dir/forbid.py" "$MINIT" run "$ct_dir/table.toml"
ct_up
ct_is "where there are no filters only who would get more by it is not started" listed:failed alone:up whole:up
is "$(ct_field listed why)" "step reaper: seccomp: Invalid argument: who may trace others needs a reaper that is held back by a filter, and this kernel has none (CONFIG_SECCOMP_FILTER): give init = false, or leave sys_ptrace and sys_admin out of caps" \
	"which is told"
ct_stop "it ends in order"
echo "1..$ct_tests"
