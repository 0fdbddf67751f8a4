/*
 * A bridge of the kernel has at most 1023 ports (BR_MAX_PORTS). One of the table with more members is a star of
 * several: itself, with the address, and shards without one, each joined to it by a pair of its own. Of net/net.h.
 */
#ifndef NET_SHARD_H
#define NET_SHARD_H

#define NET_BRIDGE_PORTS 1023 /* most of one bridge of the kernel */
#define NET_SHARDS 255        /* most of a table: net_attach.shard is a byte */

/* A shard as the table has it; position-independent. */
struct net_shard {
	char name[NET_IFNAME]; /* of the kernel's bridge: mb1 is the first of the table */
	char up[NET_IFNAME];   /* the pair: mt1, a port of the table's bridge, */
	char down[NET_IFNAME]; /* and mu1, a port of this one */
	uint32_t bridge;       /* index in the table */
	uint32_t alone;        /* its members do not speak with those of another: see enum net_attach_flag, NET_ALONE */
};

#if ENABLED(CONFIG_NET_BRIDGE)

/* The names of shard `number`, from 1 on, of the table. */
void net_shard_name(struct net_shard *ret, uint32_t number);

/*
 * Makes the shard and joins it to its bridge, which is there; what a killed run has left of it is made anew. When this
 * returns packets pass between the two. 0 or -errno, logged, and nothing is left behind.
 */
must_check int net_shard_up(struct net_session *s, const struct net_bridge *bridge, const struct net_shard *shard);

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

static inline void net_shard_remove(struct net_session *s, const struct net_shard *shard)
{
	(void)s, (void)shard;
}

#endif

#endif
