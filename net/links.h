/* Links of minit's own network beside its bridges: devices that are there, and what is made upon them. Of net/net.h. */
#ifndef NET_LINKS_H
#define NET_LINKS_H

#define NET_MATCH 32

enum net_kind {
#define LINK_KIND(id, ...) NET_KIND_##id,
#include "net/kinds.def"
#undef LINK_KIND
	NET_KINDS
};

enum net_link_flag {
	NET_LINK_DOWN = 1,     /* it is not set up */
	NET_LINK_MODE = 2,     /* `mode` is given */
	NET_LINK_BONDED = 4,   /* its master is a bond, which takes only what is down */
	NET_LINK_MAC = 8,      /* `mac` is given */
	NET_LINK_ID = 16,      /* `id` is given */
	NET_LINK_DHCP = 32,    /* it has an address by a lease, too */
};

/* A link as the table has it; position-independent. */
struct net_link {
	char name[NET_IFNAME];
	char match[NET_MATCH];       /* a device's: pattern of its name or MAC; "": that has the name already */
	char parent[NET_IFNAME];     /* what it is upon, or "" */
	char master[NET_IFNAME];     /* the bridge or bond that it is a port of, or "" */
	struct addr addr[NET_ADDRS]; /* with prefix; family 0 ends the list */
	struct addr gateway[2];      /* default routes, IPv4 and IPv6; family 0: none */
	struct addr local, remote;   /* of a vxlan; family 0: none */
	uint32_t mtu;                /* 0: the kernel's */
	uint32_t metric;             /* of the default routes; 0: the kernel's */
	uint32_t id;                 /* of a vlan or vxlan */
	uint32_t port;               /* of a vxlan; 0: 4789 */
	uint32_t first, routes;      /* struct net_route in the table's list */
	uint8_t kind;                /* enum net_kind */
	uint8_t mode;                /* as the kernel has it */
	uint8_t flags;               /* of enum net_link_flag */
	uint8_t mac[NET_MAC];
	uint8_t reserved[3];
};

/* What is heard of a link in minit's own network. */
struct net_seen {
	char name[NET_IFNAME];
	uint8_t mac[NET_MAC];
	bool works; /* is up and has carrier */
	bool gone;
};

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
