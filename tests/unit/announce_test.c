// links: net/announce.c net/setting.c lib/buf.c lib/fd.c
/* The frames that tell of an address by another MAC, byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "net/requests.h"

int net_run(struct net_session *s, const char *object, struct netlink_batch *b)
{
	(void)s, (void)object, (void)b;
	return 0;
}

int net_failed(const char *object, const struct netlink_request *request, int err, const char *words)
{
	(void)object, (void)request, (void)words;
	return -err;
}

int net_return(const char *object, int home)
{
	(void)object, (void)home;
	return 0;
}

void mac_of_attach(const struct net_attach *attach, uint8_t *ret_mac)
{
	(void)attach, (void)ret_mac;
}

static const uint8_t mac[NET_MAC] = { 2, 0, 0, 0, 1, 2 };

static void test_ipv4(void **state)
{
	const struct addr addr = { .family = AF_INET, .bytes = { 10, 77, 0, 10 } };
	static const uint8_t wanted[] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 1, 2, 0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 2,
		2, 0, 0, 0, 1, 2, 10, 77, 0, 10, 2, 0, 0, 0, 1, 2, 10, 77, 0, 10,
	};
	uint8_t frame[NET_FRAME];

	(void)state;
	assert_int_equal(announce_put(frame, &addr, mac), sizeof(wanted));
	assert_memory_equal(frame, wanted, sizeof(wanted));
}

/* As a receiver adds it up: all of it, with the sum, comes to all ones. */
static uint32_t sum_of(const uint8_t *frame)
{
	uint32_t sum = 32 + 58;

	for (size_t i = 22; i < NET_FRAME; i += 2)
		sum += (uint32_t)frame[i] << 8 | frame[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static void test_ipv6(void **state)
{
	const struct addr addr = { .family = AF_INET6, .bytes = { 0xfd, 0x77, [15] = 0x10 } };
	static const uint8_t head[] = { 0x33, 0x33, 0, 0, 0, 1, 2, 0, 0, 0, 1, 2, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 32, 58,
					255 };
	static const uint8_t rest[] = { 0x20, 0, 0, 0, 0xfd, 0x77, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
					2, 1, 2, 0, 0, 0, 1, 2 };
	uint8_t frame[NET_FRAME];

	(void)state;
	assert_int_equal(announce_put(frame, &addr, mac), NET_FRAME);
	assert_memory_equal(frame, head, sizeof(head));
	assert_memory_equal(frame + 22, addr.bytes, 16);
	assert_int_equal(frame[54], 136);
	assert_memory_equal(frame + 58, rest, sizeof(rest));
	assert_int_equal(sum_of(frame), 0xffff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipv4),
		cmocka_unit_test(test_ipv6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
