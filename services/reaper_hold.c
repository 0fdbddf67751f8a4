/*
 * Who may trace other processes, by CAP_SYS_PTRACE or as it may as much as minit, can have the reaper of its pid
 * namespace do what it likes, by minit's rights and without a filter of its own: so that reaper may do no more than it
 * has to. seccomp(2).
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>

#include "lib/raw.h"
#include "services/reaper.h"
#include "services/syscalls.h"

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define UNLESS(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip)
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define REFUSE BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
#define CALL(name) UNLESS(SYS_##name, 1), ALLOW

/* What services/reaper.c does from then on; limits are its own. */
static const struct sock_filter filter[] = {
	LOAD(arch),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYSCALLS_NATIVE_AUDIT, 1, 0),
	REFUSE,
	LOAD(nr),
	CALL(rt_sigtimedwait),
	CALL(wait4),
	CALL(kill),
	CALL(rt_sigqueueinfo),
	CALL(exit_group),
	CALL(close_range),
	UNLESS(SYS_prlimit64, 3),
	LOAD(args[0]),
	UNLESS(0, 1),
	ALLOW,
	REFUSE,
};

int reaper_hold(void)
{
	const struct sock_fprog program = { ARRAY_LEN(filter), (struct sock_filter *)(uintptr_t)filter };

	return (int)raw(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int reaper_may_hold(void)
{
	int err = (int)raw(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL);

	return err == -EFAULT ? 0 : err;
}
