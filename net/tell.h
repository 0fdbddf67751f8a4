/*
 * What net/ would do, as the lines that one would type: ip(8), tc(8), sysctl(8) and, between `nft -f - <<'END'` and
 * END, nft(8). A shell can run them, in the network that minit would be in. Nothing here speaks to the kernel, and what
 * does not fit is refused by the buf. Of net/net.h.
 *
 * That it is what is done is tested by running it beside minit: tests/container/438-net-plan.sh.
 */
#ifndef NET_TELL_H
#define NET_TELL_H

#if ENABLED(CONFIG_NET_SHOW)

void tell_loopback(struct buf *b);
void tell_bridge(struct buf *b, const struct net_bridge *bridge);
void tell_shard(struct buf *b, const struct net_bridge *bridge, const struct net_shard *shard);
void tell_link(struct buf *b, const struct net_link *link, const struct net_route *routes);

/* `ns`: what the namespace is called, for ip-netns(8). bridge: NULL for none. */
void tell_attach(struct buf *b, const char *ns, const struct net_attach *attach, const struct net_bridge *bridge,
		 const struct net_extra *extra);
void tell_connect(struct buf *b, const struct net_attach *attach);

/* `path` is below /proc/sys; ns: NULL for minit's own network. */
void tell_sysctl(struct buf *b, const char *ns, const char *path, const char *value);
void tell_iprule(struct buf *b, const struct net_iprule *rule);

/* Any text in a comment, which a newline would end. */
void tell_comment(struct buf *b, const char *text);

/* "10.9.0.0/16 via 10.77.0.254 metric 7" */
void tell_route(struct buf *b, const struct net_route *route);

#endif

#if ENABLED(CONFIG_NET_SHOW_NAT)

/* What ruleset_ways does where nothing of it is so yet. */
void tell_ways(struct buf *b, const struct net_bridge *bridges, uint32_t count);

/* A transaction of ruleset_build; groups: those of its plan. */
void tell_rules(struct buf *b, const char *bytes, size_t len, const struct net_group *groups, uint32_t count);

/* The members of a balanced port, when all are ready. bytes: of the transaction that has made its chain and map. */
void tell_group(struct buf *b, const char *bytes, size_t len, uint32_t index, const struct net_group *group,
		const struct net_member *const *members, uint32_t count);

#else

static inline void tell_ways(struct buf *b, const struct net_bridge *bridges, uint32_t count)
{
	(void)b, (void)bridges, (void)count;
}

static inline void tell_rules(struct buf *b, const char *bytes, size_t len, const struct net_group *groups,
			      uint32_t count)
{
	(void)b, (void)bytes, (void)len, (void)groups, (void)count;
}

static inline void tell_group(struct buf *b, const char *bytes, size_t len, uint32_t index,
			      const struct net_group *group, const struct net_member *const *members, uint32_t count)
{
	(void)b, (void)bytes, (void)len, (void)index, (void)group, (void)members, (void)count;
}

#endif

#endif
