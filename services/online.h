/* Which links a service waits for before it starts: `online` of the table, and those that its network is upon. */
#ifndef SERVICES_ONLINE_H
#define SERVICES_ONLINE_H

#include "net/net.h"
#include "services/state.h"

/* Its network is gone with the link that it was upon, or was not made. */
static inline bool upon_lost(const struct supervisor *sv, uint32_t index)
{
	int netns = service_at(sv, index)->handles.netns;

	return netns < 0 || net_is_lost(&spec_at(sv, index)->attach, netns, sv->state->netns);
}

/* A bit for each link of the table that is not there, and that a network has to be made upon. */
static inline uint64_t upon_unmet(const struct supervisor *sv, uint32_t index)
{
	uint64_t links = table_confine(sv->table, spec_at(sv, index))->upon & ~sv->state->links_there;

	return links && upon_lost(sv, index) ? links : 0;
}

/* The same of all that it still waits for. */
static inline uint64_t online_unmet(const struct supervisor *sv, uint32_t index)
{
	const struct confine_spec *confine = table_confine(sv->table, spec_at(sv, index));

	return (confine->online & ~sv->state->links_online) | (confine->carrier & ~sv->state->links_carrier) |
	       upon_unmet(sv, index);
}

#endif
