/* Ports and protocols as the values of network.ports and network.allow have them. */
#ifndef SERVICES_SPANS_H
#define SERVICES_SPANS_H

#include "lib/enabled.h"
#include "lib/util.h"

struct span {
	uint16_t low, last;
};

/* "80" or "80-90" at *at, which is then what is behind it. */
must_check bool span_take(const char **at, struct span *ret);

/* All of the rest: "" for tcp, "/tcp", "/udp", "/sctp". */
must_check bool protocol_take(const char *at, uint8_t *ret);

#if ENABLED(CONFIG_NET_NAT)

const char *protocol_name(uint8_t proto);  /* "tcp" */
const char *balance_name(uint8_t balance); /* of enum net_balance: "random"; "" for none */

#else

static inline const char *protocol_name(uint8_t proto)
{
	(void)proto;
	return "";
}

static inline const char *balance_name(uint8_t balance)
{
	(void)balance;
	return "";
}

#endif

#endif
