/* `minit status NAME`: how a service is isolated, as its table asks and as it is found from outside. */
#ifndef INIT_ISOLATION_H
#define INIT_ISOLATION_H

#include "lib/buf.h"

/* Says it for people, below the table. */
void isolation_show(const char *name);

/*
 * Puts what is not as asked, a line each as look_tell has them; nothing of its network (look_network_differs), nor of
 * defaults that cannot be had here, which its row tells of; nothing if that may not be asked.
 */
void isolation_differs(const char *name, struct buf *ret);

/* Says it as a member of an object that is still open: ,"isolation":[...]. Nothing if it cannot be had. */
void isolation_json(const char *name);

#endif
