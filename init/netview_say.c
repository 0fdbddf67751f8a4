/* The network for people. */
#include <string.h>
#include <sys/socket.h>

#include "init/grid.h"
#include "init/netview.h"
#include "init/say.h"
#include "lib/text.h"
#include "services/spans.h"

#define CELL(name) BUF_ON_STACK(name, GRID_CELL)

static void put(struct grid *g, struct buf *cell)
{
	grid_put(g, buf_text(cell));
	buf_reset(cell);
}

static bool is_link_local(const struct addr *a)
{
	return a->family == AF_INET6 && a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80;
}

/* Those that say where it is: every link of IPv6 has one of its own besides. */
static void put_addrs(struct buf *b, const struct net_found *f, uint32_t index)
{
	for (uint32_t i = 0; i < f->addr_count; i++) {
		if (f->addrs[i].index != index || is_link_local(&f->addrs[i].addr))
			continue;
		buf_str(b, b->len ? ", " : "");
		text_put_addr(b, &f->addrs[i].addr, true);
	}
}

static const char *how(const struct net_found_link *link)
{
	if (!link || !link->up)
		return link ? "down" : "missing";
	if (link->works)
		return "up";
	if (link->shut)
		return "shut";
	return link->carrier ? "blocked" : "no carrier";
}

/* -- bridges and links ------------------------------------------------------------------------------------------- */

static void put_rules(struct buf *b, const struct net_bridge *bridge)
{
	static const struct {
		uint32_t flag;
		char word[10];
	} all[] = { { NET_NAT, "nat" }, { NET_ISOLATE, "isolate" }, { NET_ANTISPOOF, "antispoof" } };

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (bridge->flags & all[i].flag)
			buf_fmt(b, "%s%s", b->len ? ", " : "", all[i].word);
}

/* Below their bridge, of whose services they have a part. */
static void put_shards(struct grid *g, struct view *v, uint32_t bridge)
{
	CELL(cell);

	for (uint32_t i = 0; i < v->table->shards.count; i++) {
		const struct net_shard *shard = table_shard(v->table, i);
		const struct net_found_link *link = net_found_link(&v->seen.host, shard->name);

		if (shard->bridge != bridge)
			continue;
		(void)!view_shard(v, shard);
		grid_put(g, shard->name);
		grid_put(g, how(link));
		buf_fmt(&cell, "joined to %s by %s", table_bridge(v->table, bridge)->name, shard->up);
		put(g, &cell);
		if (link)
			buf_u64(&cell, link->mtu);
		put(g, &cell);
		buf_fmt(&cell, "%u of them", view_services_on(v->table, bridge, (int32_t)i + 1));
		put(g, &cell);
		grid_put(g, "");
		grid_end_row(g);
	}
}

static void say_bridges(struct view *v)
{
	struct grid g;
	CELL(cell);

	grid_begin(&g, &v->mem, "lllrrl", "BRIDGE|STATE|ADDRESS|MTU|SERVICES|RULES");
	for (uint32_t i = 0; i < v->table->bridges.count; i++) {
		const struct net_bridge *bridge = table_bridge(v->table, i);
		const struct net_found_link *link = net_found_link(&v->seen.host, bridge->name);

		(void)!view_bridge(v, bridge);
		grid_put(&g, bridge->name);
		grid_put(&g, how(link));
		if (link)
			put_addrs(&cell, &v->seen.host, link->index);
		put(&g, &cell);
		if (link)
			buf_u64(&cell, link->mtu);
		put(&g, &cell);
		buf_u64(&cell, view_services_on(v->table, i, -1));
		put(&g, &cell);
		put_rules(&cell, bridge);
		put(&g, &cell);
		grid_end_row(&g);
		put_shards(&g, v, i);
	}
	grid_say(&g, &v->shown);
}

static void put_size(struct buf *b, uint64_t bytes)
{
	text_put_size(b, bytes);
}

/* The default ones: what else there is, ip-route(8) and the lines for programs have. */
static void put_gateways(struct buf *b, const struct net_found *f, uint32_t index)
{
	for (uint32_t i = 0; i < f->route_count; i++) {
		const struct net_route *r = &f->routes[i].route;

		if (f->routes[i].index != index || r->to.prefix || !r->via.family || r->table)
			continue;
		buf_str(b, b->len ? ", " : "");
		text_put_addr(b, &r->via, false);
	}
}

static void say_links(struct view *v)
{
	struct grid g;
	CELL(cell);

	grid_begin(&g, &v->mem, "lllllrr", "LINK|KIND|STATE|ADDRESS|GATEWAY|IN|OUT");
	for (uint32_t i = 0; i < v->table->links.count; i++) {
		const struct net_link *asked = table_link(v->table, i);
		const struct net_found_link *link = net_found_link(&v->seen.host, asked->name);

		(void)!view_link(v, asked);
		grid_put(&g, asked->name);
		grid_put(&g, asked->kind ? net_kind_name(asked->kind) : "device");
		grid_put(&g, how(link));
		if (link)
			put_addrs(&cell, &v->seen.host, link->index);
		put(&g, &cell);
		if (link)
			put_gateways(&cell, &v->seen.host, link->index);
		put(&g, &cell);
		if (link)
			put_size(&cell, link->counts.in_bytes);
		put(&g, &cell);
		if (link)
			put_size(&cell, link->counts.out_bytes);
		put(&g, &cell);
		grid_end_row(&g);
	}
	grid_say(&g, &v->shown);
}

/* -- services ---------------------------------------------------------------------------------------------------- */

static void put_counts(struct grid *g, const struct view *v, const struct net_attach *at)
{
	struct net_counts c;
	bool any = view_counts(v, at, &c);
	CELL(cell);

	if (any)
		put_size(&cell, c.in_bytes);
	put(g, &cell);
	if (any)
		put_size(&cell, c.out_bytes);
	put(g, &cell);
	if (any)
		buf_u64(&cell, c.in_dropped + c.out_dropped);
	put(g, &cell);
}

static void put_rates(struct buf *b, const struct network_spec *network)
{
	if (network && network->in_bps)
		put_bps(b, network->in_bps);
	else
		buf_char(b, '-');
	buf_char(b, '/');
	if (network && network->out_bps)
		put_bps(b, network->out_bps);
	else
		buf_char(b, '-');
}

static const char *port_state(const struct view *v, const struct net_attach *at)
{
	const struct net_found_link *link = at->bridge >= 0 ? net_found_link(&v->seen.host, at->peer) :
							      net_found_link(&v->seen.own, net_eth(at));

	return net_has_eth0(at) ? how(link) : "";
}

/* A row for each of its networks; the rate is that of the first. */
static void put_service(struct grid *g, const struct view *v, uint32_t index, const struct net_attach *at)
{
	const struct service_spec *spec = table_service(v->table, index);
	const struct network_spec *network = table_network(v->table, spec);
	const struct net_found_link *eth = net_found_link(&v->seen.own, net_eth(at));
	CELL(cell);

	grid_put(g, table_name(v->table, spec));
	if (at->number)
		buf_str(&cell, table_bridge(v->table, (uint32_t)at->bridge)->name);
	else
		view_put_kind(v, index, &cell);
	put(g, &cell);
	grid_put(g, at->bridge >= 0 ? at->peer : "");
	grid_put(g, port_state(v, at));
	if (eth)
		put_addrs(&cell, &v->seen.own, eth->index);
	put(g, &cell);
	put_counts(g, v, at);
	if (!at->number && network && (network->in_bps || network->out_bps))
		put_rates(&cell, network);
	put(g, &cell);
	grid_end_row(g);
}

/* What is wrong is told below, all together. */
static void look_at(struct view *v, struct grid *g, uint32_t index)
{
	const struct net_attach *at;
	struct handed h;

	if (view_service(v, index, &h)) {
		v->look.only_differences = &v->differences;
		look_network_at(&v->look, &v->seen);
		for (uint32_t n = 0; (at = table_attach(v->table, v->look.spec, n)); n++)
			put_service(g, v, index, at);
	}
	handed_release(&h);
}

static void say_services(struct view *v)
{
	struct grid g;

	grid_begin(&g, &v->mem, "lllllrrrl", "SERVICE|NETWORK|PORT|STATE|ADDRESS|IN|OUT|DROPPED|RATE IN/OUT");
	for (uint32_t i = 0; i < v->table->services.count && !v->status; i++)
		if (!table_service(v->table, i)->internal)
			look_at(v, &g, i);
	grid_say(&g, &v->shown);
}

/* -- ports, and who may reach whom ------------------------------------------------------------------------------- */

static void say_ports(struct view *v)
{
	const struct net_port *ports = table_list(v->table, v->table->ports, struct net_port);
	struct grid g;
	CELL(cell);

	grid_begin(&g, &v->mem, "lllll", "PUBLISHED|SERVICE|TO|BALANCE|STATE");
	for (uint32_t i = 0; i < v->table->ports.count; i++) {
		bool there = net_found_port(&v->seen.rules, &ports[i], group_of(v->table, &ports[i]));

		put_port(&cell, &ports[i]);
		put(&g, &cell);
		grid_put(&g, table_name(v->table, table_service(v->table, ports[i].service)));
		put_port_to(&cell, &ports[i]);
		put(&g, &cell);
		grid_put(&g, balance_name(ports[i].balance));
		grid_put(&g, there ? "there" : ports[i].balance ? "not now" : "missing");
		grid_end_row(&g);
	}
	grid_say(&g, &v->shown);
}

static void say_allows(struct view *v)
{
	const struct net_allow *allow = table_list(v->table, v->table->allow, struct net_allow);
	struct grid g;
	CELL(cell);

	grid_begin(&g, &v->mem, "ll", "SERVICE|MAY REACH");
	for (uint32_t i = 0; i < v->table->allow.count; i++) {
		grid_put(&g, table_name(v->table, table_service(v->table, allow[i].from)));
		put_allow(&cell, v->table, &allow[i]);
		put(&g, &cell);
		grid_end_row(&g);
	}
	grid_say(&g, &v->shown);
}

void view_say_all(struct view *v)
{
	say_bridges(v);
	say_links(v);
	say_services(v);
	say_ports(v);
	say_allows(v);
	if (v->differences.len)
		say("\n");
	say_bytes(v->differences.data, v->differences.len);
}

/* -- one service ------------------------------------------------------------------------------------------------- */

/* "received", but "eth1 received" */
static void say_direction(const struct net_attach *at, const char *word, uint64_t bytes, uint64_t packets,
			  uint64_t dropped)
{
	CELL(what);
	CELL(cell);

	buf_fmt(&what, "%s%s%s", at->number ? net_eth(at) : "", at->number ? " " : "", word);
	text_put_size(&cell, bytes);
	say("  %-18s %s in %lu packet%s, %lu dropped\n", buf_text(&what), buf_text(&cell), (unsigned long)packets,
	    packets == 1 ? "" : "s", (unsigned long)dropped);
}

static void say_counts(const struct view *v, const struct service_spec *owner)
{
	const struct net_attach *at;
	struct net_counts c;

	for (uint32_t n = 0; (at = table_attach(v->table, owner, n)); n++) {
		if (!view_counts(v, at, &c))
			continue;
		say_direction(at, "received", c.in_bytes, c.in_packets, c.in_dropped);
		say_direction(at, "sent", c.out_bytes, c.out_packets, c.out_dropped);
	}
}

static void say_found_routes(const struct view *v)
{
	for (uint32_t i = 0; i < v->seen.own.route_count; i++) {
		const struct net_found_link *link = net_found_link_at(&v->seen.own, v->seen.own.routes[i].index);
		CELL(cell);

		tell_route(&cell, &v->seen.own.routes[i].route);
		say("  %-18s %s%s%s\n", "route", buf_text(&cell), link ? " dev " : "", link ? link->name : "");
	}
}

void view_say_one(struct view *v, uint32_t index)
{
	struct handed h;

	if (view_service(v, index, &h)) {
		say("%s%s: its network, as asked and as found\n", v->shown ? "\n" : "", v->look.name);
		v->shown = true;
		look_network_at(&v->look, &v->seen);
		say_found_routes(v);
		say_counts(v, table_service(v->table, table_network_of(v->table, index)));
		if (v->look.differ)
			say("! %u of %u not as asked\n", v->look.differ, v->look.count);
	}
	handed_release(&h);
}
