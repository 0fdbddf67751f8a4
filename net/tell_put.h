/* Words and lines of ip(8) that net/tell_*.c share: tell.c. ns: what a namespace is called; NULL: minit's own. */
#ifndef NET_TELL_PUT_H
#define NET_TELL_PUT_H

#include "net/requests.h"

/* One word for a shell. */
void tell_word(struct buf *b, const char *text);

/* " WORD NAME", unless the name is "" */
void tell_name(struct buf *b, const char *word, const char *name);
/* " WORD ADDRESS", or with its prefix, unless there is none */
void tell_addr(struct buf *b, const char *word, const struct addr *addr, bool prefix);
void tell_mac(struct buf *b, const char *word, const uint8_t *mac);
void tell_mtu(struct buf *b, uint32_t mtu); /* 0: none is given */
void tell_half(struct buf *b, uint32_t mtu); /* what both ends of a pair get */
void tell_option(struct buf *b, bool given, const char *word, uint32_t value);

/* "ip" or "ip -n NS" */
void tell_begin(struct buf *b, const char *program, const char *ns);

/* Whole lines. */
void tell_set(struct buf *b, const char *ns, const char *ifname, const char *what); /* ip link set */
void tell_quiet(struct buf *b, const char *ns, const char *ifname); /* no IPv6 link-local address once it is up */
void tell_addrs(struct buf *b, const char *ns, const char *ifname, const struct addr *list);
void tell_neighbour(struct buf *b, const char *ns, const char *ifname, const struct addr *addr, const uint8_t *mac);

/* how: "add" or "replace"; ifname: where it is on, unless it leads nowhere. */
void tell_route_on(struct buf *b, const char *ns, const char *how, const char *ifname, const struct net_route *route,
		   uint8_t protocol);
void tell_gateway(struct buf *b, const char *ns, const char *how, const char *ifname, const struct addr *via,
		  const struct addr *own, uint32_t metric); /* none: no line; own: NET_ADDRS of the interface */

#endif
