/* Settings of networks: those that a service asks for its own, and those of minit's that its rules need. */
#ifndef INIT_LOOK_SETTINGS_H
#define INIT_LOOK_SETTINGS_H

#include "init/look_net.h"

/* Whether the network that the caller is in forwards. */
void settings_see(struct network_seen *ret);

/* Tells whether minit's network forwards, as far as the rules of this bridge need it. */
void look_forwarding(struct look *l, const struct network_seen *seen, const struct net_bridge *bridge);

/* Tells of network.sysctl of the service whose network the caller is in. */
void look_settings(struct look *l, const struct service_spec *owner);

#endif
