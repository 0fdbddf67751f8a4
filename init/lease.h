/*
 * `minit lease`: puts into force what a DHCP client gets. The tool does it, and tells PID 1 only that it is so. Its
 * parts: what the client says (lease_news.c), what is kept of it and the name servers (lease_kept.c), the events
 * (lease.c), and the client (lease_client.c).
 */
#ifndef INIT_LEASE_H
#define INIT_LEASE_H

#include "lib/addr.h"
#include "net/net.h"

/* In the environment of a client that minit has started: its link, the metric of the default route, and 4 or 6. */
#define LEASE_LINK "MINIT_LEASE_LINK"
#define LEASE_METRIC "MINIT_LEASE_METRIC"
#define LEASE_FAMILY "MINIT_LEASE_FAMILY"

#define LEASE_SCRIPT "/proc/self/fd/" /* what the client executes is minit, by a descriptor that it hands on */
#define LEASE_SERVERS 3               /* resolv.conf(5) */
#define LEASE_SEARCH 256

/* What a client says at an event. All of it comes from the wire. */
struct news {
	const char *link;
	uint8_t family; /* AF_INET or AF_INET6: by which DHCP; nothing else of it is mixed */
	struct net_lease lease;
	struct addr server[LEASE_SERVERS];
	unsigned servers;
	char search[LEASE_SEARCH]; /* domains with a space between, or "" */
};

/* Whether this is minit in the place of the script that such a client executes at each event. */
bool lease_is_script(int argc, char **argv);

/* -- lease_news.c -- */

/* What the environment has of this name, or "". */
const char *news_variable(const char *name);

/* NULL, or what is wrong: a lease without an address is none. What else is no server or domain is left out. */
const char *news_read(struct news *n);

/* -- lease_kept.c -- */

/* What is kept of a lease in force, so that the next one and the end know what to take away. False: nothing is. */
bool kept_read(const struct news *n, struct net_lease *ret);

/* Keeps it, or with `in_force` false forgets it; name servers and domains of all that are kept go into resolv.conf. */
void kept_change(const struct news *n, bool in_force);

/*
 * From when its client is started anew until that has a lease or fails: what the last one gave stays, though the client
 * begins as one that has none.
 */
void kept_hold(const struct news *n, bool held);
bool kept_is_held(const struct news *n);

/* One at a time for each lease, as clients do not wait for their script: a descriptor that holds it. */
int kept_lock(const struct news *n);

/* -- lease_client.c -- */

/* Runs the client of a link; count 0: the first that there is. The exit status. */
int lease_client(const struct news *n, const char *metric, char *const *command, int count);

/* -- lease.c -- */

/* "bound", "renew", and so on; returns the exit status. */
int lease_event(struct news *n, const char *event);

#endif
