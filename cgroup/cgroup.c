#include "cgroup/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup/ops.h"
#include "cgroup/tree.h"
#include "cgroup/v2.h"
#include "lib/enabled.h"
#include "lib/fd.h"

const struct cgroup_ops *const cgroup_versions[CGROUP_VERSIONS] = {
	ENABLED(CONFIG_CGROUP_V2) ? &cgroup_v2 : NULL,
	ENABLED(CONFIG_CGROUP_V1) ? &cgroup_v1 : NULL,
};

const struct cgroup_ops *cgroup_used(const struct cgroup_home *home, size_t i)
{
	const struct cgroup_ops *ops = i < CGROUP_VERSIONS ? cgroup_versions[i] : NULL;

	return ops && ops->is_used(home) ? ops : NULL;
}

const struct cgroup_ops *cgroup_tracker(const struct cgroup_home *home)
{
	const struct cgroup_ops *ops = NULL;

	for (size_t i = 0; i < CGROUP_VERSIONS && !ops; i++)
		ops = cgroup_used(home, i);
	return ops;
}

const struct cgroup_ops *cgroup_limiter(const struct cgroup_home *home, enum cgroup_v1 controller)
{
	for (size_t i = 0; i < CGROUP_VERSIONS; i++) {
		const struct cgroup_ops *ops = cgroup_used(home, i);

		if (ops && ops->limits(home, controller))
			return ops;
	}
	return NULL;
}

int cgroup_leaf_fd(const struct cgroup_home *home, const char *name)
{
	cleanup_fd int fd = -1;
	struct leaf_path path;
	struct stat leaf;

	if (home->into == CGROUP_INTO_NEVER)
		return -EOPNOTSUPP;
	fd = openat(home->v2, leaf_path(&path, name, ""), O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &leaf) < 0)
		return -errno;
	if (home->into == CGROUP_INTO_UNKILLED && leaf.st_mode & S_ISVTX)
		return -EOPNOTSUPP;
	return fd_steal(&fd);
}

int cgroup_join(const struct cgroup_home *home, const char *name, bool born_into_v2)
{
	int one = 0, moved = 0;

	for (size_t i = 0; i < CGROUP_VERSIONS && one >= 0; i++) {
		if (cgroup_used(home, i) && !(born_into_v2 && cgroup_versions[i] == cgroup_tracker(home)))
			one = cgroup_versions[i]->join(home, name);
		moved |= one;
	}
	return one < 0 ? one : moved;
}

bool cgroup_is_empty(const struct cgroup_home *home, const char *name)
{
	const struct cgroup_ops *ops = cgroup_tracker(home);

	return !ops || ops->is_empty(home, name);
}

int cgroup_kill(const struct cgroup_home *home, const char *name)
{
	const struct cgroup_ops *ops = cgroup_tracker(home);

	return ops ? ops->kill(home, name) : home->err;
}

bool cgroup_note_killed(const struct cgroup_home *home, const char *name)
{
	cleanup_fd int born_there = cgroup_leaf_fd(home, name);

	if (ENABLED(CONFIG_CGROUP_V2) && home->into == CGROUP_INTO_UNKILLED && born_there >= 0)
		return !v2_note_killed(home, name);
	return false;
}

void cgroup_usage(const struct cgroup_home *home, const char *name, struct cgroup_usage *ret)
{
	*ret = (struct cgroup_usage){ .oom_kills = cgroup_oom_kills(home, name) };
	for (size_t i = 0; i < CGROUP_VERSIONS; i++)
		if (cgroup_used(home, i))
			cgroup_versions[i]->usage(home, name, ret);
}

uint64_t cgroup_oom_kills(const struct cgroup_home *home, const char *name)
{
	const struct cgroup_ops *ops = cgroup_limiter(home, CGROUP_V1_MEMORY);
	uint64_t kills = 0;

	return ops && !ops->oom_kills(home, name, &kills) ? kills : 0;
}

uint64_t cgroup_oom_ends(const struct cgroup_home *home, const char *name)
{
	uint64_t kills = 0;

	if (!ENABLED(CONFIG_CGROUP_V2) || cgroup_limiter(home, CGROUP_V1_MEMORY) != &cgroup_v2)
		return cgroup_oom_kills(home, name);
	return v2_oom_ends(home, name, &kills) ? 0 : kills;
}

int cgroup_remove(struct cgroup_home *home, const char *name)
{
	int err = 0;

	for (size_t i = 0; i < CGROUP_VERSIONS; i++) {
		int one = cgroup_used(home, i) ? cgroup_versions[i]->remove(home, name) : 0;

		err = err ? err : one;
	}
	return err;
}

int cgroup_freeze(const struct cgroup_home *home, const char *name, bool frozen)
{
	const struct cgroup_ops *ops = cgroup_tracker(home);

	return ops ? ops->freeze(home, name, frozen) : home->err;
}

/* What /sys/kernel/cgroup/delegate lists, as far as it is about processes and groups. */
static int give(int dir, const char *leaf, uint32_t uid, uint32_t gid)
{
	static const char files[][24] = { "cgroup.procs", "cgroup.threads", "cgroup.subtree_control", "tasks" };
	cleanup_fd int fd = openat(dir, leaf, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (fchownat(fd, files[i], uid, gid, 0) < 0 && errno != ENOENT)
			return -errno;
	return fchown(fd, uid, gid) < 0 ? -errno : 0;
}

/* Who may not make groups at all (cgroup.max.depth, EAGAIN) passes nothing on either. */
int cgroup_set_aside(const struct cgroup_home *home, const char *name)
{
	struct leaf_path path;

	if (!ENABLED(CONFIG_CGROUP_V2) || home->v2 < 0 || !home->v2_controllers)
		return 0;
	if (mkdirat(home->v2, leaf_path(&path, name, "minit-reaper"), 0755) < 0 && errno != EEXIST)
		return errno == EAGAIN ? 0 : -errno;
	return v2_write(home, name, "minit-reaper/cgroup.procs", "1");
}

/* The list of devices is no one's to give away: a group below it could not have more, but its own be changed. */
int cgroup_give(const struct cgroup_home *home, const char *name, uint32_t uid, uint32_t gid)
{
	struct leaf_path path;
	const char *leaf = leaf_path(&path, name, "");
	int err = home->v2 >= 0 ? give(home->v2, leaf, uid, gid) : 0;

	for (enum cgroup_v1 i = 0; i < CGROUP_V1_COUNT && !err; i++)
		if (home->v1[i] >= 0 && i != CGROUP_V1_DEVICES)
			err = give(home->v1[i], leaf, uid, gid);
	return err;
}
