/* Subnets, which addresses hosts may have in them, and the bridges that they are of. */
#include <string.h>
#include <sys/socket.h>

#include "lib/addr.h"
#include "lib/enabled.h"
#include "services/address.h"

static unsigned host_bits(const struct addr *subnet)
{
	return 8 * (unsigned)addr_width(subnet) - subnet->prefix;
}

uint64_t subnet_range(const struct addr *subnet, uint32_t *ret_low)
{
	unsigned bits = MIN(host_bits(subnet), 32u);
	uint64_t all = (uint64_t)1 << bits;

	*ret_low = 0;
	if (bits <= 1) /* a point-to-point link (RFC 3021, RFC 6164) */
		return all;
	*ret_low = 1;
	return all - (subnet->family == AF_INET ? 2 : 1);
}

void addr_clear_host(struct addr *a)
{
	for (unsigned i = 0; i < addr_width(a); i++) {
		unsigned kept = a->prefix > i * 8 ? MIN(a->prefix - i * 8, 8u) : 0;

		a->bytes[i] &= (uint8_t)(0xff00 >> kept);
	}
}

bool addr_is_net(const struct addr *a)
{
	struct addr net = *a;

	addr_clear_host(&net);
	return addr_equal(&net, a);
}

struct addr subnet_host(const struct addr *subnet, uint32_t number)
{
	struct addr a = *subnet;

	addr_clear_host(&a);
	for (unsigned i = 1; i <= 4; i++, number >>= 8)
		a.bytes[addr_width(&a) - i] |= (uint8_t)number;
	return a;
}

bool addr_is_host(const struct addr *a)
{
	uint32_t low;
	uint64_t count = subnet_range(a, &low);
	struct addr first = subnet_host(a, 0), last = subnet_host(a, (uint32_t)(low + count));

	if (!low)
		return true;
	return !addr_equal(a, &first) && (a->family == AF_INET6 || !addr_equal(a, &last));
}

const struct addr *addr_subnet(const struct addr *own, const struct addr *a)
{
	for (unsigned i = 0; i < NET_ADDRS && own[i].family; i++)
		if (addr_in(a, &own[i]))
			return &own[i];
	return NULL;
}

const struct addr *subnet_of(const struct net_bridge *bridge, const struct addr *a)
{
	return addr_subnet(bridge->addr, a);
}

bool addr_of_bridge(const struct net_bridge *bridge, struct addr *a)
{
	const struct addr *subnet = subnet_of(bridge, a);

	if (subnet)
		a->prefix = subnet->prefix;
	return subnet && addr_is_host(a);
}

void subnets_put(struct buf *b, const struct net_bridge *bridge)
{
	for (unsigned i = 0; i < NET_ADDRS && bridge->addr[i].family; i++) {
		struct addr subnet = bridge->addr[i];

		addr_clear_host(&subnet);
		buf_str(b, i ? ", " : "");
		text_put_addr(b, &subnet, true);
	}
}

/* -- bridges ---------------------------------------------------------------------------------------------------- */

static const struct net_bridge *overlapping(const struct compile *c, const struct addr *a)
{
	for (uint32_t i = 0; i < c->bridges.count; i++) {
		const struct net_bridge *other = &c->bridge_specs[i];

		for (unsigned k = 0; k < NET_ADDRS && other->addr[k].family; k++)
			if (addr_in(a, &other->addr[k]) || addr_in(&other->addr[k], a))
				return other;
	}
	return NULL;
}

static void take_bridge_addr(struct plan *p, uint32_t index, const struct toml *node, unsigned *n)
{
	struct compile *c = p->c;
	struct net_bridge *bridge = &c->bridge_specs[index];
	const char *title = c->bridges.drafts[index].title;
	const struct net_bridge *other;
	const char *unfit;
	struct addr a;

	if (!strchr(node->text, '/') || text_addr(node->text, &a)) {
		refuse(c, node, "%s: address: found \"%.60s\"; wants %s", title, node->text,
			 key_text(key_by_id(KEY_BRIDGE_ADDRESS), KEY_WANT));
		return;
	}
	other = overlapping(c, &a);
	unfit = addr_unfit(&a, 0);
	if (unfit)
		refuse(c, node, "%s: address: %s %s; give the bridge one of a subnet for services", title, node->text,
		       unfit);
	else if (a.prefix < SUBNET_WIDEST)
		refuse(c, node, "%s: address: %s: a subnet has a prefix of /%d or more", title, node->text,
		       SUBNET_WIDEST);
	else if (*n == NET_ADDRS)
		refuse(c, node, "%s: address: more than %d addresses", title, NET_ADDRS);
	else if (other)
		refuse(c, node, "%s: address: the subnet of %s overlaps with one of bridge %s; give one of "
		       "them another", title, node->text, other->name);
	else if (!addr_is_host(&a))
		refuse(c, node, "%s: address: %s is the subnet itself or its broadcast, not an address in it", title,
			 node->text);
	else
		bridge->addr[(*n)++] = a;
}

void mtu_check(struct compile *c, const struct draft *d, enum key_id id, const struct toml *mtu)
{
	if (mtu && mtu->number < IPV6_MTU_LEAST)
		refuse(c, mtu, "%s: %s: %ld is too small for its IPv6 address, which wants %u or more", d->title,
		       key_name(id), (long)mtu->number, IPV6_MTU_LEAST);
}

void bridge_take(struct plan *p, uint32_t index)
{
	struct compile *c = p->c;
	const struct draft *d = &c->bridges.drafts[index];
	const struct toml *list = d->nodes[KEY_BRIDGE_ADDRESS];
	struct net_bridge *bridge = &c->bridge_specs[index];
	unsigned n = 0;

	if (!text_first(list) && (list || !is_seen(d, KEY_BRIDGE_ADDRESS)) && !c->is_cut)
		refuse_key(c, d->header, "%s: address is missing; it wants %s", d->title,
			   key_text(key_by_id(KEY_BRIDGE_ADDRESS), KEY_WANT));
	for (const struct toml *e = text_first(list); e; e = text_next(list, e))
		take_bridge_addr(p, index, e, &n);
	for (unsigned i = 0; i < n; i++)
		set_at(&p->taken, &bridge->addr[i], ADDR_KEY)->value = ADDR_OF_BRIDGE | index;
	if (addr_has_family(bridge->addr, NET_ADDRS, AF_INET6))
		mtu_check(c, d, KEY_BRIDGE_MTU, d->nodes[KEY_BRIDGE_MTU]);
	if (ENABLED(CONFIG_NET_BRIDGE))
		bridge_finish(c, index);
}
