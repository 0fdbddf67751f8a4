#include "services/sysctls.h"

#include <string.h>

#define SYS "/proc/sys/"
#define SYSCTL_DEPTH 8

struct sysctls {
	const struct draft *draft;
	const char *key;
	sysctl_fn *unfit;
	const void *whose;
	struct net_sysctl list[TABLE_SYSCTLS_MAX];
	uint32_t count;
};

static void refuse_sysctl(struct compile *c, const struct sysctls *all, const struct toml *node, const char *name)
{
	refuse_key(c, node, "%s: %s: \"%.80s\" is no setting of a network; wants names such as "
		   "\"net.ipv4.ip_forward\", each with a number, a text, true or false", all->draft->title, all->key,
		   name);
}

/* Dots lead into folders, and a slash is a dot of a link's name: sysctl(8). */
static bool put_path(const char *name, struct buf *path)
{
	const char *text;

	buf_str(path, SYS);
	for (const char *p = name; *p; p++)
		buf_char(path, *p == '.' ? '/' : *p == '/' ? '.' : *p);
	text = buf_text(path);
	return !strncmp(name, "net.", 4) && !strstr(text, "//") && !strstr(text, "/.") && !strstr(text, "..") &&
	       text[strlen(text) - 1] != '/' && !buf_check(path);
}

static bool put_setting(const struct toml *node, struct buf *value)
{
	if (node->type == TOML_INTEGER)
		buf_fmt(value, "%ld", (long)node->number);
	else if (node->type == TOML_BOOL)
		buf_u64(value, node->truth);
	else if (node_text(node))
		buf_str(value, node->text);
	return value->len && !buf_check(value) && !strchr(buf_text(value), '\n');
}

/* conf/NAME/KEY and neigh/NAME/KEY of a protocol have no more behind them. */
static bool is_too_deep(const char *path)
{
	const char *at = strchr(path + strlen(SYS "net/"), '/');
	unsigned parts = 0;

	if (!at || (strncmp(at, "/conf/", 6) != 0 && strncmp(at, "/neigh/", 7) != 0))
		return false;
	for (; at; at = strchr(at + 1, '/'))
		parts++;
	return parts > 3;
}

static bool is_there(const struct sysctls *all, uint32_t path_at)
{
	for (uint32_t i = 0; i < all->count; i++)
		if (all->list[i].path_at == path_at)
			return true;
	return false;
}

/* Equal texts are kept once: so equal paths have one place. */
static void add(struct compile *c, const struct toml *node, const char *name, const char *path, const char *value,
		struct sysctls *all)
{
	const char *title = all->draft->title;
	const char *unfit = all->unfit(c, all->whose, path + strlen(SYS "net/"), value);
	uint32_t path_at = image_string(c, path);

	if (is_too_deep(path))
		refuse_key(c, node, "%s: %s: \"%.80s\" is no setting of a link; a dot of the link's name is written as "
			   "a slash here, such as \"net.ipv4.conf.eth0/5.forwarding\"", title, all->key, name);
	else if (is_there(all, path_at))
		refuse_key(c, node, "%s: %s: \"%.80s\" stands there twice; remove one", title, all->key, name);
	else if (unfit)
		refuse_key(c, node, "%s: %s: \"%.80s\" = %.40s %s", title, all->key, name, value, unfit);
	else if (all->count == TABLE_SYSCTLS_MAX)
		refuse_key(c, node, "%s: %s: more than %d of them", title, all->key, TABLE_SYSCTLS_MAX);
	else
		all->list[all->count++] = (struct net_sysctl){ path_at, image_string(c, value) };
}

static void take_sysctl(struct compile *c, const struct toml *node, const char *name, struct sysctls *all)
{
	BUF_ON_STACK(path, 160);
	BUF_ON_STACK(value, 256);

	if (put_path(name, &path) && put_setting(node, &value))
		add(c, node, name, buf_text(&path), buf_text(&value), all);
	else
		refuse_sysctl(c, all, node, name);
}

/* Bare keys with dots are tables in tables: their names are joined again. */
static void walk(struct compile *c, const struct toml *table, const char *prefix, unsigned depth, struct sysctls *all)
{
	for (const struct toml *e = table->first; e; e = e->next) {
		BUF_ON_STACK(name, 128);

		buf_fmt(&name, "%s%s%s", prefix, *prefix ? "." : "", e->key);
		if (buf_check(&name) || depth == SYSCTL_DEPTH)
			refuse_sysctl(c, all, e, buf_text(&name));
		else if (e->type == TOML_TABLE)
			walk(c, e, buf_text(&name), depth + 1, all);
		else if (e->type != TOML_BROKEN)
			take_sysctl(c, e, buf_text(&name), all);
	}
}

/* Whose they are, before any is taken. */
struct whose {
	const struct draft *draft;
	enum key_id key;
	sysctl_fn *unfit;
	const void *is;
};

/* Apart, as the list is long: who has no settings, as most, does not pay for so much of the stack. */
static __attribute__((noinline)) struct list take(struct compile *c, const struct toml *table,
						   const struct whose *whose)
{
	struct sysctls all = {
		.draft = whose->draft, .key = key_name(whose->key), .unfit = whose->unfit, .whose = whose->is,
	};

	walk(c, table, "", 0, &all);
	if (!all.count)
		return (struct list){ 0 };
	return (struct list){ image_record(c, all.list, all.count * sizeof(all.list[0])), all.count };
}

struct list sysctls_take(struct compile *c, const struct draft *d, enum key_id id, const struct toml *table,
			 sysctl_fn *unfit, const void *whose)
{
	return table ? take(c, table, &(struct whose){ d, id, unfit, whose }) : (struct list){ 0 };
}
