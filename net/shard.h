/*
 * A bridge of the kernel has at most 1023 ports (BR_MAX_PORTS). One of the table with more members is a star of
 * several: itself, with the address, and shards without one, each joined to it by a pair of its own. Of net/net.h.
 */
#ifndef NET_SHARD_H
#define NET_SHARD_H

#if ENABLED(CONFIG_NET_BRIDGE)

/* The names of shard `number`, from 1 on, of the table. */
void net_shard_name(struct net_shard *ret, uint32_t number);

/*
 * Makes the shard and joins it to its bridge, which is there; what a killed run has left of it is made anew. When this
 * returns packets pass between the two. 0 or -errno, logged, and nothing is left behind.
 */
must_check int net_shard_up(struct net_session *s, const struct net_bridge *bridge, const struct net_shard *shard);

/*
 * Gives one that is there, and its pair, what they have of the bridge as the table says by now; 0 too where it is not
 * there. 0 or -errno, logged.
 */
must_check int net_shard_set(struct net_session *s, const struct net_bridge *bridge, const struct net_shard *shard);

/* Whether it is there, and joined to its bridge. */
bool net_shard_is_joined(struct net_session *s, const struct net_bridge *bridge, const struct net_shard *shard);

/* Deletes it and the pair; what is not there is no error. */
void net_shard_remove(struct net_session *s, const struct net_shard *shard);

#else

static inline void net_shard_name(struct net_shard *ret, uint32_t number)
{
	(void)ret, (void)number;
}

static inline int net_shard_up(struct net_session *s, const struct net_bridge *bridge, const struct net_shard *shard)
{
	(void)s, (void)bridge, (void)shard;
	return -EOPNOTSUPP;
}

static inline int net_shard_set(struct net_session *s, const struct net_bridge *bridge, const struct net_shard *shard)
{
	(void)s, (void)bridge, (void)shard;
	return -EOPNOTSUPP;
}

static inline void net_shard_remove(struct net_session *s, const struct net_shard *shard)
{
	(void)s, (void)shard;
}

#endif

#endif
