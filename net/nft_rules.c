/* Rules of nf_tables, and their expressions. */
#include <netinet/in.h> /* before the kernel's, which then leave out what is the same */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_tuple_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include "net/nft_put.h"

struct expr {
	size_t at, data;
};

void nft_rule(struct nft *n, const char *chain)
{
	nft_begin(n, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	nft_put_text(n, NFTA_RULE_CHAIN, chain);
	n->list = nft_nest(n, NFTA_RULE_EXPRESSIONS);
}

void nft_rule_end(struct nft *n)
{
	nft_nest_end(n, n->list);
	nft_end(n);
}

static struct expr expr(struct nft *n, const char *name)
{
	struct expr e = { .at = nft_nest(n, NFTA_LIST_ELEM) };

	nft_put_text(n, NFTA_EXPR_NAME, name);
	e.data = nft_nest(n, NFTA_EXPR_DATA);
	return e;
}

static void expr_end(struct nft *n, struct expr e)
{
	nft_nest_end(n, e.data);
	nft_nest_end(n, e.at);
}

/* NFTA_PAYLOAD_DREG: read into the register; NFTA_PAYLOAD_SREG: written from it. */
static void payload(struct nft *n, const struct part *p, uint16_t way, uint32_t reg)
{
	struct expr e = expr(n, "payload");

	nft_put_u32(n, way, reg);
	nft_put_u32(n, NFTA_PAYLOAD_BASE, p->where);
	nft_put_u32(n, NFTA_PAYLOAD_OFFSET, p->at);
	nft_put_u32(n, NFTA_PAYLOAD_LEN, p->len);
	expr_end(n, e);
}

static void load_meta(struct nft *n, const struct part *p, uint32_t reg)
{
	struct expr e = expr(n, "meta");

	nft_put_u32(n, NFTA_META_KEY, p->where);
	nft_put_u32(n, NFTA_META_DREG, reg);
	expr_end(n, e);
}

static void load_ct(struct nft *n, const struct part *p, uint32_t reg)
{
	struct expr e = expr(n, "ct");

	nft_put_u32(n, NFTA_CT_KEY, p->where);
	if (p->at)
		nft_put(n, NFTA_CT_DIRECTION, &(uint8_t){ IP_CT_DIR_ORIGINAL }, 1);
	nft_put_u32(n, NFTA_CT_DREG, reg);
	expr_end(n, e);
}

static void load_exthdr(struct nft *n, const struct part *p, uint32_t reg)
{
	struct expr e = expr(n, "exthdr");

	nft_put_u32(n, NFTA_EXTHDR_DREG, reg);
	nft_put(n, NFTA_EXTHDR_TYPE, &p->where, sizeof(p->where));
	nft_put_u32(n, NFTA_EXTHDR_OFFSET, p->at);
	nft_put_u32(n, NFTA_EXTHDR_LEN, p->len);
	expr_end(n, e);
}

static void load(struct nft *n, unsigned part, uint32_t reg)
{
	const struct part *p = &part_rows[part];

	switch (p->how) {
	case META: load_meta(n, p, reg); break;
	case CT: load_ct(n, p, reg); break;
	case EXTHDR: load_exthdr(n, p, reg); break;
	default: payload(n, p, NFTA_PAYLOAD_DREG, reg); break;
	}
}

/* Into the registers, from the first on. */
static void load_key(struct nft *n, const nft_parts *key)
{
	for (uint32_t reg = NFT_REG32_00; *key; key++) {
		load(n, *key, reg);
		reg += WORDS(part_rows[*key].len) / 4;
	}
}

static void compare(struct nft *n, uint32_t op, const void *value, size_t len)
{
	struct expr e = expr(n, "cmp");

	nft_put_u32(n, NFTA_CMP_SREG, NFT_REG32_00);
	nft_put_u32(n, NFTA_CMP_OP, op);
	nft_put_value(n, NFTA_CMP_DATA, value, len);
	expr_end(n, e);
}

void nft_is(struct nft *n, enum nft_part part, const void *value)
{
	load(n, part, NFT_REG32_00);
	compare(n, NFT_CMP_EQ, value, part_rows[part].len);
}

void nft_isnt(struct nft *n, enum nft_part part, const void *value)
{
	load(n, part, NFT_REG32_00);
	compare(n, NFT_CMP_NEQ, value, part_rows[part].len);
}

void nft_is_u8(struct nft *n, enum nft_part part, uint8_t value)
{
	nft_is(n, part, &value);
}

static void mask(struct nft *n, const void *bits, uint32_t len)
{
	static const uint8_t zeros[16];
	struct expr e = expr(n, "bitwise");

	nft_put_u32(n, NFTA_BITWISE_SREG, NFT_REG32_00);
	nft_put_u32(n, NFTA_BITWISE_DREG, NFT_REG32_00);
	nft_put_u32(n, NFTA_BITWISE_LEN, len);
	nft_put_value(n, NFTA_BITWISE_MASK, bits, len);
	nft_put_value(n, NFTA_BITWISE_XOR, zeros, len);
	expr_end(n, e);
}

void nft_has_bits(struct nft *n, enum nft_part part, const void *bits)
{
	static const uint8_t zeros[16];

	load(n, part, NFT_REG32_00);
	mask(n, bits, part_rows[part].len);
	compare(n, NFT_CMP_NEQ, zeros, part_rows[part].len);
}

void nft_in_net(struct nft *n, enum nft_part part, const struct addr *net)
{
	uint8_t bits[16], first[16];
	uint32_t len = part_rows[part].len;

	for (uint32_t i = 0; i < len; i++) {
		unsigned kept = net->prefix > i * 8 ? MIN(net->prefix - i * 8, 8u) : 0;

		bits[i] = (uint8_t)(0xff00 >> kept);
		first[i] = net->bytes[i] & bits[i];
	}
	load(n, part, NFT_REG32_00);
	if (net->prefix < len * 8)
		mask(n, bits, len);
	compare(n, NFT_CMP_EQ, first, len);
}

/* dreg NFT_REG_VERDICT is a jump; none, when the set is no map. */
static void lookup(struct nft *n, const char *set, const uint32_t *dreg, uint32_t flags)
{
	struct expr e = expr(n, "lookup");

	nft_put_text(n, NFTA_LOOKUP_SET, set);
	nft_put_u32(n, NFTA_LOOKUP_SREG, NFT_REG32_00);
	if (dreg)
		nft_put_u32(n, NFTA_LOOKUP_DREG, *dreg);
	if (flags)
		nft_put_u32(n, NFTA_LOOKUP_FLAGS, flags);
	expr_end(n, e);
}

void nft_in(struct nft *n, const nft_parts *key, const char *set)
{
	load_key(n, key);
	lookup(n, set, NULL, 0);
}

void nft_not_in(struct nft *n, const nft_parts *key, const char *set)
{
	load_key(n, key);
	lookup(n, set, NULL, NFT_LOOKUP_F_INV);
}

void nft_map(struct nft *n, const nft_parts *key, const char *map)
{
	load_key(n, key);
	lookup(n, map, &(uint32_t){ NFT_REG32_00 }, 0);
}

void nft_vmap(struct nft *n, const nft_parts *key, const char *map)
{
	load_key(n, key);
	lookup(n, map, &(uint32_t){ NFT_REG_VERDICT }, 0);
}

void nft_number_map(struct nft *n, const char *map)
{
	lookup(n, map, &(uint32_t){ NFT_REG32_00 }, 0);
}

void nft_is_local(struct nft *n)
{
	uint32_t local = 2; /* RTN_LOCAL, in the order of this machine */
	struct expr e = expr(n, "fib");

	nft_put_u32(n, NFTA_FIB_DREG, NFT_REG32_00);
	nft_put_u32(n, NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
	nft_put_u32(n, NFTA_FIB_FLAGS, NFTA_FIB_F_DADDR);
	expr_end(n, e);
	compare(n, NFT_CMP_EQ, &local, sizeof(local));
}

void nft_update(struct nft *n, const nft_parts *key, const char *set, uint32_t lifetime_ms)
{
	struct expr e;

	load_key(n, key);
	e = expr(n, "dynset");
	nft_put_text(n, NFTA_DYNSET_SET_NAME, set);
	nft_put_u32(n, NFTA_DYNSET_OP, NFT_DYNSET_OP_UPDATE);
	nft_put_u32(n, NFTA_DYNSET_SREG_KEY, NFT_REG32_00);
	nft_put_ms(n, NFTA_DYNSET_TIMEOUT, lifetime_ms);
	expr_end(n, e);
}

static void put_hash(struct nft *n, uint8_t family, uint32_t modulus)
{
	unsigned part = family == AF_INET ? PART_SADDR4 : PART_SADDR6;
	struct expr e;

	load(n, part, NFT_REG32_00);
	e = expr(n, "hash");
	nft_put_u32(n, NFTA_HASH_SREG, NFT_REG32_00);
	nft_put_u32(n, NFTA_HASH_DREG, NFT_REG32_00);
	nft_put_u32(n, NFTA_HASH_LEN, part_rows[part].len);
	nft_put_u32(n, NFTA_HASH_MODULUS, modulus);
	nft_put_u32(n, NFTA_HASH_SEED, 1);
	nft_put_u32(n, NFTA_HASH_OFFSET, 0);
	nft_put_u32(n, NFTA_HASH_TYPE, NFT_HASH_JENKINS);
	expr_end(n, e);
}

void nft_number(struct nft *n, enum net_balance how, uint8_t family, uint32_t modulus)
{
	struct expr e;

	if (how == BALANCE_SOURCE) {
		put_hash(n, family, modulus);
		return;
	}
	e = expr(n, "numgen");
	nft_put_u32(n, NFTA_NG_DREG, NFT_REG32_00);
	nft_put_u32(n, NFTA_NG_MODULUS, modulus);
	nft_put_u32(n, NFTA_NG_TYPE, how == BALANCE_RANDOM ? NFT_NG_RANDOM : NFT_NG_INCREMENTAL);
	nft_put_u32(n, NFTA_NG_OFFSET, 0);
	expr_end(n, e);
}

void nft_dnat(struct nft *n, uint8_t family)
{
	struct expr e = expr(n, "nat");

	nft_put_u32(n, NFTA_NAT_TYPE, NFT_NAT_DNAT);
	nft_put_u32(n, NFTA_NAT_FAMILY, family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6);
	nft_put_u32(n, NFTA_NAT_REG_ADDR_MIN, NFT_REG32_00);
	nft_put_u32(n, NFTA_NAT_REG_PROTO_MIN, NFT_REG32_00 + (family == AF_INET ? 1 : 4));
	expr_end(n, e);
}

void nft_send_to(struct nft *n)
{
	payload(n, &part_rows[PART_ETHER_DADDR], NFTA_PAYLOAD_SREG, NFT_REG32_00);
}

void nft_to_address(struct nft *n, const struct addr *to)
{
	const struct part *p = &part_rows[PART_DADDR6];
	struct expr e = expr(n, "immediate");

	nft_put_u32(n, NFTA_IMMEDIATE_DREG, NFT_REG32_00);
	nft_put_value(n, NFTA_IMMEDIATE_DATA, to->bytes, p->len);
	expr_end(n, e);
	e = expr(n, "payload");
	nft_put_u32(n, NFTA_PAYLOAD_SREG, NFT_REG32_00);
	nft_put_u32(n, NFTA_PAYLOAD_BASE, p->where);
	nft_put_u32(n, NFTA_PAYLOAD_OFFSET, p->at);
	nft_put_u32(n, NFTA_PAYLOAD_LEN, p->len);
	nft_put_u32(n, NFTA_PAYLOAD_CSUM_FLAGS, NFT_PAYLOAD_L4CSUM_PSEUDOHDR);
	expr_end(n, e);
}

void nft_masquerade(struct nft *n)
{
	expr_end(n, expr(n, "masq"));
}

static void immediate(struct nft *n, int32_t code, const char *chain)
{
	struct expr e = expr(n, "immediate");

	nft_put_u32(n, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	nft_put_verdict(n, NFTA_IMMEDIATE_DATA, code, chain);
	expr_end(n, e);
}

void nft_jump(struct nft *n, const char *chain)
{
	immediate(n, NFT_JUMP, chain);
}

void nft_verdict(struct nft *n, int32_t code)
{
	immediate(n, code, NULL);
}
