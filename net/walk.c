#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <string.h>

#include "net/nft.h"

bool nft_take(struct netlink_bytes *rest, struct nft_message *ret)
{
	const size_t header = NLMSG_HDRLEN + sizeof(struct nfgenmsg);
	struct nfgenmsg g;
	struct nlmsghdr h;
	size_t len;

	if (rest->len < header)
		return false;
	memcpy(&h, rest->data, sizeof(h));
	if (h.nlmsg_len < header || h.nlmsg_len > rest->len)
		return false;
	memcpy(&g, rest->data + NLMSG_HDRLEN, sizeof(g));
	ret->family = g.nfgen_family;
	ret->kind = h.nlmsg_type & 0xff;
	ret->subsystem = h.nlmsg_type >> 8;
	ret->attrs = (struct netlink_bytes){ rest->data + header, h.nlmsg_len - header };
	if (h.nlmsg_type == NFNL_MSG_BATCH_BEGIN || h.nlmsg_type == NFNL_MSG_BATCH_END)
		ret->kind = h.nlmsg_type;
	len = MIN(NLMSG_ALIGN((size_t)h.nlmsg_len), rest->len);
	rest->data += len;
	rest->len -= len;
	return true;
}

bool ruleset_verify(const char *bytes, size_t len)
{
	struct netlink_bytes rest = { bytes, len };
	struct nft_message m = { 0 };

	if (!nft_take(&rest, &m) || m.kind != NFNL_MSG_BATCH_BEGIN)
		return false;
	while (nft_take(&rest, &m) && m.subsystem == NFNL_SUBSYS_NFTABLES)
		;
	return m.kind == NFNL_MSG_BATCH_END && !rest.len;
}
