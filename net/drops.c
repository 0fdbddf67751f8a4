#include <netinet/in.h> /* before the kernel's, which then leave out what is the same */
#include "net/drops.h"

#include <fcntl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/fd.h"
#include "net/drops_legacy.h"
#include "net/nft_list.h"
#include "net/ruleset.h"
#include "net/tell_nft.h"

struct reading {
	struct arena *mem;
	struct net_drops *drops;
	struct net_drop *now; /* whose rules are being read */
	bool by_policy[NET_DROPS];
	bool by_last; /* the last rule of `now` that was read drops all there is */
	uint32_t key; /* NFT_META_ of the interface that a rule, or a set that it looks into, is about; or another */
};

/* -- chains ------------------------------------------------------------------------------------------------------ */

static bool is_ours(const char *table)
{
	return !strcmp(table, NET_TABLE) || !strcmp(table, NET_NEAR_TABLE);
}

static void take_chain(void *context, uint8_t family, struct netlink_bytes attrs)
{
	struct reading *r = context;
	struct netlink_bytes hook, policy;
	const char *table = nft_text(attrs, NFTA_CHAIN_TABLE), *chain = nft_text(attrs, NFTA_CHAIN_NAME);
	uint32_t i = r->drops->count;

	if ((family != NFPROTO_INET && family != NFPROTO_IPV4 && family != NFPROTO_IPV6) || is_ours(table) ||
	    !netlink_find(attrs, NFTA_CHAIN_HOOK, &hook) || nft_u32(hook, NFTA_HOOK_HOOKNUM) != NF_INET_FORWARD ||
	    i == NET_DROPS)
		return;
	r->drops->list[i] = (struct net_drop){ .family = family, .table = arena_text(r->mem, table, strlen(table)),
					       .chain = arena_text(r->mem, chain, strlen(chain)) };
	r->by_policy[i] = netlink_find(attrs, NFTA_CHAIN_POLICY, &policy) &&
			  nft_u32(attrs, NFTA_CHAIN_POLICY) == NF_DROP;
	r->drops->count++;
}

/* -- rules ------------------------------------------------------------------------------------------------------- */

static bool is_drop(struct netlink_bytes data)
{
	struct netlink_bytes value, verdict, code;

	return netlink_find(data, NFTA_IMMEDIATE_DATA, &value) &&
	       netlink_find(value, NFTA_DATA_VERDICT, &verdict) &&
	       netlink_find(verdict, NFTA_VERDICT_CODE, &code) && nft_u32(verdict, NFTA_VERDICT_CODE) == NF_DROP;
}

/* Whether a rule drops or rejects whatever comes to it: all before that is no condition. */
static bool is_end(struct netlink_bytes attrs)
{
	struct netlink_bytes list, e, data;
	bool ends = false;

	if (!netlink_find(attrs, NFTA_RULE_EXPRESSIONS, &list))
		return false;
	while (nft_next(&list, &e)) {
		const char *name = nft_text(e, NFTA_EXPR_NAME);

		if (!netlink_find(e, NFTA_EXPR_DATA, &data))
			data = (struct netlink_bytes){ "", 0 };
		ends = !strcmp(name, "reject") || (!strcmp(name, "immediate") && is_drop(data)) ||
		       (!strcmp(name, "target") && !strcmp(nft_text(data, NFTA_TARGET_NAME), "REJECT"));
		if (!ends && strcmp(name, "counter") != 0 && strcmp(name, "log") != 0)
			return false;
	}
	return ends;
}

/* -- the interfaces that they are about ---------------------------------------------------------------------------- */

void drops_add_pattern(struct arena *mem, struct net_drop *d, const char *text, size_t len)
{
	struct net_pattern p = { .len = (uint8_t)MIN(len, sizeof(p.text)) };
	const char *end = memchr(text, '\0', p.len);

	if (end)
		p.len = (uint8_t)(end - text + 1);
	memcpy(p.text, text, p.len);
	arena_put(mem, &p, sizeof(p));
	d->count++;
}

/* What is compared with a name, or, in the order of this machine, with the number of an interface that is there. */
static void add_value(struct reading *r, struct netlink_bytes value, uint32_t key)
{
	char name[IF_NAMESIZE];
	uint32_t index;

	if (key == NFT_META_IIFNAME || key == NFT_META_OIFNAME)
		drops_add_pattern(r->mem, r->now, value.data, value.len);
	if ((key != NFT_META_IIF && key != NFT_META_OIF) || value.len != sizeof(index))
		return;
	memcpy(&index, value.data, sizeof(index));
	if (if_indextoname(index, name))
		drops_add_pattern(r->mem, r->now, name, strlen(name) + 1);
}

static void take_elements(void *context, uint8_t family, struct netlink_bytes attrs)
{
	struct reading *r = context;
	struct netlink_bytes list, e, value;

	if (family != r->now->family || !netlink_find(attrs, NFTA_SET_ELEM_LIST_ELEMENTS, &list))
		return;
	while (nft_next(&list, &e)) {
		value = nft_value_of(e, NFTA_SET_ELEM_KEY);
		if (value.len)
			add_value(r, value, r->key);
	}
}

/* On a socket of its own, as the list of rules is being read on the other. What cannot be read has no names. */
static void add_set(struct reading *r, const char *set)
{
	cleanup_fd int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	struct nft_question q = nft_question(NFT_MSG_GETSETELEM, r->now->family, r->now->table);

	nft_question_name(&q, NFTA_SET_ELEM_LIST_SET, set);
	if (fd >= 0)
		(void)!nft_list(fd, &q, take_elements, r);
}

static bool is_interface(uint32_t key)
{
	return key == NFT_META_IIFNAME || key == NFT_META_OIFNAME || key == NFT_META_IIF || key == NFT_META_OIF;
}

/* What the rule loads comes before what it is compared with; of several keys in one set, the first is looked at. */
static void add_expr(struct reading *r, const char *name, struct netlink_bytes data, uint32_t *loaded)
{
	if (!strcmp(name, "meta")) {
		*loaded = nft_u32(data, NFTA_META_KEY);
		r->key = is_interface(r->key) ? r->key : *loaded;
	} else if (!strcmp(name, "payload") || !strcmp(name, "ct")) {
		*loaded = NFT_META_LEN;
	} else if (!strcmp(name, "cmp") && is_interface(*loaded)) {
		add_value(r, nft_value_of(data, NFTA_CMP_DATA), *loaded);
		r->key = NFT_META_LEN;
	} else if (!strcmp(name, "lookup") && is_interface(r->key)) {
		add_set(r, nft_text(data, NFTA_LOOKUP_SET));
		r->key = NFT_META_LEN;
	}
}

static void add_names(struct reading *r, struct netlink_bytes attrs)
{
	struct netlink_bytes list, e, data;
	uint32_t loaded = NFT_META_LEN;

	r->key = NFT_META_LEN;
	if (!netlink_find(attrs, NFTA_RULE_EXPRESSIONS, &list))
		return;
	while (nft_next(&list, &e))
		if (netlink_find(e, NFTA_EXPR_DATA, &data))
			add_expr(r, nft_text(e, NFTA_EXPR_NAME), data, &loaded);
}

static void take_rule(void *context, uint8_t family, struct netlink_bytes attrs)
{
	struct reading *r = context;

	if (family != r->now->family || strcmp(nft_text(attrs, NFTA_RULE_TABLE), r->now->table) != 0)
		return;
	add_names(r, attrs);
	if (!strcmp(nft_text(attrs, NFTA_RULE_CHAIN), r->now->chain))
		r->by_last = is_end(attrs);
}

static bool read_rules(struct reading *r, int fd)
{
	struct nft_question q = nft_question(NFT_MSG_GETRULE, r->now->family, r->now->table);

	r->by_last = false;
	r->now->patterns = arena_array(r->mem, struct net_pattern, 0);
	return !nft_list(fd, &q, take_rule, r);
}

static void read_nftables(struct arena *mem, struct net_drops *ret)
{
	cleanup_fd int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	struct nft_question q = nft_question(NFT_MSG_GETCHAIN, NFPROTO_UNSPEC, NULL);
	struct reading r = { .mem = mem, .drops = ret };
	uint32_t kept = 0;

	if (fd < 0 || nft_list(fd, &q, take_chain, &r))
		return;
	for (uint32_t i = 0; i < ret->count; i++) {
		r.now = &ret->list[i];
		if (read_rules(&r, fd) && (r.by_policy[i] || r.by_last))
			ret->list[kept++] = *r.now;
	}
	ret->count = kept;
}

/* -- all of them ------------------------------------------------------------------------------------------------- */

void net_drops_read(struct arena *mem, struct net_drops *ret)
{
	ret->count = 0;
	read_nftables(mem, ret);
	drops_legacy_read(AF_INET, mem, ret);
	drops_legacy_read(AF_INET6, mem, ret);
}

bool net_drop_names(const struct net_drop *d, const char *ifname)
{
	for (uint32_t i = 0; i < d->count; i++)
		if (d->patterns[i].len && d->patterns[i].len <= strlen(ifname) + 1 &&
		    !memcmp(d->patterns[i].text, ifname, d->patterns[i].len))
			return true;
	return false;
}
