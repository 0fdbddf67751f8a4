/* Settings of minit's own network ([network] sysctl). */
#ifndef INIT_SYSCTLS_H
#define INIT_SYSCTLS_H

#include "services/table.h"

/* Whether a path below /proc/sys is to be written for this interface, or, with NULL, for none that the table has. */
bool sysctl_is_for(const struct table *t, const char *path, const char *ifname);

/*
 * Writes those of the interface of this name (net.ipv4.conf.NAME and its kind), or, with NULL, those of no bridge and
 * no link of the table. What cannot be written is logged.
 */
void sysctls_write(const struct table *t, const char *ifname);

#endif
