/* Who is at the other end of a control socket. */
#ifndef INIT_PEER_H
#define INIT_PEER_H

#include "lib/buf.h"

#define PEER_FDS 32 /* most descriptors of one message */

/*
 * Of a connected socket: whether who listens there has died. The kernel connects all the same as long as anybody has
 * the listening socket open, such as a child that was not at its exec yet. False if it cannot be known, as of another
 * pid namespace.
 */
bool peer_is_gone(int fd);

/*
 * Sends a line as a whole, with at least one and at most PEER_FDS descriptors: SCM_RIGHTS, unix(7). flags: of
 * sendmsg(2), beside MSG_NOSIGNAL. 0, -EPIPE when only a part went, -errno.
 */
must_check int peer_send(int to, const struct buf *line, const int *fds, size_t count, int flags);

#endif
