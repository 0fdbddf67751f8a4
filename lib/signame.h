/* Signals by name (signal(7)), kernel numbers: real-time ones begin at 32. */
#ifndef LIB_SIGNAME_H
#define LIB_SIGNAME_H

#include "lib/buf.h"

#define SIGNAL_MAX 64
#define SIGNAL_RTMIN 34 /* what libc calls SIGRTMIN, and users mean by RTMIN+n */

/*
 * "SIGTERM", "TERM", "term", "15", "RTMIN+3", "SIGRTMAX-1": the number 1..64,
 * or -EINVAL.
 */
int signal_number(const char *name);

/* Appends "SIGTERM" or "SIGRTMIN+3"; an unknown number as it is. */
void signal_put(struct buf *b, int sig);

#endif
