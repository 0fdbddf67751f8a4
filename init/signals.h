/* Signals to minit itself, as init/signals.def has them. signalfd(2). */
#ifndef INIT_SIGNALS_H
#define INIT_SIGNALS_H

#include "services/state.h"

/* Blocks every signal that can wait and reads them in the loop. 0 or -errno. */
must_check int signals_open(struct supervisor *sv);

/* What a signal asks of a machine before it supervises anything; GOAL_NONE if it is none of these. */
enum goal signals_goal(int number);

/* Deals with what was read before minit executed itself. After service_recover. */
void signals_resume(struct supervisor *sv);

#endif
