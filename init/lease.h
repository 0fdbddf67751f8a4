/* `minit lease`: puts into force what a DHCP client gets. The tool does it, and tells PID 1 only that it is so. */
#ifndef INIT_LEASE_H
#define INIT_LEASE_H

#include "lib/util.h"

/* In the environment of a client that minit has started: its link, and the metric of the default route. */
#define LEASE_LINK "MINIT_LEASE_LINK"
#define LEASE_METRIC "MINIT_LEASE_METRIC"

/* Whether this is minit in the place of the script that such a client executes at each event. */
bool lease_is_script(int argc, char **argv);

#endif
