/* Hears when the networks of services begin to work, as long as one of them waits for that (services/settle.h). */
#ifndef INIT_LINKS_H
#define INIT_LINKS_H

#include "services/state.h"

/* After networks were connected, and after an execution in place; nothing to do when no service waits. */
void links_watch(struct supervisor *sv);

#endif
