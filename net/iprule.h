/* Rules of policy routing (ip-rule(8)) in minit's own network. Of net/net.h. */
#ifndef NET_IPRULE_H
#define NET_IPRULE_H

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
