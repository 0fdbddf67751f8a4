/*
 * What others have in the way of what minit forwards: base chains at the hook forward that drop what they do not
 * accept. A verdict of ours to accept holds in our own chains alone, so such a chain stops it all the same. For tools,
 * which may block and take memory. Of net/net.h.
 */
#ifndef NET_DROPS_H
#define NET_DROPS_H

#include "lib/arena.h"
#include "lib/enabled.h"

/* A name of an interface in a rule, or with a prefix of it (br*) the prefix. */
struct net_pattern {
	char text[16]; /* IFNAMSIZ; of a prefix without a NUL behind it */
	uint8_t len;   /* bytes that are compared, the NUL behind a whole name among them */
};

struct net_drop {
	const char *table, *chain;
	uint8_t family;    /* NFPROTO_IPV4, NFPROTO_IPV6, NFPROTO_INET */
	bool legacy;       /* of ip_tables, not of nf_tables */
	const struct net_pattern *patterns; /* in the rules of its whole table */
	uint32_t count;
};

#define NET_DROPS 32 /* most that are told of */

struct net_drops {
	struct net_drop list[NET_DROPS];
	uint32_t count;
};

#if ENABLED(CONFIG_NET_SHOW_NAT)

/* Those of the network that the caller is in. What cannot be read is left out. Lives in the arena. */
void net_drops_read(struct arena *mem, struct net_drops *ret);

/* Whether a rule of its table is about the interface by its name: whoever wrote it has thought of it then. */
bool net_drop_names(const struct net_drop *d, const char *ifname);

#else

static inline void net_drops_read(struct arena *mem, struct net_drops *ret)
{
	(void)mem;
	ret->count = 0;
}

static inline bool net_drop_names(const struct net_drop *d, const char *ifname)
{
	(void)d, (void)ifname;
	return true;
}

#endif

#endif
