/*
 * Services that are said to speak to each other (needs, network.allow) know each other's MACs from the table, and so
 * does a service that of its gateway: the first packet between them asks nobody, and none is lost with the question.
 */
#include <stdlib.h>
#include <string.h>

#include "net/net.h"
#include "services/address.h"

struct pair {
	uint32_t from, to;
};

struct pairs {
	const struct plan *plan;
	struct compile *c;
	struct pair *list;
	uint32_t count;
};

static uint32_t count_texts(const struct compile *c)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->services.count; i++) {
		const struct toml *const *nodes = c->services.drafts[i].nodes, *allow = nodes[KEY_NETWORK_ALLOW];

		n += nodes[KEY_NEEDS] ? nodes[KEY_NEEDS]->count : 0;
		for (const struct toml *e = text_first(allow); e; e = text_next(allow, e))
			n++;
	}
	return n;
}

/*
 * The service that a text of needs or allow begins with; what is wrong in it is told elsewhere. Who is in the network
 * of another speaks by what that one has.
 */
static void add(struct pairs *p, uint32_t from, const struct toml *node)
{
	struct compile *c = p->c;
	size_t len = node_text(node) ? strcspn(node->text, ":") : 0;
	int to = len ? service_index(c, arena_text(c->work, node->text, len)) : -1;

	if (to < 0)
		return;
	from = network_owner(c, from);
	to = (int)network_owner(c, (uint32_t)to);
	if ((uint32_t)to == from)
		return;
	p->list[p->count++] = (struct pair){ from, (uint32_t)to };
	p->list[p->count++] = (struct pair){ (uint32_t)to, from };
}

/*
 * A gateway that is another service: what is sent by it waits for no answer. Not the other way round: who is a router
 * is not made anew for each that comes to use it.
 */
static void add_gateways(struct pairs *p, uint32_t from)
{
	const struct net_attach *at = &p->c->specs[from].attach;

	for (size_t i = 0; at->bridge >= 0 && i < ARRAY_LEN(at->gateway); i++) {
		const struct addr *gateway = &at->gateway[i];
		uint32_t owner = gateway->family ? set_get(&p->plan->taken, gateway, ADDR_KEY) : 0;

		if (owner && owner <= p->c->services.count && owner - 1 != from)
			p->list[p->count++] = (struct pair){ from, owner - 1 };
	}
}

static void read_all(struct pairs *p)
{
	for (uint32_t i = 0; i < p->c->services.count; i++) {
		const struct toml *const *nodes = p->c->services.drafts[i].nodes;
		const struct toml *needs = nodes[KEY_NEEDS], *allow = nodes[KEY_NETWORK_ALLOW];

		for (const struct toml *e = needs ? needs->first : NULL; e; e = e->next)
			add(p, i, e);
		for (const struct toml *e = text_first(allow); e; e = text_next(allow, e))
			add(p, i, e);
		add_gateways(p, i);
	}
}

static int by_service(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return x->to < y->to ? -1 : x->to > y->to;
}

static uint32_t count_eths(const struct plan *p, uint32_t index)
{
	return 1 + p->also[index].count;
}

static const struct net_attach *eth_of(const struct plan *p, uint32_t index, uint32_t n)
{
	return n ? also_of(p, index) + n - 1 : &p->c->specs[index].attach;
}

struct near {
	struct net_neighbour *list;
	uint32_t count;
};

static void put_eth(struct near *near, const struct net_attach *from, const struct net_attach *to)
{
	struct net_neighbour neighbour = { .eth = from->number };

	mac_of_attach(to, neighbour.mac);
	for (unsigned i = 0; i < addr_count(to); i++) {
		neighbour.addr = to->addr[i];
		near->list[near->count++] = neighbour;
	}
}

/* By each bridge that both are on. */
static void put_peer(const struct plan *p, struct near *near, const struct pair *pair)
{
	for (uint32_t i = 0; i < count_eths(p, pair->from); i++) {
		const struct net_attach *from = eth_of(p, pair->from, i);

		for (uint32_t k = 0; from->bridge >= 0 && k < count_eths(p, pair->to); k++)
			if (eth_of(p, pair->to, k)->bridge == from->bridge)
				put_eth(near, from, eth_of(p, pair->to, k));
	}
}

/* The addresses of the services that pairs[0..count[ lead to, each of these once. */
static struct list neighbours(const struct plan *p, const struct pair *pairs, uint32_t count)
{
	struct near near = { .count = 0 };
	uint32_t eths = 0;

	for (uint32_t i = 0; i < count; i++)
		eths += count_eths(p, pairs[i].to);
	near.list = arena_array(p->c->work, struct net_neighbour, eths * NET_ADDRS);
	for (uint32_t i = 0; i < count; i++)
		if (!i || pairs[i].to != pairs[i - 1].to)
			put_peer(p, &near, &pairs[i]);
	return near.count ? image_array(p->c, near.list, near.count) : (struct list){ 0 };
}

struct list *peers_of_all(const struct plan *plan)
{
	struct compile *c = plan->c;
	struct list *lists = arena_array(c->work, struct list, c->services.count);
	struct pairs p = { .plan = plan, .c = c };

	p.list = arena_array(c->work, struct pair, 2 * (count_texts(c) + c->services.count));
	read_all(&p);
	qsort(p.list, p.count, sizeof(p.list[0]), by_service);
	for (uint32_t i = 0, end; i < p.count; i = end) {
		for (end = i; end < p.count && p.list[end].from == p.list[i].from;)
			end++;
		lists[p.list[i].from] = neighbours(plan, p.list + i, end - i);
	}
	return lists;
}
