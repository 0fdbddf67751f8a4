/* Starting and stopping without processes, instead of services/launch.c: what is asked is written down. */
#ifndef FAKE_LAUNCH_H
#define FAKE_LAUNCH_H

#include "services/launch.h"

struct fake_launch {
	char did[512];  /* "launch a, stop b": since the last fake_launch_reset */
	int err;        /* what launch() answers */
	int heard;      /* what launch_hear() answers */
	bool populated; /* the leaf is not empty */
	bool stillborn; /* what launch_note_killed() answers */
	bool stays;     /* what launch_stays() answers */
	bool exited;    /* what launch_has_exited() answers */
	uint64_t oom_kills;
};

extern struct fake_launch fake_launch;
void fake_launch_reset(void);

#endif
