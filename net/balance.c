#include <netinet/in.h>
#include <linux/netfilter.h>
#include <sys/socket.h>

#include "net/rules.h"

struct group_name group_name(uint32_t index)
{
	struct group_name name = { "" };
	struct buf b = { .data = name.text, .size = sizeof(name.text) };

	buf_fmt(&b, "balance-%u", index);
	buf_text(&b);
	return name;
}

/* With room for both the old and the new members, which are there at once while they are exchanged. */
void group_declare(struct nft *n, uint32_t index, const struct net_group *group)
{
	struct group_name name = group_name(index);
	enum nft_data data = group->host.family == AF_INET ? DATA_TARGET4 : DATA_TARGET6;

	nft_chain(n, name.text);
	nft_set(n, &(struct nft_set){ .name = name.text, .data = data, .size = 2 * group->count });
}

static void put_members(struct nft *n, const char *name, const struct net_member *const *members, uint32_t count)
{
	nft_elements(n, name);
	for (uint32_t i = 0; i < count; i++) {
		struct nft_value key = { .len = 0 }, to = target_of(&members[i]->to, members[i]->port);

		value_put(&key, &i, sizeof(i)); /* in the order of this machine, as numgen gives it */
		nft_element(n, &key, &to, NULL);
	}
	nft_elements_end(n);
}

/*
 * The modulus is in the rule, so both change together. Without a member the chain is empty, and no port leads on: not
 * one of all addresses either, which may be another service's, as the map goes to the chain and not back.
 */
void ruleset_group(struct buf *b, uint32_t index, const struct net_group *group,
		   const struct net_member *const *members, uint32_t count)
{
	struct group_name name = group_name(index);
	struct nft n;

	nft_batch_begin(&n, b);
	n.family = NFPROTO_INET;
	n.table = NET_TABLE;
	nft_chain_flush(&n, name.text);
	nft_set_flush(&n, name.text);
	if (count) {
		put_members(&n, name.text, members, count);
		nft_rule(&n, name.text);
		nft_number(&n, group->balance, group->host.family, count);
		nft_number_map(&n, name.text);
		nft_dnat(&n, group->host.family);
		nft_rule_end(&n);
	}
	nft_batch_end(&n);
}
