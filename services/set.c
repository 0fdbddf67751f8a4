#include "services/set.h"

#include <string.h>

/* FNV-1a with the last bits mixed, as its low bits alone are weak. */
uint32_t hash_bytes(const void *data, size_t len)
{
	const unsigned char *p = data;
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 16777619u;
	h = (h ^ h >> 16) * 0x7feb352du;
	return h ^ h >> 15;
}

/* The slot of the entry, or the free one where it belongs. */
static struct set_entry *slot_of(const struct set *s, const void *key, size_t len, uint32_t hash)
{
	uint32_t i = hash & (s->size - 1);

	while (s->slots[i].key &&
	       (s->slots[i].hash != hash || s->slots[i].len != len || memcmp(s->slots[i].key, key, len) != 0))
		i = (i + 1) & (s->size - 1);
	return &s->slots[i];
}

static void grow(struct set *s)
{
	struct set old = *s;

	s->size = old.size ? old.size * 2 : 64;
	s->slots = arena_array(s->arena, struct set_entry, s->size);
	for (uint32_t i = 0; i < old.size; i++)
		if (old.slots[i].key)
			*slot_of(s, old.slots[i].key, old.slots[i].len, old.slots[i].hash) = old.slots[i];
}

struct set_entry *set_at(struct set *s, const void *key, size_t len)
{
	uint32_t hash = hash_bytes(key, len);
	struct set_entry *e;

	if (s->used * 2 >= s->size)
		grow(s);
	e = slot_of(s, key, len, hash);
	if (!e->key) {
		*e = (struct set_entry){ key, (uint32_t)len, hash, 0 };
		s->used++;
	}
	return e;
}

uint32_t set_get(const struct set *s, const void *key, size_t len)
{
	return s->size ? slot_of(s, key, len, hash_bytes(key, len))->value : 0;
}
