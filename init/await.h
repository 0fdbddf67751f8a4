/* A verb that waits: it is told of each change by minit, and knows how all services are (init/follow.h). */
#ifndef INIT_AWAIT_H
#define INIT_AWAIT_H

#include "init/follow.h"

#define AWAIT_WORDS 256  /* most names or conditions of one command */
#define AWAIT_MS 60000   /* unless --timeout says otherwise */

/* Exit statuses. */
enum { AWAIT_OK = 0, AWAIT_NO = 1, AWAIT_NEVER = 3 /* a service has failed for good */ };

enum verdict { NOT_YET, HOLDS, NEVER };

/* The time that --timeout means; 0: for ever. */
struct when await_until(int64_t timeout_ms);

/*
 * Connects and has the whole snapshot; patient: waits until there is a minit.
 * Returns 0, or the exit status plus one, having said why.
 */
int await_begin(struct follow *f, struct when until, bool patient);

/*
 * Takes lines in until one has changed what is known and all of it is there. 0,
 * -ETIMEDOUT, -ECONNRESET at the end, -ECANCELED when minit has said why, -errno.
 */
int await_news(struct follow *f, struct when until);

/* The exit status when await_news has ended with another error than -ETIMEDOUT. */
int await_broke(int err);

#endif
