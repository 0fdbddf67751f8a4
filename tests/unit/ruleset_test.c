// links: net/nft.c net/nft_rules.c net/nft_sets.c net/walk.c net/ruleset.c net/balance.c net/between.c net/near.c net/mac.c net/commit.c net/flows.c net/netlink.c net/inbox.c
// links: lib/buf.c lib/fd.c lib/addr.c lib/text.c
// flags: -Wl,--wrap=send,--wrap=recvmsg,--wrap=setsockopt
/*
 * The ruleset: what it consists of, by a reading of its messages; some of its bytes as nft(8) sends them; the answers and
 * events of the kernel. That nft(8) and the kernel understand all of it is tested in tests/container/425-ports.sh.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "net/requests.h"
#include "net/rules.h"

static struct {
	char sent[1 << 16];
	size_t sent_len;
	struct {
		char bytes[1024];
		size_t len;
		int err;
		uint32_t from;
	} answers[64];
	unsigned count, next;
	char said[4096];
} k;

ssize_t __wrap_send(int fd, const void *data, size_t len, int flags)
{
	(void)fd, (void)flags;
	assert_true(len <= sizeof(k.sent));
	memcpy(k.sent, data, len);
	k.sent_len = len;
	return (ssize_t)len;
}

ssize_t __wrap_recvmsg(int fd, struct msghdr *msg, int flags)
{
	(void)fd, (void)flags;
	if (k.next == k.count) {
		errno = EAGAIN;
		return -1;
	}
	((struct sockaddr_nl *)msg->msg_name)->nl_pid = k.answers[k.next].from;
	errno = k.answers[k.next].err;
	msg->msg_controllen = 0;
	memcpy(msg->msg_iov->iov_base, k.answers[k.next].bytes, k.answers[k.next].len);
	return k.answers[k.next++].err ? -1 : (ssize_t)k.answers[k.next - 1].len;
}

int __wrap_setsockopt(int fd, int level, int option, const void *value, socklen_t len)
{
	(void)fd, (void)level, (void)option, (void)value, (void)len;
	return 0;
}

int net_failed(const char *object, const struct netlink_request *request, int err, const char *words)
{
	sprintf(k.said + strlen(k.said), "%s: %u %s: %d %s\n", object, request->step, request->name ? request->name : "", err,
		words);
	return -err;
}

static char mem[1 << 20];
static struct net_bridge br;
static struct net_attach at[3];
static struct net_port ports[8];
static struct net_group groups[2];
static struct net_allow allows[2];
static struct ruleset_plan plan;

static struct addr addr(const char *text)
{
	struct addr a;

	assert_int_equal(text_addr(text, &a), 0);
	return a;
}

static struct addr host(const char *text)
{
	struct addr a = addr(text);

	a.prefix = 0;
	return a;
}

static int setup(void **state)
{
	(void)state;
	memset(&k, 0, sizeof(k));
	memset(&plan, 0, sizeof(plan));
	br = (struct net_bridge){ .name = "br0", .addr = { addr("10.77.0.1/24"), addr("fd77::1/64") } };
	for (int i = 0; i < 3; i++) {
		at[i] = (struct net_attach){ .addr = { addr("10.77.0.10/24"), addr("fd77::10/64") } };
		at[i].addr[0].bytes[3] = (uint8_t)(10 + i);
		at[i].addr[1].bytes[15] = (uint8_t)(16 + i);
		sprintf(at[i].peer, "mv%d", i);
	}
	plan = (struct ruleset_plan){ .bridges = &br, .bridge_count = 1, .attach = at, .stride = sizeof(at[0]),
				      .attach_count = 3, .ports = ports, .groups = groups, .allow = allows };
	return 0;
}

static const char *hex(const char *data, size_t len)
{
	static char text[8192];

	for (size_t i = 0; i < len; i++)
		sprintf(text + 2 * i, "%02x", (uint8_t)data[i]);
	text[2 * len] = '\0';
	return text;
}

/* -- reading what was built ----------------------------------------------------------------------------------------- */

static void put_attr(char *to, struct netlink_bytes attrs, uint16_t attr)
{
	struct netlink_bytes a;

	if (netlink_find(attrs, attr, &a))
		sprintf(to + strlen(to), " %s", a.data);
}

static unsigned count_in(struct netlink_bytes attrs, uint16_t attr)
{
	struct netlink_bytes list;
	unsigned n = 0;

	if (!netlink_find(attrs, attr, &list))
		return 0;
	while (list.len >= 4) {
		size_t step = NLMSG_ALIGN((size_t)*(const uint16_t *)(const void *)list.data);

		list.data += step;
		list.len -= step < list.len ? step : list.len;
		n++;
	}
	return n;
}

static void put_message(char *to, const struct nft_message *m)
{
	static const struct {
		unsigned kind;
		uint16_t name, list;
		const char *words;
	} kinds[] = {
		{ NFT_MSG_NEWTABLE, NFTA_TABLE_NAME, 0, "table" }, { NFT_MSG_DELTABLE, NFTA_TABLE_NAME, 0, "no table" },
		{ NFT_MSG_NEWCHAIN, NFTA_CHAIN_NAME, 0, "chain" }, { NFT_MSG_NEWSET, NFTA_SET_NAME, 0, "set" },
		{ NFT_MSG_NEWSETELEM, NFTA_SET_ELEM_LIST_SET, NFTA_SET_ELEM_LIST_ELEMENTS, "elements" },
		{ NFT_MSG_DELSETELEM, NFTA_SET_ELEM_LIST_SET, 0, "no elements" },
		{ NFT_MSG_NEWRULE, NFTA_RULE_CHAIN, NFTA_RULE_EXPRESSIONS, "rule" },
		{ NFT_MSG_DELRULE, NFTA_RULE_CHAIN, 0, "no rules" },
	};

	for (size_t i = 0; i < ARRAY_LEN(kinds) && m->subsystem == NFNL_SUBSYS_NFTABLES; i++) {
		if (kinds[i].kind != m->kind)
			continue;
		strcat(to, kinds[i].words);
		put_attr(to, m->attrs, kinds[i].name);
		if (kinds[i].list)
			sprintf(to + strlen(to), " %u", count_in(m->attrs, kinds[i].list));
		strcat(to, "\n");
		return;
	}
	strcat(to, m->kind == NFNL_MSG_BATCH_BEGIN ? "begin\n" : m->kind == NFNL_MSG_BATCH_END ? "end\n" : "?\n");
}

static const char *read_back(struct netlink_bytes rest)
{
	static char text[1 << 16];
	struct nft_message m;

	text[0] = '\0';
	while (nft_take(&rest, &m))
		put_message(text, &m);
	assert_int_equal(rest.len, 0);
	return text;
}

static struct netlink_bytes build(void)
{
	struct buf b;

	buf_init(&b, mem, sizeof(mem));
	ruleset_build(&plan, &b);
	assert_int_equal(buf_check(&b), 0);
	assert_true(ruleset_verify(b.data, b.len));
	return (struct netlink_bytes){ b.data, b.len };
}

static void one_port(void **state)
{
	(void)state;
	br.flags = NET_PUBLISH;
	ports[0] = (struct net_port){ host("0.0.0.0"), at[0].addr[0], 8080, 8081, 80, IPPROTO_TCP, BALANCE_NONE, 0 };
	plan.port_count = 1;
	assert_string_equal(read_back(build()),
		"begin\ntable minit\nno table minit\ntable minit\n"
		"chain ports\nset port4\nelements port4 2\nrule ports 6\n"
		"chain prerouting\nrule prerouting 3\nchain output\nrule output 3\n"
		"chain postrouting\n"
		"rule postrouting 9\nrule postrouting 8\n"   /* from 127/8, ::1 */
		"rule postrouting 12\nrule postrouting 12\n" /* to a neighbour, of both families */
		"set localnet\nelements localnet 1\nchain local\nrule local 8\nrule local 8\n"
		"chain answer\nrule answer 10\nchain answered\nrule answered 8\nend\n"); /* what answers ::1 */
}

static void a_nat_bridge(void **state)
{
	(void)state;
	br.flags = NET_NAT;
	plan.no_ipv6 = true;
	assert_string_equal(read_back(build()),
		"begin\ntable minit\nno table minit\ntable minit\nset inside\nelements inside 2\n"
		"chain postrouting\nrule postrouting 8\n"
		"set isolated\nelements isolated 0\nset guarded\nelements guarded 1\n"
		"chain forward\nrule forward 4\nrule forward 4\nrule forward 5\nrule forward 3\nrule forward 5\nend\n");
}

/* A table of its own. */
static void who_is_near(void **state)
{
	const struct ruleset_plan members = { .attach = at, .stride = sizeof(at[0]), .attach_count = 2 };
	struct buf b;

	(void)state;
	at[1].addr[1].family = 0;
	buf_init(&b, mem, sizeof(mem));
	near_build(&members, &b);
	assert_int_equal(buf_check(&b), 0);
	assert_true(ruleset_verify(b.data, b.len));
	assert_string_equal(read_back((struct netlink_bytes){ b.data, b.len }),
		"begin\ntable minit_near\nno table minit_near\ntable minit_near\n"
		"set ports\nelements ports 2\nset told4\nelements told4 2\nset macs4\nelements macs4 2\n"
		"set macs6\nelements macs6 1\nchain questions\n"
		"rule questions 8\nrule questions 9\n" /* what one tells of itself; a question */
		"rule questions 11\nrule questions 11\n" /* in IPv6; of a group that is joined */
		"chain prerouting\nrule prerouting 6\nend\n");
	buf_init(&b, mem, RULESET_REMOVE);
	near_remove(&b);
	assert_string_equal(read_back((struct netlink_bytes){ b.data, b.len }),
		"begin\ntable minit_near\nno table minit_near\nend\n");
}

/* With each thing that may be asked for, alone and together, the bytes are whole messages. */
static void every_combination_is_whole(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 1u << 8; i++) {
		br.flags = i & 15;
		ports[0] = (struct net_port){ host("::"), at[0].addr[1], 80, 90, 80, IPPROTO_SCTP, BALANCE_NONE, 0 };
		ports[1] = (struct net_port){ host("127.0.0.1"), at[0].addr[0], 9, 9, 80, IPPROTO_UDP, BALANCE_RANDOM, 0 };
		groups[0] = (struct net_group){ host("127.0.0.1"), 9, IPPROTO_UDP, BALANCE_RANDOM, 0, 1 };
		allows[0] = (struct net_allow){ 0, 1, 80, 90, IPPROTO_TCP };
		allows[1] = (struct net_allow){ 1, 2, 0, 0, 0 };
		plan.port_count = i >> 4 & 2;
		plan.group_count = plan.port_count / 2;
		plan.allow_count = i >> 5 & 2;
		plan.no_ipv6 = i >> 7;
		build();
	}
}

static void a_thousand_ports_are_few_messages(void **state)
{
	struct netlink_bytes b;

	(void)state;
	br.flags = NET_PUBLISH;
	ports[0] = (struct net_port){ host("0.0.0.0"), at[0].addr[0], 1000, 2999, 80, IPPROTO_TCP, BALANCE_NONE, 0 };
	plan.port_count = 1;
	b = build();
	assert_non_null(strstr(read_back(b), "elements port4 1667\nelements port4 333\n"));
}

/* As nft 1.0.6 sends it (strace, `nft add rule inet minit x ip saddr 10.77.0.0/24 oifname "lo" masquerade` and others). */
static void bytes_of_expressions(void **state)
{
	struct nft n;
	struct buf b;

	(void)state;
	buf_init(&b, mem, sizeof(mem));
	nft_batch_begin(&n, &b);
	assert_string_equal(hex(b.data, b.len), "14000000" "1000" "0100" "01000000" "00000000" "0000000a");
	n.table = "minit";
	n.family = 1;
	buf_reset(&b);
	nft_rule(&n, "c");
	nft_masquerade(&n);
	nft_rule_end(&n);
	assert_string_equal(hex(b.data, b.len),
		"40000000" "060a" "010c" "02000000" "00000000" "01000000"
		"0a000100" "6d696e6974000000" "06000200" "63000000"
		"18000480" "14000180" "09000100" "6d61737100000000" "04000280");
	buf_reset(&b);
	nft_dnat(&n, AF_INET);
	assert_string_equal(hex(b.data, b.len),
		"30000180" "08000100" "6e617400" "24000280" "08000100" "00000001" "08000200" "00000002"
		"08000300" "00000008" "08000500" "00000009");
	buf_reset(&b);
	nft_in_net(&n, PART_SADDR4, &br.addr[0]);
	assert_string_equal(hex(b.data + 36, b.len - 36),
		"08000300" "0000000c" "08000400" "00000004" /* the end of payload */
		"44000180" "0c000100" "6269747769736500" "34000280" "08000100" "00000008" "08000200" "00000008"
		"08000300" "00000004" "0c000480" "08000100" "ffffff00" "0c000580" "08000100" "00000000"
		"2c000180" "08000100" "636d7000" "20000280" "08000100" "00000008" "08000200" "00000000"
		"0c000380" "08000100" "0a4d0000");
}

static bool is_of_family(const struct buf *b, uint8_t family)
{
	for (const struct nlmsghdr *m = (const void *)b->data; (const char *)m < b->data + b->len;
	     m = (const void *)((const char *)m + NLMSG_ALIGN(m->nlmsg_len))) {
		const struct nfgenmsg *gen = NLMSG_DATA(m);

		if (gen->nfgen_family != family && gen->nfgen_family != NFPROTO_UNSPEC)
			return false;
	}
	return true;
}

static void members_are_exchanged(void **state)
{
	const struct net_group g = { host("0.0.0.0"), 80, IPPROTO_TCP, BALANCE_SOURCE, 0, 2 };
	const struct net_member all[] = { { at[0].addr[0], 80, 0 }, { at[1].addr[0], 80, 1 } };
	const struct net_member *const members[] = { &all[0], &all[1] };
	const struct net_member *most[NET_MEMBERS], six = { .to = { .family = AF_INET6 } };
	BUF_ON_STACK(b, RULESET_GROUP);

	(void)state;
	ruleset_group(&b, 7, &g, members, 2);
	assert_string_equal(read_back((struct netlink_bytes){ b.data, b.len }),
		"begin\nno rules balance-7\nno elements balance-7\nelements balance-7 2\nrule balance-7 4\nend\n");
	buf_reset(&b);
	ruleset_group(&b, 7, &g, members, 0);
	assert_string_equal(read_back((struct netlink_bytes){ b.data, b.len }),
		"begin\nno rules balance-7\nno elements balance-7\nend\n");
	buf_reset(&b);
	for (unsigned i = 0; i < NET_MEMBERS; i++)
		most[i] = &six;
	ruleset_group(&b, NET_GROUPS, &(struct net_group){ .host = { .family = AF_INET6 }, .balance = 3 }, most, NET_MEMBERS);
	assert_int_equal(buf_check(&b), 0);
	buf_reset(&b);
	ruleset_remove(&b);
	assert_true(b.len <= RULESET_REMOVE);
	assert_true(is_of_family(&b, NFPROTO_INET)); /* a kernel may have one family and not the other */
	buf_reset(&b);
	ruleset_remove_between(&b);
	assert_true(is_of_family(&b, NFPROTO_BRIDGE));
}

/* No beginning, no end, cut, or with something of another kind in it. */
static void what_is_no_transaction(void **state)
{
	struct netlink_bytes b = build();

	(void)state;
	assert_false(ruleset_verify(b.data, 0));
	for (size_t len = 0; len < b.len; len += 4)
		assert_false(ruleset_verify(b.data, len));
	assert_false(ruleset_verify(b.data + 20, b.len - 20));
	mem[20 + 5] = 1; /* the subsystem of the first message */
	assert_false(ruleset_verify(b.data, b.len));
	for (size_t i = 0; i < b.len; i += b.len - 20) { /* what a beginning or end is by its number alone */
		b = build();
		mem[i + 5] = NFNL_SUBSYS_NFTABLES;
		assert_false(ruleset_verify(b.data, b.len));
	}
}

/* -- what the kernel says ------------------------------------------------------------------------------------------- */

static void answer(uint32_t seq, int err)
{
	struct {
		struct nlmsghdr h;
		struct nlmsgerr e;
	} m = { { sizeof(m), NLMSG_ERROR, NLM_F_CAPPED, seq, 0 }, { .error = -err } };

	memcpy(k.answers[k.count].bytes, &m, sizeof(m));
	k.answers[k.count++].len = sizeof(m);
}

static void answers(void **state)
{
	struct netlink_bytes b;

	(void)state;
	br.flags = NET_NAT;
	plan.no_ipv6 = true;
	b = build();
	answer(17, 0);
	assert_int_equal(ruleset_commit(5, b.data, b.len), 0);
	assert_int_equal(k.sent_len, b.len);
	assert_int_equal(ruleset_commit(5, b.data, b.len), -EPROTO);
	assert_string_equal(k.said, "network: 16 minit: 71 \n");
	k.said[0] = '\0';
	answer(7, ENOENT); /* the first one is what was wrong: chain postrouting */
	answer(8, EINVAL);
	assert_int_equal(ruleset_commit(5, b.data, b.len), -ENOENT);
	assert_string_equal(k.said, "network: 17 postrouting: 2 \n");
	k.said[0] = '\0';
	k.answers[k.count++].err = ENOBUFS; /* more was wrong than there was room for */
	answer(7, ENOENT);
	assert_int_equal(ruleset_commit(5, b.data, b.len), -ENOENT);
	assert_string_equal(k.said, "network: 17 postrouting: 2 \n");
	k.said[0] = '\0';
	answer(7, EOPNOTSUPP);
	assert_int_equal(ruleset_try(b.data, b.len), -EOPNOTSUPP);
	answer(17, 0);
	assert_int_equal(ruleset_try(b.data, b.len), 0);
	assert_string_equal(k.said, "");
}

static void event(uint32_t port, uint16_t type, const char *table)
{
	struct {
		struct nlmsghdr h;
		struct nfgenmsg g;
		struct nlattr a;
		char name[16];
	} m = { { 0, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), 0, 0, port }, { 0 }, { 0, 1 }, "" };

	strcpy(m.name, table);
	m.a.nla_len = (uint16_t)(4 + strlen(table) + 1);
	m.h.nlmsg_len = 20u + m.a.nla_len;
	memcpy(k.answers[k.count].bytes, &m, sizeof(m));
	k.answers[k.count++].len = NLMSG_ALIGN(m.h.nlmsg_len);
}

static void events(void **state)
{
	(void)state;
	assert_false(ruleset_was_touched(5, 77));
	event(77, NFT_MSG_DELTABLE, "minit");
	event(78, NFT_MSG_DELTABLE, "minit2");
	event(78, NFT_MSG_NEWTABLE, "mini");
	event(78, NFT_MSG_NEWGEN, "minit");
	assert_false(ruleset_was_touched(5, 77));
	event(78, NFT_MSG_DELRULE, "minit");
	event(77, NFT_MSG_NEWRULE, "minit");
	assert_true(ruleset_was_touched(5, 77));
	assert_false(ruleset_was_touched(5, 77));
	k.answers[k.count++].err = ENOBUFS; /* some were lost */
	assert_true(ruleset_was_touched(5, 77));
	event(78, NFT_MSG_DELRULE, "minit");
	k.answers[k.count - 1].from = 4711; /* not the kernel */
	assert_false(ruleset_was_touched(5, 77));
	event(78, NFT_MSG_DELRULE, "other");
	k.answers[k.count - 1].len -= 4; /* cut: better once too often */
	assert_true(ruleset_was_touched(5, 77));
}

/* -- flows ------------------------------------------------------------------------------------------------------------ */

static size_t put(char *to, uint16_t attr, const void *data, size_t len)
{
	struct nlattr a = { (uint16_t)(4 + len), attr };

	memcpy(to, &a, 4);
	memmove(to + 4, data, len);
	return NLMSG_ALIGN(4 + len);
}

static size_t put_tuple(char *to, uint16_t attr, const char *src, uint16_t sport, const char *dst, uint16_t dport, uint8_t proto)
{
	struct addr from = addr(src), dest = addr(dst);
	bool six = from.family == AF_INET6;
	uint16_t ports_[2] = { htons(sport), htons(dport) };
	char ip[64] = "", p[64] = "", all[160] = "";
	size_t n = put(ip, six ? CTA_IP_V6_SRC : CTA_IP_V4_SRC, from.bytes, six ? 16 : 4), m;

	n += put(ip + n, six ? CTA_IP_V6_DST : CTA_IP_V4_DST, dest.bytes, six ? 16 : 4);
	m = put(p, CTA_PROTO_NUM, &proto, 1);
	m += put(p + m, CTA_PROTO_SRC_PORT, &ports_[0], 2);
	m += put(p + m, CTA_PROTO_DST_PORT, &ports_[1], 2);
	n = put(all, CTA_TUPLE_IP, ip, n);
	n += put(all + n, CTA_TUPLE_PROTO, p, m);
	return put(to, attr, all, n);
}

static bool ready, changed;

static bool is_ready(const void *context, const struct net_port *port)
{
	(void)context, (void)port;
	return ready;
}

/* Is a flow to `dst`, that `back` answers, one that leads nowhere? */
static bool stale(uint8_t proto, const char *dst, uint16_t dport, const char *back, uint16_t bport)
{
	struct net_targets targets = { .bridges = &br, .bridge_count = 1, .ports = ports, .port_count = 3,
				       .changed = changed, .is_ready = is_ready };
	char m[512] = "";
	struct netlink_bytes tuple, id;
	const char *client = strchr(dst, ':') ? "2001:db8::9" : "192.0.2.9";
	size_t n = sizeof(struct nfgenmsg);

	n += put_tuple(m + n, CTA_TUPLE_ORIG, client, 5555, dst, dport, proto);
	n += put_tuple(m + n, CTA_TUPLE_REPLY, back, bport, client, 5555, proto);
	n += put(m + n, CTA_ID, "iiii", 4);
	for (size_t cut = 0; cut < n; cut++) { /* whatever is missing: nothing is done */
		char *copy = malloc(cut + 1);

		memcpy(copy, m, cut);
		assert_false(flow_is_stale((struct netlink_bytes){ copy, cut }, &targets, &tuple, &id));
		free(copy);
	}
	return flow_is_stale((struct netlink_bytes){ m, n }, &targets, &tuple, &id);
}

static void flows(void **state)
{
	(void)state;
	ports[0] = (struct net_port){ host("0.0.0.0"), at[0].addr[0], 53, 54, 5353, IPPROTO_UDP, BALANCE_NONE, 0 };
	ports[1] = (struct net_port){ host("fd77::1"), at[0].addr[1], 53, 53, 53, IPPROTO_UDP, BALANCE_NONE, 0 };
	ports[2] = (struct net_port){ host("0.0.0.0"), at[1].addr[0], 99, 99, 99, IPPROTO_UDP, BALANCE_RANDOM, 1 };
	assert_false(stale(IPPROTO_UDP, "192.0.2.1", 53, "10.77.0.10", 5353));
	assert_false(stale(IPPROTO_UDP, "192.0.2.1", 54, "10.77.0.10", 5354));
	assert_true(stale(IPPROTO_UDP, "192.0.2.1", 54, "10.77.0.10", 5353));  /* to another port */
	assert_true(stale(IPPROTO_UDP, "192.0.2.1", 53, "192.0.2.1", 53));     /* began before it was published */
	assert_true(stale(IPPROTO_UDP, "192.0.2.1", 53, "10.77.0.99", 5353));  /* to one that is no more */
	assert_false(stale(IPPROTO_UDP, "192.0.2.1", 53, "172.17.0.2", 5353)); /* somebody else's doing */
	assert_false(stale(IPPROTO_UDP, "192.0.2.1", 52, "192.0.2.1", 52));
	assert_false(stale(IPPROTO_UDP, "2001:db8::1", 53, "2001:db8::1", 53)); /* not of this address */
	assert_true(stale(IPPROTO_UDP, "fd77::1", 53, "fd77::1", 53));
	assert_false(stale(IPPROTO_TCP, "192.0.2.1", 53, "192.0.2.1", 53));
	ready = true;
	assert_false(stale(IPPROTO_UDP, "192.0.2.1", 99, "10.77.0.11", 99));
	ready = false;
	assert_true(stale(IPPROTO_UDP, "192.0.2.1", 99, "10.77.0.11", 99));
	assert_false(stale(IPPROTO_UDP, "192.0.2.1", 98, "10.77.0.10", 98)); /* somebody else has published that */
	changed = true;
	assert_true(stale(IPPROTO_UDP, "192.0.2.1", 98, "10.77.0.10", 98)); /* unless it was a table before this one */
	assert_false(stale(IPPROTO_UDP, "192.0.2.1", 98, "172.17.0.2", 98));
	assert_false(stale(IPPROTO_UDP, "192.0.2.1", 98, "192.0.2.1", 98));
	assert_false(stale(IPPROTO_TCP, "192.0.2.1", 98, "10.77.0.10", 98)); /* a connection ends by itself */
	changed = false;
	ports[1] = (struct net_port){ host("192.0.2.7"), at[1].addr[0], 53, 53, 53, IPPROTO_UDP, BALANCE_NONE, 0 };
	assert_true(stale(IPPROTO_UDP, "192.0.2.7", 53, "10.77.0.10", 5353)); /* the port of this address is another's */
	assert_false(stale(IPPROTO_UDP, "192.0.2.7", 53, "10.77.0.11", 53));
	assert_false(stale(IPPROTO_UDP, "192.0.2.1", 53, "10.77.0.10", 5353));
	assert_false(stale(IPPROTO_UDP, "192.0.2.7", 54, "10.77.0.10", 5354));
}

/* The kernel's telling ends, fails, or is nonsense. */
static void a_sweep_ends(void **state)
{
	const struct net_targets none = { .port_count = 0 };

	(void)state;
	assert_int_equal(flows_sweep(5, &none), 1); /* nothing has come yet */
	answer(IPCTNL_MSG_CT_DELETE, ENOENT);       /* it had gone by itself */
	assert_int_equal(flows_sweep(5, &none), 1);
	answer(IPCTNL_MSG_CT_GET, EOPNOTSUPP);
	assert_int_equal(flows_sweep(5, &none), -EOPNOTSUPP);
	answer(IPCTNL_MSG_CT_GET, 0);
	((struct nlmsghdr *)(void *)k.answers[k.count - 1].bytes)->nlmsg_type = NLMSG_DONE;
	assert_int_equal(flows_sweep(5, &none), 0);
	answer(0, 0);
	((struct nlmsghdr *)(void *)k.answers[k.count - 1].bytes)->nlmsg_len = 1000;
	assert_int_equal(flows_sweep(5, &none), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(one_port, setup),
		cmocka_unit_test_setup(a_nat_bridge, setup),
		cmocka_unit_test_setup(who_is_near, setup),
		cmocka_unit_test_setup(every_combination_is_whole, setup),
		cmocka_unit_test_setup(a_thousand_ports_are_few_messages, setup),
		cmocka_unit_test_setup(bytes_of_expressions, setup),
		cmocka_unit_test_setup(members_are_exchanged, setup),
		cmocka_unit_test_setup(what_is_no_transaction, setup),
		cmocka_unit_test_setup(answers, setup),
		cmocka_unit_test_setup(events, setup),
		cmocka_unit_test_setup(flows, setup),
		cmocka_unit_test_setup(a_sweep_ends, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
