/* Capabilities, and words that stand for bits. */
#include <string.h>
#include <strings.h>

#include "services/caps.h"
#include "services/compile.h"

static const char *without_prefix(const char *name)
{
	return strncasecmp(name, "cap_", 4) ? name : name + 4;
}

static int cap_find(const char *name)
{
	name = without_prefix(name);
	for (unsigned cap = 0; *caps_name(cap); cap++)
		if (!strcasecmp(caps_name(cap), name))
			return (int)cap;
	return -1;
}

static void refuse_cap(struct section *s, const char *key, const struct toml *node, const char *name)
{
	struct nearest n = nearest_begin(without_prefix(name));

	for (unsigned cap = 0; *caps_name(cap); cap++)
		nearest_try(&n, caps_name(cap));
	refuse(s->c, node, "%s: %s: there is no capability \"%.60s\"%s%s%s", s->draft->title, key, name,
	       n.best ? "; did you mean \"" : "", n.best ? n.best : "", n.best ? "\"?" : "");
}

/* A list of names, or "all"; false when it is neither. Names that nobody has are told of. */
static bool read_caps(struct section *s, const char *key, const struct toml *node, uint64_t *ret)
{
	const char *text = node_text(node);

	*ret = CAPS_ALL;
	if (text)
		return !strcmp(text, "all");
	*ret = 0;
	for (const struct toml *e = node->first; node->type == TOML_ARRAY && e; e = e->next) {
		const char *name = node_text(e);
		int cap = name ? cap_find(name) : -1;

		if (!name)
			refuse_value(s, key, e, "the name of a capability such as \"net_bind_service\"");
		else if (cap < 0)
			refuse_cap(s, key, e, name);
		else
			*ret |= (uint64_t)1 << cap;
	}
	return node->type == TOML_ARRAY;
}

static const char set_words[] = "bounding|permitted|effective|inheritable|ambient"; /* in the order of enum cap_set */

/* What the kernel would answer with EPERM at each start. */
static void check_caps_table(struct section *s, const struct toml *node, const struct caps_spec *caps)
{
	const uint64_t *set = caps->set;
	const uint64_t permitted = caps->given >> CAPS_PERMITTED & 1 ? set[CAPS_PERMITTED] : CAPS_ALL;
	const uint64_t inheritable = caps->given >> CAPS_INHERITABLE & 1 ? set[CAPS_INHERITABLE] : CAPS_ALL;

	if (set[CAPS_AMBIENT] & ~inheritable || set[CAPS_AMBIENT] & ~permitted)
		refuse(s->c, node, "%s: caps: what is ambient has to be permitted and inheritable too; add it there, "
		       "or leave these sets out", s->draft->title);
	if (set[CAPS_EFFECTIVE] & ~permitted)
		refuse(s->c, node, "%s: caps: what is effective has to be permitted too; add it there, or leave "
		       "permitted out", s->draft->title);
}

static void take_cap_set(struct section *s, const struct toml *node, struct caps_spec *caps)
{
	int set = word_find(set_words, node->key);
	BUF_ON_STACK(name, 80);

	buf_fmt(&name, "caps.%.60s", node->key);
	if (set < 0)
		refuse_inner(s->c, s->draft->title, "caps", node, set_words);
	else if (!read_caps(s, buf_text(&name), node, &caps->set[set]))
		refuse_value(s, buf_text(&name), node, "an array such as [\"net_bind_service\"], or \"all\"");
	else
		caps->given |= (uint8_t)(1 << set);
}

static bool take_caps_table(struct section *s, const struct toml *node, struct caps_spec *caps)
{
	caps->form = CAPS_TABLE;
	for (const struct toml *e = node->first; e; e = e->next)
		take_cap_set(s, e, caps);
	check_caps_table(s, node, caps);
	return true;
}

bool take_caps(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	struct caps_spec *caps = field;
	const char *text = node_text(node);

	*caps = (struct caps_spec){ 0 };
	if (text && !strcmp(text, "default"))
		return true;
	if (node->type == TOML_TABLE)
		return take_caps_table(s, node, caps);
	caps->form = CAPS_LIST;
	return read_caps(s, key_text(key, KEY_NAME), node, &caps->set[0]);
}

/* Bit n for word number n. */
bool take_bits(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	uint32_t all = 0;

	if (node->type != TOML_ARRAY)
		return false;
	for (const struct toml *e = node->first; e; e = e->next) {
		int word = node_text(e) ? word_find(key_text(key, KEY_WORDS), e->text) : -1;

		if (word < 0)
			refuse_element(s, key, e);
		else
			all |= 1u << word;
	}
	*(uint32_t *)field = all;
	return true;
}
