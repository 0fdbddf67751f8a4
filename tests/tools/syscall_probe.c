/*
 * Tries system calls by which one leaves a container, and says what they are answered with: one line `NAME ERROR` each.
 * The arguments are such that nothing happens where the call is let through: the kernel finds them wrong.
 *
 *   syscall_probe         all of them
 *   syscall_probe NAME... those
 */
#include <asm/unistd.h>
#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOWHERE 1L /* a pointer to nothing: EFAULT */
#define NONE (-1L) /* a descriptor, a command that is none */

static const struct probe {
	const char *name;
	long number, args[6];
} probes[] = {
	{ "tiocsti", __NR_ioctl, { 0, TIOCSTI, NOWHERE } },
	{ "tiocsti-high", __NR_ioctl, { 0, TIOCSTI | (1L << 32), NOWHERE } },
	{ "tioclinux", __NR_ioctl, { 0, TIOCLINUX, NOWHERE } },
	{ "clone-userns", __NR_clone, { CLONE_NEWUSER | CLONE_FS } },
	{ "clone-mountns", __NR_clone, { CLONE_NEWNS | CLONE_FS } },
	{ "clone3", __NR_clone3, { NOWHERE, 0 } },
	{ "unshare-userns", __NR_unshare, { CLONE_NEWUSER | (1L << 32) } },
	{ "unshare-timens", __NR_unshare, { CLONE_NEWTIME | (1L << 32) } },
	{ "unshare-files", __NR_unshare, { CLONE_FILES } },
	{ "setns", __NR_setns, { NONE, 0 } },
	{ "mount", __NR_mount, { NOWHERE, NOWHERE, NOWHERE, 0, 0 } },
	{ "umount2", __NR_umount2, { NOWHERE, 0 } },
	{ "pivot_root", __NR_pivot_root, { NOWHERE, NOWHERE } },
	{ "fsopen", __NR_fsopen, { NOWHERE, 0 } },
	{ "open_tree", __NR_open_tree, { NONE, NOWHERE, 0 } },
	{ "move_mount", __NR_move_mount, { NONE, NOWHERE, NONE, NOWHERE, 0 } },
	{ "chroot", __NR_chroot, { NOWHERE } },
	{ "open_by_handle_at", __NR_open_by_handle_at, { NONE, NOWHERE, 0 } },
	{ "add_key", __NR_add_key, { NOWHERE, NOWHERE, 0, 0, 0 } },
	{ "request_key", __NR_request_key, { NOWHERE, NOWHERE, 0, 0 } },
	{ "keyctl", __NR_keyctl, { NONE } },
	{ "kexec_load", __NR_kexec_load, { 0, 0, NOWHERE, NONE } },
	{ "kexec_file_load", __NR_kexec_file_load, { NONE, NONE, 0, NOWHERE, NONE } },
	{ "init_module", __NR_init_module, { NOWHERE, 0, NOWHERE } },
	{ "finit_module", __NR_finit_module, { NONE, NOWHERE, 0 } },
	{ "delete_module", __NR_delete_module, { NOWHERE, 0 } },
	{ "bpf", __NR_bpf, { NONE, NOWHERE, 0 } },
	{ "perf_event_open", __NR_perf_event_open, { NOWHERE, 0, NONE, NONE, NONE } },
	{ "userfaultfd", __NR_userfaultfd, { NONE } },
	{ "io_uring_setup", __NR_io_uring_setup, { 0, NOWHERE } },
	{ "reboot", __NR_reboot, { 0, 0, 0, 0 } },
	{ "swapon", __NR_swapon, { NOWHERE, NONE } },
	{ "acct", __NR_acct, { NOWHERE } },
	{ "settimeofday", __NR_settimeofday, { NOWHERE, 0 } },
	{ "sethostname", __NR_sethostname, { NOWHERE, 1 } },
	{ "syslog", __NR_syslog, { NONE, 0, 0 } },
	{ "process_vm_readv", __NR_process_vm_readv, { 1, NOWHERE, 1, NOWHERE, 1, NONE } },
	{ "ptrace", __NR_ptrace, { NONE, 0, 0, 0 } },
	{ "ptrace-init", __NR_ptrace, { PTRACE_SEIZE, 1, 0, 0 } },
	{ "kcmp", __NR_kcmp, { 0, 0, NONE, 0, 0 } },
	{ "personality", __NR_personality, { 0x40000 /* no random addresses */ } },
	{ "personality-ask", __NR_personality, { 0xffffffff } },
	{ "socket-alg", __NR_socket, { 38, 0x7fff, 0 } },
	{ "socket-vsock", __NR_socket, { 40, 0x7fff, 0 } },
	{ "socket-packet", __NR_socket, { 17, 0x7fff, 0 } },
	{ "socket-unix", __NR_socket, { 1, 1, 0 } },
	{ "modify_ldt", __NR_modify_ldt, { NONE } },
	{ "uname", __NR_uname, { NOWHERE } },
	{ "getppid", __NR_getppid, { 0 } },
	{ "newer", 500, { 0 } },
	{ "x32", 0x40000000 | __NR_getpid, { 0 } },
};

static const char *error_name(int err)
{
	const char *name = err ? strerrorname_np(err) : "0";

	return name ? name : "?";
}

static void try(const struct probe *p)
{
	long result = syscall(p->number, p->args[0], p->args[1], p->args[2], p->args[3], p->args[4], p->args[5]);

	/* A child that should not be is gone at once. */
	if (p->number == __NR_clone && result == 0)
		_exit(0);
	printf("%s %s\n", p->name, error_name(result < 0 ? errno : 0));
	fflush(stdout);
}

/* getpid of 32 bits, in a child, as it may be killed for it. */
static void try_i386(void)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		int result = 20;

		__asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
		_exit(result > 0);
	}
	waitpid(child, &status, 0);
	printf("i386 %s\n", WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : WEXITSTATUS(status) ? "0" : "refused");
}

static int is_wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], name))
			return 1;
	return argc < 2;
}

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++)
		if (is_wanted(probes[i].name, argc, argv))
			try(&probes[i]);
	if (is_wanted("i386", argc, argv))
		try_i386();
	return 0;
}
