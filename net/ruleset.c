#include "net/ruleset.h"

#include <netinet/in.h> /* before the kernel's, which then leave out what is the same */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter_ipv4.h>
#include <string.h>
#include <sys/socket.h>

#include "net/net.h"
#include "net/rules.h"

/* NF_CT_STATE_BIT of linux/netfilter/nf_conntrack_common.h */
#define ESTABLISHED (NF_CT_STATE_BIT(IP_CT_ESTABLISHED) | NF_CT_STATE_BIT(IP_CT_RELATED))

/* -- what the plan has ------------------------------------------------------------------------------------------ */

const struct net_attach *plan_attach(const struct ruleset_plan *plan, uint32_t index)
{
	return (const void *)((const char *)plan->attach + plan->stride * index);
}

bool plan_has(const struct ruleset_plan *plan, uint32_t flags)
{
	for (uint32_t i = 0; i < plan->bridge_count; i++)
		if (plan->bridges[i].flags & flags)
			return true;
	return false;
}

bool plan_wants(const struct ruleset_plan *plan, uint8_t family)
{
	return family == AF_INET || !plan->no_ipv6;
}

/* -- names of bridges ------------------------------------------------------------------------------------------- */

static bool is_among(const struct net_bridge *bridge, uint32_t has, uint32_t hasnt)
{
	return (!has || bridge->flags & has) && !(bridge->flags & hasnt);
}

/*
 * The set of the bridges that have a flag of `has` and none of `hasnt`; has 0: all of them, and loopback. With their
 * shards: nobody speaks to these by IP, but who knows the MAC of one can, and must not come further by it.
 */
static void put_bridges(struct nft *n, const struct ruleset_plan *plan, const char *name, uint32_t has, uint32_t hasnt)
{
	nft_set(n, &(struct nft_set){ .name = name, .key = PARTS(PART_IIF),
				      .size = plan->bridge_count + plan->shard_count + 1 });
	nft_elements(n, name);
	if (!has)
		nft_element_name(n, "lo");
	for (uint32_t i = 0; i < plan->bridge_count; i++)
		if (is_among(&plan->bridges[i], has, hasnt))
			nft_element_name(n, plan->bridges[i].name);
	for (uint32_t i = 0; i < plan->shard_count; i++)
		if (is_among(&plan->bridges[plan->shards[i].bridge], has, hasnt))
			nft_element_name(n, plan->shards[i].name);
	nft_elements_end(n);
}

/* -- published ports -------------------------------------------------------------------------------------------- */

/* The four maps of a family: of any address of this machine or of one, to a service or to a balancing chain. */
static const struct map {
	uint8_t family;
	bool is_any, is_balanced;
	char name[14];
	nft_parts key[4];
} maps[] = {
	{ AF_INET, false, true, "balance_at4", { PART_DADDR4, PART_L4PROTO, PART_DPORT, PART_END } },
	{ AF_INET, false, false, "port_at4", { PART_DADDR4, PART_L4PROTO, PART_DPORT, PART_END } },
	{ AF_INET, true, true, "balance4", { PART_L4PROTO, PART_DPORT, PART_END } },
	{ AF_INET, true, false, "port4", { PART_L4PROTO, PART_DPORT, PART_END } },
	{ AF_INET6, false, true, "balance_at6", { PART_DADDR6, PART_L4PROTO, PART_DPORT, PART_END } },
	{ AF_INET6, false, false, "port_at6", { PART_DADDR6, PART_L4PROTO, PART_DPORT, PART_END } },
	{ AF_INET6, true, true, "balance6", { PART_L4PROTO, PART_DPORT, PART_END } },
	{ AF_INET6, true, false, "port6", { PART_L4PROTO, PART_DPORT, PART_END } },
};

static bool is_in_map(const struct map *map, const struct addr *host, bool is_balanced)
{
	return host->family == map->family && addr_is_any(host) == map->is_any && is_balanced == map->is_balanced;
}

static struct nft_value port_key(const struct addr *host, uint8_t proto, uint16_t port)
{
	struct nft_value key = { .len = 0 };

	if (!addr_is_any(host))
		value_put_addr(&key, host);
	value_put_u8(&key, proto);
	value_put_port(&key, port);
	return key;
}

struct nft_value target_of(const struct addr *to, uint16_t port)
{
	struct nft_value target = { .len = 0 };

	value_put_addr(&target, to);
	value_put_port(&target, port);
	return target;
}

static void put_port(struct nft *n, const struct net_port *p)
{
	for (uint32_t port = p->low; port <= p->last; port++) {
		struct nft_value key = port_key(&p->host, p->proto, (uint16_t)port);
		struct nft_value to = target_of(&p->to, (uint16_t)(p->to_low + port - p->low));

		nft_element(n, &key, &to, NULL);
	}
}

static uint32_t map_size(const struct ruleset_plan *plan, const struct map *map)
{
	uint32_t size = 0;

	for (uint32_t i = 0; i < plan->port_count && !map->is_balanced; i++)
		if (is_in_map(map, &plan->ports[i].host, plan->ports[i].balance))
			size += plan->ports[i].last - plan->ports[i].low + 1u;
	for (uint32_t i = 0; i < plan->group_count && map->is_balanced; i++)
		size += is_in_map(map, &plan->groups[i].host, true);
	return size;
}

static void put_map(struct nft *n, const struct ruleset_plan *plan, const struct map *map, uint32_t size)
{
	enum nft_data target = map->family == AF_INET ? DATA_TARGET4 : DATA_TARGET6;

	nft_set(n, &(struct nft_set){ .name = map->name, .key = map->key, .size = size,
				      .data = map->is_balanced ? DATA_CHAIN : target });
	nft_elements(n, map->name);
	for (uint32_t i = 0; i < plan->port_count && !map->is_balanced; i++)
		if (is_in_map(map, &plan->ports[i].host, plan->ports[i].balance))
			put_port(n, &plan->ports[i]);
	for (uint32_t i = 0; i < plan->group_count && map->is_balanced; i++) {
		const struct net_group *g = &plan->groups[i];
		struct nft_value key = port_key(&g->host, g->proto, g->port);

		if (is_in_map(map, &g->host, true))
			nft_element(n, &key, NULL, group_name(i).text);
	}
	nft_elements_end(n);
}

static void put_map_rule(struct nft *n, const struct map *map)
{
	nft_rule(n, "ports");
	nft_is_u8(n, PART_NFPROTO, map->family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6);
	if (map->is_balanced) {
		nft_vmap(n, map->key, map->name);
	} else {
		nft_map(n, map->key, map->name);
		nft_dnat(n, map->family);
	}
	nft_rule_end(n);
}

static void put_to_local(struct nft *n, const char *chain)
{
	nft_rule(n, chain);
	nft_is_local(n);
	nft_jump(n, "ports");
	nft_rule_end(n);
}

static void put_ports(struct nft *n, const struct ruleset_plan *plan)
{
	for (uint32_t i = 0; i < plan->group_count; i++)
		if (plan_wants(plan, plan->groups[i].host.family))
			group_declare(n, i, &plan->groups[i]);
	nft_chain(n, "ports");
	for (const struct map *map = maps; map < maps + ARRAY_LEN(maps); map++) {
		uint32_t size = plan_wants(plan, map->family) ? map_size(plan, map) : 0;

		if (!size)
			continue;
		put_map(n, plan, map, size);
		put_map_rule(n, map);
	}
	nft_hook(n, "prerouting", "nat", NF_INET_PRE_ROUTING, NF_IP_PRI_NAT_DST);
	put_to_local(n, "prerouting");
	nft_hook(n, "output", "nat", NF_INET_LOCAL_OUT, NF_IP_PRI_NAT_DST);
	put_to_local(n, "output");
}

/* -- where the source is changed -------------------------------------------------------------------------------- */

static enum nft_part saddr(uint8_t family)
{
	return family == AF_INET ? PART_SADDR4 : PART_SADDR6;
}

static void is_family(struct nft *n, uint8_t family)
{
	nft_is_u8(n, PART_NFPROTO, family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6);
}

static void is_published(struct nft *n)
{
	nft_has_bits(n, PART_CT_STATUS, &(uint32_t){ IPS_DST_NAT });
}

static const struct addr loopbacks[] = {
	{ .bytes = { 127 }, .family = AF_INET, .prefix = 8 },
	{ .bytes = { [15] = 1 }, .family = AF_INET6, .prefix = 128 },
};

/* No address of loopback leaves the machine. */
static void put_from_loopback(struct nft *n, const struct addr *loopback)
{
	nft_rule(n, "postrouting");
	is_family(n, loopback->family);
	nft_in_net(n, saddr(loopback->family), loopback);
	is_published(n);
	nft_masquerade(n);
	nft_rule_end(n);
}

/* By the machine's address to who would answer by a bridge of its own: the answer must come back the same way. */
static void put_back(struct nft *n, const struct addr *from, const struct addr *to)
{
	nft_rule(n, "postrouting");
	is_family(n, from->family);
	nft_in_net(n, saddr(from->family), from);
	nft_in_net(n, from->family == AF_INET ? PART_DADDR4 : PART_DADDR6, to);
	is_published(n);
	nft_masquerade(n);
	nft_rule_end(n);
}

static void put_outward(struct nft *n, const struct addr *net)
{
	nft_rule(n, "postrouting");
	is_family(n, net->family);
	nft_in_net(n, saddr(net->family), net);
	nft_not_in(n, PARTS(PART_OIF), "inside");
	nft_masquerade(n);
	nft_rule_end(n);
}

static void put_sources(struct nft *n, const struct ruleset_plan *plan)
{
	nft_hook(n, "postrouting", "nat", NF_INET_POST_ROUTING, NF_IP_PRI_NAT_SRC);
	for (size_t i = 0; i < ARRAY_LEN(loopbacks) && plan->port_count; i++)
		if (plan_wants(plan, loopbacks[i].family))
			put_from_loopback(n, &loopbacks[i]);
	for (uint32_t i = 0; i < plan->beside_count; i++)
		if (plan_wants(plan, plan->beside[i].to.family))
			put_back(n, &plan->beside[i].from, &plan->beside[i].to);
	for (uint32_t i = 0; i < plan->bridge_count; i++) {
		const struct net_bridge *bridge = &plan->bridges[i];

		for (unsigned k = 0; k < NET_ADDRS && bridge->addr[k].family; k++) {
			if (!plan_wants(plan, bridge->addr[k].family))
				continue;
			if (bridge->flags & NET_PUBLISH)
				put_back(n, &bridge->addr[k], &bridge->addr[k]);
			if (bridge->flags & NET_NAT)
				put_outward(n, &bridge->addr[k]);
		}
	}
}

/* -- what is dropped -------------------------------------------------------------------------------------------- */

/* route_localnet, which 127.0.0.1 needs, would open that address to the services: CVE-2020-8558 and its kind. */
static void put_local(struct nft *n, const struct ruleset_plan *plan)
{
	static const nft_parts where[] = { PART_SADDR4, PART_DADDR4 };

	put_bridges(n, plan, NET_LOCALNET, NET_PUBLISH, 0);
	nft_hook(n, "local", "filter", NF_INET_PRE_ROUTING, NF_IP_PRI_RAW);
	for (size_t i = 0; i < ARRAY_LEN(where); i++) {
		nft_rule(n, "local");
		nft_in(n, PARTS(PART_IIF), NET_LOCALNET);
		is_family(n, AF_INET);
		nft_in_net(n, where[i], &loopbacks[0]);
		nft_verdict(n, NF_DROP);
		nft_rule_end(n);
	}
}

/* The address of IPv6 that it has by the table; NULL: it has none, or no ports lead to it. */
static const struct addr *published6(const struct net_bridge *bridge)
{
	return bridge->flags & NET_PUBLISH ? addr_of_family(bridge->addr, NET_ADDRS, AF_INET6) : NULL;
}

static void put_answer(struct nft *n, const struct net_bridge *bridge, const struct addr *addr)
{
	nft_rule(n, "answer");
	nft_is(n, PART_IIF, bridge->name);
	is_family(n, AF_INET6);
	nft_is(n, PART_CT_SADDR6, loopbacks[1].bytes);
	nft_is(n, PART_DADDR6, loopbacks[1].bytes);
	nft_to_address(n, addr);
	nft_rule_end(n);
}

/*
 * What comes in by a bridge to ::1 is dropped by the kernel before it is routed (ip6_rcv_core), and with br_netfilter
 * what answers ::1 is translated back before that. So it bears the bridge's address again until it is in.
 */
static void put_answers(struct nft *n, const struct ruleset_plan *plan)
{
	bool has = false;

	for (uint32_t i = 0; i < plan->bridge_count && plan_wants(plan, AF_INET6); i++) {
		const struct addr *addr = published6(&plan->bridges[i]);

		if (addr && !has)
			nft_hook(n, "answer", "filter", NF_INET_PRE_ROUTING, NF_IP_PRI_NAT_DST + 1);
		if (addr)
			put_answer(n, &plan->bridges[i], addr);
		has |= addr != NULL;
	}
	if (!has)
		return;
	nft_hook(n, "answered", "filter", NF_INET_LOCAL_IN, NF_IP_PRI_RAW);
	nft_rule(n, "answered");
	nft_in(n, PARTS(PART_IIF), NET_LOCALNET);
	is_family(n, AF_INET6);
	nft_is(n, PART_CT_SADDR6, loopbacks[1].bytes);
	nft_to_address(n, &loopbacks[1]);
	nft_rule_end(n);
}

static void put_accept_state(struct nft *n, enum nft_part part, uint32_t bits)
{
	nft_rule(n, "forward");
	nft_has_bits(n, part, &bits);
	nft_verdict(n, NF_ACCEPT);
	nft_rule_end(n);
}

static void put_forward(struct nft *n, const struct ruleset_plan *plan)
{
	put_bridges(n, plan, "isolated", NET_ISOLATE, 0);
	put_bridges(n, plan, "guarded", NET_NAT, NET_ISOLATE);
	nft_hook(n, "forward", "filter", NF_INET_FORWARD, NF_IP_PRI_FILTER);
	put_accept_state(n, PART_CT_STATE, ESTABLISHED);
	put_accept_state(n, PART_CT_STATUS, IPS_DST_NAT);
	allow_put_routed(n, plan);
	nft_rule(n, "forward");
	nft_in(n, PARTS(PART_IIF), "isolated");
	nft_in(n, PARTS(PART_OIF), "inside");
	nft_verdict(n, NF_DROP);
	nft_rule_end(n);
	nft_rule(n, "forward");
	nft_in(n, PARTS(PART_OIF), "isolated");
	nft_verdict(n, NF_DROP);
	nft_rule_end(n);
	nft_rule(n, "forward");
	nft_in(n, PARTS(PART_OIF), "guarded");
	nft_not_in(n, PARTS(PART_IIF), "inside");
	nft_verdict(n, NF_DROP);
	nft_rule_end(n);
}

/* -- all of it -------------------------------------------------------------------------------------------------- */

void ruleset_build(const struct ruleset_plan *plan, struct buf *b)
{
	bool guards = plan_has(plan, NET_NAT | NET_ISOLATE);
	struct nft n;

	nft_batch_begin(&n, b);
	nft_table(&n, NFPROTO_INET, NET_TABLE);
	if (guards)
		put_bridges(&n, plan, "inside", 0, 0);
	if (plan->port_count)
		put_ports(&n, plan);
	if (plan->port_count || plan_has(plan, NET_NAT))
		put_sources(&n, plan);
	if (plan_has(plan, NET_PUBLISH)) {
		put_local(&n, plan);
		put_answers(&n, plan);
	}
	if (guards)
		put_forward(&n, plan);
	if (plan_has(plan, NET_BETWEEN))
		between_put(&n, plan);
	nft_batch_end(&n);
}

void ruleset_remove_between(struct buf *b)
{
	struct nft n;

	nft_batch_begin(&n, b);
	nft_table_delete(&n, NFPROTO_BRIDGE, NET_TABLE);
	nft_batch_end(&n);
}

void ruleset_remove(struct buf *b)
{
	struct nft n;

	nft_batch_begin(&n, b);
	nft_table_delete(&n, NFPROTO_INET, NET_TABLE);
	nft_batch_end(&n);
}
