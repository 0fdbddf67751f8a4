/* The keys of a table by name, from keys.def. */
#ifndef SERVICES_KEYS_H
#define SERVICES_KEYS_H

#include "lib/buf.h"
#include "lib/text.h"
#include "lib/util.h"

enum key_id {
#define KEY(id, ...) KEY_##id,
#include "services/keys.def"
#undef KEY
	KEY_COUNT
};

/* Which part of a table a key may stand in; bits. */
enum key_section {
	IN_SYSTEM = 1,
	IN_BRIDGE = 2,
	IN_SERVICE = 4,
	IN_DEFAULTS = 8,
	IN_GROUP = 16,
	IN_LINK = 32,
	IN_NETWORK = 64,
	IN_COMMON = IN_SERVICE | IN_DEFAULTS,
};

/* How a value is read. */
enum key_kind {
#define KIND(name, ...) KIND_##name,
#include "services/kinds.def"
#undef KIND
	KINDS
};

#define NOWHERE UINT16_MAX
#define IN_CONFINE 0x8000u /* beside the offset: in the service's struct confine_spec */

struct key {
	uint16_t texts;   /* of keys.c */
	uint16_t field;   /* offset in the struct of its section or, with IN_CONFINE, of confinement; or NOWHERE */
	uint8_t kind;     /* enum key_kind */
	uint8_t sections; /* bits of enum key_section */
	uint8_t enabled;  /* 0: its option is off */
	uint8_t id;       /* enum key_id */
	uint32_t low, high;
};

/* What keys.def says of a key, as text. */
enum key_text { KEY_NAME, KEY_WANT, KEY_WORDS, KEY_LATER, KEY_OPTION };
const char *key_text(const struct key *key, enum key_text which);

const struct key *key_by_id(enum key_id id);

static inline const char *key_name(enum key_id id)
{
	return key_text(key_by_id(id), KEY_NAME);
}

/* The key of this name (parts joined with dots) in a section, or NULL. */
const struct key *key_find(enum key_section section, const char *name);

/* True when there are keys below it: "stop" for "stop.signal". */
bool key_is_group(enum key_section section, const char *name);

/* Appends the keys that begin as these characters do: "stop.signal|stop.grace". */
void key_group(enum key_section section, const char *prefix, size_t len, struct buf *ret);

/* What another program calls a key of this section; NULL: none that is known. */
const char *key_of_foreign(enum key_section section, const char *name);

/* The key that was probably meant, or NULL. */
const char *key_nearest(enum key_section section, const char *name);

/* The fallbacks of all keys that are enabled, as TOML. */
extern const char keys_builtin[];

/* Number of `word` in "a|b|c", or -1. */
int word_find(const char *words, const char *word);

/* CLONE_NEW... by number of the word in the key `namespaces`. */
extern const uint32_t namespace_flags[];

/* Name of a RLIMIT_ in a table. */
const char *resource_name(uint32_t resource);

/* For words of the table: near enough to `word`, and not as far from it as a word is that shares nothing with it. */
struct nearest nearest_begin(const char *word);
void nearest_try(struct nearest *n, const char *candidate);

#endif
