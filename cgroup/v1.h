/* The parts of cgroup v1, for each other. What is not said here is as in ops.h. */
#ifndef CGROUP_V1_H
#define CGROUP_V1_H

#include "cgroup/ops.h"

#define V1_NO_LIMIT (UINT64_C(1) << 62) /* memory.limit_in_bytes of an unlimited leaf is LONG_MAX in whole pages */

/* -- cgroup/v1_open.c: at boot, and when something is asked for the first time -- */

int v1_open(struct cgroup_home *home, int proc);
void v1_close(struct cgroup_home *home);
int v1_offer(struct cgroup_home *home, enum cgroup_v1 controller);

/* Makes the leaf in one hierarchy, with its group. 0 (also when it is there) or -errno. */
must_check int v1_make_leaf(const struct cgroup_home *home, enum cgroup_v1 controller, const char *name);

/* Whether the service's group is there: then its leaf has to be. */
bool v1_has_group(const struct cgroup_home *home, enum cgroup_v1 controller, const char *name);

/* See cgroup_old_places. */
uint16_t v1_places(const struct cgroup_home *home, const char *name);

void v1_spread(const struct cgroup_home *home, const char *name);

/* -- cgroup/v1_limits.c -- */

int v1_limit(struct cgroup_home *home, const char *name, const char *file, const char *text);
bool v1_has_more(const struct cgroup_home *home, const char *name, const char *text);
int v1_adopt(const struct cgroup_home *home, const char *name, pid_t child);

/* -- cgroup/v1_oom.c -- */

/* Whether an OOM that takes one of the leaf is told of: it, or its group, has a limit. False for a group. */
bool v1_oom_is_heard(const struct cgroup_home *home, const char *name);

int v1_watch_oom(const struct cgroup_home *home, const char *name, uint32_t *ret_events);

/* -- cgroup/v1.c -- */

must_check int v1_write(const struct cgroup_home *home, enum cgroup_v1 controller, const char *name,
			const char *file, const char *text);

#endif
