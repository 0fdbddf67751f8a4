/*
 * Who has been left to us, as /proc tells; unit tests have one of their own (tests/fake/sys.c).
 */
#ifndef LIB_CHILDREN_H
#define LIB_CHILDREN_H

#include <stdint.h>
#include <sys/types.h>

/* each(arg, pid) for every child of ours, alive or not reaped yet; for none without /proc or CONFIG_PROC_CHILDREN. */
void children_each(void (*each)(void *arg, pid_t pid), void *arg);

/* RLIMIT_LOCKS of any process, as /proc/PID/limits shows it to everybody; 0: "unlimited", or not known. */
uint64_t children_mark(pid_t pid);

#endif
