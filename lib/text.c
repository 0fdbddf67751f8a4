#include "lib/text.h"

#include <errno.h>
#include <string.h>

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

int text_plain_u64(const char *s, uint64_t *ret)
{
	return *s == '0' && s[1] ? -EINVAL : text_u64(s, ret);
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

void nearest_offer(struct nearest *n, const char *candidate)
{
	unsigned distance = text_distance(n->word, candidate);

	if (distance >= n->distance)
		return;
	n->distance = distance;
	n->best = candidate;
}

bool text_word(const char **at, struct buf *word)
{
	size_t len;

	buf_reset(word);
	*at += strspn(*at, " ");
	len = strcspn(*at, " ");
	buf_add(word, *at, len);
	*at += len;
	return len && !buf_check(word);
}

bool text_is_listed(const char *list, const char *word)
{
	size_t len = strlen(word);

	if (!len)
		return !*list;
	for (; list; list = strchr(list, ',')) {
		list += *list == ',';
		if (!strncmp(list, word, len) && (list[len] == ',' || !list[len]))
			return true;
	}
	return false;
}
