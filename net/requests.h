/*
 * The requests of net/, one function each, and what is said when one fails.
 * Private to net/.
 */
#ifndef NET_REQUESTS_H
#define NET_REQUESTS_H

#include <string.h>
#include <sys/socket.h>

#include "net/net.h"
#include "net/netlink.h"

enum net_step {
#define STEP(name, words) NET_##name,
#include "net/steps.def"
#undef STEP
	NET_COUNT
};

#define NET_ETH0 "eth0"

#define NET_BATCH 1536 /* bytes that hold the largest batch */

struct link_info {
	uint32_t index;
	uint32_t flags; /* IFF_* */
	uint8_t mac[NET_MAC];
	uint8_t operstate;     /* IF_OPER_* */
	uint8_t port_state;    /* BR_STATE_* of a bridge's port, else 0 */
	bool port_alone;       /* a port that does not speak with others like it */
	bool filters;          /* a bridge that looks at VLANs */
	bool ipv6;             /* a bridge on which IPv6 is not off */
	int nsid;              /* where its other end is: the number of that namespace in ours, or -1 */
	uint32_t master;       /* number of the bridge or bond that it is a port of, or 0 */
	uint32_t group;
	uint32_t carriers;     /* how often carrier came or went */
	char name[NET_IFNAME];
	char alias[8];         /* what fits of it */
	char kind[NET_IFNAME]; /* "bridge", "veth", "" for a device */
};

/* -- mark.c -- */

#define LINK_MARK "minit" /* the alias of what minit has made, with its place from 1 on: what is left is known by it */

/*
 * The group of the outer end of a service's pair, the mark of that: "mini", and the place is added. It is born in it,
 * which costs no request.
 */
#define PAIR_MARK 0x6d696e69u

/* The alias of what a minit in this place makes. */
void mark_put(struct buf *b, unsigned place);
/* The place of the minit that has made it, or -1. */
int link_place(const struct link_info *info);
/* Whether a minit that is gone has made it, or this one. */
bool link_is_left(const struct net_session *s, const struct link_info *info);

/* -- link.c -- */

#define OPER_UP 6 /* IF_OPER_UP: linux/if.h cannot stand beside net/if.h */

/* A port that has carrier, and from which nothing is taken: that of a bridge that is down is as well. */
static inline bool port_is_shut(const struct link_info *port)
{
	return port->master && port->operstate == OPER_UP && !port->port_state; /* BR_STATE_DISABLED */
}

/* Begins request->type on the link of request->name; up: sets IFF_UP. More attributes may follow. */
void link_begin(struct netlink_batch *b, const struct netlink_request *request, bool up);
void link_up(struct netlink_batch *b, const char *name);
void link_down(struct netlink_batch *b, const char *name);
void link_quiet(struct netlink_batch *b, const char *name); /* no IPv6 link-local address once it is up */
void link_delete(struct netlink_batch *b, const char *name);
void link_mark(struct netlink_batch *b, const char *name, unsigned place); /* in the send that makes it */

/* 0, -ENODEV, or -errno; nothing is logged. */
must_check int link_find(struct netlink *nl, const char *name, struct link_info *ret);
/* The number alone, of one that minit has made: 0; or as link_find, and *ret is 0 then. */
must_check int link_index(struct netlink *nl, const char *name, uint32_t *ret);
/* The same as link_find in the namespace of this number (link_info.nsid). Linux 4.20. */
must_check int link_find_in(struct netlink *nl, int nsid, const char *name, struct link_info *ret);

/* -- list.c -- */

typedef void netlink_each_fn(void *context, struct netlink_bytes body);

/*
 * Has each of what the kernel lists taken (type: RTM_GETADDR and the like; family: AF_UNSPEC for all), but for what is
 * shorter than the header of `header` bytes that it begins with. 0 or -errno.
 */
must_check int netlink_list(struct netlink *nl, uint16_t type, uint8_t family, size_t header, netlink_each_fn *each,
			    void *context);

/* A list of the kernel's of which minit knows some for its own. */
struct sweep {
	uint16_t type;       /* RTM_GET* */
	size_t header, size; /* of its message, as in netlink_list; of what take gives, 64 at most */
	bool (*take)(struct netlink_bytes body, void *ret_one); /* whether it is ours */
	int (*drop)(struct net_session *s, const void *one, uint8_t family); /* 0 or -errno */
};

/* Takes all of those away, of IPv4 and IPv6, but for what cannot be. sweep.c */
void sweep(struct net_session *s, const struct sweep *of);

/* The same of all links, without their statistics, which would be most of each answer; what is none is not left out. */
must_check int links_list(struct netlink *nl, netlink_each_fn *each, void *context);
/* What a message about a link says: 0, or -EPROTO. */
must_check int link_take(struct netlink_bytes body, struct link_info *ret);
/* What both ends of a pair get when it is made. mtu 0: the kernel's. */
void link_put_half(struct netlink_batch *b, uint32_t mtu);
enum link_port_flag {
	LINK_HAIRPIN = 1, /* what comes from it may go back there */
	LINK_ALONE = 2,   /* it does not speak with others like it */
	LINK_GUARD = 4,   /* a bridge with a spanning tree shuts it when a frame of that comes from it */
};

/* Of a port, in the request that sets it up; the kernel does it before that. */
void link_put_port(struct netlink_batch *b, unsigned flags);
int link_find_failed(const char *object, const char *name, int err); /* logs it; err is < 0 and returned */

/* -- addr.c -- */

/* All of the list, which must not be left out when only IPv6 ones are there. */
void addrs_add(struct netlink_batch *b, const struct addr *list, uint32_t index);
void addrs_add_ipv4(struct netlink_batch *b, const struct addr *list, uint32_t index); /* those of IPv4 alone */
/* One that the table does not have, and that may be left out. */
void addr_add_own(struct netlink_batch *b, const struct addr *addr, uint32_t index);
void addr_remove(struct netlink_batch *b, const struct addr *addr, uint32_t index);
/* -EEXIST of the kernel if it is there. */
void addr_add_missing(struct netlink_batch *b, const struct addr *list, unsigned which, uint32_t index);
void route_add(struct netlink_batch *b, const struct addr *gateway, bool onlink, uint32_t index);
void addr_put_broadcast(struct netlink_batch *b, const struct addr *addr); /* IFA_BROADCAST of an IPv4 address */
void neighbour_add(struct netlink_batch *b, const struct addr *addr, uint32_t index, const uint8_t *mac);

/* Forgets whose this address on link `index` is: 0, or -errno, not logged, such as where it does not know. */
int neighbour_drop(struct net_session *s, const struct addr *addr, uint32_t index);

/* The MAC is behind this port of its bridge, which need not hear of it first, and forgets it with the port. */
void place_add(struct netlink_batch *b, const char *ifname, uint32_t port, const uint8_t *mac);

/* The default route of a link. */
struct net_route route_of_gateway(const struct net_link *link, const struct addr *via);
/* In place of one like it; on link `index`, unless it leads nowhere. */
void route_put(struct netlink_batch *b, const struct net_route *route, uint32_t index, uint8_t protocol);
/* Takes one like it away. 0 or -errno; nothing is logged. */
int route_drop(struct net_session *s, const struct net_route *route, uint32_t index, uint8_t protocol);
/* Whether it builds on an address of IPv6; one that leads nowhere does not. */
bool route_is_on_ipv6(const struct net_route *route);

/* -- kind_put.c -- */

void kind_put(struct netlink_batch *b, const struct net_link *link, uint32_t parent); /* number of the parent, or 0 */

/* -- mac.c -- */

/*
 * A locally administered MAC that follows from the table, so that it is the
 * same on every boot and known to all without asking: of the interface whose
 * first address this is.
 */
void mac_of_address(const struct addr *addr, uint8_t *ret_mac);
/* The link-local address that follows from it, with the prefix (RFC 4291, appendix A). */
struct addr mac_link_local(const uint8_t *mac);

/*
 * Whether the eth is given it. The kernel would have no address to ask from for the MAC of whom a service passes
 * packets on to, as one that is in several networks may. Where antispoof is, nothing can be passed on.
 */
bool mac_is_router(const struct net_attach *attach, const struct net_bridge *bridge);

/* -- net.c -- */

/* Logs `object: step NAME: why; what to do`. Returns -err. */
int net_failed(const char *object, const struct netlink_request *request, int err, const char *words);

/* Back into minit's own network namespace. 0, or -errno, logged. */
int net_return(const char *object, int home);

/*
 * Sends the batch and takes its answers. The first failure is logged and
 * returned as -errno; what is missing of IPv6 is none unless request->given.
 */
must_check int net_run(struct net_session *s, const char *object, struct netlink_batch *b);
/* The same, but a failure of this errno value is not logged. */
must_check int net_try(struct net_session *s, const char *object, struct netlink_batch *b, int quiet);

/* Of a bridge that is s->master: by the table it has an address of IPv6, which it cannot have. */
static inline bool master_lacks_ipv6(const struct net_session *s, const struct net_bridge *bridge)
{
	return !s->master.ipv6 && bridge_has_family(bridge, AF_INET6);
}

#if ENABLED(CONFIG_NET_BRIDGE)

/* -- setting.c -- */

#define SETTINGS "/proc/sys/net/"

/* Of an interface; version: 4 or 6. What does not fit, buf_check says. */
void setting_path(struct buf *ret, unsigned version, const char *ifname, const char *what);
must_check int setting_read(const char *path); /* the digit that it is, or -errno */
/* 1: it was something else before; 0: it was so already; or -errno, not logged: where it cannot be read nothing is. */
must_check int setting_put(const char *path, int value);

/* -- bridge.c -- */

/* Makes it with this MAC; it is still down. 0 or -errno, logged, and nothing is left behind. */
must_check int bridge_create(struct net_session *s, const struct net_bridge *bridge, const uint8_t *mac);

/* One that minit has made, and that is to have no IPv6: no link-local address either. */
void bridge_hush(struct net_session *s, const struct net_bridge *bridge, const struct link_info *found);

/* Finds the bridge in the kernel if it is not the one of s->master, and puts it there. 0 or -errno, logged. */
must_check int bridge_find(struct net_session *s, const char *object, const struct net_bridge *bridge);
/* The same of a shard of the bridge that is s->master, in s->shard. */
must_check int bridge_find_shard(struct net_session *s, const char *object, const struct net_shard *shard);

/* What a new one has, as far as that is the kernel's to say. */
extern const struct net_bridge bridge_fresh;
/* Begins the request that sets one that is there; mac NULL: the one that it has is not spoken of. */
void bridge_adopt(struct netlink_batch *b, const struct net_bridge *bridge, const uint8_t *mac, bool filters);

/* -- strip.c -- */

/* Takes away a route of a link of this number, if it is there. */
void route_forget(struct net_session *s, const struct net_link *link, const struct net_route *route, uint32_t index);

/* Whether it is among NET_ADDRS, with this prefix. */
bool addrs_have(const struct addr *list, const struct addr *addr);
/* Takes it from the link of this number; it may be gone already. 0 or -errno, logged for `object`. */
must_check int addr_strip(struct net_session *s, const char *object, const struct addr *addr, uint32_t index);
/* The same of those that one list has and the other has not. */
must_check int addrs_strip(struct net_session *s, const char *object, const struct addr *was, const struct addr *is,
			  uint32_t index);

/* -- star.c -- */

/* What a shard is as a bridge. filters: whether that of the table looks at VLANs. */
struct net_bridge shard_bridge(const struct net_bridge *bridge, const struct net_shard *shard, bool filters);

/* -- veth.c -- */

/* The pair: a port of the bridge here, eth0 in the namespace of descriptor ns. 0 or -errno, logged. */
must_check int veth_attach(struct net_session *s, const char *object, const struct net_attach *attach,
			   const struct net_bridge *bridge, const struct net_extra *extra, int ns);

/* The requests that give eth0, link number `index`, what the table says; bridge NULL: it is on none. */
void eth0_inside(struct net_session *s, struct netlink_batch *b, const struct net_attach *attach,
		 const struct net_bridge *bridge, uint32_t index);

/* -- onlink.c -- */

/* eth0 in the namespace of descriptor ns, upon link attach->peer here. 0 or -errno, logged. */
must_check int onlink_attach(struct net_session *s, const char *object, const struct net_attach *attach,
			     const struct net_extra *extra, int ns);

/* -- announce.c -- */

/* As net_run, of settings of a bridge or link. is_another: of its MAC, too: then who knows the one before is told. */
must_check int announce_run(struct net_session *s, const char *ifname, struct netlink_batch *b, bool is_another);

/* The frame that tells all of whose an address is. How long it is. Pure. */
#define NET_FRAME 86
size_t announce_put(uint8_t frame[NET_FRAME], const struct addr *addr, const uint8_t *mac);

/* -- rate.c -- */

/* In bytes: in a second, at once, and most that waits. */
struct rate_bucket {
	uint64_t bytes;
	uint32_t burst, limit;
};
struct rate_bucket rate_bucket(uint64_t bps, uint32_t mtu);

/* Largest packet of a pair, by the table; 0: what the kernel gives. */
static inline uint32_t pair_mtu(const struct net_bridge *bridge, const struct net_extra *extra)
{
	return extra->mtu ? extra->mtu : bridge->mtu;
}

/* The same of a service's eth0, which may be no pair. */
uint32_t rate_mtu(const struct net_attach *attach, const struct net_extra *extra);

/* The link of this name and index sends no more than so many bits in a second. */
void rate_add(struct netlink_batch *b, const char *name, uint32_t index, uint64_t bps, uint32_t mtu);

/* -- extra.c -- */

/* What is done for it at the host end. 0 or -errno, logged. */
must_check int extra_outside(struct net_session *s, const char *object, const struct net_attach *attach,
			     const struct net_extra *extra);

/* The routes and neighbours by the eth of this number, whose index it is. 0 or -errno, logged. */
must_check int ways_inside(struct net_session *s, const char *object, struct netlink *inside,
			   const struct net_extra *extra, unsigned number, uint32_t index);

/* What else the network of descriptor ns has by eth0, whose index it is. 0 or -errno, logged. */
must_check int extra_inside(struct net_session *s, const char *object, struct netlink *inside,
			    const struct net_attach *attach, const struct net_extra *extra, uint32_t index, int ns);

#else

static inline int veth_attach(struct net_session *s, const char *object, const struct net_attach *attach,
			      const struct net_bridge *bridge, const struct net_extra *extra, int ns)
{
	(void)s, (void)object, (void)attach, (void)bridge, (void)extra, (void)ns;
	return -EOPNOTSUPP;
}

static inline int onlink_attach(struct net_session *s, const char *object, const struct net_attach *attach,
				const struct net_extra *extra, int ns)
{
	(void)s, (void)object, (void)attach, (void)extra, (void)ns;
	return -EOPNOTSUPP;
}

static inline int extra_outside(struct net_session *s, const char *object, const struct net_attach *attach,
				const struct net_extra *extra)
{
	(void)s, (void)object, (void)attach, (void)extra;
	return 0;
}

static inline int ways_inside(struct net_session *s, const char *object, struct netlink *inside,
			      const struct net_extra *extra, unsigned number, uint32_t index)
{
	(void)s, (void)object, (void)inside, (void)extra, (void)number, (void)index;
	return 0;
}

static inline int extra_inside(struct net_session *s, const char *object, struct netlink *inside,
			       const struct net_attach *attach, const struct net_extra *extra, uint32_t index, int ns)
{
	(void)s, (void)object, (void)inside, (void)attach, (void)extra, (void)index, (void)ns;
	return 0;
}

static inline void eth0_inside(struct net_session *s, struct netlink_batch *b, const struct net_attach *attach,
			       const struct net_bridge *bridge, uint32_t index)
{
	(void)s, (void)b, (void)attach, (void)bridge, (void)index;
}

#endif

#endif
