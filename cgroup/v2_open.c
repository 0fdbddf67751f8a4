/* Where the leaves of cgroup v2 are, and which controllers they get. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup/home.h"
#include "cgroup/tree.h"
#include "cgroup/v2.h"
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

bool v2_lists(int dir, const char *file, const char *controller)
{
	char text[256], *rest = text, *word;
	bool found = false;

	if (fd_read_file(dir, file, text, sizeof(text)) < 0)
		return false;
	while (!found && (word = strsep(&rest, " \n")))
		found = !strcmp(word, controller);
	return found;
}

int v2_switch(int dir, char sign, const char *name)
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
		err = v2_switch(dir, '+', name);
		if (!err && is_domain(dir))
			return 0;
		if (!err) {
			v2_switch(dir, '-', name);
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
		bool wanted = there & ~on & bit && cgroup_controllers[i].when != CONTROLLER_WISH;
		int err = wanted ? enable(dir, cgroup_controllers[i].v2_name) : -ENOENT;

		if (!err)
			on |= bit;
		else if (err != -ENOENT)
			log_warn("cgroup", -err, "controller %s cannot be enabled", cgroup_controllers[i].v2_name);
	}
	return on;
}

/* Those with nobody in them. */
static void remove_leaves(int dir)
{
	tree_remove_all(dir, "svc.");
	tree_remove_all(dir, "grp.");
}

/* A killed run's go first: groups are taken as they are when they are there, with limits that nobody may want now. */
static int settle_within(struct cgroup_home *home, int own)
{
	int err;

	remove_leaves(own);
	err = make_room(own);
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
	if (home->shared && !is_root(own)) /* the root of all may have both */
		home->withheld = (uint16_t)(read_controllers(own, "cgroup.controllers") & ~home->v2_controllers);
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

int v2_open(struct cgroup_home *home, int proc)
{
	struct place place;
	int err = place_find(proc, "", &place);

	if (!err)
		err = cgroup_settle(home, proc, &place, CGROUP_V1_COUNT, v2_settle);
	if (!err)
		home->into = (uint8_t)try_into(home);
	return err;
}

void v2_close(struct cgroup_home *home)
{
	if (home->v2 < 0)
		return;
	remove_leaves(home->v2);
	if (home->shared) {
		home_remove(&home->v2);
		return;
	}
	for (int i = CGROUP_V1_COUNT - 1; i >= 0; i--)
		if (home->v2_controllers & UINT32_C(1) << i)
			v2_switch(home->v2, '-', cgroup_controllers[i].v2_name);
	move_all(home->v2, "init/cgroup.procs", "cgroup.procs");
	unlinkat(home->v2, "init", AT_REMOVEDIR);
	fd_close(&home->v2);
}

int v2_offer(struct cgroup_home *home, enum cgroup_v1 controller)
{
	const char *name = cgroup_controllers[controller].v2_name;
	int err = *name && v2_lists(home->v2, "cgroup.controllers", name) ? enable(home->v2, name) : -ENOENT;

	if (!err)
		home->v2_controllers |= UINT32_C(1) << controller;
	return err;
}
