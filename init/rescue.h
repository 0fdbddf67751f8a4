/* A shell on the console of a machine whose table is wrong. */
#ifndef INIT_RESCUE_H
#define INIT_RESCUE_H

#include "lib/util.h"

/*
 * Runs a shell on /dev/console in a session of its own, with the console as its
 * terminal, and reaps every orphan meanwhile. Signals that power off, reboot or
 * halt a machine (init/signals.def) do so, at once.
 * Blocks: before the loop only. 0 when a shell has run and ended, -ENOENT when
 * there is none to run.
 */
must_check int rescue_shell(void);

/* Halts the machine with what stands on the console left there. */
no_return void rescue_halt(void);

/* Sets a terminal as a shell expects it to be found; anything else is left alone. */
void console_sane(int fd);

#endif
