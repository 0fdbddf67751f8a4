/*
 * What of a service without a pid namespace is found by no leaf: it has none, or root has left it. Each process of
 * such a service bears its mark in RLIMIT_LOCKS: the kernel has not used it since 2.4.25, hands it on by fork and
 * exec, and shows it to everybody. Who has lost its parents is minit's child, so only those are looked at.
 */
#ifndef SERVICES_STRAYS_H
#define SERVICES_STRAYS_H

#include "services/state.h"

#define STRAYS_MARK ((uint64_t)0x6d << 56) /* not "unlimited", even to those who read it with a sign */
#define STRAYS_INDEX_BITS 24

/*
 * What the processes of a service bear, for services/step_env.c. Another minit further down has marks with its own
 * pid; one that is PID 1 leaves nobody to others.
 */
static inline uint64_t strays_mark(const struct supervisor *sv, uint32_t index)
{
	return STRAYS_MARK | (uint64_t)(uint32_t)sv->state->pid << STRAYS_INDEX_BITS | index;
}

/*
 * True when no stray of it is left; those that are left are killed. One look serves all services that ask in a turn
 * of the loop; while deaths are being told it is false, and sv->strays_due is set: they are to be asked again when all
 * are told. True in the shutdown: what is left of all is asked to end there, and killed (init/leftover.h).
 */
bool strays_gone(struct supervisor *sv, uint32_t index);

#endif
