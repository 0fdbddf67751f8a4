/* Which namespaces it is in: namespaces(7). */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/look.h"
#include "lib/fd.h"

static const struct {
	uint32_t flag;
	char link[8], what[20];
} kinds[] = {
	{ CLONE_NEWNS, "mnt", "namespaces.mount" },  { CLONE_NEWPID, "pid", "namespaces.pid" },
	{ CLONE_NEWNET, "net", "namespaces.net" },   { CLONE_NEWIPC, "ipc", "namespaces.ipc" },
	{ CLONE_NEWUTS, "uts", "namespaces.uts" },   { CLONE_NEWCGROUP, "cgroup", "namespaces.cgroup" },
	{ CLONE_NEWUSER, "user", "namespaces.user" }, { CLONE_NEWTIME, "time", "namespaces.time" },
};

/* "mnt:[4026531841]" */
struct ns {
	char text[40];
};

static bool read_ns(struct look *l, pid_t pid, const char *link, struct ns *ret)
{
	BUF_ON_STACK(path, 40);
	ssize_t n;

	buf_fmt(&path, "%d/ns/%s", (int)pid, link);
	n = readlinkat(l->proc, buf_text(&path), ret->text, sizeof(ret->text) - 1);
	l->err = n < 0 ? -errno : 0;
	ret->text[n < 0 ? 0 : n] = '\0';
	return n >= 0;
}

/* Whose network it joins by network.join, or -1. */
static int network_owner(const struct look *l)
{
	uint32_t owner = table_network_of(l->table, l->index);
	bool joins = owner != l->index && table_service(l->table, owner)->namespaces & CLONE_NEWNET;

	return joins ? (int)owner : -1;
}

/* Whose namespace of the kind it joins, or NULL. */
static const char *other_of(const struct look *l, uint32_t flag)
{
	int owner = flag == CLONE_NEWNET ? network_owner(l) : -1;

	if (l->confine->roots.join_flags & flag)
		owner = (int)l->confine->roots.join_service;
	return owner < 0 ? NULL : table_name(l->table, table_service(l->table, (uint32_t)owner));
}

static void put_owner(const char *other, bool own, struct buf *b)
{
	if (other)
		buf_fmt(b, "%s's", other);
	else
		buf_str(b, own ? "own" : "minit's");
}

static void tell_unseen(struct look *l, size_t i)
{
	const char *other = other_of(l, kinds[i].flag);
	bool own = l->spec->namespaces & kinds[i].flag;
	BUF_ON_STACK(asked, LOOK_TEXT);

	if (l->err == -ENOENT && !own && !other)
		return; /* this kernel has none of the kind */
	put_owner(other, own, &asked);
	look_tell(l, kinds[i].what, buf_text(&asked), "", LOOK_UNSEEN, 0);
}

/* A program may make one of its own where none was asked for: that is not less. */
static void tell(struct look *l, size_t i, const struct ns *its, const struct ns *minits, const struct ns *others)
{
	const char *other = other_of(l, kinds[i].flag);
	bool own = l->spec->namespaces & kinds[i].flag, is_minits = !strcmp(its->text, minits->text);
	bool is_others = !strcmp(its->text, others->text) && (other || !is_minits);
	BUF_ON_STACK(asked, LOOK_TEXT);
	BUF_ON_STACK(got, LOOK_TEXT);
	bool good = other ? is_others : !own || !is_minits;
	const int32_t missing = kinds[i].flag == CLONE_NEWNET    ? MISSING_NETWORK :
				kinds[i].flag == CLONE_NEWCGROUP ? MISSING_NAMESPACES | MISSING_GROUPS :
								   MISSING_NAMESPACES;

	put_owner(other, own, &asked);
	put_owner(is_others ? other ?: other_of(l, l->confine->roots.join_flags) : NULL, !is_minits, &got);
	if (l->json || own || other || !is_minits)
		look_tell(l, kinds[i].what, buf_text(&asked), buf_text(&got), good ? LOOK_SAME : LOOK_DIFFERS,
			  missing);
}

/*
 * The name is told to who is there alone, so the tool goes there: it has no use for a name of its own. Of what is
 * minit's there is nothing to tell.
 */
static int enter_uts(const struct look *l)
{
	BUF_ON_STACK(path, 40);
	cleanup_fd int fd = -1;

	buf_fmt(&path, "%d/ns/uts", (int)l->pid);
	fd = openat(l->proc, buf_text(&path), O_RDONLY | O_CLOEXEC);
	return fd < 0 || setns(fd, CLONE_NEWUTS) < 0 ? -errno : 0;
}

void look_hostname(struct look *l)
{
	const char *given = table_text(l->table, l->spec->hostname_at);
	const uint32_t has = l->missing & MISSING_NAMESPACES ? l->spec->explicit_ns : UINT32_MAX;
	char got[HOST_NAME_MAX + 1] = "";

	if (!(l->spec->namespaces & has & CLONE_NEWUTS))
		return;
	l->entered = true;
	l->err = enter_uts(l);
	if (!l->err && gethostname(got, sizeof(got) - 1) < 0)
		l->err = -errno;
	if (l->err)
		look_tell(l, "hostname", given ?: l->name, "", LOOK_UNSEEN, 0);
	else
		look_tell_text(l, "hostname", given ?: l->name, got, 0);
}

/* The network of another service, by the descriptor that is kept of it; nothing where there is none. */
static void put_network(const struct look *l, struct ns *ret)
{
	struct buf b;
	struct stat st;

	buf_init(&b, ret->text, sizeof(ret->text));
	if (l->own_net >= 0 && !fd_stat(l->own_net, &st))
		buf_fmt(&b, "net:[%lu]", (unsigned long)st.st_ino);
	(void)buf_text(&b);
}

/* The namespace of the service that it joins, if it joins one. */
static bool read_others(struct look *l, size_t i, struct ns *ret)
{
	bool joined = l->confine->roots.join_flags & CLONE_NEWNET;

	*ret = (struct ns){ "" };
	if (kinds[i].flag == CLONE_NEWNET && !joined && network_owner(l) >= 0)
		put_network(l, ret);
	else if (l->joined)
		return read_ns(l, l->joined, kinds[i].link, ret);
	return true;
}

void look_namespaces(struct look *l)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct ns its, minits, others;

		if (!read_ns(l, l->pid, kinds[i].link, &its) || !read_ns(l, l->minit, kinds[i].link, &minits) ||
		    !read_others(l, i, &others))
			tell_unseen(l, i);
		else
			tell(l, i, &its, &minits, &others);
	}
}
