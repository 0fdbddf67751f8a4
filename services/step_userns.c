/*
 * A user namespace of the service's own: user_namespaces(7). It is made beforehand, by a process that does nothing but
 * be in it while its maps are written, so that ids of mounts can be mapped by it; and is entered last of all, so that
 * mounts, devices and limits are made with minit's rights. The mount namespace is made anew then: it belongs to the
 * user namespace, and what came from outside cannot be taken apart there.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/mount.h"
#include "services/who.h"

uint32_t roots_outside(const struct table *t, struct list ranges, uint32_t id)
{
	const struct id_range *list = table_list(t, ranges, struct id_range);

	for (uint32_t i = 0; i < ranges.count; i++)
		if (id >= list[i].inside && id - list[i].inside < list[i].count)
			return list[i].outside + (id - list[i].inside);
	return id;
}

static const struct roots_spec *roots_of(const struct child *child)
{
	return &table_confine(child->table, child->spec)->roots;
}

/* /proc of the pid namespace that the child is in: whatever lies upon minit's does not matter. */
static int open_proc(const struct child *child)
{
	uint32_t pids = (child->namespaces | roots_of(child)->join_flags) & CLONE_NEWPID;
	int fd = mount_make("proc", NULL, 0);

	if (fd != -EPERM || pids)
		return fd;
	return child_open_minits(child, "/proc", O_PATH | O_DIRECTORY); /* numbers are the same in minit's */
}

static int open_of(int proc, pid_t pid, const char *file, int flags)
{
	BUF_ON_STACK(path, 40);
	int fd;

	buf_fmt(&path, "%d/%s", (int)pid, file);
	fd = openat(proc, buf_text(&path), flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int write_of(int proc, pid_t pid, const char *file, const char *text)
{
	cleanup_fd int fd = open_of(proc, pid, file, O_WRONLY);

	return fd < 0 ? fd : fd_write_all(fd, text, strlen(text));
}

/* The kernel takes a map in one write. */
static int write_map(const struct child *child, int proc, pid_t pid, const char *file, struct list ranges)
{
	const struct id_range *list = table_list(child->table, ranges, struct id_range);
	BUF_ON_STACK(text, 2048);

	for (uint32_t i = 0; i < ranges.count; i++)
		buf_fmt(&text, "%u %u %u\n", list[i].inside, list[i].outside, list[i].count);
	return buf_check(&text) ? -E2BIG : write_of(proc, pid, file, buf_text(&text));
}

static int write_maps(struct child *child, int proc, pid_t pid)
{
	const struct roots_spec *roots = roots_of(child);
	int err = roots->deny_setgroups ? write_of(proc, pid, "setgroups", "deny") : 0;

	if (err)
		return child_fail(child, err, "setgroups");
	err = write_map(child, proc, pid, "gid_map", roots->gids);
	if (err)
		return child_fail(child, err, "gid_map");
	err = write_map(child, proc, pid, "uid_map", roots->uids);
	return err ? child_fail(child, err, "uid_map") : 0;
}

static bool joins(const struct child *child)
{
	return roots_of(child)->join_flags & CLONE_NEWUSER;
}

static int map_and_open(struct child *child, pid_t pid)
{
	cleanup_fd int proc = open_proc(child);
	int err = proc < 0 ? child_fail(child, proc, "/proc") : 0;

	if (!err && !joins(child))
		err = write_maps(child, proc, pid);
	if (err)
		return err;
	err = open_of(proc, pid, "ns/user", O_RDONLY);
	return err < 0 ? child_fail(child, err, "ns/user") : err;
}

/* Is in the namespace, made with it or joined, until it is killed, or nobody waits for it any more. */
static no_return void hold(const struct child *child, int end)
{
	int err = joins(child) && setns(child->join_fd, CLONE_NEWUSER) < 0 ? -errno : 0;
	char byte;

	if (write(end, &err, sizeof(err)) < 0)
		_exit(1);
	while (read(end, &byte, 1) < 0 && errno == EINTR)
		;
	_exit(0);
}

/* Whether who holds it is in the namespace. One that was killed says nothing, and nobody else has its end. */
static int hear(struct child *child, int end)
{
	int err = -ECHILD;

	while (read(end, &err, sizeof(err)) < 0 && errno == EINTR)
		;
	return err ? child_fail(child, err, "setns") : 0;
}

static int hold_and_open(struct child *child)
{
	struct sys_clone how = { .flags = joins(child) ? 0 : CLONE_NEWUSER, .leaf_fd = -1, .ret_pid = &(pid_t){ 0 } };
	int ends[2], status, fd;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	pid = sys_clone(&how);
	if (pid == 0) {
		close(ends[1]);
		hold(child, ends[0]);
	}
	close(ends[0]);
	fd = pid < 0 ? child_fail(child, pid, "userns") : hear(child, ends[1]);
	if (!fd)
		fd = map_and_open(child, pid);
	close(ends[1]);
	if (pid > 0)
		waitpid(pid, &status, 0);
	return fd;
}

/* Ids of mounts are mapped by the namespace itself; to enter it alone a pidfd of who is in it does (Linux 5.8). */
int step_idmap(struct child *child)
{
	bool by_pidfd = joins(child) && !(child->namespaces & CLONE_NEWNS);
	int fd;

	if (!roots_of(child)->uids.count)
		return 0;
	fd = by_pidfd ? fcntl(child->join_fd, F_DUPFD_CLOEXEC, 0) : hold_and_open(child);
	child->userns_fd = fd < 0 ? -1 : fd;
	return fd < 0 ? fd : 0;
}

static bool has_id(const struct child *child, struct list ranges, uint32_t id)
{
	const struct id_range *list = table_list(child->table, ranges, struct id_range);

	for (uint32_t i = 0; i < ranges.count; i++)
		if (id >= list[i].inside && id - list[i].inside < list[i].count)
			return true;
	return false;
}

/* As the service's groups are called outside. One that has no name there would be somebody else's. */
static int map_groups(const struct child *child, struct who *who)
{
	for (size_t i = 0; i < who->group_count; i++) {
		if (!has_id(child, roots_of(child)->gids, who->groups[i]))
			return -EINVAL;
		who->groups[i] = roots_outside(child->table, roots_of(child)->gids, who->groups[i]);
	}
	return 0;
}

/*
 * minit's groups are not the service's, and who enters keeps them: they go before. Those of its user come later, but
 * where setgroups(2) is denied from then on. A minit that may not change groups cannot take any away either, be it for
 * want of CAP_SETGID or, with that, as its own user namespace denies it.
 */
static int leave_groups(struct child *child)
{
	struct who who = { 0 };
	int err = roots_of(child)->deny_setgroups ? who_resolve(child, &who) : 0;

	if (!err && (err = map_groups(child, &who)))
		child_fail(child, err, "groups");
	if (err || syscall(SYS_setgroups, who.group_count, who.groups) == 0)
		return err;
	return errno == EPERM && !who.group_count ? 0 : child_fail(child, -errno, "setgroups");
}

bool roots_names(const struct table *t, struct list ranges, uint32_t outside)
{
	const struct id_range *list = table_list(t, ranges, struct id_range);

	for (uint32_t i = 0; i < ranges.count; i++)
		if (outside >= list[i].outside && outside - list[i].outside < list[i].count)
			return true;
	return false;
}

/*
 * Who would become neither root nor another stays who minit is. Without a name for that inside it is shown as nobody,
 * and is minit's user outside nevertheless, with its files.
 */
static int check_stays(struct child *child)
{
	const struct roots_spec *roots = roots_of(child);
	bool user = child->spec->user_at, group = user || child->spec->group_at;

	if (!user && !has_id(child, roots->uids, 0) && !roots_names(child->table, roots->uids, getuid()))
		return child_fail(child, -EINVAL, "user");
	if (!group && !has_id(child, roots->gids, 0) && !roots_names(child->table, roots->gids, getgid()))
		return child_fail(child, -EINVAL, "group");
	return 0;
}

/* Where there is one: else it is who the table names, or minit's own. */
static int become_root(struct child *child)
{
	const struct roots_spec *roots = roots_of(child);

	if (has_id(child, roots->gids, 0) && syscall(SYS_setresgid, 0, 0, 0) < 0)
		return child_fail(child, -errno, "root inside");
	if (has_id(child, roots->uids, 0) && syscall(SYS_setresuid, 0, 0, 0) < 0)
		return child_fail(child, -errno, "root inside");
	return 0;
}

/* The others that can be made anew go with it, so that root inside has its rights over them. */
int step_userns(struct child *child)
{
	const uint32_t anew = child->namespaces & (CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWCGROUP);
	int err;

	if (child->userns_fd < 0)
		return 0;
	err = check_stays(child);
	if (!err)
		err = leave_groups(child);
	if (err)
		return err;
	if (setns(child->userns_fd, CLONE_NEWUSER) < 0)
		return child_fail(child, -errno, "setns");
	fd_close(&child->userns_fd);
	if (anew && unshare((int)anew) < 0)
		return child_fail(child, -errno, "namespaces");
	return become_root(child);
}
