/* Whose it is: its user and groups as they are called outside, and the maps of its user namespace. credentials(7). */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "init/look.h"
#include "lib/fd.h"
#include "lib/path.h"
#include "lib/text.h"
#include "services/child.h"

/* /etc/passwd and /etc/group of its root, where no link of it leads out. */
struct book {
	char text[65536];
	size_t used;
};

/* Where its own lists are: services/step_user.c. */
static int open_root(struct look *l)
{
	BUF_ON_STACK(path, 40);
	int fd;

	buf_fmt(&path, "%d/root", (int)(table_is_stranger(l->table, l->spec) ? l->minit : l->pid));
	fd = openat(l->proc, buf_text(&path), O_PATH | O_DIRECTORY | O_CLOEXEC);
	l->err = fd < 0 ? -errno : 0;
	return fd;
}

static void read_book(struct look *l, const char *file, struct book *ret)
{
	cleanup_fd int root = open_root(l);
	cleanup_fd int own = fd_open("/proc/self/fd", O_PATH | O_DIRECTORY);
	cleanup_fd int fd = root < 0 ? -1 : path_open_file(own, root, file, O_RDONLY | O_NONBLOCK);
	ssize_t n = 1;

	ret->used = 0;
	while (fd >= 0 && n > 0 && ret->used < sizeof(ret->text) - 1) {
		n = read(fd, ret->text + ret->used, sizeof(ret->text) - 1 - ret->used);
		ret->used += n > 0 ? (size_t)n : 0;
	}
	ret->text[ret->used] = '\0';
}

/* Field number i of a line; empty behind the last. */
static void field_of(const char *line, unsigned i, struct buf *ret)
{
	for (; i > 0 && line[strcspn(line, ":\n")] == ':'; i--)
		line += strcspn(line, ":\n") + 1;
	buf_reset(ret);
	if (!i)
		buf_add(ret, line, strcspn(line, ":\n"));
}

/* The line whose field `by` is `name`, or NULL. */
static const char *line_by(const struct book *book, unsigned by, const char *name)
{
	BUF_ON_STACK(field, 128);

	for (const char *line = book->text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		field_of(line, by, &field);
		if (!strcmp(buf_text(&field), name))
			return line;
	}
	return NULL;
}

static bool number_in(const char *line, unsigned i, uint64_t *ret)
{
	BUF_ON_STACK(field, 32);

	if (!line)
		return false;
	field_of(line, i, &field);
	return !text_u64(buf_text(&field), ret);
}

static bool id_of(const struct book *book, const char *name, uint64_t *ret)
{
	return !text_u64(name, ret) || number_in(line_by(book, 0, name), 2, ret);
}

/* -- as they are called here -------------------------------------------------------------------------------------- */

/* Maps of minit's own user namespace, or "": it is that of the tool. */
static struct {
	char uids[4096], gids[4096];
} maps;

static void read_maps(struct look *l)
{
	if (!l->elsewhere || !look_read(l, l->minit, "uid_map", maps.uids, sizeof(maps.uids)))
		maps.uids[0] = '\0';
	if (!l->elsewhere || !look_read(l, l->minit, "gid_map", maps.gids, sizeof(maps.gids)))
		maps.gids[0] = '\0';
}

/* Of minit's id: by lines of "INSIDE OUTSIDE COUNT". */
static uint32_t seen_here(const char *map, uint32_t id)
{
	char *at = (char *)map;

	while (*at) {
		unsigned long inside = strtoul(at, &at, 10), outside = strtoul(at, &at, 10);
		unsigned long count = strtoul(at, &at, 10);

		if (!count)
			break;
		if (id >= inside && id - inside < count)
			return (uint32_t)(outside + (id - inside));
		at += strspn(at, "\n ");
	}
	return id;
}

static uint32_t uid_here(const struct look *l, uint64_t uid)
{
	return seen_here(maps.uids, roots_outside(l->table, l->confine->roots.uids, (uint32_t)uid));
}

static uint32_t gid_here(const struct look *l, uint64_t gid)
{
	return seen_here(maps.gids, roots_outside(l->table, l->confine->roots.gids, (uint32_t)gid));
}

/* -- user and group ----------------------------------------------------------------------------------------------- */

/* "33 33 33 33" is told as "33". */
static void put_ids(const char *status, const char *name, struct buf *b)
{
	BUF_ON_STACK(all, 64);
	const char *text;
	size_t len;

	if (!look_line(status, name, &all))
		return;
	text = buf_text(&all);
	len = strcspn(text, " ");
	for (const char *c = text; *c; c += len + (c[len] == ' '))
		if (strcspn(c, " ") != len || strncmp(c, text, len) != 0) {
			buf_str(b, text);
			return;
		}
	buf_add(b, text, len);
}

static void tell_id(struct look *l, const char *what, const char *line, uint32_t id, bool named)
{
	BUF_ON_STACK(asked, 64);
	BUF_ON_STACK(got, 64);

	buf_fmt(&asked, "%u", id);
	put_ids(l->status, line, &got);
	/* A program that began as root may have become another by itself. */
	if (named || !strcmp(buf_text(&got), "0"))
		look_tell_text(l, what, buf_text(&asked), buf_text(&got), 0);
	else
		look_tell(l, what, buf_text(&asked), buf_text(&got), LOOK_SAME, 0);
}

static void look_user(struct look *l, const struct book *passwd)
{
	const char *user = table_text(l->table, l->spec->user_at);
	const bool is_minits = !user && !l->confine->roots.uids.count;
	BUF_ON_STACK(minits, 64);
	uint64_t uid = 0;

	put_ids(l->minits, "Uid", &minits);
	if (is_minits && text_u64(buf_text(&minits), &uid))
		return;
	if (user && !id_of(passwd, user, &uid))
		look_tell(l, "user", user, "", LOOK_UNSEEN, 0);
	else
		tell_id(l, "user", "Uid", is_minits ? (uint32_t)uid : uid_here(l, uid), user && uid);
}

/* That of the user's line, or the number of a user without one. */
static bool group_of(const struct book *passwd, const char *user, uint64_t *ret)
{
	bool is_number = !text_u64(user, ret);

	return number_in(line_by(passwd, is_number ? 2 : 0, user), 3, ret) || is_number;
}

static void look_group(struct look *l, const struct book *passwd, const struct book *group)
{
	const char *user = table_text(l->table, l->spec->user_at), *name = table_text(l->table, l->spec->group_at);
	uint64_t gid = 0;

	if (!user && !name)
		return;
	if (name ? !id_of(group, name, &gid) : !group_of(passwd, user, &gid))
		look_tell(l, "group", name ? name : user, "", LOOK_UNSEEN, 0);
	else
		tell_id(l, "group", "Gid", gid_here(l, gid), gid);
}

/* -- supplementary groups ----------------------------------------------------------------------------------------- */

struct gids {
	uint32_t all[256];
	size_t count;
};

static void add_gid(struct gids *g, uint64_t gid)
{
	size_t i = 0;

	while (i < g->count && g->all[i] != gid)
		i++;
	if (i == g->count && g->count < ARRAY_LEN(g->all))
		g->all[g->count++] = (uint32_t)gid;
}

static bool lists(const char *members, size_t len, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = members; at < members + len; at += strcspn(at, ",\n") + 1)
		if (strcspn(at, ",\n") == n && !strncmp(at, name, n))
			return true;
	return false;
}

static void add_memberships(const struct book *group, const char *name, struct gids *g)
{
	uint64_t gid;

	for (const char *line = group->text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *members = line;

		for (int i = 0; i < 3 && members; i++) {
			members = strpbrk(members, ":\n");
			members = members && *members == ':' ? members + 1 : NULL;
		}
		if (members && lists(members, strcspn(members, "\n"), name) && number_in(line, 2, &gid))
			add_gid(g, gid);
	}
}

static bool has_gid(const struct look *l, const struct gids *g, uint64_t outside)
{
	for (size_t i = 0; i < g->count; i++)
		if (gid_here(l, g->all[i]) == outside)
			return true;
	return false;
}

/* None that was not asked for: more groups are more rights. Its first group, in which a login is too, is none more. */
static bool are_known(const struct look *l, const struct gids *g, const char *got)
{
	BUF_ON_STACK(first, 64);

	put_ids(l->status, "Gid", &first);
	while (*got) {
		BUF_ON_STACK(word, 16);
		size_t len = strcspn(got, " ");
		uint64_t gid;

		buf_add(&word, got, len);
		if (len && strcmp(buf_text(&word), buf_text(&first)) != 0 &&
		    (text_u64(buf_text(&word), &gid) || !has_gid(l, g, gid)))
			return false;
		got += len + (got[len] == ' ');
	}
	return true;
}

static bool gives_groups(const struct look *l)
{
	return l->confine->privileges.given & GIVEN_GROUPS;
}

static bool gather(struct look *l, const struct book *passwd, const struct book *group, struct gids *g)
{
	const char *user = table_text(l->table, l->spec->user_at);
	BUF_ON_STACK(name, 64);
	uint64_t gid;

	for (uint32_t i = 0; i < l->spec->groups.count; i++) {
		if (!id_of(group, table_item(l->table, l->spec->groups, i), &gid))
			return false;
		add_gid(g, gid);
	}
	if (gives_groups(l) || !user)
		return true;
	buf_str(&name, user);
	if (!text_u64(user, &gid) && line_by(passwd, 2, user))
		field_of(line_by(passwd, 2, user), 0, &name);
	add_memberships(group, buf_text(&name), g);
	return true;
}

static void look_groups(struct look *l, const struct book *passwd, const struct book *group)
{
	struct gids g = { .count = 0 };
	BUF_ON_STACK(asked, LOOK_LIST);
	BUF_ON_STACK(got, LOOK_LIST);

	if (!l->spec->user_at && !l->spec->group_at && !gives_groups(l) && !l->confine->roots.gids.count)
		return;
	if (!gather(l, passwd, group, &g) || !look_line(l->status, "Groups", &got)) {
		look_tell(l, "groups", "", "", LOOK_UNSEEN, 0);
		return;
	}
	for (size_t i = 0; i < g.count; i++)
		buf_fmt(&asked, "%s%u", i ? " " : "", gid_here(l, g.all[i]));
	look_tell(l, "groups", asked.len ? buf_text(&asked) : "none", got.len ? buf_text(&got) : "none",
		  are_known(l, &g, buf_text(&got)) ? LOOK_SAME : LOOK_DIFFERS, 0);
}

/* -- maps --------------------------------------------------------------------------------------------------------- */

/* "0 524288 65536", each range behind a comma. */
static void put_ranges(const struct look *l, struct list ranges, const char *map, struct buf *b)
{
	const struct id_range *list = table_list(l->table, ranges, struct id_range);

	for (uint32_t i = 0; i < ranges.count; i++)
		buf_fmt(b, "%s%u %u %u", i ? ", " : "", list[i].inside,
			seen_here(map, list[i].outside), list[i].count);
}

static void put_map(const char *text, struct buf *b)
{
	bool blank = true;

	for (; *text; text++) {
		bool is = *text == ' ' || *text == '\t';

		if (*text == '\n')
			buf_str(b, ", ");
		else if (!is || !blank)
			buf_char(b, is ? ' ' : *text);
		blank = is || *text == '\n';
	}
}

static void look_map(struct look *l, const char *what, const char *file, struct list ranges, const char *map)
{
	BUF_ON_STACK(asked, 1024);
	BUF_ON_STACK(got, 1024);
	char text[4096];

	if (!ranges.count)
		return;
	put_ranges(l, ranges, map, &asked);
	if (look_read(l, l->pid, file, text, sizeof(text)))
		put_map(text, &got);
	if (l->err)
		look_tell(l, what, buf_text(&asked), "", LOOK_UNSEEN, 0);
	else
		look_tell_text(l, what, buf_text(&asked), buf_text(&got), 0);
}

void look_ids(struct look *l)
{
	static struct book passwd, group;

	if (l->spec->user_at || l->spec->group_at || gives_groups(l)) {
		read_book(l, "etc/passwd", &passwd);
		read_book(l, "etc/group", &group);
	}
	read_maps(l);
	look_user(l, &passwd);
	look_group(l, &passwd, &group);
	look_groups(l, &passwd, &group);
	look_map(l, "userns.uid", "uid_map", l->confine->roots.uids, maps.uids);
	look_map(l, "userns.gid", "gid_map", l->confine->roots.gids, maps.gids);
}
