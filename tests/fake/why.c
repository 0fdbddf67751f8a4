/* What is said of a leaf that fails: who asked, and no more. */
#include "lib/cure.h"
#include "services/caps.h"
#include "cgroup/cgroup.h"

void cgroup_why(const struct cgroup_home *home, const char *name, const char *file, int err, struct buf *why)
{
	(void)home, (void)name, (void)file, (void)err;
	buf_str(why, "why");
}

bool cgroup_why_above(const struct cgroup_home *home, const char *name, const char *what, struct buf *why)
{
	(void)home, (void)name, (void)what, (void)why;
	return false;
}

void cgroup_why_devices(int err, struct buf *why)
{
	(void)err;
	buf_str(why, "devices");
}

void cgroup_why_pressure(const struct cgroup_home *home, const char *file, int err, struct buf *why)
{
	(void)home, (void)err;
	buf_str(why, file);
}

/* As in a container, whoever runs the tests. */
enum where cure_where(void)
{
	return WHERE_CONTAINER;
}

struct caps caps_own; /* none */

/* No leaf tells how much it has. */
int cgroup_pressure(const struct cgroup_home *home, const char *name, const char *resource, struct pressure *ret)
{
	(void)home, (void)name, (void)resource, (void)ret;
	return -EOPNOTSUPP;
}
