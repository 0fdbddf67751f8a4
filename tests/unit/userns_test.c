// links: services/step_userns.c lib/buf.c lib/fd.c tests/fake/image.c services/layout.c
// flags: -Wl,--wrap=setns
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/mount.h"
#include "lib/sys.h"
#include "services/caps.h"
#include "services/who.h"
#include "tests/fake/image.h"

/* Who holds the user namespace while it is mapped, or the one that is joined: a process of the test's own. */
static struct image image;
static struct child child;
static bool is_killed; /* before it has said anything */
static int refusal;    /* errno of setns, or 0 */

struct caps caps_own;

int child_fail(struct child *c, int err, const char *detail)
{
	snprintf(c->detail, sizeof(c->detail), "%s", detail);
	return err;
}

int child_open_minits(const struct child *c, const char *path, int flags)
{
	(void)c;
	return open(path, flags | O_CLOEXEC);
}

int who_resolve(struct child *c, struct who *who)
{
	(void)c, (void)who;
	return 0;
}

int mount_make(const char *type, const char *options, uint64_t attr)
{
	(void)type, (void)options, (void)attr;
	return -EPERM;
}

int __wrap_setns(int fd, int type);

int __wrap_setns(int fd, int type)
{
	(void)fd, (void)type;
	errno = refusal;
	return refusal ? -1 : 0;
}

pid_t sys_clone(const struct sys_clone *how)
{
	pid_t pid = fork();

	(void)how;
	if (pid == 0 && is_killed)
		raise(SIGKILL);
	return pid;
}

static void begin(void)
{
	image_begin(&image, 1);
	image.confine.roots.join_flags = CLONE_NEWUSER;
	image.confine.roots.uids.count = 1;
	image_end(&image);
	child = (struct child){
		.table = &image.table, .spec = &image.spec[0], .namespaces = CLONE_NEWNS, .userns_fd = -1,
	};
	is_killed = false;
	refusal = 0;
	alarm(10);
}

/* -- tests -- */

static void it_is_held_until_it_is_open(void **state)
{
	(void)state;
	begin();
	assert_int_equal(step_idmap(&child), 0);
	assert_true(child.userns_fd >= 0);
	close(child.userns_fd);
}

static void who_has_ended_cannot_be_joined(void **state)
{
	(void)state;
	begin();
	refusal = ESRCH;
	assert_int_equal(step_idmap(&child), -ESRCH);
	assert_string_equal(child.detail, "setns");
	assert_int_equal(child.userns_fd, -1);
}

static void who_holds_it_may_be_killed(void **state)
{
	(void)state;
	begin();
	is_killed = true;
	assert_int_equal(step_idmap(&child), -ECHILD);
	assert_int_equal(child.userns_fd, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_held_until_it_is_open),
		cmocka_unit_test(who_has_ended_cannot_be_joined),
		cmocka_unit_test(who_holds_it_may_be_killed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
