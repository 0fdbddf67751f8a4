/*
 * The ruleset of the network (net/ruleset.h) while minit runs: set up before the
 * first service starts, repaired when somebody else changes it, and told which
 * services behind a balanced port are ready.
 */
#ifndef INIT_RULES_H
#define INIT_RULES_H

#include "lib/enabled.h"
#include "services/state.h"

#if ENABLED(CONFIG_NET_NAT)

/* Lets the supervisor know of it, before anything is prepared. */
void rules_open(struct supervisor *sv);

/* After everything is prepared, also by an earlier image of minit: hears of changes from here on. */
void rules_watch(void);

/* Notes whether any of what is to have IPv6 has it, by which what is asked of the kernel is with or without it. */
void rules_note_ipv6(struct supervisor *sv, bool missing);

/* Bridges were made anew: what packets need around the ruleset (net/ways.c) is so of them too. */
void rules_open_ways(struct net_session *net);

/*
 * The service is in another state: if it has become ready by that, or is no longer, that is noted, and rules_settle
 * does what follows.
 */
void rules_change(struct supervisor *sv, uint32_t index, enum state was);

/* It was paused, or goes on: the same. */
void rules_change_served(struct supervisor *sv, uint32_t index);

/* After each round of the loop; when there is more to do later. */
struct when rules_settle(struct when now);

/*
 * Before bridges lose their rules: loopback leads to those no more that have no ports by `next`, NULL for the end.
 * Bridges that minit has made are gone by then.
 */
void rules_close_loopback(struct supervisor *sv, const struct table *next);

/* At boot, before what a killed run has left goes: loopback leads no more to the bridges that it has published on. */
void rules_close_left(struct statefile *state, struct net_session *net);

/* In the end, when the network may stay behind without us. */
void rules_remove(void);

/* Takes away the tables of CLAIM_RULES or CLAIM_NEAR, ours or a killed run's; not those of another minit. */
void rules_drop(struct statefile *state, enum claim which);

#else

static inline void rules_open(struct supervisor *sv)
{
	(void)sv;
}

static inline void rules_watch(void)
{
}

static inline void rules_note_ipv6(struct supervisor *sv, bool missing)
{
	sv->state->rules.no_ipv6 = missing;
}

static inline void rules_open_ways(struct net_session *net)
{
	(void)net;
}

static inline void rules_change(struct supervisor *sv, uint32_t index, enum state was)
{
	(void)sv, (void)index, (void)was;
}

static inline void rules_change_served(struct supervisor *sv, uint32_t index)
{
	(void)sv, (void)index;
}

static inline struct when rules_settle(struct when now)
{
	(void)now;
	return WHEN_NEVER;
}

static inline void rules_close_loopback(struct supervisor *sv, const struct table *next)
{
	(void)sv, (void)next;
}

static inline void rules_close_left(struct statefile *state, struct net_session *net)
{
	(void)state, (void)net;
}

static inline void rules_remove(void)
{
}

static inline void rules_drop(struct statefile *state, enum claim which)
{
	(void)state, (void)which;
}

#endif

#endif
