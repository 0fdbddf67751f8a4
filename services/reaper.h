/* A small init: stands in front of one program, as in a pid namespace. */
#ifndef SERVICES_REAPER_H
#define SERVICES_REAPER_H

#include <stdint.h>
#include <sys/types.h>

#include "lib/util.h"

/*
 * What it leaves in its RLIMIT_LOCKS, which the kernel has no use for, when its exit code is the program's own and not
 * 128 + the signal that this died of: the first process of a pid namespace cannot die of a signal by itself.
 */
#define REAPER_EXITED ((uint64_t)0x65 << 56)

/*
 * Every signal that can be caught goes on to `child`, every dead process is
 * reaped; when `child` has died, leaves with its exit code, or 128 + the signal.
 * All signals must be blocked, which the caller's were since before the clone.
 * held: it may do nothing else; all its descriptors are closed behind that.
 */
no_return void reaper_run(pid_t child, bool held);

/*
 * The same as a program, whose argument is the child's number, behind an h where it is held:
 * services/reaper_program.h, and `minit @reaper [h]PID`.
 */
no_return void reaper_main(const char *child);

/*
 * The process may no more from now on than reaper_run does. It takes CAP_SYS_ADMIN, as its namespace has. 0, or -errno.
 * services/reaper_hold.c
 */
must_check int reaper_hold(void);

/* Whether this kernel can: 0, or -EINVAL. */
must_check int reaper_may_hold(void);

#endif
