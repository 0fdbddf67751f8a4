/* Sets and maps of nf_tables, and their elements. */
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>

#include "net/nft_put.h"

#define ELEMENTS_MOST 60000 /* bytes of the elements in one message: the length of an attribute has 16 bits */

static uint32_t key_len(const nft_parts *key)
{
	uint32_t len = 0;

	for (; *key; key++)
		len += WORDS(part_rows[*key].len);
	return len;
}

/* As nft(8) numbers it. */
static uint32_t key_type(const nft_parts *key)
{
	uint32_t type = 0;

	for (; *key; key++)
		type = type << TYPE_BITS | part_rows[*key].type;
	return type;
}

/* For nft(8) alone: in which order a lone number or name is. */
static void put_key_order(struct nft *n, const nft_parts *key)
{
	static const uint8_t host_order[] = { 0, 4, 1, 0, 0, 0 }; /* NFTNL_UDATA_SET_KEYBYTEORDER of libnftnl */

	if (!key || ((*key == PART_IIF || *key == PART_OIF) && !key[1]))
		nft_put(n, NFTA_SET_USERDATA, host_order, sizeof(host_order));
}

/* A number is in the order of this machine. */
static void put_key_type(struct nft *n, const nft_parts *key)
{
	put_key_order(n, key);
	nft_put_u32(n, NFTA_SET_KEY_TYPE, key ? key_type(key) : TYPE_MARK);
	/* A lone field counts its own bytes. */
	nft_put_u32(n, NFTA_SET_KEY_LEN, !key ? 4 : key[1] ? key_len(key) : part_rows[*key].len);
}

static void put_data_type(struct nft *n, enum nft_data data)
{
	static const struct {
		uint32_t type, len;
	} rows[] = {
		[DATA_TARGET4] = { TYPE_IPV4_ADDR << TYPE_BITS | TYPE_INET_SERVICE, 8 },
		[DATA_TARGET6] = { TYPE_IPV6_ADDR << TYPE_BITS | TYPE_INET_SERVICE, 20 },
		[DATA_ETHER] = { TYPE_ETHER_ADDR, 6 },
		[DATA_CHAIN] = { NFT_DATA_VERDICT, 0 },
	};

	if (data == DATA_NONE)
		return;
	nft_put_u32(n, NFTA_SET_DATA_TYPE, rows[data].type);
	nft_put_u32(n, NFTA_SET_DATA_LEN, rows[data].len);
}

void nft_set(struct nft *n, const struct nft_set *set)
{
	size_t at;

	nft_begin(n, NFT_MSG_NEWSET, NLM_F_CREATE);
	nft_put_text(n, NFTA_SET_NAME, set->name);
	nft_put_u32(n, NFTA_SET_FLAGS, (set->data ? NFT_SET_MAP : 0u) |
		(set->lifetime_ms ? NFT_SET_EVAL | NFT_SET_TIMEOUT : 0u));
	put_key_type(n, set->key);
	put_data_type(n, set->data);
	at = nft_nest(n, NFTA_SET_DESC);
	nft_put_u32(n, NFTA_SET_DESC_SIZE, set->size ? set->size : 1);
	nft_nest_end(n, at);
	nft_put_u32(n, NFTA_SET_ID, n->seq);
	if (set->lifetime_ms)
		nft_put_ms(n, NFTA_SET_TIMEOUT, set->lifetime_ms);
	nft_end(n);
}

void nft_set_flush(struct nft *n, const char *name)
{
	nft_begin(n, NFT_MSG_DELSETELEM, 0);
	nft_put_text(n, NFTA_SET_ELEM_LIST_SET, name);
	nft_end(n);
}

void nft_elements(struct nft *n, const char *set)
{
	n->set = set;
	nft_begin(n, NFT_MSG_NEWSETELEM, NLM_F_CREATE);
	nft_put_text(n, NFTA_SET_ELEM_LIST_SET, set);
	n->list = nft_nest(n, NFTA_SET_ELEM_LIST_ELEMENTS);
}

void nft_elements_end(struct nft *n)
{
	nft_nest_end(n, n->list);
	nft_end(n);
}

void nft_element(struct nft *n, const struct nft_value *key, const struct nft_value *data, const char *chain)
{
	size_t at;

	if (n->b->len - n->list > ELEMENTS_MOST) {
		nft_elements_end(n);
		nft_elements(n, n->set);
	}
	at = nft_nest(n, NFTA_LIST_ELEM);
	nft_put_value(n, NFTA_SET_ELEM_KEY, key->bytes, key->len);
	if (data)
		nft_put_value(n, NFTA_SET_ELEM_DATA, data->bytes, data->len);
	if (chain)
		nft_put_verdict(n, NFTA_SET_ELEM_DATA, NFT_GOTO, chain);
	nft_nest_end(n, at);
}

void nft_element_name(struct nft *n, const char *ifname)
{
	struct nft_value key = { .len = 0 };

	value_put_name(&key, ifname);
	nft_element(n, &key, NULL, NULL);
}
