/* How messages of nf_tables are put together, and what numbers in them mean: for net/nft*.c, and net/tell_*.c. */
#ifndef NET_NFT_PUT_H
#define NET_NFT_PUT_H

#include "net/nft.h"

#define WORDS(len) (((len) + 3u) & ~3u) /* bytes of whole registers, and of an attribute */

enum how { META, CT, PAYLOAD, EXTHDR };

enum nft_type {
#define TYPE(name, number, len, text) TYPE_##name = number,
#include "net/types.def"
#undef TYPE
};

#define TYPE_BITS 6 /* of each in the type of a key of several fields */

/* What net/parts.def says of each part, by enum nft_part. */
struct part {
	uint8_t how, where, at, len, type;
};
extern const struct part part_rows[PART_COUNT];

/* A message about the table that is written: NFT_MSG_ and NLM_F_; attributes are put until nft_end, big-endian. */
void nft_begin(struct nft *n, unsigned type, uint16_t flags);
void nft_end(struct nft *n);

void nft_put(struct nft *n, uint16_t attr, const void *data, size_t len);
void nft_put_text(struct nft *n, uint16_t attr, const char *text); /* with its NUL */
void nft_put_u32(struct nft *n, uint16_t attr, uint32_t value);
void nft_put_ms(struct nft *n, uint16_t attr, uint32_t ms); /* in 8 bytes */

/* What is put between the two is inside attribute `attr`; nft_nest_end takes what nft_nest gave. */
must_check size_t nft_nest(struct nft *n, uint16_t attr);
void nft_nest_end(struct nft *n, size_t at);

/* The data of an element or an expression: bytes, or a verdict (chain: where it jumps to, or NULL). */
void nft_put_value(struct nft *n, uint16_t attr, const void *data, size_t len);
void nft_put_verdict(struct nft *n, uint16_t attr, int32_t code, const char *chain);

#endif
