/*
 * The floor: the least a PID 1 can do and still be called a supervisor.
 *
 *   floor COUNT FLAGS PROG [ARG...]
 *
 * Starts COUNT copies of one command by vfork and exec, reaps, restarts at once,
 * and on SIGTERM stops them in order, the last first, and leaves when all are
 * gone. FLAGS is a hex number of CLONE_NEW* for each copy, 0 for none. No table,
 * no log, no limits, no back-off, and it blocks in every vfork: what minit and
 * its peers cost beyond this is the price of what they do beyond it.
 */
#include "tests/bench/nolibc.h"

#include <linux/sched.h>
#include <linux/wait.h>

#define SIGTERM 15
#define SIGCHLD 17
#define SIG_BLOCK 0
#define SA_RESTORER 0x04000000u
#define ECHILD 10
#define COUNT_MAX 32768

struct kernel_sigaction {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

static int pids[COUNT_MAX];
static long count;
static volatile int stopping;

void restore(void);
__asm__("restore:\n"
	"	mov $15, %eax\n"
	"	syscall\n");

/*
 * Kills from the handler itself: a flag looked at before a blocking wait would
 * leave a gap in which the signal is lost. A copy that is just being started
 * is not in pids[] yet; spawn() looks at the flag after it put it there.
 */
static void on_term(int signal)
{
	stopping = signal;
	for (long i = count - 1; i >= 0; i--)
		if (pids[i])
			sys3(__NR_kill, pids[i], SIGTERM, 0);
}

/* CLONE_VFORK on the caller's own stack: the child must not return from here, and does not. */
__attribute__((noinline)) static void spawn(long slot, unsigned long flags, char **argv, char **envp)
{
	long pid = sys6(__NR_clone, (long)(flags | CLONE_VM | CLONE_VFORK | SIGCHLD), 0, 0, 0, 0, 0);

	if (pid == 0) {
		sys3(__NR_execve, argv[0], argv, envp);
		leave(127);
	}
	if (pid < 0)
		leave(111);
	pids[slot] = (int)pid;
	if (stopping)
		sys3(__NR_kill, pid, SIGTERM, 0);
}

static long slot_of(int pid)
{
	for (long i = 0; i < count; i++)
		if (pids[i] == pid)
			return i;
	return -1;
}

static void supervise(unsigned long flags, char **argv, char **envp)
{
	long pid, slot;

	while ((pid = sys4(__NR_wait4, -1, 0, __WALL, 0)) != -ECHILD) {
		slot = pid > 0 ? slot_of((int)pid) : -1;
		if (slot < 0)
			continue;
		pids[slot] = 0;
		if (!stopping)
			spawn(slot, flags, argv, envp);
	}
}

/* Without a service there is no child whose death would end the wait. */
static void wait_for_term(void)
{
	uint64_t term = 1u << (SIGTERM - 1);

	sys4(__NR_rt_sigprocmask, SIG_BLOCK, &term, 0, sizeof(term));
	while (!stopping && sys4(__NR_rt_sigtimedwait, &term, 0, 0, sizeof(term)) != SIGTERM)
		;
}

static unsigned long number(const char *s, unsigned base)
{
	unsigned long n = 0;

	for (; *s; s++)
		n = n * base + (unsigned long)(*s <= '9' ? *s - '0' : *s - 'a' + 10);
	return n;
}

_Noreturn static void start(long *stack)
{
	char **argv = stack_argv(stack);
	char **envp = stack_envp(stack);
	struct kernel_sigaction term = { .handler = on_term, .flags = SA_RESTORER, .restorer = restore };
	unsigned long flags;

	if (stack[0] < 4)
		leave(2);
	count = (long)number(argv[1], 10);
	flags = number(argv[2], 16);
	if (count > COUNT_MAX)
		leave(2);
	sys4(__NR_rt_sigaction, SIGTERM, &term, 0, sizeof(term.mask));
	for (long i = 0; i < count; i++)
		spawn(i, flags, argv + 3, envp);
	supervise(flags, argv + 3, envp);
	if (!count)
		wait_for_term();
	leave(0);
}
