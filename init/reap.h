/* Reaping: every dead child, in one place. */
#ifndef INIT_REAP_H
#define INIT_REAP_H

#include "services/state.h"

/* Until no dead child is left: services get EXIT, all others are counted as orphans. */
void reap_all(struct supervisor *sv);

#endif
