/* What the state of other services means for one: may it start, must it go, must it stay. */
#ifndef SERVICES_DEPEND_H
#define SERVICES_DEPEND_H

#include "services/state.h"

/* The first service that has to come before `index` can start, or -1. */
int depend_unmet(const struct supervisor *sv, uint32_t index);

/* The first of its needs that will not come by itself, as it is settled and not ready, or blocked; or -1. */
int depend_missing(const struct supervisor *sv, uint32_t index);

/* Something it needs is about to be stopped, so it has to go first. */
bool depend_is_lost(const struct supervisor *sv, uint32_t index);

/* A dependent still runs: one that needs it, or one that comes after it and is going too. */
bool depend_is_held(const struct supervisor *sv, uint32_t index);

#endif
