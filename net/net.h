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
#include "net/spec.h"

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

/* Of minit's own, of rules, neighbours and routes that are no link's; free in rt_protos of iproute2. */
#define NET_PROTOCOL 77

#include "net/drops.h"
#include "net/iprule.h"
#include "net/lease.h"
#include "net/links.h"

/* The same of another eth: NET_ETHS of them have room. */
static inline uint32_t net_waits(const struct net_attach *attach, uint32_t what)
{
	return what << 2 * (attach->number % NET_ETHS);
}

static inline const char *net_eth_name(unsigned number)
{
	static const char names[NET_ETHS][8] = { "eth0", "eth1", "eth2", "eth3", "eth4", "eth5", "eth6", "eth7" };

	return names[number % NET_ETHS];
}

/* What it is called in the namespace. */
static inline const char *net_eth(const struct net_attach *attach)
{
	return net_eth_name(attach->number);
}

/* What there is to do where a bridge, whose name it takes, has none. */
#define NET_IPV6_TAKES \
	"that takes a kernel with IPv6, net.ipv6.conf.%s.disable_ipv6=0, an MTU of 1280 or more, and minit to be " \
	"started anew"

/* What the monitor has heard of a link. */
struct net_change {
	int nsid;              /* where: a number as in net_settle, or NET_OWN */
	char name[NET_IFNAME]; /* "": nothing of interest */
	bool works;            /* here: is a port that forwards; in a service: is in operation */
	bool shut;             /* here: is a port that may have been shut (net_port_is_shut) */
};

/* The bridge that ports were last made on, as the kernel has it. */
struct net_master {
	char name[NET_IFNAME];
	uint32_t index; /* 0: none yet */
	uint32_t up;    /* of a shard: number of its port of the bridge that it belongs to */
	uint8_t mac[NET_MAC];
	bool ipv6;      /* it is not off there */
};

#define NET_PLACES 64 /* of minits in one network */

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
	struct addr local;   /* link-local, of the eth that is being made */
	bool ipv6_missing;   /* net_ipv6_is_missing has found so, by the caller's account */
	bool inside_missing; /* the eth that net_attach made last was not given one */
	bool ipv6_said;      /* that the kernel has none was logged: once */
	bool ipv6_quiet;     /* what is left out was logged by who was executed before */
	bool left_out;       /* one was by the batch that was run last */
	uint64_t dead;       /* net_note_dead: a bit for each place that no other minit has */
	uint8_t place;       /* net_note_place; NET_PLACES: none */
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
 * IPv6 addresses and what builds on them are left out, with one warning, where the
 * kernel has no IPv6 or it is disabled; not when no other address is left.
 */
must_check int net_attach(struct net_session *s, const char *object, const struct net_attach *attach,
			  const struct net_bridge *bridge, const struct net_extra *extra);

/* Whether there is a link of this name in the namespace of the session. */
bool net_is_there(struct net_session *s, const char *ifname);

/* Whether it is the host end of a service's pair that some minit made. */
bool net_is_pair(struct net_session *s, const char *ifname);

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

static inline bool net_is_pair(struct net_session *s, const char *ifname)
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

/* The links of a table, and the routes of all of them. */
struct net_links {
	const struct net_link *list;
	uint32_t count;
	const struct net_route *routes;
	const uint8_t *mac; /* of the one that is made, if the table says none; NULL: the kernel's choice */
};

/* A link that two tables have. */
struct net_link_pair {
	const struct net_links *was, *is;
	uint32_t from, to; /* its numbers in them */
};

#if ENABLED(CONFIG_NET_BRIDGE)

/*
 * Whether the MAC of eth0 is said at all: an ipvlan has that of its parent, and of a macvlan without an address
 * nothing is known that it could be made from. mac.c
 */
bool mac_is_chosen(const struct net_attach *attach);

/* The MAC of eth0, if it is chosen: as it was given, or made from its first address. mac.c */
void mac_of_attach(const struct net_attach *attach, uint8_t *ret_mac);

/* The same of a bridge, which is made from its name and addresses. mac.c */
void mac_of_bridge(const struct net_bridge *bridge, uint8_t *ret_mac);

/*
 * Makes the bridge with its addresses and sets it up; one that exists under
 * this name is used if it is a bridge: its MAC is fixed to what it is, its other
 * settings and addresses stay. 0 or -errno.
 */
must_check int net_bridge_up(struct net_session *s, const struct net_bridge *bridge);

/*
 * Takes from a bridge that minit has made what `was` has and `is` has not: addresses go, and a setting is as it is of a
 * new one. 0 or -errno, logged; what is not there is no error.
 */
must_check int net_bridge_strip(struct net_session *s, const struct net_bridge *was, const struct net_bridge *is);

/*
 * Gives a bridge that net_bridge_up has made or taken, and that others are on, what the table says by now; 0 too where
 * it is not there. 0 or -errno, logged.
 */
must_check int net_bridge_set(struct net_session *s, const struct net_bridge *bridge);

/*
 * Finds or makes one of the links, and gives it what the table says. Again, it changes nothing; what a killed run has
 * made is made anew. A pattern finds no device that is another of the links already, nor a port. 0 with how it is in
 * *ret; -ENODEV, not logged: it, its parent or its master is not there; -ENETDOWN, not logged: its parent is down; or
 * -errno, logged.
 */
must_check int net_link_up(struct net_session *s, const struct net_links *all, uint32_t index, struct net_seen *ret);

/*
 * One that net_link_up has made may have another MAC than the one before it, of this run or of a killed one: who knows
 * its addresses is told, by net_link_up too. Nobody hears that before it has carrier, nor without CAP_NET_RAW.
 * announce.c
 */
void net_link_announce(const struct net_link *link, uint32_t index, const uint8_t *mac);

/* Deletes one that net_link_up has made, and its routes that lead nowhere. 0 or -errno, logged. */
int net_link_remove(struct net_session *s, const struct net_links *all, uint32_t index);

/*
 * Takes from a link what it has by one table and not by the other: addresses, routes, its master, that it is up. 0 or
 * -errno, logged; what is not there is no error. strip.c
 */
must_check int net_link_strip(struct net_session *s, const struct net_link_pair *pair);

/*
 * Gives a link that net_link_up has set up by another table what the table says by now. 0 with how it is in *ret;
 * -ENODEV, not logged: it or its master is not there; or -errno, logged.
 */
must_check int net_link_set(struct net_session *s, const struct net_links *all, uint32_t index, struct net_seen *ret);

/*
 * A link that net_link_up has set up, and that is no port of its master any more, is one again, and as it was: 1. 0: it
 * is one, or has no master. whole: of that one, too, all else is made sure of, if it is up. With how it is in *ret.
 * -ENODEV, not logged: it or its master is not there; or -errno.
 */
must_check int net_link_rejoin(struct net_session *s, const struct net_links *all, uint32_t index, bool whole,
			       struct net_seen *ret);

/* Writes a setting below /proc/sys/net, of the network that the caller is in. 0 or -errno, logged. */
must_check int net_sysctl(const char *object, const char *path, const char *value);

/*
 * A descriptor that says to other minits that the caller has `what` of the network that it is in: NET_TABLE,
 * NET_NEAR_TABLE. -EADDRINUSE: another one has; or -errno, not logged. claim.c
 */
must_check int net_claim(const char *what);

/* The same, that it is there at all, in a place of its own. -EADDRINUSE: too many are; or -errno, not logged. */
must_check int net_claim_place(void);

/* Notes that place, by the descriptor, in the session: what is made there bears its mark. claim < 0: it has none. */
void net_note_place(struct net_session *s, int claim);

/* Then, who else is here: what bears the mark of another place is left by a minit that is gone. */
void net_note_dead(struct net_session *s);

/* Whether no other minit is in this network, as far as net_note_dead has found. */
static inline bool net_is_alone(const struct net_session *s)
{
	return s->dead == UINT64_MAX;
}

/* Takes away the routes that lead nowhere of all links that a minit has made. refusals.c */
void net_refusals_clear(struct net_session *s);

/* Takes away the neighbours of services that a minit has told bridges of. neighbours.c */
void net_neighbours_clear(struct net_session *s);

/* Whether it is there, made by a minit that is gone. */
bool net_is_left(struct net_session *s, const char *ifname);

/*
 * The links that a minit that is gone has made, up to `most` of those of which stays (NULL: none) does not say that
 * they are still wanted. How many; 0 while another minit is in this network; or -errno, not logged. left.c
 */
typedef bool net_stays_fn(const void *context, const char *ifname);
must_check int net_left(struct net_session *s, net_stays_fn *stays, const void *context, char (*names)[NET_IFNAME],
			int most);

/*
 * What stands in the place of a bridge and was made by a minit that is gone goes; a bridge with ports, which may be
 * somebody else's, loses the addresses alone that the table does not give it. clear.c
 */
void net_bridge_clear(struct net_session *s, const struct net_bridge *bridge);

/*
 * Whether an eth of a network that net_attach made is gone: somebody has deleted it, or the link that it was upon. ns:
 * its namespace; home: that of the caller, who is single-threaded and in it again afterwards. lost.c
 */
bool net_is_lost(const struct net_attach *attach, int ns, int home);

/* How it is. 0, or -errno, not logged. */
must_check int net_link_ask(struct net_session *s, const struct net_link *link, struct net_seen *ret);

/* Hears of every change of a link in minit's own network: non-blocking, O_CLOEXEC, the caller's; or -errno. */
must_check int net_seen_open(void);

/* Hears of what is taken away alone, links, ports and addresses: whatever else happens does not wake who listens. */
must_check int net_gone_open(void);

/* The next it has heard: 1, 0 for nothing more, or -errno: something was lost. */
must_check int net_gone_read(int fd, struct net_gone *ret);

/* The next it has heard (name "": nothing of interest): 1, 0 for nothing more, or -errno: something was lost. */
must_check int net_seen_read(int fd, struct net_seen *ret);

/* Whether there is a bridge of this name. */
bool net_bridge_is_there(struct net_session *s, const char *ifname);

/* Whether there is one, and IPv6 is off on it. */
bool net_bridge_lacks_ipv6(struct net_session *s, const char *ifname);

/* Whether bridges that are to have addresses of IPv6 are there, and none has IPv6. */
bool net_ipv6_is_missing(struct net_session *s, const struct net_bridge *bridges, uint32_t count);

/*
 * Gives a bridge that is there those of its addresses that it has no more. 1: there were such; 0: none, or only of IPv6
 * where there is none, which is logged; or -errno, logged.
 */
must_check int net_bridge_addrs(struct net_session *s, const struct net_bridge *bridge);

/*
 * After net_bridge_up (and net_shard_up) of a bridge that was made anew: the port of an eth that has lost its bridge is
 * one again, with all that net_connect gives it: 1. 0: nothing to do, as it is a port, or is gone; or -errno, logged,
 * and then the pair is there still. whole: of one that is a port all else is made sure of, such as its neighbours.
 */
must_check int net_rejoin(struct net_session *s, const char *object, const struct net_attach *attach,
			  const struct net_bridge *bridge, const struct net_extra *extra, bool whole);

/*
 * Tells the bridge of what net_attach made, and sets its host end up; nothing to do for loopback only. bridge and extra
 * are those of net_attach; of another eth too, extra is the service's. At boot, after net_attach of all services: each
 * port that comes up makes the services behind the others receive what it announces and the bridge walk over all
 * ports, and 1000 services need half the time when that comes last. 0 or -errno, logged for `object`, and the pair is
 * gone.
 */
must_check int net_connect(struct net_session *s, const char *object, const struct net_attach *attach,
			   const struct net_bridge *bridge, const struct net_extra *extra);

/* What net_connect has told of the addresses of an eth is no longer so: they may be somebody else's by now. */
void net_disconnect(struct net_session *s, const struct net_attach *attach, const struct net_bridge *bridge);

/* Whether a bridge with a spanning tree has shut the port of an eth, as a frame of that came from it. guard.c */
bool net_port_is_shut(struct net_session *s, const struct net_attach *attach, const struct net_bridge *bridge);

/* Such a port is opened again: 1, and it may be a while until it forwards. 0: it is not shut, or gone; or -errno. */
must_check int net_port_open(struct net_session *s, const char *object, const struct net_attach *attach,
			     const struct net_bridge *bridge);

/*
 * An eth that net_attach made has another MAC than one with its addresses had: who knows that is told, by one frame for
 * each. Once its port forwards. ns: its namespace; home: that of the caller, who is single-threaded and in it again
 * afterwards. 0 or -errno, not logged: -EPERM without CAP_NET_RAW. announce.c
 */
must_check int net_announce(const struct net_attach *attach, int ns, int home);

/*
 * A socket that hears of every change of a link, in minit's own network namespace and, if *ret_all, in those of the
 * services (Linux 4.2, CAP_NET_BROADCAST). Non-blocking, O_CLOEXEC, the caller's. Or -errno.
 */
must_check int net_monitor_open(bool *ret_all);

/* The next it has heard: 1, 0 when there is nothing more, or -errno: something was lost. */
must_check int net_monitor_read(int fd, struct net_change *ret);

/*
 * Asks the kernel how far an eth of a service that waits has come: takes from settle->waits what it need not wait for
 * any more. After the monitor was opened, so that nothing is missed. 0; 1: its port may have been shut; or -errno.
 */
must_check int net_settle_ask(struct net_session *s, const struct net_attach *attach, struct net_settle *settle);

#else

static inline bool mac_is_chosen(const struct net_attach *attach)
{
	(void)attach;
	return false;
}

static inline void mac_of_attach(const struct net_attach *attach, uint8_t *ret_mac)
{
	(void)attach, (void)ret_mac;
}

static inline int net_announce(const struct net_attach *attach, int ns, int home)
{
	(void)attach, (void)ns, (void)home;
	return -EOPNOTSUPP;
}

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

static inline int net_link_remove(struct net_session *s, const struct net_links *all, uint32_t index)
{
	(void)s, (void)all, (void)index;
	return 0;
}

static inline void net_link_announce(const struct net_link *link, uint32_t index, const uint8_t *mac)
{
	(void)link, (void)index, (void)mac;
}

static inline int net_link_up(struct net_session *s, const struct net_links *all, uint32_t index, struct net_seen *ret)
{
	(void)s, (void)all, (void)index, (void)ret;
	return -EOPNOTSUPP;
}

static inline int net_sysctl(const char *object, const char *path, const char *value)
{
	(void)object, (void)path, (void)value;
	return -EOPNOTSUPP;
}

static inline int net_claim(const char *what)
{
	(void)what;
	return -EOPNOTSUPP;
}

static inline int net_claim_place(void)
{
	return -EOPNOTSUPP;
}

static inline void net_note_place(struct net_session *s, int claim)
{
	(void)s, (void)claim;
}

static inline void net_note_dead(struct net_session *s)
{
	(void)s;
}

static inline bool net_is_alone(const struct net_session *s)
{
	(void)s;
	return false;
}

static inline void net_neighbours_clear(struct net_session *s)
{
	(void)s;
}

static inline void net_refusals_clear(struct net_session *s)
{
	(void)s;
}

static inline bool net_is_left(struct net_session *s, const char *ifname)
{
	(void)s, (void)ifname;
	return false;
}

typedef bool net_stays_fn(const void *context, const char *ifname);
static inline int net_left(struct net_session *s, net_stays_fn *stays, const void *context, char (*names)[NET_IFNAME],
			   int most)
{
	(void)s, (void)stays, (void)context, (void)names, (void)most;
	return 0;
}

static inline void net_bridge_clear(struct net_session *s, const struct net_bridge *bridge)
{
	(void)s, (void)bridge;
}

static inline bool net_is_lost(const struct net_attach *attach, int ns, int home)
{
	(void)attach, (void)ns, (void)home;
	return false;
}

static inline int net_link_ask(struct net_session *s, const struct net_link *link, struct net_seen *ret)
{
	(void)s, (void)link, (void)ret;
	return -EOPNOTSUPP;
}

static inline int net_link_strip(struct net_session *s, const struct net_link_pair *pair)
{
	(void)s, (void)pair;
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

static inline int net_bridge_strip(struct net_session *s, const struct net_bridge *was, const struct net_bridge *is)
{
	(void)s, (void)was, (void)is;
	return -EOPNOTSUPP;
}

static inline int net_bridge_set(struct net_session *s, const struct net_bridge *bridge)
{
	(void)s, (void)bridge;
	return -EOPNOTSUPP;
}

static inline bool net_bridge_lacks_ipv6(struct net_session *s, const char *ifname)
{
	(void)s, (void)ifname;
	return false;
}

static inline bool net_ipv6_is_missing(struct net_session *s, const struct net_bridge *bridges, uint32_t count)
{
	(void)s, (void)bridges, (void)count;
	return false;
}

static inline void net_disconnect(struct net_session *s, const struct net_attach *attach,
				  const struct net_bridge *bridge)
{
	(void)s, (void)attach, (void)bridge;
}

static inline bool net_port_is_shut(struct net_session *s, const struct net_attach *attach,
				    const struct net_bridge *bridge)
{
	(void)s, (void)attach, (void)bridge;
	return false;
}

static inline int net_port_open(struct net_session *s, const char *object, const struct net_attach *attach,
				const struct net_bridge *bridge)
{
	(void)s, (void)object, (void)attach, (void)bridge;
	return 0;
}

static inline int net_connect(struct net_session *s, const char *object, const struct net_attach *attach,
			      const struct net_bridge *bridge, const struct net_extra *extra)
{
	(void)s, (void)object, (void)bridge, (void)extra;
	return attach->bridge < 0 ? 0 : -EOPNOTSUPP;
}

#endif

#include "net/shard.h"
#include "net/found.h"
#include "net/tell.h"

#endif
