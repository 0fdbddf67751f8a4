#include "net/nft_list.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>

static void put(struct nft_question *q, const void *data, size_t len)
{
	memcpy(q->bytes + q->len, data, len);
	q->len += (uint32_t)NLMSG_ALIGN(len);
}

void nft_question_name(struct nft_question *q, uint16_t attr, const char *name)
{
	size_t len = strnlen(name, NFT_NAME_MAXLEN - 1) + 1;
	struct nlattr a = { .nla_len = (uint16_t)(sizeof(a) + len), .nla_type = attr };

	put(q, &a, sizeof(a));
	put(q, name, len);
}

struct nft_question nft_question(unsigned type, uint8_t family, const char *table)
{
	struct nlmsghdr h = { .nlmsg_type = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type),
			      .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP };
	struct nfgenmsg g = { .nfgen_family = family, .version = NFNETLINK_V0 };
	struct nft_question q = { .len = 0 };

	put(&q, &h, sizeof(h));
	put(&q, &g, sizeof(g));
	if (table)
		nft_question_name(&q, NFTA_TABLE_NAME, table); /* number 1 of all of them */
	return q;
}

int nft_list(int fd, struct nft_question *q, nft_take_fn *take, void *context)
{
	const struct netlink nl = { .fd = fd };
	struct netlink_answer a;
	struct nfgenmsg g;
	uint32_t seq;
	int n;

	memcpy(q->bytes, &q->len, sizeof(q->len));
	if (send(fd, q->bytes, q->len, 0) < 0)
		return -errno;
	netlink_await(&a);
	while ((n = netlink_any(&nl, &a, &seq)) > 0 && !a.err && a.body.len >= sizeof(g)) {
		memcpy(&g, a.body.data, sizeof(g));
		take(context, g.nfgen_family, netlink_behind(a.body, sizeof(g)));
	}
	n = MIN(n, -a.err);
	return n == -ENOENT ? 0 : MIN(n, 0);
}
