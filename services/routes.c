#include "services/routes.h"

#include <linux/ipv6_route.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/addr.h"
#include "lib/text.h"
#include "services/address.h"

static const struct {
	char name[12];
	uint8_t type;
} types[] = {
#define REFUSAL(word, NAME) { #word, RTN_##NAME },
#include "net/refusals.def"
#undef REFUSAL
};

#define ANY_ETH NET_ETHS /* none is said */

bool take_number(const char *text, uint32_t *field)
{
	uint64_t n;

	if (*field || text_plain_u64(text, &n) || !n || n > UINT32_MAX)
		return false;
	*field = (uint32_t)n;
	return true;
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

/* "default" is of the family of its gateway. */
static bool take_net(const char *word, struct net_route *r)
{
	return !strcmp(word, "default") || !text_addr(word, &r->to);
}

/* "eth1" */
static bool take_eth(const char *name, struct net_route *r)
{
	if (r->eth != ANY_ETH || r->type != RTN_UNICAST || strncmp(name, "eth", 3) != 0 || name[3] < '0' ||
	    name[3] >= '0' + NET_ETHS || name[4])
		return false;
	r->eth = (uint8_t)(name[3] - '0');
	return true;
}

static bool take_option(const char *name, const char *value, struct net_route *r)
{
	if (!strcmp(name, "via"))
		return !r->via.family && r->type == RTN_UNICAST && !text_host(value, &r->via);
	if (!strcmp(name, "metric"))
		return take_number(value, &r->metric);
	if (!strcmp(name, "dev"))
		return take_eth(value, r);
	return !strcmp(name, "table") && take_number(value, &r->table);
}

static bool is_whole(struct net_route *r)
{
	if (!r->to.family)
		r->to.family = r->via.family;
	if (r->table == RT_TABLE_MAIN)
		r->table = 0;
	return r->to.family && (!r->via.family || r->via.family == r->to.family);
}

/*
 * [blackhole|unreachable|prohibit] NET|default [via ADDRESS] [dev ETH] [metric NUMBER] [table NUMBER]; false: it is
 * none.
 */
static bool route_read(const char *text, struct net_route *ret)
{
	struct net_route r = { .type = RTN_UNICAST, .eth = ANY_ETH };
	BUF_ON_STACK(word, 64);
	BUF_ON_STACK(value, 64);

	if (!text_word(&text, &word) || (take_type(buf_text(&word), &r) && !text_word(&text, &word)) ||
	    !take_net(buf_text(&word), &r))
		return false;
	while (text_word(&text, &word))
		if (!text_word(&text, &value) || !take_option(buf_text(&word), buf_text(&value), &r))
			return false;
	if (*text || buf_check(&word) || !is_whole(&r))
		return false;
	*ret = r;
	return true;
}

void route_text(struct buf *b, const struct net_route *route)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (types[i].type == route->type)
			buf_fmt(b, "%s ", types[i].name);
	text_put_addr(b, &route->to, true);
	if (route->via.family) {
		buf_str(b, " via ");
		text_put_addr(b, &route->via, false);
	}
	if (route->eth)
		buf_fmt(b, " dev eth%u", route->eth);
	if (route->metric)
		buf_fmt(b, " metric %u", route->metric);
	if (route->table)
		buf_fmt(b, " table %u", route->table);
}

/* -- what it cannot be --------------------------------------------------------------------------------------------- */

/* NET_ADDRS of them. */
static const struct addr *addrs_of(const struct route_place *place, uint32_t eth)
{
	return eth ? place->also[eth - 1].addr : place->addr;
}

static bool has_subnet(const struct route_place *place, uint32_t eth, const struct addr *a)
{
	return addr_subnet(addrs_of(place, eth), a);
}

static bool is_near(const struct route_place *place, const struct net_route *r)
{
	return has_subnet(place, r->eth, &r->via) || place->may_have_more || addr_is_link_local(&r->via) || r->onlink;
}

/* Where its gateway is, unless it says so itself. */
static void choose_eth(const struct route_place *place, struct net_route *r)
{
	if (r->eth != ANY_ETH)
		return;
	r->eth = 0;
	while (r->eth < place->also_count && !has_subnet(place, r->eth, &r->via))
		r->eth++;
	if (!has_subnet(place, r->eth, &r->via))
		r->eth = 0;
}

/* Which one of the kernel's it is: a second one would take its place. */
static bool is_same(const struct net_route *a, const struct net_route *b)
{
	uint32_t usual = a->to.family == AF_INET6 ? IP6_RT_PRIO_USER : 0;

	return addr_equal(&a->to, &b->to) && a->table == b->table &&
	       (a->metric ? a->metric : usual) == (b->metric ? b->metric : usual);
}

static bool is_there(const struct net_route *r, const struct net_route *list, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (is_same(r, &list[i]))
			return true;
	return false;
}

static bool is_subnet_of(const struct addr *own, const struct addr *to)
{
	for (unsigned i = 0; i < NET_ADDRS && own[i].family; i++)
		if (own[i].family == AF_INET && to->prefix == own[i].prefix && addr_in(to, &own[i]))
			return true;
	return false;
}

/* The kernel makes one to each subnet of IPv4, without a metric. */
static bool is_subnet(const struct route_place *place, const struct net_route *r)
{
	for (uint32_t eth = 0; eth <= place->also_count && !r->table && !r->metric; eth++)
		if (is_subnet_of(addrs_of(place, eth), &r->to))
			return true;
	return false;
}

static bool check_gateway(struct compile *c, const struct route_place *place, const struct toml *node,
			  const struct net_route *r, bool is_said)
{
	const char *title = place->draft->title, *key = key_name(place->key);
	const char *unfit = gateway_unfit(addrs_of(place, r->eth), &r->via);
	uint32_t owner = place->derived ? addr_derived_by(place->derived, place->index, &r->via) : 0;

	if (!is_near(place, r) && is_said)
		refuse(c, node, "%s: %s: %s: its gateway is in none of the subnets of eth%u", title, key, node->text,
		       r->eth);
	else if (!is_near(place, r))
		refuse(c, node, "%s: %s: %s: its gateway is in none of the %s's subnets", title, key, node->text,
		       place->whose);
	else if (unfit)
		refuse(c, node, "%s: %s: %s: its gateway %s", title, key, node->text, unfit);
	else if (owner)
		refuse(c, node, "%s: %s: %s: its gateway is the address that %s has by its name; " GIVE_IT, title, key,
		       node->text, c->services.drafts[owner - 1].title);
	else
		return true;
	return false;
}

static bool check(struct compile *c, const struct route_place *place, const struct toml *node,
		  const struct net_route *r, bool is_said)
{
	const char *title = place->draft->title, *key = key_name(place->key);

	if (!addr_is_net(&r->to))
		refuse(c, node, "%s: %s: %s: the net has bits behind its prefix; clear them, or write it "
		       "without a prefix for one host", title, key, node->text);
	else if (!r->to.prefix && !r->table && !r->metric)
		refuse(c, node, "%s: %s: %s: is the default route; give it as %s, or with a metric beside that",
		       title, key, node->text, key_name(place->gateway));
	else if (r->eth > place->also_count)
		refuse(c, node, "%s: %s: %s: the %s has no eth%u; add its bridge to network.also", title, key,
		       node->text, place->whose, r->eth);
	else if (is_subnet(place, r))
		refuse(c, node, "%s: %s: %s: the kernel has this route, as it is the subnet of an address of the %s; "
		       "remove it, or give it a metric", title, key, node->text, place->whose);
	else
		return !r->via.family || check_gateway(c, place, node, r, is_said);
	return false;
}

/* What has no gateway has no family by which "default" would be one of them. */
static void refuse_route(struct compile *c, const struct route_place *place, const struct toml *node)
{
	if (strstr(node->text, "default") && !strstr(node->text, "via"))
		refuse(c, node, "%s: %s: %s: default is of the family of its gateway; without one write 0.0.0.0/0 or "
		       "::/0", place->draft->title, key_name(place->key), node->text);
	else
		refuse_text(c, place->draft, place->key, node);
}

uint32_t routes_take(struct compile *c, const struct route_place *place, const struct toml *list,
		     struct net_route *routes)
{
	const struct key *key = key_by_id(place->key);
	uint32_t n = 0;

	for (const struct toml *e = text_first(list); e; e = text_next(list, e)) {
		struct net_route r;
		bool is_route = route_read(e->text, &r), is_said = is_route && r.eth != ANY_ETH;

		if (is_route)
			choose_eth(place, &r);
		if (is_route && r.via.family && r.eth <= place->also_count)
			r.onlink = addr_is_beyond(addrs_of(place, r.eth), NET_ADDRS, &r.via);
		if (!is_route || (is_said && !place->has_eths))
			refuse_route(c, place, e);
		else if (n == ROUTES_MAX)
			refuse(c, e, "%s: %s: more than %d of them", place->draft->title, key_text(key, KEY_NAME),
			       ROUTES_MAX);
		else if (is_there(&r, routes - place->before, place->before + n))
			refuse(c, e, "%s: %s: %s: there is a route to this net with this metric already, and the "
			       "kernel keeps one; give it a metric of its own", place->draft->title,
			       key_text(key, KEY_NAME), e->text);
		else if (check(c, place, e, &r, is_said))
			routes[n++] = r;
	}
	return n;
}
