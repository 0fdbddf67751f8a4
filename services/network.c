/* What few services have of the network: a link upon another, another's network, routes, sysctls, an MTU, a MAC. */
#include <sched.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/addr.h"
#include "lib/enabled.h"
#include "lib/text.h"
#include "services/address.h"
#include "services/routes.h"
#include "services/sysctls.h"

static const struct toml *own_or_default(const struct compile *c, const struct draft *d, enum key_id id, bool fits)
{
	return fits ? given(c, d, id) : NULL;
}

/* -- which keys fit which network --------------------------------------------------------------------------------- */

static unsigned kinds_of(enum key_id id)
{
	switch (id) {
	case KEY_NETWORK_DNS:
	case KEY_NETWORK_SEARCH:
	case KEY_NETWORK_HOSTS: return ~0u;
	case KEY_NETWORK_MODE: return ~(unsigned)NETWORK_JOINED;
	case KEY_NETWORK_JOIN: return NETWORK_JOINED;
	case KEY_NETWORK_PARENT: return NETWORK_ON_LINK;
	case KEY_NETWORK_ADDRESS:
	case KEY_NETWORK_GATEWAY:
	case KEY_NETWORK_ROUTES:
	case KEY_NETWORK_MTU:
	case KEY_NETWORK_MAC: return NETWORK_BRIDGED | NETWORK_ON_LINK;
	case KEY_NETWORK_SYSCTL: return NETWORK_BRIDGED | NETWORK_ON_LINK | NETWORK_NONE;
	default: return NETWORK_BRIDGED;
	}
}

static const char *words_of(enum network_kind kind)
{
	switch (kind) {
	case NETWORK_HOST: return "minit's own";
	case NETWORK_NONE: return "loopback alone";
	case NETWORK_ON_LINK: return "upon a link of minit's";
	case NETWORK_JOINED: return "that of another service";
	case NETWORK_BRIDGED: break;
	}
	return "on a bridge";
}

void network_check(struct compile *c, const struct draft *d, enum network_kind kind)
{
	for (unsigned at = seen_from(d, 0); at < KEY_COUNT; at = seen_from(d, at + 1)) {
		enum key_id id = (enum key_id)at;
		const struct toml *node = d->nodes[id];

		if (!node || !is_network_key(id) || kinds_of(id) & kind || has_bad_mode(d))
			continue;
		refuse(c, node, "%s: %s: its network is %s, where this has no meaning; remove it, or change network%s",
		       d->title, key_name(id), words_of(kind),
		       kind == NETWORK_JOINED ? ".join" : ".mode");
	}
}

/* -- upon a link -------------------------------------------------------------------------------------------------- */

void network_on_link(struct compile *c, struct service_spec *spec, const struct draft *d)
{
	const struct toml *mode = d->nodes[KEY_NETWORK_MODE], *parent = d->nodes[KEY_NETWORK_PARENT];

	spec->namespaces |= CLONE_NEWNET;
	spec->attach.flags |= !strcmp(mode->text, "macvlan") ? NET_MACVLAN : NET_IPVLAN;
	if (!parent)
		refuse(c, mode, "%s: network.mode: \"%s\" needs network.parent, the link that it is upon", d->title,
		       mode->text);
	else if (parent->len < NET_IFNAME)
		memcpy(spec->attach.peer, parent->text, parent->len);
}

static void take_on_link_addr(struct plan *p, uint32_t index, const struct toml *node)
{
	struct net_attach *at = &p->c->specs[index].attach;
	const struct draft *d = &p->c->services.drafts[index];
	const char *unfit;
	struct addr a;
	uint32_t owner;

	if (text_addr(node->text, &a)) {
		refuse_text(p->c, d, KEY_NETWORK_ADDRESS, node);
		return;
	}
	unfit = addr_unfit(&a, ADDR_LINK_LOCAL);
	if (!unfit && a.prefix < SUBNET_WIDEST)
		unfit = "has too much for its subnet; wants a prefix of /8 or more";
	if (!strchr(node->text, '/')) {
		refuse(p->c, node, "%s: network.address: %s: upon a link it needs its prefix, such as %s/24", d->title,
		       node->text, node->text);
	} else if (unfit || !addr_is_host(&a)) {
		refuse(p->c, node, "%s: network.address: %s %s", d->title, node->text,
		       unfit ? unfit : "is the subnet itself or its broadcast");
	} else if (addr_count(at) == NET_ADDRS) {
		refuse(p->c, node, "%s: network.address: more than %d addresses", d->title, NET_ADDRS);
	} else {
		owner = addr_take(p, index, &a);
		if (owner)
			addr_refuse_taken(p, d, node, owner);
	}
}

static void take_on_link_gateway(struct compile *c, uint32_t index, const struct toml *node)
{
	struct net_attach *at = &c->specs[index].attach;
	const struct draft *d = &c->services.drafts[index];
	struct addr a;
	bool near;

	if (text_host(node->text, &a)) {
		refuse_text(c, d, KEY_NETWORK_GATEWAY, node);
		return;
	}
	near = (addr_is_link_local(&a) && addr_has_family(at->addr, NET_ADDRS, AF_INET6)) ||
	       addr_is_beyond(at->addr, NET_ADDRS, &a) || addr_subnet(at->addr, &a);
	if (!near)
		refuse(c, node, "%s: network.gateway: %s is in no subnet of network.address", d->title, node->text);
	else
		gateway_take(c, index, node, &a);
}

void network_on_link_addrs(struct plan *p, uint32_t index)
{
	const struct toml *const *own = p->c->services.drafts[index].nodes;
	const struct toml *list = own[KEY_NETWORK_ADDRESS], *gateways = own[KEY_NETWORK_GATEWAY];

	upon_check(p, index + 1);
	for (const struct toml *e = text_first(list); e; e = text_next(list, e))
		take_on_link_addr(p, index, e);
	if (gateways && node_text(gateways) && !strcmp(gateways->text, "none"))
		return;
	for (const struct toml *e = text_first(gateways); e; e = text_next(gateways, e))
		take_on_link_gateway(p->c, index, e);
}

/* -- another's network -------------------------------------------------------------------------------------------- */

static void take_shared(struct compile *c, uint32_t index, struct network_spec *network)
{
	struct draft *d = &c->services.drafts[index];
	const struct toml *node = d->nodes[KEY_NETWORK_JOIN], *further;
	int to = node ? service_index(c, node->text) : -1;

	if (!node)
		return;
	if (to < 0) {
		refuse_nobody(c, d->title, "network.join", node, &c->services, "service");
		return;
	}
	if ((uint32_t)to == index) {
		refuse(c, node, "%s: network.join: %s is the service itself; remove it", d->title, node->text);
		d->nodes[KEY_NETWORK_JOIN] = NULL; /* that is no cycle of the order too */
		return;
	}
	further = c->services.drafts[to].nodes[KEY_NETWORK_JOIN];
	if (further)
		refuse(c, node, "%s: network.join: the network of %s is that of another service itself; join \"%.60s\"",
		       d->title, node->text, further->text);
	else if (!(c->specs[to].namespaces & CLONE_NEWNET))
		refuse(c, node, "%s: network.join: %s has no network of its own; give it one, or use mode = \"host\" "
		       "here too", d->title, node->text);
	network->joins = (uint32_t)to + 1;
}

/* -- routes -------------------------------------------------------------------------------------------------------- */

/* What it has by network.also is known. */
static void take_routes(struct plan *p, uint32_t index, struct network_spec *network)
{
	struct compile *c = p->c;
	const struct net_attach *at = &c->specs[index].attach;
	const struct draft *d = &c->services.drafts[index];
	const struct toml *list = own_or_default(c, d, KEY_NETWORK_ROUTES, net_has_eth0(at));
	const struct route_place place = { .draft = d, .key = KEY_NETWORK_ROUTES, .gateway = KEY_NETWORK_GATEWAY,
					   .addr = at->addr, .whose = "service", .has_eths = true,
					   .also = (const void *)(c->image->base + network->also.at),
					   .also_count = network->also.count,
					   .derived = &p->derived, .index = index };
	struct net_route routes[ROUTES_MAX];
	uint32_t n = routes_take(c, &place, list, routes);

	if (n)
		network->routes = (struct list){ image_record(c, routes, n * sizeof(routes[0])), n };
}

/* -- sysctls ------------------------------------------------------------------------------------------------------ */

static void take_sysctls(struct compile *c, uint32_t index, struct network_spec *network)
{
	const struct draft *d = &c->services.drafts[index];
	bool own = (c->specs[index].namespaces & CLONE_NEWNET) != 0;
	const struct toml *table = own_or_default(c, d, KEY_NETWORK_SYSCTL, own);

	network->sysctls = sysctls_take(c, d, KEY_NETWORK_SYSCTL, table, contrary_service, &c->specs[index].attach);
}

/* -- rates ----------------------------------------------------------------------------------------------------- */

#define RATE_LEAST 8000u
#define RATE_MOST 100000000000u
#define CAP_NET_ADMIN_BIT 12

/* "10M", "1.5G" without the point: a number and K, M or G of 1000. */
static bool read_rate(const char *text, uint64_t *ret)
{
	static const char units[] = "KMG";
	size_t digits = text ? strspn(text, "0123456789") : 0;
	const char *unit = digits && text[digits] ? strchr(units, text[digits]) : NULL;
	BUF_ON_STACK(number, 16);
	uint64_t n;

	if (!digits || (text[digits] && (!unit || text[digits + 1])))
		return false;
	buf_add(&number, text, digits);
	if (buf_check(&number) || text_u64(buf_text(&number), &n) || n > RATE_MOST)
		return false;
	for (long i = unit ? unit - units : -1; i >= 0; i--)
		n *= 1000;
	*ret = n;
	return n >= RATE_LEAST && n <= RATE_MOST;
}

/* Who may change the network could lift what is held back inside of it. */
static bool may_lift(const struct draft *d)
{
	uint64_t all = 0;

	for (unsigned i = 0; i < CAP_SETS; i++)
		all |= d->confine->privileges.caps.set[i];
	return all >> CAP_NET_ADMIN_BIT & 1;
}

static void take_rate(struct compile *c, uint32_t index, struct network_spec *network)
{
	const struct draft *d = &c->services.drafts[index];
	const struct toml *table = own_or_default(c, d, KEY_NETWORK_RATE, c->specs[index].attach.bridge >= 0);

	for (const struct toml *e = table ? table->first : NULL; e; e = e->next) {
		bool in = !strcmp(e->key, "in");

		if (!in && strcmp(e->key, "out") != 0)
			refuse_inner(c, d->title, "network.rate", e, "in|out");
		else if (!read_rate(node_text(e), in ? &network->in_bps : &network->out_bps))
			refuse_named(c, d->title, in ? "network.rate.in" : "network.rate.out", e,
				     "bits in a second from 8K to 100G such as \"50M\"");
	}
	if (network->out_bps && may_lift(d))
		refuse(c, table, "%s: network.rate: with the capability net_admin it could lift the limit of out; "
		       "remove one of the two", d->title);
}

static bool has_out(const struct compile *c, uint32_t index)
{
	const struct draft *d = &c->services.drafts[index];
	const struct toml *table = own_or_default(c, d, KEY_NETWORK_RATE, c->specs[index].attach.bridge >= 0);

	for (const struct toml *e = table ? table->first : NULL; e; e = e->next)
		if (!strcmp(e->key, "out"))
			return true;
	return false;
}

/* Whose network it is in, by which key; -1: nobody else's. */
static int joins(const struct compile *c, uint32_t index, enum key_id *ret_key)
{
	const struct draft *d = &c->services.drafts[index];
	const struct toml *node = d->nodes[KEY_NETWORK_JOIN];

	*ret_key = node ? KEY_NETWORK_JOIN : KEY_JOIN;
	if (node)
		return service_index(c, node->text);
	return d->confine->roots.join_flags & CLONE_NEWNET ? (int)d->confine->roots.join_service : -1;
}

/* By however many others: a circle of them is told elsewhere. */
uint32_t network_owner(const struct compile *c, uint32_t index)
{
	enum key_id id;
	int next = joins(c, index, &id);

	for (uint32_t n = 0; next >= 0 && n < c->services.count; n++) {
		index = (uint32_t)next;
		next = joins(c, index, &id);
	}
	return index;
}

/* Who is in that network too could do so as well. */
static void check_joined(struct compile *c, uint32_t index)
{
	const struct draft *d = &c->services.drafts[index];
	uint32_t owner = network_owner(c, index);
	enum key_id id;

	if (joins(c, index, &id) >= 0 && may_lift(d) && has_out(c, owner))
		refuse(c, d->nodes[id], "%s: %s: with the capability net_admin it could lift the limit of out that %s "
		       "has (network.rate); remove one of the two", d->title, key_name(id),
		       c->services.drafts[owner].title);
}

/* -- eth0 itself -------------------------------------------------------------------------------------------------- */

static void take_mtu(struct compile *c, uint32_t index, struct network_spec *network)
{
	const struct net_attach *at = &c->specs[index].attach;
	const struct draft *d = &c->services.drafts[index];
	const struct toml *node = own_or_default(c, d, KEY_NETWORK_MTU, net_has_eth0(at));

	if (!node)
		return;
	network->mtu = (uint32_t)node->number;
	if (addr_has_family(at->addr, NET_ADDRS, AF_INET6))
		mtu_check(c, d, KEY_NETWORK_MTU, node);
}

static void take_own_mac(struct compile *c, uint32_t index, struct set *macs)
{
	struct net_attach *at = &c->specs[index].attach;
	const struct draft *d = &c->services.drafts[index];
	const struct toml *node = d->nodes[KEY_NETWORK_MAC];
	struct set_entry *e;

	if (!node || !net_has_eth0(at))
		return;
	if (at->flags & NET_IPVLAN) {
		refuse(c, node, "%s: network.mac: an ipvlan has the MAC of its parent; remove it, or use macvlan",
		       d->title);
	} else if (mac_read(node->text, at->mac)) {
		refuse_text(c, d, KEY_NETWORK_MAC, node);
	} else {
		e = set_at(macs, at->mac, NET_MAC);
		if (e->value)
			refuse(c, node, "%s: network.mac: %s is that of %s already", d->title, node->text,
			       e->value & ADDR_OF_BRIDGE ? c->bridges.drafts[e->value & ~ADDR_OF_BRIDGE].title :
			       c->services.drafts[e->value - 1].title);
		e->value = index + 1;
	}
}

/* -- all of it ---------------------------------------------------------------------------------------------------- */

void network_extras(struct plan *p)
{
	static const struct network_spec none;
	struct compile *c = p->c;
	struct set macs = { .arena = c->work };
	const struct list *peers = NULL;

	if (ENABLED(CONFIG_NET_BRIDGE))
		macs_note(c, &macs);
	for (uint32_t i = 0; i < c->services.count; i++)
		take_own_mac(c, i, &macs);
	if (ENABLED(CONFIG_NET_BRIDGE))
		peers = peers_of_all(p);
	for (uint32_t i = 0; i < c->services.count; i++) {
		struct network_spec network = { 0 };

		if (!c->services.drafts[i].header)
			continue;
		take_shared(c, i, &network);
		if (p->also)
			network.also = p->also[i];
		take_routes(p, i, &network);
		take_sysctls(c, i, &network);
		take_mtu(c, i, &network);
		take_rate(c, i, &network);
		check_joined(c, i);
		network.peers = peers ? peers[i] : (struct list){ 0 };
		network.resolv_at = hosts_resolv(c, i);
		if (memcmp(&network, &none, sizeof(none)) != 0)
			c->specs[i].network_at = image_record(c, &network, sizeof(network));
	}
}
