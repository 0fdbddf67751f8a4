#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>

#include "net/nft_put.h"

const struct part part_rows[] = {
#define PART(name, how, where, at, len, type, text) [PART_##name] = { how, where, at, len, TYPE_##type },
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
	value_put(v, addr->bytes, (uint32_t)addr_width(addr));
}

const uint8_t nft_arp_request[] = { 6, 4, 0, 1 }; /* lengths of a MAC and an address; a request */

const uint8_t nft_ethertypes[ETHER_COUNT][2] = {
	[ETHER_IPV4] = { 0x08, 0x00 }, [ETHER_ARP] = { 0x08, 0x06 }, [ETHER_IPV6] = { 0x86, 0xdd },
};

/* -- messages and attributes -------------------------------------------------------------------------------------- */

static void seal(struct nft *n, size_t at, size_t bytes)
{
	uint32_t len = (uint32_t)(n->b->len - at);
	uint16_t len16 = (uint16_t)len;

	if (!n->b->full)
		memcpy(n->b->data + at, bytes == sizeof(len16) ? (void *)&len16 : (void *)&len, bytes);
}

void nft_put(struct nft *n, uint16_t attr, const void *data, size_t len)
{
	static const char zeros[3];
	struct nlattr a = { .nla_len = (uint16_t)(sizeof(a) + len), .nla_type = attr };

	buf_add(n->b, &a, sizeof(a));
	buf_add(n->b, data, len);
	buf_add(n->b, zeros, WORDS(len) - len);
}

void nft_put_text(struct nft *n, uint16_t attr, const char *text)
{
	nft_put(n, attr, text, strlen(text) + 1);
}

void nft_put_u32(struct nft *n, uint16_t attr, uint32_t value)
{
	value = htonl(value);
	nft_put(n, attr, &value, sizeof(value));
}

void nft_put_ms(struct nft *n, uint16_t attr, uint32_t ms)
{
	uint32_t halves[2] = { 0, htonl(ms) };

	nft_put(n, attr, halves, sizeof(halves));
}

size_t nft_nest(struct nft *n, uint16_t attr)
{
	size_t at = n->b->len;

	nft_put(n, attr | NLA_F_NESTED, "", 0);
	return at;
}

void nft_nest_end(struct nft *n, size_t at)
{
	seal(n, at, sizeof(uint16_t));
}

void nft_put_value(struct nft *n, uint16_t attr, const void *data, size_t len)
{
	size_t at = nft_nest(n, attr);

	nft_put(n, NFTA_DATA_VALUE, data, len);
	nft_nest_end(n, at);
}

void nft_put_verdict(struct nft *n, uint16_t attr, int32_t code, const char *chain)
{
	size_t at = nft_nest(n, attr), verdict = nft_nest(n, NFTA_DATA_VERDICT);

	nft_put_u32(n, NFTA_VERDICT_CODE, (uint32_t)code);
	if (chain)
		nft_put_text(n, NFTA_VERDICT_CHAIN, chain);
	nft_nest_end(n, verdict);
	nft_nest_end(n, at);
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

void nft_end(struct nft *n)
{
	seal(n, n->message, sizeof(uint32_t));
}

/* Attribute number 1 names the table in all of them. */
void nft_begin(struct nft *n, unsigned type, uint16_t flags)
{
	begin(n, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, n->family, 0);
	nft_put_text(n, NFTA_TABLE_NAME, n->table);
}

void nft_batch_begin(struct nft *n, struct buf *b)
{
	*n = (struct nft){ .b = b };
	begin(n, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	nft_end(n);
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
	nft_end(n);
}

static void table_message(struct nft *n, unsigned type, uint16_t flags)
{
	nft_begin(n, type, flags);
	nft_end(n);
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
	nft_begin(n, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	nft_put_text(n, NFTA_CHAIN_NAME, name);
	nft_end(n);
}

void nft_hook(struct nft *n, const char *name, const char *type, uint32_t hook, int32_t priority)
{
	size_t at;

	nft_begin(n, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	nft_put_text(n, NFTA_CHAIN_NAME, name);
	at = nft_nest(n, NFTA_CHAIN_HOOK);
	nft_put_u32(n, NFTA_HOOK_HOOKNUM, hook);
	nft_put_u32(n, NFTA_HOOK_PRIORITY, (uint32_t)priority);
	nft_nest_end(n, at);
	nft_put_u32(n, NFTA_CHAIN_POLICY, NF_ACCEPT);
	nft_put_text(n, NFTA_CHAIN_TYPE, type);
	nft_end(n);
}

void nft_chain_flush(struct nft *n, const char *name)
{
	nft_begin(n, NFT_MSG_DELRULE, 0);
	nft_put_text(n, NFTA_RULE_CHAIN, name);
	nft_end(n);
}
