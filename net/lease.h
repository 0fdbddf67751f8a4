/* What a DHCP lease gives a link of minit's own network. Of net/net.h; for the tool, which puts it into force. */
#ifndef NET_LEASE_H
#define NET_LEASE_H

struct net_lease {
	struct addr addr;   /* with prefix; of IPv6 128, as a lease does not tell what else is on the link */
	struct addr router; /* family 0: none, as always with IPv6, where routers tell of themselves */
	uint32_t seconds;   /* the kernel takes the address away after these; UINT32_MAX: never */
	uint32_t preferred; /* nothing new begins from it after these, at most seconds */
	uint32_t metric;    /* of the default route; 0: the kernel's */
};

struct net_session;

#if ENABLED(CONFIG_DHCP)

/* Puts address and default route there, in place of what they were by this lease. 0 or -errno, logged. */
must_check int net_lease_put(struct net_session *s, const char *ifname, const struct net_lease *lease);

/* Takes both away; what is not there is no error. */
void net_lease_drop(struct net_session *s, const char *ifname, const struct net_lease *lease);

/* Hears from now on what becomes of IPv6 addresses: a descriptor, the caller's, for net_usable; or -errno. */
must_check int net_usable_open(void);

/*
 * Waits until an IPv6 address of the link can be used, which it cannot before the kernel has asked whether somebody
 * else has it (RFC 4862, 5.4). addr NULL: its link-local one. 0; -EADDRINUSE: somebody has, and the kernel took it
 * away; -ETIMEDOUT after so many ms; or -errno. Not logged.
 */
must_check int net_usable(struct net_session *s, int fd, const char *ifname, const struct addr *addr, int64_t ms);

#endif

#endif
