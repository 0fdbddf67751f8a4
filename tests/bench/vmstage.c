/*
 * The stage in a virtual machine: the first program of a kernel.
 *
 *   vmstage COUNT PROG [ARG...]
 *
 * Sets the board, leaves a watcher behind, and becomes PROG, which is PID 1.
 * When COUNT payloads run the watcher says "bench NS" on the console, NS since
 * PID 1's exec, and switches off. With QEMU's -icount the clock is the number of
 * instructions, the kernel's included. A word "@" becomes "--", behind which the
 * kernel would pass nothing on.
 */
#include "tests/bench/raise.h"

#include <linux/reboot.h>
#include <linux/sched.h>

#define SIGCHLD 17

static void say(uint64_t number)
{
	char line[32] = "bench                          \n";

	for (size_t at = sizeof(line) - 2; number && at > 6; number /= 10)
		line[--at] = (char)('0' + number % 10);
	sys3(__NR_write, 1, line, sizeof(line));
}

_Noreturn static void watch(struct board *b)
{
	while (!__atomic_load_n(&b->reached, __ATOMIC_SEQ_CST))
		sys4(__NR_futex, &b->reached, FUTEX_WAIT, 0, 0);
	say(b->reached_ns - b->started_ns);
	for (;;)
		sys4(__NR_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_POWER_OFF, 0);
}

static uint32_t number(const char *s)
{
	uint32_t n = 0;

	for (; *s; s++)
		n = n * 10 + (uint32_t)(*s - '0');
	return n;
}

static void restore_dashes(char **words)
{
	static char dashes[] = "--";

	for (; *words; words++)
		if ((*words)[0] == '@' && !(*words)[1])
			*words = dashes;
}

_Noreturn static void start(long *stack)
{
	char **argv = stack_argv(stack);
	struct board *b = board_map();
	struct timespec now, settle = { 1, 0 };

	if (stack[0] < 3)
		leave(2);
	b->target = number(argv[1]);
	restore_dashes(argv + 2);
	if (sys6(__NR_clone, SIGCHLD, 0, 0, 0, 0, 0) == 0)
		watch(b);
	sys3(__NR_nanosleep, &settle, 0, 0); /* what the kernel does late in its boot is not to be counted */
	sys3(__NR_clock_gettime, CLOCK_MONOTONIC, &now, 0);
	b->started_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	sys3(__NR_execve, argv[2], argv + 2, stack_envp(stack));
	leave(127);
}
