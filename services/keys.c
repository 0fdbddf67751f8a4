#include "services/keys.h"

#include <string.h>

#include "lib/enabled.h"
#include "lib/text.h"
#include "services/table.h"

#define TEXTS(name, want, words, later, option) name "\0" want "\0" words "\0" later "\0" option
#define SYS(name) offsetof(struct table, name)
#define BR(name) offsetof(struct net_bridge, name)
#define LNK(name) offsetof(struct net_link, name)
#define GRP(name) offsetof(struct group_spec, name)
#define SPEC(name) offsetof(struct service_spec, name)
#define CONFINE(name) (IN_CONFINE | offsetof(struct confine_spec, name))

/* One member for each key, its texts one behind the other: an offset in place of pointers, which would be relocated. */
static const struct {
#define KEY(id, section, name, kind, field, option, low, high, words, later, has, fallback, want, help) \
	char id[sizeof(TEXTS(name, want, words, later, #option))];
#include "services/keys.def"
#undef KEY
} texts = {
#define KEY(id, section, name, kind, field, option, low, high, words, later, has, fallback, want, help) \
	TEXTS(name, want, words, later, #option),
#include "services/keys.def"
#undef KEY
};

static const struct key keys[] = {
#define KEY(id, section, name, kind, field, option, low, high, ...) \
	{ offsetof(__typeof__(texts), id), field, KIND_##kind, IN_##section, ENABLED(option), KEY_##id, low, high },
#include "services/keys.def"
#undef KEY
};

/* `name = fallback` of the keys that have one. */
const char keys_builtin[] = "[defaults]\n"
#define FALLBACK_yes(name, fallback) name " = " fallback "\n"
#define FALLBACK_no(name, fallback)
#define KEY(id, section, name, kind, field, option, low, high, words, later, has, fallback, ...) \
	FALLBACK_##has(name, fallback)
#include "services/keys.def"
#undef KEY
	;

const char *key_text(const struct key *key, enum key_text which)
{
	const char *text = (const char *)&texts + key->texts;

	for (unsigned skip = which; skip > 0; skip--)
		text += strlen(text) + 1;
	return text;
}

const struct key *key_by_id(enum key_id id)
{
	return &keys[id];
}

/* By its first letter, which is all that most of them need to be looked at for. */
static bool may_begin(const struct key *key, enum key_section section, const char *name)
{
	return key->sections & section && ((const char *)&texts)[key->texts] == name[0];
}

const struct key *key_find(enum key_section section, const char *name)
{
	for (const struct key *k = keys; k < keys + KEY_COUNT; k++)
		if (may_begin(k, section, name) && !strcmp(key_text(k, KEY_NAME), name))
			return k;
	return NULL;
}

bool key_is_group(enum key_section section, const char *name)
{
	size_t len = strlen(name);

	for (const struct key *k = keys; k < keys + KEY_COUNT; k++)
		if (may_begin(k, section, name) && !strncmp(key_text(k, KEY_NAME), name, len) &&
		    key_text(k, KEY_NAME)[len] == '.')
			return true;
	return false;
}

void key_group(enum key_section section, const char *prefix, size_t len, struct buf *ret)
{
	for (const struct key *k = keys; k < keys + KEY_COUNT; k++)
		if (may_begin(k, section, prefix) && !strncmp(key_text(k, KEY_NAME), prefix, len))
			buf_fmt(ret, "%s%s", ret->len ? "|" : "", key_text(k, KEY_NAME));
}

/* True for "grace" and "stop.grace". */
static bool is_last_part(const char *part, const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && !strcmp(dot + 1, part);
}

/* "StateDirectory", "state-directory" and "state_directory" are one word. */
static bool sounds_like(const char *a, const char *b)
{
	for (;; a++, b++) {
		a += strspn(a, "_-.");
		b += strspn(b, "_-.");
		if (!*a || !*b)
			return *a == *b;
		if ((*a | 0x20) != (*b | 0x20))
			return false;
	}
}

/* What another program calls it, one behind the other: the section, the word, the key. */
static const char foreign[] =
#define FOREIGN(section, word, key) #section "\0" word "\0" key "\0"
#include "services/foreign.def"
#undef FOREIGN
	;

static const char *section_name(enum key_section section)
{
	return section & IN_COMMON  ? "COMMON" :
	       section & IN_BRIDGE  ? "BRIDGE" :
	       section & IN_LINK    ? "LINK" :
	       section & IN_NETWORK ? "NETWORK" :
				      "";
}

const char *key_of_foreign(enum key_section section, const char *name)
{
	const char *word, *key;

	for (const char *at = foreign; *at; at = key + strlen(key) + 1) {
		word = at + strlen(at) + 1;
		key = word + strlen(word) + 1;
		if (!strcmp(at, section_name(section)) && sounds_like(word, name))
			return key;
	}
	return NULL;
}

static const char *key_alike(enum key_section section, const char *name)
{
	const char *known = key_of_foreign(section, name);

	for (const struct key *k = keys; k < keys + KEY_COUNT && !known; k++) {
		const char *candidate = key_text(k, KEY_NAME);

		if (k->sections & section && (is_last_part(name, candidate) || sounds_like(name, candidate)))
			known = candidate;
	}
	return known;
}

const char *key_nearest(enum key_section section, const char *name)
{
	const char *alike = key_alike(section, name);
	struct nearest n = nearest_begin(name);

	if (alike)
		return alike;
	for (const struct key *k = keys; k < keys + KEY_COUNT; k++)
		if (k->sections & section)
			nearest_try(&n, key_text(k, KEY_NAME));
	return n.best;
}

int word_find(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (int i = 0; *words; i++) {
		size_t n = strcspn(words, "|");

		if (n == len && !memcmp(words, word, n))
			return i;
		words += n + (words[n] == '|');
	}
	return -1;
}

struct nearest nearest_begin(const char *word)
{
	return (struct nearest){ .word = word, .distance = MAX((unsigned)strlen(word) / 3 + 1, 2u) };
}

void nearest_try(struct nearest *n, const char *candidate)
{
	struct nearest nearer = *n;

	nearest_offer(&nearer, candidate);
	if (nearer.distance < strlen(candidate))
		*n = nearer;
}
