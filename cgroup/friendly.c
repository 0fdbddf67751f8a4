/* What people write of a limit, as the kernel's files take it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup/limits.h"
#include "lib/text.h"

#define PERIOD_USUAL 100000 /* the kernel's own default, microseconds */
#define PERIOD_LEAST 1000
#define PERIOD_MOST 1000000
#define QUOTA_LEAST 1000 /* below 1 ms the kernel answers EINVAL */
#define CPUS_MOST 8192
#define PIDS_MOST 4194304 /* PID_MAX_LIMIT; beyond it pids.max answers EINVAL */
#define WEIGHT_MOST 10000
#define PAGE_LEAST 4096 /* the kernel rounds down to pages: less than one would be none */
#define IO_LEAST 2 /* of bytes or operations: io.max answers EINVAL to 1 (tg_set_limit) */
#define TEXT_MOST 127

typedef int read_fn(const char *text, struct buf *ret);

/* -- numbers ------------------------------------------------------------------------------------------------------ */

static int put_within(struct buf *ret, uint64_t n, uint64_t least, uint64_t most)
{
	if (n < least || n > most)
		return -ERANGE;
	buf_u64(ret, n);
	return 0;
}

static int read_size_from(const char *text, uint64_t least, struct buf *ret)
{
	uint64_t n;
	int err = text_size(text, &n);

	return err ? err : put_within(ret, n, least, INT64_MAX);
}

static int read_size(const char *text, struct buf *ret)
{
	return read_size_from(text, PAGE_LEAST, ret);
}

static int read_amount(const char *text, struct buf *ret)
{
	return read_size_from(text, 0, ret);
}

static int read_within(const char *text, uint64_t least, uint64_t most, struct buf *ret)
{
	uint64_t n;
	int err = text_u64(text, &n);

	return err ? err : put_within(ret, n, least, most);
}

static int read_count(const char *text, struct buf *ret)
{
	return read_within(text, 1, PIDS_MOST, ret);
}

static int read_number(const char *text, struct buf *ret)
{
	return read_within(text, 0, INT32_MAX, ret);
}

static int read_weight(const char *text, struct buf *ret)
{
	return read_within(text, 1, WEIGHT_MOST, ret);
}

static int read_nice(const char *text, struct buf *ret)
{
	bool minus = *text == '-';

	if (minus)
		buf_char(ret, '-');
	return read_within(text + minus, 0, minus ? 20 : 19, ret);
}

static int read_switch(const char *text, struct buf *ret)
{
	bool on = !strcmp(text, "true") || !strcmp(text, "1");

	if (!on && strcmp(text, "false") != 0 && strcmp(text, "0") != 0)
		return -EINVAL;
	buf_char(ret, on ? '1' : '0');
	return 0;
}

/* A duration with its unit, or microseconds as the kernel has them. */
static int read_time(const char *text, struct buf *ret)
{
	uint64_t us;
	int64_t ms;
	int err = text_u64(text, &us);

	if (err && !(err = text_duration(text, &ms)))
		us = (uint64_t)ms * 1000;
	return err ? err : put_within(ret, us, 0, (uint64_t)PERIOD_MOST * 1000);
}

/* -- shares of a processor ---------------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool push_digit(uint64_t *n, char digit)
{
	return !__builtin_mul_overflow(*n, 10, n) && !__builtin_add_overflow(*n, (uint64_t)(digit - '0'), n);
}

/* "1.25" at *s times 10^places; more places than that are refused, not rounded. */
static int take_decimal(const char **s, unsigned places, uint64_t *ret)
{
	const char *p = *s;
	bool point = false;
	uint64_t n = 0;

	for (; is_digit(*p) || (*p == '.' && !point); p++) {
		if (*p == '.')
			point = true;
		else if (point && places-- == 0)
			return -EINVAL;
		else if (!push_digit(&n, *p))
			return -ERANGE;
	}
	if (!is_digit(**s) || !is_digit(p[-1]))
		return -EINVAL;
	for (; places > 0; places--)
		if (!push_digit(&n, '0'))
			return -ERANGE;
	*s = p;
	*ret = n;
	return 0;
}

static int check_quota(uint64_t quota, uint64_t period)
{
	if (period < PERIOD_LEAST || period > PERIOD_MOST)
		return -ERANGE;
	return quota < QUOTA_LEAST || quota / period > CPUS_MOST ? -ERANGE : 0;
}

static int put_quota(struct buf *ret, uint64_t quota, uint64_t period)
{
	int err = check_quota(quota, period);

	if (!err)
		buf_fmt(ret, "%lu %lu", (unsigned long)quota, (unsigned long)period);
	return err;
}

/* "50%" or "1.5": of one CPU's time; a share too small for the usual period gets a longer one. */
static int read_share(const char *text, struct buf *ret)
{
	bool percent = text[0] && text[strlen(text) - 1] == '%';
	uint64_t quota;
	int err = take_decimal(&text, percent ? 3 : 5, &quota);

	if (err)
		return err;
	if (strcmp(text, percent ? "%" : ""))
		return -EINVAL;
	if (quota < QUOTA_LEAST)
		return put_quota(ret, quota * (PERIOD_MOST / PERIOD_USUAL), PERIOD_MOST);
	return put_quota(ret, quota, PERIOD_USUAL);
}

/* "50000 100000", "max 100000": as cpu.max has it. */
static int read_pair(const char *text, const char *space, struct buf *ret)
{
	BUF_ON_STACK(quota, 24);
	uint64_t q = 0, period;
	int err;

	buf_add(&quota, text, (size_t)(space - text));
	if (buf_check(&quota))
		return -ERANGE;
	err = text_u64(space + 1, &period);
	if (!err && !strcmp(buf_text(&quota), "max")) {
		buf_fmt(ret, "max %lu", (unsigned long)period);
		return check_quota(QUOTA_LEAST, period);
	}
	if (!err)
		err = text_u64(buf_text(&quota), &q);
	return err ? err : put_quota(ret, q, period);
}

static int read_quota(const char *text, struct buf *ret)
{
	const char *space = strchr(text, ' ');

	return space ? read_pair(text, space, ret) : read_share(text, ret);
}

/* "20%", "12.5%"; the kernel takes two places without the sign. */
static int read_percent(const char *text, struct buf *ret)
{
	const char *rest = text;
	uint64_t n;
	int err = take_decimal(&rest, 2, &n);

	if (err)
		return err;
	if (strcmp(rest, "%"))
		return -EINVAL;
	if (n > 10000)
		return -ERANGE;
	buf_fmt(ret, "%lu.%02lu", (unsigned long)n / 100, (unsigned long)n % 100);
	return 0;
}

/* -- words -------------------------------------------------------------------------------------------------------- */

/* Behind "3" or "0-3", or NULL. */
static const char *skip_range(const char *text)
{
	unsigned long first, last;
	char *end;

	if (!is_digit(*text))
		return NULL;
	first = last = strtoul(text, &end, 10);
	if (*end == '-' && !is_digit(end[1]))
		return NULL;
	if (*end == '-')
		last = strtoul(end + 1, &end, 10);
	return first <= last ? end : NULL;
}

/* "0-3,6": only the kernel knows which there are. */
static int read_list(const char *text, struct buf *ret)
{
	const char *at = skip_range(text);

	while (at && *at == ',')
		at = skip_range(at + 1);
	if (!at || *at || strlen(text) > TEXT_MOST)
		return -EINVAL;
	buf_str(ret, text);
	return 0;
}

static int read_partition(const char *text, struct buf *ret)
{
	static const char *const words[] = { "member", "root", "isolated" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strcmp(text, words[i]) != 0)
			continue;
		buf_str(ret, text);
		return 0;
	}
	return -EINVAL;
}

static int read_text(const char *text, struct buf *ret)
{
	size_t len = strlen(text);

	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return -EINVAL;
	if (!len || len > TEXT_MOST)
		return -EINVAL;
	buf_str(ret, text);
	return 0;
}

/* -- disks -------------------------------------------------------------------------------------------------------- */

/* "8:16" */
static bool is_number_pair(const char *text, size_t len)
{
	static const char digits[] = "0123456789";
	size_t major = strspn(text, digits), minor = text[major] == ':' ? strspn(text + major + 1, digits) : 0;

	return major && minor && major + 1 + minor == len;
}

/* The disk at the start of text, and a space behind it: what is left of the text, or NULL. */
static const char *take_disk(const char *text, struct buf *ret)
{
	size_t len = strcspn(text, " ");

	if (text[len] != ' ' || len > 64 || (strncmp(text, "/dev/", 5) != 0 && !is_number_pair(text, len)))
		return NULL;
	buf_add(ret, text, len);
	return text + len + 1;
}

/* 0 is no limit to cgroup v1, and nothing to v2. */
static int read_rate(const char *text, struct buf *ret)
{
	return read_size_from(text, IO_LEAST, ret);
}

static int read_operations(const char *text, struct buf *ret)
{
	return read_within(text, IO_LEAST, INT32_MAX, ret);
}

static int put_assigned(const char *key, read_fn *read, const char *value, struct buf *ret)
{
	buf_fmt(ret, " %s=", key);
	if (!strcmp(value, "max")) {
		buf_str(ret, value);
		return 0;
	}
	return read(value, ret);
}

/* "rbps=10M": bytes a second and operations a second. */
static int read_io_word(char *word, struct buf *ret)
{
	static const struct {
		const char *key;
		read_fn *read;
	} keys[] = {
		{ "rbps", read_rate },
		{ "wbps", read_rate },
		{ "riops", read_operations },
		{ "wiops", read_operations },
	};
	char *value = strchr(word, '=');

	if (!value)
		return -EINVAL;
	*value = '\0';
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (!strcmp(word, keys[i].key))
			return put_assigned(keys[i].key, keys[i].read, value + 1, ret);
	return -EINVAL;
}

static int read_io_max(const char *text, struct buf *ret)
{
	char words[TEXT_MOST + 1], *rest = words, *word;
	const char *behind = take_disk(text, ret);
	int err = behind && strlen(behind) < sizeof(words) ? 0 : -EINVAL;

	if (!err)
		memcpy(words, behind, strlen(behind) + 1);
	while (!err && (word = strsep(&rest, " ")))
		err = read_io_word(word, ret);
	return err;
}

static int read_io_latency(const char *text, struct buf *ret)
{
	const char *behind = take_disk(text, ret);

	if (!behind || strncmp(behind, "target=", 7) != 0)
		return -EINVAL;
	return put_assigned("target", read_time, behind + 7, ret);
}

/* "default 200", as the kernel tells that of all disks, is "200". */
static int read_io_weight(const char *text, struct buf *ret)
{
	const char *behind;

	if (!strncmp(text, "default ", 8))
		text += 8;
	behind = strchr(text, ' ') ? take_disk(text, ret) : text;
	if (!behind)
		return -EINVAL;
	if (behind != text)
		buf_char(ret, ' ');
	return read_weight(behind, ret);
}

/* -- all of them -------------------------------------------------------------------------------------------------- */

/* Whether another word further on has the key of this one, "rbps=1". */
static bool is_again(const char *word)
{
	size_t len = strcspn(word, " "), key = strcspn(word, " =") + 1;
	const char *other = word + len;

	while (key <= len && *other) {
		other += *other == ' ';
		if (!strncmp(other, word, key))
			return true;
		other += strcspn(other, " ");
	}
	return false;
}

/* The kernel takes what stands last, and no one would see that. */
static bool says_twice(const char *text)
{
	bool twice = false;

	for (; *text && !twice; text += strcspn(text, " "), text += *text == ' ')
		twice = is_again(text);
	return twice;
}

static const struct {
	read_fn *read;
	const char *want;
	bool has_max;
} kinds[] = {
#define FRIENDLY(kind, name, max, words) [LIMIT_KIND_##kind] = { read_##name, words, max },
#include "cgroup/friendly.def"
#undef FRIENDLY
};

int limit_read(enum limit_kind kind, const char *given, struct buf *ret, const char **want)
{
	size_t len = ret->len;
	int err = 0;

	*want = kinds[kind].want;
	if (kinds[kind].has_max && !strcmp(given, "max"))
		buf_str(ret, given);
	else
		err = kinds[kind].read(given, ret);
	if (!err)
		err = buf_check(ret);
	if (!err && says_twice(given)) {
		*want = "each of its keys once";
		err = -EEXIST;
	}
	if (err)
		ret->len = len;
	return err;
}
