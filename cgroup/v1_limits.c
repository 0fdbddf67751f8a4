/*
 * What cgroup v1 calls the limits of v2: the formulas of the OCI runtimes, but
 * for weights, where minit speaks that of v2 and translates down.
 */
#include <errno.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>

#include "cgroup/tree.h"
#include "cgroup/v1.h"
#include "lib/fd.h"
#include "lib/text.h"

#define MEMSW "memory.memsw.limit_in_bytes"
#define MEMORY "memory.limit_in_bytes"

/* One limit on its way into a leaf. */
struct job {
	const struct cgroup_home *home;
	const struct limit_row *row;
	enum cgroup_v1 controller;
	const char *name, *text;
	const char *file; /* of v1 */
};

static int put(const struct job *job, const char *file, const char *text)
{
	return v1_write(job->home, job->controller, job->name, file, text);
}

static int put_number(const struct job *job, const char *file, uint64_t n)
{
	BUF_ON_STACK(text, 24);

	if (n == LIMIT_NONE)
		buf_str(&text, "-1");
	else
		buf_u64(&text, n);
	return put(job, file, buf_text(&text));
}

/* A number of v2, or "max". */
static int number_of(const char *text, uint64_t *ret)
{
	*ret = LIMIT_NONE;
	return strcmp(text, "max") ? text_u64(text, ret) : 0;
}

static int put_same(const struct job *job)
{
	bool bytes = job->row->kind == LIMIT_KIND_SIZE || job->row->kind == LIMIT_KIND_AMOUNT;

	return put(job, job->file, bytes && !strcmp(job->text, "max") ? "-1" : job->text);
}

/* -- memory ------------------------------------------------------------------------------------------------------ */

static int read_limit(const struct job *job, const char *file, uint64_t *ret)
{
	struct leaf_path path;

	return file_size_v1(job->home->v1[job->controller], leaf_path(&path, job->name, file), ret);
}

/* What may be used of both: v1 takes no sum below the memory alone, so what grows is written first. */
static int put_both(const struct job *job, uint64_t old, uint64_t memory, uint64_t sum)
{
	bool grows = memory > old;
	int err = grows ? put_number(job, MEMSW, sum) : put_number(job, MEMORY, memory);

	if (err)
		return err;
	return grows ? put_number(job, MEMORY, memory) : put_number(job, MEMSW, sum);
}

/* The swap that was allowed beside the old limit stays allowed beside the new one; beside none it cannot. */
static int put_memory(const struct job *job)
{
	uint64_t memory, old, sum;
	int err = number_of(job->text, &memory);

	if (err)
		return err;
	if (read_limit(job, MEMSW, &sum) || sum == LIMIT_NONE || read_limit(job, MEMORY, &old))
		return put_number(job, MEMORY, memory);
	return memory == LIMIT_NONE ? -EINVAL : put_both(job, old, memory, sum - old + memory);
}

static int put_swap(const struct job *job)
{
	uint64_t swap, memory;
	int err = number_of(job->text, &swap);

	if (err)
		return err;
	if (swap == LIMIT_NONE) {
		err = put_number(job, MEMSW, LIMIT_NONE);
		return err == -ENOENT ? 0 : err; /* swap is not counted here */
	}
	err = read_limit(job, MEMORY, &memory);
	if (err)
		return err;
	return memory == LIMIT_NONE ? -EAGAIN : put_number(job, MEMSW, memory + swap);
}

/* Nothing is protected: on v1 that is to have no soft limit. */
static int put_soft(const struct job *job)
{
	uint64_t low;
	int err = number_of(job->text, &low);

	return err ? err : put_number(job, job->file, low ? low : LIMIT_NONE);
}

/* init/notice.c kills the rest of a leaf when the kernel has killed one of it; nobody does of a group. */
static int put_oom(const struct job *job)
{
	if (!strcmp(job->text, "0") || v1_oom_is_heard(job->home, job->name))
		return 0;
	return -EOPNOTSUPP;
}

/* -- processor --------------------------------------------------------------------------------------------------- */

struct quota {
	char amount[24], period[24]; /* as the files have them, or "" */
};

static void read_word(const struct job *job, const char *file, char *mem, size_t size)
{
	struct leaf_path path;
	ssize_t n = fd_read_file(job->home->v1[job->controller], leaf_path(&path, job->name, file), mem, size);

	mem[n > 0 ? strcspn(mem, "\n") : 0] = '\0';
}

/* The old quota and a new period could make a share that is refused, so the old quota goes first. */
static int put_period(const struct job *job, const struct quota *old, const char *period)
{
	int err;

	if (!strcmp(old->period, period))
		return 0;
	err = put(job, job->file, "-1");
	return err ? err : put(job, "cpu.cfs_period_us", period);
}

/* Where the new one is refused, the old one is to hold, and not none. */
static void put_back(const struct job *job, const struct quota *old)
{
	if (*old->period && *old->amount && !put(job, "cpu.cfs_period_us", old->period))
		(void)!put(job, job->file, old->amount);
}

static int put_quota(const struct job *job)
{
	BUF_ON_STACK(amount, 24);
	size_t len = strcspn(job->text, " ");
	struct quota old = { "", "" };
	int err;

	read_word(job, job->file, old.amount, sizeof(old.amount));
	read_word(job, "cpu.cfs_period_us", old.period, sizeof(old.period));
	buf_add(&amount, job->text, len);
	err = job->text[len] ? put_period(job, &old, job->text + len + 1) : 0;
	if (!err)
		err = put(job, job->file, strcmp(buf_text(&amount), "max") ? buf_text(&amount) : "-1");
	if (err)
		put_back(job, &old);
	return err;
}

/* "max" and "-1" are no quota: nothing is more than the one, and who has the other may have what the group has. */
static bool take_quota(const char *amount, const char *period, uint64_t *ret_amount, uint64_t *ret_period)
{
	return !text_u64(amount, ret_amount) && !text_u64(period, ret_period);
}

bool v1_has_more(const struct cgroup_home *home, const char *name, const char *text)
{
	const struct job job = { .home = home, .controller = CGROUP_V1_CPU, .name = name };
	size_t len = strcspn(text, " ");
	struct quota is;
	uint64_t amount, period, of, in;
	BUF_ON_STACK(wanted, 24);

	buf_add(&wanted, text, len);
	read_word(&job, "cpu.cfs_quota_us", is.amount, sizeof(is.amount));
	read_word(&job, "cpu.cfs_period_us", is.period, sizeof(is.period));
	return text[len] && take_quota(is.amount, is.period, &amount, &period) &&
	       take_quota(buf_text(&wanted), text + len + 1, &of, &in) && amount * in > of * period;
}

static int put_shares(const struct job *job)
{
	uint64_t weight;
	int err = text_u64(job->text, &weight);

	return err ? err : put_number(job, job->file, limit_shares(weight));
}

/* -- disks ------------------------------------------------------------------------------------------------------- */

/* blkio.weight went with the scheduler CFQ in Linux 5.0; since then there is BFQ's. */
static int put_blkio(const struct job *job)
{
	uint64_t weight;
	int err = text_u64(job->text, &weight);

	if (err)
		return -EOPNOTSUPP; /* that of one disk */
	err = put_number(job, job->file, limit_blkio_weight(weight));
	return err == -ENOENT ? put_number(job, "blkio.bfq.weight", limit_bfq_weight(weight)) : err;
}

/* "rbps=1048576" of disk "8:0". */
static int put_throttle_word(const struct job *job, const char *disk, const char *word)
{
	static const struct {
		const char *key, *file;
	} keys[] = {
		{ "rbps=", "blkio.throttle.read_bps_device" },
		{ "wbps=", "blkio.throttle.write_bps_device" },
		{ "riops=", "blkio.throttle.read_iops_device" },
		{ "wiops=", "blkio.throttle.write_iops_device" },
	};
	BUF_ON_STACK(text, 64);

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		size_t len = strlen(keys[i].key);

		if (strncmp(word, keys[i].key, len) != 0)
			continue;
		buf_fmt(&text, "%s %s", disk, strcmp(word + len, "max") ? word + len : "0");
		return put(job, keys[i].file, buf_text(&text));
	}
	return -EINVAL;
}

static int put_throttle(const struct job *job)
{
	char words[192], *rest = words, *disk, *word;
	int err = 0;

	if (strlen(job->text) >= sizeof(words))
		return -EINVAL;
	memcpy(words, job->text, strlen(job->text) + 1);
	disk = strsep(&rest, " ");
	while (!err && (word = strsep(&rest, " ")))
		err = put_throttle_word(job, disk, word);
	return err;
}

/* -- all of them ------------------------------------------------------------------------------------------------- */

static int put_any(const struct job *job)
{
	switch ((enum limit_v1)job->row->v1) {
	case LIMIT_V1_NONE: return -EOPNOTSUPP;
	case LIMIT_V1_SAME: return put_same(job);
	case LIMIT_V1_OOM: return put_oom(job);
	case LIMIT_V1_SOFT: return put_soft(job);
	case LIMIT_V1_MEMORY: return put_memory(job);
	case LIMIT_V1_SWAP: return put_swap(job);
	case LIMIT_V1_QUOTA: return put_quota(job);
	case LIMIT_V1_SHARES: return put_shares(job);
	case LIMIT_V1_BLKIO: return put_blkio(job);
	case LIMIT_V1_THROTTLE: return put_throttle(job);
	}
	return -EOPNOTSUPP;
}

int v1_limit(struct cgroup_home *home, const char *name, const char *file, const char *text)
{
	BUF_ON_STACK(v1_file, 80);
	struct job job = {
		.home = home,
		.row = limit_row(file),
		.controller = limit_controller(file),
		.name = name,
		.text = text,
	};
	int err;

	if (!job.row || job.row->v1 == LIMIT_V1_NONE)
		return -EOPNOTSUPP;
	err = v1_make_leaf(home, job.controller, name);
	if (err)
		return err;
	limit_v1_file(job.row, file, &v1_file);
	job.file = buf_text(&v1_file);
	return put_any(&job);
}

struct adoption {
	int procs;
	int err;
};

static void adopt_pid(pid_t pid, void *arg)
{
	struct adoption *a = arg;
	BUF_ON_STACK(text, 16);

	buf_fmt(&text, "%d", pid);
	if (write(a->procs, text.data, text.len) < 0 && errno != ESRCH)
		a->err = -errno;
}

/*
 * Twice, for what is forked meanwhile; a child of one that has been moved is born where it is. The one that may not be
 * with the others yet goes first: what it has forked by then is.
 */
static int adopt_into(const struct cgroup_home *home, enum cgroup_v1 controller, const char *name, pid_t child)
{
	bool v2 = home->v2 >= 0;
	struct leaf_path leaf, all;
	cleanup_fd int procs = openat(home->v1[controller], leaf_path(&leaf, name, "cgroup.procs"),
				      O_WRONLY | O_CLOEXEC);
	struct adoption a = { .procs = procs };

	if (procs < 0)
		return errno == ENOENT ? 0 : -errno;
	if (child)
		adopt_pid(child, &a);
	leaf_path(&all, name, "cgroup.procs");
	for (int i = 0; i < 2; i++)
		tree_pids(v2 ? home->v2 : home->v1[CGROUP_V1_FREEZER], all.text, adopt_pid, &a);
	return a.err;
}

/* A limit of its group may have made the group where the service has no leaf yet. */
int v1_adopt(const struct cgroup_home *home, const char *name, pid_t child)
{
	int err = 0;

	for (enum cgroup_v1 i = 0; i < CGROUP_V1_COUNT && !err; i++) {
		if (home->v1[i] < 0)
			continue;
		if (v1_has_group(home, i, name))
			err = v1_make_leaf(home, i, name);
		if (!err)
			err = adopt_into(home, i, name, child);
	}
	return err;
}
