/* The parts of a ruleset, one file each. Private to net/. */
#ifndef NET_RULES_H
#define NET_RULES_H

#include "net/net.h"
#include "net/nft.h"

/* -- ruleset.c -- */
const struct net_attach *plan_attach(const struct ruleset_plan *plan, uint32_t index);
bool plan_has(const struct ruleset_plan *plan, uint32_t flags); /* a bridge with one of them */
bool plan_wants(const struct ruleset_plan *plan, uint8_t family);
struct nft_value target_of(const struct addr *to, uint16_t port); /* an element of a map to address and port */

/* -- balance.c: the chain of a group, and the map of its members that are ready; both have one name -- */
struct group_name {
	char text[16];
};
struct group_name group_name(uint32_t index);
void group_declare(struct nft *n, uint32_t index, const struct net_group *group);

/* -- between.c: the services among each other -- */
void allow_put_routed(struct nft *n, const struct ruleset_plan *plan); /* in chain forward of the inet table */
void between_put(struct nft *n, const struct ruleset_plan *plan);      /* the bridge table */

#endif
