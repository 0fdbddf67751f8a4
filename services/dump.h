/* The compiled table for people and tests. */
#ifndef SERVICES_DUMP_H
#define SERVICES_DUMP_H

#include "services/table.h"

/* Writes the table as one JSON object to fd; for tools, it may block. 0 or -errno. */
must_check int table_dump(const struct table *t, int fd);

/* Parts of it, services/dump_net.c: members of a bridge's object, and of the table's. */
void dump_rules_of(struct buf *b, const struct net_bridge *bridge);
void dump_shards(struct buf *b, const struct table *t, uint32_t bridge);
void dump_shard_of(struct buf *b, const struct table *t, const struct net_attach *at); /* of a service's */
void dump_rules(struct buf *b, const struct table *t);

#endif
