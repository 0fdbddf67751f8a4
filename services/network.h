/*
 * What few services have of the network beside struct net_attach: a record of the image that equal ones share; a
 * service without any of it has none. Its fields are listed in services/network.def.
 */
#ifndef SERVICES_NETWORK_H
#define SERVICES_NETWORK_H

#include "lib/util.h"
#include "services/list.h"

struct network_spec {
	struct list routes;  /* struct net_route */
	struct list peers;   /* struct net_neighbour: services that it speaks with; services/peers.c */
	struct list sysctls; /* struct net_sysctl, in the order to write them */
	struct list also;    /* struct net_attach of eth1 and so on, each on a bridge; services/also.c */
	uint64_t in_bps, out_bps; /* most bits in a second to the service and from it; 0: no limit */
	uint32_t resolv_at;  /* text of /etc/resolv.conf, or 0 */
	uint32_t mtu;        /* 0: that of the bridge */
	uint32_t joins;      /* index + 1 of the service whose network is its own too; 0: none */
	uint32_t reserved;
};

#endif
