/*
 * Another table in the place of the one that minit runs by (`minit reload`). The tool has read and compiled it, and
 * passes its image; what is different is found here (services/differ.h). What has to end for it is stopped first, by
 * the old table; then minit executes itself in place with the new one and goes on from what is known (state_carry):
 * whoever is not touched does not notice.
 */
#ifndef INIT_EXCHANGE_H
#define INIT_EXCHANGE_H

#include "lib/enabled.h"
#include "services/state.h"

#if ENABLED(CONFIG_CONTROL)

/*
 * Begins for the client, which becomes CLIENT_RELOAD and is answered in the end; the image is taken over. False:
 * refused, and the client has been told.
 */
bool exchange_begin(struct supervisor *sv, struct client *c, int table_fd);

/* After each round of the loop, while state->next_table_fd is one. */
void exchange_settle(struct supervisor *sv);

/* After an execution in place: one that was under way is given up, and what was stopped for it goes on. */
void exchange_give_up(struct supervisor *sv);

/*
 * After one by which the table was exchanged, before services look around: makes and writes what the new one asks for.
 * After one that came in between, or failed: what the old one asks for and was put away. May be repeated.
 */
void exchange_finish(struct supervisor *sv);

/* Once they have: those that had ended, or wait after a failure, and are others by now, are begun anew. */
void exchange_start(struct supervisor *sv);

#else

static inline void exchange_settle(struct supervisor *sv)
{
	(void)sv;
}

static inline void exchange_give_up(struct supervisor *sv)
{
	(void)sv;
}

static inline void exchange_finish(struct supervisor *sv)
{
	(void)sv;
}

static inline void exchange_start(struct supervisor *sv)
{
	(void)sv;
}

#endif

#endif
