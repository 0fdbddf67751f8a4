/* The keys of a section: what it gives goes where keys.def says, and what is not known is refused. */
#include <string.h>

#include "cgroup/cgroup.h"
#include "lib/enabled.h"
#include "services/compile.h"

static void *field_of(struct section *s, const struct key *key)
{
	if (key->field == NOWHERE)
		return &s->c->nowhere;
	if (key->field & IN_CONFINE)
		return (char *)s->draft->confine + (key->field & ~IN_CONFINE);
	return (char *)s->target + key->field;
}

static void apply_key(struct section *s, const struct key *key, const struct toml *node)
{
	void *field = field_of(s, key);

	s->draft->seen[key->id / 64] |= UINT64_C(1) << key->id % 64;
	if (node->type == TOML_BROKEN)
		return;
	if (!key->enabled && node->file != UINT16_MAX)
		refuse_key(s->c, node, "%s: %s: needs %s", s->draft->title, key_text(key, KEY_NAME),
			   key_text(key, KEY_OPTION));
	else if (key->enabled)
		value_take(s, key, node, field);
}

static const struct {
	enum key_section kind;
	char title[22];
} places[] = { { IN_SYSTEM, "[system]" }, { IN_NETWORK, "[network]" }, { IN_BRIDGE, "[network.bridge.NAME]" },
	       { IN_LINK, "[network.link.NAME]" }, { IN_SERVICE, "[service.NAME]" },
	       { IN_GROUP, "[group.NAME]" } };

/* Where a key that is unknown here would be at home: "[system] or [service.NAME]". */
static void put_homes(const char *name, struct buf *b)
{
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (key_find(places[i].kind, name) || key_is_group(places[i].kind, name))
			buf_fmt(b, "%s%s", b->len ? " or " : "", places[i].title);
}

/* "memory" and its kind: what is likely to be a limit. */
static const char *home_of_limit(enum key_section kind, const char *name)
{
	size_t len = strcspn(name, ".");

	for (unsigned i = 0; ENABLED(CONFIG_CGROUP) && limit_name(i); i++)
		if (!strncmp(limit_name(i), name, len) && limit_name(i)[len] == '.')
			return kind == IN_GROUP ? "[group.NAME.cgroup]" : "[service.NAME.cgroup]";
	return NULL;
}

bool refuse_elsewhere(struct compile *c, const char *title, const struct toml *node, const char *name)
{
	BUF_ON_STACK(homes, 120);

	put_homes(name, &homes);
	if (homes.len)
		refuse_key(c, node, "%s: %s: stands in %s, not here", title, name, buf_text(&homes));
	return homes.len > 0;
}

/* As a header with a name that has a dot in it leaves it: [service.web.v2]. */
static bool has_only_tables(const struct toml *section)
{
	for (const struct toml *node = section->first; node; node = node->next)
		if (node->type != TOML_TABLE)
			return false;
	return true;
}

/* "calm.mem": what there is of "calm.", unless the nearest is of it. */
static bool refuse_in_group(struct section *s, const struct toml *node, const char *name, const char *nearest)
{
	size_t len = strcspn(name, ".");
	BUF_ON_STACK(keys, 400);

	if (!name[len] || key_of_foreign(s->kind, name) || (nearest && !strncmp(nearest, name, len + 1)))
		return false;
	key_group(s->kind, name, len + 1, &keys);
	if (keys.len)
		refuse_of_group(s->c, s->draft->title, node, name, buf_text(&keys));
	return keys.len > 0;
}

/* Of a bridge or bond, as in files of other programs. */
static bool refuse_ports(struct section *s, const struct toml *node, const char *name)
{
	const char *words = s->kind == IN_BRIDGE ? "ports|port|interface|interfaces|members|slaves|bridge_ports" :
			    s->kind == IN_LINK	 ? "ports|interfaces|members|slaves|bond_slaves" : "";
	size_t len = s->kind == IN_BRIDGE ? strlen("network.bridge.") : strlen("network.link.");

	if (word_find(words, name) < 0)
		return false;
	refuse_key(s->c, node, "%s: unknown key \"%s\"; who is a port says so himself: master = \"%s\" in his "
		   "[network.link.NAME]", s->draft->title, name, s->draft->title + len);
	return true;
}

static void refuse_name(struct section *s, const struct toml *node, const char *name)
{
	bool is_told = s->c->errors.count < ERRORS_TOLD; /* the search is long */
	const char *home = home_of_limit(s->kind, name);
	const char *nearest = is_told && !home ? key_nearest(s->kind, name) : NULL;

	if (refuse_ports(s, node, name))
		return;
	if (home)
		refuse_key(s->c, node, "%s: %s: stands in %s, not here", s->draft->title, name, home);
	else if (!nearest && refuse_elsewhere(s->c, s->draft->title, node, name))
		return;
	else if (is_told && refuse_in_group(s, node, name, nearest))
		return;
	else if (!nearest && is_told && s->kind == IN_SERVICE && has_only_tables(s->draft->header))
		refuse_key(s->c, node, "%s: unknown key \"%s\"; if it is part of the name, that has to be in quotes: "
			   "[service.\"%s.%s\"]", s->draft->title, name, s->draft->title + strlen("service."), name);
	else
		refuse_unknown(s->c, s->draft->title, "key", node, name, nearest);
}

/* It would confine nothing, and reads as if it confined all. */
static bool refuse_empty(struct section *s, const struct key *key, const struct toml *table)
{
	bool confines = key == key_by_id(KEY_PATHS) || key == key_by_id(KEY_PORTS);

	if (!confines || table->first)
		return false;
	refuse(s->c, table, "%s: %s: found an empty table; wants %s; an empty array in it is for none",
	       s->draft->title, key_text(key, KEY_NAME), key_text(key, KEY_WANT));
	return true;
}

/* The keys of a table, whose names begin with prefix. Groups of keys are not nested, so neither is this. */
static void apply(struct section *s, const struct toml *table, const char *prefix)
{
	for (const struct toml *node = table->first; node; node = node->next) {
		BUF_ON_STACK(name, 128);
		const struct key *key;

		buf_fmt(&name, "%s%.64s", prefix, node->key);
		key = key_find(s->kind, buf_text(&name));
		if (node->type == TOML_TABLE && key_is_group(s->kind, buf_text(&name))) {
			buf_char(&name, '.');
			if (!refuse_empty(s, key, node))
				apply(s, node, buf_text(&name));
		} else if (key) {
			apply_key(s, key, node);
		} else if (node->type != TOML_BROKEN || !key_is_group(s->kind, buf_text(&name))) {
			refuse_name(s, node, buf_text(&name));
		}
	}
}

void section_read(struct compile *c, const struct toml *table, enum key_section kind, struct draft *draft,
		  void *target)
{
	struct section s = { .c = c, .kind = kind, .draft = draft, .target = target };

	if (table)
		apply(&s, table, "");
}

void section_read_own(struct compile *c, const struct toml *network)
{
	struct section s = { .c = c, .kind = IN_NETWORK, .draft = &c->own, .target = c->table };

	for (const struct toml *node = network ? network->first : NULL; node; node = node->next) {
		const struct key *key = key_find(IN_NETWORK, node->key);

		if (key)
			apply_key(&s, key, node);
	}
}
