/*
 * Bridges of the table that somebody deletes: they are made anew, and the ports of the services that run, which have
 * only lost their bridge by that, are joined to them again.
 */
#ifndef INIT_BRIDGES_H
#define INIT_BRIDGES_H

#include "lib/enabled.h"
#include "services/state.h"

#if ENABLED(CONFIG_NET_BRIDGE)

/* Hears of it from now on; at boot, when they are there, and after an execution in place. */
void bridges_watch(struct supervisor *sv);

/* Goes on with what is too much for one turn of the loop, or was put off: while MENDING_BRIDGES, when a time comes. */
void bridges_mend(void);

/* Before they are taken away. */
void bridges_leave(void);

#else

static inline void bridges_watch(struct supervisor *sv)
{
	(void)sv;
}

static inline void bridges_mend(void)
{
}

static inline void bridges_leave(void)
{
}

#endif

#endif
