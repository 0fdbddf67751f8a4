#include "cgroup/limits.h"

#include <errno.h>
#include <string.h>

#include "lib/text.h"

#define PERIOD_USUAL 100000 /* the kernel's own default, microseconds */
#define PERIOD_LEAST 1000
#define PERIOD_MOST 1000000
#define QUOTA_LEAST 1000 /* below 1 ms the kernel answers EINVAL */
#define CPUS_MOST 8192
#define PIDS_MOST 4194304 /* PID_MAX_LIMIT; beyond it pids.max answers EINVAL */
#define WEIGHT_USUAL 100
#define WEIGHT_MOST 10000
#define PAGE_LEAST 4096 /* the kernel rounds down to pages: less than one would be none */

static const struct limit_row rows[] = {
#define LIMIT(id, v2_file, limit_kind, v1_controller, v1_name, text) \
	[LIMIT_##id] = {                                             \
		.name = v2_file,                                     \
		.v1_file = v1_name,                                  \
		.help = text,                                        \
		.kind = LIMIT_KIND_##limit_kind,                     \
		.controller = CGROUP_V1_##v1_controller,             \
	},
#include "cgroup/limits.def"
#undef LIMIT
};

const struct limit_row *limit_row(enum limit_id id)
{
	return &rows[id];
}

int limit_by_name(const char *file)
{
	for (int id = 0; id < LIMIT_COUNT; id++)
		if (!strcmp(rows[id].name, file))
			return id;
	return -ENOENT;
}

const char *limit_name(enum limit_id id)
{
	return rows[id].name;
}

const char *limit_help(enum limit_id id)
{
	return rows[id].help;
}

struct limit limit_default(enum limit_id id)
{
	bool weight = rows[id].kind == LIMIT_KIND_WEIGHT;

	return (struct limit){ .id = id, .value = weight ? WEIGHT_USUAL : LIMIT_NONE };
}

static int parse_size(const char *text, struct limit *limit)
{
	int err = text_size(text, &limit->value);

	if (err)
		return err;
	return limit->value < PAGE_LEAST || limit->value > INT64_MAX ? -ERANGE : 0;
}

static int parse_number(const char *text, uint64_t most, struct limit *limit)
{
	int err = text_u64(text, &limit->value);

	if (err)
		return err;
	return limit->value < 1 || limit->value > most ? -ERANGE : 0;
}

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

static int check_quota(const struct limit *limit)
{
	if (limit->period < PERIOD_LEAST || limit->period > PERIOD_MOST)
		return -ERANGE;
	if (limit->value == LIMIT_NONE)
		return 0;
	if (limit->value < QUOTA_LEAST || limit->value / limit->period > CPUS_MOST)
		return -ERANGE;
	return 0;
}

/* "50%" or "1.5": of one CPU's time; a share too small for the usual period gets a longer one. */
static int parse_share(const char *text, struct limit *limit)
{
	bool percent = text[0] && text[strlen(text) - 1] == '%';
	int err = take_decimal(&text, percent ? 3 : 5, &limit->value);

	if (err)
		return err;
	if (strcmp(text, percent ? "%" : ""))
		return -EINVAL;
	limit->period = PERIOD_USUAL;
	if (limit->value < QUOTA_LEAST) {
		limit->value *= PERIOD_MOST / PERIOD_USUAL;
		limit->period = PERIOD_MOST;
	}
	return check_quota(limit);
}

/* "50000 100000", "max 100000": as cpu.max has it. */
static int parse_pair(const char *text, const char *space, struct limit *limit)
{
	BUF_ON_STACK(quota, 24);
	int err;

	buf_add(&quota, text, (size_t)(space - text));
	err = buf_check(&quota) ? -ERANGE : 0;
	limit->value = LIMIT_NONE;
	if (!err && strcmp(buf_text(&quota), "max"))
		err = text_u64(buf_text(&quota), &limit->value);
	if (!err)
		err = text_u64(space + 1, &limit->period);
	return err ? err : check_quota(limit);
}

static int parse_quota(const char *text, struct limit *limit)
{
	const char *space = strchr(text, ' ');

	return space ? parse_pair(text, space, limit) : parse_share(text, limit);
}

static int parse_count(const char *text, struct limit *limit)
{
	return parse_number(text, PIDS_MOST, limit);
}

static int parse_weight(const char *text, struct limit *limit)
{
	return parse_number(text, WEIGHT_MOST, limit);
}

static const struct kind {
	int (*parse)(const char *text, struct limit *limit);
	const char *want;
	bool has_max;
} kinds[] = {
	[LIMIT_KIND_SIZE] = { parse_size, "a size of 4K or more such as \"64M\", or \"max\"", true },
	[LIMIT_KIND_COUNT] = { parse_count, "a number from 1 to 4194304, or \"max\"", true },
	[LIMIT_KIND_QUOTA] = { parse_quota,
			       "\"50%\", \"1.5\" (CPUs), \"50000 100000\" (microseconds), or \"max\"", true },
	[LIMIT_KIND_WEIGHT] = { parse_weight, "a weight from 1 to 10000, 100 is usual", false },
};

int limit_parse(enum limit_id id, const char *text, struct limit *ret, const char **want)
{
	const struct kind *kind = &kinds[rows[id].kind];
	struct limit limit = { .id = id };
	int err = 0;

	*want = kind->want;
	if (kind->has_max && !strcmp(text, "max"))
		limit.value = LIMIT_NONE;
	else
		err = kind->parse(text, &limit);
	if (!err)
		*ret = limit;
	return err;
}

void limit_put_v2(struct buf *b, const struct limit *limit)
{
	if (limit->value == LIMIT_NONE)
		buf_str(b, "max");
	else
		buf_u64(b, limit->value);
	if (limit->period)
		buf_fmt(b, " %lu", (unsigned long)limit->period);
}

/* The kernel itself takes 100 and 1024 for the same weight. */
static uint64_t shares(uint64_t weight)
{
	return weight * 1024 / 100;
}

/* blkio.weight is 10 to 1000 and 500 usual; the usual of one is the usual of the other, in proportion. */
static uint64_t blkio_weight(uint64_t weight)
{
	return MIN(MAX(weight * 500 / 100, 10), 1000);
}

/* 1..100..10000 to 1..100..1000: BFQ's usual weight is 100 too. */
uint64_t limit_bfq_weight(uint64_t weight)
{
	return weight <= 100 ? weight : 100 + (weight - 100) * 900 / 9900;
}

void limit_put_v1(struct buf *b, const struct limit *limit)
{
	if (limit->id == LIMIT_CPU_WEIGHT)
		buf_u64(b, shares(limit->value));
	else if (limit->id == LIMIT_IO_WEIGHT)
		buf_u64(b, blkio_weight(limit->value));
	else if (limit->value != LIMIT_NONE)
		buf_u64(b, limit->value);
	else
		buf_str(b, limit->id == LIMIT_PIDS_MAX ? "max" : "-1");
}
