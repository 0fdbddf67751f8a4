/*
 * The end of the whole, in phases (services/phases.def): a function for each
 * returns the next. The only writer of phase, goal, hurried, phase_deadline and
 * exit_status.
 */
#ifndef INIT_SHUTDOWN_H
#define INIT_SHUTDOWN_H

#include "services/state.h"

/*
 * Begins to stop everything, dependents before what they need, for this goal.
 * status is what a container without a main service leaves with; with one it is
 * the main service's own. When stopping already: a stronger goal replaces a
 * weaker one (exit, reboot, halt, power off), and the first status stays.
 */
void shutdown_begin(struct supervisor *sv, enum goal goal, int status);

/*
 * A service has settled: does the whole end with it? The main service's end
 * does, and in a container the end of the last task when there are only tasks.
 * Called from the hook of changes; it only notes, shutdown_settle decides.
 */
void shutdown_consider(struct supervisor *sv, uint32_t index);

/* The user is impatient: SIGKILL at once for all that has not stopped. */
void shutdown_hurry(struct supervisor *sv);

/*
 * Looks whether the phase is over and goes on as far as possible. Called after
 * each round of the loop; costs nothing while running. Does not return when
 * minit leaves (reboot(2), or _exit). Returns the deadline of the phase, or never.
 */
struct when shutdown_settle(struct supervisor *sv, struct when now);

#endif
