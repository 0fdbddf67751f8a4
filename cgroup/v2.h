/* The parts of cgroup v2, for each other. What is not said here is as in ops.h. */
#ifndef CGROUP_V2_H
#define CGROUP_V2_H

#include "cgroup/ops.h"

/* -- cgroup/v2_open.c: at boot, and when something is asked for the first time -- */

int v2_open(struct cgroup_home *home, int proc);
void v2_close(struct cgroup_home *home);
int v2_offer(struct cgroup_home *home, enum cgroup_v1 controller);

/* Whether cgroup.controllers or cgroup.subtree_control (`file`) of a group lists the controller. */
bool v2_lists(int dir, const char *file, const char *controller);

/* '+' or '-' in cgroup.subtree_control. 0 or -errno. */
int v2_switch(int dir, char sign, const char *controller);

/* -- cgroup/v2_limits.c -- */

int v2_create(struct cgroup_home *home, const char *name);
int v2_limit(struct cgroup_home *home, const char *name, const char *file, const char *text);
void v2_clear(const struct cgroup_home *home, const char *name);
void v2_spread(struct cgroup_home *home, const char *name);
int v2_watch_oom(const struct cgroup_home *home, const char *name, uint32_t *ret_events);

/* -- cgroup/v2.c -- */

/* See cgroup_oom_ends. */
int v2_oom_ends(const struct cgroup_home *home, const char *name, uint64_t *ret);

must_check int v2_write(const struct cgroup_home *home, const char *name, const char *file, const char *text);

#endif
