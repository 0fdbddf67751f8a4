/*
 * Who the service is: names are looked up in /etc/passwd and /etc/group of its
 * own root, which is where the child stands by now. passwd(5), group(5).
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/text.h"
#include "services/who.h"

#define ID_MAX 0xfffffffeu /* the highest is "leave as it is" to setresuid(2) */

/* Lines of a file, one at a time in a fixed buffer; longer lines are cut, their rest is dropped. */
struct lines {
	int fd;
	int err; /* what has ended it before its end, or 0 */
	size_t used, at;
	char chunk[4096];
	char line[1024];
};

static int next_byte(struct lines *l)
{
	if (l->at == l->used) {
		ssize_t n = read(l->fd, l->chunk, sizeof(l->chunk));

		if (n < 0)
			l->err = -errno;
		if (n <= 0)
			return -1;
		l->used = (size_t)n;
		l->at = 0;
	}
	return (unsigned char)l->chunk[l->at++];
}

static bool next_line(struct lines *l)
{
	size_t len = 0;
	int c = next_byte(l);

	if (c < 0)
		return false;
	for (; c >= 0 && c != '\n'; c = next_byte(l))
		if (len < sizeof(l->line) - 1)
			l->line[len++] = (char)c;
	l->line[len] = '\0';
	return true;
}

/* Splits at ':' in place; returns how many fields there are. */
static size_t split(char *line, char **field, size_t max)
{
	size_t n = 0;

	while (n < max) {
		field[n++] = line;
		line = strchr(line, ':');
		if (!line)
			break;
		*line++ = '\0';
	}
	return n;
}

static bool is_id(const char *s, uint32_t *ret)
{
	uint64_t n;

	if (text_u64(s, &n) || n > ID_MAX)
		return false;
	*ret = (uint32_t)n;
	return true;
}

static void take_user(struct who *who, char **field)
{
	who->has_uid = is_id(field[2], &who->uid);
	if (!who->has_uid)
		return;
	if (!who->has_gid)
		who->has_gid = is_id(field[3], &who->gid);
	strncpy(who->name, field[0], sizeof(who->name) - 1);
	strncpy(who->home, field[5], sizeof(who->home) - 1);
}

/* A list that is hidden (mounts = "masked") is an empty one. */
static bool is_list(const struct stat *st)
{
	return S_ISREG(st->st_mode) || (S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3));
}

/* In a root of the service's own anything may be in its place: a pipe would be waited for, a device has no end. */
static int check_list(int fd)
{
	struct stat st;
	int err = fd_stat(fd, &st);

	if (err || is_list(&st))
		return err;
	return S_ISFIFO(st.st_mode) ? -ESPIPE : S_ISDIR(st.st_mode) ? -EISDIR : -EOPNOTSUPP;
}

/*
 * In mounts of a user namespace that it is not in, its ids are others, and root there, who may have made the lists,
 * would choose whom it becomes: so they are minit's own.
 */
static int open_any(const struct child *child, const char *path)
{
	const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	int fd;

	if (table_is_stranger(child->table, child->spec))
		return child_open_minits(child, path, flags);
	fd = open(path, flags);
	return fd < 0 ? -errno : fd;
}

static int open_list(const struct child *child, const char *path)
{
	cleanup_fd int fd = open_any(child, path);
	int err = fd < 0 ? fd : check_list(fd);

	return err ? err : fd_steal(&fd);
}

/* Without a list there is nobody; who is in one that cannot be read is not known. */
static bool is_unread(int fd)
{
	return fd < 0 && fd != -ENOENT;
}

/* By name, or by number: a number that no line has is a user without a name. */
static int find_user(const struct child *child, struct who *who, const char *wanted)
{
	struct lines l = { .fd = open_list(child, "/etc/passwd") };
	cleanup_fd int fd = l.fd;
	char *field[7];
	uint32_t uid;
	bool by_id = is_id(wanted, &uid);

	if (is_unread(fd))
		return fd;
	while (fd >= 0 && !who->has_uid && next_line(&l)) {
		if (split(l.line, field, 7) < 6)
			continue;
		if (by_id ? !strcmp(field[2], wanted) : !strcmp(field[0], wanted))
			take_user(who, field);
	}
	if (!who->has_uid && l.err)
		return l.err;
	if (!who->has_uid && by_id) {
		who->uid = uid;
		who->has_uid = true;
	}
	return who->has_uid ? 0 : -ESRCH;
}

static int find_named_group(const struct child *child, const char *wanted, uint32_t *ret)
{
	struct lines l = { .fd = open_list(child, "/etc/group") };
	cleanup_fd int fd = l.fd;
	char *field[4];

	if (is_unread(fd))
		return fd;
	while (fd >= 0 && next_line(&l))
		if (split(l.line, field, 4) >= 3 && !strcmp(field[0], wanted) && is_id(field[2], ret))
			return 0;
	return l.err ? l.err : -ESRCH;
}

static int find_group(const struct child *child, const char *wanted, uint32_t *ret)
{
	return is_id(wanted, ret) ? 0 : find_named_group(child, wanted, ret);
}

static int add_group(struct who *who, uint32_t gid)
{
	if (who->group_count == WHO_GROUPS_MAX)
		return -E2BIG;
	who->groups[who->group_count++] = gid;
	return 0;
}

/* A word of a line and what ended it (-1: the end of the file). One that does not fit is none. */
static int next_word(struct lines *l)
{
	size_t len = 0;
	int c;

	while ((c = next_byte(l)) >= 0 && c != ':' && c != ',' && c != '\n')
		if (len < sizeof(l->line))
			l->line[len++] = (char)c;
	l->line[len < sizeof(l->line) ? len : 0] = '\0';
	return c;
}

/*
 * The next line of /etc/group: 1 when it lists the user, else 0; -1 at the end.
 * Word by word, as it may be of any length, and a group that is missed is a right
 * that is missing.
 */
static int read_group(struct lines *l, const char *name, uint32_t *ret_gid)
{
	int c = next_word(l), listed = 0;
	bool is_group;

	if (c < 0 && !l->line[0])
		return -1;
	for (int field = 1; field < 3 && c == ':'; field++)
		c = next_word(l);
	is_group = c == ':' && is_id(l->line, ret_gid);
	while (c == ':' || c == ',') {
		c = next_word(l);
		listed |= is_group && !strcmp(l->line, name);
	}
	return listed;
}

/* The detail says who: services/failure.c makes the words. */
static int not_found(struct child *child, int err, const char *kind, const char *name)
{
	BUF_ON_STACK(b, STATE_DETAIL);

	buf_fmt(&b, "%s %.40s", kind, name);
	return child_fail(child, err, buf_text(&b));
}

/* The groups that /etc/group lists the user in, as a login would get them. */
static int add_memberships(struct child *child, struct who *who)
{
	struct lines l = { .fd = open_list(child, "/etc/group") };
	cleanup_fd int fd = l.fd;
	uint32_t gid;
	int listed, err = 0;

	if (is_unread(fd))
		return not_found(child, fd, "group", "");
	while (fd >= 0 && !err && who->name[0] && (listed = read_group(&l, who->name, &gid)) >= 0)
		err = listed ? add_group(who, gid) : 0;
	if (l.err)
		return not_found(child, l.err, "group", "");
	return err ? child_fail(child, err, "groups") : 0;
}

static bool gives_groups(const struct child *child)
{
	return child_confine(child)->privileges.given & GIVEN_GROUPS;
}

static int add_given_groups(struct child *child, struct who *who)
{
	for (uint32_t i = 0; i < child->spec->groups.count; i++) {
		const char *name = table_item(child->table, child->spec->groups, i);
		uint32_t gid = 0;
		int err = find_group(child, name, &gid);

		if (err)
			return not_found(child, err, "group", name);
		if (add_group(who, gid))
			return child_fail(child, -E2BIG, "groups");
	}
	return 0;
}

int who_resolve(struct child *child, struct who *who)
{
	const char *user = table_text(child->table, child->spec->user_at);
	const char *group = table_text(child->table, child->spec->group_at);
	int err = group ? find_group(child, group, &who->gid) : 0;

	if (err)
		return not_found(child, err, "group", group);
	who->has_gid = group != NULL;
	err = user ? find_user(child, who, user) : 0;
	if (err)
		return not_found(child, err, "user", user);
	if (gives_groups(child))
		return add_given_groups(child, who);
	return user ? add_memberships(child, who) : 0;
}

/* Where its user namespace denies setgroups(2) it has got them before: services/step_userns.c. */
static bool has_groups(const struct child *child)
{
	return table_in_userns(child->table, child->spec) && child_confine(child)->roots.deny_setgroups;
}

static bool has(const uint32_t *list, size_t count, uint32_t gid)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == gid)
			return true;
	return false;
}

/* One that the user namespace has no name for may be any. */
#define NAMELESS 65534

/*
 * Who may not change groups, as an ordinary user, may yet have just those that are wanted. Its first one counts for
 * nothing: a login has it in the list too.
 */
static bool has_them_already(const struct who *who, uint32_t first)
{
	uint32_t now[WHO_GROUPS_MAX];
	long count = syscall(SYS_getgroups, ARRAY_LEN(now), now);

	for (long i = 0; i < count; i++)
		if (now[i] == NAMELESS || (now[i] != first && !has(who->groups, who->group_count, now[i])))
			return false;
	for (size_t i = 0; count >= 0 && i < who->group_count; i++)
		if (who->groups[i] != first && !has(now, (size_t)count, who->groups[i]))
			return false;
	return count >= 0;
}

static int set_groups(struct child *child, const struct who *who, uint32_t first)
{
	int err = syscall(SYS_setgroups, who->group_count, who->groups) < 0 ? -errno : 0;

	if (!err || (err == -EPERM && has_them_already(who, first)))
		return 0;
	return child_fail(child, err, "setgroups");
}

/* Raw calls: libc's set*id would look for threads that this copy of the process does not have. */
static int become(struct child *child, const struct who *who)
{
	uint32_t gid = who->has_gid ? who->gid : who->uid;
	bool any_gid = who->has_gid || who->has_uid;
	int err = has_groups(child) ? 0 : set_groups(child, who, any_gid ? gid : getegid());

	if (err)
		return err;
	if (any_gid && syscall(SYS_setresgid, gid, gid, gid) < 0)
		return child_fail(child, -errno, "setresgid");
	if (who->has_uid && (err = caps_keep(child, who->uid)))
		return child_fail(child, err, "keeping capabilities");
	if (who->has_uid && syscall(SYS_setresuid, who->uid, who->uid, who->uid) < 0)
		return child_fail(child, -errno, "setresuid");
	return 0;
}

static int tell_environment(struct child *child, const struct who *who)
{
	int err = 0;

	if (who->home[0])
		err = child_setenv_default(child, "HOME", who->home);
	if (!err && who->name[0])
		err = child_setenv_default(child, "USER", who->name);
	if (!err && who->name[0])
		err = child_setenv_default(child, "LOGNAME", who->name);
	return err;
}

int step_user(struct child *child)
{
	struct who who = { 0 };
	int err;

	if (!child->spec->user_at && !child->spec->group_at && !gives_groups(child))
		return 0;
	err = who_resolve(child, &who);
	if (!err)
		err = tell_environment(child, &who);
	return err ? err : become(child, &who);
}
