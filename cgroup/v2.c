#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup/home.h"
#include "cgroup/ops.h"
#include "cgroup/tree.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/sys.h"

#define TRIES 10

static uint32_t bit_of(const char *word)
{
	for (int i = 0; *word && i < CGROUP_V1_COUNT; i++)
		if (!strcmp(cgroup_controllers[i].v2_name, word))
			return UINT32_C(1) << i;
	return 0;
}

/* The controllers that cgroup.controllers or cgroup.subtree_control lists, as bits. */
static uint32_t read_controllers(int dir, const char *file)
{
	char text[256], *rest = text, *word;
	uint32_t bits = 0;

	if (fd_read_file(dir, file, text, sizeof(text)) < 0)
		return 0;
	while ((word = strsep(&rest, " \n")))
		bits |= bit_of(word);
	return bits;
}

static int switch_controller(int dir, char sign, const char *name)
{
	BUF_ON_STACK(text, 32);

	buf_fmt(&text, "%c%s", sign, name);
	return fd_write_file(dir, "cgroup.subtree_control", buf_text(&text));
}

/* The root of the hierarchy has no type, and any other must be "domain" to have leaves with limits. */
static bool is_domain(int dir)
{
	char type[32];
	ssize_t n = fd_read_file(dir, "cgroup.type", type, sizeof(type));

	return n == -ENOENT || (n > 0 && !strcmp(type, "domain\n"));
}

static bool is_root(int dir)
{
	return faccessat(dir, "cgroup.type", F_OK, 0) < 0 && errno == ENOENT;
}

static void note_foreign(pid_t pid, void *arg)
{
	bool *foreign = arg;

	*foreign |= getpid() == 1 ? pid == 0 : pid != getpid();
}

/*
 * As PID 1 all we can see is ours to move, and who we can't see is 0; else
 * only we ourselves are: a shell that started us stays where it is.
 */
static bool is_shared(int dir)
{
	bool foreign = false;

	tree_pids(dir, "cgroup.procs", note_foreign, &foreign);
	return foreign;
}

struct move {
	int procs;
	int err;
};

static void move_pid(pid_t pid, void *arg)
{
	struct move *move = arg;
	BUF_ON_STACK(text, 16);

	buf_fmt(&text, "%d", pid);
	if (write(move->procs, text.data, text.len) < 0 && errno != ESRCH)
		move->err = -errno;
}

/* Processes that fork meanwhile make it take more than one pass. */
static int move_all(int dir, const char *from, const char *to)
{
	cleanup_fd int procs = openat(dir, to, O_WRONLY | O_CLOEXEC);
	struct move move = { .procs = procs };
	int n = 1;

	if (procs < 0)
		return -errno;
	for (int left = TRIES; left > 0 && n > 0; left--) {
		move.err = 0;
		n = tree_pids(dir, from, move_pid, &move);
	}
	if (n < 0)
		return n;
	return n > 0 && move.err ? move.err : 0;
}

/*
 * Only the root of the whole hierarchy may have processes and controllers for
 * its children at once; a namespace's root may not. There we move out too, so
 * that what minit itself uses is accounted, but leave the kernel's threads.
 */
static int make_room(int own)
{
	if (mkdirat(own, "init", 0755) < 0 && errno != EEXIST)
		return -errno;
	if (is_root(own))
		return fd_write_file(own, "init/cgroup.procs", "0");
	return move_all(own, "cgroup.procs", "init/cgroup.procs");
}

/*
 * With a process inside, a domain controller is refused (EBUSY) and a threaded
 * one makes the group "domain threaded", whose children take no processes.
 */
static int enable(int dir, const char *name)
{
	int err = -EBUSY;

	for (int left = TRIES; left > 0 && err == -EBUSY; left--) {
		err = switch_controller(dir, '+', name);
		if (!err && is_domain(dir))
			return 0;
		if (!err) {
			switch_controller(dir, '-', name);
			err = -EBUSY;
		}
		if (err == -EBUSY)
			make_room(dir);
	}
	return err;
}

/* One write each: a single name that is refused would fail all of a line. */
static uint32_t enable_all(int dir)
{
	uint32_t there = read_controllers(dir, "cgroup.controllers");
	uint32_t on = read_controllers(dir, "cgroup.subtree_control") & there;

	for (enum cgroup_v1 i = 0; i < CGROUP_V1_COUNT; i++) {
		uint32_t bit = UINT32_C(1) << i;
		int err = there & ~on & bit ? enable(dir, cgroup_controllers[i].v2_name) : -ENOENT;

		if (!err)
			on |= bit;
		else if (err != -ENOENT)
			log_warn("cgroup", -err, "controller %s cannot be enabled", cgroup_controllers[i].v2_name);
	}
	return on;
}

static int settle_within(struct cgroup_home *home, int own)
{
	int err = make_room(own);

	if (err) {
		unlinkat(own, "init", AT_REMOVEDIR);
		return err;
	}
	home->v2 = fcntl(own, F_DUPFD_CLOEXEC, 3);
	return home->v2 < 0 ? -errno : 0;
}

static int settle_beside(struct cgroup_home *home, int own)
{
	int fd = home_make(own);

	if (fd < 0)
		return fd;
	home->v2 = fd;
	home->shared = true;
	return 0;
}

int v2_settle(struct cgroup_home *home, enum cgroup_v1 controller, int own)
{
	int err;

	(void)controller;
	if (!is_domain(own))
		return -EOPNOTSUPP;
	err = is_shared(own) ? settle_beside(home, own) : settle_within(home, own);
	if (err)
		return err;
	home->v2_controllers = enable_all(home->v2);
	if (home->shared)
		home->withheld = (uint8_t)(read_controllers(own, "cgroup.controllers") & ~home->v2_controllers);
	return 0;
}

/* Whether a child can be born into a new leaf, or one in which all were killed before. */
static bool is_born_alive(struct cgroup_home *home, bool killed)
{
	struct sys_clone how = { .leaf_fd = -1 };
	pid_t pid = -1;
	int status = -1;

	unlinkat(home->v2, "probe", AT_REMOVEDIR); /* of a trial that a crash cut short */
	if (mkdirat(home->v2, "probe", 0755) < 0)
		return false;
	how.leaf_fd = openat(home->v2, "probe", O_PATH | O_DIRECTORY | O_CLOEXEC);
	how.ret_pid = &pid;
	if (!killed || !fd_write_file(home->v2, "probe/cgroup.kill", "1"))
		pid = how.leaf_fd < 0 ? -1 : sys_clone(&how);
	if (pid == 0)
		_exit(0);
	if (pid > 0)
		waitpid(pid, &status, 0);
	fd_close(&how.leaf_fd);
	unlinkat(home->v2, "probe", AT_REMOVEDIR);
	return !status;
}

/*
 * clone3 may be filtered (ENOSYS in containers), and CLONE_INTO_CGROUP is Linux
 * 5.7. Since 6.14, and stable kernels of early 2025, clone3 compares the count
 * of kills of the new leaf with that of the *parent's* cgroup, and SIGKILLs a
 * child that is born where they differ. So only trying tells.
 */
static enum cgroup_into try_into(struct cgroup_home *home)
{
	if (!is_born_alive(home, false))
		return CGROUP_INTO_NEVER;
	return is_born_alive(home, true) ? CGROUP_INTO_ALWAYS : CGROUP_INTO_UNKILLED;
}

static int open_v2(struct cgroup_home *home, int proc)
{
	struct place place;
	int err = place_find(proc, "", &place);

	if (!err)
		err = cgroup_settle(home, proc, &place, CGROUP_V1_COUNT, v2_settle);
	if (!err)
		home->into = (uint8_t)try_into(home);
	return err;
}

static void close_v2(struct cgroup_home *home)
{
	if (home->v2 < 0)
		return;
	tree_remove_all(home->v2, "svc.");
	if (home->shared) {
		home_remove(&home->v2);
		return;
	}
	for (int i = CGROUP_V1_COUNT - 1; i >= 0; i--)
		if (home->v2_controllers & UINT32_C(1) << i)
			switch_controller(home->v2, '-', cgroup_controllers[i].v2_name);
	move_all(home->v2, "init/cgroup.procs", "cgroup.procs");
	unlinkat(home->v2, "init", AT_REMOVEDIR);
	fd_close(&home->v2);
}

static bool is_used(const struct cgroup_home *home)
{
	return home->v2 >= 0;
}

static bool limits(const struct cgroup_home *home, enum cgroup_v1 controller)
{
	return home->v2_controllers & UINT32_C(1) << controller;
}

static int leaf_write(const struct cgroup_home *home, const char *name, const char *file, const char *text)
{
	struct leaf_path path;

	return fd_write_file(home->v2, leaf_path(&path, name, file), text);
}

/* The OOM killer takes a service as a whole (Linux 4.19): half of one is of no use. */
static int create(struct cgroup_home *home, const char *name)
{
	struct leaf_path path;
	const char *leaf = leaf_path(&path, name, "");
	int left = 0;

	if (mkdirat(home->v2, leaf, 0755) < 0) {
		if (errno != EEXIST)
			return -errno;
		left = tree_remove(home->v2, leaf) < 0;
		if (!left && mkdirat(home->v2, leaf, 0755) < 0)
			return -errno;
	}
	if (limits(home, CGROUP_V1_MEMORY) && leaf_write(home, name, "memory.oom.group", "1"))
		log_debug("cgroup", "%s: no memory.oom.group here", name);
	return left;
}

static int remove_leaf(struct cgroup_home *home, const char *name)
{
	struct leaf_path path;

	return tree_remove(home->v2, leaf_path(&path, name, ""));
}

/* io.weight is of iocost, io.bfq.weight of the scheduler BFQ: a kernel may have either or both. */
static int limit_io(struct cgroup_home *home, const char *name, const struct limit *limit, int err)
{
	BUF_ON_STACK(text, 24);
	int bfq;

	buf_u64(&text, limit_bfq_weight(limit->value));
	bfq = leaf_write(home, name, "io.bfq.weight", buf_text(&text));
	return bfq ? err : 0;
}

static int limit(struct cgroup_home *home, const char *name, const struct limit *what)
{
	BUF_ON_STACK(text, 48);
	int err;

	limit_put_v2(&text, what);
	err = leaf_write(home, name, limit_name(what->id), buf_text(&text));
	return what->id == LIMIT_IO_WEIGHT ? limit_io(home, name, what, err) : err;
}

static int join(const struct cgroup_home *home, const char *name)
{
	return leaf_write(home, name, "cgroup.procs", "0");
}

static bool is_empty(const struct cgroup_home *home, const char *name)
{
	struct leaf_path path;
	uint64_t populated;
	int err = file_keyed(home->v2, leaf_path(&path, name, "cgroup.events"), "populated", &populated);

	return err ? err == -ENOENT || err == -ENODEV : !populated;
}

/* Before Linux 5.14, which has cgroup.kill. */
static int kill_frozen(const struct cgroup_home *home, const char *name)
{
	struct leaf_path path;
	int err = leaf_write(home, name, "cgroup.freeze", "1");

	return err ? err : tree_kill(home->v2, leaf_path(&path, name, ""));
}

/*
 * The sticky bit, which has no other effect on a leaf, is the note that it was
 * killed: see try_into. A leaf stays frozen after its processes are gone, and
 * the next one would be born so.
 */
static int kill_leaf(const struct cgroup_home *home, const char *name)
{
	struct leaf_path path;
	int err, thaw;

	if (fchmodat(home->v2, leaf_path(&path, name, ""), 01755, 0) < 0)
		return -errno;
	err = leaf_write(home, name, "cgroup.kill", "1");
	if (err == -ENOENT)
		err = kill_frozen(home, name);
	thaw = leaf_write(home, name, "cgroup.freeze", "0");
	return err ? err : thaw;
}

static void usage(const struct cgroup_home *home, const char *name, struct cgroup_usage *ret)
{
	struct leaf_path path;

	ret->has_memory = !file_number(home->v2, leaf_path(&path, name, "memory.current"), &ret->memory) &&
			  !file_number(home->v2, leaf_path(&path, name, "memory.max"), &ret->memory_max);
	ret->has_cpu = !file_keyed(home->v2, leaf_path(&path, name, "cpu.stat"), "usage_usec", &ret->cpu_us);
	ret->has_pids = !file_number(home->v2, leaf_path(&path, name, "pids.current"), &ret->pids);
}

static int oom_kills(const struct cgroup_home *home, const char *name, uint64_t *ret)
{
	struct leaf_path path;

	return file_keyed(home->v2, leaf_path(&path, name, "memory.events"), "oom_kill", ret);
}

const struct cgroup_ops cgroup_v2 = {
	.open = open_v2,
	.close = close_v2,
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
