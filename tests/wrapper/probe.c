/*
 * The program in front of which a wrapper stands, for tests/wrapper: it does
 * what its words say, one after the other, and tells of it.
 *
 *   probe NAME WORD...
 *
 * What it tells are datagrams to the abstract address NAME, so that it needs
 * neither a descriptor nor a file; the kernel adds the sender's pid. Words
 * between [ and ] are done by another process.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK_SIZE 1024
#define ZOMBIES_EACH 500

static const char *listener;

static void tell(const char *format, ...)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char text[4096];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	strncpy(to.sun_path + 1, listener, sizeof(to.sun_path) - 2);
	sendto(fd, text, strlen(text), 0, (struct sockaddr *)&to,
	       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(listener)));
	close(fd);
}

static void told(const char *what, long result)
{
	if (result < 0)
		tell("%s: errno %d", what, errno);
	else
		tell("%s: %ld", what, result);
}

/* -- signals: raw, as libc keeps some of them for itself -- */

static void mask(int how, uint64_t set)
{
	syscall(SYS_rt_sigprocmask, how, &set, NULL, sizeof(set));
}

static void on_signal(int signal)
{
	tell("handled %d", signal);
}

/* Tells of each signal until `last` has come; 0 is never. Those that stop have a handler, for who looks whether they have. */
static void until(int last)
{
	const uint64_t all = ~(uint64_t)0;
	siginfo_t info;
	long got;

	signal(SIGTSTP, on_signal);
	signal(SIGTTIN, on_signal);
	signal(SIGTTOU, on_signal);
	mask(SIG_SETMASK, all); /* last, as libc unblocks its own signals with the first handler */
	tell("ready");
	do {
		memset(&info, 0, sizeof(info));
		got = syscall(SYS_rt_sigtimedwait, &all, &info, NULL, sizeof(all));
		if (got > 0)
			tell("signal %ld code %d value %d", got, info.si_code, info.si_value.sival_int);
	} while (got != last);
	mask(SIG_SETMASK, 0);
}

static void die(int signal)
{
	struct sigaction normal = { .sa_handler = SIG_DFL };

	sigaction(signal, &normal, NULL);
	syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), signal);
	mask(SIG_UNBLOCK, (uint64_t)1 << (signal - 1));
	pause();
}

static void fault_ill(void)
{
	__builtin_trap();
}

static void fault_segv(void)
{
	*(volatile int *)16 = 1;
}

static void fault_bus(void)
{
	int fd = memfd_create("empty", MFD_CLOEXEC);
	volatile char *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	*at = 1;
}

/* -- processes -- */

static void do_words(char **words);

static char **behind(char **words)
{
	int depth = 0;

	do {
		depth += !strcmp(*words, "[") - !strcmp(*words, "]");
		words++;
	} while (depth && *words);
	return words;
}

static void child(char **words)
{
	char **end = behind(words);

	end[-1] = NULL;
	do_words(words + 1);
	_exit(0);
}

/* Beside a case with many dead there may be no pid left for a moment. */
static pid_t fork_for_sure(void)
{
	pid_t pid;

	do
		pid = fork();
	while (pid < 0 && errno == EAGAIN && !sched_yield());
	return pid;
}

static void forked(char **words)
{
	if (fork_for_sure() == 0)
		child(words);
}

/* As if TERM came when its libc has blocked all signals for a fork: the child comes without it. */
static void forked_late(char **words)
{
	const uint64_t all = ~(uint64_t)0;
	sigset_t waiting;

	mask(SIG_SETMASK, all);
	tell("late");
	do {
		poll(NULL, 0, 1);
		sigpending(&waiting);
	} while (!sigismember(&waiting, SIGTERM));
	if (fork_for_sure() == 0) {
		mask(SIG_SETMASK, 0);
		child(words);
	}
	mask(SIG_SETMASK, 0);
}

/* Its parent is gone before it does anything. */
static void orphaned(char **words)
{
	int go[2];
	char byte;
	pid_t pid;

	if (pipe2(go, O_CLOEXEC))
		_exit(111);
	pid = fork_for_sure();
	if (pid == 0) {
		if (fork_for_sure())
			_exit(0);
		close(go[1]);
		if (read(go[0], &byte, 1))
			_exit(111);
		close(go[0]);
		child(words);
	}
	waitpid(pid, NULL, 0);
	close(go[0]);
	close(go[1]);
}

static int nothing(void *unused)
{
	(void)unused;
	_exit(0);
}

/* Sharing memory makes them cheap; each has a piece of the stack to end on. */
static pid_t spawn(int (*run)(void *), char *stack, int flags)
{
	pid_t pid;

	do
		pid = clone(run, stack + STACK_SIZE, CLONE_VM | SIGCHLD | flags, NULL);
	while (pid < 0 && errno == EAGAIN && !sched_yield());
	return pid;
}

static int leave_orphan(void *unused)
{
	static char stack[STACK_SIZE] __attribute__((aligned(16)));

	(void)unused;
	spawn(nothing, stack, 0);
	_exit(0);
}

/* Forks twice for each, as daemons do. */
static void leave_orphans(long count)
{
	static char stack[STACK_SIZE] __attribute__((aligned(16)));

	while (count--)
		while (waitpid(spawn(leave_orphan, stack, CLONE_VFORK), NULL, 0) < 0 && errno == EINTR)
			;
}

/* Dead children of somebody who dies himself. */
static void leave_zombies(long count)
{
	static char stacks[ZOMBIES_EACH][STACK_SIZE] __attribute__((aligned(16)));

	for (; count > 0; count -= ZOMBIES_EACH)
		if (fork_for_sure() == 0) {
			for (int i = 0; i < ZOMBIES_EACH; i++)
				spawn(nothing, stacks[i], 0);
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
}

static void storm(long parents, long each)
{
	long started = 0;

	for (; started < parents; started++)
		if (fork_for_sure() == 0) {
			leave_orphans(each);
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
}

/* A program that is never the same process for long, each in a session of its own. */
_Noreturn static void run_away(void)
{
	for (;;) {
		pid_t pid = fork();

		if (pid > 0)
			_exit(0);
		setsid();
		poll(NULL, 0, 1);
	}
}

/* -- the words -- */

static void op_say(char **w) { tell("%s", w[0]); }
static void op_ids(char **w) { (void)w; tell("pid %d ppid %d", getpid(), getppid()); }
static void op_env(char **w) { const char *value = getenv(w[0]); tell("%s=%s", w[0], value ? value : "(unset)"); }
static void op_until(char **w) { until(atoi(w[0])); }
static void op_pause(char **w) { (void)w; for (;;) pause(); }
static void op_exit(char **w) { _exit(atoi(w[0])); }
static void op_kill(char **w) { kill(getpid(), atoi(w[0])); }
static void op_die(char **w) { die(atoi(w[0])); }
static void op_ignore(char **w) { signal(atoi(w[0]), SIG_IGN); }
static void op_handle(char **w) { signal(atoi(w[0]), on_signal); }
static void op_setsid(char **w) { (void)w; told("setsid", setsid()); }
static void op_setpgid(char **w) { (void)w; setpgid(0, 0); }
static void op_chdir(char **w) { told("chdir", chdir(w[0])); }
static void op_close(char **w) { close(atoi(w[0])); }
static void op_uid(char **w) { told("uid", setresuid((uid_t)atoi(w[0]), (uid_t)atoi(w[0]), (uid_t)atoi(w[0]))); }
static void op_open(char **w) { told("open", open(w[0], O_RDWR | O_CLOEXEC)); }
static void op_write(char **w) { told("write", write(atoi(w[0]), w[1], strlen(w[1]))); }
static void op_zombies(char **w) { leave_zombies(atol(w[0])); }
static void op_storm(char **w) { storm(atol(w[0]), atol(w[1])); }
static void op_run_away(char **w) { (void)w; run_away(); }
static void op_sleep(char **w) { poll(NULL, 0, atoi(w[0])); }
static void op_wait(char **w) { (void)w; while (wait(NULL) > 0) ; }

static void op_pdeath(char **w)
{
	int signal = 0;

	(void)w;
	prctl(PR_GET_PDEATHSIG, &signal);
	tell("pdeath %d", signal);
}

static void op_read(char **w)
{
	char text[256];
	ssize_t n = read(atoi(w[0]), text, sizeof(text) - 1);

	if (n < 0) {
		told("read", n);
		return;
	}
	text[n] = '\0';
	tell("read: %s", text);
}

static void op_foreground(char **w)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
	pid_t group = fd < 0 ? -1 : tcgetpgrp(fd);

	(void)w;
	tell(fd < 0 ? "foreground: no terminal" : group == getpgrp() ? "foreground: yes" : "foreground: no");
	close(fd);
}

static void op_fault(char **w)
{
	static volatile int zero, one = 1;

	if (!strcmp(w[0], "segv"))
		fault_segv();
	if (!strcmp(w[0], "bus"))
		fault_bus();
	if (!strcmp(w[0], "fpe"))
		tell("%d", one / zero);
	if (!strcmp(w[0], "abrt"))
		abort();
	fault_ill();
}

static const struct op {
	const char *name;
	int args;
	void (*run)(char **words);
} ops[] = {
	{ "say", 1, op_say },
	{ "ids", 0, op_ids },
	{ "env", 1, op_env },
	{ "until", 1, op_until },
	{ "pause", 0, op_pause },
	{ "exit", 1, op_exit },
	{ "kill", 1, op_kill },
	{ "die", 1, op_die },
	{ "ignore", 1, op_ignore },
	{ "handle", 1, op_handle },
	{ "setsid", 0, op_setsid },
	{ "setpgid", 0, op_setpgid },
	{ "chdir", 1, op_chdir },
	{ "close", 1, op_close },
	{ "uid", 1, op_uid },
	{ "open", 1, op_open },
	{ "write", 2, op_write },
	{ "read", 1, op_read },
	{ "foreground", 0, op_foreground },
	{ "pdeath", 0, op_pdeath },
	{ "fault", 1, op_fault },
	{ "zombies", 1, op_zombies },
	{ "storm", 2, op_storm },
	{ "run-away", 0, op_run_away },
	{ "sleep", 1, op_sleep },
	{ "wait", 0, op_wait },
};

static char **do_op(char **words)
{
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (!strcmp(words[0], ops[i].name)) {
			ops[i].run(words + 1);
			return words + 1 + ops[i].args;
		}
	tell("unknown word %s", words[0]);
	_exit(111);
}

static void do_words(char **words)
{
	while (*words) {
		if (!strcmp(*words, "fork")) {
			forked(words + 1);
			words = behind(words + 1);
		} else if (!strcmp(*words, "fork-late")) {
			forked_late(words + 1);
			words = behind(words + 1);
		} else if (!strcmp(*words, "orphan")) {
			orphaned(words + 1);
			words = behind(words + 1);
		} else {
			words = do_op(words);
		}
	}
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	listener = argv[1];
	do_words(argv + 2);
	return 0;
}
