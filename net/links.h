/* Links of minit's own network beside its bridges: devices that are there, and what is made upon them. Of net/net.h. */
#ifndef NET_LINKS_H
#define NET_LINKS_H

#include <linux/rtnetlink.h>

#include "net/iprule.h"
#include "net/spec.h"

/* What is heard of a link in minit's own network. */
struct net_seen {
	char name[NET_IFNAME];
	uint8_t mac[NET_MAC];
	uint32_t index; /* the kernel's number: stays when the name changes */
	bool up;
	bool works;   /* is up and has carrier */
	uint32_t carriers; /* how often that came or went */
	uint32_t master; /* that of the bridge or bond that it is a port of; 0: of none */
	bool gone;
};

/* What somebody has taken away in minit's own network. */
struct net_gone {
	enum { GONE_NOTHING, GONE_LINK, GONE_PORT, GONE_ADDR } what; /* PORT: it is not on its bridge any more */
	struct net_seen link; /* of an address only its index */
	struct addr addr;
};

/*
 * What a route of a link bears. One that leads nowhere is no link's for the kernel: that of a link which minit makes is
 * known as minit's by this, and goes with it.
 */
static inline uint8_t net_route_protocol(const struct net_link *link, const struct net_route *route)
{
	return link->kind == NET_KIND_DEVICE || route->type == RTN_UNICAST ? RTPROT_STATIC : NET_PROTOCOL;
}

#if ENABLED(CONFIG_NET_BRIDGE)

/* The kernel's word for a kind, and the words of its modes ("a|b"). */
const char *net_kind_name(enum net_kind kind);
const char *net_kind_modes(enum net_kind kind);
uint8_t net_kind_mode(enum net_kind kind, unsigned word); /* what the kernel takes */

/* Whether a device of this name and MAC is the one that the link is about. */
bool net_link_matches(const struct net_link *link, const struct net_seen *seen);

#else

static inline const char *net_kind_name(enum net_kind kind)
{
	(void)kind;
	return "";
}

#endif

#endif
