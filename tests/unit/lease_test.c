// links: init/lease_news.c net/lease.c net/usable.c net/netlink.c net/inbox.c net/addr.c lib/buf.c lib/fd.c lib/addr.c lib/addr_use.c lib/text.c lib/clock.c
// flags: -Wl,--wrap=link_find,--wrap=link_find_failed,--wrap=net_run,--wrap=netlink_send,--wrap=netlink_next
// flags: -Wl,--wrap=socket,--wrap=bind,--wrap=send,--wrap=recvmsg,--wrap=poll
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "init/lease.h"
#include "net/requests.h"

/* -- what a client says -------------------------------------------------------------------------- */

static struct news n;
static char said[512];

/* NAME=VALUE each, as the environment has them; what is read of them comes into `said`, or what is wrong. */
static const char *read_of(uint8_t family, ...)
{
	struct buf b = { .data = said, .size = sizeof(said) };
	char **all = environ, *set[16] = { NULL };
	const char *wrong;
	va_list ap;

	va_start(ap, family);
	for (size_t i = 0; (set[i] = va_arg(ap, char *)); i++)
		;
	va_end(ap);
	environ = set;
	memset(&n, 0, sizeof(n));
	n.link = "wan";
	n.family = family;
	wrong = news_read(&n);
	environ = all;
	if (wrong)
		return wrong;
	text_put_addr(&b, &n.lease.addr, true);
	buf_fmt(&b, " %d %d [%s]", (int)n.lease.preferred, (int)n.lease.seconds, n.search);
	for (unsigned i = 0; i < n.servers; i++) {
		buf_char(&b, ' ');
		text_put_addr(&b, &n.server[i], false);
	}
	return buf_text(&b);
}

#define IPV4(...) read_of(AF_INET, __VA_ARGS__, NULL)
#define IPV6(...) read_of(AF_INET6, __VA_ARGS__, NULL)

static void each_client_has_words_of_its_own(void **state)
{
	(void)state;
	assert_string_equal(IPV6("ipv6=fd00::5", "lease=60", "dns=fd00::53 fd00::54", "search=a.example b.example"),
			    "fd00::5/128 60 60 [a.example b.example] fd00::53 fd00::54");
	assert_string_equal(IPV6("ip=fd00::5"), "fd00::5/128 -1 -1 []");
	assert_string_equal(IPV6("new_ip6_address=fd00::5", "new_ip6_prefixlen=64", "new_max_life=60",
				 "new_preferred_life=50", "new_dhcp6_name_servers=fd00::53",
				 "new_dhcp6_domain_search=a.example. b.example."),
			    "fd00::5/128 50 60 [a.example b.example] fd00::53");
	assert_string_equal(IPV6("ADDRESSES=fd00::5/128,50,60,20,30 fd00::6/128,1,2", "RDNSS=fd00::53", "DOMAINS=a.example"),
			    "fd00::5/128 50 60 [a.example] fd00::53");
	assert_string_equal(IPV4("ip=192.0.2.5", "mask=24", "lease=60", "router=192.0.2.1", "dns=192.0.2.53",
				 "domain=a.example", "MINIT_LEASE_METRIC=7"),
			    "192.0.2.5/24 60 60 [a.example] 192.0.2.53");
	assert_true(n.lease.metric == 7 && n.lease.router.bytes[3] == 1);
	assert_string_equal(IPV4("new_ip_address=192.0.2.5", "new_subnet_mask=255.255.255.128", "new_dhcp_lease_time=60",
				 "new_domain_name_servers=192.0.2.53", "new_domain_name=a.example"),
			    "192.0.2.5/25 60 60 [a.example] 192.0.2.53");
}

static void what_is_wrong_beside_the_address_is_left_out(void **state)
{
	static const char *const routers[] = { "router=0.0.0.0", "router=127.0.0.1", "router=224.0.0.1",
					       "router=255.255.255.255 192.0.2.1" };
	static char word[10240];

	(void)state;
	assert_string_equal(IPV6("ipv6=fd00::5", "dns=x 192.0.2.53 fd00::53/64 fd00::1 fd00::2 fd00::3 fd00::4",
				 "search=d.example $(e)"),
			    "fd00::5/128 -1 -1 [] fd00::1 fd00::2 fd00::3");
	assert_string_equal(IPV6("ipv6=fd00::5", "search=.c"), "fd00::5/128 -1 -1 []");
	memset(memcpy(word, "search=d.example ", 17) + 17, 'a', sizeof(word) - 18);
	assert_string_equal(IPV6("ipv6=fd00::5", word), "fd00::5/128 -1 -1 []");
	assert_string_equal(IPV6("ipv6=fd00::5", "search=a;b d.example"), "fd00::5/128 -1 -1 []");
	assert_string_equal(IPV4("ip=192.0.2.5", "mask=24", "lease=nan", "router=x", "dns=fd00::53"),
			    "192.0.2.5/24 -1 -1 []");
	assert_true(!n.lease.router.family);
	for (size_t i = 0; i < ARRAY_LEN(routers); i++) {
		assert_string_equal(IPV4("ip=192.0.2.5", "mask=24", routers[i]), "192.0.2.5/24 -1 -1 []");
		assert_true(!n.lease.router.family);
	}
}

static void more_domains_than_there_is_room_for(void **state)
{
	static char list[4096] = "search=";

	(void)state;
	for (int i = 0; i < 60; i++)
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "domain%d.example ", i);
	IPV6("ipv6=fd00::5", list);
	assert_true(strlen(n.search) < LEASE_SEARCH && strlen(n.search) > LEASE_SEARCH - 20);
	assert_true(!strncmp(n.search, "domain0.example domain1.example ", 32));
}

static void what_is_no_lease(void **state)
{
	static const char address[] = "the client has told no IPv6 address that a host can have";
	static const char prefix[] = "the client has told a prefix length that is no number from 0 to 128";
	static const char life[] = "the client has told a lifetime that is no number of seconds";
	static const char *const none[] = {
		"x=", "ipv6=", "ipv6=fd00::g", "ipv6=192.0.2.5", "ipv6=ff02::1", "ipv6=fe80::1", "ipv6=febf::1",
		"ipv6=::", "ipv6=::1", "ADDRESSES=fd00::5/129,1,2", "ADDRESSES=,", "ADDRESSES=fd00::5/128,12345678901234567,2",
	};
	static const char *const none4[][2] = {
		{ "ip=127.0.0.1", "mask=24" }, { "ip=0.0.0.0", "mask=24" }, { "ip=224.0.0.5", "mask=24" },
		{ "ip=255.255.255.255", "mask=32" }, { "ip=192.0.2.5", "mask=0" }, { "ip=192.0.2.5", "subnet=0.0.0.0" },
	};
	static char long_address[10240], long_life[10240] = "lease=1";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		assert_string_equal(IPV6(none[i]), address);
	for (size_t i = 0; i < ARRAY_LEN(none4); i++)
		assert_string_equal(IPV4(none4[i][0], none4[i][1]),
				    "the client has told no address and mask that a host can have");
	memset(long_address, '1', sizeof(long_address) - 1);
	memcpy(long_address, "ipv6=", 5);
	memset(long_life + 7, '0', sizeof(long_life) - 8);
	assert_string_equal(IPV6(long_address), address);
	assert_string_equal(IPV6("ipv6=fd00::5", long_life), life);
	assert_string_equal(IPV6("ipv6=fd00::5", "lease=-1"), life);
	assert_string_equal(IPV6("ipv6=fd00::5", "lease=4294967296"), life);
	assert_string_equal(IPV6("ADDRESSES=fd00::5/128,-1,2"), life);
	assert_string_equal(IPV6("new_ip6_address=fd00::5", "new_ip6_prefixlen=129"), prefix);
	assert_string_equal(IPV6("new_ip6_address=fd00::5", "new_ip6_prefixlen=-1"), prefix);
	assert_string_equal(IPV6("new_ip6_address=fd00::5", "new_max_life=10", "new_preferred_life=20"),
			    "the client has told a preferred lifetime that is longer than the valid one");
	assert_string_equal(IPV4("ip=192.0.2.5"), "the client has told no address with its mask");
	assert_string_equal(IPV4("ip=192.0.2.5", "mask=255.0.255.0"), "the client has told no address with its mask");
	assert_string_equal(IPV4("ip=fd00::5", "mask=24"), "the client has told no address with its mask");
}

/* -- what the kernel is asked -------------------------------------------------------------------- */

static char asked[1024];

int __wrap_link_find(struct netlink *nl, const char *name, struct link_info *ret)
{
	(void)nl;
	*ret = (struct link_info){ .index = 5 };
	return strcmp(name, "wan") ? -ENODEV : 0;
}

int __wrap_link_find_failed(const char *object, const char *name, int err)
{
	(void)object, (void)name;
	return err;
}

static struct netlink_bytes attr_of(struct netlink_bytes attrs, uint16_t type)
{
	struct netlink_bytes got = { "", 0 };

	netlink_find(attrs, type, &got);
	return got;
}

static void tell_address(struct buf *b, const struct nlmsghdr *h)
{
	const struct ifaddrmsg *ifa = NLMSG_DATA(h);
	struct netlink_bytes attrs = { (const char *)(ifa + 1), h->nlmsg_len - sizeof(*h) - sizeof(*ifa) };
	struct netlink_bytes until = attr_of(attrs, IFA_CACHEINFO), flags = attr_of(attrs, IFA_FLAGS);
	struct addr a = { .family = ifa->ifa_family, .prefix = ifa->ifa_prefixlen };

	memcpy(a.bytes, attr_of(attrs, IFA_LOCAL).data, attr_of(attrs, IFA_LOCAL).len);
	buf_fmt(b, "%s %u ", h->nlmsg_type == RTM_NEWADDR ? "new" : "del", ifa->ifa_index);
	text_put_addr(b, &a, true);
	if (until.len == sizeof(struct ifa_cacheinfo))
		buf_fmt(b, " preferred %u valid %u", ((const struct ifa_cacheinfo *)(const void *)until.data)->ifa_prefered,
			((const struct ifa_cacheinfo *)(const void *)until.data)->ifa_valid);
	if (flags.len == 4)
		buf_fmt(b, " flags %x", *(const uint32_t *)(const void *)flags.data);
	if (attr_of(attrs, IFA_BROADCAST).len)
		buf_str(b, " broadcast");
	buf_char(b, '\n');
}

static void tell_all(struct netlink_batch *batch)
{
	struct buf b = { .data = asked, .size = sizeof(asked) };
	const struct nlmsghdr *h;

	assert_int_equal(buf_check(&batch->buf), 0);
	for (size_t at = 0; at < batch->buf.len; at += NLMSG_ALIGN(h->nlmsg_len)) {
		h = (const void *)(batch->buf.data + at);
		if (h->nlmsg_type == RTM_NEWADDR || h->nlmsg_type == RTM_DELADDR)
			tell_address(&b, h);
		else
			buf_fmt(&b, "%s\n", h->nlmsg_type == RTM_NEWROUTE ? "new route" : "del route");
	}
	buf_text(&b);
}

/* The length of the last message is put when it is sent: here it is what is left. */
static void seal_last(struct netlink_batch *b)
{
	uint32_t len = (uint32_t)(b->buf.len - b->at);

	memcpy(b->buf.data + b->at, &len, sizeof(len));
}

int __wrap_net_run(struct net_session *s, const char *object, struct netlink_batch *b)
{
	(void)s, (void)object;
	seal_last(b);
	tell_all(b);
	return b->request[0].given ? 0 : -EINVAL;
}

int __wrap_netlink_send(struct netlink_batch *b)
{
	seal_last(b);
	tell_all(b);
	return 0;
}

int __wrap_netlink_next(const struct netlink_batch *b, struct netlink_answer *a)
{
	(void)b, (void)a;
	return 0;
}

static struct net_session net;

static void an_address_of_ipv6_has_its_lifetimes_and_no_subnet(void **state)
{
	struct net_lease lease = { .seconds = 60, .preferred = 50 };

	(void)state;
	assert_int_equal(text_addr("fd00::5", &lease.addr), 0);
	assert_int_equal(net_lease_put(&net, "wan", &lease), 0);
	assert_string_equal(asked, "new 5 fd00::5/128 preferred 50 valid 60 flags 200\n"); /* IFA_F_NOPREFIXROUTE */
	net_lease_drop(&net, "wan", &lease);
	assert_string_equal(asked, "del 5 fd00::5/128\n");
	assert_int_equal(net_lease_put(&net, "lan", &lease), -ENODEV);
}

static void one_of_ipv4_has_them_too(void **state)
{
	struct net_lease lease = { .seconds = 60, .preferred = 60 };

	(void)state;
	assert_int_equal(text_addr("192.0.2.5/24", &lease.addr) | text_addr("192.0.2.1", &lease.router), 0);
	assert_int_equal(net_lease_put(&net, "wan", &lease), 0);
	assert_string_equal(asked, "new 5 192.0.2.5/24 preferred 60 valid 60 broadcast\nnew route\n");
	net_lease_drop(&net, "wan", &lease);
	assert_string_equal(asked, "del route\ndel 5 192.0.2.5/24\n");
}

/* -- when it can be used ------------------------------------------------------------------------- */

static struct {
	uint8_t bytes[16][256];
	size_t len[16];
	uint32_t from[16]; /* port of the sender */
	int err[16];       /* errno in place of it */
	unsigned count, next, asked;
} queue;

int __wrap_socket(int domain, int type, int protocol)
{
	(void)type, (void)protocol;
	return domain == AF_NETLINK ? 77 : -1;
}

int __wrap_bind(int fd, const struct sockaddr *name, socklen_t size)
{
	(void)fd, (void)size;
	assert_int_equal(((const struct sockaddr_nl *)(const void *)name)->nl_groups, RTMGRP_IPV6_IFADDR);
	return 0;
}

ssize_t __wrap_send(int fd, const void *data, size_t size, int flags)
{
	const struct nlmsghdr *h = data;

	(void)flags;
	queue.asked++;
	assert_true(fd == 77 && h->nlmsg_type == RTM_GETADDR && h->nlmsg_flags & NLM_F_DUMP && h->nlmsg_len == size);
	return (ssize_t)size;
}

int __wrap_poll(struct pollfd *p, nfds_t count, int ms)
{
	assert_true(count == 1 && p->fd == 77 && ms > 0);
	return queue.next < queue.count;
}

ssize_t __wrap_recvmsg(int fd, struct msghdr *msg, int flags)
{
	size_t len = queue.len[queue.next];

	assert_true(fd == 77 && flags & MSG_DONTWAIT && len <= msg->msg_iov->iov_len);
	memcpy(msg->msg_iov->iov_base, queue.bytes[queue.next], len);
	((struct sockaddr_nl *)msg->msg_name)->nl_pid = queue.from[queue.next];
	msg->msg_controllen = 0;
	errno = queue.err[queue.next++];
	return errno ? -1 : (ssize_t)len;
}

static size_t put(uint8_t *at, uint16_t type, uint32_t index, uint8_t scope, const char *address, uint32_t flags)
{
	struct {
		struct nlmsghdr h;
		struct ifaddrmsg ifa;
		struct nlattr address;
		uint8_t bytes[16];
		struct nlattr flags;
		uint32_t value;
	} m = { { .nlmsg_type = type, .nlmsg_len = sizeof(m) },
		{ .ifa_family = AF_INET6, .ifa_index = index, .ifa_scope = scope, .ifa_flags = (uint8_t)flags },
		{ 20, IFA_ADDRESS }, { 0 }, { 8, IFA_FLAGS }, flags };
	struct addr a;

	assert_int_equal(text_addr(address, &a), 0);
	memcpy(m.bytes, a.bytes, 16);
	memcpy(at, &m, sizeof(m));
	return sizeof(m);
}

static void comes(uint16_t type, uint32_t index, uint8_t scope, const char *address, uint32_t flags)
{
	queue.len[queue.count] = put(queue.bytes[queue.count], type, index, scope, address, flags);
	queue.count++;
}

static int usable(const char *address)
{
	struct addr a;
	int fd = net_usable_open();

	assert_int_equal(fd, 77);
	if (!address)
		return net_usable(&net, fd, "wan", NULL, 1000);
	assert_int_equal(text_addr(address, &a), 0);
	return net_usable(&net, fd, "wan", &a, 1000);
}

static int fresh(void **state)
{
	(void)state;
	memset(&queue, 0, sizeof(queue));
	return 0;
}

static void it_waits_for_its_own_address(void **state)
{
	(void)state;
	comes(RTM_NEWADDR, 4, 0, "fd00::5", 0);
	comes(RTM_NEWADDR, 5, 0, "fd00::6", 0);
	comes(RTM_NEWADDR, 5, 0, "fd00::5", IFA_F_TENTATIVE);
	comes(RTM_NEWLINK, 5, 0, "fd00::5", 0);
	comes(RTM_NEWADDR, 5, 0, "fd00::5", IFA_F_NOPREFIXROUTE);
	comes(RTM_NEWADDR, 5, 0, "fd00::5", IFA_F_DADFAILED);
	assert_int_equal(usable("fd00::5"), 0);
	assert_int_equal(queue.next, 5);
}

static void several_in_one(void **state)
{
	(void)state;
	queue.len[0] = put(queue.bytes[0], RTM_NEWADDR, 5, 0, "fd00::6", 0);
	queue.len[0] += put(queue.bytes[0] + queue.len[0], RTM_NEWADDR, 5, 0, "fd00::5", IFA_F_PERMANENT);
	queue.count = 1;
	assert_int_equal(usable("fd00::5"), 0);
}

static void somebody_else_has_it(void **state)
{
	(void)state;
	comes(RTM_NEWADDR, 5, 0, "fd00::5", IFA_F_TENTATIVE);
	comes(RTM_DELADDR, 5, 0, "fd00::5", IFA_F_TENTATIVE | IFA_F_DADFAILED);
	assert_int_equal(usable("fd00::5"), -EADDRINUSE);
	comes(RTM_NEWADDR, 5, 0, "fd00::5", IFA_F_PERMANENT | IFA_F_DADFAILED);
	assert_int_equal(usable("fd00::5"), -EADDRINUSE);
	comes(RTM_DELADDR, 5, 0, "fd00::5", 0);
	assert_int_equal(usable("fd00::5"), -EADDRNOTAVAIL);
}

static void the_link_local_one_is_any(void **state)
{
	(void)state;
	comes(RTM_NEWADDR, 5, RT_SCOPE_UNIVERSE, "fd00::5", 0);
	comes(RTM_NEWADDR, 5, RT_SCOPE_LINK, "fe80::5", IFA_F_TENTATIVE | IFA_F_OPTIMISTIC);
	assert_int_equal(usable(NULL), 0);
	assert_int_equal(queue.next, 2);
	assert_int_equal(usable(NULL), -ETIMEDOUT);
}

static void only_the_kernel_is_believed(void **state)
{
	(void)state;
	comes(RTM_NEWADDR, 5, 0, "fd00::5", IFA_F_DADFAILED);
	queue.from[0] = 4711;
	comes(RTM_NEWADDR, 5, 0, "fd00::5", 0);
	assert_int_equal(usable("fd00::5"), 0);
}

/* It may have been what is waited for. */
static void it_asks_again_when_something_was_lost(void **state)
{
	(void)state;
	comes(RTM_NEWADDR, 5, 0, "fd00::5", IFA_F_TENTATIVE);
	queue.err[queue.count++] = ENOBUFS;
	comes(RTM_NEWADDR, 5, 0, "fd00::5", 0);
	assert_int_equal(usable("fd00::5"), 0);
	assert_int_equal(queue.asked, 2);
}

static void what_is_no_message(void **state)
{
	(void)state;
	comes(RTM_NEWADDR, 5, 0, "fd00::6", 0);
	((struct nlmsghdr *)(void *)queue.bytes[0])->nlmsg_len = 4096;
	assert_int_equal(usable("fd00::5"), -EPROTO);
	comes(RTM_NEWADDR, 5, 0, "fd00::6", 0);
	((struct nlmsghdr *)(void *)queue.bytes[1])->nlmsg_len = 3;
	assert_int_equal(usable("fd00::5"), -EPROTO);
	comes(RTM_NEWADDR, 5, 0, "fd00::5", 0);
	queue.len[2] = 3;
	assert_int_equal(usable("fd00::5"), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_client_has_words_of_its_own),
		cmocka_unit_test(what_is_wrong_beside_the_address_is_left_out),
		cmocka_unit_test(more_domains_than_there_is_room_for),
		cmocka_unit_test(what_is_no_lease),
		cmocka_unit_test(an_address_of_ipv6_has_its_lifetimes_and_no_subnet),
		cmocka_unit_test(one_of_ipv4_has_them_too),
		cmocka_unit_test_setup(it_waits_for_its_own_address, fresh),
		cmocka_unit_test_setup(several_in_one, fresh),
		cmocka_unit_test_setup(somebody_else_has_it, fresh),
		cmocka_unit_test_setup(the_link_local_one_is_any, fresh),
		cmocka_unit_test_setup(only_the_kernel_is_believed, fresh),
		cmocka_unit_test_setup(it_asks_again_when_something_was_lost, fresh),
		cmocka_unit_test_setup(what_is_no_message, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
