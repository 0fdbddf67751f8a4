/* The compiled table for people and tests. */
#ifndef SERVICES_DUMP_H
#define SERVICES_DUMP_H

#include "services/table.h"

/* Writes the table as one JSON object to fd; for tools, it may block. 0 or -errno. */
must_check int table_dump(const struct table *t, int fd);

/* Parts of it, services/dump_net.c: members of a bridge's object, and of the table's. */
void dump_rules_of(struct buf *b, const struct net_bridge *bridge);
void dump_rules(struct buf *b, const struct table *t);

#endif
