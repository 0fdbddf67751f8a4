/*
 * What a table has of networks, as its image keeps it: data alone, all of it
 * position-independent. What is done with it is net/net.h and net/ruleset.h.
 */
#ifndef NET_SPEC_H
#define NET_SPEC_H

#include "lib/addr.h"

#define NET_IFNAME 16 /* IFNAMSIZ */
#define NET_ADDRS 4   /* most addresses of one interface */
#define NET_MAC 6

/* A bridge as the table has it; position-independent. */
struct net_bridge {
	char name[NET_IFNAME];
	struct addr addr[NET_ADDRS]; /* of itself, with the subnet's prefix; family 0 ends the list */
	uint32_t mtu;                /* of it and of the pairs that are its ports; 0: the kernel's default */
	uint32_t flags;              /* of enum net_bridge_flag */
	uint32_t forward_delay_ms, ageing_ms, priority; /* these and the next: only what `asked` says */
	uint8_t stp, vlan_filtering;
	uint8_t asked;               /* of enum net_bridge_asked */
	uint8_t mac[NET_MAC];        /* all 0: made from its name and addresses */
	uint8_t near;                /* 1: so many members that they find each other without asking all: net/near.c */
	uint8_t reserved[2];
};

#define NET_NEAR_LEAST 32 /* members */

#define NET_MTU 1500 /* of a bridge and its ports that the table says none of: that of Ethernet */

/* What its ports have that have none of their own. */
static inline uint32_t bridge_mtu(const struct net_bridge *bridge)
{
	return bridge->mtu ? bridge->mtu : NET_MTU;
}

/* What the table says of a bridge; the kernel's default holds for the rest, and so does what one that was found has. */
enum net_bridge_asked {
	NET_ASKED_STP = 1,
	NET_ASKED_FORWARD_DELAY = 2,
	NET_ASKED_AGEING = 4,
	NET_ASKED_PRIORITY = 8,
	NET_ASKED_VLAN_FILTERING = 16,
	NET_ASKED_MAC = 32,
};

/* What net/ruleset.h does for a bridge. */
enum net_bridge_flag {
	NET_NAT = 1,       /* what leaves through others is masqueraded, what comes in from them must be published */
	NET_ISOLATE = 2,   /* its services reach each other only by an allow */
	NET_ANTISPOOF = 4, /* they send with their own MAC and addresses alone */
	NET_PUBLISH = 8,   /* a service of it has a published port */
	NET_ROUTED4 = 16,  /* by IPv4 an allow leads from it to another bridge, or from there to it */
	NET_ROUTED6 = 32,  /* by IPv6 */
};

#define NET_BETWEEN (NET_ISOLATE | NET_ANTISPOOF) /* looks into the bridge: a table of nf_tables of its own */

/* What one service's network namespace holds besides loopback. */
struct net_attach {
	int32_t bridge;              /* index in the table, or -1: loopback only */
	uint32_t flags;              /* of enum net_attach_flag */
	char peer[NET_IFNAME];       /* of the host end, from the service's number: unique here; or the link below */
	struct addr addr[NET_ADDRS]; /* of eth0, with the subnet's prefix; family 0 ends the list */
	struct addr gateway[2];      /* default routes, IPv4 and IPv6; family 0: none */
	uint8_t mac[NET_MAC];        /* of eth0; all zeros: made from its first address */
	uint8_t number;              /* 1: it is eth1, and so on */
	uint8_t shard;               /* 0: a port of the bridge itself; else of shard - 1 of the table: net/shard.h */
};

#define NET_ETHS 8 /* most of one service */

enum net_attach_flag {
	NET_RULED = 1,     /* it must not run without the ruleset: net/ruleset.h */
	NET_PUBLISHED = 2, /* it has published ports */
	NET_BALANCED = 4,  /* it is a member of a balanced one */
	NET_ALONE = 8,     /* its port does not speak with others that have this flag */
	NET_MACVLAN = 16,  /* eth0 is a macvlan of link `peer` of minit's own network, and on no bridge */
	NET_IPVLAN = 32,   /* the same, an ipvlan */
	NET_SEVERAL = 64,  /* its service is in further networks */
};

#define NET_ON_LINK (NET_MACVLAN | NET_IPVLAN)

/* Whether there is an eth0. */
static inline bool net_has_eth0(const struct net_attach *attach)
{
	return attach->bridge >= 0 || attach->flags & NET_ON_LINK;
}

/* A route beside the default ones, of a service or a link; position-independent, as all of these. */
struct net_route {
	struct addr to;  /* a network, without what lies behind its prefix */
	struct addr via; /* family 0: it is on the link itself */
	uint32_t metric; /* 0: the kernel's */
	uint32_t table;  /* 0: the main one */
	uint8_t type;    /* RTN_UNICAST, RTN_BLACKHOLE, RTN_UNREACHABLE or RTN_PROHIBIT */
	uint8_t eth;     /* of a service: 1: it goes by eth1, and so on */
	uint8_t onlink;  /* `via` is in no subnet, and on the link all the same */
	uint8_t reserved;
};

/* A neighbour whose MAC is known beforehand. */
struct net_neighbour {
	struct addr addr;
	uint8_t mac[NET_MAC];
	uint8_t eth; /* 1: it is there by eth1, and so on */
};

/* A file below /proc/sys, and what is written into it: offsets from net_extra.texts. */
struct net_sysctl {
	uint32_t path_at, value_at;
};

/* -- minit's own network ---------------------------------------------------------------------------- */

#define NET_MATCH 32
#define NET_VXLAN_PORT 4789 /* the registered one; the kernel's own default is another */

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
	NET_LINK_DHCP = 32,    /* it has an address by a lease, too */
	NET_LINK_DHCP6 = 64,   /* the same by DHCPv6 */
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
	uint32_t port;               /* of a vxlan; 0: NET_VXLAN_PORT */
	uint32_t first, routes;      /* struct net_route in the table's list */
	uint8_t kind;                /* enum net_kind */
	uint8_t mode;                /* as the kernel has it */
	uint8_t flags;               /* of enum net_link_flag */
	uint8_t mac[NET_MAC];
	uint8_t reserved[3];
};

/* A rule as the table has it; position-independent. */
struct net_iprule {
	struct addr from, to;  /* family 0: any */
	char iif[NET_IFNAME];  /* the link that a packet comes in by; "": any */
	char oif[NET_IFNAME];  /* the one that its socket is bound to; "": any */
	uint32_t fwmark, fwmask; /* mask 0: any mark */
	uint32_t table;        /* where the route is looked up; 0: action is another one */
	uint32_t priority;     /* the lowest comes first */
	uint8_t action;        /* FR_ACT_TO_TBL, FR_ACT_BLACKHOLE, FR_ACT_UNREACHABLE, FR_ACT_PROHIBIT */
	uint8_t inverted;      /* what does not match */
	uint8_t reserved[2];
};

#define NET_SHARDS 255        /* most of a table: net_attach.shard is a byte */

/* A shard as the table has it; position-independent. */
struct net_shard {
	char name[NET_IFNAME]; /* of the kernel's bridge: mb1 is the first of the table */
	char up[NET_IFNAME];   /* the pair: mt1, a port of the table's bridge, */
	char down[NET_IFNAME]; /* and mu1, a port of this one */
	uint32_t bridge;       /* index in the table */
	uint32_t alone;        /* its members do not speak with those of another: see enum net_attach_flag, NET_ALONE */
};

/* -- ports, and who may speak to whom ------------------------------------------------------------------ */

#define NET_GROUPS 4096 /* most ports that are balanced */
#define NET_MEMBERS 64  /* most services behind one of them */
#define NET_MAPPED 65536 /* most published ports in all */
#define NET_ALLOWED 65536 /* most ports in all that services may reach */

/* How a balanced port chooses among its services. */
enum net_balance { BALANCE_NONE, BALANCE_RANDOM, BALANCE_ROUND_ROBIN, BALANCE_SOURCE };

/* One published port, or several in a row. Position-independent, as all of these. */
struct net_port {
	struct addr host;  /* of this machine; all zeros: any of this family */
	struct addr to;    /* of the service, of the same family */
	uint16_t low, last; /* host's ports */
	uint16_t to_low;   /* the service's port for `low`; the others follow */
	uint8_t proto;     /* IPPROTO_ */
	uint8_t balance;   /* enum net_balance; not NONE: one port alone, and its services are in a group */
	uint32_t service;
};

/* A port with several services behind it; its members follow each other. */
struct net_group {
	struct addr host;
	uint16_t port;
	uint8_t proto, balance;
	uint32_t first, count; /* of the members */
};

struct net_member {
	struct addr to;
	uint16_t port;
	uint32_t service;
};

/* Service `from` may reach these ports of service `to`; proto 0: all of it. */
struct net_allow {
	uint32_t from, to;
	uint16_t low, last;
	uint8_t proto;
};

/* -- kept in the state file ---------------------------------------------------------------------------- */

/* How far the network of a service has come, from net_connect until packets pass. Kept by the caller from { 0 } on. */
struct net_settle {
	uint32_t waits; /* net_waits of each eth that it waits for; 0: a packet passes */
	int32_t nsid;   /* number of the service's namespace in minit's own, once it is known */
};

#define NET_PORT 1u   /* the port of its bridge does not forward yet */
#define NET_INSIDE 2u /* eth0 is not in operation yet */

#endif
