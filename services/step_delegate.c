/* A leaf that belongs to the service: cgroup-v2.rst, "Delegation". */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "cgroup/cgroup.h"
#include "lib/fd.h"
#include "lib/mount.h"
#include "services/child.h"
#include "services/leaf.h"

/* Where the machine has v2 beside v1, it is in a folder of its own. */
#define PLACE "/sys/fs/cgroup"
#define BESIDE PLACE "/unified"

static bool is_delegated(const struct child *child)
{
	return child->in_leaf && table_confine(child->table, child->spec)->leaf.delegate;
}

/*
 * The mounts that are there show the hierarchy from minit's root; a new one
 * begins at that of the service's own cgroup namespace, which is its leaf.
 */
static int mount_at(const char *place, const char *type, const char *hierarchy)
{
	return mount_old(type, place, type, MOUNTS_KERNEL_FILES, hierarchy);
}

/* It is mounted there, and not twice in one place. */
static int mount_again(const char *place, const char *type, const char *hierarchy)
{
	int err = chdir(place) < 0 ? -errno : mount_drop_here();

	if (!err && chdir("/") < 0)
		err = -errno;
	return err ? err : mount_at(place, type, hierarchy);
}

/* hierarchy: of v1, by its controllers; NULL: v2. */
static int show(struct child *child, const char *place, const char *hierarchy)
{
	const char *type = hierarchy ? "cgroup" : "cgroup2";
	int err = mount_at(place, type, hierarchy);

	if (err == -EBUSY)
		err = mount_again(place, type, hierarchy);
	return err && err != -ENOENT ? child_fail(child, err, place) : 0;
}

/* "4:cpu,cpuacct:/": where v1 is, each hierarchy is mounted in the folder of its name. cgroups(7). */
static int show_old(struct child *child, char *line)
{
	BUF_ON_STACK(place, 160);
	struct leaf_name name;
	char *list;

	strsep(&line, ":");
	list = strsep(&line, ":");
	if (!list || !cgroup_has_old(&child->home, leaf_name(child->table, child->spec, &name), list))
		return 0;
	buf_fmt(&place, PLACE "/%s", list);
	return show(child, buf_text(&place), list);
}

/* In a namespace that begins where it is, its own paths are short. */
static int show_all_old(struct child *child)
{
	char text[2048], *rest = text, *line;
	ssize_t n = fd_read_file(AT_FDCWD, "/proc/self/cgroup", text, sizeof(text));
	int err = 0;

	if (n < 0)
		return n == -ENOENT ? 0 : child_fail(child, (int)n, "/proc/self/cgroup");
	while (!err && (line = strsep(&rest, "\n")))
		err = show_old(child, line);
	return err;
}

static bool has_old(const struct child *child)
{
	bool any = false;

	for (enum cgroup_v1 i = 0; i < CGROUP_V1_COUNT; i++)
		any |= child->home.v1[i] >= 0;
	return any;
}

static bool has_view(const struct child *child)
{
	const uint32_t needed = CLONE_NEWNS | CLONE_NEWCGROUP;

	return (child->namespaces & needed) == needed;
}

/* Its reaper would keep it from passing controllers on to the groups that it makes. */
static int set_aside(struct child *child)
{
	struct leaf_name name;
	int err = child_stays(child) ?
		  cgroup_set_aside(&child->home, leaf_name(child->table, child->spec, &name)) : 0;

	return err ? child_fail(child, err, "the reaper's group") : 0;
}

int step_delegate(struct child *child)
{
	int err = is_delegated(child) ? set_aside(child) : 0;

	if (err || !is_delegated(child) || !has_view(child))
		return err;
	if (child->home.v2 >= 0)
		err = show(child, access(BESIDE, F_OK) < 0 ? PLACE : BESIDE, NULL);
	return err || !has_old(child) ? err : show_all_old(child);
}

bool child_keeps_groups(const struct child *child)
{
	return is_delegated(child) && !has_view(child) && has_old(child);
}

int child_give_leaf(struct child *child, uint32_t uid, uint32_t gid)
{
	struct leaf_name name;
	int err;

	if (!is_delegated(child))
		return 0;
	err = cgroup_give(&child->home, leaf_name(child->table, child->spec, &name), uid, gid);
	return err ? child_fail(child, err, "the leaf's owner") : 0;
}
