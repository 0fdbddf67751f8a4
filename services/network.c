/* What few services have of the network: a link upon another, another's network, routes, sysctls, an MTU, a MAC. */
#include <linux/rtnetlink.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/addr.h"
#include "lib/enabled.h"
#include "lib/text.h"
#include "services/address.h"

#define ROUTES_MAX 64 /* of one service */
#define SYSCTLS_MAX 64
#define SYSCTL_DEPTH 8

static const struct toml *own_or_default(const struct compile *c, const struct draft *d, enum key_id id, bool fits)
{
	return fits ? given(c, d, id) : NULL;
}

static void refuse_text(struct compile *c, const struct draft *d, enum key_id id, const struct toml *node)
{
	const struct key *key = key_by_id(id);

	refuse(c, node, "%s: %s: found \"%.60s\"; wants %s", d->title, key_text(key, KEY_NAME), node->text,
	       key_text(key, KEY_WANT));
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

		if (!node || !is_network_key(id) || kinds_of(id) & kind)
			continue;
		refuse(c, node, "%s: %s: its network is %s, where this has no meaning; remove it, or change network%s",
		       d->title, key_text(key_by_id(id), KEY_NAME), words_of(kind),
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
	else if (parent->len >= NET_IFNAME || strchr(parent->text, '/'))
		refuse_text(c, d, KEY_NETWORK_PARENT, parent);
	else
		memcpy(spec->attach.peer, parent->text, parent->len);
}

static void take_on_link_addr(struct plan *p, uint32_t index, const struct toml *node)
{
	struct net_attach *at = &p->c->specs[index].attach;
	const struct draft *d = &p->c->services.drafts[index];
	struct addr a;
	uint32_t owner;

	if (text_addr(node->text, &a)) {
		refuse_text(p->c, d, KEY_NETWORK_ADDRESS, node);
	} else if (!strchr(node->text, '/')) {
		refuse(p->c, node, "%s: network.address: %s: upon a link it needs its prefix, such as %s/24", d->title,
		       node->text, node->text);
	} else if (addr_count(at) == NET_ADDRS) {
		refuse(p->c, node, "%s: network.address: more than %d addresses", d->title, NET_ADDRS);
	} else {
		owner = addr_take(p, index, &a);
		if (owner)
			addr_refuse_taken(p, d, node, owner);
		else
			at->given |= (uint16_t)(1u << (addr_count(at) - 1));
	}
}

static void take_on_link_gateway(struct compile *c, uint32_t index, const struct toml *node)
{
	struct net_attach *at = &c->specs[index].attach;
	const struct draft *d = &c->services.drafts[index];
	struct addr a;
	bool near = false;

	if (strchr(node->text, '/') || text_addr(node->text, &a)) {
		refuse_text(c, d, KEY_NETWORK_GATEWAY, node);
		return;
	}
	for (unsigned i = 0; i < addr_count(at); i++)
		near |= addr_in(&a, &at->addr[i]);
	if (!near)
		refuse(c, node, "%s: network.gateway: %s is in no subnet of network.address", d->title, node->text);
	else if (at->gateway[a.family == AF_INET6].family)
		refuse(c, node, "%s: network.gateway: %s is a second one of its family", d->title, node->text);
	else
		at->gateway[a.family == AF_INET6] = a;
}

void network_on_link_addrs(struct plan *p, uint32_t index)
{
	const struct toml *const *own = p->c->services.drafts[index].nodes;
	const struct toml *list = own[KEY_NETWORK_ADDRESS], *gateways = own[KEY_NETWORK_GATEWAY];

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

/* -- routes: words as those of ip-route(8) ------------------------------------------------------------------------ */

static const struct {
	char name[12];
	uint8_t type;
} types[] = { { "blackhole", RTN_BLACKHOLE }, { "unreachable", RTN_UNREACHABLE }, { "prohibit", RTN_PROHIBIT } };

/* The next word of a text into `word`; false when there is none, or it is too long for any. */
static bool next_word(const char **at, struct buf *word)
{
	size_t len;

	buf_reset(word);
	*at += strspn(*at, " ");
	len = strcspn(*at, " ");
	buf_add(word, *at, len);
	*at += len;
	return len && !buf_check(word);
}

static bool take_type(const char *word, struct net_route *r)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (!strcmp(types[i].name, word)) {
			r->type = types[i].type;
			return true;
		}
	return false;
}

static bool take_option(const char *name, const char *value, struct net_route *r)
{
	uint64_t n;

	if (!strcmp(name, "via"))
		return !r->via.family && r->type == RTN_UNICAST && !text_addr(value, &r->via) && !strchr(value, '/') &&
		       r->via.family == r->to.family;
	if (strcmp(name, "metric") != 0 || r->metric || text_u64(value, &n) || !n || n > UINT32_MAX)
		return false;
	r->metric = (uint32_t)n;
	return true;
}

static bool read_route(const char *text, struct net_route *r)
{
	BUF_ON_STACK(word, 64);
	BUF_ON_STACK(value, 64);

	r->type = RTN_UNICAST;
	if (!next_word(&text, &word) || (take_type(buf_text(&word), r) && !next_word(&text, &word)) ||
	    text_addr(buf_text(&word), &r->to))
		return false;
	while (next_word(&text, &word))
		if (!next_word(&text, &value) || !take_option(buf_text(&word), buf_text(&value), r))
			return false;
	return !*text && !buf_check(&word);
}

static bool is_network_addr(const struct addr *a)
{
	struct addr net = *a;

	addr_clear_host(&net);
	return addr_equal(&net, a);
}

static bool is_near(const struct net_attach *at, const struct addr *a)
{
	for (unsigned i = 0; i < addr_count(at); i++)
		if (addr_in(a, &at->addr[i]))
			return true;
	return false;
}

static bool check_route(struct compile *c, const struct draft *d, const struct net_attach *at, const struct toml *node,
			const struct net_route *r)
{
	if (!is_network_addr(&r->to))
		refuse(c, node, "%s: network.routes: %s: the net has bits behind its prefix; clear them, or write it "
		       "without a prefix for one host", d->title, node->text);
	else if (!r->to.prefix)
		refuse(c, node, "%s: network.routes: %s: is the default route; give it as network.gateway", d->title,
		       node->text);
	else if (r->via.family && !is_near(at, &r->via))
		refuse(c, node, "%s: network.routes: %s: its gateway is in none of the service's subnets", d->title,
		       node->text);
	else
		return true;
	return false;
}

static void take_route_list(struct compile *c, uint32_t index, const struct toml *list, struct network_spec *network)
{
	const struct net_attach *at = &c->specs[index].attach;
	const struct draft *d = &c->services.drafts[index];
	struct net_route routes[ROUTES_MAX] = { 0 };
	uint32_t n = 0;

	for (const struct toml *e = text_first(list); e; e = text_next(list, e)) {
		struct net_route r = { 0 };

		if (!read_route(e->text, &r))
			refuse_text(c, d, KEY_NETWORK_ROUTES, e);
		else if (n == ROUTES_MAX)
			refuse(c, e, "%s: network.routes: more than %d of them", d->title, ROUTES_MAX);
		else if (check_route(c, d, at, e, &r))
			routes[n++] = r;
	}
	if (n)
		network->routes = (struct list){ image_record(c, routes, n * sizeof(routes[0])), n };
}

static void take_routes(struct compile *c, uint32_t index, struct network_spec *network)
{
	const struct draft *d = &c->services.drafts[index];
	const struct toml *list = own_or_default(c, d, KEY_NETWORK_ROUTES, net_has_eth0(&c->specs[index].attach));

	if (list)
		take_route_list(c, index, list, network);
}

/* -- sysctls ------------------------------------------------------------------------------------------------------ */

struct sysctls {
	struct net_sysctl list[SYSCTLS_MAX];
	uint32_t count;
};

static void refuse_sysctl(struct compile *c, const struct draft *d, const struct toml *node, const char *name)
{
	refuse_key(c, node, "%s: network.sysctl: \"%.80s\" is no setting of a network; wants names such as "
		   "\"net.ipv4.ip_forward\", each with a number, a text, true or false", d->title, name);
}

/* Dots lead into folders. */
static bool put_path(const char *name, struct buf *path)
{
	buf_str(path, "/proc/sys/");
	for (const char *p = name; *p; p++)
		buf_char(path, *p == '.' ? '/' : *p);
	return !strncmp(name, "net.", 4) && !strstr(name, "..") && !strchr(name, '/') &&
	       name[strlen(name) - 1] != '.' && !buf_check(path);
}

static bool put_setting(const struct toml *node, struct buf *value)
{
	if (node->type == TOML_INTEGER)
		buf_fmt(value, "%ld", (long)node->number);
	else if (node->type == TOML_BOOL)
		buf_u64(value, node->truth);
	else if (node_text(node))
		buf_str(value, node->text);
	return value->len && !buf_check(value);
}

static void take_sysctl(struct compile *c, const struct draft *d, const struct toml *node, const char *name,
			struct sysctls *all)
{
	BUF_ON_STACK(path, 160);
	BUF_ON_STACK(value, 256);

	if (!put_path(name, &path) || !put_setting(node, &value)) {
		refuse_sysctl(c, d, node, name);
		return;
	}
	if (all->count == SYSCTLS_MAX) {
		refuse_key(c, node, "%s: network.sysctl: more than %d of them", d->title, SYSCTLS_MAX);
		return;
	}
	all->list[all->count++] = (struct net_sysctl){ image_string(c, buf_text(&path)),
						       image_string(c, buf_text(&value)) };
}

/* Bare keys with dots are tables in tables: their names are joined again. */
static void walk_sysctls(struct compile *c, const struct draft *d, const struct toml *table, const char *prefix,
			 unsigned depth, struct sysctls *all)
{
	for (const struct toml *e = table->first; e; e = e->next) {
		BUF_ON_STACK(name, 128);

		buf_fmt(&name, "%s%s%s", prefix, *prefix ? "." : "", e->key);
		if (buf_check(&name) || depth == SYSCTL_DEPTH)
			refuse_sysctl(c, d, e, buf_text(&name));
		else if (e->type == TOML_TABLE)
			walk_sysctls(c, d, e, buf_text(&name), depth + 1, all);
		else if (e->type != TOML_BROKEN)
			take_sysctl(c, d, e, buf_text(&name), all);
	}
}

static void take_sysctls(struct compile *c, uint32_t index, struct network_spec *network)
{
	const struct draft *d = &c->services.drafts[index];
	bool own = (c->specs[index].namespaces & CLONE_NEWNET) != 0;
	const struct toml *table = own_or_default(c, d, KEY_NETWORK_SYSCTL, own);
	struct sysctls all = { .count = 0 };

	if (!table)
		return;
	walk_sysctls(c, d, table, "", 0, &all);
	if (all.count)
		network->sysctls = (struct list){ image_record(c, all.list, all.count * sizeof(all.list[0])),
						  all.count };
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

		if ((!in && strcmp(e->key, "out") != 0) || !node_text(e) ||
		    !read_rate(e->text, in ? &network->in_bps : &network->out_bps))
			refuse(c, e, "%s: network.rate: wants %s", d->title,
			       key_text(key_by_id(KEY_NETWORK_RATE), KEY_WANT));
	}
	if (network->out_bps && may_lift(d))
		refuse(c, table, "%s: network.rate: with the capability net_admin it could lift the limit of out; "
		       "remove one of the two", d->title);
}

/* -- eth0 itself -------------------------------------------------------------------------------------------------- */

#define IPV6_MTU_LEAST 1280

static bool has_ipv6(const struct net_attach *at)
{
	for (unsigned i = 0; i < addr_count(at); i++)
		if (at->addr[i].family == AF_INET6)
			return true;
	return false;
}

static void take_mtu(struct compile *c, uint32_t index, struct network_spec *network)
{
	const struct net_attach *at = &c->specs[index].attach;
	const struct draft *d = &c->services.drafts[index];
	const struct toml *node = own_or_default(c, d, KEY_NETWORK_MTU, net_has_eth0(at));

	if (!node)
		return;
	network->mtu = (uint32_t)node->number;
	if (network->mtu < IPV6_MTU_LEAST && has_ipv6(at))
		refuse(c, node, "%s: network.mtu: %u is too small for its IPv6 address, which wants %u or more",
		       d->title, network->mtu, IPV6_MTU_LEAST);
}

/* Of one interface and not of a group. */
static bool read_mac(const char *text, uint8_t *mac)
{
	static const uint8_t none[NET_MAC];

	return !text_mac(text, mac) && !(mac[0] & 1) && memcmp(mac, none, NET_MAC) != 0;
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
	} else if (!read_mac(node->text, at->mac)) {
		refuse_text(c, d, KEY_NETWORK_MAC, node);
	} else {
		e = set_at(macs, at->mac, NET_MAC);
		if (e->value)
			refuse(c, node, "%s: network.mac: %s is that of %s already", d->title, node->text,
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

	for (uint32_t i = 0; i < c->services.count; i++)
		take_own_mac(c, i, &macs);
	if (ENABLED(CONFIG_NET_BRIDGE))
		peers = peers_of_all(c);
	for (uint32_t i = 0; i < c->services.count; i++) {
		struct network_spec network = { 0 };

		if (!c->services.drafts[i].header)
			continue;
		take_shared(c, i, &network);
		take_routes(c, i, &network);
		take_sysctls(c, i, &network);
		take_mtu(c, i, &network);
		take_rate(c, i, &network);
		network.peers = peers ? peers[i] : (struct list){ 0 };
		network.resolv_at = hosts_resolv(c, i);
		if (memcmp(&network, &none, sizeof(none)) != 0)
			c->specs[i].network_at = image_record(c, &network, sizeof(network));
	}
}
