/* `minit net --plan`: what minit does for the network of a table, and nothing of it done. */
#ifndef INIT_NETPLAN_H
#define INIT_NETPLAN_H

#include "services/table.h"

/* Writes it as lines of ip(8) and nft(8) that a shell can run. paths: what the table was read from. */
void netplan_put(struct buf *b, const struct table *t, const char *const *paths, uint32_t count);

/* Says it. Returns the exit status. */
int netplan_say(const struct table *t, const char *const *paths, uint32_t count);

#endif
