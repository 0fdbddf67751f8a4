/* What somebody else's chains have in the way of what a bridge of the table forwards: net/drops.h, in words. */
#ifndef INIT_DROPS_H
#define INIT_DROPS_H

#include "net/net.h"
#include "services/table.h"

#if ENABLED(CONFIG_NET_SHOW_NAT)

/* The next one from *at on that concerns the bridge, or NULL; *at is behind it then. */
const struct net_drop *drops_next(const struct net_drops *drops, const struct net_bridge *bridge, uint32_t *at);

/* "ip filter FORWARD" */
void drops_put_chain(struct buf *b, const struct net_drop *d);

/* What it does to the bridge, and what to do about it. */
void drops_put(struct buf *b, const struct net_drop *d, const struct net_bridge *bridge);

/* The same of the bridges that a service is on, a line each behind so many blanks, if that can be asked. */
void drops_say_why(const char *name, int indent);

#else

static inline const struct net_drop *drops_next(const struct net_drops *drops, const struct net_bridge *bridge,
						uint32_t *at)
{
	(void)drops, (void)bridge, (void)at;
	return NULL;
}

static inline void drops_put_chain(struct buf *b, const struct net_drop *d)
{
	(void)b, (void)d;
}

static inline void drops_put(struct buf *b, const struct net_drop *d, const struct net_bridge *bridge)
{
	(void)b, (void)d, (void)bridge;
}

static inline void drops_say_why(const char *name, int indent)
{
	(void)name, (void)indent;
}

#endif

#endif
