/*
 * Who has been left to us, as /proc tells; unit tests have one of their own (tests/fake/sys.c).
 */
#ifndef LIB_CHILDREN_H
#define LIB_CHILDREN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/util.h"

/*
 * each(arg, proc, pid) for every child of ours, alive or not reaped yet; for none without CONFIG_PROC_CHILDREN or what
 * proc_open opens, which proc is.
 */
void children_each(void (*each)(void *arg, int proc, pid_t pid), void *arg);

/* Hard RLIMIT_LOCKS and RLIMIT_RTTIME of any process, as PID/limits of proc shows them to everybody. 0 or -errno. */
must_check int children_limits(int proc, pid_t pid, uint64_t *ret_locks, uint64_t *ret_rttime);

/* Whether one of its cgroups is called so, or is below one that is, as PID/cgroup of proc shows it to everybody. */
bool children_in_group(int proc, pid_t pid, const char *name);

#endif
