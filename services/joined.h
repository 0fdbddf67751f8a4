/* The process whose namespaces are joined. */
#ifndef SERVICES_JOINED_H
#define SERVICES_JOINED_H

#include "services/state.h"

/*
 * A pidfd of the process that has the namespaces which the service joins (join); -ENOENT: its service does not run;
 * -ESRCH: it has just ended; -EOPNOTSUPP: the program behind its reaper cannot be found. The caller closes it.
 */
must_check int joined_open(const struct supervisor *sv, uint32_t index);

#endif
