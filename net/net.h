/*
 * The network of the services over rtnetlink: loopback, bridges, one network
 * namespace and veth pair for each service. rtnetlink(7), veth(4),
 * network_namespaces(7).
 *
 * All of it happens before the first service starts; what is made is kept by
 * descriptors (of namespaces) in the state file, and stays across restarts.
 * net/ keeps no state of its own.
 */
#ifndef NET_NET_H
#define NET_NET_H

#include "lib/text.h"

#define NET_IFNAME 16 /* IFNAMSIZ */
#define NET_ADDRS 4   /* most addresses of one interface */

/* A bridge as the table has it; position-independent. */
struct net_bridge {
	char name[NET_IFNAME];
	struct addr addr[NET_ADDRS]; /* of the bridge itself, with the subnet's prefix; family 0 ends the list */
	uint32_t mtu;                /* 0: the kernel's default */
	uint32_t reserved;
};

/* What one service's network namespace holds besides loopback. */
struct net_attach {
	int32_t bridge;              /* index in the table, or -1: loopback only */
	char peer[NET_IFNAME];       /* name of the host end, from the service's index: unique here */
	struct addr addr[NET_ADDRS]; /* of eth0, with the subnet's prefix; family 0 ends the list */
	struct addr gateway[2];      /* default routes, IPv4 and IPv6; family 0: none */
};

/* Loopback up, in the calling process's own network namespace. 0 or -errno. */
must_check int net_loopback(void);

/*
 * Makes the bridge with its addresses and sets it up; one that exists under
 * this name is used if it is a bridge. Failure is logged with the kernel's own
 * words. 0 or -errno.
 */
must_check int net_bridge_up(const struct net_bridge *bridge);

/*
 * Makes a network namespace with loopback up and, if attach->bridge >= 0, a
 * veth pair whose one end `eth0` in it has the addresses and routes and whose
 * other end is a port of `bridge` (NULL without one). Returns a descriptor of the
 * namespace (O_CLOEXEC, the caller's) or -errno, with the failure logged for
 * `object` (the service's name). The calling process must be single-threaded;
 * it is in its own namespace again afterwards.
 */
must_check int net_attach(const char *object, const struct net_attach *attach,
			  const struct net_bridge *bridge);

/* Deletes host end `peer` (and so the pair) or a bridge; what is not there is no error. */
int net_remove(const char *ifname);

#endif
