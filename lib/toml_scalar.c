#include <errno.h>
#include <string.h>

#include "lib/toml.h"

/* What is left of a token. */
struct span {
	const char *p, *end;
};

static bool take(struct span *s, const char *set)
{
	if (s->p == s->end || !*s->p || !strchr(set, *s->p))
		return false;
	s->p++;
	return true;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

static bool at_digit(const struct span *s, int base)
{
	return s->p < s->end && digit_of(*s->p) < base;
}

/* Digits with single underscores between them; at least one. */
static bool take_digits(struct span *s, int base)
{
	if (!at_digit(s, base))
		return false;
	while (at_digit(s, base)) {
		struct span after = { s->p + 1, s->end };

		*s = after;
		if (take(&after, "_") && at_digit(&after, base))
			*s = after;
	}
	return true;
}

/* The digits of a number that was found good, added up below zero, where one more fits. */
static int value_of(const char *p, const char *end, int base, bool negative, int64_t *ret)
{
	int64_t n = 0;

	for (; p < end; p++)
		if (*p != '_' && (__builtin_mul_overflow(n, base, &n) ||
				  __builtin_sub_overflow(n, digit_of(*p), &n)))
			return -ERANGE;
	if (!negative && n == INT64_MIN)
		return -ERANGE;
	*ret = negative ? n : -n;
	return 0;
}

static int prefixed(struct span s, struct toml *node)
{
	int base = s.p[1] == 'x' ? 16 : s.p[1] == 'o' ? 8 : 2;
	const char *digits = s.p + 2;

	s.p = digits;
	if (!take_digits(&s, base) || s.p != s.end)
		return -EINVAL;
	node->type = TOML_INTEGER;
	return value_of(digits, s.end, base, false, &node->number);
}

static bool take_fraction(struct span *s)
{
	return !take(s, ".") || take_digits(s, 10);
}

static bool take_exponent(struct span *s)
{
	if (!take(s, "eE"))
		return true;
	take(s, "+-");
	return take_digits(s, 10);
}

static int number(struct span s, struct toml *node)
{
	const char *first = s.p, *digits;

	take(&s, "+-");
	digits = s.p;
	node->type = TOML_FLOAT;
	if (s.end - s.p == 3 && (!memcmp(s.p, "inf", 3) || !memcmp(s.p, "nan", 3)))
		return 0;
	if (!take_digits(&s, 10) || (*digits == '0' && s.p != digits + 1))
		return -EINVAL;
	if (s.p != s.end)
		return take_fraction(&s) && take_exponent(&s) && s.p == s.end ? 0 : -EINVAL;
	node->type = TOML_INTEGER;
	return value_of(digits, s.end, 10, *first == '-', &node->number);
}

/* Exactly n digits, as a number from low to high. */
static bool take_field(struct span *s, unsigned n, unsigned low, unsigned high, unsigned *ret)
{
	unsigned value = 0;

	for (; n > 0 && at_digit(s, 10); n--)
		value = value * 10 + (unsigned)(*s->p++ - '0');
	*ret = value;
	return n == 0 && value >= low && value <= high;
}

static unsigned days_of(unsigned year, unsigned month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return month == 2 && leap ? 29 : days[month - 1];
}

static bool take_date(struct span *s)
{
	unsigned year, month, day;

	return take_field(s, 4, 0, 9999, &year) && take(s, "-") && take_field(s, 2, 1, 12, &month) &&
	       take(s, "-") && take_field(s, 2, 1, days_of(year, month), &day);
}

static bool take_clock(struct span *s)
{
	unsigned field;

	return take_field(s, 2, 0, 23, &field) && take(s, ":") && take_field(s, 2, 0, 59, &field);
}

/* Second 60 is a leap second (RFC 3339, section 5.6). */
static bool take_time(struct span *s)
{
	unsigned field;

	if (!take_clock(s) || !take(s, ":") || !take_field(s, 2, 0, 60, &field))
		return false;
	if (!take(s, "."))
		return true;
	if (!at_digit(s, 10))
		return false;
	while (at_digit(s, 10))
		s->p++;
	return true;
}

static bool take_offset(struct span *s)
{
	return take(s, "Zz") || (take(s, "+-") && take_clock(s));
}

static bool is_year(struct span s)
{
	unsigned year;

	return take_field(&s, 4, 0, 9999, &year) && take(&s, "-");
}

static int date(struct span s, struct toml *node)
{
	node->type = TOML_LOCAL_DATE;
	if (!take_date(&s))
		return -EINVAL;
	if (s.p == s.end)
		return 0;
	node->type = TOML_LOCAL_DATETIME;
	if (!take(&s, "Tt ") || !take_time(&s))
		return -EINVAL;
	if (s.p == s.end)
		return 0;
	node->type = TOML_DATETIME;
	return take_offset(&s) && s.p == s.end ? 0 : -EINVAL;
}

static int time_of_day(struct span s, struct toml *node)
{
	node->type = TOML_LOCAL_TIME;
	return take_time(&s) && s.p == s.end ? 0 : -EINVAL;
}

static bool is_word(const struct span *s, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(s->end - s->p) == len && !memcmp(s->p, word, len);
}

int toml_scalar(const char *text, size_t len, struct toml *node)
{
	struct span s = { text, text + len };

	if (is_word(&s, "true") || is_word(&s, "false")) {
		node->type = TOML_BOOL;
		node->truth = *text == 't';
		return 0;
	}
	if (is_year(s))
		return date(s, node);
	if (len > 2 && text[2] == ':')
		return time_of_day(s, node);
	if (len > 2 && text[0] == '0' && strchr("xob", text[1]))
		return prefixed(s, node);
	return number(s, node);
}
