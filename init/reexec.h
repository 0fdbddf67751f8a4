/* Executing minit in place: after a fatal signal, or for `minit reexec`. */
#ifndef INIT_REEXEC_H
#define INIT_REEXEC_H

#include "services/state.h"

/* Installs the handlers of fatal signals on a stack of their own. 0 or -errno. */
must_check int reexec_arm(struct supervisor *sv);

/*
 * Executes minit in place, from the path it was started by (so that a new file
 * takes over), else from the descriptor of its own program. Returns -errno only
 * if neither can be executed; all goes on then.
 */
int reexec_now(struct supervisor *sv);

/* Lets every descriptor that the state names through an exec, or no longer. Safe in a signal handler. */
void reexec_keep(const struct statefile *state, bool keep);

#endif
