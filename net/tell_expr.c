#include <netinet/in.h> /* before the kernel's, which then leave out what is the same */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>
#include <sys/socket.h>

#include "net/nft_put.h"
#include "net/tell_nft.h"

static const char texts[][24] = {
#define PART(name, how, where, at, len, type, text) [PART_##name] = text,
#include "net/parts.def"
#undef PART
};

/* A rule while it is told: what its registers hold by now. */
struct rule {
	struct buf *b;
	struct buf key;            /* as text: "ip saddr . th dport" */
	unsigned part;             /* what was loaded last; PART_END: no part of a packet */
	struct netlink_bytes mask; /* and cut by this */
};

static void put(struct rule *r, const char *text)
{
	buf_char(r->b, ' ');
	buf_str(r->b, text);
}

/* -- into the registers ------------------------------------------------------------------------------------------ */

static void load_text(struct rule *r, uint32_t reg, const char *text)
{
	if (reg == NFT_REG32_00)
		buf_reset(&r->key);
	else
		buf_str(&r->key, " . ");
	buf_str(&r->key, text);
	r->part = PART_END;
	r->mask.len = 0;
}

static bool is_part(const struct part *p, enum how how, uint32_t where, uint32_t at, uint32_t len)
{
	return p->how == how && p->where == where && (how < PAYLOAD || (p->at == at && p->len == len));
}

/* PART_END: none. */
static unsigned find(enum how how, uint32_t where, uint32_t at, uint32_t len)
{
	unsigned i = PART_END + 1;

	while (i < PART_COUNT && !is_part(&part_rows[i], how, where, at, len))
		i++;
	return i < PART_COUNT ? i : PART_END;
}

static void load(struct rule *r, uint32_t reg, enum how how, uint32_t where, uint32_t at, uint32_t len)
{
	unsigned i = find(how, where, at, len);

	if (i == PART_END)
		return;
	load_text(r, reg, texts[i]);
	r->part = i;
}

static void on_meta(struct rule *r, struct netlink_bytes a)
{
	load(r, nft_u32(a, NFTA_META_DREG), META, nft_u32(a, NFTA_META_KEY), 0, 0);
}

static void on_ct(struct rule *r, struct netlink_bytes a)
{
	load(r, nft_u32(a, NFTA_CT_DREG), CT, nft_u32(a, NFTA_CT_KEY), 0, 0);
}

static void on_payload(struct rule *r, struct netlink_bytes a)
{
	uint32_t where = nft_u32(a, NFTA_PAYLOAD_BASE), at = nft_u32(a, NFTA_PAYLOAD_OFFSET);
	uint32_t len = nft_u32(a, NFTA_PAYLOAD_LEN), reg = nft_u32(a, NFTA_PAYLOAD_DREG);

	if (reg) {
		load(r, reg, PAYLOAD, where, at, len);
		return;
	}
	put(r, texts[find(PAYLOAD, where, at, len)]); /* it is written */
	put(r, "set");
	put(r, buf_text(&r->key));
}

static void on_exthdr(struct rule *r, struct netlink_bytes a)
{
	struct netlink_bytes type;

	if (netlink_find(a, NFTA_EXTHDR_TYPE, &type) && type.len == 1)
		load(r, nft_u32(a, NFTA_EXTHDR_DREG), EXTHDR, (uint8_t)type.data[0], nft_u32(a, NFTA_EXTHDR_OFFSET),
		     nft_u32(a, NFTA_EXTHDR_LEN));
}

static void on_fib(struct rule *r, struct netlink_bytes a)
{
	load_text(r, nft_u32(a, NFTA_FIB_DREG), "fib daddr type");
}

static void on_numgen(struct rule *r, struct netlink_bytes a)
{
	BUF_ON_STACK(text, 64);

	buf_fmt(&text, "numgen %s mod %u", nft_u32(a, NFTA_NG_TYPE) == NFT_NG_RANDOM ? "random" : "inc",
		nft_u32(a, NFTA_NG_MODULUS));
	load_text(r, nft_u32(a, NFTA_NG_DREG), buf_text(&text));
}

static void on_hash(struct rule *r, struct netlink_bytes a)
{
	BUF_ON_STACK(text, 96);

	buf_fmt(&text, "jhash %s mod %u seed 0x%x", buf_text(&r->key), nft_u32(a, NFTA_HASH_MODULUS),
		nft_u32(a, NFTA_HASH_SEED));
	load_text(r, nft_u32(a, NFTA_HASH_DREG), buf_text(&text));
}

static void on_bitwise(struct rule *r, struct netlink_bytes a)
{
	r->mask = nft_value_of(a, NFTA_BITWISE_MASK);
}

/* -- what is asked of them --------------------------------------------------------------------------------------- */

static uint32_t ones(struct netlink_bytes mask)
{
	uint32_t n = 0;

	for (size_t i = 0; i < mask.len; i++)
		n += (uint32_t)__builtin_popcount((uint8_t)mask.data[i]);
	return n;
}

/* Some of the bits: as a number of this machine for those that have names. */
static void put_any_of(struct rule *r)
{
	uint32_t bits = 0;

	if (r->part == PART_FRAG6_OFF) { /* its 13 bits are cut out by nft(8) itself */
		buf_str(r->b, " != 0");
		return;
	}
	if (r->part == PART_FRAG_OFF || r->part == PART_ETHER_DADDR) {
		buf_str(r->b, " & ");
		tell_value(r->b, part_rows[r->part].type, r->mask);
		buf_str(r->b, r->part == PART_FRAG_OFF ? " != 0" : " != 00:00:00:00:00:00");
		return;
	}
	memcpy(&bits, r->mask.data, MIN(r->mask.len, sizeof(bits)));
	buf_char(r->b, ' ');
	tell_bits(r->b, (enum nft_part)r->part, bits);
}

static void on_cmp(struct rule *r, struct netlink_bytes a)
{
	bool differs = nft_u32(a, NFTA_CMP_OP) == NFT_CMP_NEQ;

	put(r, buf_text(&r->key));
	if (r->part == PART_END) {
		put(r, "local"); /* of fib, which is asked for nothing else */
	} else if (r->mask.len && differs) {
		put_any_of(r);
	} else {
		buf_str(r->b, differs ? " != " : " ");
		tell_value(r->b, part_rows[r->part].type, nft_value_of(a, NFTA_CMP_DATA));
	}
	if (r->mask.len && !differs)
		buf_fmt(r->b, "/%u", ones(r->mask));
}

static void on_lookup(struct rule *r, struct netlink_bytes a)
{
	const char *set = nft_text(a, NFTA_LOOKUP_SET);
	struct netlink_bytes dreg;

	if (!netlink_find(a, NFTA_LOOKUP_DREG, &dreg)) {
		put(r, buf_text(&r->key));
		buf_fmt(r->b, "%s @%s", nft_u32(a, NFTA_LOOKUP_FLAGS) & NFT_LOOKUP_F_INV ? " !=" : "", set);
	} else if (nft_u32(a, NFTA_LOOKUP_DREG) == NFT_REG_VERDICT) {
		put(r, buf_text(&r->key));
		buf_fmt(r->b, " vmap @%s", set);
	} else {
		buf_fmt(&r->key, " map @%s", set);
	}
}

/* -- what is done ------------------------------------------------------------------------------------------------ */

static void on_nat(struct rule *r, struct netlink_bytes a)
{
	put(r, nft_u32(a, NFTA_NAT_FAMILY) == NFPROTO_IPV4 ? "dnat ip to" : "dnat ip6 to");
	put(r, buf_text(&r->key));
}

static void on_masq(struct rule *r, struct netlink_bytes a)
{
	(void)a;
	put(r, "masquerade");
}

static void on_dynset(struct rule *r, struct netlink_bytes a)
{
	buf_fmt(r->b, " update @%s { %s timeout %us }", nft_text(a, NFTA_DYNSET_SET_NAME), buf_text(&r->key),
		nft_seconds(a, NFTA_DYNSET_TIMEOUT));
}

static void on_immediate(struct rule *r, struct netlink_bytes a)
{
	struct netlink_bytes data, verdict;

	if (!netlink_find(a, NFTA_IMMEDIATE_DATA, &data))
		return;
	if (!netlink_find(data, NFTA_DATA_VERDICT, &verdict)) { /* an address, which is all that is written so */
		buf_reset(&r->key);
		tell_value(&r->key, TYPE_IPV6_ADDR, nft_value_of(a, NFTA_IMMEDIATE_DATA));
		return;
	}
	switch (nft_u32(verdict, NFTA_VERDICT_CODE)) {
	case NF_ACCEPT: put(r, "accept"); break;
	case NF_DROP: put(r, "drop"); break;
	default: buf_fmt(r->b, " jump %s", nft_text(verdict, NFTA_VERDICT_CHAIN)); break;
	}
}

static const struct {
	char name[12];
	void (*on)(struct rule *r, struct netlink_bytes a);
} exprs[] = {
	{ "meta", on_meta }, { "ct", on_ct }, { "payload", on_payload }, { "exthdr", on_exthdr }, { "fib", on_fib },
	{ "numgen", on_numgen }, { "hash", on_hash }, { "bitwise", on_bitwise }, { "cmp", on_cmp },
	{ "lookup", on_lookup }, { "nat", on_nat }, { "masq", on_masq }, { "dynset", on_dynset },
	{ "immediate", on_immediate },
};

static void tell_one(struct rule *r, struct netlink_bytes e)
{
	const char *name = nft_text(e, NFTA_EXPR_NAME);
	struct netlink_bytes data = { "", 0 };

	(void)!netlink_find(e, NFTA_EXPR_DATA, &data);
	for (size_t i = 0; i < ARRAY_LEN(exprs); i++)
		if (!strcmp(exprs[i].name, name))
			exprs[i].on(r, data);
}

void tell_exprs(struct buf *b, struct netlink_bytes list)
{
	char mem[256];
	struct rule r = { .b = b, .key = { .data = mem, .size = sizeof(mem) } };
	struct netlink_bytes e;

	while (nft_next(&list, &e))
		tell_one(&r, e);
}
