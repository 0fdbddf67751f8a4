#include "net/nft.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>

#define WORDS(len) (((len) + 3u) & ~3u)
#define ELEMENTS_MOST 60000 /* bytes of the elements in one message: the length of an attribute has 16 bits */

enum how { META, CT, PAYLOAD, EXTHDR };

static const struct part {
	uint8_t how, where, at, len, type;
} part_rows[] = {
#define PART(name, how, where, at, len, type, text) [PART_##name] = { how, where, at, len, type },
#include "net/parts.def"
#undef PART
};

/* -- values ----------------------------------------------------------------------------------------------------- */

void value_put(struct nft_value *v, const void *data, uint32_t len)
{
	if (WORDS(len) > sizeof(v->bytes) - v->len)
		return;
	memcpy(v->bytes + v->len, data, len);
	v->len += WORDS(len);
}

void value_put_u8(struct nft_value *v, uint8_t n)
{
	value_put(v, &n, sizeof(n));
}

void value_put_port(struct nft_value *v, uint16_t port)
{
	uint16_t n = htons(port);

	value_put(v, &n, sizeof(n));
}

void value_put_name(struct nft_value *v, const char *ifname)
{
	char name[16] = { 0 };

	memcpy(name, ifname, strnlen(ifname, sizeof(name) - 1));
	value_put(v, name, sizeof(name));
}

void value_put_addr(struct nft_value *v, const struct addr *addr)
{
	value_put(v, addr->bytes, addr->family == AF_INET ? 4 : 16);
}

/* -- messages and attributes: all numbers in network order ------------------------------------------------------- */

static void seal(struct nft *n, size_t at, size_t bytes)
{
	uint32_t len = (uint32_t)(n->b->len - at);
	uint16_t len16 = (uint16_t)len;

	if (!n->b->full)
		memcpy(n->b->data + at, bytes == sizeof(len16) ? (void *)&len16 : (void *)&len, bytes);
}

static void put(struct nft *n, uint16_t attr, const void *data, size_t len)
{
	static const char zeros[3];
	struct nlattr a = { .nla_len = (uint16_t)(sizeof(a) + len), .nla_type = attr };

	buf_add(n->b, &a, sizeof(a));
	buf_add(n->b, data, len);
	buf_add(n->b, zeros, WORDS(len) - len);
}

static void put_text(struct nft *n, uint16_t attr, const char *text)
{
	put(n, attr, text, strlen(text) + 1);
}

static void put_u32(struct nft *n, uint16_t attr, uint32_t value)
{
	value = htonl(value);
	put(n, attr, &value, sizeof(value));
}

static void put_ms(struct nft *n, uint16_t attr, uint32_t ms)
{
	uint32_t halves[2] = { 0, htonl(ms) };

	put(n, attr, halves, sizeof(halves));
}

static size_t nest(struct nft *n, uint16_t attr)
{
	size_t at = n->b->len;

	put(n, attr | NLA_F_NESTED, "", 0);
	return at;
}

static void nest_end(struct nft *n, size_t at)
{
	seal(n, at, sizeof(uint16_t));
}

/* `header` is of nlmsghdr and nfgenmsg. */
static void begin(struct nft *n, uint16_t type, uint16_t flags, uint8_t family, uint16_t res_id)
{
	struct nlmsghdr h = { .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags, .nlmsg_seq = ++n->seq };
	struct nfgenmsg g = { .nfgen_family = family, .version = NFNETLINK_V0, .res_id = htons(res_id) };

	n->message = n->b->len;
	buf_add(n->b, &h, sizeof(h));
	buf_add(n->b, &g, sizeof(g));
}

static void end(struct nft *n)
{
	seal(n, n->message, sizeof(uint32_t));
}

/* Attribute number 1 names the table in all of them. */
static void begin_in_table(struct nft *n, unsigned type, uint16_t flags)
{
	begin(n, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, n->family, 0);
	put_text(n, NFTA_TABLE_NAME, n->table);
}

void nft_batch_begin(struct nft *n, struct buf *b)
{
	*n = (struct nft){ .b = b };
	begin(n, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	end(n);
}

/* What is done or refused is told at the last message before the end, which itself is never answered. */
void nft_batch_end(struct nft *n)
{
	uint16_t flags;

	if (!n->b->full) {
		memcpy(&flags, n->b->data + n->message + offsetof(struct nlmsghdr, nlmsg_flags), sizeof(flags));
		flags |= NLM_F_ACK;
		memcpy(n->b->data + n->message + offsetof(struct nlmsghdr, nlmsg_flags), &flags, sizeof(flags));
	}
	begin(n, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	end(n);
}

static void table_message(struct nft *n, unsigned type, uint16_t flags)
{
	begin_in_table(n, type, flags);
	end(n);
}

/* Made first, so that there is one to delete: NFT_MSG_DESTROYTABLE is of Linux 6.3. */
void nft_table_delete(struct nft *n, uint8_t family, const char *name)
{
	n->family = family;
	n->table = name;
	table_message(n, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	table_message(n, NFT_MSG_DELTABLE, 0);
}

void nft_table(struct nft *n, uint8_t family, const char *name)
{
	nft_table_delete(n, family, name);
	table_message(n, NFT_MSG_NEWTABLE, NLM_F_CREATE);
}

void nft_chain(struct nft *n, const char *name)
{
	begin_in_table(n, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	put_text(n, NFTA_CHAIN_NAME, name);
	end(n);
}

void nft_hook(struct nft *n, const char *name, const char *type, uint32_t hook, int32_t priority)
{
	size_t at;

	begin_in_table(n, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	put_text(n, NFTA_CHAIN_NAME, name);
	at = nest(n, NFTA_CHAIN_HOOK);
	put_u32(n, NFTA_HOOK_HOOKNUM, hook);
	put_u32(n, NFTA_HOOK_PRIORITY, (uint32_t)priority);
	nest_end(n, at);
	put_u32(n, NFTA_CHAIN_POLICY, NF_ACCEPT);
	put_text(n, NFTA_CHAIN_TYPE, type);
	end(n);
}

void nft_chain_flush(struct nft *n, const char *name)
{
	begin_in_table(n, NFT_MSG_DELRULE, 0);
	put_text(n, NFTA_RULE_CHAIN, name);
	end(n);
}

/* -- sets ------------------------------------------------------------------------------------------------------- */

static uint32_t key_len(const nft_parts *key)
{
	uint32_t len = 0;

	for (; *key; key++)
		len += WORDS(part_rows[*key].len);
	return len;
}

/* As nft(8) numbers it: 6 bits for each field. */
static uint32_t key_type(const nft_parts *key)
{
	uint32_t type = 0;

	for (; *key; key++)
		type = type << 6 | part_rows[*key].type;
	return type;
}

#define TYPE_MARK 19 /* of nft(8): a number in the order of this machine */

/* For nft(8) alone: in which order a lone number or name is. */
static void put_key_order(struct nft *n, const nft_parts *key)
{
	static const uint8_t host_order[] = { 0, 4, 1, 0, 0, 0 }; /* NFTNL_UDATA_SET_KEYBYTEORDER of libnftnl */

	if (!key || ((*key == PART_IIF || *key == PART_OIF) && !key[1]))
		put(n, NFTA_SET_USERDATA, host_order, sizeof(host_order));
}

static void put_key_type(struct nft *n, const nft_parts *key)
{
	put_key_order(n, key);
	put_u32(n, NFTA_SET_KEY_TYPE, key ? key_type(key) : TYPE_MARK);
	/* A lone field counts its own bytes. */
	put_u32(n, NFTA_SET_KEY_LEN, !key ? 4 : key[1] ? key_len(key) : part_rows[*key].len);
}

static void put_data_type(struct nft *n, enum nft_data data)
{
	static const struct {
		uint32_t type, len;
	} rows[] = {
		[DATA_TARGET4] = { 7 << 6 | 13, 8 }, [DATA_TARGET6] = { 8 << 6 | 13, 20 }, [DATA_ETHER] = { 9, 6 },
		[DATA_CHAIN] = { NFT_DATA_VERDICT, 0 },
	};

	if (data == DATA_NONE)
		return;
	put_u32(n, NFTA_SET_DATA_TYPE, rows[data].type);
	put_u32(n, NFTA_SET_DATA_LEN, rows[data].len);
}

void nft_set(struct nft *n, const struct nft_set *set)
{
	size_t at;

	begin_in_table(n, NFT_MSG_NEWSET, NLM_F_CREATE);
	put_text(n, NFTA_SET_NAME, set->name);
	put_u32(n, NFTA_SET_FLAGS, (set->data ? NFT_SET_MAP : 0u) |
		(set->lifetime_ms ? NFT_SET_EVAL | NFT_SET_TIMEOUT : 0u));
	put_key_type(n, set->key);
	put_data_type(n, set->data);
	at = nest(n, NFTA_SET_DESC);
	put_u32(n, NFTA_SET_DESC_SIZE, set->size ? set->size : 1);
	nest_end(n, at);
	put_u32(n, NFTA_SET_ID, n->seq);
	if (set->lifetime_ms)
		put_ms(n, NFTA_SET_TIMEOUT, set->lifetime_ms);
	end(n);
}

void nft_set_flush(struct nft *n, const char *name)
{
	begin_in_table(n, NFT_MSG_DELSETELEM, 0);
	put_text(n, NFTA_SET_ELEM_LIST_SET, name);
	end(n);
}

void nft_elements(struct nft *n, const char *set)
{
	n->set = set;
	begin_in_table(n, NFT_MSG_NEWSETELEM, NLM_F_CREATE);
	put_text(n, NFTA_SET_ELEM_LIST_SET, set);
	n->list = nest(n, NFTA_SET_ELEM_LIST_ELEMENTS);
}

void nft_elements_end(struct nft *n)
{
	nest_end(n, n->list);
	end(n);
}

static void put_value(struct nft *n, uint16_t attr, const void *data, size_t len)
{
	size_t at = nest(n, attr);

	put(n, NFTA_DATA_VALUE, data, len);
	nest_end(n, at);
}

static void put_verdict(struct nft *n, uint16_t attr, int32_t code, const char *chain)
{
	size_t at = nest(n, attr), verdict = nest(n, NFTA_DATA_VERDICT);

	put_u32(n, NFTA_VERDICT_CODE, (uint32_t)code);
	if (chain)
		put_text(n, NFTA_VERDICT_CHAIN, chain);
	nest_end(n, verdict);
	nest_end(n, at);
}

void nft_element(struct nft *n, const struct nft_value *key, const struct nft_value *data, const char *jump)
{
	size_t at;

	if (n->b->len - n->list > ELEMENTS_MOST) {
		nft_elements_end(n);
		nft_elements(n, n->set);
	}
	at = nest(n, NFTA_LIST_ELEM);
	put_value(n, NFTA_SET_ELEM_KEY, key->bytes, key->len);
	if (data)
		put_value(n, NFTA_SET_ELEM_DATA, data->bytes, data->len);
	if (jump)
		put_verdict(n, NFTA_SET_ELEM_DATA, NFT_JUMP, jump);
	nest_end(n, at);
}

/* -- rules ------------------------------------------------------------------------------------------------------ */

struct expr {
	size_t at, data;
};

void nft_rule(struct nft *n, const char *chain)
{
	begin_in_table(n, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	put_text(n, NFTA_RULE_CHAIN, chain);
	n->list = nest(n, NFTA_RULE_EXPRESSIONS);
}

void nft_rule_end(struct nft *n)
{
	nest_end(n, n->list);
	end(n);
}

static struct expr expr(struct nft *n, const char *name)
{
	struct expr e = { .at = nest(n, NFTA_LIST_ELEM) };

	put_text(n, NFTA_EXPR_NAME, name);
	e.data = nest(n, NFTA_EXPR_DATA);
	return e;
}

static void expr_end(struct nft *n, struct expr e)
{
	nest_end(n, e.data);
	nest_end(n, e.at);
}

/* NFTA_PAYLOAD_DREG: read into the register; NFTA_PAYLOAD_SREG: written from it. */
static void payload(struct nft *n, const struct part *p, uint16_t way, uint32_t reg)
{
	struct expr e = expr(n, "payload");

	put_u32(n, way, reg);
	put_u32(n, NFTA_PAYLOAD_BASE, p->where);
	put_u32(n, NFTA_PAYLOAD_OFFSET, p->at);
	put_u32(n, NFTA_PAYLOAD_LEN, p->len);
	expr_end(n, e);
}

static void load_meta(struct nft *n, const struct part *p, uint32_t reg)
{
	struct expr e = expr(n, "meta");

	put_u32(n, NFTA_META_KEY, p->where);
	put_u32(n, NFTA_META_DREG, reg);
	expr_end(n, e);
}

static void load_ct(struct nft *n, const struct part *p, uint32_t reg)
{
	struct expr e = expr(n, "ct");

	put_u32(n, NFTA_CT_KEY, p->where);
	put_u32(n, NFTA_CT_DREG, reg);
	expr_end(n, e);
}

static void load_exthdr(struct nft *n, const struct part *p, uint32_t reg)
{
	struct expr e = expr(n, "exthdr");

	put_u32(n, NFTA_EXTHDR_DREG, reg);
	put(n, NFTA_EXTHDR_TYPE, &p->where, sizeof(p->where));
	put_u32(n, NFTA_EXTHDR_OFFSET, p->at);
	put_u32(n, NFTA_EXTHDR_LEN, p->len);
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

void nft_load(struct nft *n, const nft_parts *key)
{
	for (uint32_t reg = NFT_REG32_00; *key; key++) {
		load(n, *key, reg);
		reg += WORDS(part_rows[*key].len) / 4;
	}
}

static void compare(struct nft *n, uint32_t op, const void *value, size_t len)
{
	struct expr e = expr(n, "cmp");

	put_u32(n, NFTA_CMP_SREG, NFT_REG32_00);
	put_u32(n, NFTA_CMP_OP, op);
	put_value(n, NFTA_CMP_DATA, value, len);
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

	put_u32(n, NFTA_BITWISE_SREG, NFT_REG32_00);
	put_u32(n, NFTA_BITWISE_DREG, NFT_REG32_00);
	put_u32(n, NFTA_BITWISE_LEN, len);
	put_value(n, NFTA_BITWISE_MASK, bits, len);
	put_value(n, NFTA_BITWISE_XOR, zeros, len);
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

	put_text(n, NFTA_LOOKUP_SET, set);
	put_u32(n, NFTA_LOOKUP_SREG, NFT_REG32_00);
	if (dreg)
		put_u32(n, NFTA_LOOKUP_DREG, *dreg);
	if (flags)
		put_u32(n, NFTA_LOOKUP_FLAGS, flags);
	expr_end(n, e);
}

void nft_in(struct nft *n, const nft_parts *key, const char *set)
{
	nft_load(n, key);
	lookup(n, set, NULL, 0);
}

void nft_not_in(struct nft *n, const nft_parts *key, const char *set)
{
	nft_load(n, key);
	lookup(n, set, NULL, NFT_LOOKUP_F_INV);
}

void nft_map(struct nft *n, const nft_parts *key, const char *map)
{
	nft_load(n, key);
	lookup(n, map, &(uint32_t){ NFT_REG32_00 }, 0);
}

void nft_vmap(struct nft *n, const nft_parts *key, const char *map)
{
	nft_load(n, key);
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

	put_u32(n, NFTA_FIB_DREG, NFT_REG32_00);
	put_u32(n, NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
	put_u32(n, NFTA_FIB_FLAGS, NFTA_FIB_F_DADDR);
	expr_end(n, e);
	compare(n, NFT_CMP_EQ, &local, sizeof(local));
}

void nft_update(struct nft *n, const nft_parts *key, const char *set, uint32_t lifetime_ms)
{
	struct expr e;

	nft_load(n, key);
	e = expr(n, "dynset");
	put_text(n, NFTA_DYNSET_SET_NAME, set);
	put_u32(n, NFTA_DYNSET_OP, NFT_DYNSET_OP_UPDATE);
	put_u32(n, NFTA_DYNSET_SREG_KEY, NFT_REG32_00);
	put_ms(n, NFTA_DYNSET_TIMEOUT, lifetime_ms);
	expr_end(n, e);
}

static void put_hash(struct nft *n, uint8_t family, uint32_t modulus)
{
	unsigned part = family == AF_INET ? PART_SADDR4 : PART_SADDR6;
	struct expr e;

	load(n, part, NFT_REG32_00);
	e = expr(n, "hash");
	put_u32(n, NFTA_HASH_SREG, NFT_REG32_00);
	put_u32(n, NFTA_HASH_DREG, NFT_REG32_00);
	put_u32(n, NFTA_HASH_LEN, part_rows[part].len);
	put_u32(n, NFTA_HASH_MODULUS, modulus);
	put_u32(n, NFTA_HASH_SEED, 1);
	put_u32(n, NFTA_HASH_OFFSET, 0);
	put_u32(n, NFTA_HASH_TYPE, NFT_HASH_JENKINS);
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
	put_u32(n, NFTA_NG_DREG, NFT_REG32_00);
	put_u32(n, NFTA_NG_MODULUS, modulus);
	put_u32(n, NFTA_NG_TYPE, how == BALANCE_RANDOM ? NFT_NG_RANDOM : NFT_NG_INCREMENTAL);
	put_u32(n, NFTA_NG_OFFSET, 0);
	expr_end(n, e);
}

void nft_dnat(struct nft *n, uint8_t family)
{
	struct expr e = expr(n, "nat");

	put_u32(n, NFTA_NAT_TYPE, NFT_NAT_DNAT);
	put_u32(n, NFTA_NAT_FAMILY, family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6);
	put_u32(n, NFTA_NAT_REG_ADDR_MIN, NFT_REG32_00);
	put_u32(n, NFTA_NAT_REG_PROTO_MIN, NFT_REG32_00 + (family == AF_INET ? 1 : 4));
	expr_end(n, e);
}

void nft_send_to(struct nft *n)
{
	payload(n, &part_rows[PART_ETHER_DADDR], NFTA_PAYLOAD_SREG, NFT_REG32_00);
}

void nft_masquerade(struct nft *n)
{
	expr_end(n, expr(n, "masq"));
}

static void immediate(struct nft *n, int32_t code, const char *chain)
{
	struct expr e = expr(n, "immediate");

	put_u32(n, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	put_verdict(n, NFTA_IMMEDIATE_DATA, code, chain);
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
