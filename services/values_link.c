/* What a table says of bridges and links beside their addresses. */
#include <string.h>
#include <sys/socket.h>

#include "lib/addr.h"
#include "lib/enabled.h"
#include "net/net.h"
#include "services/address.h"
#include "services/routes.h"

bool take_mac(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	const char *text = node_text(node);

	(void)s, (void)key;
	return text && !mac_read(text, field);
}

static const struct {
	uint8_t key, flag;
} asked[] = {
	{ KEY_BRIDGE_STP, NET_ASKED_STP },
	{ KEY_BRIDGE_FORWARD_DELAY, NET_ASKED_FORWARD_DELAY },
	{ KEY_BRIDGE_AGEING, NET_ASKED_AGEING },
	{ KEY_BRIDGE_PRIORITY, NET_ASKED_PRIORITY },
	{ KEY_BRIDGE_VLAN_FILTERING, NET_ASKED_VLAN_FILTERING },
	{ KEY_BRIDGE_MAC, NET_ASKED_MAC },
};

void bridge_finish(struct compile *c, uint32_t index)
{
	const struct draft *d = &c->bridges.drafts[index];
	struct net_bridge *bridge = &c->bridge_specs[index];

	for (size_t i = 0; i < ARRAY_LEN(asked); i++)
		if (d->nodes[asked[i].key])
			bridge->asked |= asked[i].flag;
}

bool has_port_isolation(const struct compile *c, int32_t bridge)
{
	const struct toml *node = bridge < 0 ? NULL : c->bridges.drafts[bridge].nodes[KEY_BRIDGE_PORT_ISOLATION];

	return node && node->truth;
}

/* -- links --------------------------------------------------------------------------------------------------------- */

/* Kept for links_finish. */
bool take_online(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	(void)s, (void)key, (void)field;
	return node->type == TOML_ARRAY && is_text_or_texts(node);
}

/* One link has an address once; the same on two of them is a way to have links without addresses of their own. */
static void claim_link_address(struct plan *p, uint32_t index, const struct toml *node, struct addr *a)
{
	struct compile *c = p->c;
	const char *title = c->links.drafts[index].title;
	uint32_t *owner = &set_at(&p->taken, a, ADDR_KEY)->value;

	if (*owner & ADDR_OF_BRIDGE)
		refuse(c, node, "%s: address: %s is the address of bridge %s itself", title, node->text,
		       c->bridge_specs[*owner & ~ADDR_OF_BRIDGE].name);
	else if (*owner == (ADDR_OF_LINK | index))
		refuse(c, node, "%s: address: %s stands there twice", title, node->text);
	else
		*owner = ADDR_OF_LINK | index;
}

/* Of two interfaces with one subnet only one has its hosts. */
static const struct net_bridge *with_subnet(const struct compile *c, const struct addr *a)
{
	for (uint32_t i = 0; i < c->bridges.count; i++)
		for (unsigned k = 0; k < NET_ADDRS && c->bridge_specs[i].addr[k].family; k++)
			if (c->bridge_specs[i].addr[k].prefix == a->prefix && addr_in(a, &c->bridge_specs[i].addr[k]))
				return &c->bridge_specs[i];
	return NULL;
}

static const char *link_unfit(const struct net_link *link, const struct addr *a)
{
	bool loopback = !strcmp(link->name, "lo");
	const char *unfit = addr_unfit(a, ADDR_LINK_LOCAL | (loopback ? ADDR_LOOPBACK : 0));

	if (!unfit && a->prefix < SUBNET_WIDEST)
		return "has too much for its subnet; wants a prefix of /8 or more";
	return unfit || addr_is_host(a) ? unfit : "is the subnet itself or its broadcast";
}

static void take_lease(struct compile *c, const struct draft *d, struct net_link *link, const struct toml *node,
		       uint8_t flag)
{
	if (link->flags & flag)
		refuse(c, node, "%s: address: \"%s\" stands there twice; remove one", d->title, node->text);
	link->flags |= flag;
}

static void take_link_address(struct plan *p, uint32_t index, const struct toml *node)
{
	struct compile *c = p->c;
	const struct draft *d = &c->links.drafts[index];
	struct net_link *link = &c->link_specs[index];
	struct addr a = { 0 };
	unsigned n = 0;

	while (n < NET_ADDRS && link->addr[n].family)
		n++;
	if (!strcmp(node->text, "dhcp")) {
		take_lease(c, d, link, node, NET_LINK_DHCP);
	} else if (!strcmp(node->text, "dhcp6")) {
		take_lease(c, d, link, node, NET_LINK_DHCP6);
	} else if (!strchr(node->text, '/') || text_addr(node->text, &a)) {
		refuse_text(c, d, KEY_LINK_ADDRESS, node);
	} else if (n == NET_ADDRS) {
		refuse(c, node, "%s: address: more than %d addresses", d->title, NET_ADDRS);
	} else if (link_unfit(link, &a)) {
		refuse(c, node, "%s: address: %s %s", d->title, node->text, link_unfit(link, &a));
	} else if (with_subnet(c, &a)) {
		refuse(c, node, "%s: address: %s is in the subnet of bridge %s, which no other interface can have",
		       d->title, node->text, with_subnet(c, &a)->name);
	} else {
		link->addr[n] = a;
		claim_link_address(p, index, node, &link->addr[n]);
	}
}

/* Routers of IPv6 are spoken to by a link-local address; and who has one address alone has no subnet. */
static bool may_be_near(const struct net_link *link, const struct addr *a)
{
	return addr_subnet(link->addr, a) || addr_is_link_local(a) || addr_is_beyond(link->addr, NET_ADDRS, a) ||
	       !link->addr[0].family || link->flags & (NET_LINK_DHCP | NET_LINK_DHCP6);
}

static void take_link_gateway(struct compile *c, const struct draft *d, struct net_link *link, const struct toml *node)
{
	struct addr a = { 0 };

	if (text_host(node->text, &a))
		refuse_text(c, d, KEY_LINK_GATEWAY, node);
	else if (!may_be_near(link, &a))
		refuse(c, node, "%s: gateway: %s is in none of its subnets", d->title, node->text);
	else if (gateway_unfit(link->addr, &a))
		refuse(c, node, "%s: gateway: %s %s", d->title, node->text, gateway_unfit(link->addr, &a));
	else if (!strcmp(link->name, "lo"))
		refuse(c, node, "%s: gateway: behind loopback there is nobody; give it to another link", d->title);
	else if (link->gateway[a.family == AF_INET6].family)
		refuse(c, node, "%s: gateway: %s is a second one of its family", d->title, node->text);
	else
		link->gateway[a.family == AF_INET6] = a;
}

static void take_link_routes(struct compile *c, const struct draft *d, struct net_link *link)
{
	const struct route_place place = { .draft = d, .key = KEY_LINK_ROUTES, .gateway = KEY_LINK_GATEWAY,
					   .addr = link->addr, .whose = "link", .before = c->link_route_count,
					   .may_have_more = !link->addr[0].family ||
							    link->flags & (NET_LINK_DHCP | NET_LINK_DHCP6) };

	link->first = c->link_route_count;
	link->routes = routes_take(c, &place, d->nodes[KEY_LINK_ROUTES], &c->link_routes[link->first]);
	c->link_route_count += link->routes;
}

/* A name of an interface or a pattern of one, or "". */
static void take_link_name(struct compile *c, const struct draft *d, enum key_id id, char *field, size_t size)
{
	const struct toml *node = d->nodes[id];

	if (!node)
		return;
	if (node->len >= size)
		refuse(c, node, "%s: %s: \"%.60s\" is too long: up to %zu characters", d->title,
		       key_name(id), node->text, size - 1);
	else
		memcpy(field, node->text, node->len + 1);
}

static void take_match(struct compile *c, const struct draft *d, struct net_link *link)
{
	const struct toml *node = d->nodes[KEY_LINK_MATCH];

	take_link_name(c, d, KEY_LINK_MATCH, link->match, sizeof(link->match));
	if (link->match[0] && !match_is_good(link->match)) {
		refuse(c, node, "%s: match: no name and no MAC of a device is matched by \"%.60s\"; wants %s", d->title,
		       node->text, key_text(key_by_id(KEY_LINK_MATCH), KEY_WANT));
		link->match[0] = '\0';
	}
}

/* Keys that only some kinds have; and those that these need. */
static const struct {
	uint16_t key;
	uint8_t may, must; /* bits by enum net_kind */
} kind_keys[] = {
#define K(kind) (1 << NET_KIND_##kind)
	{ KEY_LINK_MATCH, K(DEVICE), 0 },
	{ KEY_LINK_PARENT, K(VLAN) | K(MACVLAN) | K(IPVLAN) | K(VXLAN), K(VLAN) | K(MACVLAN) | K(IPVLAN) },
	{ KEY_LINK_ID, K(VLAN) | K(VXLAN), K(VLAN) | K(VXLAN) },
	{ KEY_LINK_MODE, K(MACVLAN) | K(IPVLAN) | K(BOND), 0 },
	{ KEY_LINK_LOCAL, K(VXLAN), 0 },
	{ KEY_LINK_REMOTE, K(VXLAN), 0 },
	{ KEY_LINK_PORT, K(VXLAN), 0 },
	{ KEY_LINK_CONFIG, K(WIREGUARD), K(WIREGUARD) },
#undef K
};

static void check_kind(struct compile *c, const struct draft *d, const struct net_link *link)
{
	const char *kind = link->kind ? net_kind_name(link->kind) : "device";

	for (size_t i = 0; i < ARRAY_LEN(kind_keys); i++) {
		const struct toml *node = d->nodes[kind_keys[i].key];
		const struct key *key = key_by_id(kind_keys[i].key);

		if (node && !(kind_keys[i].may >> link->kind & 1))
			refuse_key(c, node, "%s: %s: a %s has none; remove it, or say another kind", d->title,
				   key_text(key, KEY_NAME), kind);
		else if (!is_seen(d, key->id) && kind_keys[i].must >> link->kind & 1 && !c->is_cut)
			refuse_key(c, d->header, "%s: %s is missing; a %s wants %s", d->title, key_text(key, KEY_NAME),
				   kind, key_text(key, KEY_WANT));
	}
	if (link->kind == NET_KIND_VLAN && d->nodes[KEY_LINK_ID] && (link->id < 1 || link->id > 4094))
		refuse(c, d->nodes[KEY_LINK_ID], "%s: id: found the integer %u; a vlan wants 1 to 4094", d->title,
		       link->id);
}

static void take_mode_of(struct compile *c, const struct draft *d, struct net_link *link)
{
	const struct toml *node = d->nodes[KEY_LINK_MODE];
	const char *modes = net_kind_modes(link->kind);
	int word = node && *modes ? word_find(modes, node->text) : -1;

	if (!node || !*modes)
		return;
	if (word < 0)
		refuse(c, node, "%s: mode: found \"%.60s\"; a %s wants one of %s", d->title, node->text,
		       net_kind_name(link->kind), modes);
	else
		link->mode = net_kind_mode(link->kind, (unsigned)word);
	link->flags |= NET_LINK_MODE;
}

uint32_t links_on(const struct compile *c, uint32_t bridge)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < c->links.count; i++) {
		const struct toml *master = c->links.drafts[i].nodes[KEY_LINK_MASTER];

		count += master && !strcmp(master->text, c->bridge_specs[bridge].name);
	}
	return count;
}

/* A bridge or a bond of the table. */
static void check_master(struct compile *c, const struct draft *d, struct net_link *link)
{
	static const uint16_t routed[] = { KEY_LINK_GATEWAY, KEY_LINK_ROUTES };
	const struct toml *node = d->nodes[KEY_LINK_MASTER], *address = d->nodes[KEY_LINK_ADDRESS];
	int bond = node ? group_index(&c->links, link->master) : -1;

	if (!node || !link->master[0])
		return;
	if (address)
		refuse_key(c, address, "%s: address: a port has none; give it to %s", d->title, link->master);
	for (size_t i = 0; i < ARRAY_LEN(routed); i++)
		if (text_first(d->nodes[routed[i]]))
			refuse_key(c, d->nodes[routed[i]], "%s: %s: a port has none, as what comes by it is that of "
				   "%s; remove it", d->title, key_name(routed[i]), link->master);
	if (bond >= 0 && c->link_specs[bond].kind == NET_KIND_BOND)
		link->flags |= NET_LINK_BONDED;
	else if (bond >= 0)
		refuse(c, node, "%s: master: %s is no bridge and no bond", d->title, link->master);
	else if (group_index(&c->bridges, link->master) < 0)
		refuse_nobody(c, d->title, "master", node, &c->bridges, "bridge");
}

static void check_dhcp(struct compile *c, const struct draft *d, bool dhcp, const char *word, enum key_id client_key)
{
	const struct toml *client = d->nodes[client_key], *up = d->nodes[KEY_LINK_UP];

	if (dhcp && !ENABLED(CONFIG_DHCP))
		refuse_key(c, d->nodes[KEY_LINK_ADDRESS], "%s: address: \"%s\" needs CONFIG_DHCP", d->title, word);
	if (dhcp && up && !up->truth)
		refuse(c, up, "%s: up: without it there is no lease; remove it, or \"%s\"", d->title, word);
	if (client && (!text_first(client) || !*text_first(client)->text))
		refuse_key(c, client, "%s: %s_client: names no program; wants %s", d->title, word,
			   key_text(key_by_id(client_key), KEY_WANT));
	if (client && !dhcp)
		refuse_key(c, client, "%s: %s_client: has no meaning without address = \"%s\"; remove it", d->title,
			   word, word);
}

static bool has_ipv6(const struct net_link *link)
{
	return addr_has_family(link->addr, NET_ADDRS, AF_INET6) || link->flags & NET_LINK_DHCP6;
}

/* What its kind and addresses make of other keys. */
static void check_link(struct compile *c, const struct draft *d, const struct net_link *link)
{
	const struct toml *mtu = d->nodes[KEY_LINK_MTU], *metric = d->nodes[KEY_LINK_METRIC];

	if (has_ipv6(link))
		mtu_check(c, d, KEY_LINK_MTU, mtu);
	if (metric && !text_first(d->nodes[KEY_LINK_GATEWAY]) && !(link->flags & NET_LINK_DHCP))
		refuse_key(c, metric, "%s: metric: it is that of default routes, and the link has none; add gateway, "
			   "or remove it (one of routes stands there itself)", d->title);
	if (link->kind != NET_KIND_DEVICE && !strcmp(link->name, "lo"))
		refuse_key(c, d->header, "%s: loopback is there already, as a device; give the link another name",
			   d->title);
	if (link->kind == NET_KIND_IPVLAN && d->nodes[KEY_LINK_MAC])
		refuse(c, d->nodes[KEY_LINK_MAC], "%s: mac: an ipvlan has the MAC of its parent; remove it, or use "
		       "macvlan", d->title);
}

static void take_link(struct plan *p, uint32_t index)
{
	struct compile *c = p->c;
	const struct draft *d = &c->links.drafts[index];
	struct net_link *link = &c->link_specs[index];
	const struct toml *addresses = d->nodes[KEY_LINK_ADDRESS], *gateways = d->nodes[KEY_LINK_GATEWAY];
	const struct toml *up = d->nodes[KEY_LINK_UP];

	if (group_index(&c->bridges, link->name) >= 0)
		refuse_key(c, d->header, "%s: a bridge of the table has this name", d->title);
	link->flags |= (up && !up->truth ? NET_LINK_DOWN : 0) | (d->nodes[KEY_LINK_MAC] ? NET_LINK_MAC : 0);
	take_match(c, d, link);
	take_link_name(c, d, KEY_LINK_PARENT, link->parent, sizeof(link->parent));
	take_link_name(c, d, KEY_LINK_MASTER, link->master, sizeof(link->master));
	check_kind(c, d, link);
	take_mode_of(c, d, link);
	ends_take(c, d, link);
	check_master(c, d, link);
	for (const struct toml *e = text_first(addresses); e; e = text_next(addresses, e))
		take_link_address(p, index, e);
	for (const struct toml *e = text_first(gateways); e; e = text_next(gateways, e))
		take_link_gateway(c, d, link, e);
	take_link_routes(c, d, link);
	check_link(c, d, link);
	ether_check(c, d, link);
	check_dhcp(c, d, link->flags & NET_LINK_DHCP, "dhcp", KEY_LINK_DHCP_CLIENT);
	check_dhcp(c, d, link->flags & NET_LINK_DHCP6, "dhcp6", KEY_LINK_DHCP6_CLIENT);
}

/* By a lease of IPv4 it may. */
static bool has_default(const struct net_link *link, unsigned family)
{
	return link->gateway[family].family || (!family && link->flags & NET_LINK_DHCP);
}

/* The kernel has one default route of a metric; a second one takes its place. */
static void check_defaults(struct compile *c, uint32_t index)
{
	const struct net_link *links = c->link_specs, *link = &links[index];
	const struct draft *d = &c->links.drafts[index];

	for (unsigned family = 0; family < ARRAY_LEN(link->gateway); family++)
		for (uint32_t i = 0; i < index && has_default(link, family); i++) {
			enum key_id key = link->gateway[family].family ? KEY_LINK_GATEWAY : KEY_LINK_ADDRESS;

			if (!has_default(&links[i], family) || links[i].metric != link->metric)
				continue;
			refuse_key(c, d->nodes[key], "%s: %s: link %s has a default route of IPv%u with this metric "
				   "too%s, and the kernel keeps one; give one of them a metric of its own", d->title,
				   key_name(key), links[i].name, family ? 6 : 4,
				   links[i].gateway[family].family ? "" : " (by its lease)");
			return;
		}
}

static uint8_t family_of(const struct net_link *link)
{
	return link->remote.family ? link->remote.family : link->local.family ? link->local.family : AF_INET;
}

static uint32_t port_of(const struct net_link *link)
{
	return link->port ? link->port : 4789;
}

/* Whether the kernel would say of the second that it is there already. */
static bool is_same(const struct net_link *a, const struct net_link *b)
{
	if (a->kind != b->kind || a->id != b->id)
		return false;
	if (a->kind == NET_KIND_VLAN)
		return !strcmp(a->parent, b->parent);
	if (addr_is_link_local(&a->local) && addr_is_link_local(&b->local) && strcmp(a->parent, b->parent) != 0)
		return false;
	return a->kind == NET_KIND_VXLAN && port_of(a) == port_of(b) && family_of(a) == family_of(b);
}

static void check_id(struct compile *c, uint32_t index)
{
	const struct draft *d = &c->links.drafts[index];

	for (uint32_t i = 0; i < index && d->nodes[KEY_LINK_ID]; i++)
		if (is_same(&c->link_specs[i], &c->link_specs[index])) {
			refuse(c, d->nodes[KEY_LINK_ID], "%s: id: link %s has this one already; take another%s",
			       d->title, c->link_specs[i].name,
			       c->link_specs[i].kind == NET_KIND_VXLAN ? ", or another port" : "");
			return;
		}
}

/* -- in which order ------------------------------------------------------------------------------------------------ */

/* How many links of the table it comes behind; more than there are: it goes in a circle. */
static unsigned depth_of(const struct compile *c, const struct net_link *link, unsigned depth)
{
	int parent = link->parent[0] ? group_index(&c->links, link->parent) : -1;
	int master = link->master[0] ? group_index(&c->links, link->master) : -1;
	unsigned most = depth;

	if (depth > 8)
		return depth;
	if (parent >= 0)
		most = MAX(most, depth_of(c, &c->link_specs[parent], depth + 1));
	if (master >= 0)
		most = MAX(most, depth_of(c, &c->link_specs[master], depth + 1));
	return most;
}

/* Of each depth, in the order of the table; puts where each has come to into place. */
static struct net_link *in_order(struct compile *c, uint8_t *place)
{
	struct net_link *sorted = arena_array(c->work, struct net_link, c->links.count);
	uint32_t n = 0;

	for (unsigned depth = 0; depth <= 8; depth++)
		for (uint32_t i = 0; i < c->links.count; i++)
			if (depth_of(c, &c->link_specs[i], 0) == depth) {
				place[i] = (uint8_t)n;
				sorted[n++] = c->link_specs[i];
			}
	for (uint32_t i = 0; i < c->links.count; i++)
		if (depth_of(c, &c->link_specs[i], 0) > 8)
			refuse_key(c, c->links.drafts[i].header, "%s: parent and master lead in a circle, or through "
				   "more than 8 links", c->links.drafts[i].title);
	return sorted;
}

static void take_waits(struct compile *c, const struct draft *d, const uint8_t *place)
{
	const struct toml *list = d->nodes[KEY_ONLINE];

	for (const struct toml *e = list ? list->first : NULL; e; e = e->next) {
		int index = group_index(&c->links, e->text);

		if (index < 0)
			refuse_nobody(c, d->title, "online", e, &c->links, "link");
		else if (c->link_specs[index].flags & NET_LINK_DOWN)
			refuse(c, e, "%s: online: %s stays down (up = false), so this would be waited for in vain; "
			       "remove one of the two", d->title, e->text);
		else
			d->confine->online |= (uint64_t)1 << place[index];
	}
}

void links_take(struct plan *p)
{
	struct compile *c = p->c;

	c->link_routes = arena_array(c->work, struct net_route, ROUTES_MAX * c->links.count);
	for (uint32_t i = 0; i < c->links.count; i++)
		take_link(p, i);
	for (uint32_t i = 0; i < c->links.count; i++)
		check_defaults(c, i);
	for (uint32_t i = 0; i < c->links.count; i++)
		check_id(c, i);
	for (uint32_t i = 0; i < c->links.count; i++) {
		match_check(c, i);
		upon_check(p, ADDR_OF_LINK | i);
		upon_mac(c, i);
	}
}

static void take_upon(const struct compile *c, uint32_t service, const uint8_t *place)
{
	const struct net_attach *at = &c->specs[service].attach;
	int index = at->flags & NET_ON_LINK ? group_index(&c->links, at->peer) : -1;

	if (index >= 0)
		c->services.drafts[service].confine->upon |= (uint64_t)1 << place[index];
}

void links_finish(struct compile *c)
{
	uint8_t place[TABLE_LINKS_MAX] = { 0 };
	struct net_link *sorted;

	sorted = in_order(c, place);
	attend_finish(c, place);
	for (uint32_t i = 0; i < c->services.count; i++) {
		take_waits(c, &c->services.drafts[i], place);
		take_upon(c, i, place);
	}
	c->table->links = image_array(c, sorted, c->links.count);
	c->table->link_routes = image_array(c, c->link_routes, c->link_route_count);
}
