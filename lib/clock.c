#include "lib/clock.h"

#include <time.h>

struct when when_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (struct when){ (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000 };
}

struct when when_in(struct when from, int64_t ms)
{
	struct when w;

	if (__builtin_add_overflow(from.ms, ms, &w.ms))
		return WHEN_NEVER;
	return w;
}

int64_t when_since(struct when from, struct when to)
{
	return to.ms - from.ms;
}

bool when_before(struct when a, struct when b)
{
	return a.ms < b.ms;
}

bool when_is_never(struct when w)
{
	return w.ms == INT64_MAX;
}
