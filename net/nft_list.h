/* What nf_tables has, as the kernel lists it. Private to net/. */
#ifndef NET_NFT_LIST_H
#define NET_NFT_LIST_H

#include "net/netlink.h"

struct nft_question {
	_Alignas(4) char bytes[640]; /* names of a table and a set have up to 255 bytes each */
	uint32_t len;
};

/* What is there of a type (NFT_MSG_GET*) and NFPROTO_, of one table; NULL: of all, where the kernel can. */
struct nft_question nft_question(unsigned type, uint8_t family, const char *table);
void nft_question_name(struct nft_question *q, uint16_t attr, const char *name);

typedef void nft_take_fn(void *context, uint8_t family, struct netlink_bytes attrs);

/*
 * Everything that the kernel lists, which may be more than was asked for. A table that is not there has nothing in it.
 * fd: a socket of NETLINK_NETFILTER. 0 or -errno, not logged.
 */
must_check int nft_list(int fd, struct nft_question *q, nft_take_fn *take, void *context);

#endif
