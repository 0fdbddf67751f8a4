/* init/loop.h over poll(2), one round at a time. */
#ifndef TESTS_FAKE_LOOP_H
#define TESTS_FAKE_LOOP_H

#include "init/loop.h"

/* Forgets all that is watched. */
void loop_reset(void);

/* One round of handlers of what is ready now. How many there were. */
int loop_round(void);

/* What the descriptor of this kind and id is watched for; 0: not watched. */
unsigned loop_watched(enum loop_kind kind, uint32_t id);

#endif
