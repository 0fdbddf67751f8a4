/* The table filter of ip_tables and ip6_tables. Private to net/. */
#ifndef NET_DROPS_LEGACY_H
#define NET_DROPS_LEGACY_H

#include "net/drops.h"

/* Its chain FORWARD, if its policy is to drop; a table that nobody has made is not made by looking. */
void drops_legacy_read(int family, struct arena *mem, struct net_drops *ret);

#endif
