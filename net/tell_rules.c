#include <netinet/in.h> /* before the kernel's, which then leave out what is the same */
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "net/rules.h"
#include "net/tell_nft.h"

#define ON_A_LINE 4 /* elements of a set */

/* -- attributes -------------------------------------------------------------------------------------------------- */

bool nft_next(struct netlink_bytes *list, struct netlink_bytes *ret)
{
	uint16_t attr;

	return netlink_attr(list, &attr, ret);
}

uint32_t nft_u32(struct netlink_bytes attrs, uint16_t attr)
{
	return ntohl(netlink_u32(attrs, attr));
}

uint32_t nft_seconds(struct netlink_bytes attrs, uint16_t attr)
{
	struct netlink_bytes got;
	uint32_t low = 0;

	if (netlink_find(attrs, attr, &got) && got.len == 2 * sizeof(low))
		memcpy(&low, got.data + sizeof(low), sizeof(low));
	return ntohl(low) / 1000;
}

const char *nft_text(struct netlink_bytes attrs, uint16_t attr)
{
	struct netlink_bytes got;

	return netlink_find(attrs, attr, &got) && got.len && !got.data[got.len - 1] ? got.data : "";
}

struct netlink_bytes nft_value_of(struct netlink_bytes attrs, uint16_t attr)
{
	struct netlink_bytes data, value;

	if (!netlink_find(attrs, attr, &data) || !netlink_find(data, NFTA_DATA_VALUE, &value))
		return (struct netlink_bytes){ "", 0 };
	return value;
}

/* -- messages ---------------------------------------------------------------------------------------------------- */

struct telling {
	struct buf *b;
	struct netlink_bytes sets; /* the transaction in which sets are made */
	const struct net_group *groups; /* the balanced ports */
	uint32_t group_count;
	uint8_t proto;             /* of whose ports all rules are; 0: of any */
};

static void put_in_table(struct telling *t, const struct nft_message *m, const char *what, const char *name)
{
	buf_fmt(t->b, "%s %s %s", what, m->family == NFPROTO_BRIDGE ? "bridge" : "inet",
		nft_text(m->attrs, NFTA_TABLE_NAME));
	if (*name)
		buf_fmt(t->b, " %s", name);
}

static void put_table(struct telling *t, const struct nft_message *m, const char *what)
{
	put_in_table(t, m, what, "");
	buf_char(t->b, '\n');
}

/* The numbers are the same for both families. */
static void put_hook(struct telling *t, struct netlink_bytes attrs, struct netlink_bytes hook)
{
	static const char names[][12] = { "prerouting", "input", "forward", "output", "postrouting" };
	uint32_t number = nft_u32(hook, NFTA_HOOK_HOOKNUM);

	buf_fmt(t->b, " { type %s hook %s priority %d; policy accept; }", nft_text(attrs, NFTA_CHAIN_TYPE),
		number < ARRAY_LEN(names) ? names[number] : "?", (int32_t)nft_u32(hook, NFTA_HOOK_PRIORITY));
}

static void put_chain(struct telling *t, const struct nft_message *m)
{
	struct netlink_bytes hook;

	put_in_table(t, m, "add chain", nft_text(m->attrs, NFTA_CHAIN_NAME));
	if (netlink_find(m->attrs, NFTA_CHAIN_HOOK, &hook))
		put_hook(t, m->attrs, hook);
	buf_char(t->b, '\n');
}

static void put_rule(struct telling *t, const struct nft_message *m)
{
	struct netlink_bytes list = { "", 0 };

	(void)!netlink_find(m->attrs, NFTA_RULE_EXPRESSIONS, &list);
	put_in_table(t, m, "add rule", nft_text(m->attrs, NFTA_RULE_CHAIN));
	if (t->proto) { /* the kernel does without, but nft(8) takes no rule to a port without it */
		buf_str(t->b, " meta l4proto ");
		tell_protocol(t->b, t->proto);
	}
	tell_exprs(t->b, list);
	buf_char(t->b, '\n');
}

/* -- sets -------------------------------------------------------------------------------------------------------- */

static uint32_t data_type(struct netlink_bytes attrs)
{
	return nft_u32(attrs, NFTA_SET_DATA_TYPE);
}

static bool is_map(struct netlink_bytes attrs)
{
	return nft_u32(attrs, NFTA_SET_FLAGS) & NFT_SET_MAP;
}

/* nft(8) has no name for the type of a number that was drawn, only for how, and for what is found by it. */
static void put_number_type(struct telling *t, struct netlink_bytes attrs)
{
	for (uint32_t i = 0; i < t->group_count; i++) {
		if (strcmp(group_name(i).text, nft_text(attrs, NFTA_SET_NAME)) != 0)
			continue;
		buf_fmt(t->b, "typeof numgen inc mod 1 : %s daddr . ",
			t->groups[i].host.family == AF_INET ? "ip" : "ip6");
		tell_protocol(t->b, t->groups[i].proto);
		buf_str(t->b, " dport");
	}
}

static void put_set_type(struct telling *t, struct netlink_bytes attrs)
{
	if (tell_is_number(nft_u32(attrs, NFTA_SET_KEY_TYPE))) {
		put_number_type(t, attrs);
		return;
	}
	buf_str(t->b, "type ");
	tell_type(t->b, nft_u32(attrs, NFTA_SET_KEY_TYPE));
	if (!is_map(attrs))
		return;
	buf_str(t->b, " : ");
	if (data_type(attrs) == NFT_DATA_VERDICT)
		buf_str(t->b, "verdict");
	else
		tell_type(t->b, data_type(attrs));
}

static void put_set(struct telling *t, const struct nft_message *m)
{
	struct netlink_bytes desc = { "", 0 };

	(void)!netlink_find(m->attrs, NFTA_SET_DESC, &desc);
	put_in_table(t, m, is_map(m->attrs) ? "add map" : "add set", nft_text(m->attrs, NFTA_SET_NAME));
	buf_str(t->b, " { ");
	put_set_type(t, m->attrs);
	buf_fmt(t->b, "; size %u;", nft_u32(desc, NFTA_SET_DESC_SIZE));
	if (nft_u32(m->attrs, NFTA_SET_FLAGS) & NFT_SET_TIMEOUT)
		buf_fmt(t->b, " flags dynamic,timeout; timeout %us;", nft_seconds(m->attrs, NFTA_SET_TIMEOUT));
	buf_str(t->b, " }\n");
}

/* The message that makes the set whose elements these are. */
static struct netlink_bytes set_of(const struct telling *t, const struct nft_message *m)
{
	const char *name = nft_text(m->attrs, NFTA_SET_ELEM_LIST_SET);
	struct netlink_bytes rest = t->sets;
	struct nft_message made;

	while (nft_take(&rest, &made))
		if (made.kind == NFT_MSG_NEWSET && made.family == m->family &&
		    !strcmp(nft_text(made.attrs, NFTA_SET_NAME), name))
			return made.attrs;
	return (struct netlink_bytes){ "", 0 };
}

static void put_element(struct telling *t, struct netlink_bytes set, struct netlink_bytes e)
{
	struct netlink_bytes data, verdict;

	tell_value(t->b, nft_u32(set, NFTA_SET_KEY_TYPE), nft_value_of(e, NFTA_SET_ELEM_KEY));
	if (!netlink_find(e, NFTA_SET_ELEM_DATA, &data))
		return;
	buf_str(t->b, " : ");
	if (netlink_find(data, NFTA_DATA_VERDICT, &verdict))
		buf_fmt(t->b, "go" "to %s", nft_text(verdict, NFTA_VERDICT_CHAIN));
	else
		tell_value(t->b, data_type(set), nft_value_of(e, NFTA_SET_ELEM_DATA));
}

static uint32_t count_elements(struct netlink_bytes list)
{
	struct netlink_bytes e;
	uint32_t n = 0;

	while (nft_next(&list, &e))
		n++;
	return n;
}

static void put_elements(struct telling *t, const struct nft_message *m)
{
	struct netlink_bytes list = { "", 0 }, set = set_of(t, m), e;
	uint32_t count;

	(void)!netlink_find(m->attrs, NFTA_SET_ELEM_LIST_ELEMENTS, &list);
	count = count_elements(list);
	if (!count)
		return;
	put_in_table(t, m, "add element", nft_text(m->attrs, NFTA_SET_ELEM_LIST_SET));
	buf_str(t->b, " {");
	while (nft_next(&list, &e)) {
		buf_str(t->b, count > ON_A_LINE ? "\n\t" : " ");
		put_element(t, set, e);
		buf_str(t->b, list.len ? "," : count > ON_A_LINE ? "\n}\n" : " }\n");
	}
}

static void put_flush(struct telling *t, const struct nft_message *m)
{
	bool is_chain = m->kind == NFT_MSG_DELRULE;

	put_in_table(t, m, is_chain ? "flush chain" : is_map(set_of(t, m)) ? "flush map" : "flush set",
		     nft_text(m->attrs, is_chain ? NFTA_RULE_CHAIN : NFTA_SET_ELEM_LIST_SET));
	buf_char(t->b, '\n');
}

/* -- all of it --------------------------------------------------------------------------------------------------- */

static void put_message(struct telling *t, const struct nft_message *m)
{
	switch (m->kind) {
	case NFT_MSG_NEWTABLE: put_table(t, m, "add table"); break;
	case NFT_MSG_DELTABLE: put_table(t, m, "delete table"); break;
	case NFT_MSG_NEWCHAIN: put_chain(t, m); break;
	case NFT_MSG_NEWSET: put_set(t, m); break;
	case NFT_MSG_NEWSETELEM: put_elements(t, m); break;
	case NFT_MSG_NEWRULE: put_rule(t, m); break;
	case NFT_MSG_DELRULE:
	case NFT_MSG_DELSETELEM: put_flush(t, m); break;
	default: break;
	}
}

static void put_transaction(struct telling *t, struct netlink_bytes bytes)
{
	struct nft_message m;

	buf_str(t->b, "nft -f - <<'END'\n");
	while (nft_take(&bytes, &m))
		put_message(t, &m);
	buf_str(t->b, "END\n");
}

void tell_rules(struct buf *b, const char *bytes, size_t len, const struct net_group *groups, uint32_t count)
{
	struct telling t = { .b = b, .sets = { bytes, len }, .groups = groups, .group_count = count };

	put_transaction(&t, t.sets);
}

void tell_group(struct buf *b, const char *bytes, size_t len, uint32_t index, const struct net_group *group,
		const struct net_member *const *members, uint32_t count)
{
	struct telling t = { .b = b, .sets = { bytes, len }, .proto = group->proto };
	BUF_ON_STACK(change, RULESET_GROUP);

	ruleset_group(&change, index, group, members, count);
	put_transaction(&t, (struct netlink_bytes){ change.data, change.len });
}
