/* A set of byte strings, each with a number beside it, in the memory of an arena. */
#ifndef SERVICES_SET_H
#define SERVICES_SET_H

#include "lib/arena.h"

struct set_entry {
	const void *key; /* the caller's bytes, which must stay */
	uint32_t len, hash;
	uint32_t value;  /* 0 for one that was just added */
};

struct set {
	struct arena *arena; /* set by the caller; all else 0 at first */
	struct set_entry *slots;
	uint32_t size, used;
};

/* The entry of these bytes, added if it is not there; good until the next call. */
struct set_entry *set_at(struct set *s, const void *key, size_t len);

/* The number beside these bytes, or 0. */
uint32_t set_get(const struct set *s, const void *key, size_t len);

uint32_t hash_bytes(const void *data, size_t len);

#endif
