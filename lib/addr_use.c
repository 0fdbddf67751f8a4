#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/addr.h"
#include "lib/util.h"

static const struct {
	struct addr net;
	uint8_t is;
	char words[36];
} uses[] = {
	{ { { 0 }, AF_INET, 32 }, ADDR_ANY, "is no address" },
	{ { { 0 }, AF_INET6, 128 }, ADDR_ANY, "is no address" },
	{ { { 127 }, AF_INET, 8 }, ADDR_LOOPBACK, "is one of loopback" },
	{ { { [15] = 1 }, AF_INET6, 128 }, ADDR_LOOPBACK, "is that of loopback" },
	{ { { 0xfe, 0x80 }, AF_INET6, 10 }, ADDR_LINK_LOCAL, "is local to each link" },
	{ { { 224 }, AF_INET, 4 }, ADDR_GROUP, "is that of a group (multicast)" },
	{ { { 0xff }, AF_INET6, 8 }, ADDR_GROUP, "is that of a group (multicast)" },
	{ { { 255, 255, 255, 255 }, AF_INET, 32 }, ADDR_GROUP, "is that of all (broadcast)" },
	{ { { [10] = 0xff, 0xff }, AF_INET6, 96 }, ADDR_MAPPED, "is one of IPv4 in IPv6" },
};

const char *addr_unfit(const struct addr *a, unsigned may)
{
	for (size_t i = 0; i < ARRAY_LEN(uses); i++)
		if (!(uses[i].is & may) && addr_in(a, &uses[i].net))
			return uses[i].words;
	return NULL;
}

int mac_read(const char *s, uint8_t ret[6])
{
	static const uint8_t none[6];
	uint8_t mac[6];

	if (text_mac(s, mac) || mac[0] & 1 || !memcmp(mac, none, sizeof(mac))) /* the lowest bit is that of groups */
		return -EINVAL;
	memcpy(ret, mac, sizeof(mac));
	return 0;
}

bool addr_is_group(const struct addr *a)
{
	return addr_unfit(a, ~(unsigned)ADDR_GROUP) != NULL;
}

bool addr_is_beyond(const struct addr *own, unsigned most, const struct addr *a)
{
	bool alone = false;

	for (unsigned i = 0; i < most && own[i].family; i++) {
		if (addr_in(a, &own[i]))
			return false;
		alone |= own[i].family == a->family && own[i].prefix == 8 * addr_width(a);
	}
	return alone && !addr_is_link_local(a);
}
