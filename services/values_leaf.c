/* What a table says of the cgroup leaf. */
#include <errno.h>
#include <string.h>

#include "services/compile.h"

/* Of one leaf or group: what there is, and what comes in its place. */
struct limits {
	struct limit_spec *all;
	uint32_t count;
	const struct key *key;
};

static uint32_t count_of(const struct toml *node)
{
	uint32_t count = 1;

	if (node->type == TOML_TABLE || node->type == TOML_ARRAY)
		for (const struct toml *e = node->first; e; e = e->next)
			count += count_of(e);
	return count;
}

/* What a value says as text, or NULL. */
static const char *value_text(struct section *s, const struct toml *node)
{
	BUF_ON_STACK(b, 24);

	if (node->type == TOML_BOOL)
		return node->truth ? "true" : "false";
	if (node->type != TOML_INTEGER)
		return node_text(node);
	buf_fmt(&b, "%ld", (long)node->number);
	return arena_text(s->c->work, b.data, b.len);
}

static void refuse_limit(struct section *s, const struct toml *node, const char *name, int err)
{
	const char *nearest = limit_nearest(name);
	struct nearest n = nearest_begin(name);

	for (unsigned i = 0; err && !nearest && limit_name(i); i++)
		nearest_try(&n, limit_name(i));
	if (err == -EPERM)
		refuse_key(s->c, node, "%s: %s: this file is minit's own to write", s->draft->title, name);
	else
		refuse_unknown(s->c, s->draft->title, "key", node, name, nearest ? nearest : n.best);
}

static void put_limit(struct section *s, const struct toml *node, const char *name, struct limits *limits)
{
	const char *given = value_text(s, node), *want = "";
	BUF_ON_STACK(text, 192);

	if (limit_text(name, given ? given : "", &text, &want))
		refuse_value(s, name, node, want);
	else
		limits->all[limits->count++] = (struct limit_spec){ image_string(s->c, name),
								    image_string(s->c, buf_text(&text)) };
}

static void drop_limit(struct section *s, const char *name, struct limits *limits)
{
	uint32_t file_at = image_string(s->c, name), n = 0;

	for (uint32_t i = 0; i < limits->count; i++)
		if (limits->all[i].file_at != file_at)
			limits->all[n++] = limits->all[i];
	limits->count = n;
}

static void take_limit(struct section *s, const struct toml *node, const char *name, struct limits *limits)
{
	int err = limit_file(name);

	if (err || limit_nearest(name)) {
		refuse_limit(s, node, name, err);
		return;
	}
	drop_limit(s, name, limits);
	if (node->type != TOML_ARRAY)
		put_limit(s, node, name, limits);
	for (const struct toml *e = node->type == TOML_ARRAY ? node->first : NULL; e; e = e->next)
		put_limit(s, e, name, limits);
}

/* A table is a part of a name: memory.max as { memory = { max = ... } }. It is no deeper than TOML_DEPTH. */
static void walk(struct section *s, const struct toml *table, const char *prefix, struct limits *limits)
{
	for (const struct toml *e = table->first; e; e = e->next) {
		BUF_ON_STACK(name, 128);

		buf_fmt(&name, "%s%.64s", prefix, e->key);
		if (e->type != TOML_TABLE) {
			take_limit(s, e, buf_text(&name), limits);
			continue;
		}
		buf_char(&name, '.');
		walk(s, e, buf_text(&name), limits);
	}
}

static bool is_before(const struct compile *c, const struct limit_spec *a, const struct limit_spec *b)
{
	unsigned x = limit_order(c->image->base + a->file_at), y = limit_order(c->image->base + b->file_at);

	return x < y;
}

/* Lines of one file stay in the order in which they are given. */
static void sort(const struct compile *c, struct limits *limits)
{
	for (uint32_t i = 1; i < limits->count; i++) {
		struct limit_spec one = limits->all[i];
		uint32_t at = i;

		for (; at > 0 && is_before(c, &one, &limits->all[at - 1]); at--)
			limits->all[at] = limits->all[at - 1];
		limits->all[at] = one;
	}
}

bool take_limits(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	struct list *list = field;
	struct limits limits = { .key = key, .count = list->count };

	if (node->type != TOML_TABLE)
		return false;
	limits.all = arena_array(s->c->work, struct limit_spec, list->count + count_of(node));
	memcpy(limits.all, table_list(s->c->table, *list, struct limit_spec), list->count * sizeof(limits.all[0]));
	walk(s, node, "", &limits);
	sort(s->c, &limits);
	*list = image_array(s->c, limits.all, limits.count);
	return true;
}
