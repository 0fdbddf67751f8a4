// links: net/inbox.c net/netlink.c lib/buf.c lib/fd.c
// flags: -Wl,--wrap=recvmsg
/* What comes to a socket of netlink, taken apart: by a fake kernel, and by others that know the port. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sanitizer/asan_interface.h>
#include <string.h>
#include <sys/socket.h>

#include "net/netlink.h"

#define FD 5
#define ROOM 64

/* -- a kernel of our own ------------------------------------------------------------------------------------------ */

static struct {
	struct datagram {
		uint8_t bytes[128];
		size_t len;
		uint32_t from; /* port of the sender */
		int err;       /* errno in its place */
		int nsid;      /* of the control message, if it has one */
		bool has_nsid;
	} come[8];
	unsigned count, next;
} k;

static char mem[ROOM];
static struct netlink_inbox in;
static struct netlink_message m;

static int setup(void **state)
{
	(void)state;
	__asan_unpoison_memory_region(mem, sizeof(mem));
	memset(&k, 0, sizeof(k));
	in = (struct netlink_inbox){ .fd = FD, .mem = mem, .size = sizeof(mem), .datagrams = 8 };
	return 0;
}

static void put_nsid(struct msghdr *msg, const struct datagram *d)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);

	msg->msg_controllen = 0;
	if (!d->has_nsid)
		return;
	*c = (struct cmsghdr){ CMSG_LEN(sizeof(int)), SOL_NETLINK, NETLINK_LISTEN_ALL_NSID };
	memcpy(CMSG_DATA(c), &d->nsid, sizeof(int));
	msg->msg_controllen = CMSG_SPACE(sizeof(int));
}

/* What is behind the datagram must not be read: the sanitizer sees to it. */
ssize_t __wrap_recvmsg(int fd, struct msghdr *msg, int flags)
{
	const struct datagram *d = &k.come[k.next];
	size_t len = MIN(d->len, ROOM);

	assert_true(fd == FD && flags == MSG_DONTWAIT && msg->msg_iov->iov_len == ROOM);
	__asan_unpoison_memory_region(mem, sizeof(mem));
	errno = k.next == k.count ? EAGAIN : d->err;
	if (errno) {
		k.next += k.next < k.count;
		return -1;
	}
	k.next++;
	memcpy(mem, d->bytes, len);
	__asan_poison_memory_region(mem + len, ROOM - len);
	((struct sockaddr_nl *)msg->msg_name)->nl_pid = d->from;
	put_nsid(msg, d);
	msg->msg_flags = d->len > ROOM ? MSG_TRUNC : 0;
	return (ssize_t)len;
}

/* A message of this type in a datagram of its own, with `body` bytes. */
static struct datagram *comes(uint16_t type, uint32_t body)
{
	struct datagram *d = &k.come[k.count++];
	struct nlmsghdr h = { .nlmsg_len = (uint32_t)sizeof(h) + body, .nlmsg_type = type, .nlmsg_flags = NLM_F_MULTI,
			      .nlmsg_seq = 7, .nlmsg_pid = 8 };

	memcpy(d->bytes, &h, sizeof(h));
	d->len = h.nlmsg_len;
	return d;
}

/* One more in the same datagram. */
static void more(uint16_t type, uint32_t len)
{
	struct datagram *d = &k.come[k.count - 1];
	struct nlmsghdr h = { .nlmsg_len = len, .nlmsg_type = type };

	d->len = NLMSG_ALIGN(d->len);
	memcpy(d->bytes + d->len, &h, sizeof(h));
	d->len += sizeof(h);
}

/* -- what is made of it ------------------------------------------------------------------------------------------- */

static void each_message_is_handed_out(void **state)
{
	(void)state;
	comes(16, 5);
	k.come[0].bytes[16] = 'x';
	more(17, sizeof(struct nlmsghdr));
	comes(18, 0);
	assert_int_equal(netlink_take(&in, &m), 1);
	assert_true(m.type == 16 && m.flags == NLM_F_MULTI && m.seq == 7 && m.port == 8);
	assert_true(m.body.len == 5 && m.body.data[0] == 'x' && in.nsid == NET_OWN);
	assert_int_equal(netlink_take(&in, &m), 1);
	assert_true(m.type == 17 && m.body.len == 0);
	assert_int_equal(netlink_take(&in, &m), 1);
	assert_int_equal(m.type, 18);
	assert_int_equal(netlink_take(&in, &m), 0);
}

/* Each cut of a header, alone and behind a whole message. */
static void a_header_cut_short(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof(struct nlmsghdr); len++) {
		setup(NULL);
		comes(16, 0)->len = len;
		comes(17, 0);
		assert_int_equal(netlink_take(&in, &m), -EPROTO);
		assert_int_equal(netlink_take(&in, &m), 1); /* and what has come since */
		assert_int_equal(m.type, 17);
	}
	for (size_t len = 1; len < sizeof(struct nlmsghdr); len++) {
		setup(NULL);
		comes(16, 4);
		more(17, sizeof(struct nlmsghdr));
		k.come[0].len -= sizeof(struct nlmsghdr) - len;
		assert_int_equal(netlink_take(&in, &m), 1);
		assert_int_equal(netlink_take(&in, &m), -EPROTO);
		assert_int_equal(netlink_take(&in, &m), 0);
	}
}

static void a_length_that_cannot_be(void **state)
{
	static const uint32_t lengths[] = { 0, 1, 15, 17, 20, 64, 65, INT32_MAX, UINT32_MAX - 3, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		setup(NULL);
		comes(16, 4);
		more(17, lengths[i]);
		assert_int_equal(netlink_take(&in, &m), 1);
		assert_int_equal(netlink_take(&in, &m), -EPROTO);
		assert_int_equal(netlink_take(&in, &m), 0);
	}
}

static void others_than_the_kernel_are_not_heard(void **state)
{
	(void)state;
	comes(16, 0)->from = 4711;
	comes(17, 0);
	comes(18, 200)->from = 4711; /* nothing was lost either */
	assert_int_equal(netlink_take(&in, &m), 1);
	assert_int_equal(m.type, 17);
	assert_int_equal(netlink_take(&in, &m), 0);
}

static void what_was_lost_is_told(void **state)
{
	(void)state;
	comes(16, 0)->err = ENOBUFS;
	comes(17, ROOM); /* for want of room */
	comes(18, ROOM - sizeof(struct nlmsghdr));
	assert_int_equal(netlink_take(&in, &m), -ENOBUFS);
	assert_int_equal(netlink_take(&in, &m), -ENOBUFS);
	assert_int_equal(netlink_take(&in, &m), 1);
	assert_int_equal(m.type, 18);
	assert_int_equal(netlink_take(&in, &m), 0);
}

static void a_call_that_fails(void **state)
{
	(void)state;
	comes(16, 0)->err = EINTR;
	comes(17, 0);
	comes(18, 0)->err = EBADF;
	assert_int_equal(netlink_take(&in, &m), 1);
	assert_int_equal(m.type, 17);
	assert_int_equal(netlink_take(&in, &m), -EBADF);
}

/* Whatever it is; those that were taken are read to their end. */
static void no_more_datagrams_than_asked_for(void **state)
{
	(void)state;
	in.datagrams = 3;
	comes(16, 0)->from = 4711;
	comes(17, 0)->err = ENOBUFS;
	comes(18, 0);
	more(19, sizeof(struct nlmsghdr));
	comes(20, 0);
	assert_int_equal(netlink_take(&in, &m), -ENOBUFS);
	assert_int_equal(netlink_take(&in, &m), 1);
	assert_int_equal(netlink_take(&in, &m), 1);
	assert_int_equal(m.type, 19);
	assert_int_equal(netlink_take(&in, &m), 0);
	assert_int_equal(k.next, 3);
}

static void where_it_comes_from(void **state)
{
	struct datagram *d = comes(16, 0);

	(void)state;
	d->has_nsid = true;
	d->nsid = 12;
	comes(17, 0);
	assert_int_equal(netlink_take(&in, &m), 1);
	assert_int_equal(in.nsid, 12);
	assert_int_equal(netlink_take(&in, &m), 1);
	assert_int_equal(in.nsid, NET_OWN);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
	const struct CMUnitTest tests[] = {
		TEST(each_message_is_handed_out), TEST(a_header_cut_short), TEST(a_length_that_cannot_be),
		TEST(others_than_the_kernel_are_not_heard), TEST(what_was_lost_is_told), TEST(a_call_that_fails),
		TEST(no_more_datagrams_than_asked_for), TEST(where_it_comes_from),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
