/* What the tool shows of minit and its services: the answer to `status`, read. */
#ifndef INIT_ROWS_H
#define INIT_ROWS_H

#include "lib/buf.h"
#include "lib/clock.h"
#include "services/state.h"

struct row {
	char name[TABLE_NAME_MAX + 1];
	char state[16];
	char address[128]; /* joined by commas, with their prefixes */
	char why[STATE_WHY];
	char blocked[TABLE_NAME_MAX + 1]; /* whom it waits for in vain, or empty */
	char pressed[8]; /* it waits for less pressure of this, as "memory", or empty */
	char missing[160];
	char description[128];
	bool wanted, internal, main, paused;
	/* -1: not known */
	int64_t pid, since_ms, next_ms, starts, restarts, failures;
	int64_t memory, memory_max, cpu_us, pids, oom_kills;
	int64_t cpu_permille; /* of one CPU since the sample before: init/watch.c */
};

struct rows {
	struct row *all; /* one mapping, grown as needed */
	size_t count, room;
	char version[32], mode[16], phase[40], cgroup[16], cgroup_error[80], states[400];
	int64_t pid, uptime_ms, orphans, crashes, reexecs;
	struct when asked, taken;
};

/*
 * Asks for the status of these services (none: of all) and fills *r, whose
 * memory is used again. 0; or 1 plus the exit status, having said why; with
 * `quiet` it says nothing.
 */
int rows_ask(struct rows *r, char *const *names, int count, bool quiet);

/* What there is to say of a row beside its numbers: why, when again, what is missing. */
void row_put_why(const struct row *row, struct buf *b);

/* That, or what it is for. */
void row_put_note(const struct row *row, struct buf *b);

#endif
