// links: services/step_proc.c lib/buf.c lib/fd.c
// flags: -Wl,--wrap=fchdir,--wrap=access,--wrap=fd_read_file
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/fd.h"
#include "services/view.h"
#include "tests/fake/note.h"

/* What is masked of a new /sys: the kernel is one of our own, with as many processors as are told. */
static bool has_sys, throttles; /* minit's /sys, and what its processors have */
static const char *possible;    /* processors, or NULL: it is not told */
static unsigned there;          /* so many of them are there */
static unsigned reads;
static int opened; /* the answer to who has /proc written to */
static struct roots_spec roots;
static struct child child;

int __wrap_fchdir(int fd);
int __wrap_access(const char *path, int mode);
ssize_t __wrap_fd_read_file(int dir, const char *path, char *mem, size_t size);

int __wrap_fchdir(int fd)
{
	(void)fd;
	return 0;
}

int __wrap_access(const char *path, int mode)
{
	(void)mode;
	errno = ENOENT;
	if (!strcmp(path, "/sys/devices/system/cpu/cpu0/thermal_throttle"))
		return has_sys && throttles ? 0 : -1;
	assert_string_equal(path, "/sys/devices/system/cpu");
	return has_sys ? 0 : -1;
}

ssize_t __wrap_fd_read_file(int dir, const char *path, char *mem, size_t size)
{
	assert_int_equal(dir, AT_FDCWD);
	assert_string_equal(path, "devices/system/cpu/possible");
	reads++;
	return possible ? snprintf(mem, size, "%s\n", possible) : -ENOENT;
}

static int is_there(const char *name)
{
	unsigned cpu;

	if (sscanf(name, "devices/system/cpu/cpu%u/thermal_throttle", &cpu) == 1)
		return throttles && cpu < there ? 0 : -ENOENT;
	return strcmp(name, "firmware") ? -ENOENT : 0;
}

static int hidden(const char *how, const char *name)
{
	int err = is_there(name);

	if (!err)
		note("%s %s; ", how, name);
	return err;
}

int mount_make(const char *type, const char *options, uint64_t attr)
{
	(void)options;
	if (!strcmp(type, "proc"))
		note("%s proc; ", attr & MOUNT_ATTR_RDONLY ? "read-only" : "writable");
	return open("/", O_PATH | O_CLOEXEC);
}

int mount_copy(int dir, const char *path, bool recursive)
{
	(void)dir, (void)path, (void)recursive;
	return open("/", O_PATH | O_CLOEXEC);
}

int mount_put(int mount, int dir, const char *name)
{
	(void)mount;
	return dir == AT_FDCWD ? hidden("put", name) : 0;
}

int mount_old(const char *source, const char *target, const char *type, unsigned long flags, const char *data)
{
	(void)type, (void)data;
	if (!source) {
		assert_int_equal(flags, MOUNTS_WRITABLE | MOUNTS_KERNEL_FILES);
		note("open up %s; ", target);
		return opened;
	}
	assert_int_equal(flags, MOUNTS_BIND);
	if (source == target) {
		note("keep %s; ", target);
		return 0;
	}
	assert_string_equal(source, "firmware");
	return hidden("bind", target);
}

int mount_drop_here(void)
{
	note("drop; ");
	return 0;
}

int mount_change_at(int dir, const char *name, const struct mount_change *change)
{
	(void)dir, (void)name, (void)change;
	return 0;
}

int view_make(struct view *v, const char *path, bool file)
{
	(void)v, (void)path, (void)file;
	return open("/", O_PATH | O_CLOEXEC);
}

int view_readonly(struct view *v, const char *target)
{
	(void)v, (void)target;
	return 0;
}

void view_miss(struct view *v, const char *what)
{
	(void)v, (void)what;
}

int view_unless_default(struct view *v, int err, uint8_t asked, const char *path)
{
	(void)v, (void)asked, (void)path;
	return err;
}

int child_fail(struct child *c, int err, const char *detail)
{
	(void)c, (void)detail;
	return err;
}

bool child_keeps_groups(const struct child *c)
{
	(void)c;
	return false;
}

static void begin(bool sys, bool has, const char *processors, unsigned count)
{
	has_sys = sys, throttles = has, possible = processors, there = count;
	reads = 0;
	did[0] = '\0';
	roots = (struct roots_spec){ .sys = SYS_READONLY };
	view_look_at_processors();
}

static void hide(void)
{
	struct view v = { .child = &child, .roots = &roots, .null = -1, .empty = -1 };

	assert_int_equal(view_sys(&v), 0);
	if (v.empty >= 0)
		close(v.empty);
}

static void processors_without_counters_cost_nothing(void **state)
{
	(void)state;
	begin(true, false, "0-127", 128);
	hide();
	assert_string_equal(did, "put firmware; ");
	assert_int_equal(reads, 0);
}

static void those_of_each_processor_are_hidden(void **state)
{
	(void)state;
	begin(true, true, "0-2", 3);
	hide();
	assert_string_equal(did, "put firmware; bind devices/system/cpu/cpu0/thermal_throttle; "
				 "bind devices/system/cpu/cpu1/thermal_throttle; bind devices/system/cpu/cpu2/thermal_throttle; ");
}

static void one_that_is_not_there_is_passed_over(void **state)
{
	(void)state;
	begin(true, true, "0,2-9", 1);
	hide();
	assert_string_equal(did, "put firmware; bind devices/system/cpu/cpu0/thermal_throttle; ");
	begin(true, true, "0", 1);
	hide();
	assert_string_equal(did, "put firmware; bind devices/system/cpu/cpu0/thermal_throttle; ");
	begin(true, true, NULL, 1);
	hide();
	assert_string_equal(did, "put firmware; bind devices/system/cpu/cpu0/thermal_throttle; ");
}

static void where_minit_has_no_sys_they_are_looked_for_each_time(void **state)
{
	(void)state;
	begin(false, true, "0-1", 2);
	hide();
	assert_string_equal(did, "put firmware; bind devices/system/cpu/cpu0/thermal_throttle; "
				 "bind devices/system/cpu/cpu1/thermal_throttle; ");
}

#define KEPT "read-only proc; keep bus; keep fs; keep irq; keep sys; keep sysrq-trigger; open up .; "

static void proc_is_read_only_until_its_parts_are_bound(void **state)
{
	struct view v = { .child = &child, .roots = &roots, .null = -1, .empty = -1 };

	(void)state;
	begin(true, false, "0", 1);
	roots.proc = PROC_MASKED;
	opened = 0;
	assert_int_equal(view_proc(&v), 0);
	assert_string_equal(did, KEPT);
	did[0] = '\0';
	opened = -EPERM;
	assert_int_equal(view_proc(&v), -EPERM);
	assert_string_equal(did, KEPT "drop; ");
	fd_close(&v.null);
	fd_close(&v.empty);
}

static void one_that_shows_all_is_written_to_at_once(void **state)
{
	struct view v = { .child = &child, .roots = &roots, .null = -1, .empty = -1 };

	(void)state;
	begin(true, false, "0", 1);
	roots.proc = PROC_OPEN;
	assert_int_equal(view_proc(&v), 0);
	assert_string_equal(did, "writable proc; ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(processors_without_counters_cost_nothing),
		cmocka_unit_test(those_of_each_processor_are_hidden),
		cmocka_unit_test(one_that_is_not_there_is_passed_over),
		cmocka_unit_test(where_minit_has_no_sys_they_are_looked_for_each_time),
		cmocka_unit_test(proc_is_read_only_until_its_parts_are_bound),
		cmocka_unit_test(one_that_shows_all_is_written_to_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
