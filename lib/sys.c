#include "lib/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * The frame of clone_args up to `cgroup` (CLONE_ARGS_SIZE_VER2, Linux 5.7):
 * the tid of the parent is written by the kernel before the child runs, so a
 * crash of ours right after the call cannot lose the child.
 */
static long clone_new(const struct sys_clone *how, uint64_t flags)
{
	struct clone_args args = {
		.flags = flags,
		.parent_tid = (uintptr_t)how->ret_pid,
		.exit_signal = SIGCHLD,
	};

	if (how->leaf_fd >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (unsigned)how->leaf_fd;
	}
	return syscall(SYS_clone3, &args, sizeof(args));
}

/* lib/ARCH/clone.S; absent for machines that nobody has written it for. */
__attribute__((weak)) long sys_clone_onto(struct clone_args *args, size_t size, void (*run)(void *), void *arg);

bool sys_can_share(void)
{
	return sys_clone_onto != NULL;
}

/* musl keeps errno and the canary behind the thread pointer, and a pointer to itself first. */
static void *own_tls(void *tls)
{
	memcpy(tls, __builtin_thread_pointer(), SYS_TLS_SIZE / 2);
	*(void **)tls = tls;
	return tls;
}

static pid_t clone_shared(const struct sys_clone *how, uint64_t flags)
{
	struct clone_args args = {
		.flags = flags | CLONE_VM | CLONE_SETTLS | CLONE_CLEAR_SIGHAND,
		.parent_tid = (uintptr_t)how->ret_pid,
		.exit_signal = SIGCHLD,
		.stack = (uintptr_t)how->frame->stack,
		.stack_size = how->frame->stack_size,
	};

	if (!sys_can_share())
		return -ENOSYS;
	args.tls = (uintptr_t)own_tls(how->frame->tls);
	if (how->leaf_fd >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (unsigned)how->leaf_fd;
	}
	return (pid_t)sys_clone_onto(&args, sizeof(args), how->run, how->arg);
}

static long clone_old(const struct sys_clone *how, uint64_t flags)
{
	flags = (flags & ~(uint64_t)CLONE_CLEAR_SIGHAND) | SIGCHLD;
	return syscall(SYS_clone, flags, NULL, how->ret_pid, NULL, NULL);
}

pid_t sys_clone(const struct sys_clone *how)
{
	uint64_t flags = how->flags | CLONE_PARENT_SETTID;
	long pid;

	if (how->frame)
		return clone_shared(how, flags);
	pid = clone_new(how, flags | CLONE_CLEAR_SIGHAND);
	if (pid < 0 && errno == EINVAL) /* CLONE_CLEAR_SIGHAND is Linux 5.5 */
		pid = clone_new(how, flags);
	if (pid < 0 && errno == ENOSYS && how->leaf_fd >= 0)
		return -EOPNOTSUPP;
	if (pid < 0 && errno == ENOSYS)
		pid = clone_old(how, flags);
	return pid < 0 ? -errno : (pid_t)pid;
}

int sys_kill(pid_t pid, int sig)
{
	return kill(pid, sig) < 0 ? -errno : 0;
}

int sys_pidfd(pid_t pid)
{
	long fd = syscall(SYS_pidfd_open, pid, 0);

	return fd < 0 ? -errno : (int)fd;
}

static int status_of(const siginfo_t *si)
{
	if (si->si_code == CLD_EXITED)
		return (si->si_status & 0xff) << 8;
	return si->si_status | (si->si_code == CLD_DUMPED ? 0x80 : 0);
}

pid_t sys_peek_dead(struct sys_death *ret_death)
{
	siginfo_t si = { 0 };

	if (waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT) < 0 || !si.si_pid)
		return 0;
	ret_death->pid = si.si_pid;
	ret_death->status = status_of(&si);
	return si.si_pid;
}

uint64_t sys_left_word(pid_t pid)
{
	struct rlimit limit;

	return prlimit(pid, RLIMIT_LOCKS, NULL, &limit) < 0 ? 0 : limit.rlim_cur;
}

int sys_reap(pid_t pid)
{
	siginfo_t si;

	return waitid(P_PID, (id_t)pid, &si, WEXITED | WNOHANG) < 0 ? -errno : 0;
}

bool sys_has_children(void)
{
	siginfo_t si;

	return waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

int sys_pipe(int ret_ends[2], int flags)
{
	return pipe2(ret_ends, flags | O_CLOEXEC) < 0 ? -errno : 0;
}

static bool has_sys_admin(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	return syscall(SYS_capget, &header, data) == 0 && data[0].effective & 1u << CAP_SYS_ADMIN;
}

int sys_can_filter(bool no_new_privs)
{
	const uint32_t action = SECCOMP_RET_KILL_PROCESS;

	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) < 0)
		return -errno;
	return no_new_privs || has_sys_admin() ? 0 : -EACCES;
}

int sys_close_range(unsigned first, unsigned last, unsigned flags)
{
	return syscall(SYS_close_range, first, last, flags) < 0 ? -errno : 0;
}
