/* Which links a service waits for before it starts: `online` of the table. */
#ifndef SERVICES_ONLINE_H
#define SERVICES_ONLINE_H

#include "services/state.h"

/* A bit for each link of the table that it still waits for. */
static inline uint64_t online_unmet(const struct supervisor *sv, uint32_t index)
{
	return table_confine(sv->table, spec_at(sv, index))->online & ~sv->state->links_online;
}

#endif
