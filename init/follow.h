/*
 * What the tool knows of the services while it follows the events: the latest
 * line of each.
 */
#ifndef INIT_FOLLOW_H
#define INIT_FOLLOW_H

#include "lib/buf.h"
#include "lib/util.h"
#include "services/state.h"

struct seen {
	char name[TABLE_NAME_MAX + 1];
	char state[16];
	char why[STATE_WHY];
	char blocked[TABLE_NAME_MAX + 1]; /* it waits in vain, for this one; or empty */
	bool wanted, internal;
	uint32_t round; /* of follow.round: in the snapshot of which it was last */
	int64_t seq; /* of the line this is from */
	int64_t pid, starts, restarts, failures, next_ms;
};

struct follow {
	struct seen *all; /* one mapping, grown as needed */
	size_t count, room, hint;
	bool complete;    /* the snapshot is all there */
	uint32_t round;   /* tables that minit has had meanwhile: who is in none of the last is "gone" */
	int64_t seq;      /* number of the latest change */
	uint64_t lost;
};

/* Takes in a line of events; lines of another kind change nothing. 0 or -ENOMEM. */
int follow_line(struct follow *f, const char *line);

struct seen *follow_find(const struct follow *f, const char *name);

/* "did you mean": the nearest name there is, or NULL. */
const char *follow_nearest(const struct follow *f, const char *name);

/* Down, or not in the table any more. */
bool seen_is_stopped(const struct seen *s);
bool seen_is(const struct seen *s, const char *state);

/* Up, or a task that is done. */
bool seen_is_ready(const struct seen *s);

/* "it is up", "it has failed (exit 3)", "it has ended (exit 3) and is started again in 2s". */
void seen_put(const struct seen *s, struct buf *b);

#endif
