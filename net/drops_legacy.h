/* The table filter of ip_tables and ip6_tables. Private to net/. */
#ifndef NET_DROPS_LEGACY_H
#define NET_DROPS_LEGACY_H

#include "net/drops.h"

/* Its chain FORWARD, if its policy is to drop; a table that nobody has made is not made by looking. */
void drops_legacy_read(int family, struct arena *mem, struct net_drops *ret);

/*
 * What a rule compares with the name of an interface, of up to len bytes: the NUL behind a whole name ends it. Nothing
 * else is taken from the arena between the patterns of one. drops.c
 */
void drops_add_pattern(struct arena *mem, struct net_drop *d, const char *text, size_t len);

#endif
