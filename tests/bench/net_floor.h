/* Networks of services by hand, for net.c and isolated.c. Whoever asks stands in the namespace of the bridge. */
#ifndef BENCH_NET_FLOOR_H
#define BENCH_NET_FLOOR_H

#include "net/net.h"

#define FLOOR_MOST 1000

extern const struct net_bridge floor_bridge;
extern struct net_attach floor_attaches[FLOOR_MOST];

/* Says what failed with errno, and leaves, if failed. */
void floor_check(bool failed, const char *what);

/* What the first count services shall have. */
void floor_plan(unsigned count);

/* A namespace with eth0 and all that is of it; its descriptor. */
int floor_attach(struct net_session *s, unsigned i);

/* The host's end up, and whom it leads to known. */
void floor_connect(struct net_session *s, unsigned i);

#endif
