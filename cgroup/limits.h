/* The rows of limits.def with their types, for the files of cgroup/. */
#ifndef CGROUP_LIMITS_H
#define CGROUP_LIMITS_H

#include "cgroup/cgroup.h"

enum limit_kind { LIMIT_KIND_SIZE, LIMIT_KIND_COUNT, LIMIT_KIND_QUOTA, LIMIT_KIND_WEIGHT };

struct limit_row {
	const char *name; /* v2 file */
	const char *v1_file; /* "" where v1 has none */
	const char *help;
	enum limit_kind kind;
	enum cgroup_v1 controller;
};

const struct limit_row *limit_row(enum limit_id id);

/* What a leaf has that nobody limited. */
struct limit limit_default(enum limit_id id);

/* The value as its v2 file and as its v1 file take it (cpu.max on v1: the quota alone). */
void limit_put_v2(struct buf *b, const struct limit *limit);
void limit_put_v1(struct buf *b, const struct limit *limit);

/* The weight for io.bfq.weight and blkio.bfq.weight, 1 to 1000. */
uint64_t limit_bfq_weight(uint64_t weight);

#endif
