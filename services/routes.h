/* Routes as a table has them, of a service and of a link alike: words as those of ip-route(8). */
#ifndef SERVICES_ROUTES_H
#define SERVICES_ROUTES_H

#include "services/compile.h"

#define ROUTES_MAX 64 /* of one service or link */

/* Whose routes they are: which keys say so, and the addresses that a gateway has to be beside. */
struct route_place {
	const struct draft *draft;
	enum key_id key, gateway;  /* of the list, and of the default routes */
	const struct addr *addr;   /* NET_ADDRS of them; family 0 ends the list */
	bool has_eths;             /* eth0 with these, and further ones: */
	const struct net_attach *also;
	uint32_t also_count;
	const char *whose;         /* for messages: "service" */
	const struct set *derived; /* addresses that services have by their names; NULL: no matter */
	uint32_t index;            /* of the service, for that */
	bool may_have_more;        /* addresses that the table does not know */
	uint32_t before;           /* how many routes of the same network stand before `routes` */
};

/* As one writes it into a table. */
void route_text(struct buf *b, const struct net_route *route);

/* The routes of `list` (NULL: none) into routes, which has room for ROUTES_MAX; what is wrong is told. How many. */
uint32_t routes_take(struct compile *c, const struct route_place *place, const struct toml *list,
		     struct net_route *routes);

/* A number that is not given yet, from 1 on. */
bool take_number(const char *text, uint32_t *field);

#endif
