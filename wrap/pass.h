/*
 * What an init owes its one child, whoever is the init: the wrapper (wrap/run.c),
 * and minit's reaper in the pid namespace of a service (services/reaper.c). All
 * signals are blocked since before the child was made; so none is lost, none
 * interrupts, and those that a fault of our own raises kill (they can't wait).
 */
#ifndef WRAP_PASS_H
#define WRAP_PASS_H

#include <errno.h>
#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>

#include "lib/raw.h"

#define PASS_ALL (~(uint64_t)0)

/* How a process left, as a shell tells it. */
static inline int pass_code(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The next signal, or -EAGAIN when the time (NULL: for ever) is over. Stopped and continued, it begins anew. */
static inline int pass_next(siginfo_t *ret, const struct timespec *time)
{
	const uint64_t all = PASS_ALL;
	long sig;

	do
		sig = raw(SYS_rt_sigtimedwait, &all, ret, time, sizeof(all));
	while (sig == -EINTR);
	return (int)sig;
}

/* The next process that is dead, or with WUNTRACED in flags stopped; 0: none now, -ECHILD: no child at all. */
static inline int pass_reap(int *ret_status, int flags)
{
	return (int)raw(SYS_wait4, -1, ret_status, WNOHANG | flags, 0);
}

/*
 * Sends sig to a process, or with -pid to a group, as info tells it came. What
 * sigqueue(3) and timers send goes on with its value and its sender; the
 * kernel lets nobody else repeat a sender (kill(2), rt_sigqueueinfo(2)).
 */
static inline int pass_on(pid_t to, int sig, const siginfo_t *info)
{
	siginfo_t same;

	if (to < 0 || info->si_code >= 0 || info->si_code == SI_TKILL)
		return (int)raw(SYS_kill, to, sig);
	same = *info;
	same.si_signo = sig;
	return (int)raw(SYS_rt_sigqueueinfo, to, sig, &same);
}

/* Sent by someone, and not by the death or stop of a child. */
static inline bool pass_is_sent(const siginfo_t *info)
{
	return info->si_signo != SIGCHLD || info->si_code <= 0;
}

#endif
