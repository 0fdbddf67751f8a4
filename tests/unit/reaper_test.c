// links: services/step_reaper.c services/reaper.c services/reaper_hold.c lib/buf.c lib/fd.c lib/sys.c tests/fake/raw.c
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "services/child.h"

static struct service_spec spec;

static struct child begin(void)
{
	spec = (struct service_spec){ .init = 1 };
	return (struct child){ .spec = &spec, .namespaces = CLONE_NEWPID, .reaper_pipe = { -1, -1 } };
}

void child_run_from(struct child *child, enum step step)
{
	(void)child, (void)step;
	abort();
}

int child_fail(struct child *child, int err, const char *detail)
{
	(void)child, (void)detail;
	return err;
}

static void who_has_no_reaper_waits_for_none(void **state)
{
	struct child child = begin();

	(void)state;
	assert_true(child_stays(&child));
	assert_int_equal(step_apart(&child), 0);
	child.namespaces = 0;
	assert_false(child_stays(&child));
	assert_int_equal(step_reaper(&child), 0);
	spec.init = 0;
	child.namespaces = CLONE_NEWPID;
	assert_false(child_stays(&child));
	assert_int_equal(step_reaper(&child), 0);
}

/* Stands for the reaper: it goes a moment later, which a program that does not wait would not see. */
static no_return void go_later(volatile int *gone)
{
	const struct timespec moment = { .tv_nsec = 50000000 };

	nanosleep(&moment, NULL);
	*gone = 1;
	_exit(0);
}

static void the_program_begins_when_the_reaper_has_left(void **state)
{
	volatile int *gone = mmap(NULL, sizeof(*gone), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct child child = begin();
	pid_t reaper;

	(void)state;
	assert_true(gone != MAP_FAILED);
	assert_int_equal(sys_pipe(child.reaper_pipe, 0), 0);
	reaper = fork();
	if (reaper == 0)
		go_later(gone);
	child.is_behind = true;
	if (fork() == 0) /* a session of its own takes a process that leads no group */
		_exit(step_reaper(&child) || child.reaper_pipe[1] != -1 || step_apart(&child) || child.reaper_pipe[0] != -1 || !*gone);
	close(child.reaper_pipe[1]);
	for (int status, i = 0; i < 2; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	close(child.reaper_pipe[0]);
	munmap((void *)gone, sizeof(*gone));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_has_no_reaper_waits_for_none),
		cmocka_unit_test(the_program_begins_when_the_reaper_has_left),
	};

	return cmocka_run_group_tests_name("reaper", tests, NULL, NULL);
}
