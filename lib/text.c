#include "lib/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits at *s in the given base; at least one. */
static int take_digits(const char **s, unsigned base, uint64_t *ret)
{
	uint64_t n = 0;
	const char *p = *s;

	for (; *p >= '0' && *p < (char)('0' + base); p++)
		if (__builtin_mul_overflow(n, base, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*p - '0'), &n))
			return -ERANGE;
	if (p == *s)
		return -EINVAL;
	*s = p;
	*ret = n;
	return 0;
}

int text_u64(const char *s, uint64_t *ret)
{
	uint64_t n;
	int err = take_digits(&s, 10, &n);

	if (err)
		return err;
	if (*s)
		return -EINVAL;
	*ret = n;
	return 0;
}

int text_octal(const char *s, uint32_t *ret)
{
	uint64_t n;
	int err = take_digits(&s, 8, &n);

	if (err)
		return err;
	if (*s)
		return -EINVAL;
	if (n > UINT32_MAX)
		return -ERANGE;
	*ret = (uint32_t)n;
	return 0;
}

/* "1.25" at *s in thousandths. */
static int take_thousandths(const char **s, uint64_t *ret)
{
	uint64_t whole, part = 0, scale = 1000;
	int err = take_digits(s, 10, &whole);

	if (err)
		return err;
	if (**s == '.') {
		(*s)++;
		if (!is_digit(**s))
			return -EINVAL;
		for (; is_digit(**s); (*s)++) {
			scale /= 10;
			part += scale * (uint64_t)(**s - '0');
		}
	}
	if (__builtin_mul_overflow(whole, 1000, &whole) || __builtin_add_overflow(whole, part, ret))
		return -ERANGE;
	return 0;
}

static int scale_up(uint64_t thousandths, uint64_t unit, uint64_t *ret)
{
	uint64_t whole = thousandths / 1000;

	if (__builtin_mul_overflow(whole, unit, &whole) ||
	    __builtin_add_overflow(whole, thousandths % 1000 * unit / 1000, ret))
		return -ERANGE;
	return 0;
}

static unsigned size_shift(char c)
{
	static const char letters[] = "KMGT";
	const char *at = c ? strchr(letters, c & ~0x20) : NULL;

	return at ? 10 * (unsigned)(at - letters + 1) : 0;
}

int text_size(const char *s, uint64_t *ret)
{
	uint64_t n;
	unsigned shift;
	int err = take_thousandths(&s, &n);

	if (err)
		return err;
	shift = size_shift(*s);
	s += shift ? 1 : 0;
	if (shift && *s == 'i' && s[1] == 'B')
		s++;
	if (*s == 'B')
		s++;
	if (*s || (!shift && n % 1000))
		return -EINVAL;
	return scale_up(n, (uint64_t)1 << shift, ret);
}

static const struct {
	char name[3];
	uint32_t ms;
} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 }, { "", 1000 } };

int text_duration(const char *s, int64_t *ret_ms)
{
	uint64_t n, ms;
	int err = take_thousandths(&s, &n);

	if (err)
		return err;
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (strcmp(s, units[i].name))
			continue;
		err = scale_up(n, units[i].ms, &ms);
		if (err || ms > INT64_MAX)
			return -ERANGE;
		*ret_ms = (int64_t)ms;
		return 0;
	}
	return -EINVAL;
}

static int take_prefix(const char *s, uint8_t most, uint8_t *ret)
{
	uint64_t n;
	int err = text_u64(s, &n);

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
	a.prefix = a.family == AF_INET ? 32 : 128;
	err = slash ? take_prefix(slash + 1, a.prefix, &a.prefix) : 0;
	if (err)
		return err;
	*ret = a;
	return 0;
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

void text_put_size(struct buf *b, uint64_t bytes)
{
	static const char letters[] = "BKMGTPE";
	uint64_t tenths = bytes * 10;
	unsigned i = 0;

	if (bytes > UINT64_MAX / 10)
		tenths = UINT64_MAX;
	for (; tenths >= 10240 && i < 6; i++)
		tenths /= 1024;
	if (i && tenths < 1000)
		buf_fmt(b, "%lu.%lu%c", tenths / 10, tenths % 10, letters[i]);
	else
		buf_fmt(b, "%lu%c", tenths / 10, letters[i]);
}

void text_put_duration(struct buf *b, int64_t ms)
{
	uint64_t s = ms > 0 ? (uint64_t)ms / 1000 : 0;

	if (s < 1)
		buf_fmt(b, "%lums", (unsigned long)(ms > 0 ? ms : 0));
	else if (s < 60)
		buf_fmt(b, "%lus", s);
	else if (s < 3600)
		buf_fmt(b, "%lum%02lus", s / 60, s % 60);
	else if (s < 86400)
		buf_fmt(b, "%luh%02lum", s / 3600, s / 60 % 60);
	else
		buf_fmt(b, "%lud%02luh", s / 86400, s / 3600 % 24);
}

#define WORD_MAX 64

/* One row of the table of distances of prefixes, from the two above it. */
static void distance_row(const char *a, const char *b, size_t i, unsigned rows[3][WORD_MAX])
{
	unsigned *now = rows[i % 3], *up = rows[(i + 2) % 3], *up2 = rows[(i + 1) % 3];

	now[0] = (unsigned)i;
	for (size_t j = 1; j <= strlen(b); j++) {
		now[j] = MIN(MIN(up[j], now[j - 1]) + 1, up[j - 1] + (a[i - 1] != b[j - 1]));
		if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
			now[j] = MIN(now[j], up2[j - 2] + 1);
	}
}

unsigned text_distance(const char *a, const char *b)
{
	unsigned rows[3][WORD_MAX];
	size_t la = strlen(a), lb = strlen(b);

	if (la >= WORD_MAX || lb >= WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= lb; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= la; i++)
		distance_row(a, b, i, rows);
	return rows[la % 3][lb];
}
