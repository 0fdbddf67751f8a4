#include "lib/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/text.h"

static int take_prefix(const char *s, uint8_t most, uint8_t *ret)
{
	uint64_t n;
	int err = text_plain_u64(s, &n);

	if (err)
		return err;
	if (n > most)
		return -ERANGE;
	*ret = (uint8_t)n;
	return 0;
}

int text_addr(const char *s, struct addr *ret)
{
	char host[64];
	const char *slash = strchr(s, '/');
	size_t len = slash ? (size_t)(slash - s) : strlen(s);
	struct addr a = { .family = memchr(s, ':', len) ? AF_INET6 : AF_INET };
	int err;

	if (len >= sizeof(host))
		return -EINVAL;
	memcpy(host, s, len);
	host[len] = '\0';
	if (inet_pton(a.family, host, a.bytes) != 1)
		return -EINVAL;
	a.prefix = (uint8_t)(8 * addr_width(&a));
	err = slash ? take_prefix(slash + 1, a.prefix, &a.prefix) : 0;
	if (err)
		return err;
	*ret = a;
	return 0;
}

int text_host(const char *s, struct addr *ret)
{
	return strchr(s, '/') ? -EINVAL : text_addr(s, ret);
}

static void put_addr4(struct buf *b, const uint8_t *p)
{
	buf_fmt(b, "%u.%u.%u.%u", p[0], p[1], p[2], p[3]);
}

/* Start and length of the longest run of zero groups (RFC 5952, section 4.2). */
static unsigned longest_zeros(const struct addr *a, unsigned *ret_len)
{
	unsigned best = 8, best_len = 1, run = 0;

	for (unsigned i = 0; i < 8; i++) {
		run = a->bytes[2 * i] || a->bytes[2 * i + 1] ? 0 : run + 1;
		if (run > best_len) {
			best_len = run;
			best = i + 1 - run;
		}
	}
	*ret_len = best_len;
	return best;
}

static void put_addr6(struct buf *b, const struct addr *a)
{
	unsigned len, zeros = longest_zeros(a, &len);

	for (unsigned i = 0; i < 8; i++) {
		if (i == zeros) {
			buf_str(b, "::");
			i += len - 1;
			continue;
		}
		if (i && i != zeros + len)
			buf_char(b, ':');
		buf_fmt(b, "%x", (unsigned)(a->bytes[2 * i] << 8 | a->bytes[2 * i + 1]));
	}
}

void text_put_addr(struct buf *b, const struct addr *a, bool with_prefix)
{
	if (a->family == AF_INET)
		put_addr4(b, a->bytes);
	else if (a->family == AF_INET6)
		put_addr6(b, a);
	if (a->family && with_prefix)
		buf_fmt(b, "/%u", a->prefix);
}

static int hex_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int text_mac(const char *s, uint8_t ret[6])
{
	uint8_t mac[6];

	for (unsigned i = 0; i < sizeof(mac); i++, s += 3) {
		int high = hex_of(s[0]), low = high < 0 ? -1 : hex_of(s[1]);

		if (low < 0 || s[2] != (i + 1 < sizeof(mac) ? ':' : '\0'))
			return -EINVAL;
		mac[i] = (uint8_t)(high << 4 | low);
	}
	memcpy(ret, mac, sizeof(mac));
	return 0;
}

void text_put_mac(struct buf *b, const uint8_t mac[6])
{
	for (unsigned i = 0; i < 6; i++)
		buf_fmt(b, "%s%x%x", i ? ":" : "", mac[i] >> 4, mac[i] & 0xfu);
}

size_t addr_width(const struct addr *a)
{
	return a->family == AF_INET ? 4 : 16;
}

bool addr_is_any(const struct addr *a)
{
	static const uint8_t zeros[sizeof(a->bytes)];

	return !memcmp(a->bytes, zeros, sizeof(zeros));
}

bool addr_is_link_local(const struct addr *a)
{
	return a->family == AF_INET6 && a->bytes[0] == 0xfe && a->bytes[1] >> 6 == 2;
}

bool addr_in(const struct addr *a, const struct addr *net)
{
	unsigned whole = net->prefix / 8, rest = net->prefix % 8;
	uint8_t mask = (uint8_t)(0xff00 >> rest);

	if (a->family != net->family || memcmp(a->bytes, net->bytes, whole))
		return false;
	return !rest || !((a->bytes[whole] ^ net->bytes[whole]) & mask);
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && !memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}
