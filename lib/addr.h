/*
 * Addresses of the network and of its devices, read from text as a whole and put
 * as text. The readers return 0, or -EINVAL for what is none, -ERANGE for a
 * prefix too long.
 */
#ifndef LIB_ADDR_H
#define LIB_ADDR_H

#include "lib/buf.h"

struct addr {
	uint8_t bytes[16]; /* network order; an IPv4 address fills the first 4 */
	uint8_t family;    /* AF_INET, AF_INET6, or 0 for none */
	uint8_t prefix;    /* length of the network part */
};

/* "10.0.0.1", "10.0.0.1/24", "fd77::1/64"; without a prefix it is 32 or 128. */
must_check int text_addr(const char *s, struct addr *ret);
void text_put_addr(struct buf *b, const struct addr *a, bool with_prefix);
/* The same without a prefix. */
must_check int text_host(const char *s, struct addr *ret);

/* "02:00:5e:10:00:01": six bytes, in hexadecimal. */
must_check int text_mac(const char *s, uint8_t ret[6]);
/* The same of one interface: no group's, and not zeros. */
must_check int mac_read(const char *s, uint8_t ret[6]);
void text_put_mac(struct buf *b, const uint8_t mac[6]);

size_t addr_width(const struct addr *a); /* how many bytes it has: 4 or 16 */
bool addr_is_any(const struct addr *a);  /* 0.0.0.0 or :: */
bool addr_is_link_local(const struct addr *a); /* of fe80::/10: each link has these of its own */
bool addr_in(const struct addr *a, const struct addr *net); /* a lies in net's prefix */
bool addr_equal(const struct addr *a, const struct addr *b);

/* The first of the list that is of this family, or NULL; `most` of them, or up to one of family 0. */
static inline const struct addr *addr_of_family(const struct addr *list, unsigned most, uint8_t family)
{
	for (unsigned i = 0; i < most && list[i].family; i++)
		if (list[i].family == family)
			return &list[i];
	return NULL;
}

static inline bool addr_has_family(const struct addr *list, unsigned most, uint8_t family)
{
	return addr_of_family(list, most, family) != NULL;
}

/* What an address is for by its number alone, as bits. */
enum addr_use {
	ADDR_ANY = 1,        /* 0.0.0.0, :: */
	ADDR_LOOPBACK = 2,
	ADDR_LINK_LOCAL = 4, /* of IPv6 */
	ADDR_GROUP = 8,      /* multicast, and the broadcast of all */
	ADDR_MAPPED = 16,    /* IPv4 within IPv6 */
};

/* Words for messages, "is one of loopback", if it is for anything that is not in `may`; or NULL. */
const char *addr_unfit(const struct addr *a, unsigned may);
bool addr_is_group(const struct addr *a);

/*
 * In none of the subnets of these addresses, `most` of them or up to one of family 0, of which one is of its family and
 * has itself alone (/32, /128): so it can only be on the link.
 */
bool addr_is_beyond(const struct addr *own, unsigned most, const struct addr *a);

#endif
