#ifndef LIB_PROC_H
#define LIB_PROC_H

#include "lib/util.h"

/*
 * A directory that is a procfs of our own pid namespace, or -errno: /proc, or where that is missing or another's, as
 * `unshare --pid` leaves it, one that is attached nowhere (Linux 5.2, CAP_SYS_ADMIN). In another's, numbers are those
 * of strangers. pid_namespaces(7).
 */
must_check int proc_open(void);

#endif
