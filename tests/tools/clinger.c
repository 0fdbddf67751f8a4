/*
 * A service that does not want to leave: clinger WAY. What it starts clings by that
 * way, and says "+" on standard output when it is there.
 *   setsid   children in sessions of their own     daemon   twice forked, so nobody's child
 *   stopped  children that are stopped             traced   a child that a daemon traces
 *   deaf     all signals that can be are ignored   bomb     forks as long as it may
 *   leaver   children in sessions of their own, in the uppermost cgroups
 * Daemons that have changed what minit would know them by (services/strays.h), as far as they may:
 *   raised   to what it may be at most             lowered  to nothing
 *   liar     to that of the service before
 */
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void stay(void)
{
	if (write(1, "+", 1) < 0)
		_exit(1);
	for (;;)
		pause();
}

static void be_deaf(void)
{
	for (int sig = 1; sig < 65; sig++)
		signal(sig, SIG_IGN);
}

static void one_setsid(void)
{
	setsid();
	be_deaf();
	stay();
}

static void one_daemon(void)
{
	setsid();
	if (fork())
		_exit(0);
	setsid();
	be_deaf();
	stay();
}

static void one_stopped(void)
{
	if (write(1, "+", 1) == 1)
		raise(SIGSTOP);
	stay();
}

/* The tracer is a daemon; its child stands in a trace stop for ever. */
static void one_traced(void)
{
	pid_t pid;

	setsid();
	if (fork())
		_exit(0);
	pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGTRAP);
		stay();
	}
	waitpid(pid, NULL, 0);
	be_deaf();
	stay();
}

static void one_bomb(void)
{
	be_deaf();
	for (;;)
		if (fork() < 0)
			usleep(1000);
}

/* Where it may not it stays where it is. */
static void one_leaver(void)
{
	glob_t tops;

	setsid();
	be_deaf();
	glob("/sys/fs/cgroup/{,*/}cgroup.procs", GLOB_BRACE, NULL, &tops);
	for (size_t i = 0; i < tops.gl_pathc; i++) {
		FILE *f = fopen(tops.gl_pathv[i], "w");

		if (f && fputs("0", f) >= 0)
			fclose(f);
	}
	stay();
}

static void change(int resource, long by)
{
	struct rlimit limit;

	getrlimit(resource, &limit);
	if (by < 0)
		limit.rlim_cur = limit.rlim_max = limit.rlim_cur + (rlim_t)by;
	else
		limit.rlim_cur = limit.rlim_max = by ? limit.rlim_max : 0;
	setrlimit(resource, &limit);
}

static void one_raised(void)
{
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };

	change(RLIMIT_LOCKS, 1);
	change(RLIMIT_RTTIME, 1);
	setrlimit(RLIMIT_LOCKS, &none);
	setrlimit(RLIMIT_RTTIME, &none);
	one_daemon();
}

static void one_lowered(void)
{
	change(RLIMIT_LOCKS, 0);
	change(RLIMIT_RTTIME, 0);
	one_daemon();
}

static void one_liar(void)
{
	change(RLIMIT_LOCKS, -1);
	change(RLIMIT_RTTIME, -1);
	one_daemon();
}

static const struct {
	const char *name;
	void (*one)(void);
} ways[] = {
	{ "setsid", one_setsid },   { "daemon", one_daemon }, { "stopped", one_stopped },
	{ "traced", one_traced },   { "deaf", one_setsid },   { "bomb", one_bomb },
	{ "leaver", one_leaver },   { "raised", one_raised }, { "lowered", one_lowered },
	{ "liar", one_liar },
};

int main(int argc, char **argv)
{
	prctl(PR_SET_NAME, "clinger");
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (argc < 2 || strcmp(argv[1], ways[i].name) != 0)
			continue;
		for (int n = 0; n < 3; n++)
			if (fork() == 0)
				ways[i].one();
		if (!strcmp(argv[1], "deaf"))
			be_deaf();
		stay();
	}
	return 2;
}
