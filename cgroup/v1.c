#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup/home.h"
#include "cgroup/ops.h"
#include "cgroup/tree.h"
#include "lib/fd.h"

#define NO_LIMIT (UINT64_C(1) << 62) /* memory.limit_in_bytes of an unlimited leaf is LONG_MAX in whole pages */

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

static int open_v1(struct cgroup_home *home, int proc)
{
	int err = -ENOENT, one;
	bool any = false;

	for (enum cgroup_v1 i = 0; i < CGROUP_V1_COUNT; i++) {
		one = is_wanted(home, i) ? open_one(home, proc, i) : -ENOENT;
		any |= !one;
		if (one != -ENOENT)
			err = one;
	}
	return any ? 0 : err;
}

static void close_v1(struct cgroup_home *home)
{
	for (enum cgroup_v1 i = 0; i < CGROUP_V1_COUNT; i++)
		if (home->v1[i] >= 0)
			home_remove(&home->v1[i]);
}

/* Which controller says who is in a leaf, where v2 does not: the freezer, or any other; CGROUP_V1_COUNT for none. */
static enum cgroup_v1 tracker(const struct cgroup_home *home)
{
	enum cgroup_v1 found = CGROUP_V1_COUNT;

	for (enum cgroup_v1 i = 0; i < CGROUP_V1_COUNT; i++)
		if (home->v1[i] >= 0 && (found == CGROUP_V1_COUNT || i == CGROUP_V1_FREEZER))
			found = i;
	return found;
}

static bool is_used(const struct cgroup_home *home)
{
	return tracker(home) != CGROUP_V1_COUNT;
}

static bool limits(const struct cgroup_home *home, enum cgroup_v1 controller)
{
	return home->v1[controller] >= 0;
}

static int make_leaf(int home, const char *leaf)
{
	return mkdirat(home, leaf, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

/*
 * Beside v2 the first limit makes the leaf: a service without one is then born
 * into its v2 leaf, and spared the moves, the first of which waits for all
 * processors (an RCU grace period, 4 to 10 ms).
 */
static int create(struct cgroup_home *home, const char *name)
{
	struct leaf_path path;
	const char *leaf = leaf_path(&path, name, "");
	int left = 0, err = 0;

	for (enum cgroup_v1 i = 0; i < CGROUP_V1_COUNT && !err; i++) {
		if (home->v1[i] < 0)
			continue;
		left |= tree_remove(home->v1[i], leaf) < 0;
		if (home->v2 < 0 && (cgroup_controllers[i].v1_always || i == tracker(home)))
			err = make_leaf(home->v1[i], leaf);
	}
	return err ? err : left;
}

static int remove_leaf(struct cgroup_home *home, const char *name)
{
	struct leaf_path path;
	const char *leaf = leaf_path(&path, name, "");
	int err = 0;

	for (enum cgroup_v1 i = 0; i < CGROUP_V1_COUNT; i++) {
		int one = home->v1[i] >= 0 ? tree_remove(home->v1[i], leaf) : 0;

		err = err ? err : one;
	}
	return err;
}

static int leaf_write(const struct cgroup_home *home, enum cgroup_v1 controller, const char *name, const char *file,
		      const char *text)
{
	struct leaf_path path;

	return fd_write_file(home->v1[controller], leaf_path(&path, name, file), text);
}

/* The old quota and a new period could make a share that is refused, so the old quota goes first. */
static int limit_quota(struct cgroup_home *home, const char *name, const struct limit *limit, const char *quota)
{
	BUF_ON_STACK(period, 24);
	int err = leaf_write(home, CGROUP_V1_CPU, name, "cpu.cfs_quota_us", "-1");

	if (err || limit->value == LIMIT_NONE)
		return err;
	buf_u64(&period, limit->period);
	err = leaf_write(home, CGROUP_V1_CPU, name, "cpu.cfs_period_us", buf_text(&period));
	return err ? err : leaf_write(home, CGROUP_V1_CPU, name, "cpu.cfs_quota_us", quota);
}

/* blkio.weight went with the scheduler CFQ in Linux 5.0; since then there is BFQ's. */
static int limit_bfq(struct cgroup_home *home, const char *name, const struct limit *limit)
{
	BUF_ON_STACK(text, 24);

	buf_u64(&text, limit_bfq_weight(limit->value));
	return leaf_write(home, CGROUP_V1_BLKIO, name, "blkio.bfq.weight", buf_text(&text));
}

static int limit(struct cgroup_home *home, const char *name, const struct limit *what)
{
	const struct limit_row *row = limit_row(what->id);
	struct leaf_path path;
	BUF_ON_STACK(text, 24);
	int err;

	if (!row->v1_file[0])
		return -EOPNOTSUPP;
	err = make_leaf(home->v1[row->controller], leaf_path(&path, name, ""));
	if (err)
		return err;
	limit_put_v1(&text, what);
	if (row->kind == LIMIT_KIND_QUOTA)
		return limit_quota(home, name, what, buf_text(&text));
	err = leaf_write(home, row->controller, name, row->v1_file, buf_text(&text));
	return err == -ENOENT && what->id == LIMIT_IO_WEIGHT ? limit_bfq(home, name, what) : err;
}

static int join(const struct cgroup_home *home, const char *name)
{
	int err = 0;

	for (enum cgroup_v1 i = 0; i < CGROUP_V1_COUNT && !err; i++) {
		if (home->v1[i] < 0)
			continue;
		err = leaf_write(home, i, name, "cgroup.procs", "0");
		if (err == -ENOENT && (home->v2 >= 0 || i != tracker(home)))
			err = 0; /* no leaf here, see create */
	}
	return err;
}

static bool is_empty(const struct cgroup_home *home, const char *name)
{
	struct leaf_path path;

	return tree_is_empty(home->v1[tracker(home)], leaf_path(&path, name, ""));
}

/* Frozen, none of them can fork away from the list; what was killed dies when thawed. */
static int kill_frozen(const struct cgroup_home *home, const char *name)
{
	struct leaf_path path;
	int err = leaf_write(home, CGROUP_V1_FREEZER, name, "freezer.state", "FROZEN");
	int thaw;

	if (err)
		return err;
	err = tree_kill(home->v1[CGROUP_V1_FREEZER], leaf_path(&path, name, ""));
	thaw = leaf_write(home, CGROUP_V1_FREEZER, name, "freezer.state", "THAWED");
	return err ? err : thaw;
}

static int kill_leaf(const struct cgroup_home *home, const char *name)
{
	struct leaf_path path;
	enum cgroup_v1 by = tracker(home);

	if (by == CGROUP_V1_FREEZER)
		return kill_frozen(home, name);
	return tree_kill(home->v1[by], leaf_path(&path, name, ""));
}

static bool read_memory(int home, const char *name, struct cgroup_usage *ret)
{
	struct leaf_path path;

	if (file_number(home, leaf_path(&path, name, "memory.usage_in_bytes"), &ret->memory) ||
	    file_number(home, leaf_path(&path, name, "memory.limit_in_bytes"), &ret->memory_max))
		return false;
	if (ret->memory_max >= NO_LIMIT)
		ret->memory_max = LIMIT_NONE;
	return true;
}

static void usage(const struct cgroup_home *home, const char *name, struct cgroup_usage *ret)
{
	struct leaf_path path;

	if (!ret->has_memory)
		ret->has_memory = read_memory(home->v1[CGROUP_V1_MEMORY], name, ret);
	if (!ret->has_pids)
		ret->has_pids = !file_number(home->v1[CGROUP_V1_PIDS], leaf_path(&path, name, "pids.current"),
					     &ret->pids);
	if (ret->has_cpu)
		return;
	ret->has_cpu = !file_number(home->v1[CGROUP_V1_CPUACCT], leaf_path(&path, name, "cpuacct.usage"),
				    &ret->cpu_us);
	ret->cpu_us /= 1000;
}

static int oom_kills(const struct cgroup_home *home, const char *name, uint64_t *ret)
{
	struct leaf_path path;

	return file_keyed(home->v1[CGROUP_V1_MEMORY], leaf_path(&path, name, "memory.oom_control"), "oom_kill",
			  ret);
}

const struct cgroup_ops cgroup_v1 = {
	.open = open_v1,
	.close = close_v1,
	.is_used = is_used,
	.limits = limits,
	.create = create,
	.remove = remove_leaf,
	.limit = limit,
	.join = join,
	.is_empty = is_empty,
	.kill = kill_leaf,
	.usage = usage,
	.oom_kills = oom_kills,
};
