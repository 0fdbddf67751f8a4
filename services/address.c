/*
 * The addresses of services and the gateways beside them: given ones first, then those made from names. Neither depends
 * on the order of services or files.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/addr.h"
#include "lib/enabled.h"
#include "services/address.h"

unsigned addr_count(const struct net_attach *at)
{
	unsigned n = 0;

	while (n < NET_ADDRS && at->addr[n].family)
		n++;
	return n;
}

void addr_refuse_taken(struct plan *p, const struct draft *d, const struct toml *node, uint32_t owner)
{
	const struct compile *c = p->c;

	if (owner & ADDR_OF_BRIDGE)
		refuse(p->c, node, "%s: network.address: %s is the address of bridge %s itself", d->title,
			 node->text, c->bridge_specs[owner & ~ADDR_OF_BRIDGE].name);
	else if (owner & ADDR_OF_LINK)
		refuse(p->c, node, "%s: network.address: %s is the address of link %s already", d->title,
			 node->text, c->link_specs[owner & ~ADDR_OF_LINK].name);
	else
		refuse(p->c, node, "%s: network.address: %s is the address of %s already", d->title, node->text,
			 c->services.drafts[owner - 1].title);
}

uint32_t addr_take(struct plan *p, uint32_t index, const struct addr *a)
{
	return addr_take_on(p, index, &p->c->specs[index].attach, a);
}

/* Puts an address on an interface; 0, or who has it. */
uint32_t addr_take_on(struct plan *p, uint32_t index, struct net_attach *at, const struct addr *a)
{
	unsigned n = addr_count(at);
	struct set_entry *e;

	at->addr[n] = *a;
	e = set_at(&p->taken, &at->addr[n], ADDR_KEY);
	if (!e->value) {
		e->value = index + 1;
		return 0;
	}
	at->addr[n] = (struct addr){ 0 };
	return e->value;
}

static void take_given(struct plan *p, uint32_t index, const struct toml *node)
{
	struct compile *c = p->c;
	const struct net_attach *at = &c->specs[index].attach;
	const struct net_bridge *bridge = &c->bridge_specs[at->bridge];
	const struct draft *d = &c->services.drafts[index];
	const struct addr *subnet;
	BUF_ON_STACK(subnets, 300);
	struct addr a;
	uint32_t owner;
	bool is_host;

	if (text_addr(node->text, &a)) {
		refuse(c, node, "%s: network.address: found \"%.60s\"; wants %s", d->title, node->text,
			 key_text(key_by_id(KEY_NETWORK_ADDRESS), KEY_WANT));
		return;
	}
	subnet = subnet_of(bridge, &a);
	subnets_put(&subnets, bridge);
	if (addr_count(at) == NET_ADDRS) {
		refuse(c, node, "%s: network.address: more than %d addresses", d->title, NET_ADDRS);
	} else if (!subnet) {
		refuse(c, node, "%s: network.address: %s is not in the subnet of bridge %s: %s", d->title, node->text,
			 bridge->name, buf_text(&subnets));
	} else if (strchr(node->text, '/') && a.prefix != subnet->prefix) {
		refuse(c, node, "%s: network.address: %s: the prefix of bridge %s is /%u; leave it out", d->title,
			 node->text, bridge->name, subnet->prefix);
	} else {
		a.prefix = subnet->prefix;
		is_host = addr_is_host(&a);
		owner = is_host ? addr_take(p, index, &a) : 0;
		if (!is_host)
			refuse(c, node, "%s: network.address: %s is the subnet itself or its broadcast", d->title,
				 node->text);
		else if (owner)
			addr_refuse_taken(p, d, node, owner);
	}
}

static void take_all_given(struct plan *p, uint32_t index)
{
	const struct toml *list = p->c->services.drafts[index].nodes[KEY_NETWORK_ADDRESS];

	for (const struct toml *e = text_first(list); e; e = text_next(list, e))
		take_given(p, index, e);
}

static uint32_t members(const struct compile *c, int32_t bridge)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->services.count; i++)
		n += c->specs[i].attach.bridge == bridge;
	return n;
}

static void refuse_full(struct compile *c, uint32_t index, int32_t bridge, const struct addr *subnet)
{
	const struct draft *d = &c->services.drafts[index];
	uint32_t low, room = (uint32_t)subnet_range(subnet, &low), wanted = members(c, bridge) + 1;
	struct addr a = *subnet;
	BUF_ON_STACK(text, 64);

	addr_clear_host(&a);
	text_put_addr(&text, &a, true);
	for (; subnet_range(&a, &low) < wanted && a.prefix > 0;)
		a.prefix--;
	refuse_key(c, d->header, "%s: the subnet %s of bridge %s is full: it has %u addresses, the bridge's own among "
		   "them, and %u services; give the bridge a larger one, such as a /%u", d->title, buf_text(&text),
		   c->bridge_specs[bridge].name, room, wanted - 1, a.prefix);
}

/* The address behind "via" in the text of a route. */
static bool via_of(const char *text, struct addr *ret)
{
	BUF_ON_STACK(word, 64);

	while (text_word(&text, &word))
		if (!strcmp(buf_text(&word), "via"))
			return text_word(&text, &word) && !text_addr(buf_text(&word), ret);
	return false;
}

/* Somebody else has the address of one of its gateways. */
static bool is_gateway(const struct compile *c, uint32_t index, const struct addr *a)
{
	const struct draft *d = &c->services.drafts[index];
	const struct toml *list = attach_gateway(c, d), *e;
	struct addr other;

	for (e = text_first(list); e; e = text_next(list, e))
		if (!text_addr(e->text, &other) && addr_equal(&other, a))
			return true;
	list = given(c, d, KEY_NETWORK_ROUTES);
	for (e = text_first(list); e; e = text_next(list, e))
		if (via_of(e->text, &other) && addr_equal(&other, a))
			return true;
	return false;
}

static void note_derived(struct plan *p, uint32_t index, const struct addr *a)
{
	set_at(&p->derived, a, ADDR_KEY)->value = index + 1;
}

uint32_t addr_derived_by(const struct set *derived, uint32_t index, const struct addr *a)
{
	uint32_t owner = set_get(derived, a, ADDR_KEY);

	return owner == index + 1 ? 0 : owner;
}

/* The first free address behind the number that the name gives. */
static void derive(struct plan *p, uint32_t index, struct net_attach *at, const struct addr *subnet)
{
	const char *name = table_name(p->c->table, &p->c->specs[index]);
	uint32_t low;
	uint64_t count = subnet_range(subnet, &low), start = hash_bytes(name, strlen(name)) % count;
	bool *full = &p->full[at->bridge * 2 + (subnet->family == AF_INET6)];

	for (uint64_t i = 0; i < count && !*full; i++) {
		struct addr a = subnet_host(subnet, low + (uint32_t)((start + i) % count));

		if (!is_gateway(p->c, index, &a) && !addr_take_on(p, index, at, &a)) {
			note_derived(p, index, &at->addr[addr_count(at) - 1]);
			return;
		}
	}
	*full = true; /* the search is long: once is enough */
	refuse_full(p->c, index, at->bridge, subnet);
}

void addr_derive(struct plan *p, uint32_t index, struct net_attach *at)
{
	const struct net_bridge *bridge = &p->c->bridge_specs[at->bridge];

	for (unsigned i = 0; i < NET_ADDRS && bridge->addr[i].family; i++)
		if (!addr_has_family(at->addr, NET_ADDRS, bridge->addr[i].family) && addr_count(at) < NET_ADDRS)
			derive(p, index, at, &bridge->addr[i]);
}

struct named {
	const char *name;
	uint32_t index;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

/* In the order of names, so that who comes first where two names give one number does not depend on the files. */
static void derive_by_name(struct plan *p)
{
	struct compile *c = p->c;
	struct named *list = arena_array(c->work, struct named, c->services.count);
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->services.count; i++)
		if (c->specs[i].attach.bridge >= 0)
			list[n++] = (struct named){ table_name(c->table, &c->specs[i]), i };
	qsort(list, n, sizeof(list[0]), by_name);
	for (uint32_t i = 0; i < n; i++)
		addr_derive(p, list[i].index, &c->specs[list[i].index].attach);
	for (uint32_t i = 0; i < n; i++)
		also_derive(p, list[i].index);
}

/* -- gateways --------------------------------------------------------------------------------------------------- */

void gateway_take(struct compile *c, uint32_t index, const struct toml *node, const struct addr *a)
{
	const char *title = c->services.drafts[index].title, *unfit = gateway_unfit(c->specs[index].attach.addr, a);
	struct addr *gateway = &c->specs[index].attach.gateway[a->family == AF_INET6];

	if (unfit)
		refuse(c, node, "%s: network.gateway: %s %s", title, node->text, unfit);
	else if (gateway->family)
		refuse(c, node, "%s: network.gateway: %s is a second one of its family", title, node->text);
	else
		*gateway = *a;
}

static void take_gateway(struct plan *p, uint32_t index, const struct toml *node)
{
	struct compile *c = p->c;
	struct net_attach *at = &c->specs[index].attach;
	const struct draft *d = &c->services.drafts[index];
	const struct net_bridge *bridge = &c->bridge_specs[at->bridge];
	BUF_ON_STACK(subnets, 300);
	struct addr a;
	uint32_t owner;

	subnets_put(&subnets, bridge);
	if (text_host(node->text, &a))
		refuse_text(c, d, KEY_NETWORK_GATEWAY, node);
	else if (!subnet_of(bridge, &a))
		refuse(c, node, "%s: network.gateway: %s is not in the subnet of bridge %s: %s", d->title, node->text,
			 bridge->name, buf_text(&subnets));
	else if ((owner = addr_derived_by(&p->derived, index, &a)) != 0)
		refuse(c, node, "%s: network.gateway: %s is the address that %s has by its name; " GIVE_IT, d->title,
		       node->text, c->services.drafts[owner - 1].title);
	else
		gateway_take(c, index, node, &a);
}

/* The bridge itself, for each family that the service has an address of. */
static void default_gateway(const struct net_bridge *bridge, struct net_attach *at)
{
	for (unsigned i = addr_count(at); i-- > 0;) {
		const struct addr *a = subnet_of(bridge, &at->addr[i]);
		struct addr *gateway = &at->gateway[at->addr[i].family == AF_INET6];

		if (a)
			*gateway = *a;
		gateway->prefix = (uint8_t)(8 * addr_width(&at->addr[i]));
	}
}

static void set_gateway(struct plan *p, uint32_t index)
{
	struct compile *c = p->c;
	const struct toml *list = attach_gateway(c, &c->services.drafts[index]);
	struct net_attach *at = &c->specs[index].attach;

	if (!list)
		default_gateway(&c->bridge_specs[at->bridge], at);
	else if (!node_text(list) || strcmp(list->text, "none") != 0)
		for (const struct toml *e = text_first(list); e; e = text_next(list, e))
			take_gateway(p, index, e);
}

/* -- all of it -------------------------------------------------------------------------------------------------- */

/* Distinct for each service of the table, and well below the 15 bytes that an interface may have. */
static void name_peer(struct service_spec *spec, uint32_t number)
{
	struct buf b = { .data = spec->attach.peer, .size = sizeof(spec->attach.peer) };

	buf_fmt(&b, PEER_NAME "%u", number);
	buf_text(&b);
}

void ifname_check(struct compile *c, const char *ifname, const char *what, const char *whose)
{
	const struct group *const groups[] = { &c->bridges, &c->links };

	for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
		int taken = group_index(groups[i], ifname);

		if (taken >= 0)
			refuse_key(c, groups[i]->drafts[taken].header, "%s: the name is that of %s %s; take another",
				   groups[i]->drafts[taken].title, what, whose);
	}
}

static void finish_bridges(struct plan *p)
{
	struct compile *c = p->c;

	p->full = arena_array(c->work, bool, c->bridges.count * 2);
	p->also = arena_array(c->work, struct list, c->services.count);
	p->also_given = arena_array(c->work, struct net_attach *, c->services.count);
	for (uint32_t i = 0; i < c->services.count; i++)
		if (c->specs[i].attach.bridge >= 0)
			take_all_given(p, i);
		else if (c->specs[i].attach.flags & NET_ON_LINK)
			network_on_link_addrs(p, i);
	for (uint32_t i = 0; i < c->services.count; i++)
		if (c->specs[i].attach.bridge >= 0)
			also_take(p, i);
	derive_by_name(p);
	for (uint32_t i = 0; i < c->services.count; i++)
		if (c->specs[i].attach.bridge >= 0) {
			name_peer(&c->specs[i], c->numbers[i]);
			ifname_check(c, c->specs[i].attach.peer, PORT_OF, c->services.drafts[i].title);
			if (has_port_isolation(c, c->specs[i].attach.bridge))
				c->specs[i].attach.flags |= NET_ALONE;
			set_gateway(p, i);
		}
	nearer_check(p);
	network_extras(p);
	shards_finish(p);
	hosts_finish(c);
	if (ENABLED(CONFIG_NET_NAT))
		ports_finish(p);
}

void network_finish(struct compile *c)
{
	struct plan p = { .c = c, .taken = { .arena = c->work }, .upon = { .arena = c->work },
			  .derived = { .arena = c->work } };

	for (uint32_t i = 0; i < c->bridges.count; i++)
		bridge_take(&p, i);
	if (ENABLED(CONFIG_NET_BRIDGE))
		links_take(&p);
	for (uint32_t i = 0; i < c->services.count; i++)
		if (c->services.drafts[i].header)
			attach_service(c, &c->specs[i], &c->services.drafts[i]);
	if (ENABLED(CONFIG_NET_BRIDGE))
		finish_bridges(&p);
}
