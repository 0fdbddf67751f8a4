#include <netinet/in.h> /* before the kernel's, which then leave out what is the same */
#include "net/drops.h"

#include <fcntl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netlink.h>
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

static void take_rule(void *context, uint8_t family, struct netlink_bytes attrs)
{
	struct reading *r = context;

	if (family != r->now->family || strcmp(nft_text(attrs, NFTA_RULE_TABLE), r->now->table) != 0)
		return;
	arena_put(r->mem, attrs.data, attrs.len);
	r->now->len += attrs.len;
	if (!strcmp(nft_text(attrs, NFTA_RULE_CHAIN), r->now->chain))
		r->by_last = is_end(attrs);
}

static bool read_rules(struct reading *r, int fd)
{
	struct nft_question q = nft_question(NFT_MSG_GETRULE, r->now->family, r->now->table);

	r->by_last = false;
	r->now->rules = arena_array(r->mem, char, 0);
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
	return memmem(d->rules, d->len, ifname, strlen(ifname) + 1);
}
