/* What a leaf has, read back and said as cgroup v2 says it; and which leaf a process is in. For the tool. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup/ops.h"
#include "cgroup/tree.h"
#include "cgroup/v1.h"
#include "lib/enabled.h"
#include "lib/fd.h"
#include "lib/text.h"

#define FILE_MOST 1024
#define NO_RATE "18446744073709551615"

struct leaf_file {
	const struct cgroup_home *home;
	const struct limit_row *row;
	enum cgroup_v1 controller;
	const char *name, *file, *asked;
};

static int read_into(int dir, const char *name, const char *file, struct buf *got)
{
	char text[FILE_MOST];
	struct leaf_path path;
	ssize_t n = fd_read_file(dir, leaf_path(&path, name, file), text, sizeof(text));

	if (n < 0)
		return (int)n;
	while (n > 0 && text[n - 1] == '\n')
		n--;
	buf_add(got, text, (size_t)n);
	return 0;
}

/* -- cgroup v1, in the words of v2 -------------------------------------------------------------------------------- */

static int read_v1(const struct leaf_file *f, const char *file, struct buf *got)
{
	return read_into(f->home->v1[f->controller], f->name, file, got);
}

static int number_v1(const struct leaf_file *f, const char *file, uint64_t *ret)
{
	struct leaf_path path;

	return file_size_v1(f->home->v1[f->controller], leaf_path(&path, f->name, file), ret);
}

static int put_amount(int err, uint64_t n, struct buf *got)
{
	if (err)
		return err;
	if (n == LIMIT_NONE)
		buf_str(got, "max");
	else
		buf_u64(got, n);
	return 0;
}

static int swap_v1(const struct leaf_file *f, struct buf *got)
{
	uint64_t both, memory = 0;
	int err = number_v1(f, "memory.memsw.limit_in_bytes", &both);

	if (err == -ENOENT)
		return put_amount(0, LIMIT_NONE, got); /* swap is not counted here */
	if (!err && both != LIMIT_NONE)
		err = number_v1(f, "memory.limit_in_bytes", &memory);
	return put_amount(err, both == LIMIT_NONE ? both : both - MIN(memory, both), got);
}

static int quota_v1(const struct leaf_file *f, struct buf *got)
{
	BUF_ON_STACK(quota, 32);
	int err = read_v1(f, "cpu.cfs_quota_us", &quota);

	if (err)
		return err;
	buf_fmt(got, "%s ", strcmp(buf_text(&quota), "-1") ? buf_text(&quota) : "max");
	return read_v1(f, "cpu.cfs_period_us", got);
}

/* The weight that is translated down to these shares: limit_shares. */
static int shares_v1(const struct leaf_file *f, struct buf *got)
{
	uint64_t shares = 0;
	int err = number_v1(f, "cpu.shares", &shares);

	return put_amount(err, (shares * 100 + 1023) / 1024, got);
}

/* blkio.weight has no more than 200 of v2; BFQ's is one for several. */
static int blkio_v1(const struct leaf_file *f, struct buf *got)
{
	uint64_t n = 0, asked;
	int err = number_v1(f, "blkio.weight", &n);

	if (err != -ENOENT)
		return put_amount(err, (n + 4) / 5, got);
	err = number_v1(f, "blkio.bfq.weight", &n);
	if (!text_u64(f->asked, &asked) && limit_bfq_weight(asked) == n)
		n = asked;
	else if (n > 100)
		n = 100 + (n - 100) * 11;
	return put_amount(err, n, got);
}

/* -- disks of v1: "8:0 1048576" in a file for each of what v2 has in one ------------------------------------------- */

struct throttle {
	const char *key, *file;
	char text[FILE_MOST];
};

/* The line that begins with these characters, or NULL. */
static const char *line_with(const char *text, const char *begin, size_t len)
{
	while (*text && strncmp(text, begin, len) != 0) {
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return *text ? text : NULL;
}

/* What the file has for the disk that `line` begins with, or NULL. */
static const char *of_disk(const char *text, const char *line)
{
	size_t len = strcspn(line, " ") + 1;
	const char *found = line_with(text, line, len);

	return found ? found + len : NULL;
}

static void put_disk(const struct throttle *all, size_t count, const char *line, struct buf *got)
{
	buf_fmt(got, "%s%.*s", got->len ? "\n" : "", (int)strcspn(line, " "), line);
	for (size_t i = 0; i < count; i++) {
		const char *value = of_disk(all[i].text, line);

		if (!value || !strncmp(value, NO_RATE, strlen(NO_RATE)))
			value = "max";
		buf_fmt(got, " %s=%.*s", all[i].key, (int)strcspn(value, "\n"), value);
	}
}

static bool is_told(const struct throttle *all, size_t before, const char *line)
{
	bool told = false;

	for (size_t i = 0; i < before; i++)
		told |= of_disk(all[i].text, line) != NULL;
	return told;
}

static int throttle_v1(const struct leaf_file *f, struct buf *got)
{
	struct throttle all[] = {
		{ .key = "rbps", .file = "blkio.throttle.read_bps_device" },
		{ .key = "wbps", .file = "blkio.throttle.write_bps_device" },
		{ .key = "riops", .file = "blkio.throttle.read_iops_device" },
		{ .key = "wiops", .file = "blkio.throttle.write_iops_device" },
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		struct buf text;
		int err;

		buf_init(&text, all[i].text, sizeof(all[i].text));
		err = read_v1(f, all[i].file, &text);
		if (err)
			return err;
		(void)buf_text(&text);
	}
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		for (const char *line = all[i].text; *line; line += strcspn(line, "\n"), line += *line == '\n')
			if (!is_told(all, i, line))
				put_disk(all, ARRAY_LEN(all), line, got);
	return 0;
}

/* -- any of v1 ----------------------------------------------------------------------------------------------------- */

/* -1 and the like are "max" of what has an end. */
static int same_v1(const struct leaf_file *f, struct buf *got)
{
	BUF_ON_STACK(file, 80);
	uint64_t n;
	int err;

	limit_v1_file(f->row, f->file, &file);
	err = number_v1(f, buf_text(&file), &n);
	if (!err)
		return put_amount(0, n, got);
	return read_v1(f, buf_text(&file), got);
}

/* What init/notice.c does, which asks what is asked: as a whole, as far as the limits of the leaf and its group go. */
static int oom_v1(const struct leaf_file *f, struct buf *got)
{
	bool heard = ENABLED(CONFIG_CGROUP_V1) && v1_oom_is_heard(f->home, f->name);

	buf_str(got, heard && strcmp(f->asked, "0") ? "1" : "0");
	return 0;
}

static int found_v1(const struct leaf_file *f, struct buf *got)
{
	uint64_t n = 0;
	int err;

	switch (f->row ? (enum limit_v1)f->row->v1 : LIMIT_V1_NONE) {
	case LIMIT_V1_SAME: return same_v1(f, got);
	case LIMIT_V1_OOM: return oom_v1(f, got);
	case LIMIT_V1_MEMORY: err = number_v1(f, "memory.limit_in_bytes", &n); return put_amount(err, n, got);
	case LIMIT_V1_SOFT:
		err = number_v1(f, "memory.soft_limit_in_bytes", &n);
		return put_amount(err, n == LIMIT_NONE ? 0 : n, got);
	case LIMIT_V1_SWAP: return swap_v1(f, got);
	case LIMIT_V1_QUOTA: return quota_v1(f, got);
	case LIMIT_V1_SHARES: return shares_v1(f, got);
	case LIMIT_V1_BLKIO: return blkio_v1(f, got);
	case LIMIT_V1_THROTTLE: return throttle_v1(f, got);
	default: return -EOPNOTSUPP;
	}
}

/* -- cgroup v2 ---------------------------------------------------------------------------------------------------- */

/* Processors and nodes that the groups above have no more are in the list still, but cannot be used. */
static int read_v2(const struct leaf_file *f, struct buf *got)
{
	BUF_ON_STACK(effective, 40);
	int err = -ENOENT;

	if (limit_effective(f->file, &effective))
		err = read_into(f->home->v2, f->name, buf_text(&effective), got);
	return err == -ENOENT ? read_into(f->home->v2, f->name, f->file, got) : err;
}

/* A disk with the scheduler BFQ has its weight in another file: write_bfq in cgroup/v2_limits.c. */
static bool is_of_bfq(const struct leaf_file *f)
{
	BUF_ON_STACK(bfq, 48);
	BUF_ON_STACK(got, 512);

	return !limit_bfq_text(f->asked, &bfq) && !read_into(f->home->v2, f->name, "io.bfq.weight", &got) &&
	       cgroup_is_same("io.bfq.weight", buf_text(&bfq), buf_text(&got));
}

static int found_v2(const struct leaf_file *f, struct buf *got)
{
	int err = read_v2(f, got);

	if (strcmp(f->file, "io.weight") != 0 || (!err && cgroup_is_same(f->file, f->asked, buf_text(got))))
		return err;
	if (!is_of_bfq(f))
		return err;
	buf_reset(got);
	buf_str(got, f->asked);
	return 0;
}

int cgroup_found(const struct cgroup_home *home, const char *name, const char *file, const char *asked,
		 struct buf *got)
{
	struct leaf_file f = {
		.home = home, .row = limit_row(file), .controller = limit_controller(file), .name = name, .file = file,
		.asked = asked,
	};
	int err = home->v2 >= 0 ? found_v2(&f, got) : -ENOENT;

	if (err != -ENOENT || f.controller == CGROUP_V1_COUNT || home->v1[f.controller] < 0)
		return err;
	return found_v1(&f, got);
}

/* -- is it what was asked? ---------------------------------------------------------------------------------------- */

/* The line that begins with the first word of `asked`, or the whole. */
static const char *line_of(const char *got, const char *asked)
{
	size_t n = strcspn(asked, " ");
	const char *line = line_with(got, asked, n + (asked[n] == ' '));

	return line ? line : got;
}

/* "1G" is a number of bytes to the kernel, which tells it as one. */
static bool is_amount(const char *word, size_t n, const char *asked, size_t len)
{
	BUF_ON_STACK(number, 24);
	BUF_ON_STACK(size, 24);
	uint64_t is, wanted;

	buf_add(&number, word, n);
	buf_add(&size, asked, len);
	return !text_u64(buf_text(&number), &is) && !text_size(buf_text(&size), &wanted) && is == wanted &&
	       !buf_check(&number) && !buf_check(&size);
}

static bool has_word(const char *line, const char *word, size_t len)
{
	while (*line && *line != '\n') {
		size_t n = strcspn(line, " \n");

		if ((n == len && !strncmp(line, word, len)) || is_amount(line, n, word, len))
			return true;
		line += n + (line[n] == ' ');
	}
	return false;
}

static bool has_words(const char *got, const char *asked)
{
	const char *line = line_of(got, asked);

	while (*asked) {
		size_t n = strcspn(asked, " ");

		if (!has_word(line, asked, n))
			return false;
		asked += n + (asked[n] == ' ');
	}
	return true;
}

static bool begins(const char *file, const char *controller)
{
	return !strncmp(file, controller, strlen(controller));
}

/* Bytes of a huge page, from "hugetlb.2MB.max". */
static uint64_t huge_page(const char *file)
{
	const char *at = file + strcspn(file, "0123456789");
	uint64_t n = 0;

	for (; *at >= '0' && *at <= '9' && n < 1 << 20; at++)
		n = n * 10 + (uint64_t)(*at - '0');
	return n << (*at == 'G' ? 30 : *at == 'M' ? 20 : 10);
}

/* What is memory is counted in pages: a machine's are of one of three sizes. */
static bool is_rounded(const char *file, uint64_t asked, uint64_t got)
{
	bool is_huge = begins(file, "hugetlb.");
	uint64_t page = is_huge ? huge_page(file) : 4096;
	uint64_t most = is_huge ? page : begins(file, "memory.") ? 65536 : 0;
	bool is = asked == got;

	for (; page && page <= most; page *= 4)
		is |= got == asked - asked % page;
	return is;
}

/* The range at the start of "0-3,6", which is cut off; false: there is none. */
static bool take_range(const char **list, unsigned long *ret_first, unsigned long *ret_last)
{
	char *end;

	if (**list < '0' || **list > '9')
		return false;
	*ret_first = *ret_last = strtoul(*list, &end, 10);
	if (*end == '-')
		*ret_last = strtoul(end + 1, &end, 10);
	*list = end + (*end == ',');
	return true;
}

static bool has_number(const char *list, unsigned long n)
{
	unsigned long first, last;
	bool has = false;

	while (!has && take_range(&list, &first, &last))
		has = n >= first && n <= last;
	return has;
}

/* What the kernel has is of processors or nodes that are there: a list that goes beyond is left at the first other. */
static bool is_within(const char *part, const char *list)
{
	unsigned long first, last;
	bool is = true;

	while (is && take_range(&part, &first, &last))
		for (unsigned long n = first; is && n <= last; n++)
			is = has_number(list, n);
	return is;
}

/* "0,1" is "0-1" to the kernel. */
static bool is_same_list(const char *asked, const char *got)
{
	return is_within(asked, got) && is_within(got, asked);
}

static bool has_kind(const char *file, enum limit_kind kind)
{
	const struct limit_row *row = limit_row(file);

	return row && row->kind == (uint8_t)kind;
}

/* "8:0 rbps=max wiops=max", which is what a disk has without a line. */
static bool is_no_limit(const char *asked)
{
	for (asked += strcspn(asked, " "); *asked; asked += strcspn(asked, " ")) {
		size_t len = strcspn(++asked, " ");

		if (len < 4 || strncmp(asked + len - 4, "=max", 4) != 0)
			return false;
	}
	return true;
}

/* "20" is "20.00" to the kernel, "100" of all disks "default 100"; and "root invalid (...)" is no "root". */
bool cgroup_is_same(const char *file, const char *asked, const char *got)
{
	uint64_t a, g;
	size_t len = strlen(asked);

	if (has_kind(file, LIMIT_KIND_LIST))
		return is_same_list(asked, got);
	if (has_kind(file, LIMIT_KIND_PARTITION))
		return !strcmp(asked, got);
	if (!text_u64(asked, &a) && !text_u64(got, &g))
		return is_rounded(file, a, g);
	if (has_kind(file, LIMIT_KIND_IO_MAX) && !line_with(got, asked, strcspn(asked, " ") + 1))
		return is_no_limit(asked);
	if (!strncmp(got, asked, len) && got[len] == '.' && !got[len + 1 + strspn(got + len + 1, "0")])
		return true;
	return has_words(got, asked);
}

/* -- who is where ------------------------------------------------------------------------------------------------- */

/* "N:LIST:PATH" with the leaf in its path, or a group below it. */
static bool is_below(const char *path, size_t len, const char *leaf)
{
	size_t n = strlen(leaf);

	for (size_t i = 0; i + n < len; i++)
		if (path[i] == '/' && !strncmp(path + i + 1, leaf, n) &&
		    (i + 1 + n == len || path[i + 1 + n] == '/'))
			return true;
	return false;
}

static bool has_leaf(int home, const char *leaf)
{
	return home >= 0 && faccessat(home, leaf, F_OK, 0) == 0;
}

static bool lists(const char *line, size_t len, const char *controller)
{
	const char *at = memchr(line, ':', len), *end = at ? memchr(at + 1, ':', len - (size_t)(at + 1 - line)) : NULL;
	size_t n = strlen(controller);

	for (at = at ? at + 1 : NULL; end && at + n <= end; at++)
		if (!strncmp(at, controller, n) && (at + n == end || at[n] == ',') && (at[-1] == ':' || at[-1] == ','))
			return true;
	return false;
}

/* Whether the hierarchy of this line has the leaf at all. */
static bool is_wanted(const struct cgroup_home *home, const char *leaf, const char *line, size_t len)
{
	bool wanted = !strncmp(line, "0::", 3) && has_leaf(home->v2, leaf);

	for (enum cgroup_v1 i = 0; i < CGROUP_V1_COUNT && !wanted; i++)
		wanted = *cgroup_controllers[i].v1_name && lists(line, len, cgroup_controllers[i].v1_name) &&
			 has_leaf(home->v1[i], leaf);
	return wanted;
}

int cgroup_where(const struct cgroup_home *home, const char *name, const char *lines, struct buf *got)
{
	struct leaf_path path;
	const char *leaf = leaf_path(&path, name, "");
	int found = 0;

	while (*lines) {
		size_t len = strcspn(lines, "\n");

		if (is_wanted(home, leaf, lines, len)) {
			const char *at = strchr(strchr(lines, ':') + 1, ':') + 1;
			size_t n = len - (size_t)(at - lines);

			if (!is_below(at, n, leaf)) {
				buf_add(got, at, n);
				return 0;
			}
			found++;
		}
		lines += len + (lines[len] == '\n');
	}
	return found ? 1 : -ENOENT;
}
