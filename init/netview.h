/* `minit net`: the network of a minit that runs, as its table asks and as the kernel has it. */
#ifndef INIT_NETVIEW_H
#define INIT_NETVIEW_H

#include "init/drops.h"
#include "init/handed.h"
#include "init/look_net.h"

struct view {
	const struct table *table;
	struct arena mem;
	struct net_drops drops;   /* of others, in the way of what is forwarded */
	struct network_seen seen; /* `own` is that of the service that is looked at */
	struct look look;         /* at it */
	struct buf differences;   /* of all that were looked at, a line each */
	bool shown;               /* something was said already */
	int status;               /* to exit with */
};

/*
 * Looks at a service: v->look and v->seen.own are its, until the next. False with v->status when it cannot be asked
 * about, which is said. To be released always.
 */
must_check bool view_service(struct view *v, uint32_t index, struct handed *h);

/* What it has received and sent by one of its networks, from its side; false when it has nothing of its own. */
bool view_counts(const struct view *v, const struct net_attach *at, struct net_counts *ret);

/* What of a bridge or link is not as the table asks goes to v->differences; whether all is. */
bool view_bridge(struct view *v, const struct net_bridge *bridge);
bool view_link(struct view *v, const struct net_link *link);
bool view_shard(struct view *v, const struct net_shard *shard);

/* How many services are on a bridge: on one shard of it (its index + 1; 0: on itself), or (-1) in all. */
uint32_t view_services_on(const struct table *t, uint32_t bridge, int32_t shard);

/* "br0", "br0 (mb1)", "macvlan upon up0", "web's", "minit's", "loopback" */
void view_put_kind(const struct view *v, uint32_t index, struct buf *b);

/* -- for people: init/netview_say.c -- */
void view_say_all(struct view *v);
void view_say_one(struct view *v, uint32_t index);

/* -- for programs: init/netview_json.c -- */
void view_json_all(struct view *v);
void view_json_one(struct view *v, uint32_t index);

#endif
