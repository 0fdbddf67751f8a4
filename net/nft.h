/*
 * Messages of nf_tables in memory of the caller, as the kernel wants them:
 * tables, chains, sets with their elements, rules with their expressions. Pure:
 * nothing here speaks to the kernel. Private to net/.
 *
 * One message at a time; the fields of a rule's keys lie in the registers one
 * behind the other, each in words of 4 bytes (nft(8): a concatenation).
 */
#ifndef NET_NFT_H
#define NET_NFT_H

#include "net/ruleset.h"

enum nft_part {
	PART_END,
#define PART(name, ...) PART_##name,
#include "net/parts.def"
#undef PART
	PART_COUNT
};

typedef uint8_t nft_parts; /* enum nft_part; a list ends with PART_END */
#define PARTS(...) (const nft_parts[]){ __VA_ARGS__, PART_END }

struct nft {
	struct buf *b;
	const char *table;
	uint8_t family;   /* NFPROTO_ of the table that is written */
	uint32_t seq;     /* of the last message: its number in the batch, from 1 */
	size_t message;   /* where it begins */
	size_t list;      /* where the list in it begins: of elements or expressions */
	const char *set;  /* whose elements are being written */
};

/* Bytes of a key or of data, built field by field. */
struct nft_value {
	uint8_t bytes[64];
	uint32_t len;
};

void value_put(struct nft_value *v, const void *data, uint32_t len); /* padded to a word */
void value_put_u8(struct nft_value *v, uint8_t n);
void value_put_port(struct nft_value *v, uint16_t port);
void value_put_name(struct nft_value *v, const char *ifname);
void value_put_addr(struct nft_value *v, const struct addr *addr);

/* What PART_ETHER_TYPE is. */
enum nft_ether { ETHER_IPV4, ETHER_ARP, ETHER_IPV6, ETHER_COUNT };
extern const uint8_t nft_ethertypes[ETHER_COUNT][2];
extern const uint8_t nft_arp_request[4]; /* PART_ARP_KIND */

/* One message of a transaction, or of what the kernel tells. */
struct nft_message {
	unsigned kind; /* NFT_MSG_, or NFNL_MSG_BATCH_ when it is of no subsystem */
	unsigned subsystem;
	uint8_t family; /* NFPROTO_ */
	struct netlink_bytes attrs;
};

/* What a message says as one of nf_tables; false when it is too short for that. walk.c */
bool nft_message(const struct netlink_message *m, struct nft_message *ret);

/* Takes the next one off *rest; false when there is none or it is broken. walk.c */
bool nft_take(struct netlink_bytes *rest, struct nft_message *ret);

/* -- a transaction, its tables and chains: nft.c -- */
void nft_batch_begin(struct nft *n, struct buf *b);
void nft_batch_end(struct nft *n);

/* An empty table of this name and family in place of whatever is there; what follows is in it. */
void nft_table(struct nft *n, uint8_t family, const char *name);
void nft_table_delete(struct nft *n, uint8_t family, const char *name); /* no error when there is none */

void nft_chain(struct nft *n, const char *name);
void nft_hook(struct nft *n, const char *name, const char *type, uint32_t hook, int32_t priority);
void nft_chain_flush(struct nft *n, const char *name);

/* -- sets: nft_sets.c -- */
enum nft_data { DATA_NONE, DATA_TARGET4, DATA_TARGET6, DATA_ETHER, DATA_CHAIN };
struct nft_set {
	const char *name;
	const nft_parts *key; /* NULL: a number (of numgen or jhash) */
	enum nft_data data;   /* DATA_NONE: a set, else a map: to address and port, a MAC, or a chain to go to */
	uint32_t size;        /* most elements */
	uint32_t lifetime_ms; /* elements are added by rules and go after this; 0: they stay */
};
void nft_set(struct nft *n, const struct nft_set *set);
void nft_set_flush(struct nft *n, const char *name);

void nft_elements(struct nft *n, const char *set);
void nft_element(struct nft *n, const struct nft_value *key, const struct nft_value *data, const char *chain);
void nft_element_name(struct nft *n, const char *ifname); /* of a set of them */
void nft_elements_end(struct nft *n);

/* -- rules: begin, expressions, end; nft_rules.c -- */
void nft_rule(struct nft *n, const char *chain);
void nft_rule_end(struct nft *n);

void nft_is(struct nft *n, enum nft_part part, const void *value);
void nft_isnt(struct nft *n, enum nft_part part, const void *value);
void nft_is_u8(struct nft *n, enum nft_part part, uint8_t value);
void nft_has_bits(struct nft *n, enum nft_part part, const void *bits); /* any of them; as long as the field */
void nft_in(struct nft *n, const nft_parts *key, const char *set);
void nft_not_in(struct nft *n, const nft_parts *key, const char *set);
void nft_in_net(struct nft *n, enum nft_part part, const struct addr *net); /* the prefix may be any */
void nft_is_local(struct nft *n); /* the destination is an address of this machine */
void nft_map(struct nft *n, const nft_parts *key, const char *map);  /* what it leads to into the registers */
void nft_vmap(struct nft *n, const nft_parts *key, const char *map); /* goes there, and not back */
void nft_update(struct nft *n, const nft_parts *key, const char *set, uint32_t lifetime_ms); /* adds or renews */
void nft_number(struct nft *n, enum net_balance how, uint8_t family, uint32_t modulus); /* into the first register */
void nft_number_map(struct nft *n, const char *map);
void nft_dnat(struct nft *n, uint8_t family); /* to what nft_map found */
void nft_send_to(struct nft *n);             /* the MAC that nft_map found */
void nft_to_address(struct nft *n, const struct addr *to); /* another destination, of IPv6; its checksums too */
void nft_masquerade(struct nft *n);
void nft_jump(struct nft *n, const char *chain);
void nft_verdict(struct nft *n, int32_t code); /* NF_ACCEPT, NF_DROP */

#endif
