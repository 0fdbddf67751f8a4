/* A leaf that belongs to the service: cgroup-v2.rst, "Delegation". */
#include <errno.h>
#include <sched.h>
#include <unistd.h>

#include "cgroup/cgroup.h"
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
static int mount_at(const char *place)
{
	return mount_old("cgroup2", place, "cgroup2", MOUNTS_KERNEL_FILES, NULL);
}

/* It is mounted there, and not twice in one place. */
static int mount_again(const char *place)
{
	int err = chdir(place) < 0 ? -errno : mount_drop_here();

	if (!err && chdir("/") < 0)
		err = -errno;
	return err ? err : mount_at(place);
}

int step_delegate(struct child *child)
{
	uint32_t needed = CLONE_NEWNS | CLONE_NEWCGROUP;
	const char *place;
	int err;

	if (!is_delegated(child) || (child->namespaces & needed) != needed || child->home.v2 < 0)
		return 0;
	place = access(BESIDE, F_OK) < 0 ? PLACE : BESIDE;
	err = mount_at(place);
	if (err == -EBUSY)
		err = mount_again(place);
	return err && err != -ENOENT ? child_fail(child, err, place) : 0;
}

bool child_has_old_leaf(const struct child *child)
{
	bool any = false;

	for (enum cgroup_v1 i = 0; i < CGROUP_V1_COUNT; i++)
		any |= child->home.v1[i] >= 0;
	return any && is_delegated(child);
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
