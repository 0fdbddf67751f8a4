/*
 * Whether the program that lies where minit was started from can take over (`minit reexec`): it is executed in a child
 * first, as `minit @probe FD`, and reads what it would have to go on from. What cannot be executed, is no minit, or
 * knows another layout is found out there, and not in the place of PID 1.
 */
#ifndef INIT_PROBE_H
#define INIT_PROBE_H

#include "services/state.h"

#define PROBE_MAGIC 0x31506d6d /* "mmP1" */
#define PROBE_SECONDS 20       /* a child that has said nothing by then is killed by its alarm */

enum probe_stage { PROBE_EXEC, PROBE_READ };

/* On the child's standard output. Another build reads it: it may only grow, at its end. */
struct probe_answer {
	uint32_t magic;
	uint32_t stage; /* enum probe_stage: it cannot be executed, or it cannot go on */
	int32_t err;    /* -errno; 0: it can take over */
};

/* What the child needs: nothing else of PID 1 is in its memory. */
struct probe_child {
	int program, answer, state, table; /* descriptors */
};

/*
 * Begins for the client, which becomes CLIENT_PROBE and is answered later: true. False: it cannot be begun, and the
 * client has been told. One that is under way for another is given up.
 */
bool probe_begin(struct supervisor *sv, struct client *c);

/* To who has waited for an execution in place, after it. */
void probe_tell(const struct supervisor *sv, const struct client *c);

/* Makes the child, which does all of it: its pid, or -errno. init/probe_child.c */
must_check pid_t probe_start(const struct probe_child *child);

/* `minit @probe FD`: whether this minit could go on from the state file FD. init/probed.c */
int probe_main(const char *word);

#endif
