/* What `minit check --dump` says of minit's own network: bridges, links, rules of routes. */
#include "net/net.h"
#include "services/dump_put.h"

/* /etc/hosts of those on a bridge who have one: it is the same text. */
static uint32_t hosts_of(const struct table *t, uint32_t bridge)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < t->services.count && !at; i++)
		if (table_service(t, i)->attach.bridge == (int32_t)bridge)
			at = table_service(t, i)->hosts_at;
	return at;
}

static void put_asked(struct buf *b, const struct net_bridge *bridge, const char *name, uint8_t which, uint32_t value)
{
	dump_key(b, name);
	if (bridge->asked & which)
		buf_u64(b, value);
	else
		buf_str(b, "null");
}

static void put_bridge_options(struct buf *b, const struct net_bridge *bridge)
{
	put_asked(b, bridge, "stp", NET_ASKED_STP, bridge->stp);
	put_asked(b, bridge, "forward_delay_ms", NET_ASKED_FORWARD_DELAY, bridge->forward_delay_ms);
	put_asked(b, bridge, "ageing_ms", NET_ASKED_AGEING, bridge->ageing_ms);
	put_asked(b, bridge, "priority", NET_ASKED_PRIORITY, bridge->priority);
	put_asked(b, bridge, "vlan_filtering", NET_ASKED_VLAN_FILTERING, bridge->vlan_filtering);
}

static void put_flags(struct buf *b, const struct net_bridge *bridge)
{
	static const struct {
		uint32_t flag;
		char name[10];
	} all[] = { { NET_NAT, "nat" }, { NET_ISOLATE, "isolate" }, { NET_ANTISPOOF, "antispoof" } };

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		dump_key(b, all[i].name);
		buf_str(b, bridge->flags & all[i].flag ? "true" : "false");
	}
}

static void put_shards(struct buf *b, const struct table *t, uint32_t bridge)
{
	dump_key(b, "shards");
	buf_char(b, '[');
	for (uint32_t i = 0; i < t->shards.count; i++) {
		const struct net_shard *shard = table_shard(t, i);

		if (shard->bridge != bridge)
			continue;
		buf_str(b, b->data[b->len - 1] == '[' ? "{" : ",{");
		dump_key(b, "name");
		buf_json(b, shard->name);
		dump_key(b, "pair");
		buf_fmt(b, "[\"%s\",\"%s\"]}", shard->up, shard->down);
	}
	buf_char(b, ']');
}

static void put_bridge(struct buf *b, const struct table *t, uint32_t index)
{
	const struct net_bridge *bridge = table_bridge(t, index);

	dump_key(b, "name");
	buf_json(b, bridge->name);
	dump_key(b, "mtu");
	buf_u64(b, bridge->mtu);
	dump_addrs(b, "address", bridge->addr, ARRAY_LEN(bridge->addr));
	put_bridge_options(b, bridge);
	put_flags(b, bridge);
	put_shards(b, t, index);
	dump_key(b, "hosts");
	dump_text(b, t, hosts_of(t, index));
}

void dump_bridges(struct buf *b, const struct table *t)
{
	dump_objects(b, t, "bridges", t->bridges.count, put_bridge);
}

static void put_link(struct buf *b, const struct table *t, uint32_t index)
{
	const struct net_link *link = table_link(t, index);
	const char *kind = link->kind ? net_kind_name(link->kind) : "device";
	const char *const texts[][2] = { { "name", link->name }, { "kind", kind }, { "match", link->match },
					 { "parent", link->parent }, { "master", link->master } };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		dump_key(b, texts[i][0]);
		buf_json(b, texts[i][1]);
	}
	dump_key(b, "id");
	buf_u64(b, link->id);
	dump_key(b, "mtu");
	buf_u64(b, link->mtu);
	dump_key(b, "dhcp");
	buf_str(b, link->flags & NET_LINK_DHCP ? "true" : "false");
	dump_key(b, "dhcp6");
	buf_str(b, link->flags & NET_LINK_DHCP6 ? "true" : "false");
	dump_key(b, "up");
	buf_str(b, link->flags & NET_LINK_DOWN ? "false" : "true");
	dump_addrs(b, "address", link->addr, ARRAY_LEN(link->addr));
	dump_addrs(b, "gateway", link->gateway, ARRAY_LEN(link->gateway));
	dump_key(b, "routes");
	dump_routes(b, table_list(t, t->link_routes, struct net_route) + link->first, link->routes);
}

void dump_links(struct buf *b, const struct table *t)
{
	dump_objects(b, t, "links", t->links.count, put_link);
}

static void put_iprule(struct buf *b, const struct table *t, uint32_t index)
{
	const struct net_iprule *r = &table_list(t, t->iprules, struct net_iprule)[index];

	dump_addrs(b, "from", &r->from, 1);
	dump_addrs(b, "to", &r->to, 1);
	dump_key(b, "iif");
	buf_json(b, r->iif);
	dump_key(b, "oif");
	buf_json(b, r->oif);
	buf_fmt(b, ",\"fwmark\":%u,\"fwmask\":%u,\"table\":%u,\"priority\":%u,\"action\":%u,\"not\":%s", r->fwmark,
		r->fwmask, r->table, r->priority, r->action, r->inverted ? "true" : "false");
}

void dump_iprules(struct buf *b, const struct table *t)
{
	dump_objects(b, t, "rules", t->iprules.count, put_iprule);
}
