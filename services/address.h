/* What services/address.c and those beside it share while networks are laid out. */
#ifndef SERVICES_ADDRESS_H
#define SERVICES_ADDRESS_H

#include "services/compile.h"

/* The addresses of the table: who has which. */
struct plan {
	struct compile *c;
	struct set taken;  /* struct addr up to its prefix -> service index + 1, or ADDR_OF_BRIDGE or _LINK | index */
	struct set derived; /* those of it that were made from a name: likewise */
	bool *full;        /* bridge and family: the subnet has no address left */
	struct set upon;   /* name of a link -> the first macvlan or ipvlan upon it: as in `taken` */
	struct list *also; /* by service: struct net_attach of eth1 and so on */
	struct net_attach **also_given; /* the same until all addresses are given, or NULL */
};

#define ADDR_OF_BRIDGE 0x80000000u
#define ADDR_OF_LINK 0x40000000u
#define ADDR_KEY offsetof(struct addr, prefix) /* bytes of a key of plan.taken */

#define PEER_NAME "mv" /* and the number of the service: the port of a bridge */

#define SUBNET_WIDEST 8 /* prefix: a wider subnet has loopback or groups in it, or all there is */

#define IPV6_MTU_LEAST 1280 /* RFC 8200; below it the kernel has no IPv6 on a link */

/* What a service's network is, as bits. */
enum network_kind {
	NETWORK_HOST = 1,    /* minit's own */
	NETWORK_NONE = 2,    /* loopback alone */
	NETWORK_BRIDGED = 4,
	NETWORK_ON_LINK = 8, /* macvlan, ipvlan */
	NETWORK_JOINED = 16, /* that of another service */
};

/* -- unfit.c -- */

/*
 * Words as those of addr_unfit for a gateway that leads nowhere, or NULL; of an interface with these addresses
 * (NET_ADDRS; family 0 ends them).
 */
const char *gateway_unfit(const struct addr *own, const struct addr *gateway);

/* -- match.c -- */

/* False for a pattern that no device can match. One of a MAC is put in small letters. */
bool match_is_good(char *pattern);

/* Refuses a match that is loopback's, or of the one device that another link of the table has. */
void match_check(struct compile *c, uint32_t index);

/* -- upon.c -- */

/* Refuses a parent that does not carry such a link or service (ADDR_OF_LINK | index, index + 1) or packets as large. */
void upon_check(struct plan *p, uint32_t who);

/* Refuses the MAC of a macvlan that is that of its parent, or of another one upon it. */
void upon_mac(struct compile *c, uint32_t index);

/* Refuses what loopback and a wireguard cannot have, as they have no MAC. */
void ether_check(struct compile *c, const struct draft *d, const struct net_link *link);

/* local and remote of a vxlan. */
void ends_take(struct compile *c, const struct draft *d, struct net_link *link);

/* -- subnet.c -- */

void addr_clear_host(struct addr *a); /* what lies behind the prefix */
/* Of NET_ADDRS addresses the one in whose subnet it lies, or NULL. */
const struct addr *addr_subnet(const struct addr *own, const struct addr *a);

/* Refuses an mtu (or none: NULL) with which there is no IPv6. */
void mtu_check(struct compile *c, const struct draft *d, enum key_id id, const struct toml *mtu);

bool addr_is_net(const struct addr *a); /* nothing does */

/* False for the subnet's own address and its broadcast. */
bool addr_is_host(const struct addr *a);

/* With the prefix of the subnet of the bridge that it is a host of; false: of none. */
bool addr_of_bridge(const struct net_bridge *bridge, struct addr *a);

/*
 * How many numbers hosts of a subnet may have, from *ret_low on; without IPv4's network and broadcast, and IPv6's zero.
 * Of a subnet with more than 32 bits for them the lowest 32.
 */
uint64_t subnet_range(const struct addr *subnet, uint32_t *ret_low);
struct addr subnet_host(const struct addr *subnet, uint32_t number); /* the one of this number */

/* The bridge's own address in the subnet that this one lies in, or NULL. */
const struct addr *subnet_of(const struct net_bridge *bridge, const struct addr *a);
void subnets_put(struct buf *b, const struct net_bridge *bridge); /* all of the bridge, for messages */

/* The addresses of a bridge itself: its subnets. */
void bridge_take(struct plan *p, uint32_t index);

/* -- attach.c -- */

/* Which network a service has, and on which bridge; attach.bridge and namespaces. */
void attach_service(struct compile *c, struct service_spec *spec, const struct draft *d);

/* What is said of its gateways, by itself or by [defaults], or NULL. */
const struct toml *attach_gateway(const struct compile *c, const struct draft *d);

/* -- address.c -- */

/*
 * Who of the others has the address because of a name: service index + 1, or 0. Whoever writes such an address as that
 * of a router means somebody else, or a service that should be given it.
 */
uint32_t addr_derived_by(const struct set *derived, uint32_t index, const struct addr *a);

#define GIVE_IT "give it that or another one by network.address"

/* Gives the service this gateway, if it leads anywhere and is the first of its family. */
void gateway_take(struct compile *c, uint32_t index, const struct toml *node, const struct addr *a);

unsigned addr_count(const struct net_attach *at);

/* Refuses a bridge or link of the table that is called so, as that is the name of `what` of `whose`. */
void ifname_check(struct compile *c, const char *ifname, const char *what, const char *whose);

#define PORT_OF "the bridge's port of"

/* Puts an address on eth0 of a service; 0, or who has it already. */
uint32_t addr_take(struct plan *p, uint32_t index, const struct addr *a);

/* The same on one of its interfaces. */
uint32_t addr_take_on(struct plan *p, uint32_t index, struct net_attach *at, const struct addr *a);

/* One address of each family that the bridge has and the interface was not given. */
void addr_derive(struct plan *p, uint32_t index, struct net_attach *at);
void addr_refuse_taken(struct plan *p, const struct draft *d, const struct toml *node, uint32_t owner);

/* -- values_link.c: links and their addresses, when bridges have theirs -- */

void links_take(struct plan *p);

/* -- network.c -- */

/* What it says of network.mode is none, which was said: what goes with it is not known. */
static inline bool has_bad_mode(const struct draft *d)
{
	return is_seen(d, KEY_NETWORK_MODE) && !d->nodes[KEY_NETWORK_MODE];
}

/* Refuses each key of the service's own that has no meaning for such a network. */
void network_check(struct compile *c, const struct draft *d, enum network_kind kind);

/* eth0 upon a link of minit's. */
void network_on_link(struct compile *c, struct service_spec *spec, const struct draft *d);
void network_on_link_addrs(struct plan *p, uint32_t index);

/* The service whose network it is in, by network.join and join: itself, if nobody else's. */
uint32_t network_owner(const struct compile *c, uint32_t index);

/* Whose network it has too, once all have theirs; routes and the like. */
void network_extras(struct plan *p);

/* -- macs.c -- */

/* If any service is given one, those of the others: MAC -> service index + 1, or ADDR_OF_BRIDGE | index. */
void macs_note(struct compile *c, struct set *macs);

/* -- nearer.c -- */

/* Refuses a link with a subnet within that of a bridge, if a service on that has an address there. */
void nearer_check(const struct plan *p);

/* -- also.c -- */

/* eth1 and so on of a service, for network_extras. */
void also_take(struct plan *p, uint32_t index);   /* with the addresses that are given */
void also_derive(struct plan *p, uint32_t index); /* the others */

/* They are p->also[index].count, in the image. */
struct net_attach *also_of(const struct plan *p, uint32_t index);

/* How many interfaces of services are on a bridge: eth0, eth1 and so on. When all of them are known. */
uint32_t also_members(const struct plan *p, uint32_t bridge);

/* -- shard.c -- */

/* Who is a port of which bridge of the kernel, once all interfaces are known; puts compile.shards. */
void shards_finish(struct plan *p);

/* -- ports.c: ports, allow, and the rulesets made of them, when nothing of an interface is changed any more -- */

void ports_finish(const struct plan *p);

/* -- peers.c -- */

/* Who speaks with whom by bridges that both are on: lists of struct net_neighbour by service. When MACs are known. */
struct list *peers_of_all(const struct plan *p);

/* -- hosts.c: files of names, when all addresses are known -- */

/* What /etc/resolv.conf of a service is, or 0. */
uint32_t hosts_resolv(struct compile *c, uint32_t index);

/* /etc/hosts of all services, and what the bridges' files of names have. */
void hosts_finish(struct compile *c);

#endif
