/* The network of minit itself: what is made at boot, and taken away at the end. */
#ifndef INIT_NETWORK_H
#define INIT_NETWORK_H

#include "services/state.h"

/*
 * Opens a session for the services to be prepared with (sv->net; the caller closes it) and brings up
 * loopback and the bridges, once. Logs what fails; without a network sv->net stays NULL.
 */
void network_open(struct supervisor *sv, struct net_session *net);

/* At the end: the bridges that were made here go, and the pairs of the services, which others would see. */
void network_leave(struct supervisor *sv);

#endif
