#include "services/reaper.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/sys.h"

static int code_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void reap(pid_t child)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == child)
			_exit(code_of(status));
	if (pid < 0 && errno == ECHILD)
		_exit(127); /* SIGCHLD was ignored and the kernel has reaped: nobody knows how it ended */
}

void reaper_run(pid_t child)
{
	const uint64_t all = ~(uint64_t)0;
	siginfo_t si;

	prctl(PR_SET_NAME, "minit-reaper");
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof(all));
	sys_close_range(0, ~0u, 0);
	for (;;) {
		long sig;

		reap(child);
		sig = syscall(SYS_rt_sigtimedwait, &all, &si, NULL, sizeof(all));
		if (sig > 0 && sig != SIGCHLD)
			sys_kill(child, (int)sig);
	}
}
