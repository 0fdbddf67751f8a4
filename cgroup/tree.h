/*
 * Groups below a group, and the kernel's small files in them. A service that
 * may write below its leaf can make any number of groups there: one call looks
 * at a bounded number of them, and the caller comes again.
 */
#ifndef CGROUP_TREE_H
#define CGROUP_TREE_H

#include <sys/types.h>

#include "lib/util.h"

/* "svc.NAME/FILE" or "grp.GROUP/svc.NAME/FILE"; empty, which no call finds, when it is too long or leads elsewhere. */
struct leaf_path {
	char text[320];
};

/* The path of a file in the leaf, or of the leaf itself with file "". */
const char *leaf_path(struct leaf_path *p, const char *name, const char *file);

/* Calls fn for each pid in a cgroup.procs (0: of a pid namespace above ours). How many, or -errno. */
typedef void pid_fn(pid_t pid, void *arg);
int tree_pids(int dir, const char *file, pid_fn *fn, void *arg);

/* Calls fn for each group in dir, until it answers other than 0, which is the result. */
typedef int group_fn(int dir, const char *name, void *arg);
int tree_each(int dir, group_fn *fn, void *arg);

/* Removes a group with all below it, as far as they are empty. 0, also when there is none, or -errno. */
int tree_remove(int dir, const char *name);

/* The same with the groups below it alone. */
void tree_clear(int dir, const char *name);

/* Removes what tree_each finds in dir with a name that begins with `prefix`. */
void tree_remove_all(int dir, const char *prefix);

/* SIGKILL, once, to every process of the group and of those below it, but never to ourselves. 0 or -errno. */
int tree_kill(int dir, const char *name);

/* Whether no process is in the group or below it, by cgroup.procs; true when there is none. */
bool tree_is_empty(int dir, const char *name);

/* A number alone in a file ("max": UINT64_MAX), and the number behind `key` in one of "key number" lines. */
must_check int file_number(int dir, const char *path, uint64_t *ret);
must_check int file_keyed(int dir, const char *path, const char *key, uint64_t *ret);

/* The same of a size of v1, where a limit beyond all memory is none: LIMIT_NONE. */
must_check int file_size_v1(int dir, const char *path, uint64_t *ret);

#endif
