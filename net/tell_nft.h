/* A transaction of nf_tables as text of nft(8), of what net/nft.h can write. Private to net/. */
#ifndef NET_TELL_NFT_H
#define NET_TELL_NFT_H

#include "net/nft.h"

/* The next attribute of a list, whatever its type; false behind the last. tell_rules.c */
bool nft_next(struct netlink_bytes *list, struct netlink_bytes *ret);

/* Of the attributes: a number of 4 bytes, or 0; a text, or "". */
uint32_t nft_u32(struct netlink_bytes attrs, uint16_t attr);
uint32_t nft_seconds(struct netlink_bytes attrs, uint16_t attr); /* of milliseconds in 8 bytes */
const char *nft_text(struct netlink_bytes attrs, uint16_t attr);

/* The bytes in NFTA_DATA_VALUE of an attribute. */
struct netlink_bytes nft_value_of(struct netlink_bytes attrs, uint16_t attr);

/* -- tell_value.c: values by the numbers of nft(8)'s types -- */
void tell_type(struct buf *b, uint32_t type); /* one, or several of 6 bits each: "ipv4_addr . inet_service" */
void tell_value(struct buf *b, uint32_t type, struct netlink_bytes bytes); /* of such a type */
bool tell_is_number(uint32_t type); /* in the order of this machine, with nothing that it is of */
void tell_protocol(struct buf *b, uint8_t proto);
void tell_bits(struct buf *b, enum nft_part part, uint32_t bits); /* "established,related" */

/* -- tell_expr.c: what stands behind `add rule` -- */
void tell_exprs(struct buf *b, struct netlink_bytes list);

#endif
