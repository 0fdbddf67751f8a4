/* The rows of limits.def with their types, for the files of cgroup/. */
#ifndef CGROUP_LIMITS_H
#define CGROUP_LIMITS_H

#include "cgroup/cgroup.h"

enum limit_kind {
#define FRIENDLY(kind, ...) LIMIT_KIND_##kind,
#include "cgroup/friendly.def"
#undef FRIENDLY
};

/* How cgroup v1 says it: cgroup/v1_limits.c. */
enum limit_v1 {
	LIMIT_V1_NONE, LIMIT_V1_SAME, LIMIT_V1_OOM, LIMIT_V1_SOFT, LIMIT_V1_MEMORY, LIMIT_V1_SWAP, LIMIT_V1_QUOTA,
	LIMIT_V1_SHARES, LIMIT_V1_BLKIO, LIMIT_V1_THROTTLE
};

/* Texts in place, as pointers would be relocated. */
struct limit_row {
	char name[24];    /* v2 file; a * stands for any text */
	char v1_file[32]; /* "" where v1 has none */
	char usual[4];    /* what a leaf has that nobody limited, or "" */
	uint8_t kind;     /* enum limit_kind */
	uint8_t v1;       /* enum limit_v1 */
};

extern const struct limit_row limit_rows[];
extern const unsigned limit_count;

/* The row of a file, or NULL for one that is not known. */
const struct limit_row *limit_row(const char *file);

/* The v1 file that stands for `file`: that of the row, with what its * stood for. */
void limit_v1_file(const struct limit_row *row, const char *file, struct buf *ret);

/* The controller whose file it is, or CGROUP_V1_COUNT for one that minit does not know, or for the core ("cgroup."). */
enum cgroup_v1 limit_controller(const char *file);

/*
 * The file of v2 that says what of this one is in force, where the groups above may have less of it: of processors and
 * memory nodes. False: there is none.
 */
bool limit_effective(const char *file, struct buf *ret);

/*
 * Reads a value as people write it, and appends it as the kernel's file takes
 * it. -EINVAL, -ERANGE; `want` are words for the message.
 */
must_check int limit_read(enum limit_kind kind, const char *given, struct buf *ret, const char **want);

/* The weight for io.bfq.weight and blkio.bfq.weight, 1 to 1000; for cpu.shares; for blkio.weight. */
uint64_t limit_bfq_weight(uint64_t weight);
int limit_bfq_text(const char *text, struct buf *ret); /* of one of all disks, or "8:0 200" of one */
uint64_t limit_shares(uint64_t weight);
uint64_t limit_blkio_weight(uint64_t weight);

#endif
