/* `minit status NAME`: how a service is isolated, as its table asks and as it is found from outside. */
#ifndef INIT_ISOLATION_H
#define INIT_ISOLATION_H

#include "lib/util.h"

/* Says it for people, below the table. */
void isolation_show(const char *name);

/* Says it as a member of an object that is still open: ,"isolation":[...]. Nothing if it cannot be had. */
void isolation_json(const char *name);

#endif
