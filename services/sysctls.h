/* Settings below /proc/sys/net, of a service's network and of minit's own alike. */
#ifndef SERVICES_SYSCTLS_H
#define SERVICES_SYSCTLS_H

#include "services/compile.h"

/* The settings of a table by their names, as a record of struct net_sysctl; what is wrong is told as of key `id`. */
struct list sysctls_take(struct compile *c, const struct draft *d, enum key_id id, const struct toml *table);

#endif
