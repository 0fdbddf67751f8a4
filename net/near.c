/*
 * On a bridge with many ports a question for a neighbour (ARP, IPv6 neighbour solicitation) is a frame for all of them,
 * and so is what each service tells of the groups that it hears: with N services at once N * N frames. Where a member
 * has the address that is asked for, the question goes to that member's MAC, and so to one port.
 *
 * A table of its own: without it everything works as well, but slower, so a kernel that cannot have it goes on without.
 */
#include <netinet/in.h> /* before the kernel's, which then leave out what is the same */
#include <netinet/icmp6.h>
#include <linux/netfilter.h>
#include <linux/netfilter_bridge.h>
#include <string.h>
#include <sys/socket.h>

#include "net/requests.h"
#include "net/rules.h"

#define MLD2_REPORT 143 /* RFC 3810, 5.2 */

/* -- who is where ------------------------------------------------------------------------------------------------- */

static void put_ports(struct nft *n, const struct ruleset_plan *plan)
{
	nft_set(n, &(struct nft_set){ .name = "ports", .key = PARTS(PART_IIF), .size = plan->attach_count });
	nft_elements(n, "ports");
	for (uint32_t i = 0; i < plan->attach_count; i++)
		nft_element_name(n, plan_attach(plan, i)->peer);
	nft_elements_end(n);
}

static void put_mac(struct nft *n, const struct net_attach *at, const struct addr *addr)
{
	struct nft_value key = { .len = 0 }, to = { .len = 0 };
	uint8_t mac[NET_MAC];

	mac_of_attach(at, mac);
	value_put_addr(&key, addr);
	value_put(&to, mac, sizeof(mac));
	to.len = sizeof(mac);
	nft_element(n, &key, &to, NULL);
}

/* Who tells its own address asks for it too. */
static void put_told(struct nft *n, const struct net_attach *at, const struct addr *addr)
{
	struct nft_value key = { .len = 0 };

	(void)at;
	value_put_addr(&key, addr);
	value_put_addr(&key, addr);
	nft_element(n, &key, NULL, NULL);
}

typedef void put_fn(struct nft *n, const struct net_attach *at, const struct addr *addr);

/* How many there are; n NULL: only that. */
static uint32_t put_addrs(struct nft *n, const struct ruleset_plan *plan, uint8_t family, put_fn *put)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < plan->attach_count; i++) {
		const struct net_attach *at = plan_attach(plan, i);

		for (unsigned k = 0; k < NET_ADDRS && at->addr[k].family; k++) {
			if (at->addr[k].family != family)
				continue;
			count++;
			if (n)
				put(n, at, &at->addr[k]);
		}
	}
	return count;
}

static void put_set(struct nft *n, const struct ruleset_plan *plan, uint8_t family, const struct nft_set *like,
		    put_fn *put)
{
	struct nft_set set = *like;

	set.size = put_addrs(NULL, plan, family, put);
	nft_set(n, &set);
	nft_elements(n, set.name);
	put_addrs(n, plan, family, put);
	nft_elements_end(n);
}

static void put_sets(struct nft *n, const struct ruleset_plan *plan)
{
	const struct nft_set told4 = { .name = "told4", .key = PARTS(PART_ARP_IP, PART_ARP_TARGET) };
	const struct nft_set macs4 = { .name = "macs4", .key = PARTS(PART_ARP_TARGET), .data = DATA_ETHER };
	const struct nft_set macs6 = { .name = "macs6", .key = PARTS(PART_ND_TARGET), .data = DATA_ETHER };

	put_ports(n, plan);
	put_set(n, plan, AF_INET, &told4, put_told);
	put_set(n, plan, AF_INET, &macs4, put_mac);
	put_set(n, plan, AF_INET6, &macs6, put_mac);
}

/* -- what becomes of them ----------------------------------------------------------------------------------------- */

static void begin_question(struct nft *n)
{
	nft_rule(n, "questions");
	nft_is(n, PART_ETHER_TYPE, nft_ethertypes[ETHER_ARP]);
	nft_is(n, PART_ARP_KIND, nft_arp_request);
}

static void begin_icmp(struct nft *n, uint8_t type)
{
	nft_rule(n, "questions");
	nft_is(n, PART_ETHER_TYPE, nft_ethertypes[ETHER_IPV6]);
	nft_is_u8(n, PART_L4PROTO, IPPROTO_ICMPV6);
	nft_is_u8(n, PART_ICMP_TYPE, type);
}

/* From nobody's address asks who looks whether it may have the one it asks for: others that look must hear of it. */
static const uint8_t nobody[16];

static void put_arp(struct nft *n)
{
	begin_question(n);
	nft_in(n, PARTS(PART_ARP_IP, PART_ARP_TARGET), "told4");
	nft_verdict(n, NF_ACCEPT);
	nft_rule_end(n);
	begin_question(n);
	nft_isnt(n, PART_ARP_IP, nobody);
	nft_map(n, PARTS(PART_ARP_TARGET), "macs4");
	nft_send_to(n);
	nft_rule_end(n);
}

static void put_solicitation(struct nft *n)
{
	begin_icmp(n, ND_NEIGHBOR_SOLICIT);
	nft_isnt(n, PART_SADDR6, nobody);
	nft_map(n, PARTS(PART_ND_TARGET), "macs6");
	nft_send_to(n);
	nft_rule_end(n);
}

/*
 * That it hears the questions for its address (one record, of a group ff02::1:ff00:0/104 that is joined) no router
 * wants to know. A switch that keeps account of groups does: an answer to its query passes.
 */
static void put_joined(struct nft *n)
{
	static const uint8_t record[] = { 0, 1, 4, 0, 0, 0 };
	static const uint8_t group[] = { 0xff, 2, [11] = 1, 0xff };

	begin_icmp(n, MLD2_REPORT);
	nft_is(n, PART_MLD_RECORD, record);
	nft_is(n, PART_MLD_GROUP, group);
	nft_verdict(n, NF_DROP);
	nft_rule_end(n);
}

/* Frames for one port, which are nearly all, meet one comparison. */
static void put_hook(struct nft *n)
{
	static const uint8_t groups[NET_MAC] = { 1 };

	nft_hook(n, "prerouting", "filter", NF_BR_PRE_ROUTING, NF_BR_PRI_NAT_DST_BRIDGED);
	nft_rule(n, "prerouting");
	nft_has_bits(n, PART_ETHER_DADDR, groups);
	nft_in(n, PARTS(PART_IIF), "ports");
	nft_jump(n, "questions");
	nft_rule_end(n);
}

void near_build(const struct ruleset_plan *plan, struct buf *b)
{
	struct nft n;

	nft_batch_begin(&n, b);
	nft_table(&n, NFPROTO_BRIDGE, NET_NEAR_TABLE);
	put_sets(&n, plan);
	nft_chain(&n, "questions");
	put_arp(&n);
	put_solicitation(&n);
	put_joined(&n);
	put_hook(&n);
	nft_batch_end(&n);
}

void near_remove(struct buf *b)
{
	struct nft n;

	nft_batch_begin(&n, b);
	nft_table_delete(&n, NFPROTO_BRIDGE, NET_NEAR_TABLE);
	nft_batch_end(&n);
}
