/* Rules of policy routing (ip-rule(8)) in minit's own network. Of net/net.h. */
#ifndef NET_IPRULE_H
#define NET_IPRULE_H

#define IPRULE_PROTOCOL 77 /* of minit's; free in rt_protos of iproute2 */

/* A rule as the table has it; position-independent. */
struct net_iprule {
	struct addr from, to;  /* family 0: any */
	char iif[NET_IFNAME];  /* the link that a packet comes in by; "": any */
	char oif[NET_IFNAME];  /* the one that its socket is bound to; "": any */
	uint32_t fwmark, fwmask; /* mask 0: any mark */
	uint32_t table;        /* where the route is looked up; 0: action is another one */
	uint32_t priority;     /* the lowest comes first */
	uint8_t action;        /* FR_ACT_TO_TBL, FR_ACT_BLACKHOLE, FR_ACT_UNREACHABLE, FR_ACT_PROHIBIT */
	uint8_t inverted;      /* what does not match */
	uint8_t reserved[2];
};

struct net_session;

#if ENABLED(CONFIG_NET_BRIDGE)

/* Adds the rule, in both families when it names none; one that is there already stays. 0 or -errno, logged. */
must_check int net_iprule_add(struct net_session *s, const struct net_iprule *rule);

/* Takes away what net_iprule_add has made; what is not there is no error. */
void net_iprule_remove(struct net_session *s, const struct net_iprule *rule);

/* Takes away all that a minit has made. */
void net_iprules_clear(struct net_session *s);

#else

static inline int net_iprule_add(struct net_session *s, const struct net_iprule *rule)
{
	(void)s, (void)rule;
	return -EOPNOTSUPP;
}

static inline void net_iprule_remove(struct net_session *s, const struct net_iprule *rule)
{
	(void)s, (void)rule;
}

static inline void net_iprules_clear(struct net_session *s)
{
	(void)s;
}

#endif

#endif
