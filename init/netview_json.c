/* The network for programs: an object per line. */
#include <sched.h>
#include <string.h>

#include "init/netview.h"
#include "init/say.h"
#include "services/spans.h"

#define LINE 4096

/* -- members ----------------------------------------------------------------------------------------------------- */

static void put_text(struct buf *b, const char *name, const char *text)
{
	buf_json_key(b, name);
	buf_json(b, text);
}

static void put_number(struct buf *b, const char *name, uint64_t n)
{
	buf_json_key(b, name);
	buf_u64(b, n);
}

static void put_truth(struct buf *b, const char *name, bool truth)
{
	buf_json_key(b, name);
	buf_str(b, truth ? "true" : "false");
}

static void put_item(struct buf *b, struct buf *text)
{
	if (b->data[b->len - 1] != '[')
		buf_char(b, ',');
	buf_json(b, buf_text(text));
}

static void put_addr(struct buf *b, const char *name, const struct addr *a)
{
	BUF_ON_STACK(text, 64);

	text_put_addr(&text, a, false);
	put_text(b, name, buf_text(&text));
}

static void put_addrs(struct buf *b, const struct net_found *f, uint32_t index)
{
	buf_json_key(b, "addresses");
	buf_char(b, '[');
	for (uint32_t i = 0; i < f->addr_count; i++) {
		BUF_ON_STACK(text, 64);

		if (f->addrs[i].index != index)
			continue;
		text_put_addr(&text, &f->addrs[i].addr, true);
		put_item(b, &text);
	}
	buf_char(b, ']');
}

static void put_routes(struct buf *b, const struct net_found *f, uint32_t index)
{
	buf_json_key(b, "routes");
	buf_char(b, '[');
	for (uint32_t i = 0; i < f->route_count; i++) {
		BUF_ON_STACK(text, 160);

		if (index && f->routes[i].index != index)
			continue;
		tell_route(&text, &f->routes[i].route);
		put_item(b, &text);
	}
	buf_char(b, ']');
}

static void put_counts(struct buf *b, const struct net_counts *c)
{
	put_number(b, "in_bytes", c->in_bytes);
	put_number(b, "in_packets", c->in_packets);
	put_number(b, "in_dropped", c->in_dropped);
	put_number(b, "out_bytes", c->out_bytes);
	put_number(b, "out_packets", c->out_packets);
	put_number(b, "out_dropped", c->out_dropped);
}

/* How a link is, as it was found; NULL: it is not there. */
static void put_link(struct buf *b, const struct net_found *f, const struct net_found_link *link)
{
	BUF_ON_STACK(mac, 24);

	put_truth(b, "there", link != NULL);
	if (!link)
		return;
	text_put_mac(&mac, link->mac);
	put_truth(b, "up", link->up);
	put_truth(b, "works", link->works);
	put_number(b, "mtu", link->mtu);
	put_text(b, "mac", buf_text(&mac));
	put_addrs(b, f, link->index);
}

static void say_line(struct buf *b)
{
	say_bytes(b->data, b->len);
	buf_reset(b);
}

/* -- bridges and links ------------------------------------------------------------------------------------------- */

/* Only if there are any: "dropped_by":["ip filter FORWARD"]. */
static void put_drops(struct buf *b, const struct view *v, const struct net_bridge *bridge)
{
	uint32_t at = 0;
	const struct net_drop *d = drops_next(&v->drops, bridge, &at);

	if (!d)
		return;
	buf_json_key(b, "dropped_by");
	buf_char(b, '[');
	for (; d; d = drops_next(&v->drops, bridge, &at)) {
		BUF_ON_STACK(text, 640);

		drops_put_chain(&text, d);
		put_item(b, &text);
	}
	buf_char(b, ']');
}

static void say_bridge(struct view *v, const struct net_bridge *bridge)
{
	const struct net_found_link *link = net_found_link(&v->seen.host, bridge->name);
	BUF_ON_STACK(b, LINE);

	buf_char(&b, '{');
	put_text(&b, "what", "bridge");
	put_text(&b, "name", bridge->name);
	put_link(&b, &v->seen.host, link);
	put_truth(&b, "nat", bridge->flags & NET_NAT);
	put_truth(&b, "isolate", bridge->flags & NET_ISOLATE);
	put_truth(&b, "antispoof", bridge->flags & NET_ANTISPOOF);
	if (bridge->flags)
		put_truth(&b, "ruleset", v->seen.rules.rule_count);
	put_drops(&b, v, bridge);
	put_truth(&b, "ok", view_bridge(v, bridge));
	buf_str(&b, "}\n");
	say_line(&b);
}

static void say_shard(struct view *v, uint32_t index)
{
	const struct net_shard *shard = table_shard(v->table, index);
	const struct net_found_link *link = net_found_link(&v->seen.host, shard->name);
	const struct net_found_link *up = net_found_link(&v->seen.host, shard->up);
	BUF_ON_STACK(b, LINE);

	buf_char(&b, '{');
	put_text(&b, "what", "shard");
	put_text(&b, "name", shard->name);
	put_text(&b, "bridge", table_bridge(v->table, shard->bridge)->name);
	put_text(&b, "port", shard->up);
	put_truth(&b, "forwards", up && up->works);
	put_link(&b, &v->seen.host, link);
	put_number(&b, "services", view_services_on(v->table, shard->bridge, (int32_t)index + 1));
	put_truth(&b, "ok", view_shard(v, shard));
	buf_str(&b, "}\n");
	say_line(&b);
}

static void say_link(struct view *v, const struct net_link *asked)
{
	const struct net_found_link *link = net_found_link(&v->seen.host, asked->name);
	BUF_ON_STACK(b, LINE);

	buf_char(&b, '{');
	put_text(&b, "what", "link");
	put_text(&b, "name", asked->name);
	put_text(&b, "kind", asked->kind ? net_kind_name(asked->kind) : "device");
	put_link(&b, &v->seen.host, link);
	if (link) {
		put_routes(&b, &v->seen.host, link->index);
		put_counts(&b, &link->counts);
	}
	put_truth(&b, "ok", view_link(v, asked));
	buf_str(&b, "}\n");
	say_line(&b);
}

/* -- services ---------------------------------------------------------------------------------------------------- */

static void put_rates(struct buf *b, const struct network_spec *network)
{
	if (network && network->in_bps)
		put_number(b, "rate_in_bps", network->in_bps);
	if (network && network->out_bps)
		put_number(b, "rate_out_bps", network->out_bps);
}

static void put_place(struct buf *b, const struct view *v, const struct net_attach *at)
{
	const struct net_found_link *port = at->bridge >= 0 ? net_found_link(&v->seen.host, at->peer) : NULL;

	if (at->bridge >= 0) {
		put_text(b, "bridge", table_bridge(v->table, (uint32_t)at->bridge)->name);
		if (at->shard)
			put_text(b, "shard", network_port_of(v->table, at));
		put_text(b, "port", at->peer);
		put_truth(b, "forwards", port && port->works);
	}
	if (net_has_eth0(at))
		put_link(b, &v->seen.own, net_found_link(&v->seen.own, net_eth(at)));
}

/* eth1 and so on, each said by itself: together they are longer than a line that fits. */
static void say_also(struct buf *b, const struct view *v, const struct service_spec *spec)
{
	const struct net_attach *at;
	struct net_counts c;

	for (uint32_t n = 1; (at = table_attach(v->table, spec, n)); n++) {
		buf_str(b, n == 1 ? ",\"also\":[{" : ",{");
		put_text(b, "name", net_eth(at));
		put_place(b, v, at);
		if (view_counts(v, at, &c))
			put_counts(b, &c);
		buf_str(b, table_attach(v->table, spec, n + 1) ? "}" : "}]");
		say_line(b);
	}
}

static void put_own(struct buf *b, const struct view *v, uint32_t owner)
{
	const struct service_spec *spec = table_service(v->table, owner);
	struct net_counts c;

	put_place(b, v, &spec->attach);
	put_routes(b, &v->seen.own, 0);
	put_rates(b, table_network(v->table, spec));
	if (view_counts(v, &spec->attach, &c))
		put_counts(b, &c);
	say_also(b, v, spec);
}

void view_json_one(struct view *v, uint32_t index)
{
	uint32_t owner = table_network_of(v->table, index);
	BUF_ON_STACK(kind, 2 * TABLE_NAME_MAX);
	BUF_ON_STACK(b, LINE);
	struct handed h;

	if (view_service(v, index, &h)) {
		buf_char(&b, '{');
		put_text(&b, "what", "service");
		put_text(&b, "name", v->look.name);
		view_put_kind(v, index, &kind);
		put_text(&b, "network", buf_text(&kind));
		if (table_service(v->table, owner)->namespaces & CLONE_NEWNET)
			put_own(&b, v, owner);
		buf_str(&b, ",\"asked\":[");
		say_line(&b);
		look_network_at(&v->look, &v->seen);
		say("],\"ok\":%s}\n", v->look.differ ? "false" : "true");
	}
	handed_release(&h);
}

/* -- ports, and who may reach whom ------------------------------------------------------------------------------- */

static void say_port(struct view *v, const struct net_port *port)
{
	BUF_ON_STACK(b, LINE);

	buf_char(&b, '{');
	put_text(&b, "what", "port");
	put_addr(&b, "address", &port->host);
	put_number(&b, "port", port->low);
	put_number(&b, "last", port->last);
	put_text(&b, "protocol", protocol_name(port->proto));
	put_text(&b, "service", table_name(v->table, table_service(v->table, port->service)));
	put_addr(&b, "to", &port->to);
	put_number(&b, "to_port", port->to_low);
	if (port->balance)
		put_text(&b, "balance", balance_name(port->balance));
	put_truth(&b, "there", net_found_port(&v->seen.rules, port, group_of(v->table, port)));
	buf_str(&b, "}\n");
	say_line(&b);
}

static void say_allow(struct view *v, const struct net_allow *allow)
{
	BUF_ON_STACK(b, LINE);

	buf_char(&b, '{');
	put_text(&b, "what", "allow");
	put_text(&b, "service", table_name(v->table, table_service(v->table, allow->from)));
	put_text(&b, "to", table_name(v->table, table_service(v->table, allow->to)));
	if (allow->proto) {
		put_number(&b, "port", allow->low);
		put_number(&b, "last", allow->last);
		put_text(&b, "protocol", protocol_name(allow->proto));
	}
	buf_str(&b, "}\n");
	say_line(&b);
}

void view_json_all(struct view *v)
{
	const struct table *t = v->table;

	for (uint32_t i = 0; i < t->bridges.count; i++)
		say_bridge(v, table_bridge(t, i));
	for (uint32_t i = 0; i < t->shards.count; i++)
		say_shard(v, i);
	for (uint32_t i = 0; i < t->links.count; i++)
		say_link(v, table_link(t, i));
	for (uint32_t i = 0; i < t->services.count && !v->status; i++)
		if (!table_service(t, i)->internal)
			view_json_one(v, i);
	for (uint32_t i = 0; i < t->ports.count; i++)
		say_port(v, &table_list(t, t->ports, struct net_port)[i]);
	for (uint32_t i = 0; i < t->allow.count; i++)
		say_allow(v, &table_list(t, t->allow, struct net_allow)[i]);
}
