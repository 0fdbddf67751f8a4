/*
 * What PID 1 answers on the control socket. The connections are records of the
 * state file, so that an answer goes on where it was after an execution in place.
 */
#ifndef INIT_REQUEST_H
#define INIT_REQUEST_H

#include "services/state.h"

/*
 * The line of `c` is complete: c->used bytes, without the line's end. Does what
 * it says or begins to. False: the answer is complete, the connection is over.
 */
bool request_begin(struct supervisor *sv, struct client *c);

/* Goes on with an answer, a bounded piece of it. False: the connection is over. */
bool request_continue(struct supervisor *sv, struct client *c);

/* There is more to say as soon as it can be sent. */
bool request_is_pending(const struct supervisor *sv, const struct client *c);

/* -- the words of a request, one NUL apart in c->line ----------------------------------------------- */

/* Makes words of the line. False: it is not such a line, nothing, or with odd bytes in it. */
bool request_split(struct client *c);

/* The word that starts at byte `at` of the line, or NULL behind the last; 0 is the verb. */
const char *request_word(const struct client *c, size_t at);

/* Where the word behind the one at `at` starts. */
size_t request_after(const struct client *c, size_t at);

/* The word behind the verb, or NULL. */
const char *request_name(const struct client *c);

/* The words from `at` on, made the text again that they were; or NULL. */
const char *request_joined(struct client *c, size_t at);

/* -- the services that it names --------------------------------------------------------------------- */

/* False: there is no service of this name, and the client has been told. */
bool request_knows(const struct supervisor *sv, struct client *c, const char *name);

/* Of all names behind the verb, before anything is done for one of them. */
bool request_knows_all(const struct supervisor *sv, struct client *c);

/* As that, and there has to be one. */
bool request_names_any(const struct supervisor *sv, struct client *c);

/* The index of the service named at `at`, which is known. */
uint32_t request_service(const struct supervisor *sv, const struct client *c, size_t at);

/* -- sending ---------------------------------------------------------------------------------------- */

/*
 * Sends one line as a whole, or not at all. 0, -EAGAIN when the reader is
 * behind, -errno when it is gone.
 */
int request_send(const struct client *c, const struct buf *line);

/* {"error": text} and further members, each with its comma before it; "" for none. */
void request_error(const struct client *c, const char *text, const char *more);

/* The last word: {"error": text}. */
printf_like(2, 3) void request_refuse(const struct client *c, const char *fmt, ...);

/*
 * The line of success. Its seq: the change that this has led to is told under
 * this number or a later one; none for what is not there yet.
 */
void request_put_ok(const struct supervisor *sv, struct buf *line);

/* Sends it. Always false: the answer is complete. */
bool request_ok(const struct supervisor *sv, const struct client *c);

#endif
