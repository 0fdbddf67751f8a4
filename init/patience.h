/* How often what somebody else undoes is done again: who undoes it as often as this in a row is not to be fought. */
#ifndef INIT_PATIENCE_H
#define INIT_PATIENCE_H

#include "lib/clock.h"

#define PATIENCE_MOST 20
#define PATIENCE_MS 10000

/* All zeros to begin with. */
struct patience {
	struct when since;
	unsigned count; /* since then */
};

/* Once for each time that it is to be done. True: not for PATIENCE_MS from now on. */
static inline bool patience_is_over(struct patience *p, struct when now)
{
	if (when_since(p->since, now) >= PATIENCE_MS)
		*p = (struct patience){ .since = now };
	return ++p->count > PATIENCE_MOST;
}

#endif
