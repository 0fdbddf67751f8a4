/*
 * Counts the user instructions and the system calls of a PID 1 and its children,
 * one step at a time, so that a figure does not depend on the machine or on who
 * else uses it.
 *
 *   count PID EXECS
 *
 * Takes hold of PID, which is about to execute the program to be counted, and
 * says "ready". Counts from there until EXECS children have executed a program
 * (a child counts up to its exec, or its end) and nothing has moved for a while.
 * All of them are bound to one CPU, which makes the order of events repeat. What
 * runs in the vdso is the kernel's, and no step: it reads the clock again when
 * that has ticked meanwhile, which stepping makes likely. Then
 * prints lines "WHO what KEY COUNT", WHO being pid1 or child: `step` by offset
 * in the program, `call` by number of the system call; and lets all go on.
 * "pid1 held 0 COUNT" is how many instructions it took until signals were first
 * held back.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALLS 512
#define SLOTS (1u << 16) /* more than any program counted here has instructions */
#define QUIET_US 300000

enum who { PID1, CHILD, WHOS };

struct step {
	uint64_t at; /* 0: free */
	uint64_t count;
};

static const char *const who_names[WHOS] = { "pid1", "child" };
static struct step steps[WHOS][SLOTS];
static uint64_t calls[WHOS][CALLS];
static uint64_t base, end, moves, pid1_steps, held_after;
static pid_t pid1;
static long execs_left;

static void check(int failed, const char *what)
{
	if (!failed)
		return;
	fprintf(stderr, "count: %s: %s\n", what, strerror(errno));
	exit(111);
}

static void step_count(enum who who, uint64_t at)
{
	uint32_t slot = (uint32_t)(at * 0x9e3779b1u) & (SLOTS - 1);

	while (steps[who][slot].at && steps[who][slot].at != at)
		slot = (slot + 1) & (SLOTS - 1);
	steps[who][slot].at = at;
	steps[who][slot].count++;
}

/* Where the program is: its mappings of a file; a static-pie may have the vdso before it. */
static void find_program(void)
{
	char path[64], line[512];
	unsigned long from, to, inode = 0;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid1);
	maps = fopen(path, "re");
	check(!maps, path);
	base = 0;
	while (fgets(line, sizeof(line), maps)) {
		check(sscanf(line, "%lx-%lx %*s %*x %*s %lu", &from, &to, &inode) != 3, path);
		if (!inode)
			continue;
		base = base ? base : from;
		end = to;
	}
	fclose(maps);
}

/* The trap after a step stands behind the instruction; orig_rax is set when that was a system call. */
static void stepped(pid_t pid)
{
	enum who who = pid == pid1 ? PID1 : CHILD;
	struct user_regs_struct regs;

	if (!base || ptrace(PTRACE_GETREGS, pid, 0, &regs) || regs.rip < base || regs.rip >= end)
		return;
	step_count(who, regs.rip - base);
	pid1_steps += who == PID1;
	if (who == PID1 && !held_after && regs.orig_rax == SYS_rt_sigprocmask)
		held_after = pid1_steps;
	if ((long)regs.orig_rax >= 0 && regs.orig_rax < CALLS)
		calls[who][regs.orig_rax]++;
}

static void executed(pid_t pid)
{
	if (pid == pid1) {
		find_program();
		ptrace(PTRACE_SINGLESTEP, pid, 0, 0);
		return;
	}
	calls[CHILD][59]++; /* execve: its step ends in the event */
	execs_left--;
	ptrace(PTRACE_DETACH, pid, 0, 0);
}

static void stopped(pid_t pid, int status)
{
	int event = status >> 16, signal = WSTOPSIG(status);

	if (event == PTRACE_EVENT_EXEC) {
		executed(pid);
		return;
	}
	if (!event && signal == SIGTRAP)
		stepped(pid);
	ptrace(PTRACE_SINGLESTEP, pid, 0, event || signal == SIGTRAP ? 0 : signal);
}

static void on_alarm(int signal)
{
	(void)signal;
}

/* Interrupts waitpid now and then, to see whether anything still moves. */
static void alarm_start(void)
{
	struct itimerval every = { { 0, QUIET_US }, { 0, QUIET_US } };
	struct sigaction action = { .sa_handler = on_alarm };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
}

static void count(void)
{
	uint64_t seen = 0;
	int status;
	pid_t pid;

	for (;;) {
		pid = waitpid(-1, &status, __WALL);
		if (pid > 0) {
			moves++;
			if (WIFSTOPPED(status))
				stopped(pid, status);
		} else if (errno != EINTR || (execs_left <= 0 && seen == moves && moves)) {
			return;
		} else {
			seen = moves;
		}
	}
}

static void print(void)
{
	printf("pid1 held 0 %lu\n", held_after);
	for (int who = 0; who < WHOS; who++) {
		for (unsigned i = 0; i < SLOTS; i++)
			if (steps[who][i].count)
				printf("%s step %lu %lu\n", who_names[who], steps[who][i].at, steps[who][i].count);
		for (unsigned i = 0; i < CALLS; i++)
			if (calls[who][i])
				printf("%s call %u %lu\n", who_names[who], i, calls[who][i]);
	}
}

static void bind_to_one_cpu(pid_t pid)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET((size_t)sched_getcpu(), &one);
	check(sched_setaffinity(0, sizeof(one), &one) || sched_setaffinity(pid, sizeof(one), &one), "affinity");
}

int main(int argc, char **argv)
{
	long options = PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC;

	if (argc != 3) {
		fprintf(stderr, "usage: count PID EXECS\n");
		return 2;
	}
	pid1 = atoi(argv[1]);
	execs_left = atol(argv[2]);
	bind_to_one_cpu(pid1);
	check(ptrace(PTRACE_SEIZE, pid1, 0, options) != 0, "seize");
	puts("ready");
	fflush(stdout);
	alarm_start();
	count();
	print();
	return 0;
}
