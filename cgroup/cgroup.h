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
#include <string.h>
#include <sys/types.h>

#include "cgroup/spec.h"
#include "lib/buf.h"
#include "lib/enabled.h"
#include "lib/pressure.h"

#define LIMIT_NONE UINT64_MAX /* "max" */

struct cgroup_usage {
	uint64_t memory;     /* bytes now */
	uint64_t memory_max; /* LIMIT_NONE if none */
	uint64_t cpu_us;     /* used since the leaf was made */
	uint64_t pids;       /* tasks now */
	uint64_t oom_kills;  /* times it was killed for want of memory, all at once being one (v2: Linux 5.17) */
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
 * A leaf's `name` is that of its service; "GROUP/NAME" when it is in a group with
 * others, and "GROUP/" is the group itself, which is made when it is first spoken
 * of. cgroup_create makes the leaf in every hierarchy in use; one that is left
 * over from a killed run is emptied and used. 0 or -errno.
 */
must_check int cgroup_create(struct cgroup_home *home, const char *name);

/*
 * Writes one limit: `file` is the kernel's own, of v2, `text` as that file takes
 * it, but for a disk, which may be a path. v1 is translated. On failure -errno,
 * and in `why` what a person needs after the errno text ("/sys/fs/cgroup is
 * read-only here; mount it rw ...", "the cgroup above does not pass io on ...").
 * -EAGAIN: not before memory.max (v1 counts swap and memory in one). why may be NULL.
 */
must_check int cgroup_limit(struct cgroup_home *home, const char *name, const char *file, const char *text,
			    struct buf *why);

/* The same words later, of a limit of `name`, or with file "" of the leaf itself. err: -errno. */
void cgroup_why(const struct cgroup_home *home, const char *name, const char *file, int err, struct buf *why);

/* The same of the devices of a leaf (cgroup/devices.h). */
void cgroup_why_devices(int err, struct buf *why);

/*
 * Which group, from that of `name` upward, has no more of `what` ("cpus" or "mems") than is left there, and how many:
 * "/sys/fs/cgroup/a has 0-1 (its cpuset.cpus.effective): ...". False: nothing is said, as no group tells.
 */
bool cgroup_why_above(const struct cgroup_home *home, const char *name, const char *what, struct buf *why);

/*
 * Whether a leaf of v1 has a larger quota than "AMOUNT PERIOD" as cpu.max takes
 * it, which its group could not have then. False with v2, which has no such rule.
 */
bool cgroup_has_more(const struct cgroup_home *home, const char *name, const char *text);

/*
 * Moves the processes of the service into leaves of v1 that a limit has made
 * while they ran (each write may wait for all processors). child: one that may not
 * have joined its leaf yet, and would pass by what it found no leaf in; 0: none.
 * 0 or -errno.
 */
must_check int cgroup_adopt(const struct cgroup_home *home, const char *name, pid_t child);

/*
 * For a service that may make groups of its own in its leaf: makes it in each hierarchy of v1 that is used, but that of
 * devices, and gives it each controller that v2 has here. For others a limit does. Where that cannot be it has none.
 */
void cgroup_spread(struct cgroup_home *home, const char *name);

/* In which hierarchies of v1 the leaf is, where what was asked for made it: a bit per enum cgroup_v1. */
uint16_t cgroup_old_places(const struct cgroup_home *home, const char *name);

/* Whether the leaf is in the v1 hierarchy of these controllers ("cpu,cpuacct"), and may be shown. For the child. */
bool cgroup_has_old(const struct cgroup_home *home, const char *name, const char *controllers);

/*
 * Takes away what a service that may make groups of its own has left in its
 * leaf, which is empty: the groups, and the controllers it has switched on for them.
 */
void cgroup_clear(const struct cgroup_home *home, const char *name);

/*
 * Gives the leaf to a user, who may then make groups below it and move processes
 * there; its limits stay ours. For the child, like cgroup_join. 0 or -errno.
 */
must_check int cgroup_give(const struct cgroup_home *home, const char *name, uint32_t uid, uint32_t gid);

/*
 * Of the child that may make groups in its leaf: process 1 of its pid namespace goes into one, as cgroup v2 lets
 * nobody pass controllers on where a process is. 0 or -errno.
 */
must_check int cgroup_set_aside(const struct cgroup_home *home, const char *name);

/* Stops all processes of the leaf where they are, or lets them go on. Does not wait. 0 or -errno. */
int cgroup_freeze(const struct cgroup_home *home, const char *name, bool frozen);

/*
 * What speaks when the leaf has been out of memory, for epoll(7) with
 * *ret_events; the caller closes it. -errno where there is no controller.
 */
must_check int cgroup_watch_oom(const struct cgroup_home *home, const char *name, uint32_t *ret_events);

/* Whether the OOM killer takes one process, and minit has to see to the others (v1). */
bool cgroup_oom_is_single(const struct cgroup_home *home);

/*
 * A descriptor that has EPOLLPRI when tasks of the leaf have stalled for
 * `resource` ("memory") as `trigger` says ("some 150000 1000000":
 * Documentation/accounting/psi.rst); the caller closes it. -errno.
 */
must_check int cgroup_watch_pressure(const struct cgroup_home *home, const char *name, const char *resource,
				     const char *trigger);

/* How much of `resource` ("memory") the leaf has. 0; -EOPNOTSUPP or -ENOENT where nobody measures it; -errno. */
must_check int cgroup_pressure(const struct cgroup_home *home, const char *name, const char *resource,
			       struct pressure *ret);

/* Why not, and what to do: err, -errno, of cpu.pressure and the like. */
void cgroup_why_pressure(const struct cgroup_home *home, const char *file, int err, struct buf *why);

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
 * clone and exec: only openat, write, close. 1 if it was moved by that, 0 if not,
 * or -errno.
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

/*
 * Somebody else may have written the leaf's cgroup.kill, which can be read nowhere:
 * the next child joins it by itself, if this kernel kills who is born there. True if
 * that is new: the last one may have been born there.
 */
bool cgroup_note_killed(const struct cgroup_home *home, const char *name);

/* Reads what the leaf uses; fields it cannot read stay 0 with has_... false. */
void cgroup_usage(const struct cgroup_home *home, const char *name, struct cgroup_usage *ret);

/* The kernel's own count of OOM kills, which grows with each (v2 counts some twice): cheap, asked at each death. */
uint64_t cgroup_oom_kills(const struct cgroup_home *home, const char *name);

/* The same of a leaf with groups of its service's own, without what has happened in these alone. */
uint64_t cgroup_oom_ends(const struct cgroup_home *home, const char *name);

/* Removes the leaf (it must be empty). 0 or -errno. */
int cgroup_remove(struct cgroup_home *home, const char *name);

/*
 * For the tool, which looks at leaves from outside (cgroup/found.c): appends
 * what is in force of a limit, in the words of v2's file. asked: of several
 * texts that are one in v1, this one is told. 0; -EOPNOTSUPP for what v1 has no
 * such words for; -errno.
 */
must_check int cgroup_found(const struct cgroup_home *home, const char *name, const char *file, const char *asked,
			    struct buf *got);

/* Whether `got` is what `asked` asks of a file of v2: the kernel rounds memory, and names what was not named. */
bool cgroup_is_same(const char *file, const char *asked, const char *got);

/*
 * Whether /proc/PID/cgroup (`lines`) has the leaf, or a group below it, in each
 * hierarchy in which there is one: 1; 0 with the path that is another; -ENOENT: there is no leaf.
 */
must_check int cgroup_where(const struct cgroup_home *home, const char *name, const char *lines, struct buf *got);

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

static inline int cgroup_limit(struct cgroup_home *home, const char *name, const char *file, const char *text,
			       struct buf *why)
{
	(void)name;
	(void)file;
	(void)text;
	(void)why;
	return home->err;
}

static inline void cgroup_why(const struct cgroup_home *home, const char *name, const char *file, int err,
			      struct buf *why)
{
	(void)home;
	(void)name;
	(void)file;
	(void)err;
	buf_str(why, "this minit was built without CONFIG_CGROUP_V2 and CONFIG_CGROUP_V1");
}

static inline void cgroup_why_devices(int err, struct buf *why)
{
	(void)err;
	(void)why;
}

static inline bool cgroup_why_above(const struct cgroup_home *home, const char *name, const char *what,
				    struct buf *why)
{
	(void)home;
	(void)name;
	(void)what;
	(void)why;
	return false;
}

static inline bool cgroup_has_more(const struct cgroup_home *home, const char *name, const char *text)
{
	(void)home;
	(void)name;
	(void)text;
	return false;
}

static inline int cgroup_adopt(const struct cgroup_home *home, const char *name, pid_t child)
{
	(void)name;
	(void)child;
	return home->err;
}

static inline void cgroup_spread(struct cgroup_home *home, const char *name)
{
	(void)home;
	(void)name;
}

static inline uint16_t cgroup_old_places(const struct cgroup_home *home, const char *name)
{
	(void)home;
	(void)name;
	return 0;
}

static inline bool cgroup_has_old(const struct cgroup_home *home, const char *name, const char *controllers)
{
	(void)home;
	(void)name;
	(void)controllers;
	return false;
}

static inline void cgroup_clear(const struct cgroup_home *home, const char *name)
{
	(void)home;
	(void)name;
}

static inline int cgroup_give(const struct cgroup_home *home, const char *name, uint32_t uid, uint32_t gid)
{
	(void)name;
	(void)uid;
	(void)gid;
	return home->err;
}

static inline int cgroup_set_aside(const struct cgroup_home *home, const char *name)
{
	(void)home;
	(void)name;
	return 0;
}

static inline int cgroup_freeze(const struct cgroup_home *home, const char *name, bool frozen)
{
	(void)name;
	(void)frozen;
	return home->err;
}

static inline int cgroup_watch_oom(const struct cgroup_home *home, const char *name, uint32_t *ret_events)
{
	(void)name;
	(void)ret_events;
	return home->err;
}

static inline bool cgroup_oom_is_single(const struct cgroup_home *home)
{
	(void)home;
	return false;
}

static inline int cgroup_watch_pressure(const struct cgroup_home *home, const char *name, const char *resource,
					const char *trigger)
{
	(void)name;
	(void)resource;
	(void)trigger;
	return home->err;
}

static inline void cgroup_why_pressure(const struct cgroup_home *home, const char *file, int err, struct buf *why)
{
	(void)home;
	(void)file;
	(void)err;
	(void)why;
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

static inline bool cgroup_note_killed(const struct cgroup_home *home, const char *name)
{
	(void)home;
	(void)name;
	return false;
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

static inline uint64_t cgroup_oom_ends(const struct cgroup_home *home, const char *name)
{
	return cgroup_oom_kills(home, name);
}

static inline int cgroup_remove(struct cgroup_home *home, const char *name)
{
	(void)name;
	return home->err;
}

static inline int cgroup_found(const struct cgroup_home *home, const char *name, const char *file, const char *asked,
			       struct buf *got)
{
	(void)name;
	(void)file;
	(void)asked;
	(void)got;
	return home->err;
}

static inline bool cgroup_is_same(const char *file, const char *asked, const char *got)
{
	(void)file;
	(void)asked;
	(void)got;
	return false;
}

static inline int cgroup_where(const struct cgroup_home *home, const char *name, const char *lines, struct buf *got)
{
	(void)name;
	(void)lines;
	(void)got;
	return home->err;
}

#endif

/* -- for the table's parser and for the tool: no state, no kernel -- */

/* Name of limit number `row` of limits.def; NULL behind the last. A * in it stands for any text. */
const char *limit_name(unsigned row);

/* The place of a file in the order in which limits are to be written. */
unsigned limit_order(const char *file);

/*
 * 0 for what may be the file of a controller, known or not; -EINVAL for what
 * has not the form, -EPERM for one of which limit_refusal says why it cannot be
 * a limit, -ENOENT for a controller that does not exist.
 */
must_check int limit_file(const char *file);

/* Why a file is none of a limit although the kernel may have it, in words; or NULL. */
const char *limit_refusal(const char *file);

/* The known file that was meant by one that is not known, as that of v1 by its name there, or NULL. */
const char *limit_nearest(const char *file);

/* The other name that the kernel has for the same, or NULL. */
static inline const char *limit_twin(const char *file)
{
	static const char pair[][16] = { "cpu.weight", "cpu.weight.nice" };

	return !strcmp(file, pair[0]) ? pair[1] : !strcmp(file, pair[1]) ? pair[0] : NULL;
}

/*
 * Reads what the table says ("256M", "max", "50%", "50000 100000", "/dev/vda rbps=10M")
 * and appends it as the file takes it. -EINVAL, -ERANGE, with `want` set to
 * words for the message ("a size such as 64M, or max").
 */
must_check int limit_text(const char *file, const char *given, struct buf *ret, const char **want);

/* Which devices a leaf may use: a part of this header that has a file of its own. */
#include "cgroup/devices.h"

#endif
