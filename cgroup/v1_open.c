/* Where the leaves of cgroup v1 are, and how they are made. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup/home.h"
#include "cgroup/tree.h"
#include "cgroup/v1.h"
#include "lib/fd.h"
#include "lib/log.h"

static int settle(struct cgroup_home *home, enum cgroup_v1 controller, int own)
{
	int fd = home_make(own);

	if (fd < 0)
		return fd;
	home->v1[controller] = fd;
	return 0;
}

/* Controllers that are mounted together ("cpu,cpuacct") have one home. */
static int share(struct cgroup_home *home, enum cgroup_v1 controller, const struct place *place)
{
	for (enum cgroup_v1 i = 0; i < CGROUP_V1_COUNT; i++) {
		if (home->v1[i] < 0 || !place_has(place, cgroup_controllers[i].v1_name))
			continue;
		home->v1[controller] = fcntl(home->v1[i], F_DUPFD_CLOEXEC, 3);
		return home->v1[controller] < 0 ? -errno : 0;
	}
	return -ENOENT;
}

static int open_one(struct cgroup_home *home, int proc, enum cgroup_v1 controller)
{
	struct place place;
	int err = place_find(proc, cgroup_controllers[controller].v1_name, &place);

	if (err)
		return err;
	err = share(home, controller, &place);
	return err == -ENOENT ? cgroup_settle(home, proc, &place, controller, settle) : err;
}

/* Beside v2 only for what it does not have; it always has what cpuacct and freezer are for. */
static bool is_wanted(const struct cgroup_home *home, enum cgroup_v1 controller)
{
	if (home->v2 >= 0 && !cgroup_controllers[controller].v2_name[0])
		return false;
	return !(home->v2_controllers & UINT32_C(1) << controller);
}

int v1_open(struct cgroup_home *home, int proc)
{
	int err = -ENOENT, one;
	bool any = false;

	for (enum cgroup_v1 i = 0; i < CGROUP_V1_COUNT; i++) {
		if (cgroup_controllers[i].when == CONTROLLER_WISH)
			continue;
		one = is_wanted(home, i) ? open_one(home, proc, i) : -ENOENT;
		any |= !one;
		if (one != -ENOENT)
			err = one;
	}
	return any ? 0 : err;
}

void v1_close(struct cgroup_home *home)
{
	for (enum cgroup_v1 i = 0; i < CGROUP_V1_COUNT; i++)
		if (home->v1[i] >= 0)
			home_remove(&home->v1[i]);
}

int v1_offer(struct cgroup_home *home, enum cgroup_v1 controller)
{
	cleanup_fd int proc = -1;

	if (!cgroup_controllers[controller].v1_name[0])
		return -ENOENT;
	proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return proc < 0 ? -errno : open_one(home, proc, controller);
}

/* -- leaves ------------------------------------------------------------------------------------------------------- */

/* A new group of cpuset has no processors and no memory, and takes no process (ENOSPC) until it is given some. */
static int inherit(int home, const char *group, const char *file)
{
	BUF_ON_STACK(above, 400);
	BUF_ON_STACK(own, 400);
	char text[512];
	ssize_t n;

	buf_fmt(&own, "%s/%s", group, file);
	n = fd_read_file(home, buf_text(&own), text, sizeof(text));
	if (n < 0 || text[0] != '\n')
		return n < 0 ? (int)n : 0;
	buf_fmt(&above, "%s/../%s", group, file);
	n = fd_read_file(home, buf_text(&above), text, sizeof(text));
	return n < 0 ? (int)n : fd_write_file(home, buf_text(&own), text);
}

static int make_group(int home, enum cgroup_v1 controller, const char *group)
{
	int err;

	if (mkdirat(home, group, 0755) < 0)
		return errno == EEXIST ? 0 : -errno;
	if (controller != CGROUP_V1_CPUSET)
		return 0;
	err = inherit(home, group, "cpuset.cpus");
	return err ? err : inherit(home, group, "cpuset.mems");
}

/* "GROUP/" of "GROUP/NAME", or "" when it is in none. */
static const char *group_of(const char *name, struct buf *ret)
{
	const char *slash = strchr(name, '/');

	buf_add(ret, name, slash ? (size_t)(slash + 1 - name) : 0);
	return buf_text(ret);
}

bool v1_has_group(const struct cgroup_home *home, enum cgroup_v1 controller, const char *name)
{
	BUF_ON_STACK(group, 80);
	struct leaf_path path;

	return *group_of(name, &group) &&
	       !faccessat(home->v1[controller], leaf_path(&path, buf_text(&group), ""), F_OK, 0);
}

int v1_make_leaf(const struct cgroup_home *home, enum cgroup_v1 controller, const char *name)
{
	BUF_ON_STACK(group, 80);
	struct leaf_path path;
	int dir = home->v1[controller], err = 0;

	if (controller == CGROUP_V1_CPUSET)
		err = inherit(dir, ".", "cpuset.cpus");
	if (!err && controller == CGROUP_V1_CPUSET)
		err = inherit(dir, ".", "cpuset.mems");
	if (!err && *group_of(name, &group))
		err = make_group(dir, controller, leaf_path(&path, buf_text(&group), ""));
	return err || !strcmp(name, buf_text(&group)) ? err : make_group(dir, controller, leaf_path(&path, name, ""));
}

uint16_t v1_places(const struct cgroup_home *home, const char *name)
{
	struct leaf_path path;
	unsigned places = 0;

	for (enum cgroup_v1 i = 0; i < CGROUP_V1_COUNT; i++)
		if (home->v1[i] >= 0 && !faccessat(home->v1[i], leaf_path(&path, name, ""), F_OK, 0))
			places |= 1u << i;
	return (uint16_t)places;
}

void v1_spread(const struct cgroup_home *home, const char *name)
{
	for (enum cgroup_v1 i = 0; i < CGROUP_V1_COUNT; i++)
		if (home->v1[i] >= 0 && i != CGROUP_V1_DEVICES && v1_make_leaf(home, i, name))
			log_debug("cgroup", "%s: no leaf of %s", name, cgroup_controllers[i].v1_name);
}
