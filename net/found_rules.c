#include <netinet/in.h> /* before the kernel's, which then leave out what is the same */
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/fd.h"
#include "net/nft_list.h"
#include "net/rules.h"
#include "net/tell_nft.h"

#define SETS_MOST (NET_GROUPS + 64)

struct reader {
	int fd;
	struct arena *mem;
	struct net_found_rules *f;
	struct set_name {
		uint8_t family;
		char text[16];
	} *sets;
	uint32_t set_count;
	struct set_name set; /* whose elements are being read */
};

/* -- answers ----------------------------------------------------------------------------------------------------- */

/* A kernel may list more than was asked for. */
static bool is_ours(uint8_t family, struct netlink_bytes attrs)
{
	return (family == NFPROTO_INET || family == NFPROTO_BRIDGE) &&
	       !strcmp(nft_text(attrs, NFTA_TABLE_NAME), NET_TABLE);
}

static void take_rule(void *context, uint8_t family, struct netlink_bytes attrs)
{
	struct reader *r = context;

	r->f->rule_count += is_ours(family, attrs);
}

static void take_set(void *context, uint8_t family, struct netlink_bytes attrs)
{
	struct reader *r = context;
	const char *name = nft_text(attrs, NFTA_SET_NAME);
	struct set_name *set = &r->sets[r->set_count];

	if (!is_ours(family, attrs) || strlen(name) >= sizeof(set->text) || r->set_count == SETS_MOST ||
	    nft_u32(attrs, NFTA_SET_FLAGS) & NFT_SET_TIMEOUT)
		return;
	set->family = family;
	memcpy(set->text, name, strlen(name) + 1);
	r->set_count++;
}

static uint8_t copy(uint8_t *to, size_t size, struct netlink_bytes from)
{
	size_t len = MIN(from.len, size);

	memcpy(to, from.data, len);
	return (uint8_t)len;
}

static void take_elements(void *context, uint8_t family, struct netlink_bytes attrs)
{
	struct reader *r = context;
	struct netlink_bytes all = { "", 0 }, e;

	(void)!netlink_find(attrs, NFTA_SET_ELEM_LIST_ELEMENTS, &all);
	while (is_ours(family, attrs) && nft_next(&all, &e)) {
		struct net_found_element found = { .family = family };

		memcpy(found.set, r->set.text, sizeof(found.set));
		found.key_len = copy(found.key, sizeof(found.key), nft_value_of(e, NFTA_SET_ELEM_KEY));
		found.data_len = copy(found.data, sizeof(found.data), nft_value_of(e, NFTA_SET_ELEM_DATA));
		arena_put(r->mem, &found, sizeof(found));
		r->f->element_count++;
	}
}

/* -- all of it --------------------------------------------------------------------------------------------------- */

static const uint8_t families[] = { NFPROTO_INET, NFPROTO_BRIDGE };

static int list_each(struct reader *r, unsigned type, nft_take_fn *take)
{
	int err = 0;

	for (size_t i = 0; i < ARRAY_LEN(families) && !err; i++) {
		struct nft_question q = nft_question(type, families[i], NET_TABLE);

		err = nft_list(r->fd, &q, take, r);
	}
	return err;
}

static int list_elements(struct reader *r)
{
	int err = 0;

	r->f->elements = arena_array(r->mem, struct net_found_element, 0);
	for (uint32_t i = 0; i < r->set_count && !err; i++) {
		struct nft_question q = nft_question(NFT_MSG_GETSETELEM, r->sets[i].family, NET_TABLE);

		r->set = r->sets[i];
		nft_question_name(&q, NFTA_SET_ELEM_LIST_SET, r->set.text);
		err = nft_list(r->fd, &q, take_elements, r);
	}
	return err;
}

int net_found_rules_read(struct arena *mem, struct net_found_rules *ret)
{
	cleanup_fd int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	struct reader r = { .fd = fd, .mem = mem, .f = ret };
	int err;

	*ret = (struct net_found_rules){ 0 };
	if (fd < 0)
		return -errno;
	r.sets = arena_array(mem, struct set_name, SETS_MOST);
	err = list_each(&r, NFT_MSG_GETRULE, take_rule);
	if (!err)
		err = list_each(&r, NFT_MSG_GETSET, take_set);
	return err ? err : list_elements(&r);
}

/* -- what is looked for ------------------------------------------------------------------------------------------ */

static bool is_in(const struct net_found_element *e, uint8_t family, const char *set)
{
	return e->family == family && !strcmp(e->set, set);
}

/* The kernel may leave out the padding behind the last field. */
static bool has(const uint8_t *bytes, uint8_t len, const struct nft_value *wanted)
{
	return len <= wanted->len && len + 3u >= wanted->len && !memcmp(bytes, wanted->bytes, len);
}

static bool find(const struct net_found_rules *f, uint8_t family, const char *set, const struct nft_value *key,
		 const struct nft_value *data)
{
	for (uint32_t i = 0; i < f->element_count; i++) {
		const struct net_found_element *e = &f->elements[i];

		if (is_in(e, family, set) && (!key || has(e->key, e->key_len, key)) &&
		    (!data || has(e->data, e->data_len, data)))
			return true;
	}
	return false;
}

bool net_found_name(const struct net_found_rules *f, bool of_bridge, const char *set, const char *ifname)
{
	struct nft_value key = { .len = 0 };

	value_put_name(&key, ifname);
	return find(f, of_bridge ? NFPROTO_BRIDGE : NFPROTO_INET, set, &key, NULL);
}

bool net_found_port(const struct net_found_rules *f, const struct net_port *port, int64_t index)
{
	BUF_ON_STACK(name, 16);
	struct nft_value key = { .len = 0 }, to = target_of(&port->to, port->to_low);

	if (index >= 0)
		return find(f, NFPROTO_INET, group_name((uint32_t)index).text, NULL, &to);
	buf_fmt(&name, "port%s%u", addr_is_any(&port->host) ? "" : "_at", port->host.family == AF_INET ? 4u : 6u);
	if (!addr_is_any(&port->host))
		value_put_addr(&key, &port->host);
	value_put_u8(&key, port->proto);
	value_put_port(&key, port->low);
	return find(f, NFPROTO_INET, buf_text(&name), &key, &to);
}

bool net_found_allow(const struct net_found_rules *f, const struct net_allow *allow, const struct addr *from,
		     const struct addr *to)
{
	bool is_ipv4 = from->family == AF_INET;
	struct nft_value key = { .len = 0 };
	const char *set = allow->proto ? (is_ipv4 ? "allow4" : "allow6") : is_ipv4 ? "all4" : "all6";

	value_put_addr(&key, from);
	value_put_addr(&key, to);
	if (allow->proto) {
		value_put_u8(&key, allow->proto);
		value_put_port(&key, allow->low);
	}
	return find(f, NFPROTO_INET, set, &key, NULL) || find(f, NFPROTO_BRIDGE, set, &key, NULL);
}
