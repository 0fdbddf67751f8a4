#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/addr.h"
#include "lib/enabled.h"
#include "services/address.h"

/*
 * Bridges, who is attached to which, and the addresses: given ones first, then
 * those made from names. Neither depends on the order of services or files.
 */

#define ADDR_KEY offsetof(struct addr, prefix)

/* What a service asks of the network, its own words before those of [defaults]. */
struct wish {
	const struct toml *word, *bridge, *gateway;
	const struct toml *own; /* the first of the service's own section, or NULL */
};

/* -- subnets ---------------------------------------------------------------------------------------------------- */

static unsigned host_bits(const struct addr *subnet)
{
	return (subnet->family == AF_INET ? 32u : 128u) - subnet->prefix;
}

/* The range of numbers that hosts of a subnet may have; without IPv4's network and broadcast, and IPv6's zero. */
static uint64_t host_range(const struct addr *subnet, uint32_t *ret_low)
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
	unsigned size = a->family == AF_INET ? 4 : 16;

	for (unsigned i = 0; i < size; i++) {
		unsigned kept = a->prefix > i * 8 ? MIN(a->prefix - i * 8, 8u) : 0;

		a->bytes[i] &= (uint8_t)(0xff00 >> kept);
	}
}

static struct addr host_addr(const struct addr *subnet, uint32_t number)
{
	unsigned end = subnet->family == AF_INET ? 4 : 16;
	struct addr a = *subnet;

	addr_clear_host(&a);
	for (unsigned i = 1; i <= 4; i++, number >>= 8)
		a.bytes[end - i] |= (uint8_t)number;
	return a;
}

/* False for the subnet's own address and its broadcast. */
static bool is_host(const struct addr *a)
{
	uint32_t low;
	uint64_t count = host_range(a, &low);
	struct addr first = host_addr(a, 0), last = host_addr(a, (uint32_t)(low + count));

	if (!low)
		return true;
	return !addr_equal(a, &first) && (a->family == AF_INET6 || !addr_equal(a, &last));
}

static const struct addr *subnet_of(const struct net_bridge *bridge, const struct addr *a)
{
	for (unsigned i = 0; i < NET_ADDRS && bridge->addr[i].family; i++)
		if (addr_in(a, &bridge->addr[i]))
			return &bridge->addr[i];
	return NULL;
}

bool addr_of_bridge(const struct net_bridge *bridge, struct addr *a)
{
	const struct addr *subnet = subnet_of(bridge, a);

	if (subnet)
		a->prefix = subnet->prefix;
	return subnet && is_host(a);
}

static void put_subnets(struct buf *b, const struct net_bridge *bridge)
{
	for (unsigned i = 0; i < NET_ADDRS && bridge->addr[i].family; i++) {
		struct addr subnet = bridge->addr[i];

		addr_clear_host(&subnet);
		buf_str(b, i ? ", " : "");
		text_put_addr(b, &subnet, true);
	}
}

const struct toml *text_first(const struct toml *node)
{
	return node && node->type == TOML_ARRAY ? node->first : node;
}

const struct toml *text_next(const struct toml *list, const struct toml *node)
{
	return list->type == TOML_ARRAY ? node->next : NULL;
}

static bool has_family(const struct addr *list, unsigned most, uint8_t family)
{
	for (unsigned i = 0; i < most; i++)
		if (list[i].family == family)
			return true;
	return false;
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
	struct addr a;

	if (!strchr(node->text, '/') || text_addr(node->text, &a)) {
		refuse(c, node, "%s: address: found \"%.60s\"; wants %s", title, node->text,
			 key_text(key_by_id(KEY_BRIDGE_ADDRESS), KEY_WANT));
		return;
	}
	other = overlapping(c, &a);
	if (*n == NET_ADDRS)
		refuse(c, node, "%s: address: more than %d addresses", title, NET_ADDRS);
	else if (other)
		refuse(c, node, "%s: address: the subnet of %s overlaps with one of bridge %s", title, node->text,
			 other->name);
	else if (!is_host(&a))
		refuse(c, node, "%s: address: %s is the subnet itself or its broadcast, not an address in it", title,
			 node->text);
	else
		bridge->addr[(*n)++] = a;
}

#define IPV6_MTU_LEAST 1280 /* RFC 8200; below it the kernel has no IPv6 on a link */

static void check_mtu(struct compile *c, const struct draft *d, const struct net_bridge *bridge)
{
	const struct toml *mtu = d->nodes[KEY_BRIDGE_MTU];

	if (mtu && bridge->mtu < IPV6_MTU_LEAST && has_family(bridge->addr, NET_ADDRS, AF_INET6))
		refuse(c, mtu, "%s: mtu: %u is too small for its IPv6 address, which wants %u or more", d->title,
		       bridge->mtu, IPV6_MTU_LEAST);
}

static void take_bridge(struct plan *p, uint32_t index)
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
	check_mtu(c, d, bridge);
	if (ENABLED(CONFIG_NET_BRIDGE))
		bridge_finish(c, index);
}

/* -- who is attached -------------------------------------------------------------------------------------------- */

/* The words are modes too. */
static const struct toml *word_of(const struct toml *const *nodes)
{
	const struct toml *mode = nodes[KEY_NETWORK_MODE];

	return mode && word_find(key_text(key_by_id(KEY_NETWORK), KEY_WORDS), mode->text) >= 0 ? mode :
										      nodes[KEY_NETWORK];
}

static const struct toml *first_own(const struct draft *d)
{
	const struct toml *first = d->nodes[KEY_NETWORK];

	for (unsigned id = seen_from(d, 0); id < KEY_COUNT && !first; id = seen_from(d, id + 1))
		if (is_network_key((enum key_id)id))
			first = d->nodes[id];
	return first;
}

static struct wish wish_of(const struct compile *c, const struct draft *d)
{
	const struct toml *const *own = d->nodes, *const *other = c->defaults.nodes;
	struct wish w = { .word = word_of(own), .bridge = own[KEY_NETWORK_BRIDGE], .gateway = own[KEY_NETWORK_GATEWAY],
			  .own = first_own(d) };

	if (w.word)
		return w;
	w.bridge = w.bridge ? w.bridge : other[KEY_NETWORK_BRIDGE];
	w.gateway = w.gateway ? w.gateway : other[KEY_NETWORK_GATEWAY];
	if (!w.own && !own[KEY_NAMESPACES])
		w.word = other[KEY_NETWORK];
	return w;
}

static void refuse_bridge(struct compile *c, const struct draft *d, const struct toml *node)
{
	uint16_t file = node ? node->file : d->header->file;
	struct toml_at at = node ? node->at : d->header->key_at;

	if (c->bridges.count)
		errors_add(&c->errors, file, at, "%s: the table has several bridges: name one, as in "
			   "network = { bridge = \"%s\" }", d->title, c->bridge_specs[0].name);
	else
		errors_add(&c->errors, file, at, "%s: network: the table has no bridge; add a section "
			   "[network.bridge.br0]", d->title);
}

/* The bridge's index, -1 for none, or -EINVAL when that was said. */
static int bridge_index(struct compile *c, const struct draft *d, const struct wish *w)
{
	const struct toml *node = w->own;
	int index;

	if (w->bridge) {
		index = (int)set_get(&c->bridges.names, w->bridge->text, w->bridge->len) - 1;
		if (index < 0)
			refuse_nobody(c, d->title, "network.bridge", w->bridge, &c->bridges, "bridge");
		return index < 0 ? -EINVAL : index;
	}
	if (c->bridges.count == 1)
		return 0;
	if (!c->bridges.count && !node)
		return -1;
	refuse_bridge(c, d, node);
	return -EINVAL;
}

static void attach(struct compile *c, struct service_spec *spec, const struct draft *d, const struct wish *w)
{
	int index = bridge_index(c, d, w);

	spec->namespaces |= CLONE_NEWNET;
	spec->attach.bridge = MAX(index, -1);
}

/* By default a table with a bridge attaches its services to it; a list of namespaces says it with "net". */
static bool is_attached(const struct compile *c, const struct service_spec *spec, const struct draft *d,
			const struct wish *w)
{
	if (w->own || spec->namespaces & CLONE_NEWNET)
		return true;
	if (d->nodes[KEY_NAMESPACES])
		return false;
	return w->bridge || w->gateway || (c->bridges.count && !c->defaults.nodes[KEY_NAMESPACES]);
}

static enum network_kind kind_of(const struct compile *c, const struct service_spec *spec, const struct draft *d,
				 const struct wish *w)
{
	const struct toml *mode = d->nodes[KEY_NETWORK_MODE];

	if (d->nodes[KEY_NETWORK_JOIN] || d->confine->roots.join_flags & CLONE_NEWNET)
		return NETWORK_JOINED;
	if (w->word)
		return !strcmp(w->word->text, "host") ? NETWORK_HOST : NETWORK_NONE;
	if (mode && strcmp(mode->text, "bridge") != 0)
		return NETWORK_ON_LINK;
	return is_attached(c, spec, d, w) ? NETWORK_BRIDGED : NETWORK_HOST;
}

/* A list of namespaces that has "net" asks for a network of its own. */
static void check_namespace(struct compile *c, const struct service_spec *spec, const struct draft *d,
			    const struct toml *node)
{
	bool is_join = node && node == d->nodes[KEY_NETWORK_JOIN];

	if (node && d->nodes[KEY_NAMESPACES] && spec->namespaces & CLONE_NEWNET)
		refuse(c, node, "%s: network%s: \"%.60s\" and the namespace \"net\" exclude each other; remove one",
		       d->title, is_join ? ".join" : "", node->text);
}

static void give_network(struct compile *c, struct service_spec *spec, const struct draft *d, const struct wish *w,
			 enum network_kind kind)
{
	switch (kind) {
	case NETWORK_NONE: spec->namespaces |= CLONE_NEWNET; break;
	case NETWORK_BRIDGED: attach(c, spec, d, w); break;
	case NETWORK_ON_LINK: network_on_link(c, spec, d); break;
	case NETWORK_JOINED:
		check_namespace(c, spec, d, d->nodes[KEY_NETWORK_JOIN]);
		spec->namespaces &= ~(uint32_t)CLONE_NEWNET;
		break;
	case NETWORK_HOST:
		if (!w->word)
			break;
		check_namespace(c, spec, d, w->word);
		spec->namespaces &= ~(uint32_t)CLONE_NEWNET;
	}
}

static void join_network(struct compile *c, struct service_spec *spec, const struct draft *d)
{
	struct wish w = wish_of(c, d);
	enum network_kind kind = kind_of(c, spec, d, &w);

	if (d->confine->roots.join_flags & CLONE_NEWNET && w.own)
		refuse(c, d->nodes[KEY_JOIN], "%s: join: \"net\" is another service's network; remove network",
		       d->title);
	if (d->confine->roots.join_flags & CLONE_NEWNET)
		return;
	network_check(c, d, kind);
	give_network(c, spec, d, &w, kind);
	if (w.own)
		spec->explicit_ns |= spec->namespaces & CLONE_NEWNET;
}

/* -- addresses -------------------------------------------------------------------------------------------------- */

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

	if (text_addr(node->text, &a)) {
		refuse(c, node, "%s: network.address: found \"%.60s\"; wants %s", d->title, node->text,
			 key_text(key_by_id(KEY_NETWORK_ADDRESS), KEY_WANT));
		return;
	}
	subnet = subnet_of(bridge, &a);
	put_subnets(&subnets, bridge);
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
		owner = is_host(&a) ? addr_take(p, index, &a) : 0;
		if (!is_host(&a))
			refuse(c, node, "%s: network.address: %s is the subnet itself or its broadcast", d->title,
				 node->text);
		else if (owner)
			addr_refuse_taken(p, d, node, owner);
		else
			c->specs[index].attach.given |= (uint16_t)(1u << (addr_count(at) - 1));
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
	uint32_t low, room = (uint32_t)host_range(subnet, &low), wanted = members(c, bridge) + 1;
	struct addr a = *subnet;
	BUF_ON_STACK(text, 64);

	addr_clear_host(&a);
	text_put_addr(&text, &a, true);
	for (; host_range(&a, &low) < wanted && a.prefix > 0;)
		a.prefix--;
	refuse_key(c, d->header, "%s: the subnet %s of bridge %s is full: it has %u addresses, the bridge's own among "
		   "them, and %u services; give the bridge a larger one, such as a /%u", d->title, buf_text(&text),
		   c->bridge_specs[bridge].name, room, wanted - 1, a.prefix);
}

/* The first free address behind the number that the name gives. */
static void derive(struct plan *p, uint32_t index, struct net_attach *at, const struct addr *subnet)
{
	const char *name = table_name(p->c->table, &p->c->specs[index]);
	uint32_t low;
	uint64_t count = host_range(subnet, &low), start = hash_bytes(name, strlen(name)) % count;
	bool *full = &p->full[at->bridge * 2 + (subnet->family == AF_INET6)];

	for (uint64_t i = 0; i < count && !*full; i++) {
		struct addr a = host_addr(subnet, low + (uint32_t)((start + i) % count));

		if (!addr_take_on(p, index, at, &a))
			return;
	}
	*full = true; /* the search is long: once is enough */
	refuse_full(p->c, index, at->bridge, subnet);
}

void addr_derive(struct plan *p, uint32_t index, struct net_attach *at)
{
	const struct net_bridge *bridge = &p->c->bridge_specs[at->bridge];

	for (unsigned i = 0; i < NET_ADDRS && bridge->addr[i].family; i++)
		if (!has_family(at->addr, NET_ADDRS, bridge->addr[i].family) && addr_count(at) < NET_ADDRS)
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
		also_take(p, list[i].index);
}

/* -- gateways --------------------------------------------------------------------------------------------------- */

static void take_gateway(struct compile *c, uint32_t index, const struct toml *node)
{
	struct net_attach *at = &c->specs[index].attach;
	const struct draft *d = &c->services.drafts[index];
	const struct net_bridge *bridge = &c->bridge_specs[at->bridge];
	BUF_ON_STACK(subnets, 300);
	struct addr a;

	put_subnets(&subnets, bridge);
	if (strchr(node->text, '/') || text_addr(node->text, &a))
		refuse(c, node, "%s: network.gateway: found \"%.60s\"; wants %s", d->title, node->text,
			 key_text(key_by_id(KEY_NETWORK_GATEWAY), KEY_WANT));
	else if (!subnet_of(bridge, &a))
		refuse(c, node, "%s: network.gateway: %s is not in the subnet of bridge %s: %s", d->title, node->text,
			 bridge->name, buf_text(&subnets));
	else if (at->gateway[a.family == AF_INET6].family)
		refuse(c, node, "%s: network.gateway: %s is a second one of its family", d->title, node->text);
	else
		at->gateway[a.family == AF_INET6] = a;
}

/* The bridge itself, for each family that the service has an address of. */
static void default_gateway(const struct net_bridge *bridge, struct net_attach *at)
{
	for (unsigned i = addr_count(at); i-- > 0;) {
		const struct addr *a = subnet_of(bridge, &at->addr[i]);
		struct addr *gateway = &at->gateway[at->addr[i].family == AF_INET6];

		if (a)
			*gateway = *a;
		gateway->prefix = at->addr[i].family == AF_INET ? 32 : 128;
	}
}

static void set_gateway(struct compile *c, uint32_t index)
{
	const struct toml *list = wish_of(c, &c->services.drafts[index]).gateway;
	struct net_attach *at = &c->specs[index].attach;

	if (!list)
		default_gateway(&c->bridge_specs[at->bridge], at);
	else if (!node_text(list) || strcmp(list->text, "none") != 0)
		for (const struct toml *e = text_first(list); e; e = text_next(list, e))
			take_gateway(c, index, e);
}

/* -- all of it -------------------------------------------------------------------------------------------------- */

/* Distinct for each service of the table, and well below the 15 bytes that an interface may have. */
static void name_peer(struct service_spec *spec, uint32_t index)
{
	struct buf b = { .data = spec->attach.peer, .size = sizeof(spec->attach.peer) };

	buf_fmt(&b, "mv%u", index);
	buf_text(&b);
}

static void finish_bridges(struct plan *p)
{
	struct compile *c = p->c;

	p->full = arena_array(c->work, bool, c->bridges.count * 2);
	p->also = arena_array(c->work, struct list, c->services.count);
	for (uint32_t i = 0; i < c->services.count; i++)
		if (c->specs[i].attach.bridge >= 0)
			take_all_given(p, i);
		else if (c->specs[i].attach.flags & NET_ON_LINK)
			network_on_link_addrs(p, i);
	derive_by_name(p);
	for (uint32_t i = 0; i < c->services.count; i++)
		if (c->specs[i].attach.bridge >= 0) {
			name_peer(&c->specs[i], i);
			if (has_port_isolation(c, c->specs[i].attach.bridge))
				c->specs[i].attach.flags |= NET_ALONE;
			set_gateway(c, i);
		}
	network_extras(p);
	shards_finish(p);
	hosts_finish(c);
	if (ENABLED(CONFIG_NET_NAT))
		ports_finish(p);
}

void network_finish(struct compile *c)
{
	struct plan p = { .c = c, .taken = { .arena = c->work } };

	for (uint32_t i = 0; i < c->bridges.count; i++)
		take_bridge(&p, i);
	for (uint32_t i = 0; i < c->services.count; i++)
		if (c->services.drafts[i].header)
			join_network(c, &c->specs[i], &c->services.drafts[i]);
	if (ENABLED(CONFIG_NET_BRIDGE))
		finish_bridges(&p);
}
