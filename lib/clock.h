/*
 * Monotonic time in a type of its own, so that it cannot be mixed with wall
 * clock or durations. Durations are int64_t milliseconds, named _ms.
 */
#ifndef LIB_CLOCK_H
#define LIB_CLOCK_H

#include "lib/util.h"

struct when {
	int64_t ms; /* CLOCK_MONOTONIC; INT64_MAX is never */
};

#define WHEN_NEVER ((struct when){ INT64_MAX })

struct when when_now(void);
struct when when_in(struct when from, int64_t ms);
int64_t when_since(struct when from, struct when to); /* to - from, ms */
bool when_before(struct when a, struct when b);
bool when_is_never(struct when w);

#endif
