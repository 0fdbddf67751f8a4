#include "services/sysctls.h"

#include <string.h>

#define SYSCTL_DEPTH 8

struct sysctls {
	const struct draft *draft;
	const char *key;
	struct net_sysctl list[TABLE_SYSCTLS_MAX];
	uint32_t count;
};

static void refuse_sysctl(struct compile *c, const struct sysctls *all, const struct toml *node, const char *name)
{
	refuse_key(c, node, "%s: %s: \"%.80s\" is no setting of a network; wants names such as "
		   "\"net.ipv4.ip_forward\", each with a number, a text, true or false", all->draft->title, all->key,
		   name);
}

/* Dots lead into folders. */
static bool put_path(const char *name, struct buf *path)
{
	buf_str(path, "/proc/sys/");
	for (const char *p = name; *p; p++)
		buf_char(path, *p == '.' ? '/' : *p);
	return !strncmp(name, "net.", 4) && !strstr(name, "..") && !strchr(name, '/') &&
	       name[strlen(name) - 1] != '.' && !buf_check(path);
}

static bool put_setting(const struct toml *node, struct buf *value)
{
	if (node->type == TOML_INTEGER)
		buf_fmt(value, "%ld", (long)node->number);
	else if (node->type == TOML_BOOL)
		buf_u64(value, node->truth);
	else if (node_text(node))
		buf_str(value, node->text);
	return value->len && !buf_check(value);
}

static void take_sysctl(struct compile *c, const struct toml *node, const char *name, struct sysctls *all)
{
	BUF_ON_STACK(path, 160);
	BUF_ON_STACK(value, 256);

	if (!put_path(name, &path) || !put_setting(node, &value)) {
		refuse_sysctl(c, all, node, name);
		return;
	}
	if (all->count == TABLE_SYSCTLS_MAX) {
		refuse_key(c, node, "%s: %s: more than %d of them", all->draft->title, all->key, TABLE_SYSCTLS_MAX);
		return;
	}
	all->list[all->count++] = (struct net_sysctl){ image_string(c, buf_text(&path)),
						       image_string(c, buf_text(&value)) };
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

struct list sysctls_take(struct compile *c, const struct draft *d, enum key_id id, const struct toml *table)
{
	struct sysctls all = { .draft = d, .key = key_text(key_by_id(id), KEY_NAME) };

	walk(c, table, "", 0, &all);
	if (!all.count)
		return (struct list){ 0 };
	return (struct list){ image_record(c, all.list, all.count * sizeof(all.list[0])), all.count };
}
