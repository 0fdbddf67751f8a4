#include <errno.h>
#include <fcntl.h>

#include "cgroup/ops.h"
#include "cgroup/tree.h"
#include "cgroup/v1.h"
#include "lib/fd.h"


/* Which controller says who is in a leaf, where v2 does not: the freezer, or any other; CGROUP_V1_COUNT for none. */
static enum cgroup_v1 tracker(const struct cgroup_home *home)
{
	enum cgroup_v1 found = CGROUP_V1_COUNT;

	for (enum cgroup_v1 i = 0; i < CGROUP_V1_COUNT; i++)
		if (home->v1[i] >= 0 && (found == CGROUP_V1_COUNT || i == CGROUP_V1_FREEZER))
			found = i;
	return found;
}

int v1_write(const struct cgroup_home *home, enum cgroup_v1 controller, const char *name, const char *file,
	     const char *text)
{
	struct leaf_path path;

	return fd_write_file(home->v1[controller], leaf_path(&path, name, file), text);
}

static bool is_used(const struct cgroup_home *home)
{
	return tracker(home) != CGROUP_V1_COUNT;
}

static bool limits(const struct cgroup_home *home, enum cgroup_v1 controller)
{
	return controller != CGROUP_V1_COUNT && home->v1[controller] >= 0;
}

static bool is_counted(const struct cgroup_home *home, enum cgroup_v1 controller)
{
	return home->v2 < 0 && (cgroup_controllers[controller].when == CONTROLLER_EVER || controller == tracker(home));
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
		if (is_counted(home, i) || v1_has_group(home, i, name))
			err = v1_make_leaf(home, i, name);
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

/*
 * By `tasks`: the child is one thread, and who moves itself alone does not have to hold back all forks of the machine
 * meanwhile, as cgroup.procs does, for which the kernel waits for all processors (Linux 5.5 on).
 */
static int join(const struct cgroup_home *home, const char *name)
{
	int err = 0, moved = 0;

	for (enum cgroup_v1 i = 0; i < CGROUP_V1_COUNT && !err; i++) {
		if (home->v1[i] < 0)
			continue;
		err = v1_write(home, i, name, "tasks", "0");
		moved |= !err;
		if (err == -ENOENT && !(home->needed >> i & 1) && (home->v2 >= 0 || i != tracker(home)))
			err = 0; /* no leaf here, see create */
	}
	return err ? err : moved;
}

static bool is_empty(const struct cgroup_home *home, const char *name)
{
	struct leaf_path path;

	return tree_is_empty(home->v1[tracker(home)], leaf_path(&path, name, ""));
}

static int freeze(const struct cgroup_home *home, const char *name, bool frozen)
{
	if (home->v1[CGROUP_V1_FREEZER] < 0)
		return -EOPNOTSUPP;
	return v1_write(home, CGROUP_V1_FREEZER, name, "freezer.state", frozen ? "FROZEN" : "THAWED");
}

/* Frozen, none of them can fork away from the list; what was killed dies when thawed. */
static int kill_frozen(const struct cgroup_home *home, const char *name)
{
	struct leaf_path path;
	int err = freeze(home, name, true), thaw;

	if (err)
		return err;
	err = tree_kill(home->v1[CGROUP_V1_FREEZER], leaf_path(&path, name, ""));
	thaw = freeze(home, name, false);
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

	return !file_number(home, leaf_path(&path, name, "memory.usage_in_bytes"), &ret->memory) &&
	       !file_size_v1(home, leaf_path(&path, name, "memory.limit_in_bytes"), &ret->memory_max);
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

static void clear(const struct cgroup_home *home, const char *name)
{
	struct leaf_path path;

	for (enum cgroup_v1 i = 0; i < CGROUP_V1_COUNT; i++)
		if (home->v1[i] >= 0)
			tree_clear(home->v1[i], leaf_path(&path, name, ""));
}

const struct cgroup_ops cgroup_v1 = {
	.open = v1_open,
	.close = v1_close,
	.is_used = is_used,
	.limits = limits,
	.create = create,
	.remove = remove_leaf,
	.offer = v1_offer,
	.limit = v1_limit,
	.clear = clear,
	.freeze = freeze,
	.join = join,
	.is_empty = is_empty,
	.kill = kill_leaf,
	.usage = usage,
	.oom_kills = oom_kills,
	.watch_oom = v1_watch_oom,
};
