/* A leaf that belongs to the service: cgroup-v2.rst, "Delegation". */
#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include "cgroup/cgroup.h"
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
	return mount("cgroup2", place, "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0 ? -errno : 0;
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
	if (err == -EBUSY && !umount2(place, MNT_DETACH)) /* it is mounted there, and not twice in one place */
		err = mount_at(place);
	return err && err != -ENOENT ? child_fail(child, err, place) : 0;
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
