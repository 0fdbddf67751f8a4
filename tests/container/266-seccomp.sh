#!/bin/bash
# System calls: what a service may make, tried from inside by ways out of containers that have been used.
set -u
. tests/container/ct.sh

probe=$BUILD/tests/syscall_probe
mkdir -p "$BUILD/tests"
gcc -static -std=gnu17 -D_GNU_SOURCE -O1 -Wall -Wextra -o "$probe" tests/tools/syscall_probe.c ||
	{ echo "not ok - syscall_probe builds"; exit 1; }

# tries NAME KEYS [CALL...]: a task that says what its calls are answered with, as lines `NAME: CALL ERROR`.
tries() {
	printf "[service.%s]\nexec = ['/bin/sh', '-c', '%s %s | sed \"s/^/%s: /\"']\n%s\n" "$1" "$probe" "${*:3}" "$1" "$2"
}

ct_table <<TOML
[defaults]
ready = "exit"
restart = "never"

$(tries default '')
$(tries none 'seccomp = "none"
caps = "all"')
$(tries plain 'namespaces = []
caps = "all"')
$(tries asked 'namespaces = []
seccomp = "default"' mount clone3)
$(tries strict 'seccomp = "strict"')
$(tries nobody 'user = "nobody"' chroot ptrace-init getppid)
$(tries gains 'no_new_privs = false
user = "nobody"' mount clone3 getppid)
$(tries lists 'seccomp = { allow = ["keyctl", "@aio"], deny = ["uname"], log = ["getppid"], errno = { modify_ldt = "EBUSY" } }' \
	keyctl add_key io_uring_setup uname getppid modify_ldt)
$(tries fewer 'seccomp = { base = "deny-all", allow = ["@default", "@basic-io", "@file-system", "@process", "@signal", "@ipc",
  "uname", "ioctl", "sendfile", "sysinfo"] }' uname socket-unix newer)
$(tries more 'seccomp = { base = "none", deny = ["uname"] }' uname mount x32 i386)
[service.killed]
exec = ["$probe", "uname"]
init = false
seccomp = { kill = ["uname"] }
[service.status]
exec = ["/bin/grep", "Seccomp:", "/proc/self/status"]
[service.programless]
exec = ["/no/such/program"]
seccomp = { deny = ["@file-system"] }
TOML

ct_start
ct_end 60
is $? 1 "all of them ran, and those that were killed or have no program have failed"

# says NAME TEXT CALL=ERROR...
says() {
	local name=$1 text=$2 want
	shift 2
	for want; do
		grep -q -x -E "$name: ${want%=*} (${want#*=})" "$ct_dir/out" || grep "^$name: ${want%=*} " "$ct_dir/out" ||
			echo "$name: ${want%=*}: nothing"
	done >"$ct_dir/other"
	[ ! -s "$ct_dir/other" ]
	ok $? "$text"
	sed 's/^/# /' "$ct_dir/other"
}

# Let through, the kernel answers these with another error: the arguments are wrong.
ways="mount umount2 pivot_root fsopen open_tree move_mount setns open_by_handle_at add_key request_key keyctl kexec_load
	kexec_file_load init_module finit_module delete_module bpf perf_event_open userfaultfd io_uring_setup reboot swapon acct
	settimeofday sethostname syslog kcmp"
refused=$(printf '%s=EPERM ' $ways)
says default "the default: no way out by mounts, namespaces, modules, another kernel, keyrings, bpf, io_uring, ..." $refused
says default "no namespace by clone, clone3 and unshare" clone-userns=EPERM clone-mountns=EPERM clone3=ENOSYS \
	unshare-userns=EPERM unshare-timens=EPERM unshare-files=0
says default "no typing into a terminal, whatever stands in the upper half" tiocsti=EPERM tiocsti-high=EPERM tioclinux=EPERM
says default "no cryptography and no hypervisor by sockets" socket-alg=EAFNOSUPPORT socket-vsock=EAFNOSUPPORT socket-unix=0
says default "no other personality, but asking is free" personality=EPERM personality-ask=0
# A kernel without x32 answers ENOSYS by itself. Where 32 bits are had without a filter, SIGSYS is what only the filter gives;
# a kernel without them gives SIGSEGV by itself.
i386=$("$probe" i386)
echo "# without a filter: $i386"
[ "$i386" = "i386 0" ] && i386=SYS || i386="SYS|${i386#* }"
says default "no x32, no 32 bits, and nothing that is newer" x32=ENOSYS "i386=$i386" newer=ENOSYS
says default "what programs need is there" getppid=0 uname=EFAULT chroot=EFAULT modify_ldt=0 ptrace=ESRCH
open=
for way in mount umount2 pivot_root fsopen setns add_key request_key keyctl acct sethostname settimeofday reboot kcmp; do
	! grep -q -x "none: $way EPERM" "$ct_dir/out" || open="$open $way"
done
is "$open" "" "without a filter none of these calls is refused so: it is the filter that does it"
says none "nor the others" clone-userns=EINVAL clone3=EINVAL unshare-userns=EINVAL tiocsti=ENOTTY personality=0
is "$(grep -c '^plain: ' "$ct_dir/out")" "$(grep -c '^none: ' "$ct_dir/out")" "a service without namespaces has none either"
is "$(grep '^plain: ' "$ct_dir/out" | grep -v -E ' (ptrace-init|process_vm_readv) ' | cut -d' ' -f2-)" \
	"$(grep '^none: ' "$ct_dir/out" | grep -v -E ' (ptrace-init|process_vm_readv) ' | cut -d' ' -f2-)" "with the same answers"
says asked "unless it asks for one" mount=EPERM clone3=ENOSYS
says strict "strict: those too" $refused clone-userns=EPERM clone3=ENOSYS unshare-userns=EPERM tiocsti=EPERM x32=ENOSYS
says strict "and no look at others, no root of its own, no raw sockets" ptrace=EPERM process_vm_readv=EPERM chroot=EPERM \
	modify_ldt=EPERM socket-packet=EAFNOSUPPORT socket-unix=0 personality=EPERM personality-ask=0
says nobody "another user has no capability that lifts anything, and no way into its reaper" chroot=EPERM ptrace-init=EPERM getppid=0
says gains "without no_new_privs it has the filter as well" mount=EPERM clone3=ENOSYS getppid=0
says lists "lists change the profile" keyctl=EOPNOTSUPP add_key=EPERM "io_uring_setup=EFAULT|EPERM" uname=EPERM getppid=0 modify_ldt=EBUSY
says fewer "a list of what is allowed, by groups" uname=EFAULT socket-unix=EPERM newer=ENOSYS
says more "or of what is not" uname=EPERM mount=EFAULT x32=ENOSYS "i386=$i386"
ct_said 'Seccomp:[[:blank:]]*2$' "the kernel says so too"
ct_said 'killed: .*killed by SIGSYS for a system call that seccomp forbids' "a call that kills is told of"
ct_said 'programless: .*step exec: /no/such/program: ' "a program that is not there is told of through the filter"
echo "1..$ct_tests"
