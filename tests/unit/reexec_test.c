// links: init/reexec.c lib/buf.c services/layout.c
// flags: -Wl,--wrap=syscall
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/reexec.h"

/* What a crash hands on to the program that is executed in its place: looked at there, in a process of its own. */
static struct supervisor sv;
static struct statefile *state;

void fd_keep(int fd, bool keep)
{
	(void)fd, (void)keep;
}

void log_error(const char *object, int err, const char *fmt, ...)
{
	(void)object, (void)err, (void)fmt;
}

/* A timer goes on over an exec, as do signals that wait, and what is ignored. */
static int seen_by_the_next(void)
{
	struct itimerval timer;
	sigset_t waiting;

	if (getitimer(ITIMER_REAL, &timer) < 0 || timer.it_value.tv_sec || timer.it_value.tv_usec || timer.it_interval.tv_usec)
		return 1;
	return sigpending(&waiting) < 0 || sigismember(&waiting, SIGALRM) ? 2 : 0;
}

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

long __wrap_syscall(long number, ...)
{
	if (number == SYS_execveat)
		_exit(seen_by_the_next());
	return __real_syscall(number);
}

static int crash_with(void (*before)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (reexec_arm(&sv))
			_exit(3);
		before();
		raise(SIGSEGV);
		_exit(4);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void nothing(void)
{
}

static void a_timer(void)
{
	const struct itimerval soon = { { 3600, 0 }, { 3600, 0 } };

	setitimer(ITIMER_REAL, &soon, NULL);
}

static void its_signal(void)
{
	sigset_t alarm;

	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	sigprocmask(SIG_BLOCK, &alarm, NULL);
	a_timer();
	raise(SIGALRM);
}

static void the_timer_of_a_write_ends_with_a_crash_within_it(void **unused)
{
	(void)unused;
	assert_int_equal(crash_with(nothing), 0);
	assert_int_equal(crash_with(a_timer), 0);
	assert_int_equal(crash_with(its_signal), 0);
}

static int begin(void **unused)
{
	(void)unused;
	state = calloc(1, sizeof(*state));
	sv.state = state;
	return state ? 0 : -1;
}

static int end(void **unused)
{
	(void)unused;
	free(state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_timer_of_a_write_ends_with_a_crash_within_it),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
