/* Executing minit in place: after a fatal signal, or for `minit reexec`. */
#ifndef INIT_REEXEC_H
#define INIT_REEXEC_H

#include "services/state.h"

/* Installs the handlers of fatal signals on a stack of their own. 0 or -errno. */
must_check int reexec_arm(struct supervisor *sv);

/*
 * Executes `program` in place, which init/probe.c has asked: a descriptor that the exec closes. Returns -errno only if
 * it cannot be executed; all goes on then.
 */
int reexec_now(struct supervisor *sv, int program);

/* The same with the state for another table (state_carry), by this program. Returns -errno only. */
int reexec_onto(struct supervisor *sv, struct statefile *next);

/* The head of the state file of this very process, whatever its layout. 0; -errno: it is none. */
must_check int reexec_head(int state_fd, struct state_head *ret);

/*
 * For who was executed in place and cannot go on from the state, err says why: executes the program that it is from
 * (reexec_returned tells that one), and stands still where that was tried already, so that services run on.
 */
no_return void reexec_return(int state_fd, const struct state_head *head, int err);

/* -errno of the program that was to take over and could not; 0: there was none. */
int reexec_returned(int state_fd);

/* For ever, with all children reaped: PID 1 must not end, and has nothing left to work with. */
no_return void reexec_stand_still(void);

/* Lets every descriptor that the state names through an exec, or no longer. Safe in a signal handler. */
void reexec_keep(const struct statefile *state, bool keep);

#endif
