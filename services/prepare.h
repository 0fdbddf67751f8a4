/*
 * What a service keeps across its runs: the leaf with its limits, the network, the output pipe. Made at boot, and at a
 * start when it was refused before. Every call may be repeated after a crash in its middle.
 */
#ifndef SERVICES_PREPARE_H
#define SERVICES_PREPARE_H

#include "net/net.h"
#include "services/connect.h"
#include "services/launch.h"

/*
 * 0, or -errno when what was asked for explicitly cannot be had and so the service must not start: handles.refused,
 * refused_step and report.detail say what.
 */
must_check int prepare_service(struct supervisor *sv, uint32_t index);

/* The first of its network that is gone, or NULL; of a first start it has just been made. */
static inline const struct net_attach *prepare_lost(const struct supervisor *sv, uint32_t index)
{
	const struct service *s = service_at(sv, index);
	const struct net_attach *at;

	if (!s->life.starts || s->handles.netns < 0 || !net_has_eth0(&spec_at(sv, index)->attach))
		return NULL;
	for (uint32_t n = 0; (at = table_attach(sv->table, spec_at(sv, index), n)); n++)
		if (net_is_lost(at, s->handles.netns, sv->state->netns))
			return at;
	return NULL;
}

/* Whether it is on a bridge that may have shut its port. */
static inline bool prepare_is_guarded(const struct supervisor *sv, uint32_t index)
{
	const struct service *s = service_at(sv, index);
	const struct net_attach *at;

	if (!s->life.starts || s->handles.netns < 0)
		return false;
	for (uint32_t n = 0; (at = table_attach(sv->table, spec_at(sv, index), n)); n++)
		if (connect_is_guarded(sv, at))
			return true;
	return false;
}

static inline bool prepare_is_refused(const struct supervisor *sv, uint32_t index)
{
	const struct handles *h = &service_at(sv, index)->handles;

	return h->refused || h->later;
}

/* Whether there is something for prepare_again to do. Here, as each start asks and most are done with that. */
static inline bool prepare_is_due(const struct supervisor *sv, uint32_t index)
{
	return prepare_is_refused(sv, index) || prepare_lost(sv, index) || prepare_is_guarded(sv, index);
}

/*
 * Before a later start: what was refused, or has lost its network, is prepared again. Its network may have to be waited
 * for then.
 */
void prepare_again(struct supervisor *sv, uint32_t index);

/*
 * At boot, after prepare_service of all: what depends on the others. Sets up the port of its bridge (net_connect says
 * why not at once). Logs what fails.
 */
void prepare_rest(struct supervisor *sv, uint32_t index);

/* Notes in the handles that `step` has failed with err, a -errno, over `detail`. Gives err back. */
int prepare_refuse(struct supervisor *sv, uint32_t index, enum step step, int err, const char *detail);

/* Whether PID 1 owns a pipe for what it writes. */
static inline bool prepare_wants_pipe(const struct service_spec *spec)
{
	return spec->output == OUTPUT_CONSOLE || spec->output == OUTPUT_FILE;
}

#endif
