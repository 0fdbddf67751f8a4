/*
 * A directory of our own for leaves, in a group that others use too. Its name,
 * minit.PIDNS.PID, is that of no other living minit; a lock on it (flock(2),
 * which one superblock per hierarchy carries through all cgroup namespaces)
 * lasts as long as we do, also when minit executes itself: one that nobody
 * holds was left by a killed run, and the next one clears it away.
 */
#ifndef CGROUP_HOME_H
#define CGROUP_HOME_H

#include "lib/util.h"

/* Makes it below `parent`. A descriptor, or -errno. */
must_check int home_make(int parent);

/* Removes it with all leaves, as far as they are empty, and closes the descriptor. */
void home_remove(int32_t *home);

#endif
