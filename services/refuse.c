#include <string.h>

#include "lib/utf8.h"
#include "services/compile.h"

void refuse(struct compile *c, const struct toml *node, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	errors_vadd(&c->errors, node->file, node->at, fmt, ap);
	va_end(ap);
}

void refuse_key(struct compile *c, const struct toml *node, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	errors_vadd(&c->errors, node->file, node->key_at, fmt, ap);
	va_end(ap);
}

/* The beginning of a text, with whole characters, as a JSON string. */
static void put_shown(struct buf *b, const char *text)
{
	BUF_ON_STACK(shown, 64);
	size_t len = 1;

	for (; *text && len && shown.len < 48; text += len) {
		len = utf8_len(text);
		buf_add(&shown, text, len);
	}
	if (*text)
		buf_str(&shown, "...");
	buf_json(b, buf_text(&shown));
}

/* Order of enum toml_type. */
static const char type_words[][20] = { "", "", "", "the float ", "the date and time ", "the date and time ",
				       "the date ", "the time " };

static void put_one(struct buf *b, const struct toml *node)
{
	switch (node->type) {
	case TOML_TABLE: buf_str(b, "a table"); break;
	case TOML_BOOL: buf_str(b, node->truth ? "true" : "false"); break;
	case TOML_INTEGER: buf_fmt(b, "the integer %ld", (long)node->number); break;
	case TOML_STRING:
		if (node_text(node))
			put_shown(b, node->text);
		else
			buf_str(b, "a string with a NUL character in it");
		break;
	default: buf_fmt(b, "%s%.60s", type_words[node->type], node->text); break;
	}
}

/* Where an array of words is wanted, what is wrong with it is in it. */
static void put_array(struct buf *b, const struct toml *array)
{
	const struct toml *e = array->first;

	while (e && e->type == TOML_STRING)
		e = e->next;
	buf_str(b, array->count ? "an array" : "an empty array");
	if (!e || e->type == TOML_BROKEN)
		return;
	buf_str(b, " with ");
	if (e->type == TOML_ARRAY)
		buf_str(b, "another array");
	else
		put_one(b, e);
	buf_str(b, " in it");
}

static void put_found(struct buf *b, const struct toml *node)
{
	if (node->type == TOML_ARRAY)
		put_array(b, node);
	else
		put_one(b, node);
}

void refuse_named(struct compile *c, const char *title, const char *name, const struct toml *node, const char *want)
{
	BUF_ON_STACK(found, 400);

	if (node->type == TOML_BROKEN)
		return;
	put_found(&found, node);
	refuse(c, node, "%s: %s: found %s; wants %s", title, name, buf_text(&found), want);
}

void refuse_value(struct section *s, const char *name, const struct toml *node, const char *want)
{
	refuse_named(s->c, s->draft->title, name, node, want);
}

void refuse_text(struct compile *c, const struct draft *d, enum key_id id, const struct toml *node)
{
	const struct key *key = key_by_id(id);

	refuse_named(c, d->title, key_text(key, KEY_NAME), node, key_text(key, KEY_WANT));
}

void refuse_unknown(struct compile *c, const char *title, const char *what, const struct toml *node,
		    const char *name, const char *nearest)
{
	BUF_ON_STACK(shown, 400);

	put_shown(&shown, name);
	refuse_key(c, node, "%s%sunknown %s %s%s%s%s", title, *title ? ": " : "", what, buf_text(&shown),
		   nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
}

/* "a|b|c" as "a, b and c". */
static void put_words(struct buf *b, const char *words)
{
	while (*words) {
		size_t len = strcspn(words, "|");

		buf_add(b, words, len);
		words += len + (words[len] == '|');
		if (*words)
			buf_str(b, strchr(words, '|') ? ", " : " and ");
	}
}

static const char *word_nearest(struct compile *c, const char *words, const char *name)
{
	struct nearest near = nearest_begin(name);
	size_t len;

	for (; *words; words += len + (words[len] == '|')) {
		len = strcspn(words, "|");
		nearest_try(&near, arena_text(c->work, words, len));
	}
	return near.best;
}

void refuse_inner(struct compile *c, const char *title, const char *table, const struct toml *node, const char *words)
{
	const char *nearest = word_nearest(c, words, node->key);
	BUF_ON_STACK(shown, 400);
	BUF_ON_STACK(all, 400);

	put_shown(&shown, node->key);
	put_words(&all, words);
	refuse_key(c, node, "%s: %s: unknown key %s; %s%s%s", title, table, buf_text(&shown),
		   nearest ? "did you mean \"" : "there is ", nearest ? nearest : buf_text(&all), nearest ? "\"?" : "");
}

void refuse_of_group(struct compile *c, const char *title, const struct toml *node, const char *name, const char *words)
{
	BUF_ON_STACK(shown, 400);
	BUF_ON_STACK(all, 400);

	put_shown(&shown, name);
	put_words(&all, words);
	refuse_key(c, node, "%s: unknown key %s; there is %s", title, buf_text(&shown), buf_text(&all));
}

static const char *group_nearest(const struct group *g, const char *name)
{
	struct nearest near = nearest_begin(name);

	for (uint32_t i = 0; i < g->names.size; i++)
		if (g->names.slots[i].key)
			nearest_try(&near, g->names.slots[i].key);
	return near.best;
}

/* What there is to do where a bridge or link is not of the table. */
static void put_cure(struct buf *b, const struct compile *c, const struct group *group, const char *what,
		     const char *name)
{
	bool is_bridge = group == &c->bridges;

	if ((!is_bridge && group != &c->links) || !ifname_is_good(name))
		return;
	if (group_index(is_bridge ? &c->links : &c->bridges, name) >= 0)
		buf_fmt(b, "; it is a %s of the table", is_bridge ? "link" : "bridge");
	else
		buf_fmt(b, "; make it one of the table: [network.%s.%s]", what, name);
}

void refuse_nobody(struct compile *c, const char *title, const char *key, const struct toml *node,
		    const struct group *group, const char *what)
{
	bool is_told = c->errors.count < ERRORS_TOLD; /* the search is long */
	const char *nearest = is_told ? group_nearest(group, node->text) : NULL;
	BUF_ON_STACK(shown, 400);

	put_shown(&shown, node->text);
	if (!nearest)
		put_cure(&shown, c, group, what, node->text);
	refuse(c, node, "%s: %s: there is no %s %s%s%s%s", title, key, what, buf_text(&shown),
	       nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
}
