/*
 * What a cell of services/states.def does: each names the next state. Of services/state.c alone, which enters that; an
 * action may be repeated after a crash in its middle, as what it did to the world is in the handles.
 */
#ifndef SERVICES_ACTIONS_H
#define SERVICES_ACTIONS_H

#include "services/state.h"

/* How long a leaf may take to become empty before it is killed again. */
#define DRAIN_MS 100

#define ACTIONS(X) X(admit) X(forgive) X(look) X(stop) X(hear) X(died) X(force) X(overdue) X(drain)

/* `arg` is that of the event: the wait status for died, unused by all others. */
typedef enum state action_fn(struct supervisor *sv, uint32_t index, int arg);

#define X(name) action_fn action_##name;
ACTIONS(X)
#undef X

static inline struct life *life_at(const struct supervisor *sv, uint32_t index)
{
	return &service_at(sv, index)->life;
}

/* The deadline of the state it is in, ms from now; 0: none. services/state.c */
void state_await(struct supervisor *sv, uint32_t index, int64_t ms);

/* Each service of a list of the table is to be looked at. services/state.c */
void state_look_at(struct supervisor *sv, struct list list);

#endif
