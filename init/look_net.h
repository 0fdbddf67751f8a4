/* The networks that a service has to do with, as the kernel has them. */
#ifndef INIT_LOOK_NET_H
#define INIT_LOOK_NET_H

#include "init/look.h"
#include "net/net.h"

#define NETWORK_SEEN_MOST ((size_t)1 << 28) /* bytes of address space for what is read */

#define NETWORK_FAMILIES 2 /* IPv4, IPv6 */

struct network_seen {
	struct net_found host; /* minit's */
	int8_t forwards[NETWORK_FAMILIES]; /* it: 1, 0, or -1: unknown */
	struct net_found_rules rules;
	struct net_found own;  /* the service's; empty when it has none */
	int err;               /* of reading it */
};

/* Reads minit's network (0 or -errno), and that of a service. The caller is in the one that was read last. */
must_check int network_see(int net, struct arena *mem, struct network_seen *ret);
void network_see_own(int own_net, struct arena *mem, struct network_seen *seen);

/* Tells of its network, as look_network does. */
void look_network_at(struct look *l, const struct network_seen *seen);

/* Puts what of its network is not as asked, a line each as look_tell has them; nothing if that may not be asked. */
void look_network_differs(const char *name, struct buf *ret);

/* Whether the link of this number has the address; 0: any link. */
bool network_has_addr(const struct net_found *f, uint32_t index, const struct addr *a);
bool network_has_route(const struct net_found *f, uint32_t index, const struct net_route *wanted);

/* The bridge of the kernel that its interface is a port of. */
const char *network_port_of(const struct table *t, const struct net_attach *at);

/* "50M", "1500K": bits in a second as in a table. */
void put_bps(struct buf *b, uint64_t bps);

/* "0.0.0.0:8080-8090/tcp", and where it leads: "10.77.0.10:80". */
void put_port(struct buf *b, const struct net_port *port);
void put_port_to(struct buf *b, const struct net_port *port);

/* "db:6379/tcp", "db" */
void put_allow(struct buf *b, const struct table *t, const struct net_allow *allow);

/* Its number among the balanced ports, or -1. */
int64_t group_of(const struct table *t, const struct net_port *port);

#endif
