#include "cgroup/limits.h"

#include <errno.h>
#include <string.h>

#include "cgroup/ops.h"
#include "lib/text.h"

#define FILE_MOST 63
#define NEAR 2 /* so few letters are wrong in a name that is mistyped; the kernel has no two that are so alike */

const struct limit_row limit_rows[] = {
#define LIMIT(file, kind, v1, how, usual, help) { file, v1, usual, LIMIT_KIND_##kind, LIMIT_V1_##how },
#include "cgroup/limits.def"
#undef LIMIT
};

const struct controller cgroup_controllers[] = {
#define CONTROLLER(id, v1, v2, made) [CGROUP_V1_##id] = { v1, v2, CONTROLLER_##made },
#include "cgroup/controllers.def"
#undef CONTROLLER
};

const unsigned limit_count = ARRAY_LEN(limit_rows);

const char *limit_name(unsigned row)
{
	return row < limit_count ? limit_rows[row].name : NULL;
}

/* How much of `file` the * of the name stands for, or -1 when it is another file. */
static int star(const char *name, const char *file)
{
	size_t len, after;

	for (; *name && *name != '*' && *name == *file; name++)
		file++;
	if (*name != '*')
		return *name || *file ? -1 : 0;
	len = strlen(file), after = strlen(++name);
	if (len <= after || strcmp(file + len - after, name) != 0)
		return -1;
	len -= after;
	return memchr(file, '.', len) ? -1 : (int)len;
}

const struct limit_row *limit_row(const char *file)
{
	for (unsigned i = 0; i < limit_count; i++)
		if (limit_rows[i].name[0] == file[0] && star(limit_rows[i].name, file) >= 0)
			return &limit_rows[i];
	return NULL;
}

unsigned limit_order(const char *file)
{
	const struct limit_row *row = limit_row(file);

	return row ? (unsigned)(row - limit_rows) : limit_count;
}

void limit_v1_file(const struct limit_row *row, const char *file, struct buf *ret)
{
	const char *at = strchr(row->v1_file, '*');
	int len = star(row->name, file);

	if (at && len > 0)
		buf_fmt(ret, "%.*s%.*s%s", (int)(at - row->v1_file), row->v1_file, len,
			file + (strchr(row->name, '*') - row->name), at + 1);
	else
		buf_str(ret, row->v1_file);
}

enum cgroup_v1 limit_controller(const char *file)
{
	size_t len = strcspn(file, ".");

	for (enum cgroup_v1 i = 0; i < CGROUP_V1_COUNT; i++) {
		const char *name = cgroup_controllers[i].v2_name;

		if (strlen(name) == len && !strncmp(name, file, len))
			return i;
	}
	return CGROUP_V1_COUNT;
}

static bool is_of_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* "memory.max": two words or more with dots between them. */
static bool is_file(const char *file)
{
	const char *c = file;

	if (strlen(file) > FILE_MOST || !strchr(file, '.'))
		return false;
	for (; *c; c++)
		if (!is_of_word(*c) && (*c != '.' || c == file || c[1] == '.' || !c[1]))
			return false;
	return true;
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len >= n && !strcmp(text + len - n, end);
}

const char *limit_refusal(const char *file)
{
	if (ends_with(file, ".pressure"))
		return "this is no limit; see the keys pressure and on_pressure";
	if (ends_with(file, ".reclaim"))
		return "this is no limit, but done once; write it into the leaf by hand";
	if (!strcmp(file, "cgroup.freeze"))
		return "this file is minit's own to write; see minit pause";
	if (strncmp(file, "cgroup.", 7) || !strncmp(file, "cgroup.max.", 11))
		return NULL;
	return "this file is minit's own to write";
}

int limit_file(const char *file)
{
	bool core = !strncmp(file, "cgroup.", 7);

	if (!is_file(file))
		return -EINVAL;
	if (limit_refusal(file))
		return -EPERM;
	return core || limit_controller(file) != CGROUP_V1_COUNT ? 0 : -ENOENT;
}

/* What v1 calls so, by its name of v2; NULL where it has no other, or is none. */
static const char *modern_name(const char *file)
{
	for (unsigned i = 0; i < limit_count; i++)
		if (*file && !strcmp(limit_rows[i].v1_file, file))
			return limit_rows[i].name;
	return NULL;
}

const char *limit_nearest(const char *file)
{
	unsigned best = NEAR + 1;
	const char *found = NULL, *modern = modern_name(file);

	if (limit_row(file) || modern)
		return limit_row(file) ? NULL : modern;
	for (unsigned i = 0; i < limit_count; i++) {
		unsigned distance = text_distance(file, limit_rows[i].name);

		if (distance < best) {
			best = distance;
			found = limit_rows[i].name;
		}
	}
	return found;
}

int limit_text(const char *file, const char *given, struct buf *ret, const char **want)
{
	const struct limit_row *row = limit_row(file);

	return limit_read(row ? row->kind : LIMIT_KIND_TEXT, given, ret, want);
}

/* The kernel itself takes 100 and 1024 for the same weight. */
uint64_t limit_shares(uint64_t weight)
{
	return weight * 1024 / 100;
}

/* blkio.weight is 10 to 1000 and 500 usual; the usual of one is the usual of the other, in proportion. */
uint64_t limit_blkio_weight(uint64_t weight)
{
	return MIN(MAX(weight * 500 / 100, 10), 1000);
}

/* 1..100..10000 to 1..100..1000: BFQ's usual weight is 100 too. */
uint64_t limit_bfq_weight(uint64_t weight)
{
	return weight <= 100 ? weight : 100 + (weight - 100) * 900 / 9900;
}

int limit_bfq_text(const char *text, struct buf *ret)
{
	const char *blank = strchr(text, ' '), *number = blank ? blank + 1 : text;
	uint64_t weight;
	int err = text_u64(number, &weight);

	if (err)
		return err;
	buf_add(ret, text, (size_t)(number - text));
	buf_u64(ret, limit_bfq_weight(weight));
	return buf_check(ret);
}

bool limit_effective(const char *file, struct buf *ret)
{
	bool is = !strcmp(file, "cpuset.cpus") || !strcmp(file, "cpuset.mems");

	if (is)
		buf_fmt(ret, "%s.effective", file);
	return is;
}
