/*
 * Leaves and limits: one cgroup for each service, below the place where minit
 * itself was found. cgroups(7), Documentation/admin-guide/cgroup-v2.rst.
 *
 * What is known is in struct cgroup_home, which lives in the state file and
 * holds descriptors and flags only, so it is true after minit executed itself.
 * A leaf is found by its name under those descriptors: none is kept per service.
 */
#ifndef CGROUP_CGROUP_H
#define CGROUP_CGROUP_H

#include <errno.h>

#include "lib/buf.h"
#include "lib/enabled.h"

/* The limits that exist, from limits.def: LIMIT_MEMORY_MAX, ... */
enum limit_id {
#define LIMIT(id, ...) LIMIT_##id,
#include "cgroup/limits.def"
#undef LIMIT
	LIMIT_COUNT
};

#define LIMIT_NONE UINT64_MAX /* "max" */

/* One limit of the table, as parsed; position-independent. */
struct limit {
	uint32_t id;       /* enum limit_id */
	uint32_t reserved; /* 0 */
	uint64_t value;    /* bytes, count, weight, or quota in microseconds; LIMIT_NONE for "max" */
	uint64_t period;   /* cpu.max: microseconds; else 0 */
};

/* The controllers that minit uses, by their v1 names, from controllers.def. */
enum cgroup_v1 {
#define CONTROLLER(id, ...) CGROUP_V1_##id,
#include "cgroup/controllers.def"
#undef CONTROLLER
	CGROUP_V1_COUNT
};

/* Whether clone3 can bear a child in a v2 leaf; see cgroup_leaf_fd. */
enum cgroup_into { CGROUP_INTO_NEVER, CGROUP_INTO_UNKILLED, CGROUP_INTO_ALWAYS };

struct cgroup_home {
	int32_t v2;                    /* directory in which the v2 leaves are, or -1 */
	int32_t v1[CGROUP_V1_COUNT];   /* the same for each v1 hierarchy we use, or -1 */
	uint32_t v2_controllers;       /* bit per enum cgroup_v1: enabled for our leaves in v2 */
	int32_t err;                   /* 0, or why there are no leaves (-EROFS, -EACCES, ...) */
	uint8_t into;                  /* enum cgroup_into */
	uint8_t shared;                /* our v2 cgroup has other processes: leaves are in a directory beside them */
	uint8_t withheld;              /* bit per enum cgroup_v1: is there, but `shared` keeps it from our leaves */
	uint8_t reserved;
};

struct cgroup_usage {
	uint64_t memory;     /* bytes now */
	uint64_t memory_max; /* LIMIT_NONE if none */
	uint64_t cpu_us;     /* used since the leaf was made */
	uint64_t pids;       /* tasks now */
	uint64_t oom_kills;  /* grows with each kill by the OOM killer in the leaf (v2 counts some twice) */
	bool has_memory, has_cpu, has_pids; /* false: this environment cannot tell */
};

#if ENABLED(CONFIG_CGROUP)

/*
 * Finds our own place in every hierarchy (v2, v1, hybrid, or none), moves all
 * processes out of a v2 root that must not have any into a leaf `init`, and
 * enables the controllers for the leaves. Says in the log what cannot be had,
 * once. At boot only. 0, or -errno (also in ret->err) when there can be no leaf
 * at all; then every other call here answers that error or "empty".
 */
int cgroup_open(struct cgroup_home *ret);

/* Removes what cgroup_open made and moves minit back, as far as that goes. */
void cgroup_close(struct cgroup_home *home);

/*
 * Makes the leaf of service `name` in every hierarchy in use; one that is left
 * over from a killed run is emptied and used. 0 or -errno.
 */
must_check int cgroup_create(struct cgroup_home *home, const char *name);

/*
 * Writes one limit. On failure -errno, and in `why` what a person needs after
 * the errno text ("/sys/fs/cgroup is read-only here; mount it rw ...", "the
 * controller io is not enabled above ...").
 */
must_check int cgroup_limit(struct cgroup_home *home, const char *name, const struct limit *limit,
			    struct buf *why);

/*
 * A descriptor of the v2 leaf for CLONE_INTO_CGROUP; the caller closes it. -errno;
 * -EOPNOTSUPP when the child has to join by itself: there is no v2 or no clone3
 * here, or the leaf was killed once and this kernel kills all who are born into
 * such a leaf (6.14 and stable kernels since early 2025).
 */
must_check int cgroup_leaf_fd(const struct cgroup_home *home, const char *name);

/*
 * Puts the calling process into the leaf in every hierarchy where it was not
 * born into it (v1, or v2 when `born_into_v2` is false). For the child between
 * clone and exec: only openat, write, close. 0 or -errno.
 */
must_check int cgroup_join(const struct cgroup_home *home, const char *name, bool born_into_v2);

/* True when no process is left in the leaf (zombies do not count), also when there is no leaf. */
bool cgroup_is_empty(const struct cgroup_home *home, const char *name);

/*
 * Kills every process of the leaf, once: cgroup.kill, or freezer and SIGKILL
 * on v1. Never waits: the caller looks with cgroup_is_empty when children have
 * been reaped, and calls again after a while. 0 or -errno.
 */
int cgroup_kill(const struct cgroup_home *home, const char *name);

/* Reads what the leaf uses; fields it cannot read stay 0 with has_... false. */
void cgroup_usage(const struct cgroup_home *home, const char *name, struct cgroup_usage *ret);

/* Only the count of OOM kills: cheap, asked at each death. */
uint64_t cgroup_oom_kills(const struct cgroup_home *home, const char *name);

/* Removes the leaf (it must be empty). 0 or -errno. */
int cgroup_remove(struct cgroup_home *home, const char *name);

#else

static inline int cgroup_open(struct cgroup_home *ret)
{
	*ret = (struct cgroup_home){ .v2 = -1, .err = -ENOSYS };
	for (int i = 0; i < CGROUP_V1_COUNT; i++)
		ret->v1[i] = -1;
	return -ENOSYS;
}

static inline void cgroup_close(struct cgroup_home *home)
{
	(void)home;
}

static inline int cgroup_create(struct cgroup_home *home, const char *name)
{
	(void)name;
	return home->err;
}

static inline int cgroup_limit(struct cgroup_home *home, const char *name, const struct limit *limit,
			       struct buf *why)
{
	(void)name;
	(void)limit;
	buf_str(why, "this minit was built without CONFIG_CGROUP_V2 and CONFIG_CGROUP_V1");
	return home->err;
}

static inline int cgroup_leaf_fd(const struct cgroup_home *home, const char *name)
{
	(void)name;
	return home->err;
}

static inline int cgroup_join(const struct cgroup_home *home, const char *name, bool born_into_v2)
{
	(void)name;
	(void)born_into_v2;
	return home->err;
}

static inline bool cgroup_is_empty(const struct cgroup_home *home, const char *name)
{
	(void)home;
	(void)name;
	return true;
}

static inline int cgroup_kill(const struct cgroup_home *home, const char *name)
{
	(void)name;
	return home->err;
}

static inline void cgroup_usage(const struct cgroup_home *home, const char *name, struct cgroup_usage *ret)
{
	(void)home;
	(void)name;
	*ret = (struct cgroup_usage){ 0 };
}

static inline uint64_t cgroup_oom_kills(const struct cgroup_home *home, const char *name)
{
	(void)home;
	(void)name;
	return 0;
}

static inline int cgroup_remove(struct cgroup_home *home, const char *name)
{
	(void)name;
	return home->err;
}

#endif

/* For the table's parser (no state, no kernel). */

/* The limit named by the kernel's v2 file name ("memory.max"), or -ENOENT. */
int limit_by_name(const char *file);
const char *limit_name(enum limit_id id);
const char *limit_help(enum limit_id id);

/*
 * Parses what the table says ("256M", "max", "50%", "50000 100000", "64") into
 * *ret. -EINVAL, -ERANGE, with `want` set to words for the message ("a size
 * such as 64M, or max").
 */
must_check int limit_parse(enum limit_id id, const char *text, struct limit *ret, const char **want);

#endif
