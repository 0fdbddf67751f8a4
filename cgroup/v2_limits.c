/* Making leaves of cgroup v2, and writing what is to hold in them. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "cgroup/tree.h"
#include "cgroup/v2.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/text.h"

#define BRIEF_US 20000

/* -- groups ------------------------------------------------------------------------------------------------------- */

/* "grp.GROUP" of the service "GROUP/NAME", opened; -1 when it is in none. */
static int open_group(const struct cgroup_home *home, const char *name)
{
	BUF_ON_STACK(group, 80);
	const char *slash = strchr(name, '/');
	struct leaf_path path;

	if (!slash)
		return -1;
	buf_add(&group, name, (size_t)(slash + 1 - name));
	return openat(home->v2, leaf_path(&path, buf_text(&group), ""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* It passes on what we have; nobody is in it, so nothing can be spoilt. */
static int make_group(const struct cgroup_home *home, const char *name)
{
	BUF_ON_STACK(group, 80);
	struct leaf_path path;
	cleanup_fd int dir = -1;

	buf_add(&group, name, (size_t)(strchr(name, '/') + 1 - name));
	if (mkdirat(home->v2, leaf_path(&path, buf_text(&group), ""), 0755) < 0)
		return errno == EEXIST ? 0 : -errno;
	dir = open_group(home, name);
	for (enum cgroup_v1 i = 0; dir >= 0 && i < CGROUP_V1_COUNT; i++)
		if (home->v2_controllers & UINT32_C(1) << i && v2_switch(dir, '+', cgroup_controllers[i].v2_name))
			log_debug("cgroup", "%s: no %s in the group", name, cgroup_controllers[i].v2_name);
	return dir < 0 ? -errno : 0;
}

static bool is_group(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && name[len - 1] == '/';
}

/* -- leaves ------------------------------------------------------------------------------------------------------- */

/* The OOM killer takes a service as a whole (Linux 4.19): half of one is of no use. */
int v2_create(struct cgroup_home *home, const char *name)
{
	struct leaf_path path;
	const char *leaf = leaf_path(&path, name, "");
	int err = strchr(name, '/') && *leaf ? make_group(home, name) : 0, left = 0;

	if (err)
		return err;
	if (mkdirat(home->v2, leaf, 0755) < 0) {
		if (errno != EEXIST)
			return -errno;
		left = tree_remove(home->v2, leaf) < 0;
		if (!left && mkdirat(home->v2, leaf, 0755) < 0)
			return -errno;
	}
	if (cgroup_v2.limits(home, CGROUP_V1_MEMORY) && v2_write(home, name, "memory.oom.group", "1"))
		log_debug("cgroup", "%s: no memory.oom.group here", name);
	return left;
}

static int clear_switches(int leaf)
{
	char text[256], *rest = text, *word;
	int err = fd_read_file(leaf, "cgroup.subtree_control", text, sizeof(text)) < 0 ? -ENOENT : 0;

	while (!err && (word = strsep(&rest, " \n")))
		if (*word)
			err = v2_switch(leaf, '-', word);
	return err;
}

void v2_clear(const struct cgroup_home *home, const char *name)
{
	struct leaf_path path;
	const char *leaf = leaf_path(&path, name, "");
	cleanup_fd int dir = -1;

	tree_clear(home->v2, leaf);
	dir = openat(home->v2, leaf, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0 && clear_switches(dir))
		log_debug("cgroup", "%s: its leaf keeps controllers for groups", name);
}

void v2_spread(struct cgroup_home *home, const char *name)
{
	cleanup_fd int group = open_group(home, name);

	for (enum cgroup_v1 i = 0; i < CGROUP_V1_COUNT; i++) {
		if (!(home->v2_controllers & UINT32_C(1) << i) && v2_offer(home, i))
			continue;
		if (group >= 0 && v2_switch(group, '+', cgroup_controllers[i].v2_name))
			log_debug("cgroup", "%s: no %s in the group", name, cgroup_controllers[i].v2_name);
	}
}

/* -- limits ------------------------------------------------------------------------------------------------------- */

/* io.weight is of iocost, io.bfq.weight of the scheduler BFQ: a kernel may have either or both, a disk one. */
static int write_bfq(const struct cgroup_home *home, const char *name, const char *text, int err)
{
	BUF_ON_STACK(bfq, 48);

	if (limit_bfq_text(text, &bfq))
		return err;
	return v2_write(home, name, "io.bfq.weight", buf_text(&bfq)) ? err : 0;
}

/* The controller may be one that the group does not pass on yet, or one that only the kernel knows. */
static int pass_on(const struct cgroup_home *home, const char *name, const char *file)
{
	BUF_ON_STACK(controller, 64);
	cleanup_fd int group = open_group(home, name);
	int err = 0;

	buf_add(&controller, file, strcspn(file, "."));
	if (!v2_lists(home->v2, "cgroup.subtree_control", buf_text(&controller)))
		err = v2_switch(home->v2, '+', buf_text(&controller));
	if (!err && group >= 0 && !is_group(name))
		err = v2_switch(group, '+', buf_text(&controller));
	return err;
}

static int write_passed(const struct cgroup_home *home, const char *name, const char *file, const char *text)
{
	int err = v2_write(home, name, file, text);

	if (err == -ENOENT && !pass_on(home, name, file))
		err = v2_write(home, name, file, text);
	return err;
}

static void hear_nothing(int signal)
{
	(void)signal;
}

/*
 * The kernel takes away what is above a new limit of memory, and kills, before the write returns: seconds, if that
 * has to go to a slow disk. A signal ends it (from Linux 6.16 on O_NONBLOCK does): the limit is there all the same,
 * and what is above it goes when the leaf next wants memory.
 */
static int write_briefly(const struct cgroup_home *home, const char *name, const char *file, const char *text)
{
	const struct itimerval soon = { { 0, BRIEF_US }, { 0, BRIEF_US } }, never = { 0 };
	const struct sigaction heard = { .sa_handler = hear_nothing };
	sigset_t alarm, before;
	int err;

	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	sigaction(SIGALRM, &heard, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	sigprocmask(SIG_UNBLOCK, &alarm, &before);
	err = v2_write(home, name, file, text);
	setitimer(ITIMER_REAL, &never, NULL);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return err;
}

static bool is_above(const struct cgroup_home *home, const char *name, const char *file, const char *text)
{
	struct leaf_path path;
	uint64_t most, now;

	return (!strcmp(file, "memory.max") || !strcmp(file, "memory.high")) && !text_u64(text, &most) &&
	       !file_number(home->v2, leaf_path(&path, name, "memory.current"), &now) && now > most;
}

static ssize_t read_of(const struct cgroup_home *home, const char *name, const char *file, char *mem, size_t size)
{
	struct leaf_path path;
	ssize_t n = fd_read_file(home->v2, leaf_path(&path, name, file), mem, size);

	mem[n > 0 ? strcspn(mem, "\n") : 0] = '\0';
	return n;
}

/*
 * Processors and nodes that the groups above do not have are taken too, and left out of what is in force. Here less
 * than asked is an error, as on v1, and what was before goes on to hold.
 */
static int write_list(const struct cgroup_home *home, const char *name, const char *file, const char *text,
		      const char *effective)
{
	char before[512], got[512];
	int err;

	read_of(home, name, file, before, sizeof(before));
	err = write_passed(home, name, file, text);
	if (err || read_of(home, name, effective, got, sizeof(got)) < 0 || cgroup_is_same(file, text, got))
		return err;
	err = v2_write(home, name, file, *before ? before : "\n");
	return err ? err : -EACCES;
}

/* What cannot be is taken, too, as a partition that is "invalid" and so none. */
static int write_partition(const struct cgroup_home *home, const char *name, const char *file, const char *text)
{
	char before[128], got[128];
	int err;

	read_of(home, name, file, before, sizeof(before));
	err = write_passed(home, name, file, text);
	if (err || read_of(home, name, file, got, sizeof(got)) < 0 || !strstr(got, " invalid"))
		return err;
	err = v2_write(home, name, file, *before && !strstr(before, " invalid") ? before : "member");
	return err ? err : -EADDRINUSE;
}

int v2_limit(struct cgroup_home *home, const char *name, const char *file, const char *text)
{
	int err = is_group(name) ? make_group(home, name) : 0;
	BUF_ON_STACK(effective, 40);

	if (!err && limit_effective(file, &effective))
		err = write_list(home, name, file, text, buf_text(&effective));
	else if (!err && !strcmp(file, "cpuset.cpus.partition"))
		err = write_partition(home, name, file, text);
	else if (!err && is_above(home, name, file, text))
		err = write_briefly(home, name, file, text);
	else if (!err)
		err = write_passed(home, name, file, text);
	return !strcmp(file, "io.weight") ? write_bfq(home, name, text, err) : err;
}

int v2_watch_oom(const struct cgroup_home *home, const char *name, uint32_t *ret_events)
{
	struct leaf_path path;
	char seen[512];
	cleanup_fd int fd = openat(home->v2, leaf_path(&path, name, "memory.events"), O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, seen, sizeof(seen)) < 0)
		return -errno;
	*ret_events = EPOLLPRI;
	return fd_steal(&fd);
}
