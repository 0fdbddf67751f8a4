#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "net/net.h"
#include "services/address.h"
#include "services/spans.h"

/*
 * Published ports: who has which, and which of them several services share. The
 * transaction that sets them up is put into the image beside them.
 */
struct ports {
	struct compile *c;
	const struct set *addrs; /* of all bridges, links and services */
	struct set taken;     /* struct claim -> number of the port that has it + 1 */
	struct net_port *list;
	uint32_t count, mapped;
	struct net_group *groups;
	uint32_t group_count;
	uint32_t *group_of;   /* by number of the port; only of balanced ones */
};

/* What two ports cannot both have. */
struct claim {
	uint8_t host[16], family, proto;
	uint16_t port;
};

/* What stands in one text. */
struct port_text {
	struct addr host; /* family 0: not given */
	struct span from, to;
	uint8_t proto;
};

static const struct key *ports_key(void)
{
	return key_by_id(KEY_NETWORK_PORTS);
}

/* -- texts ------------------------------------------------------------------------------------------------------ */

/* What stands before the first port: "", "ADDRESS:" or "[ADDRESS]:". False when it is none of them. */
static bool take_host(const char **at, struct addr *ret)
{
	bool is_ipv6 = **at == '[';
	const char *begin = *at + is_ipv6, *colon = strchr(begin, ':'), *end;
	BUF_ON_STACK(host, 48);

	*ret = (struct addr){ 0 };
	end = is_ipv6 ? strchr(begin, ']') : memchr(begin, '.', colon ? (size_t)(colon - begin) : 0) ? colon : NULL;
	if (!end)
		return !is_ipv6;
	buf_add(&host, begin, (size_t)(end - begin));
	if (buf_check(&host) || text_host(buf_text(&host), ret))
		return false;
	*at = end + is_ipv6;
	ret->prefix = 0;
	return *(*at)++ == ':' && ret->family == (is_ipv6 ? AF_INET6 : AF_INET);
}

static bool read_port(const char *text, struct port_text *p)
{
	if (!take_host(&text, &p->host) || !span_take(&text, &p->from))
		return false;
	p->to = p->from;
	if (*text == ':') {
		text++;
		if (!span_take(&text, &p->to))
			return false;
	}
	return protocol_take(text, &p->proto);
}

/* -- who has it ------------------------------------------------------------------------------------------------- */

static struct set_entry *claim(struct ports *p, const struct net_port *port, uint32_t number)
{
	struct claim *key = arena_new(p->c->work, struct claim);

	memcpy(key->host, port->host.bytes, sizeof(key->host));
	key->family = port->host.family;
	key->proto = port->proto;
	key->port = (uint16_t)number;
	return set_at(&p->taken, key, sizeof(*key));
}

static void refuse_owned(struct ports *p, const struct toml *node, const struct net_port *port, uint32_t number,
			 const struct net_port *other)
{
	struct compile *c = p->c;
	const char *title = c->services.drafts[port->service].title;
	bool may_share = port->service != other->service;

	refuse(c, node, "%s: network.ports: %s: port %u/%s is that of %s already%s", title, node->text, number,
	       protocol_name(port->proto), c->services.drafts[other->service].title,
	       may_share ? "; to share it, give both the same network.balance" : "");
}

/* A group begins with its first service. */
static void join(struct ports *p, const struct toml *node, uint32_t mine, uint32_t first)
{
	struct net_group *g;

	if (mine == first) {
		const struct net_port *port = &p->list[mine];

		p->groups[p->group_count] = (struct net_group){ .host = port->host, .port = port->low,
								.proto = port->proto, .balance = port->balance };
		p->group_of[mine] = p->group_count++;
	}
	p->group_of[mine] = p->group_of[first];
	g = &p->groups[p->group_of[mine]];
	if (g->count == NET_MEMBERS || p->group_count > NET_GROUPS)
		refuse(p->c, node, "%s: network.balance: more than %u services behind a port, or %u such ports",
		       p->c->services.drafts[p->list[mine].service].title, NET_MEMBERS, NET_GROUPS);
	else
		g->count++;
}

/* True when it is the port's, alone or with others. */
static bool take(struct ports *p, const struct toml *node, const struct net_port *port, uint32_t number)
{
	struct set_entry *e = claim(p, port, number);
	const struct net_port *other;

	if (!e->value)
		e->value = p->count + 1;
	other = &p->list[e->value - 1];
	if (other != port && (!port->balance || port->balance != other->balance || port->service == other->service)) {
		refuse_owned(p, node, port, number, other);
		return false;
	}
	if (port->balance)
		join(p, node, p->count, e->value - 1);
	return true;
}

static bool add(struct ports *p, const struct toml *node, const struct net_port *wanted)
{
	struct net_port *port = &p->list[p->count];
	uint32_t wide = wanted->last - wanted->low + 1u;

	*port = *wanted;
	if (p->mapped + wide > NET_MAPPED) {
		refuse(p->c, node, "%s: network.ports: %s: with it there are more than %u published ports",
		       p->c->services.drafts[port->service].title, node->text, NET_MAPPED);
		return false;
	}
	p->mapped += wide;
	for (uint32_t number = port->low; number <= port->last; number++)
		if (!take(p, node, port, number))
			return false;
	p->count++;
	return true;
}

static void add_families(struct ports *p, uint32_t index, const struct toml *node, const struct port_text *text,
			 uint8_t balance)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	const struct net_attach *at = &p->c->specs[index].attach;
	struct net_port port = { .low = text->from.low, .last = text->from.last, .to_low = text->to.low,
				 .proto = text->proto, .balance = balance, .service = index };

	for (size_t i = 0; i < ARRAY_LEN(families); i++) {
		const struct addr *to = addr_of_family(at->addr, NET_ADDRS, families[i]);

		if (!to || (text->host.family && text->host.family != families[i]))
			continue;
		port.host = text->host;
		port.host.family = families[i];
		port.to = *to;
		if (!add(p, node, &port))
			return; /* the other family would say the same */
	}
}

/* Whose own address it is, or NULL. */
static const char *service_with(const struct ports *p, const struct addr *host)
{
	uint32_t owner = host->family ? set_get(p->addrs, host, ADDR_KEY) : 0;

	return owner && !(owner & (ADDR_OF_BRIDGE | ADDR_OF_LINK)) ? p->c->services.drafts[owner - 1].title : NULL;
}

static void take_port(struct ports *p, uint32_t index, const struct toml *node, uint8_t balance)
{
	struct compile *c = p->c;
	const char *title = c->services.drafts[index].title;
	const struct net_attach *at = &c->specs[index].attach;
	const unsigned may = ADDR_ANY | ADDR_LOOPBACK | ADDR_LINK_LOCAL;
	struct port_text text;

	if (!read_port(node->text, &text))
		refuse(c, node, "%s: network.ports: found \"%.60s\"; wants %s", title, node->text,
		       key_text(ports_key(), KEY_WANT));
	else if (text.from.last - text.from.low != text.to.last - text.to.low)
		refuse(c, node, "%s: network.ports: %s: %u ports lead to %u; give as many on both sides", title,
		       node->text, text.from.last - text.from.low + 1u, text.to.last - text.to.low + 1u);
	else if (balance && text.from.low != text.from.last)
		refuse(c, node, "%s: network.ports: %s: with network.balance each port stands alone", title,
		       node->text);
	else if (text.host.family && addr_unfit(&text.host, may))
		refuse(c, node, "%s: network.ports: %s: its address %s", title, node->text,
		       addr_unfit(&text.host, may));
	else if (service_with(p, &text.host))
		refuse(c, node, "%s: network.ports: %s: its address is that of %s, not of this machine; remove it, "
		       "or take one that the machine has", title, node->text, service_with(p, &text.host));
	else if (text.host.family && !addr_of_family(at->addr, NET_ADDRS, text.host.family))
		refuse(c, node, "%s: network.ports: %s: the service has no IPv%u address; its bridge has no such "
		       "subnet", title, node->text, text.host.family == AF_INET ? 4 : 6);
	else
		add_families(p, index, node, &text, balance);
}

static void publish_all(struct ports *p, uint32_t index)
{
	struct compile *c = p->c;
	const struct draft *d = &c->services.drafts[index];
	const struct toml *list = d->nodes[KEY_NETWORK_PORTS], *word = d->nodes[KEY_NETWORK_BALANCE];
	const char *words = key_text(key_by_id(KEY_NETWORK_BALANCE), KEY_WORDS);
	uint8_t balance = word ? (uint8_t)(word_find(words, word->text) + 1) : BALANCE_NONE;

	if (word && !text_first(list))
		refuse(c, word, "%s: network.balance: it has no ports; add network.ports", d->title);
	for (const struct toml *e = text_first(list); e && c->specs[index].attach.bridge >= 0; e = text_next(list, e))
		take_port(p, index, e, balance);
}

/* -- the image -------------------------------------------------------------------------------------------------- */

/* Those of a group side by side. */
static void put_members(struct ports *p)
{
	struct net_member *members = arena_array(p->c->work, struct net_member, p->count);
	uint32_t *used = arena_array(p->c->work, uint32_t, p->group_count), total = 0;

	for (uint32_t g = 0; g < p->group_count; g++) {
		p->groups[g].first = total;
		total += p->groups[g].count;
	}
	for (uint32_t i = 0; i < p->count; i++) {
		const struct net_port *port = &p->list[i];
		uint32_t g = p->group_of[i];

		if (!port->balance || used[g] == p->groups[g].count)
			continue;
		members[p->groups[g].first + used[g]++] =
			(struct net_member){ .to = port->to, .port = port->to_low, .service = port->service };
	}
	p->c->table->members = image_array(p->c, members, total);
}

static void set_flags(struct ports *p)
{
	struct compile *c = p->c;

	for (uint32_t i = 0; i < p->count; i++) {
		struct net_attach *at = &c->specs[p->list[i].service].attach;

		at->flags |= NET_PUBLISHED | (p->list[i].balance ? NET_BALANCED : 0);
		c->bridge_specs[at->bridge].flags |= NET_PUBLISH;
	}
	for (uint32_t i = 0; i < c->services.count; i++) {
		struct net_attach *at = &c->specs[i].attach;

		if (at->bridge >= 0 && (at->flags || c->bridge_specs[at->bridge].flags & ~(uint32_t)NET_PUBLISH))
			at->flags |= NET_RULED;
	}
}

static void flag_bridge(struct compile *c, uint32_t index)
{
	const struct toml *const *nodes = c->bridges.drafts[index].nodes;
	const struct toml *nat = nodes[KEY_BRIDGE_NAT], *isolate = nodes[KEY_BRIDGE_ISOLATE];
	const struct toml *spoof = nodes[KEY_BRIDGE_ANTISPOOF] ? nodes[KEY_BRIDGE_ANTISPOOF] : isolate;

	c->bridge_specs[index].flags = (nat && nat->truth ? NET_NAT : 0u) |
		(isolate && isolate->truth ? NET_ISOLATE : 0u) | (spoof && spoof->truth ? NET_ANTISPOOF : 0u);
}

static struct list build(struct compile *c, const struct ruleset_plan *plan,
			 void (*write)(const struct ruleset_plan *plan, struct buf *b))
{
	/* As much as there is: it is copied at once, and what is taken of it later has to be zeros again. */
	struct buf b = { .data = c->work->base + c->work->used, .size = c->work->size - c->work->used };
	struct list list;

	write(plan, &b);
	list = image_list(c, b.data, (uint32_t)b.len, 1, sizeof(uint32_t));
	memset(b.data, 0, b.len);
	return list;
}

static bool has_rules(const struct compile *c)
{
	for (uint32_t i = 0; i < c->bridges.count; i++)
		if (c->bridge_specs[i].flags)
			return true;
	return false;
}

/* Behind a link may be a switch that has to hear who listens to what; and by port_isolation nobody finds another. */
static bool may_be_near(const struct compile *c, uint32_t bridge)
{
	return !links_on(c, bridge) && !has_port_isolation(c, (int32_t)bridge);
}

/* Notes which bridges are; how many members they have. */
static uint32_t note_near(const struct plan *p)
{
	struct compile *c = p->c;
	uint32_t all = 0;

	for (uint32_t b = 0; b < c->bridges.count; b++) {
		const struct toml *said = c->bridges.drafts[b].nodes[KEY_BRIDGE_NEAR];
		uint32_t members = also_members(p, b);

		c->bridge_specs[b].near = said ? said->truth : may_be_near(c, b) && members >= NET_NEAR_LEAST;
		all += c->bridge_specs[b].near ? members : 0;
	}
	return all;
}

static uint32_t take_near(const struct compile *c, const struct net_attach *list, uint32_t count,
			  struct net_attach *to)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < count; i++)
		if (list[i].bridge >= 0 && c->bridge_specs[list[i].bridge].near)
			to[n++] = list[i];
	return n;
}

/* To others on a bridge it is all the same whether somebody is there by eth0 or by eth1. */
static void put_near(const struct plan *p)
{
	struct compile *c = p->c;
	uint32_t most = note_near(p);
	struct net_attach *members = arena_array(c->work, struct net_attach, most);
	struct ruleset_plan plan = { .attach = members, .stride = sizeof(members[0]) };

	for (uint32_t i = 0; i < c->services.count; i++) {
		plan.attach_count += take_near(c, &c->specs[i].attach, 1, members + plan.attach_count);
		plan.attach_count += take_near(c, also_of(p, i), p->also[i].count, members + plan.attach_count);
	}
	if (most)
		c->table->near = build(c, &plan, near_build);
}

/* Those on a further bridge of a service, for each address that its ports lead to. */
static uint32_t take_beside(const struct net_attach *at, const struct net_attach *further, struct net_beside *to)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < NET_ADDRS && at->addr[i].family; i++)
		for (unsigned k = 0; k < NET_ADDRS && further->addr[k].family; k++) {
			if (further->addr[k].family != at->addr[i].family)
				continue;
			to[n] = (struct net_beside){ .from = further->addr[k], .to = at->addr[i] };
			to[n++].to.prefix = at->addr[i].family == AF_INET ? 32 : 128;
		}
	return n;
}

static void put_beside(const struct plan *all, struct ruleset_plan *plan)
{
	struct compile *c = all->c;
	struct net_beside *list;
	uint32_t most = 0, n = 0;

	for (uint32_t i = 0; i < c->services.count; i++)
		most += c->specs[i].attach.flags & NET_PUBLISHED ? all->also[i].count * NET_ADDRS * NET_ADDRS : 0;
	list = arena_array(c->work, struct net_beside, most);
	for (uint32_t i = 0; i < c->services.count; i++)
		for (uint32_t k = 0; c->specs[i].attach.flags & NET_PUBLISHED && k < all->also[i].count; k++)
			n += take_beside(&c->specs[i].attach, &also_of(all, i)[k], list + n);
	plan->beside = list;
	plan->beside_count = n;
}

static void put_ruleset(struct ports *p, const struct plan *all)
{
	struct compile *c = p->c;
	struct ruleset_plan plan = {
		.bridges = c->bridge_specs, .bridge_count = c->bridges.count,
		.shards = c->shards, .shard_count = c->shard_count,
		.attach = &c->specs[0].attach, .stride = sizeof(c->specs[0]), .attach_count = c->services.count,
		.ports = p->list, .port_count = p->count,
		.groups = p->groups, .group_count = p->group_count,
	};

	allow_finish(c, &plan);
	put_beside(all, &plan);
	if (c->errors.count || !has_rules(c))
		return;
	c->table->ruleset = build(c, &plan, ruleset_build);
	plan.no_ipv6 = true;
	c->table->ruleset4 = build(c, &plan, ruleset_build);
}

void ports_finish(const struct plan *plan)
{
	struct compile *c = plan->c;
	struct ports p = { .c = c, .addrs = &plan->taken, .taken = { .arena = c->work } };
	uint32_t most = 2 * texts_of_all(c, KEY_NETWORK_PORTS) + 1; /* one may be two ports, of IPv4 and of IPv6 */

	p.list = arena_array(c->work, struct net_port, most);
	p.groups = arena_array(c->work, struct net_group, most);
	p.group_of = arena_array(c->work, uint32_t, most);
	for (uint32_t i = 0; i < c->bridges.count; i++)
		flag_bridge(c, i);
	for (uint32_t i = 0; i < c->services.count; i++)
		publish_all(&p, i);
	set_flags(&p);
	c->table->ports = image_array(c, p.list, p.count);
	put_members(&p);
	c->table->balanced = image_array(c, p.groups, p.group_count);
	put_ruleset(&p, plan);
	if (!c->errors.count)
		put_near(plan);
}
