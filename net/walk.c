#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <string.h>

#include "net/nft.h"

bool nft_message(const struct netlink_message *m, struct nft_message *ret)
{
	struct nfgenmsg g;

	if (m->body.len < sizeof(g))
		return false;
	memcpy(&g, m->body.data, sizeof(g));
	ret->family = g.nfgen_family;
	ret->kind = m->type & 0xff;
	ret->subsystem = m->type >> 8;
	ret->attrs = netlink_behind(m->body, sizeof(g));
	return true;
}

bool nft_take(struct netlink_bytes *rest, struct nft_message *ret)
{
	struct netlink_bytes behind = *rest;
	struct netlink_message m;

	if (!netlink_step(&behind, &m) || !nft_message(&m, ret))
		return false;
	*rest = behind;
	return true;
}

bool ruleset_verify(const char *bytes, size_t len)
{
	struct netlink_bytes rest = { bytes, len };
	struct nft_message m = { 0 };

	if (!nft_take(&rest, &m) || m.subsystem || m.kind != NFNL_MSG_BATCH_BEGIN)
		return false;
	while (nft_take(&rest, &m) && m.subsystem == NFNL_SUBSYS_NFTABLES)
		;
	return !m.subsystem && m.kind == NFNL_MSG_BATCH_END && !rest.len;
}
