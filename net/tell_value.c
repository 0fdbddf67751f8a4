#include <netinet/in.h> /* before the kernel's, which then leave out what is the same */
#include <linux/netfilter.h>
#include <string.h>
#include <sys/socket.h>

#include "net/nft_put.h"
#include "net/tell_nft.h"

static const struct {
	uint8_t type, len;
	char name[13];
} types[] = {
#define TYPE(name, number, len, text) { TYPE_##name, len, text },
#include "net/types.def"
#undef TYPE
};

/* Numbers that have names. */
static const struct {
	uint8_t type;
	uint16_t value;
	char name[24];
} names[] = {
	{ TYPE_NF_PROTO, NFPROTO_IPV4, "ipv4" }, { TYPE_NF_PROTO, NFPROTO_IPV6, "ipv6" },
	{ TYPE_ETHER_TYPE, 0x0800, "ip" }, { TYPE_ETHER_TYPE, 0x0806, "arp" }, { TYPE_ETHER_TYPE, 0x86dd, "ip6" },
	{ TYPE_INET_PROTO, IPPROTO_TCP, "tcp" }, { TYPE_INET_PROTO, IPPROTO_UDP, "udp" },
	{ TYPE_INET_PROTO, IPPROTO_SCTP, "sctp" },
	{ TYPE_INET_PROTO, IPPROTO_ICMP, "icmp" }, { TYPE_INET_PROTO, IPPROTO_ICMPV6, "icmpv6" },
	{ TYPE_INTEGER, 143, "mld2-listener-report" },
	{ TYPE_INTEGER, 135, "nd-neighbor-solicit" }, { TYPE_INTEGER, 136, "nd-neighbor-advert" },
};

static size_t length_of(uint32_t type)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (types[i].type == type)
			return types[i].len;
	return 4;
}

static unsigned count_of(uint32_t type)
{
	unsigned n = 0;

	for (; type; type >>= TYPE_BITS)
		n++;
	return n;
}

static uint32_t type_at(uint32_t type, unsigned i)
{
	return type >> (count_of(type) - 1 - i) * TYPE_BITS & ((1u << TYPE_BITS) - 1);
}

static void put_type(struct buf *b, uint32_t type)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (types[i].type == type)
			buf_str(b, types[i].name);
}

void tell_type(struct buf *b, uint32_t type)
{
	for (unsigned i = 0; i < count_of(type); i++) {
		buf_str(b, i ? " . " : "");
		put_type(b, type_at(type, i));
	}
}

static void put_hex(struct buf *b, struct netlink_bytes bytes)
{
	static const char digits[] = "0123456789abcdef";

	buf_str(b, "0x");
	for (size_t i = 0; i < bytes.len; i++) {
		buf_char(b, digits[(uint8_t)bytes.data[i] >> 4]);
		buf_char(b, digits[bytes.data[i] & 15]);
	}
}

/* Of the network's order. */
static void put_number(struct buf *b, uint32_t type, struct netlink_bytes bytes)
{
	uint32_t n = 0;

	if (bytes.len >= sizeof(n)) {
		put_hex(b, bytes);
		return;
	}
	for (size_t i = 0; i < bytes.len; i++)
		n = n << 8 | (uint8_t)bytes.data[i];
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].type == type && names[i].value == n) {
			buf_str(b, names[i].name);
			return;
		}
	buf_u64(b, n);
}

static void put_addr(struct buf *b, uint8_t family, struct netlink_bytes bytes)
{
	struct addr a = { .family = family };

	memcpy(a.bytes, bytes.data, MIN(bytes.len, sizeof(a.bytes)));
	text_put_addr(b, &a, false);
}

static void put_mark(struct buf *b, struct netlink_bytes bytes)
{
	uint32_t n = 0;

	memcpy(&n, bytes.data, MIN(bytes.len, sizeof(n)));
	buf_u64(b, n);
}

static void put_value(struct buf *b, uint32_t type, struct netlink_bytes bytes)
{
	uint8_t mac[6] = { 0 };

	switch (type) {
	case TYPE_IPV4_ADDR: put_addr(b, AF_INET, bytes); break;
	case TYPE_IPV6_ADDR: put_addr(b, AF_INET6, bytes); break;
	case TYPE_ETHER_ADDR:
		memcpy(mac, bytes.data, MIN(bytes.len, sizeof(mac)));
		text_put_mac(b, mac);
		break;
	case TYPE_IFNAME: buf_fmt(b, "\"%.*s\"", (int)strnlen(bytes.data, bytes.len), bytes.data); break;
	case TYPE_MARK: put_mark(b, bytes); break;
	default: put_number(b, type, bytes); break;
	}
}

void tell_value(struct buf *b, uint32_t type, struct netlink_bytes bytes)
{
	for (unsigned i = 0; i < count_of(type) && bytes.len; i++) {
		size_t len = MIN(length_of(type_at(type, i)), bytes.len), step = MIN(WORDS(len), bytes.len);

		if (type_at(type, i) == TYPE_INTEGER)
			len = bytes.len;
		buf_str(b, i ? " . " : "");
		put_value(b, type_at(type, i), (struct netlink_bytes){ bytes.data, len });
		bytes.data += step;
		bytes.len -= step;
	}
}

bool tell_is_number(uint32_t type)
{
	return type == TYPE_MARK;
}

void tell_protocol(struct buf *b, uint8_t proto)
{
	put_number(b, TYPE_INET_PROTO, (struct netlink_bytes){ (const char *)&proto, sizeof(proto) });
}

void tell_bits(struct buf *b, enum nft_part part, uint32_t bits)
{
	static const struct {
		uint8_t part, bit;
		char name[12];
	} all[] = {
		{ PART_CT_STATE, 2, "established" }, { PART_CT_STATE, 4, "related" }, { PART_CT_STATE, 8, "new" },
		{ PART_CT_STATUS, 16, "snat" }, { PART_CT_STATUS, 32, "dnat" },
		{ PART_TCP_FLAGS, 1, "fin" }, { PART_TCP_FLAGS, 2, "syn" }, { PART_TCP_FLAGS, 4, "rst" },
		{ PART_TCP_FLAGS, 8, "psh" }, { PART_TCP_FLAGS, 16, "ack" },
	};
	bool any = false;

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		if (all[i].part != part || !(all[i].bit & bits))
			continue;
		buf_fmt(b, "%s%s", any ? "," : "", all[i].name);
		any = true;
	}
}
