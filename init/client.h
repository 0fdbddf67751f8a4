/* The tool's end of the control socket. It may block. */
#ifndef INIT_CLIENT_H
#define INIT_CLIENT_H

#include "lib/buf.h"
#include "lib/clock.h"

/* A connection, and the lines that have come in. */
struct talk {
	int fd; /* -1: none */
	size_t start, end;
	char mem[8192];
};

/* --socket, else $MINIT_SOCKET, else /run/minit/control, else (not root, and that one is not there) the user's own. */
const char *talk_path(void);

/* Connects and sends the request. 0 or -errno. */
must_check int talk_ask(struct talk *t, const char *fmt, ...) printf_like(2, 3);

/* The same, and passes a descriptor. */
must_check int talk_ask_with(struct talk *t, int fd, const char *request);

/*
 * The next line, without its end, NUL-terminated, good until the next call.
 * NULL with *ret_err = 0 at the end, -ETIMEDOUT when `until` has passed first,
 * -errno.
 */
char *talk_line(struct talk *t, struct when until, int *ret_err);

/* A line that has come in already, or NULL; then talk_fill reads more: bytes, 0 at the end, -EAGAIN, -errno. */
char *talk_take(struct talk *t);
int talk_fill(struct talk *t);

void talk_close(struct talk *t);

/* Says why there is no connection and what to do. Returns 1, the exit status. */
int talk_complain(int err);

/* Appends names to a request while there is room. Returns how many, or -1, having said which cannot be a service's. */
int talk_put_names(struct buf *request, char *const *names, int count);

/* Says that there is no such service, and which may be meant (or NULL). Returns 2, the exit status. */
int complain_unknown(const char *name, const char *near);

/* A line is a last word: says what is wrong if something is. *ret_status: the exit status. */
bool talk_is_over(const char *line, int *ret_status);

/* Asks, and says nothing if all went well. Returns the exit status. */
int client_ask(const char *request);

/* Prints the version of the minit that runs, if it is another one. Returns 0. */
int client_running_version(void);

#endif
