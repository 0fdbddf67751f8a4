/*
 * Who has been left to us, as /proc tells; unit tests have one of their own (tests/fake/sys.c).
 */
#ifndef LIB_CHILDREN_H
#define LIB_CHILDREN_H

#include <stdint.h>
#include <sys/types.h>

/*
 * each(arg, proc, pid) for every child of ours, alive or not reaped yet; for none without CONFIG_PROC_CHILDREN or what
 * proc_open opens, which proc is.
 */
void children_each(void (*each)(void *arg, int proc, pid_t pid), void *arg);

/* RLIMIT_LOCKS of any process, as PID/limits of proc shows it to everybody; 0: "unlimited", or not known. */
uint64_t children_mark(int proc, pid_t pid);

#endif
