/*
 * What happens in leaves between changes of state: too much pressure, and the
 * OOM killer. Only services that ask for it cost anything: two descriptors,
 * one of them a set for itself (epoll(7)), as the loop's library asks for no EPOLLPRI.
 *
 * By default none is needed for OOM on cgroup v2: the kernel kills the leaf as a
 * whole, and that death tells. On v1, and with memory.oom.group = false, it kills
 * one process, which may be any.
 */
#ifndef INIT_NOTICE_H
#define INIT_NOTICE_H

#include "services/state.h"

/* Room for what services may ask for; before leaves are made. */
void notice_open(struct supervisor *sv);

/* The leaves of the services before `prepared` are there already: after an execution in place. */
void notice_resume(uint32_t prepared);

/* Limits of the service's memory, or of its group's, are others: its OOM is watched as they want it. */
void notice_limits(uint32_t index);

/* When the deadline of the loop has passed, with MENDING_OOM: an OOM that was heard of has taken somebody by now. */
void notice_settle(void);

#endif
