/*
 * The loop: descriptors, one deadline. The only place that knows libev, over
 * an arena that is mapped at start. Handlers never block.
 */
#ifndef INIT_LOOP_H
#define INIT_LOOP_H

#include "lib/clock.h"
#include "lib/util.h"

/* What is watched; each kind has one handler and its ids from 0. */
enum loop_kind {
	LOOP_SIGNALS, /* the signalfd; id 0 */
	LOOP_CONTROL, /* the listening socket; id 0 */
	LOOP_CLIENT,  /* control connections; id = slot */
	LOOP_STATUS,  /* status pipes; id = service */
	LOOP_LINKS,   /* the monitor of links; id 0 */
	LOOP_NOTICE,  /* sets of init/notice.c; LOOP_NOTICES for each service at most */
	LOOP_UPLINKS, /* what is heard of links; id 0 */
	LOOP_BRIDGES, /* what is heard of links that are deleted; id 0 */
	LOOP_PROBE,   /* what a new program answers; id 0 */
	LOOP_RULES,   /* the network's ruleset; ids of init/rules.c */
	LOOP_KINDS
};

#define LOOP_NOTICES 4
#define LOOP_READ 1
#define LOOP_WRITE 2

typedef void loop_fn(uint32_t id, unsigned ready);

/* Makes the loop for that many services. 0 or -errno. */
must_check int loop_open(uint32_t services);

void loop_handler(enum loop_kind kind, loop_fn *fn);

/* Watches fd, or changes what it is watched for. unwatch before closing fd. */
void loop_watch(enum loop_kind kind, uint32_t id, int fd, unsigned events);
void loop_unwatch(enum loop_kind kind, uint32_t id);

/* The one deadline: moved forward if `when` is earlier than the one that stands. */
void loop_deadline(struct when when);

/*
 * Runs for ever. After each round of handlers it calls settle(due): due is
 * true when the deadline has passed (it is then never, until set again).
 */
no_return void loop_run(void (*settle)(bool due));

#endif
