/* Which names are one for who looks them up. */
#ifndef SERVICES_HOSTNAMES_H
#define SERVICES_HOSTNAMES_H

#include "services/compile.h"

struct hostnames {
	struct set last;  /* name in small letters -> index of the last service that is called so + 1 */
	uint32_t *before; /* by service: that of the one before it, or 0 */
	bool *told;       /* by service: it was refused */
};

/* Of all services. */
void hostnames_open(struct compile *c, struct hostnames *n);

/* Index + 1 of the last service that is called so but for large and small letters, or 0: the others are before it. */
uint32_t hostnames_last(const struct hostnames *n, const char *name);

/* Whether it is what each machine calls itself. */
bool hostname_is_local(const char *name);

#endif
