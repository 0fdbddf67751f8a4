/* Its network: what is kept for it, the port of its bridge, and the rules about it. */
#include "init/look_net.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>

#include "init/field.h"
#include "init/handed.h"
#include "init/look_settings.h"
#include "services/spans.h"

/* -- reading ----------------------------------------------------------------------------------------------------- */

int network_see(int net, struct arena *mem, struct network_seen *ret)
{
	int err = net_found_read(net, mem, &ret->host);

	ret->own = (struct net_found){ 0 };
	settings_see(ret);
	return err ? err : net_found_rules_read(mem, &ret->rules);
}

void network_see_own(int own_net, struct arena *mem, struct network_seen *seen)
{
	seen->own = (struct net_found){ 0 };
	seen->err = own_net >= 0 ? net_found_read(own_net, mem, &seen->own) : 0;
}

/* -- words ------------------------------------------------------------------------------------------------------- */

void put_bps(struct buf *b, uint64_t bps)
{
	static const char units[] = " KMG";
	unsigned i = 0;

	for (; bps && bps % 1000 == 0 && units[i + 1]; i++)
		bps /= 1000;
	buf_fmt(b, i ? "%lu%c" : "%lu", (unsigned long)bps, units[i]);
}

static void put_host(struct buf *b, const struct addr *a)
{
	buf_str(b, a->family == AF_INET6 ? "[" : "");
	text_put_addr(b, a, false);
	buf_str(b, a->family == AF_INET6 ? "]:" : ":");
}

static void put_span(struct buf *b, unsigned low, unsigned last)
{
	buf_u64(b, low);
	if (last != low)
		buf_fmt(b, "-%u", last);
}

void put_port(struct buf *b, const struct net_port *port)
{
	put_host(b, &port->host);
	put_span(b, port->low, port->last);
	buf_fmt(b, "/%s", protocol_name(port->proto));
}

void put_port_to(struct buf *b, const struct net_port *port)
{
	put_host(b, &port->to);
	put_span(b, port->to_low, (unsigned)port->to_low + port->last - port->low);
}

void put_allow(struct buf *b, const struct table *t, const struct net_allow *allow)
{
	buf_str(b, table_name(t, table_service(t, allow->to)));
	if (!allow->proto)
		return;
	buf_char(b, ':');
	put_span(b, allow->low, allow->last);
	buf_fmt(b, "/%s", protocol_name(allow->proto));
}

int64_t group_of(const struct table *t, const struct net_port *port)
{
	const struct net_group *groups = table_list(t, t->balanced, struct net_group);

	for (uint32_t i = 0; i < t->balanced.count && port->balance; i++)
		if (groups[i].port == port->low && groups[i].proto == port->proto &&
		    groups[i].host.family == port->host.family && addr_equal(&groups[i].host, &port->host))
			return i;
	return -1;
}

static void tell_there(struct look *l, const char *what, const char *asked, bool there)
{
	look_tell(l, what, asked, there ? "there" : "none", there ? LOOK_SAME : LOOK_DIFFERS, 0);
}

/* -- eth0, and further ones -------------------------------------------------------------------------------------- */

#define KEY_TEXT 32

/* "network.mac", but "eth1.mac". */
static const char *key_of(struct buf *b, const struct net_attach *at, const char *key)
{
	buf_reset(b);
	buf_fmt(b, "%s.%s", at->number ? net_eth(at) : "network", key);
	return buf_text(b);
}

const char *network_port_of(const struct table *t, const struct net_attach *at)
{
	return at->shard ? table_shard(t, at->shard - 1u)->name : table_bridge(t, (uint32_t)at->bridge)->name;
}

/* A shard with the bridge that it is of. */
static void put_place(struct buf *b, const struct table *t, const struct net_attach *at, const char *ifname,
		      bool joined)
{
	buf_str(b, ifname);
	if (at->shard && joined)
		buf_fmt(b, ", a shard of %s,", table_bridge(t, (uint32_t)at->bridge)->name);
}

/* Whether a link is a port of the one of this name. */
static bool is_on(const struct network_seen *seen, const struct net_found_link *port, const char *master)
{
	const struct net_found_link *on = port ? net_found_link_at(&seen->host, port->master) : NULL;

	return on && !strcmp(on->name, master);
}

/* On its shard, and that on its bridge. */
static bool is_joined(const struct table *t, const struct network_seen *seen, const struct net_attach *at,
		      const struct net_found_link *port)
{
	return at->shard && is_on(seen, port, network_port_of(t, at)) &&
	       is_on(seen, net_found_link(&seen->host, table_shard(t, at->shard - 1u)->up),
		     table_bridge(t, (uint32_t)at->bridge)->name);
}

static void tell_place(struct look *l, const struct network_seen *seen, const struct net_attach *at)
{
	const struct net_found_link *port = net_found_link(&seen->host, at->peer);
	const struct net_found_link *bridge = port ? net_found_link_at(&seen->host, port->master) : NULL;
	BUF_ON_STACK(asked, LOOK_TEXT);
	BUF_ON_STACK(got, LOOK_TEXT);
	BUF_ON_STACK(key, KEY_TEXT);

	put_place(&asked, l->table, at, network_port_of(l->table, at), true);
	buf_fmt(&asked, " by %s", at->peer);
	if (port) {
		put_place(&got, l->table, at, bridge ? bridge->name : "none", is_joined(l->table, seen, at, port));
		buf_fmt(&got, " by %s%s", port->name, port->works ? "" : ", which lets nothing through");
	} else {
		buf_str(&got, "none");
	}
	look_tell_text(l, key_of(&key, at, "bridge"), buf_text(&asked), buf_text(&got), MISSING_NETWORK);
	if (at->flags & NET_ALONE)
		look_tell_text(l, at->number ? key_of(&key, at, "port_isolation") : "port_isolation", "true",
			        port && port->alone ? "true" : "false", 0);
}

static void tell_parent(struct look *l, const struct net_attach *at, const struct net_found_link *eth0)
{
	BUF_ON_STACK(asked, LOOK_TEXT);
	BUF_ON_STACK(got, LOOK_TEXT);

	buf_fmt(&asked, "%s upon %s", at->flags & NET_MACVLAN ? "macvlan" : "ipvlan", at->peer);
	if (eth0)
		buf_fmt(&got, "%s upon %s", eth0->kind, at->peer);
	else
		buf_str(&got, "none");
	look_tell_text(l, "network.parent", buf_text(&asked), buf_text(&got), MISSING_NETWORK);
}

static void tell_mac(struct look *l, const struct net_attach *at, const struct net_found_link *eth)
{
	BUF_ON_STACK(asked, 24);
	BUF_ON_STACK(got, 24);
	BUF_ON_STACK(key, KEY_TEXT);
	uint8_t mac[NET_MAC];

	if (!mac_is_chosen(at) || !eth)
		return;
	mac_of_attach(at, mac);
	text_put_mac(&asked, mac);
	text_put_mac(&got, eth->mac);
	look_tell_text(l, key_of(&key, at, "mac"), buf_text(&asked), buf_text(&got), 0);
}

/* wanted: of its own; 0: that of the bridge. */
static void tell_mtu(struct look *l, uint32_t wanted, const struct net_attach *at, const struct net_found_link *eth)
{
	BUF_ON_STACK(asked, 24);
	BUF_ON_STACK(got, 24);
	BUF_ON_STACK(key, KEY_TEXT);

	if (!wanted && at->bridge >= 0)
		wanted = table_bridge(l->table, (uint32_t)at->bridge)->mtu;
	if (!wanted || !eth)
		return;
	buf_u64(&asked, wanted);
	buf_u64(&got, eth->mtu);
	look_tell_text(l, key_of(&key, at, "mtu"), buf_text(&asked), buf_text(&got), 0);
}

/* -- addresses and routes ---------------------------------------------------------------------------------------- */

bool network_has_addr(const struct net_found *f, uint32_t index, const struct addr *a)
{
	for (uint32_t i = 0; i < f->addr_count; i++)
		if ((!index || f->addrs[i].index == index) && addr_equal(&f->addrs[i].addr, a) &&
		    f->addrs[i].addr.prefix == a->prefix)
			return true;
	return false;
}

static bool same_addr(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && (!a->family || addr_equal(a, b));
}

/* The kernel gives a route of IPv6 a metric of its own if it is given none. */
static bool is_same_route(const struct net_route *r, const struct net_route *wanted)
{
	return r->to.family == wanted->to.family && r->to.prefix == wanted->to.prefix &&
	       !memcmp(r->to.bytes, wanted->to.bytes, sizeof(r->to.bytes)) && same_addr(&r->via, &wanted->via) &&
	       r->type == wanted->type && r->table == wanted->table &&
	       (!wanted->metric || r->metric == wanted->metric);
}

bool network_has_route(const struct net_found *f, uint32_t index, const struct net_route *wanted)
{
	for (uint32_t i = 0; i < f->route_count; i++) {
		const struct net_route *r = &f->routes[i].route;

		if ((!index || f->routes[i].index == index) && is_same_route(r, wanted))
			return true;
	}
	return false;
}

static void tell_addrs(struct look *l, const char *key, const struct addr *list, const struct net_found *f,
		       const struct net_found_link *link)
{
	for (unsigned i = 0; i < NET_ADDRS && list[i].family; i++) {
		BUF_ON_STACK(asked, 64);

		text_put_addr(&asked, &list[i], true);
		tell_there(l, key, buf_text(&asked), link && network_has_addr(f, link->index, &list[i]));
	}
}

/* Its own, and those of its bridge, by which it leaves that; of one that is not there, the place of its port tells. */
static void tell_all_addrs(struct look *l, const struct network_seen *seen, const struct net_attach *at,
			   const struct net_found_link *eth)
{
	const struct net_bridge *bridge = at->bridge >= 0 ? table_bridge(l->table, (uint32_t)at->bridge) : NULL;
	const struct net_found_link *found = bridge ? net_found_link(&seen->host, bridge->name) : NULL;
	BUF_ON_STACK(key, KEY_TEXT);

	tell_addrs(l, key_of(&key, at, "address"), at->addr, &seen->own, eth);
	if (!found)
		return;
	buf_reset(&key);
	buf_fmt(&key, "%s.address", bridge->name);
	tell_addrs(l, buf_text(&key), bridge->addr, &seen->host, found);
}

/* One that leads nowhere is on no link. */
static void tell_route_row(struct look *l, const struct network_seen *seen, const char *what,
			   const struct net_route *route)
{
	const struct net_found_link *eth = net_found_link(&seen->own, net_eth_name(route->eth));
	bool is_on = route->type == RTN_UNICAST;
	BUF_ON_STACK(asked, LOOK_TEXT);

	tell_route(&asked, route);
	if (route->eth)
		buf_fmt(&asked, " dev %s", net_eth_name(route->eth));
	tell_there(l, what, buf_text(&asked),
		   (eth || !is_on) && network_has_route(&seen->own, is_on ? eth->index : 0, route));
}

static void tell_routes(struct look *l, const struct network_seen *seen, const struct service_spec *owner)
{
	const struct network_spec *network = table_network(l->table, owner);
	const struct addr *gateways = owner->attach.gateway;

	for (size_t i = 0; i < ARRAY_LEN(owner->attach.gateway); i++) {
		struct net_route route = { .to.family = gateways[i].family, .via = gateways[i], .type = RTN_UNICAST };

		if (gateways[i].family)
			tell_route_row(l, seen, "network.gateway", &route);
	}
	for (uint32_t i = 0; network && i < network->routes.count; i++)
		tell_route_row(l, seen, "network.routes",
			       &table_list(l->table, network->routes, struct net_route)[i]);
}

/* -- rates ------------------------------------------------------------------------------------------------------- */

static void tell_rate(struct look *l, const char *what, uint64_t wanted, const struct net_found_link *link)
{
	BUF_ON_STACK(asked, 24);
	BUF_ON_STACK(got, 24);

	if (!wanted)
		return;
	put_bps(&asked, wanted / 8 * 8); /* bytes, at the kernel */
	if (link && link->rate_bps)
		put_bps(&got, link->rate_bps);
	else
		buf_str(&got, "no limit");
	look_tell_text(l, what, buf_text(&asked), buf_text(&got), 0);
}

static void tell_rates(struct look *l, const struct network_seen *seen, const struct service_spec *owner,
		       const struct net_found_link *eth0)
{
	const struct network_spec *network = table_network(l->table, owner);

	if (!network)
		return;
	tell_rate(l, "network.rate.in", network->in_bps, net_found_link(&seen->host, owner->attach.peer));
	tell_rate(l, "network.rate.out", network->out_bps, eth0);
}

/* -- rules ------------------------------------------------------------------------------------------------------- */

static void tell_port(struct look *l, const struct network_seen *seen, const struct net_port *port)
{
	bool there = net_found_port(&seen->rules, port, group_of(l->table, port));
	BUF_ON_STACK(asked, LOOK_TEXT);

	put_port(&asked, port);
	buf_str(&asked, " to ");
	put_port_to(&asked, port);
	if (port->balance && !there)
		look_tell(l, "network.ports", buf_text(&asked), "not now: it is not ready", LOOK_SAME, 0);
	else
		tell_there(l, "network.ports", buf_text(&asked), there);
}

static void tell_ports(struct look *l, const struct network_seen *seen, uint32_t owner)
{
	const struct net_port *ports = table_list(l->table, l->table->ports, struct net_port);

	for (uint32_t i = 0; i < l->table->ports.count; i++)
		if (ports[i].service == owner)
			tell_port(l, seen, &ports[i]);
}

/* Each address of its that is there may reach each of the other's, within the family. */
static bool has_allow(const struct look *l, const struct network_seen *seen, const struct net_allow *allow)
{
	const struct addr *from = table_service(l->table, allow->from)->attach.addr;
	const struct addr *to = table_service(l->table, allow->to)->attach.addr;

	for (unsigned i = 0; i < NET_ADDRS && from[i].family; i++)
		for (unsigned k = 0; k < NET_ADDRS && to[k].family; k++)
			if (from[i].family == to[k].family && network_has_addr(&seen->own, 0, &from[i]) &&
			    !net_found_allow(&seen->rules, allow, &from[i], &to[k]))
				return false;
	return true;
}

static void tell_allows(struct look *l, const struct network_seen *seen, uint32_t owner)
{
	const struct net_allow *allow = table_list(l->table, l->table->allow, struct net_allow);

	for (uint32_t i = 0; i < l->table->allow.count; i++) {
		BUF_ON_STACK(asked, LOOK_TEXT);

		if (allow[i].from != owner)
			continue;
		put_allow(&asked, l->table, &allow[i]);
		tell_there(l, "network.allow", buf_text(&asked), has_allow(l, seen, &allow[i]));
	}
}

static void tell_rules_of_bridge(struct look *l, const struct network_seen *seen, const struct net_attach *at)
{
	uint32_t flags = table_bridge(l->table, (uint32_t)at->bridge)->flags;

	if (flags & NET_ISOLATE)
		look_tell_text(l, "isolate", "true",
			       net_found_name(&seen->rules, true, "isolated", at->peer) ? "true" : "false", 0);
	if (flags & NET_ANTISPOOF)
		look_tell_text(l, "antispoof", "true",
			       net_found_name(&seen->rules, true, "ports", at->peer) ? "true" : "false", 0);
	look_forwarding(l, seen, table_bridge(l->table, (uint32_t)at->bridge));
}

/* -- all of it --------------------------------------------------------------------------------------------------- */

static void tell_eth0(struct look *l, const struct network_seen *seen, uint32_t index)
{
	const struct service_spec *owner = table_service(l->table, index);
	const struct network_spec *network = table_network(l->table, owner);
	const struct net_attach *at = &owner->attach;
	const struct net_found_link *eth0 = net_found_link(&seen->own, "eth0");

	if (at->bridge >= 0)
		tell_place(l, seen, at);
	else
		tell_parent(l, at, eth0);
	tell_mac(l, at, eth0);
	tell_mtu(l, network ? network->mtu : 0, at, eth0);
	tell_all_addrs(l, seen, at, eth0);
	tell_routes(l, seen, owner);
	tell_rates(l, seen, owner, eth0);
	if (at->bridge >= 0)
		tell_rules_of_bridge(l, seen, at);
	tell_ports(l, seen, index);
	tell_allows(l, seen, index);
}

/* eth1 and so on. */
static void tell_further(struct look *l, const struct network_seen *seen, uint32_t index)
{
	const struct net_attach *at;

	for (uint32_t n = 1; (at = table_attach(l->table, table_service(l->table, index), n)); n++) {
		const struct net_found_link *eth = net_found_link(&seen->own, net_eth(at));

		tell_place(l, seen, at);
		tell_mac(l, at, eth);
		tell_mtu(l, 0, at, eth);
		tell_all_addrs(l, seen, at, eth);
	}
}

/* Until it is made, or as it cannot be made, there is nothing to compare. */
void look_network_at(struct look *l, const struct network_seen *seen)
{
	uint32_t owner = table_network_of(l->table, l->index);
	bool is_own = table_service(l->table, owner)->namespaces & CLONE_NEWNET;
	const char *asked = owner != l->index ? table_name(l->table, table_service(l->table, owner)) :
			    is_own ? "its own" : "minit's";

	l->err = seen->err;
	l->entered = true;
	look_tell(l, owner != l->index ? "network.join" : "network", asked,
		  !is_own ? "minit's" : l->own_net < 0 ? "none" : asked,
		  seen->err ? LOOK_UNSEEN : is_own && l->own_net < 0 ? LOOK_DIFFERS : LOOK_SAME, MISSING_NETWORK);
	if (!is_own || l->own_net < 0 || seen->err)
		return;
	if (net_has_eth0(&table_service(l->table, owner)->attach)) {
		tell_eth0(l, seen, owner);
		tell_further(l, seen, owner);
	}
	look_settings(l, table_service(l->table, owner));
}

void look_network(struct look *l)
{
	struct network_seen seen = { .err = 0 };
	struct arena mem;

	if (l->net < 0 || arena_open(&mem, NETWORK_SEEN_MOST))
		return;
	seen.err = network_see(l->net, &mem, &seen);
	if (!seen.err)
		network_see_own(l->own_net, &mem, &seen);
	look_network_at(l, &seen);
	arena_close(&mem);
}

void look_network_differs(const char *name, struct buf *ret)
{
	static struct look l;
	struct handed h;
	int err = handed_ask(&h, "net", name), index;

	l = (struct look){ .net = h.fds[INSIGHT_NET], .own_net = h.fds[INSIGHT_OWN_NET], .only_differences = ret };
	if (!err)
		l.table = table_map(h.fds[INSIGHT_TABLE], &err);
	index = l.table ? table_find(l.table, name) : -1;
	if (index >= 0) {
		l.name = name;
		l.index = (uint32_t)index;
		l.spec = table_service(l.table, l.index);
		l.missing = (int32_t)field_number(h.line, "missing", 0);
		look_network(&l);
	}
	handed_release(&h);
}
