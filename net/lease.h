/* What a DHCP lease gives a link of minit's own network. Of net/net.h; for the tool, which puts it into force. */
#ifndef NET_LEASE_H
#define NET_LEASE_H

struct net_lease {
	struct addr addr;   /* with prefix */
	struct addr router; /* family 0: none */
	uint32_t seconds;   /* the kernel takes the address away after these; UINT32_MAX: never */
	uint32_t metric;    /* of the default route; 0: the kernel's */
};

struct net_session;

#if ENABLED(CONFIG_DHCP)

/* Puts address and default route there, in place of what they were by this lease. 0 or -errno, logged. */
must_check int net_lease_put(struct net_session *s, const char *ifname, const struct net_lease *lease);

/* Takes both away; what is not there is no error. */
void net_lease_drop(struct net_session *s, const char *ifname, const struct net_lease *lease);

#endif

#endif
