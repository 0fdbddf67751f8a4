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

/*
 * The next mount point of a mountinfo text from the end (proc(5)), unescaped in
 * place and cut out of the text; NULL when there is none left. Those of the
 * kernel's own (/proc, /sys, /dev and below, /run) and the root are left out.
 */
char *power_last_mount(char *mountinfo, size_t *len);

#endif
