#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "net/net.h"
#include "services/address.h"
#include "services/spans.h"

/* What the services of isolated bridges may reach of each other. */

struct allows {
	struct compile *c;
	struct net_allow *list;
	uint32_t count, ports;
};

static bool read_ports(const char *text, struct net_allow *allow)
{
	struct span span = { 0 };

	if (!*text) {
		allow->proto = 0;
		return true;
	}
	text++;
	if (!span_take(&text, &span) || !protocol_take(text, &allow->proto))
		return false;
	allow->low = span.low;
	allow->last = span.last;
	return true;
}

static int find(struct compile *c, const struct draft *d, const struct toml *node, size_t len)
{
	struct toml name = *node;
	int index;

	name.text = arena_text(c->work, node->text, len);
	name.len = (uint32_t)len;
	index = service_index(c, name.text);
	if (index < 0)
		refuse_nobody(c, d->title, "network.allow", &name, &c->services, "service");
	return index;
}

static bool is_isolated(const struct compile *c, int32_t bridge)
{
	return bridge >= 0 && c->bridge_specs[bridge].flags & NET_ISOLATE;
}

static bool have_family(const struct net_attach *a, const struct net_attach *b, uint8_t family)
{
	return addr_has_family(a->addr, NET_ADDRS, family) && addr_has_family(b->addr, NET_ADDRS, family);
}

static bool can_speak(const struct net_attach *a, const struct net_attach *b)
{
	return have_family(a, b, AF_INET) || have_family(a, b, AF_INET6);
}

static void refuse_bridgeless(struct compile *c, const struct draft *d, const struct toml *node, uint32_t to)
{
	const struct draft *other = &c->services.drafts[to];
	const struct toml *join = other->nodes[KEY_NETWORK_JOIN];

	if (join)
		refuse(c, node, "%s: network.allow: the network of %s is that of %s; allow that one", d->title,
		       other->title, join->text);
	else
		refuse(c, node, "%s: network.allow: %s is on no bridge", d->title, other->title);
}

/* Says why it would change nothing. */
static bool is_useful(struct compile *c, const struct draft *d, const struct toml *node, uint32_t from, uint32_t to)
{
	int32_t here = c->specs[from].attach.bridge, there = c->specs[to].attach.bridge;

	if (from == to)
		refuse(c, node, "%s: network.allow: %s is the service itself; remove it", d->title, node->text);
	else if (here == there && has_port_isolation(c, here))
		refuse(c, node, "%s: network.allow: %s is on the same bridge, whose port_isolation lets nothing "
		       "through; use isolate in its place", d->title, c->services.drafts[to].title);
	else if (there < 0)
		refuse_bridgeless(c, d, node, to);
	else if (here >= 0 && !is_isolated(c, here) && !is_isolated(c, there))
		refuse(c, node, "%s: network.allow: %s can be reached anyway; make its bridge isolate = true", d->title,
		       c->services.drafts[to].title);
	else if (here >= 0 && !can_speak(&c->specs[from].attach, &c->specs[to].attach))
		refuse(c, node, "%s: network.allow: %s has no address of a family that this one has too; give one of "
		       "their bridges a subnet of IPv4 or IPv6", d->title, c->services.drafts[to].title);
	return from != to && here >= 0 && there >= 0 && !(here == there && has_port_isolation(c, here));
}

/* From bridge to bridge minit's network has to forward. */
static void route_between(struct compile *c, uint32_t from, uint32_t to)
{
	const struct net_attach *a = &c->specs[from].attach, *b = &c->specs[to].attach;
	uint32_t flags = (have_family(a, b, AF_INET) ? NET_ROUTED4 : 0u) |
			 (have_family(a, b, AF_INET6) ? NET_ROUTED6 : 0u);

	if (a->bridge == b->bridge)
		return;
	c->bridge_specs[a->bridge].flags |= flags;
	c->bridge_specs[b->bridge].flags |= flags;
}

static void take_allow(struct allows *a, uint32_t from, const struct toml *node)
{
	struct compile *c = a->c;
	const struct draft *d = &c->services.drafts[from];
	size_t len = strcspn(node->text, ":");
	struct net_allow *allow = &a->list[a->count];
	int to;

	*allow = (struct net_allow){ .from = from };
	if (!len || node->text[strcspn(node->text, " *,")] || !read_ports(node->text + len, allow)) {
		refuse(c, node, "%s: network.allow: found \"%.60s\"; wants %s", d->title, node->text,
		       key_text(key_by_id(KEY_NETWORK_ALLOW), KEY_WANT));
		return;
	}
	to = find(c, d, node, len);
	if (to < 0 || !is_useful(c, d, node, from, (uint32_t)to))
		return;
	allow->to = (uint32_t)to;
	route_between(c, from, (uint32_t)to);
	a->ports += allow->last - allow->low + 1u;
	if (a->ports > NET_ALLOWED)
		refuse(c, node, "%s: network.allow: %s: with it there are more than %u ports to be reached; "
		       "allow all of it: \"%.*s\"", d->title, node->text, NET_ALLOWED, (int)len, node->text);
	else
		a->count++;
}

void allow_finish(struct compile *c, struct ruleset_plan *plan)
{
	struct allows a = { .c = c };

	a.list = arena_array(c->work, struct net_allow, texts_of_all(c, KEY_NETWORK_ALLOW) + 1);
	for (uint32_t i = 0; i < c->services.count; i++) {
		const struct toml *list = c->services.drafts[i].nodes[KEY_NETWORK_ALLOW];

		for (const struct toml *e = text_first(list); e; e = text_next(list, e))
			take_allow(&a, i, e);
	}
	c->table->allow = image_array(c, a.list, a.count);
	plan->allow = a.list;
	plan->allow_count = a.count;
}
