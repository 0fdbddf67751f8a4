/* The networks of services, as PID 1 makes them: at boot, and at a later start if it has to. */
#ifndef SERVICES_CONNECT_H
#define SERVICES_CONNECT_H

#include "lib/bits.h"
#include "net/net.h"
#include "services/state.h"

/* What its network has beside its addresses; lives as long as the table. services/extra.c */
struct net_extra connect_extra(const struct table *t, const struct service_spec *spec);

/* The network namespace of a service; handles.netns is it then. 0 or -errno; *ret_what names what failed. */
must_check int connect_prepare(struct supervisor *sv, uint32_t index, const char **ret_what);

/* Its network has lost an eth (net_is_lost), which is logged: connect_prepare makes all of it anew then. */
void connect_forget(struct supervisor *sv, uint32_t index, const struct net_attach *lost);

/* Whether the bridge of an eth may shut its port: one that minit has not made has a spanning tree, or not. */
static inline bool connect_is_guarded(const struct supervisor *sv, const struct net_attach *at)
{
	const struct net_bridge *bridge = table_bridge_of(sv->table, at);

	return bridge && (bridge->stp || !bits_has(sv->state->bridges_made, (uint32_t)at->bridge));
}

/* Before a later run: ports that those bridges have shut are opened again, which is logged, and waited for. */
void connect_open(struct supervisor *sv, uint32_t index);

/* The ports on a bridge that has no spanning tree any more: those that it had shut are opened again, logged. */
void connect_reopen(struct supervisor *sv, uint32_t bridge, struct net_session *net);

/* Before its run, if handles.moved: who knows its addresses by other MACs is told; why not, is logged. */
void connect_announce(struct supervisor *sv, uint32_t index);

/* It goes for good: what minit's network knows of its addresses does so too. */
void connect_end(const struct supervisor *sv, uint32_t index, struct net_session *net);

/*
 * After an execution in place, before the service that was being prepared is prepared again: removes the pair of a
 * network that is not noted. Its namespace is gone, and the pair goes with it, but some time later.
 */
void connect_resume(struct supervisor *sv, uint32_t index);

/* At boot, when all are prepared: sets up the ports of its bridges. 0 or -errno, logged, and the network is gone. */
must_check int connect_port(struct supervisor *sv, uint32_t index);

#endif
