/*
 * What the tool needs to look at a service from outside, by itself: PID 1 only
 * hands out descriptors. `minit status NAME` compares what it finds with the table.
 */
#ifndef INIT_INSIGHT_H
#define INIT_INSIGHT_H

#include "services/state.h"

/* In the order in which they are sent (SCM_RIGHTS); those that minit does not have are left out. */
enum insight { INSIGHT_TABLE, INSIGHT_PROC, INSIGHT_V2, INSIGHT_NET, INSIGHT_OWN_NET, INSIGHT_V1 };
#define INSIGHT_MOST (INSIGHT_V1 + CGROUP_V1_COUNT)

#define INSIGHT_LINES 4096 /* bytes of all lines; changes that do not fit are left out */

/* The service index of insight_send for a look at minit's network alone. */
#define INSIGHT_NOBODY UINT32_MAX

/*
 * Sends a line with the descriptors: {"index":...,"pid":...,"missing":...,"joined":...,"behind":...,"minit":...,
 * "uid":...,"fds":...}. pid: of its process once it is the program (else 0), of the one whose namespaces it has joined
 * (behind: of its reaper), and of minit, in minit's pid namespace; bits of enum missing; minit's uid as it is called
 * there; bits 1 << enum insight. INSIGHT_NET and _OWN_NET: minit's network, and the one that is kept for the service.
 * Of INSIGHT_NOBODY only what is minit's.
 * Then a line {"changed":FILE,"to":TEXT,"group":...} for each limit that was changed by hand, of the service or of its
 * group. 0 or -errno. Only for who may do anything: the table has the services' environment in it.
 */
must_check int insight_send(const struct supervisor *sv, const struct client *c, uint32_t index);

#endif
