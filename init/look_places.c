/* Which namespaces it is in: namespaces(7). */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <string.h>
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

static void put_owner(const struct look *l, bool own, bool joined, struct buf *b)
{
	if (joined)
		buf_fmt(b, "%s's", table_name(l->table, table_service(l->table, l->confine->roots.join_service)));
	else
		buf_str(b, own ? "own" : "minit's");
}

static void tell_unseen(struct look *l, size_t i, bool own, bool joined)
{
	BUF_ON_STACK(asked, LOOK_TEXT);

	if (l->err == -ENOENT && !own && !joined)
		return; /* this kernel has none of the kind */
	put_owner(l, own, joined, &asked);
	look_tell(l, kinds[i].what, buf_text(&asked), "", LOOK_UNSEEN, 0);
}

/* A program may make one of its own where none was asked for: that is not less. */
static void tell(struct look *l, size_t i, const struct ns *its, const struct ns *minits, const struct ns *others)
{
	bool own = l->spec->namespaces & kinds[i].flag, joined = l->confine->roots.join_flags & kinds[i].flag;
	bool is_minits = !strcmp(its->text, minits->text);
	bool is_others = l->confine->roots.join_flags && !strcmp(its->text, others->text);
	BUF_ON_STACK(asked, LOOK_TEXT);
	BUF_ON_STACK(got, LOOK_TEXT);
	bool good = joined ? is_others : !own || !is_minits;
	const int32_t missing = kinds[i].flag == CLONE_NEWNET    ? MISSING_NETWORK :
				kinds[i].flag == CLONE_NEWCGROUP ? MISSING_NAMESPACES | MISSING_GROUPS :
								   MISSING_NAMESPACES;

	put_owner(l, own, joined, &asked);
	put_owner(l, !is_minits, joined ? is_others : is_others && !is_minits, &got);
	if (l->json || own || joined || !is_minits)
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

void look_namespaces(struct look *l)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct ns its, minits, others = { "" };

		if (!read_ns(l, l->pid, kinds[i].link, &its) || !read_ns(l, l->minit, kinds[i].link, &minits) ||
		    (l->joined && !read_ns(l, l->joined, kinds[i].link, &others)))
			tell_unseen(l, i, l->spec->namespaces & kinds[i].flag,
				    l->confine->roots.join_flags & kinds[i].flag);
		else
			tell(l, i, &its, &minits, &others);
	}
}
