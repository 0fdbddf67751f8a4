/*
 * What of a service without a pid namespace is found by no leaf: it has none, or root has left it. Each process of
 * such a service bears two marks, hard limits that limit nothing: RLIMIT_LOCKS, without a use since 2.4.25, and more
 * RLIMIT_RTTIME than anybody comes to have. The kernel hands them on by fork and exec, shows them to everybody, and
 * lets those alone raise them who have CAP_SYS_RESOURCE of the first user namespace (do_prlimit). The one is higher,
 * the other lower, the higher a service's number is: so nobody can come to have those of another service, and who has
 * lowered his is of one that has at least as much of both, and dies with any such but when it lies in the leaf of
 * another. Who has lost its parents is minit's child, so only those are looked at.
 */
#ifndef SERVICES_STRAYS_H
#define SERVICES_STRAYS_H

#include "services/state.h"

/* Hard limits; 0: not borne, as minit's own is too low. */
struct strays_mark {
	uint64_t locks, rttime;
};

/* minit's own soft limits, as of strays_open. */
extern struct strays_mark strays_soft;

/* Looks at what minit's own hard limits, which are marks of a minit further up, let services have. */
void strays_open(void);

/* What the processes of a service bear, for services/step_env.c. */
struct strays_mark strays_mark(const struct supervisor *sv, uint32_t index);

/*
 * True when no stray of it is left; those that are left are killed. One look serves all services that ask in a turn
 * of the loop; while deaths are being told it is false, and sv->strays_due is set: they are to be asked again when all
 * are told. True in the shutdown: what is left of all is asked to end there, and killed (init/leftover.h).
 */
bool strays_gone(struct supervisor *sv, uint32_t index);

#endif
