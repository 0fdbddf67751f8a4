/*
 * What net/ asks of nf_tables: published ports, masquerading, who of the
 * services may speak to whom. Two tables named NET_TABLE, of the families inet
 * and bridge, which are replaced as a whole by one transaction. And, by itself, one
 * named NET_NEAR_TABLE of the family bridge: net/near.c.
 *
 * The transaction is computed once, from the plan, by who compiles the table; so
 * whoever keeps the network needs no memory to set it up, nor to repair it.
 */
#ifndef NET_RULESET_H
#define NET_RULESET_H

#include "lib/addr.h"
#include "lib/buf.h"
#include "lib/enabled.h"
#include "net/netlink.h"
#include "net/spec.h"

#define NET_TABLE "minit"
#define NET_NEAR_TABLE "minit_near"
#define NET_LOCALNET "localnet" /* the set in it of bridges that ports are published on */

struct net_bridge;
struct net_shard;
struct net_attach;
struct net_session;

/* Who of net `from` asks for a port that leads to `to` is answered by another way than it came. */
struct net_beside {
	struct addr from, to;
};

struct ruleset_plan {
	const struct net_bridge *bridges;
	uint32_t bridge_count;
	const struct net_shard *shards;
	uint32_t shard_count;
	const void *attach; /* struct net_attach of service 0; the others follow at `stride` bytes */
	size_t stride;
	uint32_t attach_count;
	const struct net_port *ports;
	uint32_t port_count;
	const struct net_group *groups;
	uint32_t group_count;
	const struct net_allow *allow;
	uint32_t allow_count;
	const struct net_beside *beside;
	uint32_t beside_count;
	bool no_ipv6;       /* leaves out all of it, for a kernel without */
};

/* Whether it has an address of the family by the table. */
static inline bool bridge_has_family(const struct net_bridge *bridge, uint8_t family)
{
	return addr_has_family(bridge->addr, NET_ADDRS, family);
}

#if ENABLED(CONFIG_NET_NAT)

/* Writes the transaction that makes the plan's tables. What does not fit into b is refused by it. */
void ruleset_build(const struct ruleset_plan *plan, struct buf *b);

/*
 * The transactions that take a table away: that of translation, and that of rules between ports; at most RULESET_REMOVE
 * bytes. Two, as one of a family that a kernel is built without (Linux 6.8) fails as a whole.
 */
#define RULESET_REMOVE 512
void ruleset_remove(struct buf *b);
void ruleset_remove_between(struct buf *b);

/*
 * The transaction that makes NET_NEAR_TABLE, and the one that takes it away. Of the plan only attach is looked at: all
 * interfaces that are members of bridges that are `near`, and no others.
 */
void near_build(const struct ruleset_plan *plan, struct buf *b);
void near_remove(struct buf *b);

/*
 * The transaction that puts these members, and no others, behind balanced port `index`:
 * at most RULESET_GROUP bytes.
 */
#define RULESET_GROUP 6144
void ruleset_group(struct buf *b, uint32_t index, const struct net_group *group,
		   const struct net_member *const *members, uint32_t count);

/* True when the bytes are whole messages of one transaction of nf_tables, and no others. */
bool ruleset_verify(const char *bytes, size_t len);

/* -- with the kernel: what fails is logged here -- */

/* A socket for transactions in the caller's network namespace; *ret_port tells its events. The descriptor or -errno. */
must_check int ruleset_open(uint32_t *ret_port);

/* Sends a transaction; the kernel does all of it or nothing, before this returns. 0 or -errno. */
must_check int ruleset_commit(int fd, const char *bytes, size_t len);

/* The same by a socket of its own in the caller's network namespace; what fails is not logged. */
must_check int ruleset_try(const char *bytes, size_t len);

/* One that hears of every change of the tables here but those by `port`, without waiting. The descriptor or -errno. */
must_check int ruleset_listen(uint32_t port);

/*
 * Reads what has come, up to a bound: true when the tables named NET_TABLE were
 * changed by another socket than that of `port`, or something was missed.
 */
bool ruleset_was_touched(int fd, uint32_t port);

/* Whether any of the bridges has addresses of the family and rules that forward. */
bool ways_wanted(const struct net_bridge *bridges, uint32_t count, uint8_t family);

#define NET_LOCAL_METRIC 2000 /* of the first bridge's route to ::1: behind the kernel's own, by loopback */

/*
 * What must be so around the ruleset: forwarding. `own`: the network is
 * the caller's alone, so that what is between bridges and netfilter may be switched off too. *ret_hairpin: it could
 * not, so a service that speaks to itself by a published port needs its port of the bridge to send back. 0 or -errno.
 */
must_check int ruleset_ways(struct net_session *s, const struct net_bridge *bridges, uint32_t count, bool own,
			    bool *ret_hairpin);

/*
 * The ways of loopback addresses to the bridges that ports are published on; the ruleset has to be there, which keeps
 * what comes from them away from loopback. 0 or -errno, logged.
 */
must_check int ruleset_open_loopback(struct net_session *s, const struct net_bridge *bridges, uint32_t count);
/* What that has made of one bridge: before the ruleset is without it, or goes. */
void ruleset_close_loopback(struct net_session *s, const struct net_bridge *bridge);
/* The same of all bridges in the ruleset that is there: one that nobody holds, so a killed minit's, before it goes. */
void ruleset_close_left(struct net_session *s);
/* Whether tables named NET_TABLE or NET_NEAR_TABLE, of whatever family, are in the caller's network. */
bool ruleset_is_there(void);

/* -- flows that the kernel tracks, and that lead where no port does any more (UDP: others end by themselves) -- */

struct net_targets {
	const struct net_bridge *bridges;
	uint32_t bridge_count;
	const struct net_port *ports;
	uint32_t port_count;
	const void *attach; /* as in struct ruleset_plan */
	size_t stride;
	uint32_t attach_count;
	const struct net_allow *allow;
	uint32_t allow_count;
	bool changed; /* the table was another one: also those by a port or an allow that this one has not */
	bool (*is_ready)(const void *context, const struct net_port *port); /* a balanced one leads there now */
	const void *context;
};

/* A socket that begins to tell all flows, without waiting. The descriptor or -errno. */
must_check int flows_open(void);
void flows_failed(int err); /* logs it */

/*
 * Looks at what has come, up to a bound, and has the kernel forget flows that lead nowhere.
 * 1: there is more to come; 0: that was all; or -errno.
 */
must_check int flows_sweep(int fd, const struct net_targets *targets);

/* For fuzzing and tests: one message of the kernel's. True when it is a flow that leads nowhere. */
bool flow_is_stale(struct netlink_bytes message, const struct net_targets *targets, struct netlink_bytes *ret_tuple,
		   struct netlink_bytes *ret_id);

#else

static inline void ruleset_build(const struct ruleset_plan *plan, struct buf *b)
{
	(void)plan, (void)b;
}

static inline bool ruleset_is_there(void)
{
	return false;
}

static inline bool ways_wanted(const struct net_bridge *bridges, uint32_t count, uint8_t family)
{
	(void)bridges, (void)count, (void)family;
	return false;
}

static inline bool ruleset_verify(const char *bytes, size_t len)
{
	(void)bytes, (void)len;
	return false;
}

#endif

#endif
