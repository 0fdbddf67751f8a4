/* Processes that are left when all services are down: daemons that detached themselves, orphans, visitors. */
#ifndef INIT_LEFTOVER_H
#define INIT_LEFTOVER_H

#include "services/state.h"

/* There is a child of minit, dead ones that are not reaped yet included. */
bool leftover_exist(void);

/*
 * Sends sig to all of them: as PID 1 to every process there is, as a subreaper
 * only to minit's own descendants.
 */
void leftover_signal(enum mode mode, int sig);

#endif
