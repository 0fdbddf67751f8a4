/*
 * The networks that do not let packets pass yet: what a service sends too early is lost, and is sent again a second
 * later. So it waits, by the kernel's events, and PID 1 with it only until the last of them works.
 */
#ifndef SERVICES_SETTLE_H
#define SERVICES_SETTLE_H

#include "services/state.h"

struct net_change;

/* Its port is about to be set up. */
void settle_begin(struct supervisor *sv, uint32_t index);

/* It has no network after all. */
void settle_forget(struct supervisor *sv, uint32_t index);

/* Who joins another's network waits with it. */
static inline bool settle_waits(const struct supervisor *sv, uint32_t index)
{
	return service_at(sv, table_network_owner(sv->table, index))->handles.settle.waits != 0;
}

/* Is anybody waiting? */
bool settle_any(const struct supervisor *sv);

/*
 * Asks the kernel about all that wait, after the monitor was opened or has lost something. `all`: the monitor hears of
 * their own namespaces too. One that cannot be asked does not wait: the log says why.
 */
void settle_ask(struct supervisor *sv, bool all);

/* The monitor has heard this; whoever need not wait any more looks again (service_settle). */
void settle_heard(struct supervisor *sv, const struct net_change *change);

#endif
