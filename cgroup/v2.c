#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "cgroup/tree.h"
#include "cgroup/v2.h"
#include "lib/fd.h"
#include "lib/util.h"

int v2_write(const struct cgroup_home *home, const char *name, const char *file, const char *text)
{
	struct leaf_path path;

	return fd_write_file(home->v2, leaf_path(&path, name, file), text);
}

static bool is_used(const struct cgroup_home *home)
{
	return home->v2 >= 0;
}

/* Files of the core, and of what we do not know, are of v2 alone. */
static bool limits(const struct cgroup_home *home, enum cgroup_v1 controller)
{
	return controller == CGROUP_V1_COUNT || home->v2_controllers & UINT32_C(1) << controller;
}

static int remove_leaf(struct cgroup_home *home, const char *name)
{
	struct leaf_path path;

	return tree_remove(home->v2, leaf_path(&path, name, ""));
}

static int join(const struct cgroup_home *home, const char *name)
{
	int err = v2_write(home, name, "cgroup.procs", "0");

	return err ? err : 1;
}

static bool is_empty(const struct cgroup_home *home, const char *name)
{
	struct leaf_path path;
	uint64_t populated;
	int err = file_keyed(home->v2, leaf_path(&path, name, "cgroup.events"), "populated", &populated);

	return err ? err == -ENOENT || err == -ENODEV : !populated;
}

static int freeze(const struct cgroup_home *home, const char *name, bool frozen)
{
	return v2_write(home, name, "cgroup.freeze", frozen ? "1" : "0");
}

/* Before Linux 5.14, which has cgroup.kill. */
static int kill_frozen(const struct cgroup_home *home, const char *name)
{
	struct leaf_path path;
	int err = freeze(home, name, true);

	return err ? err : tree_kill(home->v2, leaf_path(&path, name, ""));
}

/* The sticky bit, which has no other effect on a leaf: see try_into. */
int v2_note_killed(const struct cgroup_home *home, const char *name)
{
	struct leaf_path path;

	return fchmodat(home->v2, leaf_path(&path, name, ""), 01755, 0) < 0 ? -errno : 0;
}

/* A leaf stays frozen after its processes are gone, and the next one would be born so. */
static int kill_leaf(const struct cgroup_home *home, const char *name)
{
	int err = v2_note_killed(home, name), thaw;

	if (err)
		return err;
	err = v2_write(home, name, "cgroup.kill", "1");
	if (err == -ENOENT)
		err = kill_frozen(home, name);
	thaw = freeze(home, name, false);
	return err ? err : thaw;
}

static int events(const struct cgroup_home *home, const char *name, const char *key, uint64_t *ret)
{
	struct leaf_path path;

	return file_keyed(home->v2, leaf_path(&path, name, "memory.events"), key, ret);
}

static int oom_kills(const struct cgroup_home *home, const char *name, uint64_t *ret)
{
	return events(home, name, "oom_kill", ret);
}

static int local_events(const struct cgroup_home *home, const char *name, const char *key, uint64_t *ret)
{
	struct leaf_path path;

	return file_keyed(home->v2, leaf_path(&path, name, "memory.events.local"), key, ret);
}

/* Where the group is killed as a whole it is there that this is counted. */
static bool ends_with_group(const struct cgroup_home *home, const char *name)
{
	BUF_ON_STACK(group, 256);
	const char *end = strchr(name, '/');
	struct leaf_path path;
	uint64_t whole;

	if (!end)
		return false;
	buf_add(&group, name, (size_t)(end + 1 - name));
	return !file_number(home->v2, leaf_path(&path, buf_text(&group), "memory.oom.group"), &whole) && whole;
}

/* That of one that is killed as a whole is told since Linux 5.17, in the uppermost group that is. */
int v2_oom_ends(const struct cgroup_home *home, const char *name, uint64_t *ret)
{
	struct leaf_path path;
	uint64_t own, times, whole;

	if (file_number(home->v2, leaf_path(&path, name, "memory.oom.group"), &whole) || !whole ||
	    ends_with_group(home, name) || local_events(home, name, "oom_kill", &own) ||
	    local_events(home, name, "oom_group_kill", &times))
		return oom_kills(home, name, ret);
	*ret = own + times;
	return 0;
}

/*
 * A leaf that is killed as a whole has each process counted, and whom the kernel chose twice; how often that was is
 * told since Linux 5.17, but in the uppermost group that is killed so, which need not be the leaf.
 */
static uint64_t oom_times(const struct cgroup_home *home, const char *name, uint64_t kills)
{
	struct leaf_path path;
	uint64_t times, whole;

	if (kills <= 1 || events(home, name, "oom_group_kill", &times) ||
	    file_number(home->v2, leaf_path(&path, name, "memory.oom.group"), &whole) || !whole)
		return kills;
	return MAX(times, 1);
}

static void usage(const struct cgroup_home *home, const char *name, struct cgroup_usage *ret)
{
	struct leaf_path path;

	ret->has_memory = !file_number(home->v2, leaf_path(&path, name, "memory.current"), &ret->memory) &&
			  !file_number(home->v2, leaf_path(&path, name, "memory.max"), &ret->memory_max);
	if (ret->has_memory)
		ret->oom_kills = oom_times(home, name, ret->oom_kills);
	ret->has_cpu = !file_keyed(home->v2, leaf_path(&path, name, "cpu.stat"), "usage_usec", &ret->cpu_us);
	ret->has_pids = !file_number(home->v2, leaf_path(&path, name, "pids.current"), &ret->pids);
}

const struct cgroup_ops cgroup_v2 = {
	.open = v2_open,
	.close = v2_close,
	.is_used = is_used,
	.limits = limits,
	.create = v2_create,
	.remove = remove_leaf,
	.offer = v2_offer,
	.limit = v2_limit,
	.clear = v2_clear,
	.freeze = freeze,
	.join = join,
	.is_empty = is_empty,
	.kill = kill_leaf,
	.usage = usage,
	.oom_kills = oom_kills,
	.watch_oom = v2_watch_oom,
};
