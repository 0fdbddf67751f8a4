/*
 * What PID 1 answers on the control socket. The connections are records of the
 * state file, so that an answer goes on where it was after an execution in place.
 */
#ifndef INIT_REQUEST_H
#define INIT_REQUEST_H

#include "services/state.h"

/* What a connection is about; in the state file: new ones at the end. */
enum client_kind {
	CLIENT_READING, /* the request is not complete yet */
	CLIENT_STATUS,  /* cursor: 0 minit itself, then services + 1 */
	CLIENT_NAMED,   /* status of named services; cursor: 0 minit itself, then place in line */
	CLIENT_EVENTS,  /* cursor: the next service of the snapshot, then for ever beyond them */
	CLIENT_REEXEC   /* waits for the new program's word */
};

/* Beside the kind: its handler is at work. Found after an execution in place, the handler did not survive. */
#define CLIENT_BUSY 0x80

/*
 * The line of `c` is complete: c->used bytes, without the line's end. Does what
 * it says or begins to. False: the answer is complete, the connection is over.
 */
bool request_begin(struct supervisor *sv, struct client *c);

/* Goes on with an answer, a bounded piece of it. False: the connection is over. */
bool request_continue(struct supervisor *sv, struct client *c);

/* There is more to say as soon as it can be sent. */
bool request_is_pending(const struct supervisor *sv, const struct client *c);

/*
 * Sends one line as a whole, or not at all. 0, -EAGAIN when the reader is
 * behind, -errno when it is gone.
 */
int request_send(const struct client *c, const struct buf *line);

/* The last word: {"error": text}. */
printf_like(2, 3) void request_refuse(const struct client *c, const char *fmt, ...);

#endif
