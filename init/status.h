/* How the tool shows the services: once (init/status.c), and all the time (init/watch.c). */
#ifndef INIT_STATUS_H
#define INIT_STATUS_H

#include "init/rows.h"

bool colours_wanted(void);
const char *state_colour(const char *state); /* the escape sequence, or "" */

/* A limit is a round number as a rule: 64M, not 64.0M. */
void status_put_limit(struct buf *b, uint64_t bytes);

/* "1.2M of 64M". */
void status_put_memory(const struct row *row, struct buf *b);
void status_say(const struct rows *r, bool all, bool colours);

/* Shows them until interrupted. Returns the exit status. */
int watch_run(char **names, int count, bool all, int64_t interval_ms);

#endif
