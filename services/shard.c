/*
 * Which members of a bridge are ports of which bridge of the kernel, once one of these has not enough of them:
 * net/shard.h. The bridge itself is filled first, then shard after shard, in the order of the table.
 */
#include <string.h>

#include "net/net.h"
#include "services/address.h"

/* A frame for all ports is lost for those behind the 1000th (net.core.netdev_max_backlog): of those made first. */
#define SHARD_PORTS 900

#define SHARD_OF "a shard of bridge"

struct star {
	struct plan *plan;
	uint32_t bridge;
	uint32_t ports;   /* most of each bridge of the kernel */
	uint32_t members; /* eth0, eth1 and so on of services */
	uint32_t bound;   /* of these, which have to be on the bridge itself */
	uint32_t links;   /* of the table that are its ports too */
	uint32_t shards;
	uint32_t at, room; /* while they are filled: which shard, 0 the bridge itself, and how many more it takes */
};

static const struct draft *draft_of(const struct star *s)
{
	return &s->plan->c->bridges.drafts[s->bridge];
}

/*
 * A bridge takes the smallest MTU of its ports, so that what it sends itself passes to each of them: those with one of
 * their own are its own ports, as what is behind a pair to a shard it does not see.
 */
static const struct toml *bound_by(const struct star *s, uint32_t index)
{
	const struct compile *c = s->plan->c;
	const struct toml *mtu = given(c, &c->services.drafts[index], KEY_NETWORK_MTU);

	return mtu && mtu->number != bridge_mtu(&c->bridge_specs[s->bridge]) ? mtu : NULL;
}

static void count_members(struct star *s)
{
	const struct compile *c = s->plan->c;

	for (uint32_t i = 0; i < c->services.count; i++)
		s->bound += c->specs[i].attach.bridge == (int32_t)s->bridge && bound_by(s, i);
	s->members = also_members(s->plan, s->bridge);
	s->links = links_on(c, s->bridge);
}

/* -- what cannot be ------------------------------------------------------------------------------------------------ */

static void refuse_bound(struct star *s, uint32_t own)
{
	struct compile *c = s->plan->c;
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->services.count; i++) {
		const struct toml *mtu = c->specs[i].attach.bridge == (int32_t)s->bridge ? bound_by(s, i) : NULL;

		if (!mtu || ++n <= own)
			continue;
		refuse(c, mtu, "%s: network.mtu: bridge %s has %u ports for services with another mtu than its own; "
		       "give the bridge this mtu, or fewer services", c->services.drafts[i].title,
		       c->bridge_specs[s->bridge].name, own);
		return;
	}
}

/* True when that is told. */
static bool is_refused(struct star *s)
{
	struct compile *c = s->plan->c;
	const struct draft *d = draft_of(s);
	const struct toml *stp = d->nodes[KEY_BRIDGE_STP];
	uint32_t room = s->ports - MIN(s->links, s->ports);

	if (stp && stp->truth)
		refuse(c, stp, "%s: stp: its %u services make it several bridges of up to %u ports each (shard), which "
		       "are a tree already; remove stp, or spread the services over bridges of the table", d->title,
		       s->members, s->ports);
	else if (s->shards > room)
		refuse_key(c, d->header, "%s: %u services are too many for bridges of %u ports each; raise shard",
			   d->title, s->members, s->ports);
	else if (s->shards > NET_SHARDS - c->shard_count)
		refuse_key(c, d->header, "%s: its %u services take %u more bridges of the kernel, and a table can "
			   "have %u of them; raise shard", d->title, s->members, s->shards, NET_SHARDS);
	else if (s->bound > room - s->shards)
		refuse_bound(s, room - s->shards);
	else
		return false;
	return true;
}

/* -- who is where -------------------------------------------------------------------------------------------------- */

static void add_shard(struct star *s)
{
	struct compile *c = s->plan->c;
	const char *bridge = c->bridge_specs[s->bridge].name;
	struct net_shard *shard = &c->shards[c->shard_count++];

	*shard = (struct net_shard){ .bridge = s->bridge, .alone = has_port_isolation(c, (int32_t)s->bridge) };
	net_shard_name(shard, c->shard_count);
	ifname_check(c, shard->name, SHARD_OF, bridge);
	ifname_check(c, shard->up, SHARD_OF, bridge);
	ifname_check(c, shard->down, SHARD_OF, bridge);
}

static void place(struct star *s, struct net_attach *at)
{
	if (at->bridge != (int32_t)s->bridge)
		return;
	if (!s->room) {
		add_shard(s);
		s->at = s->plan->c->shard_count;
		s->room = s->ports - 1;
	}
	at->shard = (uint8_t)s->at;
	s->room--;
}

static void fill(struct star *s)
{
	struct compile *c = s->plan->c;

	s->room = s->ports - s->links - s->shards - s->bound;
	for (uint32_t i = 0; i < c->services.count; i++) {
		struct net_attach *also = also_of(s->plan, i);

		if (!bound_by(s, i))
			place(s, &c->specs[i].attach);
		for (uint32_t k = 0; k < s->plan->also[i].count; k++)
			place(s, &also[k]);
	}
}

static void shard(struct plan *p, uint32_t bridge)
{
	const struct toml *ports = p->c->bridges.drafts[bridge].nodes[KEY_BRIDGE_SHARD];
	struct star s = { .plan = p, .bridge = bridge, .ports = ports ? (uint32_t)ports->number : SHARD_PORTS };

	count_members(&s);
	if (s.members + s.links <= s.ports)
		return;
	/* Each takes a port of the bridge and one of its own. */
	s.shards = (s.members + s.links - s.ports + s.ports - 3) / (s.ports - 2);
	if (!is_refused(&s))
		fill(&s);
}

void shards_finish(struct plan *p)
{
	struct compile *c = p->c;

	c->shards = arena_array(c->work, struct net_shard, NET_SHARDS);
	for (uint32_t i = 0; i < c->bridges.count; i++)
		shard(p, i);
	c->table->shards = image_array(c, c->shards, c->shard_count);
}
