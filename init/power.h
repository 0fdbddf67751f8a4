/* The last steps of a machine: file systems, then the switch. umount(2), reboot(2). */
#ifndef INIT_POWER_H
#define INIT_POWER_H

#include "services/state.h"

/*
 * Starts a child that writes everything to disk, unmounts in the reverse order
 * of mounting, and makes read-only what stays. It is a child because any of it
 * may hang: the caller waits for its end as long as it likes. 0 or -errno.
 */
must_check int power_unmount(void);

/* Power off (also for GOAL_EXIT), reboot or halt; never returns, whatever the kernel says. */
no_return void power_leave(enum goal goal);

#endif
