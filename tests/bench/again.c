/*
 * Runs a program again and again, each time as PID 1 of a new pid namespace.
 *
 *   again COUNT PROG [ARG...]
 *
 * Raises the board each time it has left with 0, and stays. So what one start
 * and end cost is not hidden by what the stage costs around it.
 */
#include "tests/bench/raise.h"

#include <linux/sched.h>
#include <linux/wait.h>

#define SIGCHLD 17

static long number(const char *s)
{
	long n = 0;

	for (; *s; s++)
		n = n * 10 + (*s - '0');
	return n;
}

static void once(char **argv, char **envp)
{
	long pid = sys6(__NR_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0, 0);
	int status = 0;

	if (pid == 0) {
		sys3(__NR_execve, argv[0], argv, envp);
		leave(127);
	}
	if (pid < 0 || sys4(__NR_wait4, pid, &status, __WALL, 0) != pid || status)
		leave(111);
}

_Noreturn static void start(long *stack)
{
	char **argv = stack_argv(stack);
	struct board *b = board_map();

	if (stack[0] < 3)
		leave(2);
	for (long left = number(argv[1]); left > 0; left--) {
		once(argv + 2, stack_envp(stack));
		board_raise(b);
	}
	for (;;)
		sys3(__NR_pause, 0, 0, 0);
}
