#include <netinet/in.h> /* before the kernel's, which then leave out what is the same */
#include <netinet/icmp6.h>
#include <linux/netfilter.h>
#include <linux/netfilter_bridge.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "net/requests.h"
#include "net/rules.h"

/* For how long an answer is let through that is no TCP, whose own flags tell one. */
#define FLOW_MS 120000
#define FLOWS_MOST 65536

static const uint8_t families[] = { AF_INET, AF_INET6 };
static const char requested[2][2][15] = { { "requested4", "requested_all4" }, { "requested6", "requested_all6" } };

/* The sets and keys of one family. */
static const struct side {
	uint8_t icmp;
	const uint8_t *ethertype;
	char ports[7], all[5], pairs[7], flows[7], addrs[7]; /* names of sets */
	char asked[7], asked_all[11];
	nft_parts request[5], reply[5], there[3], back[3], flow[6], answer[6], source[3];
} sides[] = {
	{ IPPROTO_ICMP, nft_ethertypes[ETHER_IPV4], "allow4", "all4", "pairs4", "flows4", "addrs4",
	  "asked4", "asked_all4",
	  { PART_SADDR4, PART_DADDR4, PART_L4PROTO, PART_DPORT },
	  { PART_DADDR4, PART_SADDR4, PART_L4PROTO, PART_SPORT },
	  { PART_SADDR4, PART_DADDR4 }, { PART_DADDR4, PART_SADDR4 },
	  { PART_SADDR4, PART_DADDR4, PART_L4PROTO, PART_SPORT, PART_DPORT },
	  { PART_DADDR4, PART_SADDR4, PART_L4PROTO, PART_DPORT, PART_SPORT }, { PART_IIF, PART_SADDR4 } },
	{ IPPROTO_ICMPV6, nft_ethertypes[ETHER_IPV6], "allow6", "all6", "pairs6", "flows6", "addrs6",
	  "asked6", "asked_all6",
	  { PART_SADDR6, PART_DADDR6, PART_L4PROTO, PART_DPORT },
	  { PART_DADDR6, PART_SADDR6, PART_L4PROTO, PART_SPORT },
	  { PART_SADDR6, PART_DADDR6 }, { PART_DADDR6, PART_SADDR6 },
	  { PART_SADDR6, PART_DADDR6, PART_L4PROTO, PART_SPORT, PART_DPORT },
	  { PART_DADDR6, PART_SADDR6, PART_L4PROTO, PART_DPORT, PART_SPORT }, { PART_IIF, PART_SADDR6 } },
};

/* -- who may reach whom ----------------------------------------------------------------------------------------- */

enum allow_set { ALLOW_PORTS, ALLOW_ALL, ALLOW_PAIRS };

/* One pair of addresses of an allow. How many elements of the set it makes; n NULL: only that. */
static uint32_t put_pair(struct nft *n, const struct net_allow *allow, enum allow_set set, const struct addr *from,
			 const struct addr *to)
{
	uint32_t low = set == ALLOW_PORTS ? allow->low : 0, last = set == ALLOW_PORTS ? allow->last : 0;

	for (uint32_t port = low; n && port <= last; port++) {
		struct nft_value key = { .len = 0 };

		value_put_addr(&key, from);
		value_put_addr(&key, to);
		if (set == ALLOW_PORTS) {
			value_put_u8(&key, allow->proto);
			value_put_port(&key, (uint16_t)port);
		}
		nft_element(n, &key, NULL, NULL);
	}
	return last - low + 1;
}

static uint32_t put_pairs(struct nft *n, const struct ruleset_plan *plan, uint8_t family, const struct net_allow *allow,
			  enum allow_set set)
{
	const struct addr *from = plan_attach(plan, allow->from)->addr, *to = plan_attach(plan, allow->to)->addr;
	uint32_t count = 0;

	for (unsigned i = 0; i < NET_ADDRS && from[i].family; i++)
		for (unsigned k = 0; k < NET_ADDRS && to[k].family; k++) {
			if (from[i].family != family || to[k].family != family)
				continue;
			count += put_pair(n, allow, set, &from[i], &to[k]);
			if (set == ALLOW_PAIRS)
				count += put_pair(n, allow, set, &to[k], &from[i]);
		}
	return count;
}

static uint32_t put_allows(struct nft *n, const struct ruleset_plan *plan, uint8_t family, enum allow_set set)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < plan->allow_count; i++)
		if (set == ALLOW_PAIRS || (set == ALLOW_ALL) == !plan->allow[i].proto)
			count += put_pairs(n, plan, family, &plan->allow[i], set);
	return count;
}

static void put_allow_set(struct nft *n, const struct ruleset_plan *plan, uint8_t family, const char *name,
			  const nft_parts *key, enum allow_set set)
{
	nft_set(n, &(struct nft_set){ .name = name, .key = key, .size = put_allows(NULL, plan, family, set) });
	nft_elements(n, name);
	put_allows(n, plan, family, set);
	nft_elements_end(n);
}

static void put_allow_sets(struct nft *n, const struct ruleset_plan *plan, unsigned i)
{
	const struct side *side = &sides[i];

	put_allow_set(n, plan, families[i], side->ports, side->request, ALLOW_PORTS);
	put_allow_set(n, plan, families[i], side->all, side->there, ALLOW_ALL);
	put_allow_set(n, plan, families[i], side->pairs, side->there, ALLOW_PAIRS);
}

static void is_side(struct nft *n, const struct side *side)
{
	if (n->family == NFPROTO_BRIDGE)
		nft_is(n, PART_ETHER_TYPE, side->ethertype);
	else
		nft_is_u8(n, PART_NFPROTO, side->icmp == IPPROTO_ICMP ? NFPROTO_IPV4 : NFPROTO_IPV6);
}

/* Errors and pings between those of whom one may reach the other. */
static void put_icmp(struct nft *n, const char *chain, const struct side *side)
{
	nft_rule(n, chain);
	is_side(n, side);
	nft_is_u8(n, PART_L4PROTO, side->icmp);
	nft_in(n, side->there, side->pairs);
	nft_verdict(n, NF_ACCEPT);
	nft_rule_end(n);
}

static void put_request(struct nft *n, const char *chain, const struct side *side, bool all, const char *jump)
{
	nft_rule(n, chain);
	is_side(n, side);
	nft_in(n, all ? side->there : side->request, all ? side->all : side->ports);
	if (jump)
		nft_jump(n, jump);
	else
		nft_verdict(n, NF_ACCEPT);
	nft_rule_end(n);
}

/* Whether somebody on it may reach others, or be reached. */
static bool takes_part(const struct ruleset_plan *plan, uint32_t bridge)
{
	for (uint32_t i = 0; i < plan->allow_count; i++)
		if (plan_attach(plan, plan->allow[i].from)->bridge == (int32_t)bridge ||
		    plan_attach(plan, plan->allow[i].to)->bridge == (int32_t)bridge)
			return true;
	return false;
}

/* What bears an address of the bridge comes by it: an allow is not for whoever writes that address on a packet. */
static void put_forged(struct nft *n, const struct net_bridge *bridge, const struct addr *net)
{
	nft_rule(n, "forward");
	is_side(n, &sides[net->family == AF_INET6]);
	nft_in_net(n, net->family == AF_INET ? PART_SADDR4 : PART_SADDR6, net);
	nft_isnt(n, PART_IIF, bridge->name);
	nft_verdict(n, NF_DROP);
	nft_rule_end(n);
}

static void put_all_forged(struct nft *n, const struct ruleset_plan *plan)
{
	for (uint32_t i = 0; i < plan->bridge_count; i++) {
		const struct net_bridge *bridge = &plan->bridges[i];

		for (unsigned k = 0; takes_part(plan, i) && k < NET_ADDRS && bridge->addr[k].family; k++)
			if (plan_wants(plan, bridge->addr[k].family))
				put_forged(n, bridge, &bridge->addr[k]);
	}
}

void allow_put_routed(struct nft *n, const struct ruleset_plan *plan)
{
	put_all_forged(n, plan);
	for (unsigned i = 0; i < ARRAY_LEN(sides) && plan->allow_count; i++) {
		if (!plan_wants(plan, families[i]))
			continue;
		put_allow_sets(n, plan, i);
		put_request(n, "forward", &sides[i], false, NULL);
		put_request(n, "forward", &sides[i], true, NULL);
		put_icmp(n, "forward", &sides[i]);
	}
}

/* -- on one bridge: no connections are tracked there -------------------------------------------------------------- */

static void put_accept(struct nft *n, const char *chain, enum nft_part part, const void *value)
{
	nft_rule(n, chain);
	nft_is(n, part, value);
	nft_verdict(n, NF_ACCEPT);
	nft_rule_end(n);
}

static void put_remember(struct nft *n, const char *chain, const nft_parts *key, const char *set)
{
	nft_rule(n, chain);
	nft_update(n, key, set, FLOW_MS);
	nft_verdict(n, NF_ACCEPT);
	nft_rule_end(n);
}

/*
 * TCP needs no memory: what answers has ACK or RST. For others the answer to a request is remembered. All share the set
 * of flows: who fills it must not leave the others without. So what has no place there is remembered by the element of
 * the allow, of which there are no more than the table has, twice over as the kernel counts those that are over for a
 * while: an answer may then be to another port of who asked.
 */
static void put_requested(struct nft *n, const struct ruleset_plan *plan, unsigned i, bool all)
{
	const struct side *side = &sides[i];
	const char *chain = requested[i][all], *asked = all ? side->asked_all : side->asked;
	const nft_parts *key = all ? side->there : side->request;
	uint32_t size = 2 * put_allows(NULL, plan, families[i], all ? ALLOW_ALL : ALLOW_PORTS);

	nft_set(n, &(struct nft_set){ .name = asked, .key = key, .size = size, .lifetime_ms = FLOW_MS });
	nft_chain(n, chain);
	put_accept(n, chain, PART_L4PROTO, &(uint8_t){ IPPROTO_TCP });
	put_remember(n, chain, side->answer, side->flows);
	put_remember(n, chain, key, asked);
}

static void put_tcp_reply(struct nft *n, const struct side *side, bool all)
{
	nft_rule(n, "between");
	is_side(n, side);
	nft_is_u8(n, PART_L4PROTO, IPPROTO_TCP);
	nft_has_bits(n, PART_TCP_FLAGS, &(uint8_t){ TH_ACK | TH_RST });
	nft_in(n, all ? side->back : side->reply, all ? side->all : side->ports);
	nft_verdict(n, NF_ACCEPT);
	nft_rule_end(n);
}

static void put_answer(struct nft *n, const struct side *side, const nft_parts *key, const char *set)
{
	nft_rule(n, "between");
	is_side(n, side);
	nft_isnt(n, PART_L4PROTO, &(uint8_t){ IPPROTO_TCP });
	nft_in(n, key, set);
	nft_verdict(n, NF_ACCEPT);
	nft_rule_end(n);
}

/* The first fragment alone has ports; the others go with it. */
static void put_fragments(struct nft *n, const struct side *side)
{
	nft_rule(n, "between");
	is_side(n, side);
	if (side->icmp == IPPROTO_ICMP)
		nft_has_bits(n, PART_FRAG_OFF, (uint8_t[]){ 0x1f, 0xff });
	else
		nft_has_bits(n, PART_FRAG6_OFF, (uint8_t[]){ 0xff, 0xf8 });
	nft_in(n, side->there, side->pairs);
	nft_verdict(n, NF_ACCEPT);
	nft_rule_end(n);
}

static void put_side(struct nft *n, const struct ruleset_plan *plan, unsigned i)
{
	const struct side *side = &sides[i];

	put_allow_sets(n, plan, i);
	nft_set(n, &(struct nft_set){ .name = side->flows, .key = side->flow, .size = FLOWS_MOST,
				      .lifetime_ms = FLOW_MS });
	for (unsigned all = 0; all < 2; all++) {
		put_requested(n, plan, i, all);
		put_request(n, "between", side, all, requested[i][all]);
	}
	put_tcp_reply(n, side, false);
	put_tcp_reply(n, side, true);
	put_answer(n, side, side->flow, side->flows);
	put_answer(n, side, side->reply, side->asked);
	put_answer(n, side, side->back, side->asked_all);
	put_icmp(n, "between", side);
	put_fragments(n, side);
}

static void put_others(struct nft *n, enum nft_part part)
{
	nft_rule(n, "between");
	nft_not_in(n, (nft_parts[]){ (nft_parts)part, PART_END }, "isolated");
	nft_verdict(n, NF_ACCEPT);
	nft_rule_end(n);
}

/* They find each other's MAC, and no more. */
static void put_neighbours(struct nft *n)
{
	static const uint8_t types[] = { ND_NEIGHBOR_SOLICIT, ND_NEIGHBOR_ADVERT };

	put_accept(n, "between", PART_ETHER_TYPE, nft_ethertypes[ETHER_ARP]);
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		nft_rule(n, "between");
		nft_is(n, PART_ETHER_TYPE, nft_ethertypes[ETHER_IPV6]);
		nft_is_u8(n, PART_L4PROTO, IPPROTO_ICMPV6);
		nft_is_u8(n, PART_ICMP_TYPE, types[i]);
		nft_verdict(n, NF_ACCEPT);
		nft_rule_end(n);
	}
}

/* -- by name of the port of a bridge ----------------------------------------------------------------------------- */

static bool is_on(const struct ruleset_plan *plan, uint32_t index, uint32_t flag)
{
	const struct net_attach *at = plan_attach(plan, index);

	return at->bridge >= 0 && plan->bridges[at->bridge].flags & flag;
}

/*
 * shards: with their ports of the bridge that they belong to. What passes from one to another, or to a service of that
 * bridge, is looked at there, and what stays in one is looked at in it.
 */
static void put_names(struct nft *n, const struct ruleset_plan *plan, const char *name, uint32_t flag, bool shards)
{
	uint32_t more = shards ? plan->shard_count : 0;

	nft_set(n, &(struct nft_set){ .name = name, .key = PARTS(PART_IIF), .size = plan->attach_count + more });
	nft_elements(n, name);
	for (uint32_t i = 0; i < plan->attach_count; i++)
		if (is_on(plan, i, flag))
			nft_element_name(n, plan_attach(plan, i)->peer);
	for (uint32_t i = 0; i < more; i++)
		if (plan->bridges[plan->shards[i].bridge].flags & flag)
			nft_element_name(n, plan->shards[i].up);
	nft_elements_end(n);
}

static void put_between(struct nft *n, const struct ruleset_plan *plan)
{
	put_names(n, plan, "isolated", NET_ISOLATE, true);
	nft_hook(n, "between", "filter", NF_BR_FORWARD, NF_BR_PRI_FILTER_BRIDGED);
	put_others(n, PART_IIF);
	put_others(n, PART_OIF);
	put_neighbours(n);
	for (unsigned i = 0; i < ARRAY_LEN(sides) && plan->allow_count; i++)
		if (plan_wants(plan, families[i]))
			put_side(n, plan, i);
	nft_rule(n, "between");
	nft_verdict(n, NF_DROP);
	nft_rule_end(n);
}

/* -- nobody under another's name --------------------------------------------------------------------------------- */

static void put_macs(struct nft *n, const struct ruleset_plan *plan)
{
	nft_set(n, &(struct nft_set){ .name = "macs", .key = PARTS(PART_IIF, PART_ETHER_SADDR),
				      .size = plan->attach_count });
	nft_elements(n, "macs");
	for (uint32_t i = 0; i < plan->attach_count; i++) {
		const struct net_attach *at = plan_attach(plan, i);
		struct nft_value key = { .len = 0 };
		uint8_t mac[NET_MAC];

		if (!is_on(plan, i, NET_ANTISPOOF))
			continue;
		mac_of_attach(at, mac);
		value_put_name(&key, at->peer);
		value_put(&key, mac, sizeof(mac));
		nft_element(n, &key, NULL, NULL);
	}
	nft_elements_end(n);
}

static void put_source(struct nft *n, const struct net_attach *at, const struct addr *addr)
{
	struct nft_value key = { .len = 0 };

	value_put_name(&key, at->peer);
	value_put_addr(&key, addr);
	nft_element(n, &key, NULL, NULL);
}

/* Nobody's address too in IPv6: who looks whether an address is free sends from it. */
static void put_sources(struct nft *n, const struct ruleset_plan *plan, unsigned side)
{
	static const struct addr nobody = { .family = AF_INET6 };

	nft_set(n, &(struct nft_set){ .name = sides[side].addrs, .key = sides[side].source,
				      .size = (NET_ADDRS + 1) * plan->attach_count });
	nft_elements(n, sides[side].addrs);
	for (uint32_t i = 0; i < plan->attach_count; i++) {
		const struct net_attach *at = plan_attach(plan, i);

		if (!is_on(plan, i, NET_ANTISPOOF))
			continue;
		if (families[side] == AF_INET6)
			put_source(n, at, &nobody);
		for (unsigned k = 0; k < NET_ADDRS && at->addr[k].family; k++)
			if (at->addr[k].family == families[side])
				put_source(n, at, &at->addr[k]);
	}
	nft_elements_end(n);
}

static void put_own(struct nft *n, const void *ethertype, const nft_parts *key, const char *set)
{
	nft_rule(n, "spoof");
	if (ethertype)
		nft_is(n, PART_ETHER_TYPE, ethertype);
	nft_not_in(n, key, set);
	nft_verdict(n, NF_DROP);
	nft_rule_end(n);
}

static void put_types(struct nft *n)
{
	nft_set(n, &(struct nft_set){ .name = "types", .key = PARTS(PART_ETHER_TYPE), .size = ETHER_COUNT });
	nft_elements(n, "types");
	for (size_t i = 0; i < ETHER_COUNT; i++) {
		struct nft_value key = { .len = 0 };

		value_put(&key, nft_ethertypes[i], sizeof(nft_ethertypes[i]));
		key.len = sizeof(nft_ethertypes[i]);
		nft_element(n, &key, NULL, NULL);
	}
	nft_elements_end(n);
}

/* An advertisement speaks of an address behind its header. */
static void put_advert(struct nft *n)
{
	nft_rule(n, "spoof");
	nft_is(n, PART_ETHER_TYPE, nft_ethertypes[ETHER_IPV6]);
	nft_is_u8(n, PART_L4PROTO, IPPROTO_ICMPV6);
	nft_is_u8(n, PART_ICMP_TYPE, ND_NEIGHBOR_ADVERT);
	nft_not_in(n, PARTS(PART_IIF, PART_ND_TARGET), sides[1].addrs);
	nft_verdict(n, NF_DROP);
	nft_rule_end(n);
}

/* Who looks whether an address is free asks as nobody: for its own, as one that is asked for so is not taken. */
static void put_probe(struct nft *n)
{
	nft_rule(n, "spoof");
	nft_is(n, PART_ETHER_TYPE, nft_ethertypes[ETHER_ARP]);
	nft_is(n, PART_ARP_KIND, nft_arp_request);
	nft_is(n, PART_ARP_IP, (uint8_t[4]){ 0 });
	nft_in(n, PARTS(PART_IIF, PART_ARP_TARGET), sides[0].addrs);
	nft_verdict(n, NF_ACCEPT);
	nft_rule_end(n);
}

static void put_solicit(struct nft *n)
{
	nft_rule(n, "spoof");
	nft_is(n, PART_ETHER_TYPE, nft_ethertypes[ETHER_IPV6]);
	nft_is_u8(n, PART_L4PROTO, IPPROTO_ICMPV6);
	nft_is_u8(n, PART_ICMP_TYPE, ND_NEIGHBOR_SOLICIT);
	nft_is(n, PART_SADDR6, (uint8_t[16]){ 0 });
	nft_not_in(n, PARTS(PART_IIF, PART_ND_TARGET), sides[1].addrs);
	nft_verdict(n, NF_DROP);
	nft_rule_end(n);
}

static void put_spoof(struct nft *n, const struct ruleset_plan *plan)
{
	put_names(n, plan, "ports", NET_ANTISPOOF, false);
	put_macs(n, plan);
	put_sources(n, plan, 0);
	put_sources(n, plan, 1);
	put_types(n);
	nft_hook(n, "spoof", "filter", NF_BR_PRE_ROUTING, NF_BR_PRI_FILTER_BRIDGED);
	nft_rule(n, "spoof");
	nft_not_in(n, PARTS(PART_IIF), "ports");
	nft_verdict(n, NF_ACCEPT);
	nft_rule_end(n);
	put_own(n, NULL, PARTS(PART_IIF, PART_ETHER_SADDR), "macs");
	put_own(n, NULL, PARTS(PART_ETHER_TYPE), "types");
	put_own(n, nft_ethertypes[ETHER_IPV4], sides[0].source, sides[0].addrs);
	put_own(n, nft_ethertypes[ETHER_ARP], PARTS(PART_IIF, PART_ARP_ETHER), "macs");
	put_probe(n);
	put_own(n, nft_ethertypes[ETHER_ARP], PARTS(PART_IIF, PART_ARP_IP), sides[0].addrs);
	put_own(n, nft_ethertypes[ETHER_IPV6], sides[1].source, sides[1].addrs);
	put_advert(n);
	put_solicit(n);
}

void between_put(struct nft *n, const struct ruleset_plan *plan)
{
	nft_table(n, NFPROTO_BRIDGE, NET_TABLE);
	if (plan_has(plan, NET_ANTISPOOF))
		put_spoof(n, plan);
	if (plan_has(plan, NET_ISOLATE))
		put_between(n, plan);
}
