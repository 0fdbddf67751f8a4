/* Where the child stands: leaf, session, network namespace, host name, directory, signals. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cgroup/cgroup.h"
#include "services/child.h"
#include "services/leaf.h"

static const char *name_of(const struct child *child)
{
	return table_name(child->table, child->spec);
}

/*
 * A cgroup namespace begins where its maker is, and nobody leaves it (nsdelegate): so who was not born into its leaf
 * makes it there; who was has one, and makes it anew for what of v1 it was moved into. One that is only the default is
 * done without.
 */
static int make_groups_own(struct child *child)
{
	if (unshare(CLONE_NEWCGROUP) == 0 || child->born_into_leaf)
		return 0;
	if (child->spec->explicit_ns & CLONE_NEWCGROUP)
		return child_fail(child, -errno, "cgroup namespace");
	child->namespaces &= ~(uint32_t)CLONE_NEWCGROUP;
	child_note(child, STEP_leaf, "a cgroup namespace");
	return 0;
}

int step_leaf(struct child *child)
{
	struct leaf_name mem;
	const char *name = leaf_name(child->table, child->spec, &mem);
	int moved = child->in_leaf ? cgroup_join(&child->home, name, child->born_into_leaf) : 0;

	if (moved < 0)
		return moved;
	return moved && child->namespaces & CLONE_NEWCGROUP ? make_groups_own(child) : 0;
}

int step_session(struct child *child)
{
	(void)child;
	return setsid() < 0 ? -errno : 0;
}

int step_network(struct child *child)
{
	if (child->netns_fd < 0)
		return 0;
	return setns(child->netns_fd, CLONE_NEWNET) < 0 ? -errno : 0;
}

int step_hostname(struct child *child)
{
	const char *given = table_text(child->table, child->spec->hostname_at);
	const char *name = given ? given : name_of(child);
	size_t len = 0;

	if (!(child->namespaces & CLONE_NEWUTS))
		return 0;
	while (name[len])
		len++;
	return sethostname(name, len) < 0 ? child_fail(child, -errno, name) : 0;
}

/*
 * A link in its root may lead through a descriptor that the child has from minit, such as that of the home of all
 * leaves (CVE-2024-21626). What is not below the root has "(unreachable)" before its path: getcwd(2).
 */
static int check_directory(void)
{
	char path[PATH_MAX];

	if (syscall(SYS_getcwd, path, sizeof(path)) < 0)
		return -errno;
	return path[0] == '/' ? 0 : -EXDEV;
}

int step_directory(struct child *child)
{
	const char *cwd = table_text(child->table, child->spec->cwd_at);
	int err = chdir(cwd ? cwd : "/") < 0 ? -errno : 0;

	if (!err && cwd)
		err = check_directory();
	return err ? child_fail(child, err, cwd ? cwd : "/") : 0;
}

/*
 * Nothing is ignored since minit's own start (init/signals.c), and the exec puts handlers back.
 * A helper of ours that is told to end before it could say how it takes that must
 * not die of it: what is in its pipes would be lost.
 */
int step_signals(struct child *child)
{
	const uint64_t mask = child->spec->internal ? 1ull << (SIGTERM - 1) : 0;

	return syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof(mask)) < 0 ? -errno : 0;
}
