/* What the kernel has of a network, for who looks at it: tools, which may block and take memory. Of net/net.h. */
#ifndef NET_FOUND_H
#define NET_FOUND_H

#include "lib/arena.h"

/* Of one link, since it was made. in: what it has received. */
struct net_counts {
	uint64_t in_bytes, in_packets, in_dropped;
	uint64_t out_bytes, out_packets, out_dropped; /* dropped: by a rate too */
};

struct net_found_link {
	char name[NET_IFNAME], kind[NET_IFNAME]; /* kind: "" for a device */
	uint32_t index, master, mtu;
	uint8_t mac[NET_MAC];
	bool up, works;      /* works: has carrier too, or is a port that forwards */
	bool carrier, shut;  /* shut: a port that the bridge takes nothing from, for good */
	bool is_port, alone; /* of a bridge; isolated from others like it */
	uint64_t rate_bps;   /* of its token bucket; 0: none */
	struct net_counts counts;
};

struct net_found_addr {
	uint32_t index;
	struct addr addr;
};

/* Of any table but the kernel's own (local). */
struct net_found_route {
	uint32_t index; /* of its link; 0: of none */
	struct net_route route;
};

struct net_found {
	struct net_found_link *links;
	uint32_t link_count;
	struct net_found_addr *addrs;
	uint32_t addr_count;
	struct net_found_route *routes;
	uint32_t route_count;
};

/* An element of a set or map of the tables NET_TABLE. */
struct net_found_element {
	uint8_t family; /* NFPROTO_INET or NFPROTO_BRIDGE */
	char set[16];
	uint8_t key[64], key_len;
	uint8_t data[32], data_len; /* of a map to address and port; else 0 */
};

/* What nf_tables has of the tables NET_TABLE. */
struct net_found_rules {
	struct net_found_element *elements; /* of a set side by side */
	uint32_t element_count;
	uint32_t rule_count;
};

#if ENABLED(CONFIG_NET_SHOW)

/*
 * All that is there in the network of descriptor netns, which the caller is in afterwards. Lives in the arena. 0 or
 * -errno, not logged.
 */
must_check int net_found_read(int netns, struct arena *mem, struct net_found *ret);

/* The one of this name, or number; or NULL. */
const struct net_found_link *net_found_link(const struct net_found *f, const char *ifname);
struct net_found_link *net_found_link_at(const struct net_found *f, uint32_t index);

#endif

#if ENABLED(CONFIG_NET_SHOW_NAT)

/* The same of nf_tables in the network that the caller is in. */
must_check int net_found_rules_read(struct arena *mem, struct net_found_rules *ret);

/* Whether an interface is in a set of names, of the table of family inet or bridge. */
bool net_found_name(const struct net_found_rules *f, bool of_bridge, const char *set, const char *ifname);

/* Whether the first port of these leads where it should, now: a balanced one too. index: of its group, or -1. */
bool net_found_port(const struct net_found_rules *f, const struct net_port *port, int64_t index);

/* Whether `from` may reach the (first) port of `to`, when one of them is on an isolated bridge. */
bool net_found_allow(const struct net_found_rules *f, const struct net_allow *allow, const struct addr *from,
		     const struct addr *to);

#else

static inline int net_found_rules_read(struct arena *mem, struct net_found_rules *ret)
{
	(void)mem;
	*ret = (struct net_found_rules){ 0 };
	return 0;
}

static inline bool net_found_name(const struct net_found_rules *f, bool of_bridge, const char *set, const char *ifname)
{
	(void)f, (void)of_bridge, (void)set, (void)ifname;
	return false;
}

static inline bool net_found_port(const struct net_found_rules *f, const struct net_port *port, int64_t index)
{
	(void)f, (void)port, (void)index;
	return false;
}

static inline bool net_found_allow(const struct net_found_rules *f, const struct net_allow *allow,
				   const struct addr *from, const struct addr *to)
{
	(void)f, (void)allow, (void)from, (void)to;
	return false;
}

#endif

#endif
