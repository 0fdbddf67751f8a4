/* Namespaces of another service, and clocks of its own: setns(2), time_namespaces(7). */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/fd.h"
#include "services/child.h"
#include "services/reaper.h"

static const struct roots_spec *roots_of(const struct child *child)
{
	return &table_confine(child->table, child->spec)->roots;
}

/*
 * Labels and ids are written, a terminal is opened, directories and users are found behind the join, and in these
 * mounts there may be anything.
 */
static int keep_root(struct child *child)
{
	if (!(roots_of(child)->join_flags & CLONE_NEWNS))
		return 0;
	child->root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return child->root_fd < 0 ? child_fail(child, -errno, "/") : 0;
}

/*
 * By a descriptor of the process that minit opened while it knew whose it is, all at once or none. A pid namespace is
 * that of children only: what stays outside passes on signals and the end, like the reaper of a namespace of its own.
 * The user namespace is entered where one of its own is: services/step_userns.c.
 */
int step_join(struct child *child)
{
	const struct roots_spec *roots = roots_of(child);
	uint32_t at_once = roots->join_flags & ~(uint32_t)CLONE_NEWUSER;
	const char *name;
	int err;

	if (!roots->join_flags)
		return 0;
	err = keep_root(child);
	if (err)
		return err;
	name = table_name(child->table, table_service(child->table, roots->join_service));
	if (child->join_fd < 0)
		return child_fail(child, child->join_fd, name);
	if (at_once && setns(child->join_fd, (int)at_once) < 0)
		return child_fail(child, -errno, name);
	return roots->join_flags & CLONE_NEWPID ? child_leave_reaper(child, 0) : 0;
}

/* An exec enters the namespace since Linux 6.1; before, only a fork does. */
static bool exec_enters(void)
{
	struct utsname name;
	uint64_t major = 0, minor = 0;
	const char *dot;

	if (uname(&name) < 0)
		return false;
	for (dot = name.release; *dot >= '0' && *dot <= '9'; dot++)
		major = major * 10 + (uint64_t)(*dot - '0');
	for (dot += *dot == '.'; *dot >= '0' && *dot <= '9'; dot++)
		minor = minor * 10 + (uint64_t)(*dot - '0');
	return major > 6 || (major == 6 && minor >= 1);
}

static void put_offset(struct buf *b, const char *clock, int64_t ms)
{
	int64_t seconds = ms / 1000 - (ms % 1000 < 0), rest = ms - seconds * 1000;

	buf_fmt(b, "%s %ld %ld\n", clock, (long)seconds, (long)rest * 1000000);
}

/* While /proc is still minit's. Offsets can be written until somebody is in the namespace. */
int step_clocks(struct child *child)
{
	const struct roots_spec *roots = roots_of(child);
	BUF_ON_STACK(offsets, 96);
	int err;

	if (!(child->spec->namespaces & CLONE_NEWTIME))
		return 0;
	if (!child->spec->init && !exec_enters())
		return child_fail(child, -EOPNOTSUPP, "init = false needs Linux 6.1");
	if (unshare(CLONE_NEWTIME) < 0)
		return child_fail(child, -errno, "time namespace");
	put_offset(&offsets, "monotonic", roots->monotonic_ms);
	put_offset(&offsets, "boottime", roots->boottime_ms);
	err = fd_write_file(AT_FDCWD, "/proc/self/timens_offsets", buf_text(&offsets));
	return err ? child_fail(child, err, "timens_offsets") : 0;
}
