/* The links of minit's own network ([network.link.NAME]): set up at boot or when they come, and who waits for them. */
#ifndef INIT_UPLINKS_H
#define INIT_UPLINKS_H

#include "lib/enabled.h"
#include "services/state.h"

#if ENABLED(CONFIG_NET_BRIDGE)

/* Whether minit is the only one in this network; says so to others that come. */
bool uplinks_alone(void);

/* At boot, when the bridges are there. Logs what fails; a device that is not there is no failure. */
void uplinks_up(struct supervisor *sv, struct net_session *net);

/* Hears from now on what becomes of them; at boot and after an execution in place. */
void uplinks_watch(struct supervisor *sv);

/* At the end: what was made goes. */
void uplinks_leave(struct supervisor *sv, struct net_session *net);

#else

static inline bool uplinks_alone(void)
{
	return false;
}

static inline void uplinks_up(struct supervisor *sv, struct net_session *net)
{
	(void)sv, (void)net;
}

static inline void uplinks_watch(struct supervisor *sv)
{
	(void)sv;
}

static inline void uplinks_leave(struct supervisor *sv, struct net_session *net)
{
	(void)sv, (void)net;
}

#endif

#endif
