/* The network of minit itself: what is made at boot, and taken away at the end. */
#ifndef INIT_NETWORK_H
#define INIT_NETWORK_H

#include "services/state.h"

/*
 * Opens a session for the services to be prepared with (sv->net; the caller closes it) and brings up
 * loopback and the bridges, once. Logs what fails; without a network sv->net stays NULL.
 */
void network_open(struct supervisor *sv, struct net_session *net);

/* Another table has taken the place of one, or has not in the end: makes what is noted as due. May be repeated. */
void network_exchanged(struct supervisor *sv);

/* Writes the files of names that bridges have for name servers (hosts_file). */
void network_names(const struct table *t);

/* Removes those of them that `next` has not; NULL: all. */
void network_forget_names(const struct table *t, const struct table *next);

/*
 * Makes a bridge of the table, which is `bridge`, or one like it, or takes what is there; or a shard. Notes what is
 * minit's own then. 0 or -errno, logged.
 */
must_check int network_bridge_up(struct supervisor *sv, struct net_session *net, const struct net_bridge *bridge,
				 uint32_t index);
must_check int network_shard_up(struct supervisor *sv, struct net_session *net, uint32_t index);

/* Once bridges were given addresses: finds out whether any has IPv6 of those that are to have it, and keeps that. */
void network_note_ipv6(struct supervisor *sv, struct net_session *net);

/* Whether minit has made it. */
bool network_has_made(const struct statefile *state, uint32_t bridge);
bool network_has_made_shard(const struct statefile *state, uint32_t shard);

/* At the end: the bridges that were made here go, and the pairs of the services, which others would see. */
void network_leave(struct supervisor *sv);

#endif
