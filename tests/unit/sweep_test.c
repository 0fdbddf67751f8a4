// links: net/neighbours.c net/sweep.c net/inbox.c lib/addr.c lib/text.c lib/buf.c
/* Neighbours of a killed run are taken away, over a kernel that has a list of them and may lose some by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "net/requests.h"

#define MOST 100

/* Those of IPv4 that it has; of IPv6 there are none. */
static struct {
	bool has[MOST], refuses[MOST], vanishes[MOST]; /* between a look and what is done upon it */
	unsigned looks;
} kernel;

static void put(char **at, uint16_t type, const void *data, size_t len)
{
	struct nlattr a = { .nla_len = (uint16_t)(sizeof(a) + len), .nla_type = type };

	memcpy(*at, &a, sizeof(a));
	memcpy(*at + sizeof(a), data, len);
	*at += (sizeof(a) + len + 3) & ~(size_t)3;
}

static void give(netlink_each_fn *each, void *context, uint8_t n)
{
	const struct ndmsg nd = { .ndm_family = AF_INET, .ndm_ifindex = 7, .ndm_state = NUD_PERMANENT };
	_Alignas(4) char body[64] = { 0 };
	char *at = body + sizeof(nd);

	memcpy(body, &nd, sizeof(nd));
	put(&at, NDA_DST, (uint8_t[]){ 10, 77, 0, n }, 4);
	put(&at, NDA_PROTOCOL, (uint8_t[]){ NET_PROTOCOL }, 1);
	each(context, (struct netlink_bytes){ body, (size_t)(at - body) });
}

int netlink_list(struct netlink *nl, uint16_t type, uint8_t family, size_t header, netlink_each_fn *each, void *context)
{
	(void)nl, (void)type, (void)header;
	for (uint8_t i = 0; i < MOST && family == AF_INET; i++)
		if (kernel.has[i])
			give(each, context, i);
	kernel.looks += family == AF_INET;
	assert_true(kernel.looks < 10);
	return 0;
}

int neighbour_drop(struct net_session *s, const struct addr *addr, uint32_t index)
{
	unsigned n = addr->bytes[3];

	(void)s;
	assert_int_equal(index, 7);
	if (kernel.refuses[n])
		return -EPERM;
	kernel.has[n] = false;
	return kernel.vanishes[n] ? -ENOENT : 0;
}

static void begin(unsigned count)
{
	memset(&kernel, 0, sizeof(kernel));
	for (unsigned i = 0; i < count; i++)
		kernel.has[i] = true;
}

static unsigned left(void)
{
	struct net_session s = { .dead = UINT64_MAX };
	unsigned n = 0;

	net_neighbours_clear(&s);
	for (unsigned i = 0; i < MOST; i++)
		n += kernel.has[i];
	return n;
}

static void all_go_some_at_a_time(void **state)
{
	(void)state;
	begin(MOST);
	assert_int_equal(left(), 0);
	begin(0);
	assert_int_equal(left(), 0);
}

static void one_that_has_gone_by_itself_ends_nothing(void **state)
{
	(void)state;
	begin(MOST);
	kernel.vanishes[0] = kernel.vanishes[50] = true;
	assert_int_equal(left(), 0);
}

static void one_that_stays_keeps_no_other(void **state)
{
	(void)state;
	begin(MOST);
	kernel.refuses[3] = true;
	assert_int_equal(left(), 1);
}

static void what_cannot_be_taken_away_is_not_tried_for_ever(void **state)
{
	(void)state;
	begin(40);
	memset(kernel.refuses, true, sizeof(kernel.refuses));
	assert_int_equal(left(), 40);
	assert_int_equal(kernel.looks, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_go_some_at_a_time),
		cmocka_unit_test(one_that_has_gone_by_itself_ends_nothing),
		cmocka_unit_test(one_that_stays_keeps_no_other),
		cmocka_unit_test(what_cannot_be_taken_away_is_not_tried_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
