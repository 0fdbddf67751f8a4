/*
 * Memory that is taken piece by piece and given back as a whole, for
 * short-lived processes only: one mapping without reserve, of which what is not
 * used costs nothing. It never moves, so pointers into it stay true.
 *
 * A full arena ends the process with status ARENA_FULL and one line on standard
 * error: its users are children and tools that have nothing better to do then.
 */
#ifndef LIB_ARENA_H
#define LIB_ARENA_H

#include "lib/util.h"

#define ARENA_FULL 70

struct arena {
	char *base; /* of the mapping, page aligned, all zeros at first */
	size_t size;
	size_t used;
};

/* Maps `size` bytes, or as large a part of it as can be had. 0 or -errno. */
must_check int arena_open(struct arena *a, size_t size);
void arena_close(struct arena *a);

/* `bytes` zeroed bytes, aligned to `align` (a power of two). Never NULL. */
void *arena_take(struct arena *a, size_t bytes, size_t align);

#define arena_new(a, type) ((type *)arena_take(a, sizeof(type), _Alignof(type)))
#define arena_array(a, type, n) ((type *)arena_take(a, sizeof(type) * (size_t)(n), _Alignof(type)))

/* Appends bytes right behind what was taken last, so that pieces add up to one text. Returns where they are. */
char *arena_put(struct arena *a, const void *data, size_t len);

/* A copy of len bytes with a NUL behind it. */
char *arena_text(struct arena *a, const char *data, size_t len);

#endif
