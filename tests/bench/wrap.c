/*
 * The floor of a wrapper: the least a PID 1 can do in front of one program.
 *
 *   wrap PROG [ARG...]
 *
 * Starts it by vfork and exec, reaps whatever dies, and leaves with its status.
 */
#include "tests/bench/nolibc.h"

#include <linux/sched.h>
#include <linux/wait.h>

#define SIGCHLD 17

/* CLONE_VFORK on the caller's own stack: the child must not return from here, and does not. */
__attribute__((noinline)) static long spawn(char **argv, char **envp)
{
	long pid = sys6(__NR_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0, 0, 0);

	if (pid == 0) {
		sys3(__NR_execve, argv[0], argv, envp);
		leave(127);
	}
	return pid;
}

_Noreturn static void start(long *stack)
{
	int status = 0;
	long pid = spawn(stack_argv(stack) + 1, stack_envp(stack)), got;

	do
		got = sys4(__NR_wait4, -1, &status, __WALL, 0);
	while (got >= 0 && got != pid);
	leave(status & 0x7f ? 128 + (status & 0x7f) : status >> 8);
}
