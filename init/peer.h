/* Who is at the other end of a control socket. */
#ifndef INIT_PEER_H
#define INIT_PEER_H

#include <stdbool.h>

/*
 * Of a connected socket: whether who listens there has died. The kernel connects all the same as long as anybody has
 * the listening socket open, such as a child that was not at its exec yet. False if it cannot be known, as of another
 * pid namespace.
 */
bool peer_is_gone(int fd);

#endif
