/*
 * What a service keeps across its runs: the leaf with its limits, the network, the output pipe. Made at boot, and at a
 * start when it was refused before. Every call may be repeated after a crash in its middle.
 */
#ifndef SERVICES_PREPARE_H
#define SERVICES_PREPARE_H

#include "services/launch.h"

/*
 * 0, or -errno when what was asked for explicitly cannot be had and so the service must not start: handles.refused,
 * refused_step and report.detail say what.
 */
must_check int prepare_service(struct supervisor *sv, uint32_t index);

/* Whether there is something for prepare_again to do: it was refused, or its network is gone, which is logged. */
must_check bool prepare_is_due(struct supervisor *sv, uint32_t index);

/* Before a later start: what was refused is prepared again. Its network may have to be waited for then. */
void prepare_again(struct supervisor *sv, uint32_t index);

/*
 * At boot, after prepare_service of all: sets up the port of its bridge (net_connect says why not at once).
 * Logs what fails. 0 or -errno.
 */
int prepare_port(struct supervisor *sv, uint32_t index);

/* Notes in the handles that `step` has failed with err, a -errno, over `detail`. Gives err back. */
int prepare_refuse(struct supervisor *sv, uint32_t index, enum step step, int err, const char *detail);

/* Whether PID 1 owns a pipe for what it writes. */
static inline bool prepare_wants_pipe(const struct service_spec *spec)
{
	return spec->output == OUTPUT_CONSOLE || spec->output == OUTPUT_FILE;
}

#endif
