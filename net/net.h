/*
 * The network of the services over rtnetlink: loopback, bridges, one network
 * namespace and veth pair for each service. rtnetlink(7), veth(4),
 * network_namespaces(7).
 *
 * All of it happens before the first service starts; what is made is kept by
 * descriptors (of namespaces) in the state file, and stays across restarts.
 * net/ keeps no state of its own beyond a session of the caller's.
 *
 * Everything that fails is logged here, one line each, so callers only decide
 * what follows from it.
 */
#ifndef NET_NET_H
#define NET_NET_H

#include <errno.h>

#include "lib/addr.h"
#include "lib/enabled.h"
#include "net/netlink.h"
#include "net/ruleset.h"

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
	uint8_t reserved[3];
};

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
};

/* What one service's network namespace holds besides loopback. */
struct net_attach {
	int32_t bridge;              /* index in the table, or -1: loopback only */
	uint16_t given;              /* bit i: addr[i] was asked for by the service, which fails without it */
	uint16_t flags;              /* of enum net_attach_flag */
	char peer[NET_IFNAME];       /* of the host end, from the service's index: unique here; or the link below */
	struct addr addr[NET_ADDRS]; /* of eth0, with the subnet's prefix; family 0 ends the list */
	struct addr gateway[2];      /* default routes, IPv4 and IPv6; family 0: none */
	uint8_t mac[NET_MAC];        /* of eth0; all zeros: made from its first address */
	uint8_t number;              /* 1: it is eth1, and so on */
	uint8_t shard;               /* 0: a port of the bridge itself; else of shard - 1 of the table: net/shard.h */
};

#define NET_ETHS 8 /* most of one service */

/* A route beside the default ones, of a service or a link; position-independent, as all of these. */
struct net_route {
	struct addr to;  /* a network, without what lies behind its prefix */
	struct addr via; /* family 0: it is on the link itself */
	uint32_t metric; /* 0: the kernel's */
	uint32_t table;  /* 0: the main one */
	uint8_t type;    /* RTN_UNICAST, RTN_BLACKHOLE, RTN_UNREACHABLE or RTN_PROHIBIT */
	uint8_t reserved[3];
};

/* A neighbour whose MAC is known beforehand. */
struct net_neighbour {
	struct addr addr;
	uint8_t mac[NET_MAC];
};

/* A file below /proc/sys, and what is written into it: offsets from net_extra.texts. */
struct net_sysctl {
	uint32_t path_at, value_at;
};

/* What few networks have besides; in memory of the caller. All zeros: nothing. */
struct net_extra {
	const struct net_route *routes;
	uint32_t route_count;
	const struct net_neighbour *neighbours;
	uint32_t neighbour_count;
	const struct net_sysctl *sysctls;
	uint32_t sysctl_count;
	const char *texts;
	uint32_t mtu;    /* of the pair; 0: that of the bridge */
	uint64_t in_bps, out_bps; /* most bits in a second to eth0 and from it; 0: no limit */
	const struct net_attach *also; /* eth1 and so on, each on a bridge */
	uint32_t also_count;
	const struct net_bridge *bridges; /* of the table */
	const struct net_shard *shards;
};

#include "net/iprule.h"
#include "net/lease.h"
#include "net/links.h"

/* How far the network of a service has come, from net_connect until packets pass. Kept by the caller from { 0 } on. */
struct net_settle {
	uint32_t waits; /* net_waits of each eth that it waits for; 0: a packet passes */
	int32_t nsid;   /* number of the service's namespace in minit's own, once it is known */
};

#define NET_PORT 1u   /* the port of its bridge does not forward yet */
#define NET_INSIDE 2u /* eth0 is not in operation yet */

/* The same of another eth: NET_ETHS of them have room. */
static inline uint32_t net_waits(const struct net_attach *attach, uint32_t what)
{
	return what << 2 * (attach->number % NET_ETHS);
}

/* What it is called in the namespace. */
static inline const char *net_eth(const struct net_attach *attach)
{
	static const char names[NET_ETHS][8] = { "eth0", "eth1", "eth2", "eth3", "eth4", "eth5", "eth6", "eth7" };

	return names[attach->number % NET_ETHS];
}

/* What the monitor has heard of a link. */
struct net_change {
	int nsid;              /* where: a number as in net_settle, or NET_OWN */
	char name[NET_IFNAME]; /* "": nothing of interest */
	bool works;            /* here: is a port that forwards; in a service: is in operation */
};

#define NET_OWN -1

enum net_attach_flag {
	NET_RULED = 1,     /* it must not run without the ruleset: net/ruleset.h */
	NET_PUBLISHED = 2, /* it has published ports */
	NET_BALANCED = 4,  /* it is a member of a balanced one */
	NET_ALONE = 8,     /* its port does not speak with others that have this flag */
	NET_MACVLAN = 16,  /* eth0 is a macvlan of link `peer` of minit's own network, and on no bridge */
	NET_IPVLAN = 32,   /* the same, an ipvlan */
};

#define NET_ON_LINK (NET_MACVLAN | NET_IPVLAN)

/* Whether there is an eth0. */
static inline bool net_has_eth0(const struct net_attach *attach)
{
	return attach->bridge >= 0 || attach->flags & NET_ON_LINK;
}

/* The bridge that ports were last made on, as the kernel has it. */
struct net_master {
	char name[NET_IFNAME];
	uint32_t index; /* 0: none yet */
	uint8_t mac[NET_MAC];
};

/*
 * A batch of the calls below, so that its sockets and look-ups are paid once:
 * net_open, net_loopback, net_bridge_up of each bridge (and net_shard_up of its
 * shards), net_attach of each service, net_connect of each service, net_close.
 */
struct net_session {
	struct netlink host; /* speaks to the namespace of the caller */
	int home;            /* descriptor of that namespace, or -errno */
	struct net_master master;
	struct net_master shard; /* of which the ports were, if they were of one */
	bool ipv6_missing;   /* an IPv6 address was left out, and that was logged: once */
	bool alone;          /* no other minit is in this network (net_claim): what bears a mark is a killed one's */
	bool hairpin;        /* ports of services with published ports send back: net/ruleset.h */
};

#if ENABLED(CONFIG_NET)

/* Opens a session in the calling process's own network namespace; no /proc is needed. 0 or -errno. */
must_check int net_open(struct net_session *ret_s);
void net_close(struct net_session *s);

/* Loopback up; nothing is asked of the kernel that is so already. 0 or -errno. */
must_check int net_loopback(struct net_session *s);

/*
 * Makes a network namespace with loopback up and, if attach->bridge >= 0, a
 * veth pair whose one end `eth0` in it has the addresses and routes and whose
 * other end is a port of `bridge` (NULL without one), still down: net_connect
 * sets it up. Returns a descriptor of the namespace (O_CLOEXEC, the caller's) or
 * -errno, with the failure logged for `object` (the service's name) and nothing left
 * behind. The calling process must be single-threaded; it is in its own
 * namespace again afterwards.
 *
 * With NET_ON_LINK eth0 is a link upon another one. `extra` may be NULL.
 *
 * IPv6 addresses are left out, with one warning, where the kernel has no IPv6 or
 * it is disabled; not those in attach->given, and not when none other is left.
 */
must_check int net_attach(struct net_session *s, const char *object, const struct net_attach *attach,
			  const struct net_bridge *bridge, const struct net_extra *extra);

/* Whether there is a link of this name in the namespace of the session. */
bool net_is_there(struct net_session *s, const char *ifname);

/* Deletes host end `peer` (and so the pair) or a bridge; what is not there is no error. */
int net_remove(struct net_session *s, const char *ifname);

#else

static inline int net_open(struct net_session *ret_s)
{
	(void)ret_s;
	return -EOPNOTSUPP;
}

static inline void net_close(struct net_session *s)
{
	(void)s;
}

static inline int net_loopback(struct net_session *s)
{
	(void)s;
	return -EOPNOTSUPP;
}

static inline int net_attach(struct net_session *s, const char *object, const struct net_attach *attach,
			     const struct net_bridge *bridge, const struct net_extra *extra)
{
	(void)s, (void)object, (void)attach, (void)bridge, (void)extra;
	return -EOPNOTSUPP;
}

static inline bool net_is_there(struct net_session *s, const char *ifname)
{
	(void)s, (void)ifname;
	return false;
}

static inline int net_remove(struct net_session *s, const char *ifname)
{
	(void)s, (void)ifname;
	return -EOPNOTSUPP;
}

#endif

#if ENABLED(CONFIG_NET_BRIDGE)

/*
 * Whether the MAC of eth0 is said at all: an ipvlan has that of its parent, and of a macvlan without an address
 * nothing is known that it could be made from. mac.c
 */
bool mac_is_chosen(const struct net_attach *attach);

/* The MAC of eth0, if it is chosen: as it was given, or made from its first address. mac.c */
void mac_of_attach(const struct net_attach *attach, uint8_t *ret_mac);

/*
 * Makes the bridge with its addresses and sets it up; one that exists under
 * this name is used if it is a bridge: its MAC is fixed to what it is, its other
 * settings and addresses stay. 0 or -errno.
 */
must_check int net_bridge_up(struct net_session *s, const struct net_bridge *bridge);

/*
 * Finds or makes a link, and gives it what the table says; routes: the table's list. Again, it changes nothing; what
 * a killed run has made is made anew. 0 with how it is in *ret; -ENODEV, not logged: it, its parent or its master is
 * not there; -ENETDOWN, not logged: its parent is down; or -errno, logged.
 */
must_check int net_link_up(struct net_session *s, const struct net_link *link, const struct net_route *routes,
			   struct net_seen *ret);

/* Writes a setting below /proc/sys/net, of the network that the caller is in. 0 or -errno, logged. */
must_check int net_sysctl(const char *object, const char *path, const char *value);

/* A descriptor that says to others that minit is in this network, the caller's; -EADDRINUSE: another one is. */
must_check int net_claim(void);

/* Whether it is there, made by a minit that is gone. */
bool net_is_left(struct net_session *s, const char *ifname);

/* How it is. 0, or -errno, not logged. */
must_check int net_link_ask(struct net_session *s, const struct net_link *link, struct net_seen *ret);

/* Hears of every change of a link in minit's own network: non-blocking, O_CLOEXEC, the caller's; or -errno. */
must_check int net_seen_open(void);

/* The next it has heard (name "": nothing of interest): 1, 0 for nothing more, -ENOBUFS when something was lost. */
must_check int net_seen_read(int fd, struct net_seen *ret);

/*
 * Sets up the host end of what net_attach made; nothing to do for loopback
 * only. At boot, after net_attach of all services: each port that comes up
 * makes the services behind the others receive what it announces and the bridge walk
 * over all ports, and 1000 services need half the time when that comes last.
 * 0 or -errno, logged for `object`, and the pair is gone.
 */
must_check int net_connect(struct net_session *s, const char *object, const struct net_attach *attach);

/*
 * A socket that hears of every change of a link, in minit's own network namespace and, if *ret_all, in those of the
 * services (Linux 4.2, CAP_NET_BROADCAST). Non-blocking, O_CLOEXEC, the caller's. Or -errno.
 */
must_check int net_monitor_open(bool *ret_all);

/* The next it has heard: 1, 0 when there is nothing more, -ENOBUFS when something was lost, or -errno. */
must_check int net_monitor_read(int fd, struct net_change *ret);

/*
 * Asks the kernel how far an eth of a service that waits has come: takes from settle->waits what it need not wait for
 * any more. After the monitor was opened, so that nothing is missed. 0 or -errno.
 */
must_check int net_settle_ask(struct net_session *s, const struct net_attach *attach, struct net_settle *settle);

#else

static inline int net_monitor_open(bool *ret_all)
{
	(void)ret_all;
	return -EOPNOTSUPP;
}

static inline int net_monitor_read(int fd, struct net_change *ret)
{
	(void)fd, (void)ret;
	return -EOPNOTSUPP;
}

static inline int net_settle_ask(struct net_session *s, const struct net_attach *attach, struct net_settle *settle)
{
	(void)s, (void)attach, (void)settle;
	return -EOPNOTSUPP;
}

static inline int net_link_up(struct net_session *s, const struct net_link *link, const struct net_route *routes,
			      struct net_seen *ret)
{
	(void)s, (void)link, (void)routes, (void)ret;
	return -EOPNOTSUPP;
}

static inline int net_sysctl(const char *object, const char *path, const char *value)
{
	(void)object, (void)path, (void)value;
	return -EOPNOTSUPP;
}

static inline int net_claim(void)
{
	return -EOPNOTSUPP;
}

static inline bool net_is_left(struct net_session *s, const char *ifname)
{
	(void)s, (void)ifname;
	return false;
}

static inline int net_link_ask(struct net_session *s, const struct net_link *link, struct net_seen *ret)
{
	(void)s, (void)link, (void)ret;
	return -EOPNOTSUPP;
}

static inline int net_seen_open(void)
{
	return -EOPNOTSUPP;
}

static inline int net_seen_read(int fd, struct net_seen *ret)
{
	(void)fd, (void)ret;
	return -EOPNOTSUPP;
}

static inline int net_bridge_up(struct net_session *s, const struct net_bridge *bridge)
{
	(void)s, (void)bridge;
	return -EOPNOTSUPP;
}

static inline int net_connect(struct net_session *s, const char *object, const struct net_attach *attach)
{
	(void)s, (void)object;
	return attach->bridge < 0 ? 0 : -EOPNOTSUPP;
}

#endif

#include "net/shard.h"
#include "net/found.h"
#include "net/tell.h"

#endif
