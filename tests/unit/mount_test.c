// links: lib/mount.c lib/fd.c
// flags: -Wl,--wrap=syscall
/* mount(2), and what is done where it is refused: the kernel writes down what it is asked, and refuses as told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/mount.h"
#include "tests/fake/note.h"

static int mount_err, later_err; /* errno of mount(2), and of the last of the calls by descriptor */

static const char *name(const char *path)
{
	return path ? path : "-";
}

static int a_descriptor(void)
{
	return open("/", O_PATH | O_CLOEXEC);
}

static long last(void)
{
	errno = later_err;
	return later_err ? -1 : 0;
}

static long mount_of(va_list ap)
{
	const char *source = va_arg(ap, const char *), *target = va_arg(ap, const char *), *type = va_arg(ap, const char *);

	note("mount %s %s %s %lu; ", name(source), target, name(type), va_arg(ap, unsigned long));
	errno = mount_err;
	return mount_err ? -1 : 0;
}

static long configured(va_list ap)
{
	int command = (va_arg(ap, int), va_arg(ap, int));
	const char *key = va_arg(ap, const char *);

	if (command == FSCONFIG_SET_STRING)
		note("%s = %s; ", key, va_arg(ap, const char *));
	return 0;
}

static long made(va_list ap)
{
	note("fsmount %u; ", (va_arg(ap, int), va_arg(ap, unsigned), va_arg(ap, unsigned)));
	return a_descriptor();
}

static long copied(va_list ap)
{
	bool here = va_arg(ap, int) == AT_FDCWD;

	note("copy %s%s; ", here ? "" : "elsewhere ", va_arg(ap, const char *));
	return a_descriptor();
}

static long put(va_list ap)
{
	bool here = (va_arg(ap, int), va_arg(ap, const char *), va_arg(ap, int)) == AT_FDCWD;

	note("put %s%s; ", here ? "" : "elsewhere ", va_arg(ap, const char *));
	return last();
}

static long changed(va_list ap)
{
	const struct mount_attr *attr;
	unsigned flags = (va_arg(ap, int), va_arg(ap, const char *), va_arg(ap, unsigned));

	attr = va_arg(ap, const struct mount_attr *);
	note("change +%u -%u spread %u%s; ", (unsigned)attr->attr_set, (unsigned)attr->attr_clr, (unsigned)attr->propagation,
	     flags & 0x8000 ? " all" : "");
	return last();
}

long __wrap_syscall(long number, ...);

long __wrap_syscall(long number, ...)
{
	long result = 0;
	va_list ap;

	va_start(ap, number);
	switch (number) {
	case SYS_mount: result = mount_of(ap); break;
	case SYS_fsopen: note("fsopen %s; ", va_arg(ap, const char *)); result = a_descriptor(); break;
	case SYS_fsconfig: result = configured(ap); break;
	case SYS_fsmount: result = made(ap); break;
	case SYS_open_tree: result = copied(ap); break;
	case SYS_move_mount: result = put(ap); break;
	case SYS_mount_setattr: result = changed(ap); break;
	default: fail_msg("system call %ld", number);
	}
	va_end(ap);
	return result;
}

static void begin(int of_mount, int later)
{
	did[0] = '\0';
	mount_err = of_mount, later_err = later;
}

static void test_a_mount_is_one_call(void **unused)
{
	(void)unused;
	begin(0, 0);
	assert_int_equal(mount_old("tmpfs", "shm", "tmpfs", MOUNTS_KERNEL_FILES, "mode=1777"), 0);
	assert_string_equal(did, "mount tmpfs shm tmpfs 14; ");
}

static void test_a_path_that_is_refused_is_gone_round(void **unused)
{
	(void)unused;
	for (int round = 0; round < 2; round++) {
		begin(round ? EPERM : EACCES, 0);
		assert_int_equal(mount_old("devpts", "pts", "devpts", MOUNTS_DEVICES, "mode=0620,gid=5"), 0);
		assert_string_equal(did, "mount devpts pts devpts 10; fsopen devpts; mode = 0620; gid = 5; fsmount 10; put pts; ");
	}
}

static void test_a_bind_and_its_change_are_gone_round(void **unused)
{
	(void)unused;
	begin(EACCES, 0);
	assert_int_equal(mount_old("/tmp", "/tmp", NULL, MOUNTS_BIND, NULL), 0);
	assert_string_equal(did, "mount /tmp /tmp - 4096; copy /tmp; put /tmp; ");
	begin(EACCES, 0);
	assert_int_equal(mount_old(NULL, "/tmp", NULL, MOUNTS_READONLY | MOUNTS_DEVICES, NULL), 0);
	assert_string_equal(did, "mount - /tmp - 4139; change +11 -4 spread 0; ");
}

static void test_how_mounts_spread_is_gone_round(void **unused)
{
	(void)unused;
	begin(EACCES, 0);
	assert_int_equal(mount_old(NULL, "/", NULL, MOUNTS_PRIVATE, NULL), 0);
	assert_string_equal(did, "mount - / - 278528; change +0 -0 spread 262144 all; ");
	begin(EACCES, 0);
	assert_int_equal(mount_old(NULL, "/", NULL, MOUNTS_SLAVE, NULL), 0);
	assert_string_equal(did, "mount - / - 540672; change +0 -0 spread 524288 all; ");
}

/* EPERM of the second way would say that it was rights that lacked. */
static void test_refused_both_ways_the_first_word_holds(void **unused)
{
	(void)unused;
	begin(EACCES, EPERM);
	assert_int_equal(mount_old("tmpfs", "shm", "tmpfs", MOUNTS_KERNEL_FILES, NULL), -EACCES);
	assert_int_equal(mount_old("/tmp", "/tmp", NULL, MOUNTS_BIND, NULL), -EACCES);
	assert_int_equal(mount_old(NULL, "/tmp", NULL, MOUNTS_READONLY, NULL), -EACCES);
	begin(EPERM, ENOSYS);
	assert_int_equal(mount_old("proc", "/proc", "proc", MOUNTS_KERNEL_FILES, NULL), -EPERM);
}

static void test_what_is_no_refusal_is_told(void **unused)
{
	(void)unused;
	begin(ENODEV, 0);
	assert_int_equal(mount_old("mqueue", "mqueue", "mqueue", MOUNTS_KERNEL_FILES, NULL), -ENODEV);
	assert_string_equal(did, "mount mqueue mqueue mqueue 14; ");
	begin(EACCES, ENOENT); /* refused before it was looked for */
	assert_int_equal(mount_old("/tmp", "/tmp", NULL, MOUNTS_BIND, NULL), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_mount_is_one_call),
		cmocka_unit_test(test_a_path_that_is_refused_is_gone_round),
		cmocka_unit_test(test_a_bind_and_its_change_are_gone_round),
		cmocka_unit_test(test_how_mounts_spread_is_gone_round),
		cmocka_unit_test(test_refused_both_ways_the_first_word_holds),
		cmocka_unit_test(test_what_is_no_refusal_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
