/* Nobody asks all of a bridge with many members: net/near.c. A default that is left out where it cannot be had. */
#ifndef INIT_NEAR_H
#define INIT_NEAR_H

#include "lib/enabled.h"
#include "services/table.h"

#if ENABLED(CONFIG_NET_NAT)

/* Before the first member is there. What fails is told, once; so is that another minit here has such a table. */
void near_up(const struct table *t);

/* After an execution in place: it is still ours. */
void near_keep(const struct table *t);

/* Also what a killed run has left; not that of another minit. */
void near_down(void);

#else

static inline void near_up(const struct table *t)
{
	(void)t;
}

static inline void near_keep(const struct table *t)
{
	(void)t;
}

static inline void near_down(void)
{
}

#endif

#endif
