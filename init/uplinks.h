/* The links of minit's own network ([network.link.NAME]): set up at boot or when they come, and who waits for them. */
#ifndef INIT_UPLINKS_H
#define INIT_UPLINKS_H

#include <errno.h>

#include "lib/enabled.h"
#include "services/state.h"

/* The third changes nothing; then the same of DHCPv6. */
enum lease { LEASE_OFF, LEASE_ON, LEASE_ASKED, LEASE_OFF6, LEASE_ON6, LEASE_ASKED6 };

#if ENABLED(CONFIG_NET_BRIDGE)

/* At boot, when the bridges are there. Logs what fails; a device that is not there is no failure. */
void uplinks_up(struct supervisor *sv, struct net_session *net);

/* After another table has taken the place of one: those that are due (struct network_due). */
void uplinks_due(struct supervisor *sv, struct net_session *net);

/* Hears from now on what becomes of them; at boot and after an execution in place. */
void uplinks_watch(struct supervisor *sv);

/*
 * Makes those ports of their masters again that were taken off, and those anew that were deleted: while MENDING_LINKS,
 * when a time comes.
 */
void uplinks_mend(void);

/* Of the link of this name, which has an address by DHCP (or DHCPv6). 0, or -ENOENT: there is none. */
must_check int uplinks_lease(struct supervisor *sv, const char *name, enum lease lease);

/* One that was made goes. */
void uplinks_remove(struct supervisor *sv, struct net_session *net, uint32_t index);

/* What one that was set up has no longer by another table, as number `is` of that, is taken from it. */
void uplinks_strip(struct supervisor *sv, struct net_session *net, uint32_t was, const struct table *next, uint32_t is);

/* At the end: what was made goes. */
void uplinks_leave(struct supervisor *sv, struct net_session *net);

#else

static inline void uplinks_up(struct supervisor *sv, struct net_session *net)
{
	(void)sv, (void)net;
}

static inline void uplinks_due(struct supervisor *sv, struct net_session *net)
{
	(void)sv, (void)net;
}

static inline void uplinks_watch(struct supervisor *sv)
{
	(void)sv;
}

static inline void uplinks_mend(void)
{
}

static inline int uplinks_lease(struct supervisor *sv, const char *name, enum lease lease)
{
	(void)sv, (void)name, (void)lease;
	return -ENOENT;
}

static inline void uplinks_remove(struct supervisor *sv, struct net_session *net, uint32_t index)
{
	(void)sv, (void)net, (void)index;
}

static inline void uplinks_strip(struct supervisor *sv, struct net_session *net, uint32_t was,
				 const struct table *next, uint32_t is)
{
	(void)sv, (void)net, (void)was, (void)next, (void)is;
}

static inline void uplinks_leave(struct supervisor *sv, struct net_session *net)
{
	(void)sv, (void)net;
}

#endif

#endif
