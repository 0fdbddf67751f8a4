// links: net/found.c net/found_rules.c net/nft_list.c net/netlink.c net/list.c net/inbox.c net/link.c net/mark.c net/nft.c net/nft_rules.c net/nft_sets.c net/walk.c net/tell_rules.c net/tell_expr.c net/tell_value.c net/ruleset.c lib/text.c lib/buf.c
// links: net/balance.c net/between.c net/near.c net/mac.c lib/arena.c lib/buf.c lib/fd.c lib/addr.c lib/text.c
// flags: -Wl,--wrap=send,--wrap=recvmsg,--wrap=setns,--wrap=socket,--wrap=setsockopt
/* What `minit net` reads: counters, rates, addresses, routes and the sets of the ruleset, as a kernel of our own has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/gen_stats.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "net/requests.h"
#include "net/rules.h"

/* -- a kernel: an answer for each type of request, then the end of the list --------------------------------------- */

static struct {
	struct answer {
		uint16_t type; /* of the request */
		_Alignas(8) char bytes[2048];
		size_t len;
	} answers[16];
	unsigned count, next;
	uint16_t asked; /* the list that is being read; 0: its end has been told */
	uint32_t seq;
	int refuses; /* errno of a request of type RTM_GETQDISC */
} k;

int __wrap_setns(int fd, int type)
{
	(void)type;
	errno = EPERM;
	return fd == 7 ? 0 : -1;
}

int __wrap_socket(int domain, int type, int protocol)
{
	(void)domain, (void)type, (void)protocol;
	return 777;
}

int __wrap_setsockopt(int fd, int level, int option, const void *value, socklen_t len)
{
	(void)fd, (void)level, (void)option, (void)value, (void)len;
	return 0;
}

int net_failed(const char *object, const struct netlink_request *request, int err, const char *words)
{
	(void)object, (void)request, (void)words;
	return -err;
}

ssize_t __wrap_send(int fd, const void *data, size_t len, int flags)
{
	struct nlmsghdr h;

	(void)fd, (void)flags;
	memcpy(&h, data, sizeof(h));
	assert_int_equal(h.nlmsg_len, len);
	assert_true(h.nlmsg_flags & NLM_F_DUMP);
	k.asked = h.nlmsg_type;
	k.seq = h.nlmsg_seq;
	k.next = 0;
	return (ssize_t)len;
}

static ssize_t end_list(void *mem)
{
	struct {
		struct nlmsghdr h;
		struct nlmsgerr e;
	} m = { .h = { .nlmsg_type = NLMSG_DONE, .nlmsg_len = sizeof(m.h) + 4, .nlmsg_seq = k.seq } };

	if (k.asked == RTM_GETQDISC && k.refuses) {
		m.h.nlmsg_type = NLMSG_ERROR;
		m.h.nlmsg_len = sizeof(m);
		m.e.error = -k.refuses;
	}
	k.asked = 0;
	memcpy(mem, &m, m.h.nlmsg_len);
	return m.h.nlmsg_len;
}

ssize_t __wrap_recvmsg(int fd, struct msghdr *msg, int flags)
{
	char *mem = msg->msg_iov->iov_base;
	struct answer *a;

	(void)fd, (void)flags;
	msg->msg_controllen = 0;
	if (!k.asked) {
		errno = EAGAIN;
		return -1;
	}
	while (k.next < k.count && k.answers[k.next].type != k.asked)
		k.next++;
	if (k.next == k.count)
		return end_list(mem);
	a = &k.answers[k.next++];
	((struct nlmsghdr *)(void *)a->bytes)->nlmsg_seq = k.seq;
	((struct nlmsghdr *)(void *)a->bytes)->nlmsg_len = (uint32_t)a->len;
	memcpy(mem, a->bytes, a->len);
	return (ssize_t)a->len;
}

/* -- what it says --------------------------------------------------------------------------------------------------- */

static struct answer *begin(uint16_t asked, uint16_t type, const void *header, size_t len)
{
	struct answer *a = &k.answers[k.count++];

	*a = (struct answer){ .type = asked, .len = sizeof(struct nlmsghdr) };
	((struct nlmsghdr *)(void *)a->bytes)->nlmsg_type = type;
	memcpy(a->bytes + a->len, header, len);
	a->len += NLMSG_ALIGN(len);
	return a;
}

static void put(struct answer *a, uint16_t attr, const void *data, size_t len)
{
	struct rtattr r = { .rta_len = (uint16_t)(sizeof(r) + len), .rta_type = attr };

	memcpy(a->bytes + a->len, &r, sizeof(r));
	if (len)
		memcpy(a->bytes + a->len + sizeof(r), data, len);
	a->len += NLMSG_ALIGN(r.rta_len);
}

static size_t nest(struct answer *a, uint16_t attr)
{
	size_t at = a->len;

	put(a, attr, "", 0);
	return at;
}

static void nest_end(struct answer *a, size_t at)
{
	((struct rtattr *)(void *)(a->bytes + at))->rta_len = (uint16_t)(a->len - at);
}

static void add_port(const char *name, int index, uint8_t state)
{
	struct ifinfomsg ifi = { .ifi_index = index, .ifi_flags = IFF_UP | IFF_RUNNING };
	struct rtnl_link_stats64 stats = { .rx_bytes = 100, .rx_packets = 10, .rx_dropped = 1, .tx_bytes = 2000,
					   .tx_packets = 20, .tx_dropped = 2 };
	struct answer *a = begin(RTM_GETLINK, RTM_NEWLINK, &ifi, sizeof(ifi));
	size_t info, data;

	put(a, IFLA_IFNAME, name, strlen(name) + 1);
	put(a, IFLA_MTU, &(uint32_t){ 1400 }, 4);
	put(a, IFLA_MASTER, &(uint32_t){ 5 }, 4);
	put(a, IFLA_STATS64, &stats, sizeof(stats));
	info = nest(a, IFLA_LINKINFO);
	put(a, IFLA_INFO_KIND, "veth", 5);
	put(a, IFLA_INFO_SLAVE_KIND, "bridge", 7);
	data = nest(a, IFLA_INFO_SLAVE_DATA);
	put(a, IFLA_BRPORT_STATE, &state, 1);
	nest_end(a, data);
	nest_end(a, info);
}

static void add_rate(int index, uint32_t parent, uint64_t bytes)
{
	struct tcmsg tc = { .tcm_ifindex = index, .tcm_parent = parent };
	struct tc_tbf_qopt how = { .rate.rate = (uint32_t)bytes };
	struct gnet_stats_queue queue = { .drops = 40 };
	struct answer *a = begin(RTM_GETQDISC, RTM_NEWQDISC, &tc, sizeof(tc));
	size_t at;

	put(a, TCA_KIND, "tbf", 4);
	at = nest(a, TCA_OPTIONS);
	put(a, TCA_TBF_PARMS, &how, sizeof(how));
	nest_end(a, at);
	at = nest(a, TCA_STATS2);
	put(a, TCA_STATS_QUEUE, &queue, sizeof(queue));
	nest_end(a, at);
}

static struct arena mem;
static struct net_found found;

static int setup(void **state)
{
	(void)state;
	memset(&k, 0, sizeof(k));
	arena_close(&mem);
	return arena_open(&mem, 16 << 20);
}

static const struct net_found_link *read_link(const char *name)
{
	assert_int_equal(net_found_read(7, &mem, &found), 0);
	return net_found_link(&found, name);
}

static void counters_of_a_port_with_what_its_rate_has_dropped(void **state)
{
	const struct net_found_link *l;

	(void)state;
	add_port("mv0", 3, 3);
	add_port("mv1", 4, 2);
	add_rate(3, TC_H_ROOT, 6250000);
	add_rate(4, 0x10001, 1000); /* below another one, which counts it too */
	l = read_link("mv0");
	assert_int_equal(found.link_count, 2);
	assert_int_equal(l->counts.in_bytes, 100);
	assert_int_equal(l->counts.in_packets, 10);
	assert_int_equal(l->counts.in_dropped, 1);
	assert_int_equal(l->counts.out_bytes, 2000);
	assert_int_equal(l->counts.out_packets, 20);
	assert_int_equal(l->counts.out_dropped, 42);
	assert_int_equal(l->rate_bps, 50000000);
	assert_int_equal(l->mtu, 1400);
	assert_int_equal(l->master, 5);
	assert_true(l->works);
	l = net_found_link(&found, "mv1");
	assert_false(l->works); /* it only learns */
	assert_int_equal(l->counts.out_dropped, 2);
	assert_int_equal(l->rate_bps, 0);
	assert_null(net_found_link(&found, "mv2"));
}

static void a_kernel_without_traffic_control(void **state)
{
	(void)state;
	add_port("mv0", 3, 3);
	k.refuses = EOPNOTSUPP;
	assert_int_equal(read_link("mv0")->counts.out_dropped, 2);
	k.refuses = EPERM;
	assert_int_equal(net_found_read(7, &mem, &found), -EPERM);
	assert_int_equal(net_found_read(8, &mem, &found), -EPERM); /* and a network that may not be entered */
}

static void addresses_and_routes(void **state)
{
	struct ifaddrmsg ifa = { .ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_index = 2 };
	struct rtmsg rt = { .rtm_family = AF_INET, .rtm_table = RT_TABLE_MAIN, .rtm_type = RTN_UNICAST };
	struct answer *a = begin(RTM_GETADDR, RTM_NEWADDR, &ifa, sizeof(ifa));

	(void)state;
	put(a, IFA_ADDRESS, (uint8_t[]){ 10, 0, 0, 9 }, 4); /* the far end's */
	put(a, IFA_LOCAL, (uint8_t[]){ 10, 0, 0, 1 }, 4);
	a = begin(RTM_GETROUTE, RTM_NEWROUTE, &rt, sizeof(rt));
	put(a, RTA_GATEWAY, (uint8_t[]){ 10, 0, 0, 254 }, 4);
	put(a, RTA_OIF, &(uint32_t){ 2 }, 4);
	put(a, RTA_PRIORITY, &(uint32_t){ 7 }, 4);
	rt.rtm_table = RT_TABLE_LOCAL;
	begin(RTM_GETROUTE, RTM_NEWROUTE, &rt, sizeof(rt));
	assert_null(read_link("eth0"));
	assert_int_equal(found.addr_count, 1);
	assert_int_equal(found.addrs[0].addr.bytes[3], 1);
	assert_int_equal(found.addrs[0].addr.prefix, 24);
	assert_int_equal(found.route_count, 1);
	assert_int_equal(found.routes[0].index, 2);
	assert_int_equal(found.routes[0].route.via.bytes[3], 254);
	assert_int_equal(found.routes[0].route.to.prefix, 0);
	assert_int_equal(found.routes[0].route.metric, 7);
	assert_int_equal(found.routes[0].route.table, 0);
}

/* -- the ruleset ---------------------------------------------------------------------------------------------------- */

#define NFT(kind) (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_##kind)

static struct answer *begin_nft(uint16_t asked, uint16_t type, uint8_t family, const char *table)
{
	struct nfgenmsg g = { .nfgen_family = family };
	struct answer *a = begin(asked, type, &g, sizeof(g));

	put(a, NFTA_TABLE_NAME, table, strlen(table) + 1);
	return a;
}

static void add_element(struct answer *a, const struct nft_value *key, const struct nft_value *data)
{
	size_t e = nest(a, NFTA_LIST_ELEM), value = nest(a, NFTA_SET_ELEM_KEY);

	put(a, NFTA_DATA_VALUE, key->bytes, key->len);
	nest_end(a, value);
	value = nest(a, NFTA_SET_ELEM_DATA);
	put(a, NFTA_DATA_VALUE, data->bytes, data->len);
	nest_end(a, value);
	nest_end(a, e);
}

static struct addr addr(const char *text)
{
	struct addr a;

	assert_int_equal(text_addr(text, &a), 0);
	return a;
}

static void a_port_is_looked_for_in_the_maps(void **state)
{
	struct net_port port = { .host = { .family = AF_INET }, .to = addr("10.0.0.9"), .low = 8080, .last = 8080,
				 .to_low = 80, .proto = IPPROTO_TCP };
	struct nft_value key = { .len = 0 }, to = target_of(&port.to, 80);
	struct net_found_rules rules;
	struct answer *a;
	size_t list;

	(void)state;
	value_put_u8(&key, IPPROTO_TCP);
	value_put_port(&key, 8080);
	begin_nft(NFT(GETRULE), NFT(NEWRULE), NFPROTO_INET, NET_TABLE);
	begin_nft(NFT(GETRULE), NFT(NEWRULE), NFPROTO_INET, "theirs");
	a = begin_nft(NFT(GETSET), NFT(NEWSET), NFPROTO_INET, NET_TABLE);
	put(a, NFTA_SET_NAME, "port4", 6);
	a = begin_nft(NFT(GETSETELEM), NFT(NEWSETELEM), NFPROTO_INET, NET_TABLE);
	put(a, NFTA_SET_ELEM_LIST_SET, "port4", 6);
	list = nest(a, NFTA_SET_ELEM_LIST_ELEMENTS);
	add_element(a, &key, &to);
	nest_end(a, list);
	assert_int_equal(net_found_rules_read(&mem, &rules), 0);
	assert_int_equal(rules.rule_count, 2); /* of both families, by a kernel that asks for none of them */
	assert_true(net_found_port(&rules, &port, -1));
	port.to_low = 81;
	assert_false(net_found_port(&rules, &port, -1));
	port.to_low = 80;
	port.proto = IPPROTO_UDP;
	assert_false(net_found_port(&rules, &port, -1));
	port.proto = IPPROTO_TCP;
	port.host = addr("127.0.0.1");
	assert_false(net_found_port(&rules, &port, -1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(counters_of_a_port_with_what_its_rate_has_dropped, setup),
		cmocka_unit_test_setup(a_kernel_without_traffic_control, setup),
		cmocka_unit_test_setup(addresses_and_routes, setup),
		cmocka_unit_test_setup(a_port_is_looked_for_in_the_maps, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
