/* Settings below /proc/sys/net, of a service's network and of minit's own alike. */
#ifndef SERVICES_SYSCTLS_H
#define SERVICES_SYSCTLS_H

#include "services/compile.h"

/* Words for why a setting cannot stand in this table, or NULL. The path is that below /proc/sys/net/. */
typedef const char *sysctl_fn(const struct compile *c, const void *whose, const char *path, const char *value);

/*
 * The settings of a table (or of none: NULL) by their names, as a record of struct net_sysctl; what is wrong is told as
 * of key `id`, and so is what `unfit` says of each.
 */
struct list sysctls_take(struct compile *c, const struct draft *d, enum key_id id, const struct toml *table,
			 sysctl_fn *unfit, const void *whose);

/* -- contrary.c: settings that take away what the table needs -- */

sysctl_fn contrary_own;     /* whose: NULL; when bridges have their flags, and links their addresses */
sysctl_fn contrary_service; /* whose: struct net_attach, with its addresses */

#endif
