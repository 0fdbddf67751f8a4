#include "services/reaper.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include "wrap/pass.h"

static no_return void leave(int code)
{
	for (;;)
		raw(SYS_exit_group, code);
}

static void tell_exit(int status)
{
	uint64_t limit[] = { 0, UINT64_MAX };

	if (!WIFEXITED(status) || WEXITSTATUS(status) <= 128)
		return;
	raw(SYS_prlimit64, 0, RLIMIT_LOCKS, 0, limit); /* a hard one may be the mark of a minit further up */
	limit[0] = REAPER_EXITED;
	raw(SYS_prlimit64, 0, RLIMIT_LOCKS, limit, 0);
}

static void leave_as(int status)
{
	tell_exit(status);
	leave(pass_code(status));
}

static void reap(pid_t child)
{
	int status = 0, pid;

	while ((pid = pass_reap(&status, 0)) > 0)
		if (pid == child)
			leave_as(status);
	if (pid < 0)
		leave(127); /* SIGCHLD was ignored and the kernel has reaped: nobody knows how it ended */
}

void reaper_run(pid_t child, bool held)
{
	const uint64_t all = PASS_ALL;
	siginfo_t info;

	raw(SYS_prctl, PR_SET_NAME, "minit-reaper");
	raw(SYS_rt_sigprocmask, SIG_SETMASK, &all, 0, sizeof(all));
	if (held && reaper_hold() < 0)
		leave(127);
	raw(SYS_close_range, 0, ~0u);
	for (;;) {
		reap(child);
		if (pass_next(&info, NULL) > 0 && pass_is_sent(&info))
			pass_on(child, info.si_signo, &info);
	}
}

void reaper_main(const char *child)
{
	bool held = *child == 'h';
	pid_t pid = 0;

	for (child += held; *child >= '0' && *child <= '9'; child++)
		pid = pid * 10 + (*child - '0');
	reaper_run(pid, held);
}
