/* Which links a service waits for before it starts: `online` of the table. */
#ifndef SERVICES_ONLINE_H
#define SERVICES_ONLINE_H

#include "services/state.h"

/* A bit for each link of the table that it still waits for. */
static inline uint64_t online_unmet(const struct supervisor *sv, uint32_t index)
{
	const struct confine_spec *confine = table_confine(sv->table, spec_at(sv, index));

	return (confine->online & ~sv->state->links_online) | (confine->carrier & ~sv->state->links_carrier);
}

#endif
