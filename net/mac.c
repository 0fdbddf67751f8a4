#include <string.h>
#include <sys/socket.h>

#include "net/requests.h"

/* FNV-1a. */
static uint64_t hash(uint64_t h, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len-- > 0)
		h = (h ^ *p++) * 0x100000001b3;
	return h;
}

/* The first byte has the bit of local administration and not that of groups. */
static void put_mac(uint8_t first, uint64_t h, uint8_t *ret_mac)
{
	h ^= h >> 40;
	ret_mac[0] = first;
	for (size_t i = 1; i < NET_MAC; i++, h >>= 8)
		ret_mac[i] = (uint8_t)h;
}

#define HASH_START 0xcbf29ce484222325

/* An IPv4 address is put in as it is: two interfaces of one subnet can never have the same. */
void mac_of_address(const struct addr *addr, uint8_t *ret_mac)
{
	const uint8_t *p = addr->bytes;

	if (addr->family == AF_INET)
		memcpy(ret_mac, (uint8_t[]){ 0x02, 0x6d, p[0], p[1], p[2], p[3] }, NET_MAC);
	else
		put_mac(0x06, hash(HASH_START, p, addr_width(addr)), ret_mac);
}

struct addr mac_link_local(const uint8_t *mac)
{
	struct addr a = { .bytes = { 0xfe, 0x80 }, .family = AF_INET6, .prefix = 64 };

	memcpy(a.bytes + 8, (uint8_t[]){ mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5] }, 8);
	return a;
}

bool mac_is_router(const struct net_attach *attach, const struct net_bridge *bridge)
{
	return bridge && attach->flags & NET_SEVERAL && !(bridge->flags & NET_ANTISPOOF) &&
	       addr_has_family(attach->addr, NET_ADDRS, AF_INET6);
}

static bool is_given(const struct net_attach *attach)
{
	static const uint8_t none[NET_MAC];

	return memcmp(attach->mac, none, NET_MAC) != 0;
}

bool mac_is_chosen(const struct net_attach *attach)
{
	if (attach->flags & NET_MACVLAN)
		return attach->addr[0].family || is_given(attach);
	return !(attach->flags & NET_IPVLAN);
}

/* A pair without an address has the MAC of its place in the table. */
void mac_of_attach(const struct net_attach *attach, uint8_t *ret_mac)
{
	struct addr place = { .family = AF_INET6 };

	if (is_given(attach)) {
		memcpy(ret_mac, attach->mac, NET_MAC);
		return;
	}
	memcpy(place.bytes, attach->peer, MIN(sizeof(place.bytes), sizeof(attach->peer)));
	mac_of_address(attach->addr[0].family ? &attach->addr[0] : &place, ret_mac);
}

/* Its addresses too: br0 of two machines may come to be on one wire. */
void mac_of_bridge(const struct net_bridge *bridge, uint8_t *ret_mac)
{
	uint64_t h = hash(HASH_START, bridge->name, strnlen(bridge->name, sizeof(bridge->name)));

	if (bridge->asked & NET_ASKED_MAC) {
		memcpy(ret_mac, bridge->mac, NET_MAC);
		return;
	}
	for (size_t i = 0; i < NET_ADDRS && bridge->addr[i].family; i++)
		h = hash(h, bridge->addr[i].bytes, addr_width(&bridge->addr[i]));
	put_mac(0x0a, h, ret_mac);
}
