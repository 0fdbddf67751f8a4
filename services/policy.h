/*
 * What becomes of a service whose run has ended. Pure: no clock, no state, no
 * kernel, so that every case is a line of a test.
 */
#ifndef SERVICES_POLICY_H
#define SERVICES_POLICY_H

#include "services/state.h"

struct outcome {
	enum ending ending;
	int status;        /* exit code or signal */
	int err;           /* errno of the failed step */
	int64_t ran_ms;    /* from the launch to the end */
	uint32_t failures; /* in a row before this end */
	uint32_t random;   /* any number, for the jitter */
};

struct verdict {
	enum state next;   /* STARTING (again, at once), BACKOFF, FAILED, DONE */
	uint32_t delay_ms; /* for BACKOFF */
	uint32_t failures; /* in a row now */
};

/* For a service that is wanted up and has ended without having been asked to. */
struct verdict policy_after(const struct service_spec *spec, const struct outcome *outcome);

#endif
