/* Nobody asks all of a bridge with many members: net/near.c. A default that is left out where it cannot be had. */
#ifndef INIT_NEAR_H
#define INIT_NEAR_H

#include "lib/enabled.h"
#include "services/state.h"

#if ENABLED(CONFIG_NET_NAT)

/* Before the first member is there. What fails is told, once; so is that another minit here has such a table. */
void near_up(struct supervisor *sv);

#else

static inline void near_up(struct supervisor *sv)
{
	(void)sv;
}

#endif

#endif
