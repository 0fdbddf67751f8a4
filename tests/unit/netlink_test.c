// links: net/netlink.c net/inbox.c net/link.c net/mark.c net/addr.c net/mac.c lib/buf.c lib/fd.c lib/addr.c lib/addr_use.c lib/text.c
// flags: -Wl,--wrap=send,--wrap=recvmsg,--wrap=socket,--wrap=setsockopt,--wrap=ioctl
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <sanitizer/asan_interface.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "net/requests.h"

#define FD 777

/* -- a kernel of our own ------------------------------------------------------------------------- */

static struct {
	uint8_t sent[4096];
	size_t sent_len;
	int send_err;
	struct datagram {
		uint8_t bytes[8192];
		size_t len;
		uint32_t from;
	} answers[8];
	unsigned count, next;
	int options, socket_err, ioctl_err;
} k;

static struct {
	void *mem;
	size_t size;
} poisoned;

static void unpoison(void)
{
	__asan_unpoison_memory_region(poisoned.mem, poisoned.size);
	poisoned.size = 0;
}


static int setup(void **state)
{
	(void)state;
	unpoison();
	memset(&k, 0, sizeof(k));
	return 0;
}

int __wrap_socket(int domain, int type, int protocol)
{
	assert_int_equal(domain, AF_NETLINK);
	assert_int_equal(type, SOCK_RAW | SOCK_CLOEXEC);
	assert_int_equal(protocol, NETLINK_ROUTE);
	errno = k.socket_err;
	return k.socket_err ? -1 : FD;
}

int __wrap_setsockopt(int fd, int level, int option, const void *value, socklen_t len)
{
	assert_int_equal(fd, FD);
	assert_int_equal(level, SOL_NETLINK);
	assert_int_equal(len, sizeof(int));
	assert_int_equal(*(const int *)value, 1);
	k.options |= 1 << option;
	errno = ENOPROTOOPT;
	return -1; /* an old kernel */
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	assert_int_equal(fd, FD);
	assert_int_equal(request, SIOCGSKNS);
	errno = k.ioctl_err;
	return k.ioctl_err ? -1 : 55;
}

ssize_t __wrap_send(int fd, const void *data, size_t len, int flags)
{
	assert_int_equal(fd, FD);
	assert_int_equal(flags, 0);
	assert_true(len <= sizeof(k.sent));
	memcpy(k.sent, data, len);
	k.sent_len = len;
	errno = k.send_err;
	return k.send_err ? -1 : (ssize_t)len;
}

/* What is behind the datagram must not be read: the sanitizer sees to it. */
ssize_t __wrap_recvmsg(int fd, struct msghdr *msg, int flags)
{
	struct datagram *d = &k.answers[k.next];
	size_t size = msg->msg_iov->iov_len, len = MIN(d->len, size);

	assert_int_equal(fd, FD);
	assert_int_equal(flags, MSG_DONTWAIT);
	assert_int_equal(msg->msg_namelen, sizeof(struct sockaddr_nl));
	unpoison();
	if (k.next == k.count) {
		errno = EAGAIN;
		return -1;
	}
	k.next++;
	memcpy(msg->msg_iov->iov_base, d->bytes, len);
	poisoned.mem = (char *)msg->msg_iov->iov_base + len;
	poisoned.size = size - len;
	__asan_poison_memory_region(poisoned.mem, poisoned.size);
	((struct sockaddr_nl *)msg->msg_name)->nl_pid = d->from;
	msg->msg_controllen = 0;
	msg->msg_flags = d->len > size ? MSG_TRUNC : 0;
	return (ssize_t)len;
}

/* Appends bytes to the answer that is being made. */
static void more(const void *data, size_t len)
{
	struct datagram *d = &k.answers[k.count - 1];

	memcpy(d->bytes + d->len, data, len);
	d->len += (len + 3) & ~3u;
}

static void answer(uint16_t type, uint16_t flags, uint32_t seq, const void *data, size_t len)
{
	struct nlmsghdr h = { .nlmsg_len = (uint32_t)(sizeof(h) + len), .nlmsg_type = type, .nlmsg_flags = flags,
			      .nlmsg_seq = seq };

	k.count++;
	more(&h, sizeof(h));
	more(data, len);
}

/* As the kernel does it with NETLINK_CAP_ACK, or with the request of `echo` bytes behind its header without. */
static void answer_error(uint32_t seq, int err, const char *words, size_t echo)
{
	uint8_t body[512] = { 0 };
	struct nlmsgerr e = { .error = -err, .msg = { .nlmsg_len = (uint32_t)(sizeof(e.msg) + echo), .nlmsg_seq = seq } };
	struct nlattr attr = { .nla_len = (uint16_t)(sizeof(attr) + (words ? strlen(words) + 1 : 0)),
			       .nla_type = NLMSGERR_ATTR_MSG };
	uint32_t offset = 12;
	struct nlattr other = { .nla_len = sizeof(other) + sizeof(offset), .nla_type = NLMSGERR_ATTR_OFFS };
	size_t len = sizeof(e);
	uint16_t flags = echo ? 0 : NLM_F_CAPPED;

	memcpy(body, &e, sizeof(e));
	len += (echo + 3) & ~3u;
	if (words) {
		flags |= NLM_F_ACK_TLVS;
		memcpy(body + len, &other, sizeof(other));
		memcpy(body + len + sizeof(other), &offset, sizeof(offset));
		len += sizeof(other) + sizeof(offset);
		memcpy(body + len, &attr, sizeof(attr));
		strcpy((char *)body + len + sizeof(attr), words);
		len += attr.nla_len;
	}
	answer(NLMSG_ERROR, flags, seq, body, len);
}

/* -- what is sent -------------------------------------------------------------------------------- */

static void sent_is(const char *hex)
{
	char got[2 * sizeof(k.sent) + 1] = "", wanted[2 * sizeof(k.sent) + 1] = "";

	for (size_t i = 0; i < k.sent_len; i++)
		sprintf(got + 2 * i, "%02x", k.sent[i]);
	for (size_t n = 0; *hex; hex++)
		if (*hex != ' ')
			wanted[n++] = *hex;
	assert_string_equal(got, wanted);
}

static struct addr addr(const char *text)
{
	struct addr a;

	assert_int_equal(text_addr(text, &a), 0);
	return a;
}

static struct netlink nl;
static struct netlink_batch b;
static struct netlink_answer a;
static char mem[NET_BATCH];

static void start(void)
{
	nl = (struct netlink){ .fd = FD };
	netlink_start(&b, &nl, mem, sizeof(mem));
}

static void send_all(void)
{
	assert_int_equal(netlink_send(&b), 0);
}

/*
 * Header: length, type, flags (1 request, 4 acknowledge, 0x100 replace, 0x200
 * exclusive, 0x400 create), sequence, port. Then for links: family and padding,
 * type, index, flags, change. Attributes: length, type, data, padding.
 */
static void setting_a_link_up(void **state)
{
	(void)state;
	start();
	link_up(&b, "lo");
	send_all();
	sent_is("28000000 1000 0500 01000000 00000000"
		"0000 0000 00000000 01000000 01000000"
		"0700 0300 6c6f0000");
}

static void no_link_local_address(void **state)
{
	(void)state;
	start();
	link_quiet(&b, "eth0");
	send_all();
	sent_is("3c000000 1000 0500 01000000 00000000"
		"0000 0000 00000000 00000000 00000000"
		"0900 0300 65746830 00000000"
		"1000 1a00 0c00 0a00 0500 0800 01000000");
}

static void deleting_a_link(void **state)
{
	(void)state;
	start();
	link_delete(&b, "v3");
	send_all();
	sent_is("28000000 1100 0500 01000000 00000000"
		"0000 0000 00000000 00000000 00000000"
		"0700 0300 76330000");
}

static void addresses(void **state)
{
	struct addr list[NET_ADDRS] = { addr("10.77.3.4/20"), addr("fd77::9/64"), addr("192.0.2.1/31") };

	(void)state;
	start();
	addrs_add(&b, list, 2);
	send_all();
	sent_is("30000000 1400 0105 01000000 00000000"
		"02 14 00 00 02000000"
		"0800 0200 0a4d0304 0800 0100 0a4d0304 0800 0400 0a4d0fff"
		"48000000 1400 0105 02000000 00000000"
		"0a 40 00 00 02000000"
		"1400 0200 fd770000000000000000000000000009 1400 0100 fd770000000000000000000000000009"
		"0800 0800 02000000"
		"28000000 1400 0505 03000000 00000000"
		"02 1f 00 00 02000000"
		"0800 0200 c0000201 0800 0100 c0000201");
}

static void broadcast_addresses(void **state)
{
	static const struct { const char *addr, *broadcast; } rows[] = {
		{ "10.77.3.4/0", "ffffffff" },  { "10.77.3.4/1", "7fffffff" },  { "10.77.3.4/7", "0bffffff" },
		{ "10.77.3.4/8", "0affffff" },  { "10.77.3.4/24", "0a4d03ff" }, { "10.77.3.4/30", "0a4d0307" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct addr list[NET_ADDRS] = { addr(rows[i].addr) };
		char hex[9];
		start();
		addrs_add(&b, list, 2);
		send_all();
		for (size_t n = 0; n < 4; n++)
			sprintf(hex + 2 * n, "%02x", k.sent[k.sent_len - 4 + n]);
		assert_string_equal(hex, rows[i].broadcast);
	}
}

static void default_routes(void **state)
{
	struct addr four = addr("10.77.0.1"), six = addr("fd77::1");

	(void)state;
	start();
	route_add(&b, &four, false, 2);
	route_add(&b, &six, false, 2);
	send_all();
	sent_is("2c000000 1800 0106 01000000 00000000"
		"02 00 00 00 fe 04 00 01 00000000"
		"0800 0500 0a4d0001 0800 0400 02000000"
		"38000000 1800 0506 02000000 00000000"
		"0a 00 00 00 fe 04 00 01 00000000"
		"1400 0500 fd770000000000000000000000000001 0800 0400 02000000");
}

static void permanent_neighbours(void **state)
{
	struct addr four = addr("10.77.0.1");

	(void)state;
	start();
	neighbour_add(&b, &four, 2, (const uint8_t[]){ 10, 11, 12, 13, 14, 15 });
	send_all();
	sent_is("30000000 1c00 0505 01000000 00000000"
		"02 00 0000 02000000 8000 00 00"
		"0800 0100 0a4d0001 0a00 0200 0a0b0c0d0e0f 0000");
}

static void only_the_last_is_acknowledged(void **state)
{
	struct nlmsghdr h;

	(void)state;
	start();
	for (int i = 0; i < 3; i++)
		link_up(&b, "lo");
	send_all();
	for (size_t at = 0, i = 0; at < k.sent_len; at += h.nlmsg_len, i++) {
		memcpy(&h, k.sent + at, sizeof(h));
		assert_int_equal(h.nlmsg_seq, i + 1);
		assert_int_equal(!!(h.nlmsg_flags & NLM_F_ACK), i == 2);
	}
}

static void sequences_go_on_over_batches(void **state)
{
	(void)state;
	start();
	nl.seq = UINT32_MAX - 1;
	netlink_start(&b, &nl, mem, sizeof(mem));
	link_up(&b, "a");
	link_up(&b, "b"); /* wraps round */
	send_all();
	answer_error(0, 0, NULL, 0);
	memset(&a, 0, sizeof(a));
	assert_int_equal(netlink_next(&b, &a), 1);
	assert_ptr_equal(a.request, &b.request[1]);
	assert_int_equal(netlink_next(&b, &a), 0);
}

static void what_does_not_fit_is_not_sent(void **state)
{
	char small[39];

	(void)state;
	start();
	netlink_start(&b, &nl, small, sizeof(small));
	link_up(&b, "lo");
	assert_int_equal(netlink_send(&b), -ENOBUFS);
	start();
	for (int i = 0; i <= NETLINK_REQUESTS; i++)
		link_up(&b, "lo");
	assert_int_equal(netlink_send(&b), -ENOBUFS);
	start();
	assert_int_equal(netlink_send(&b), -ENOBUFS);
	assert_int_equal(k.sent_len, 0);
}

static void a_send_that_fails(void **state)
{
	(void)state;
	start();
	link_up(&b, "lo");
	k.send_err = ENOMEM;
	assert_int_equal(netlink_send(&b), -ENOMEM);
}

/* -- MACs ---------------------------------------------------------------------------------------- */

static void macs_follow_from_the_table(void **state)
{
	struct addr four = addr("10.77.0.10/24"), six = addr("fd77::10/64"), other = addr("fd77::11/64");
	struct net_bridge br = { .name = "br0" };
	uint8_t m[NET_MAC], n[NET_MAC];

	(void)state;
	mac_of_address(&four, m);
	assert_memory_equal(m, ((uint8_t[]){ 0x02, 0x6d, 10, 77, 0, 10 }), NET_MAC);
	mac_of_address(&six, m);
	assert_memory_equal(m, ((uint8_t[]){ 0x06, 0x00, 0x63, 0x16, 0xe6, 0x9f }), NET_MAC);
	mac_of_address(&other, n);
	assert_memory_not_equal(m, n, NET_MAC);
	br.addr[0] = four;
	mac_of_bridge(&br, m);
	assert_memory_equal(m, ((uint8_t[]){ 0x0a, 0xbd, 0xf7, 0xf1, 0x7e, 0xbb }), NET_MAC);
	br.addr[1] = six;
	mac_of_bridge(&br, n);
	assert_memory_not_equal(m, n, NET_MAC);
	br.addr[1].family = 0;
	br.name[2] = '1';
	mac_of_bridge(&br, n);
	assert_memory_not_equal(m, n, NET_MAC);
}

/* -- what comes back ----------------------------------------------------------------------------- */

static void ask(unsigned requests)
{
	start();
	unpoison();
	memset(&a, 0, sizeof(a));
	while (requests-- > 0)
		link_up(&b, "lo");
	send_all();
}

static void answers_are_matched_to_requests(void **state)
{
	(void)state;
	ask(4);
	answer_error(2, EEXIST, "it is there", 0);
	answer_error(3, ENODEV, NULL, 0);
	answer_error(4, 0, NULL, 0);
	assert_int_equal(netlink_next(&b, &a), 1);
	assert_ptr_equal(a.request, &b.request[1]);
	assert_int_equal(a.err, EEXIST);
	assert_string_equal(a.words, "it is there");
	assert_int_equal(netlink_next(&b, &a), 1);
	assert_ptr_equal(a.request, &b.request[2]);
	assert_int_equal(a.err, ENODEV);
	assert_string_equal(a.words, "");
	assert_int_equal(netlink_next(&b, &a), 1);
	assert_ptr_equal(a.request, &b.request[3]);
	assert_int_equal(a.err, 0);
	assert_int_equal(netlink_next(&b, &a), 0);
	assert_int_equal(netlink_next(&b, &a), 0);
}

static void words_behind_an_echoed_request(void **state)
{
	(void)state;
	ask(1);
	answer_error(1, EINVAL, "Nexthop has invalid gateway", 27);
	assert_int_equal(netlink_next(&b, &a), 1);
	assert_string_equal(a.words, "Nexthop has invalid gateway");
}

/* They are there only if the kernel says so. */
static void no_words_without_their_flag(void **state)
{
	struct nlmsghdr h;

	(void)state;
	ask(1);
	answer_error(1, EINVAL, "none of the kernel's", 0);
	memcpy(&h, k.answers[0].bytes, sizeof(h));
	h.nlmsg_flags = NLM_F_CAPPED;
	memcpy(k.answers[0].bytes, &h, sizeof(h));
	assert_int_equal(netlink_next(&b, &a), 1);
	assert_string_equal(a.words, "");
}

static void long_words_are_cut(void **state)
{
	char words[300];

	(void)state;
	memset(words, 'x', sizeof(words));
	words[sizeof(words) - 1] = '\0';
	ask(1);
	answer_error(1, EINVAL, words, 0);
	assert_int_equal(netlink_next(&b, &a), 1);
	assert_int_equal(strlen(a.words), NETLINK_WORDS - 1);
}

static void left_over_answers_are_passed_over(void **state)
{
	(void)state;
	ask(2);
	netlink_start(&b, &nl, mem, sizeof(mem));
	link_up(&b, "lo");
	send_all();
	answer_error(1, EINVAL, NULL, 0);
	answer_error(2, 0, NULL, 0);
	answer_error(3, EPERM, NULL, 0);
	assert_int_equal(netlink_next(&b, &a), 1);
	assert_int_equal(a.err, EPERM);
}

static void others_than_the_kernel_are_not_heard(void **state)
{
	(void)state;
	ask(1);
	answer_error(1, EPERM, "a lie", 0);
	k.answers[0].from = 4711;
	answer_error(1, 0, NULL, 0);
	assert_int_equal(netlink_next(&b, &a), 1);
	assert_int_equal(a.err, 0);
}

static void several_answers_in_one_datagram(void **state)
{
	struct nlmsgerr e = { .error = -EBUSY };
	struct nlmsghdr h = { .nlmsg_len = sizeof(h) + sizeof(e), .nlmsg_type = NLMSG_ERROR, .nlmsg_seq = 2 };

	(void)state;
	ask(2);
	answer_error(1, EINVAL, NULL, 0);
	more(&h, sizeof(h));
	more(&e, sizeof(e));
	assert_int_equal(netlink_next(&b, &a), 1);
	assert_int_equal(a.err, EINVAL);
	assert_int_equal(netlink_next(&b, &a), 1);
	assert_int_equal(a.err, EBUSY);
	assert_int_equal(netlink_next(&b, &a), 0);
}

/* As the kernel ends what it lists, and what it cannot list to the end. */
static void a_list_ends(void **state)
{
	int32_t whole = 0, broken = -EMSGSIZE, nonsense = 77;

	(void)state;
	ask(1);
	answer(RTM_NEWLINK, NLM_F_MULTI, 1, "1234567890123456", 16);
	answer(NLMSG_DONE, NLM_F_MULTI, 1, &whole, sizeof(whole));
	assert_int_equal(netlink_next(&b, &a), 1);
	assert_int_equal(a.body.len, 16);
	assert_int_equal(netlink_next(&b, &a), 0);
	assert_int_equal(netlink_next(&b, &a), 0);
	ask(1);
	answer(NLMSG_DONE, NLM_F_MULTI, 1, &broken, sizeof(broken));
	assert_int_equal(netlink_next(&b, &a), -EMSGSIZE);
	ask(1);
	answer(NLMSG_DONE, NLM_F_MULTI, 1, &nonsense, sizeof(nonsense));
	assert_int_equal(netlink_next(&b, &a), -EPROTO);
	ask(1);
	answer(NLMSG_DONE, NLM_F_MULTI, 1, "", 0);
	assert_int_equal(netlink_next(&b, &a), 0);
}

/* The kernel fills a page, or 8 KiB where pages are larger, but for what it needs itself, with more than one message. */
static void a_list_comes_in_pieces_of_8_KiB(void **state)
{
	static const uint8_t link[1936];

	(void)state;
	ask(1);
	answer(RTM_NEWLINK, NLM_F_MULTI, 1, link, sizeof(link));
	for (unsigned i = 1; i < 4; i++) {
		k.count--; /* into the same datagram */
		answer(RTM_NEWLINK, NLM_F_MULTI, 1, link, sizeof(link));
	}
	assert_int_equal(k.answers[0].len, 4 * (sizeof(struct nlmsghdr) + sizeof(link)));
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(netlink_next(&b, &a), 1);
		assert_int_equal(a.body.len, sizeof(link));
	}
}

static void no_answer_never_waits(void **state)
{
	(void)state;
	ask(1);
	assert_int_equal(netlink_next(&b, &a), -EPROTO);
}

static void answers_that_are_none(void **state)
{
	static const struct { uint32_t len, seq; int32_t error; size_t size; } rows[] = {
		{ 36, 2, 0, 36 },       /* a request that was not sent */
		{ 35, 1, 0, 36 },       /* an error cut short */
		{ 15, 1, 0, 36 },       /* shorter than its header */
		{ 37, 1, 0, 36 },       /* longer than the datagram */
		{ UINT32_MAX, 1, 0, 36 },
		{ 36, 1, 1, 36 },       /* no errno */
		{ 36, 1, -4096, 36 },
		{ 36, 1, INT32_MIN, 36 },
		{ 36, 1, 0, 15 },       /* cut off in the header */
		{ 36, 1, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct nlmsghdr h = { .nlmsg_len = rows[i].len, .nlmsg_type = NLMSG_ERROR, .nlmsg_seq = rows[i].seq };
		struct nlmsgerr e = { .error = rows[i].error };
		setup(NULL);
		ask(1);
		k.count = 1;
		more(&h, sizeof(h));
		more(&e, sizeof(e));
		k.answers[0].len = rows[i].size;
		assert_int_equal(netlink_next(&b, &a), -EPROTO);
	}
}

/* Each cut of an answer with words, echoed and not, and each bit of it turned: nothing behind it is read. */
static void broken_answers_are_not_read_beyond(void **state)
{
	struct datagram whole;

	(void)state;
	for (size_t echo = 0; echo <= 24; echo += 24) {
		setup(NULL);
		answer_error(1, EINVAL, "Device not found", echo);
		whole = k.answers[0];
		for (size_t i = 0; i < whole.len * 9; i++) {
			ask(1);
			k.count = 1;
			k.next = 0;
			k.answers[0] = whole;
			if (i < whole.len)
				k.answers[0].len = i;
			else
				k.answers[0].bytes[i / 9] ^= (uint8_t)(1 << i % 8);
			while (netlink_next(&b, &a) > 0)
				assert_true(strlen(a.words) < NETLINK_WORDS);
		}
	}
}

static void attributes_are_found(void **state)
{
	static const uint8_t list[] = { 5, 0, 1, 0, 'a', 0, 0, 0, 6, 0, 2, 0x80, 'b', 'c' }; /* the last not padded */
	struct netlink_bytes in = { (const char *)list, sizeof(list) }, got;

	(void)state;
	assert_true(netlink_find(in, 1, &got));
	assert_int_equal(got.len, 1);
	assert_int_equal(got.data[0], 'a');
	assert_true(netlink_find(in, 2, &got)); /* NLA_F_NESTED is no part of the type */
	assert_int_equal(got.len, 2);
	assert_false(netlink_find(in, 3, &got));
}

/* In one walk, the first of each kind; what is above is passed over. */
static void attributes_are_found_at_once(void **state)
{
	static const uint8_t list[] = { 5, 0, 2, 0, 'a', 0, 0, 0, 5, 0, 2, 0, 'b', 0, 0, 0, 5, 0, 3, 0, 'c', 0, 0, 0,
					5, 0, 1, 0x80, 'd' };
	struct netlink_bytes got[4];

	(void)state;
	got[3].data = "no";
	netlink_find_all((struct netlink_bytes){ (const char *)list, sizeof(list) }, got, 3);
	assert_null(got[0].data);
	assert_true(got[1].len == 1 && got[1].data[0] == 'd');
	assert_true(got[2].len == 1 && got[2].data[0] == 'a');
	assert_string_equal(got[3].data, "no");
	netlink_find_all((struct netlink_bytes){ (const char *)list, 20 }, got, 4); /* what is broken ends it */
	assert_true(got[2].len == 1 && !got[3].data && !got[1].data);
}

/* Nothing of an earlier question is left, in memory that nobody has cleared. */
static void an_answer_begins_without_zeros(void **state)
{
	(void)state;
	ask(1);
	memset(&a, 0xa5, sizeof(a));
	netlink_await(&a);
	answer_error(1, EINVAL, "Device not found", 0);
	assert_int_equal(netlink_next(&b, &a), 1);
	assert_int_equal(a.err, EINVAL);
	assert_string_equal(a.words, "Device not found");
	assert_int_equal(netlink_next(&b, &a), 0);
}

static void broken_attributes_are_not_found(void **state)
{
	static const uint8_t rows[][8] = {
		{ 9, 0, 1, 0 }, { 3, 0, 1, 0 }, { 0, 0, 1, 0 }, { 0xff, 0xff, 1, 0 },
	};
	struct netlink_bytes got;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t *exact = malloc(8);
		memcpy(exact, rows[i], 8);
		for (size_t len = 0; len <= 8; len++)
			assert_false(netlink_find((struct netlink_bytes){ (char *)exact, len }, 1, &got));
		free(exact);
	}
}

/* -- looking up a link --------------------------------------------------------------------------- */

static void put_attr(uint8_t *at, size_t *len, uint16_t type, const void *data, size_t size)
{
	struct nlattr attr = { .nla_len = (uint16_t)(sizeof(attr) + size), .nla_type = type };

	memcpy(at + *len, &attr, sizeof(attr));
	memcpy(at + *len + sizeof(attr), data, size);
	*len += sizeof(attr) + ((size + 3) & ~3u);
}

static void answer_link(const char *kind, const uint8_t *mac, size_t mac_len)
{
	struct ifinfomsg ifi = { .ifi_index = 42, .ifi_flags = 0x41 };
	uint8_t body[256] = { 0 }, info[64] = { 0 };
	size_t len = sizeof(ifi), info_len = 0;

	memcpy(body, &ifi, sizeof(ifi));
	put_attr(body, &len, IFLA_IFNAME, "br0", 4);
	put_attr(body, &len, IFLA_ADDRESS, mac, mac_len);
	put_attr(info, &info_len, IFLA_INFO_KIND, kind, strlen(kind) + 1);
	put_attr(body, &len, IFLA_LINKINFO, info, info_len);
	answer(RTM_NEWLINK, 0, 1, body, len);
}

static int find(struct link_info *ret)
{
	int err;

	nl = (struct netlink){ .fd = FD };
	err = link_find(&nl, "br0", ret);
	unpoison(); /* it was on the stack */
	return err;
}

static void a_link_is_looked_up(void **state)
{
	static const uint8_t mac[] = { 1, 2, 3, 4, 5, 6 };
	struct link_info info;

	(void)state;
	answer_link("bridge", mac, NET_MAC);
	answer_error(1, 0, NULL, 0);
	assert_int_equal(find(&info), 0);
	sent_is("30000000 1200 0500 01000000 00000000"
		"0000 0000 00000000 00000000 00000000"
		"0800 0300 62723000 0800 1d00 08000000");
	assert_int_equal(info.index, 42);
	assert_int_equal(info.flags, 0x41);
	assert_string_equal(info.kind, "bridge");
	assert_memory_equal(info.mac, mac, NET_MAC);
}

static void a_link_without_carrier_does_not_run(void **state)
{
	(void)state;
	for (uint8_t carrier = 0; carrier < 2; carrier++) {
		struct ifinfomsg ifi = { .ifi_index = 42, .ifi_flags = 0x41 };
		uint8_t body[64] = { 0 };
		size_t len = sizeof(ifi);
		struct link_info info;

		memcpy(body, &ifi, sizeof(ifi));
		put_attr(body, &len, IFLA_CARRIER, &carrier, 1);
		assert_int_equal(link_take((struct netlink_bytes){ .data = (char *)body, .len = len }, &info), 0);
		assert_int_equal(info.flags, carrier ? 0x41 : 0x01);
	}
}

static void a_link_that_is_not_there(void **state)
{
	struct link_info info;

	(void)state;
	answer_error(1, ENODEV, NULL, 0);
	assert_int_equal(find(&info), -ENODEV);
}

static void a_look_up_without_a_link(void **state)
{
	struct link_info info;

	(void)state;
	answer_error(1, 0, NULL, 0);
	assert_int_equal(find(&info), -EPROTO);
	setup(NULL);
	answer(RTM_NEWLINK, 0, 1, "123456789012345", 15); /* shorter than its header */
	answer_error(1, 0, NULL, 0);
	assert_int_equal(find(&info), -EPROTO);
}

static void an_address_of_another_kind_is_no_mac(void **state)
{
	static const uint8_t infiniband[20] = { 1, 2, 3 }, none[NET_MAC];
	struct link_info info;

	(void)state;
	answer_link("", infiniband, sizeof(infiniband));
	answer_error(1, 0, NULL, 0);
	assert_int_equal(find(&info), 0);
	assert_memory_equal(info.mac, none, NET_MAC);
}

static void long_kinds_are_cut(void **state)
{
	struct link_info info;

	(void)state;
	answer_link("a-kind-that-is-far-too-long", (const uint8_t *)"123456", NET_MAC);
	answer_error(1, 0, NULL, 0);
	assert_int_equal(find(&info), 0);
	assert_string_equal(info.kind, "a-kind-that-is-");
}

static void broken_links_are_not_read_beyond(void **state)
{
	struct datagram whole;
	struct link_info info;

	(void)state;
	answer_link("bridge", (const uint8_t *)"123456", NET_MAC);
	whole = k.answers[0];
	for (size_t i = 0; i < whole.len * 9; i++) {
		setup(NULL);
		k.count = 1;
		k.answers[0] = whole;
		if (i < whole.len)
			k.answers[0].len = i;
		else
			k.answers[0].bytes[i / 9] ^= (uint8_t)(1 << i % 8);
		answer_error(1, 0, NULL, 0);
		if (find(&info) == 0)
			assert_true(strlen(info.kind) < sizeof(info.kind));
	}
}

/* -- the socket ---------------------------------------------------------------------------------- */

static void the_socket(void **state)
{
	struct netlink opened;

	(void)state;
	assert_int_equal(netlink_open(&opened), 0);
	assert_int_equal(opened.fd, FD);
	assert_int_equal(k.options, 1 << NETLINK_EXT_ACK | 1 << NETLINK_CAP_ACK);
	assert_int_equal(netlink_namespace(&opened), 55);
	k.ioctl_err = EPERM;
	assert_int_equal(netlink_namespace(&opened), -EPERM);
	k.socket_err = EAFNOSUPPORT;
	assert_int_equal(netlink_open(&opened), -EAFNOSUPPORT);
}

/* Only net.c logs; what it would say is not asked here. */
int net_failed(const char *object, const struct netlink_request *request, int err, const char *words)
{
	(void)object, (void)request, (void)words;
	return -err;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
	const struct CMUnitTest tests[] = {
		TEST(setting_a_link_up), TEST(no_link_local_address), TEST(deleting_a_link), TEST(addresses),
		TEST(broadcast_addresses), TEST(default_routes), TEST(permanent_neighbours),
		TEST(only_the_last_is_acknowledged), TEST(sequences_go_on_over_batches),
		TEST(what_does_not_fit_is_not_sent), TEST(a_send_that_fails), TEST(macs_follow_from_the_table),
		TEST(answers_are_matched_to_requests), TEST(words_behind_an_echoed_request),
		TEST(no_words_without_their_flag), TEST(long_words_are_cut),
		TEST(left_over_answers_are_passed_over), TEST(others_than_the_kernel_are_not_heard),
		TEST(several_answers_in_one_datagram), TEST(a_list_ends), TEST(a_list_comes_in_pieces_of_8_KiB),
		TEST(no_answer_never_waits), TEST(answers_that_are_none),
		TEST(broken_answers_are_not_read_beyond), TEST(attributes_are_found),
		TEST(attributes_are_found_at_once), TEST(an_answer_begins_without_zeros),
		TEST(broken_attributes_are_not_found), TEST(a_link_is_looked_up), TEST(a_link_that_is_not_there),
		TEST(a_link_without_carrier_does_not_run),
		TEST(a_look_up_without_a_link), TEST(an_address_of_another_kind_is_no_mac),
		TEST(long_kinds_are_cut), TEST(broken_links_are_not_read_beyond),
		TEST(the_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
