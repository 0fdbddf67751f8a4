#include "init/bridges.h"

#include <string.h>

#include "init/claims.h"
#include "init/loop.h"
#include "init/network.h"
#include "init/patience.h"
#include "init/rules.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "services/connect.h"

#define AT_ONCE 64    /* events, before the loop looks at what else has happened */
#define PORTS_ONCE 64 /* services whose ports are joined, before the same */

static struct supervisor *house;
static int events = -1;
static bool due;                             /* something may be missing */
static uint8_t lost[TABLE_BRIDGES_MAX / 8];  /* it was deleted, and is not there again */
static uint8_t anew[TABLE_BRIDGES_MAX / 8];  /* it was made anew, and its ports are not all joined */
static uint8_t macs[TABLE_BRIDGES_MAX][NET_MAC]; /* of what is lost; all zeros: it is not known */
static bool joining;                         /* there are such */
static uint32_t next;                        /* service whose ports are to be joined */
static struct patience patience;
static struct when resume;                   /* not before that */

static bool is_set(const uint8_t *bits, uint32_t i)
{
	return bits[i / 8] >> i % 8 & 1;
}

static void set(uint8_t *bits, uint32_t i, bool on)
{
	bits[i / 8] = (uint8_t)((bits[i / 8] & ~(1u << i % 8)) | (unsigned)on << i % 8);
}

/* -- what is missing --------------------------------------------------------------------------------------------- */

/* One that never was is none that was deleted: why, boot has said. */
static bool was_there(uint32_t bridge)
{
	const struct net_attach *at;

	if (network_has_made(house->state, bridge) || is_set(lost, bridge))
		return true;
	for (uint32_t i = 0; i < house->state->count; i++)
		for (uint32_t n = 0; service_at(house, i)->handles.netns >= 0 &&
				     (at = table_attach(house->table, spec_at(house, i), n)); n++)
			if (at->bridge == (int32_t)bridge)
				return true;
	return false;
}

/* The first loss counts: what came in its place and went has another MAC, and the services know this one. */
static int make_bridge(struct net_session *net, uint32_t i)
{
	static const uint8_t unknown[NET_MAC];
	struct net_bridge bridge = *table_bridge(house->table, i);
	int err;

	set(lost, i, true);
	if (memcmp(macs[i], unknown, NET_MAC) != 0) {
		memcpy(bridge.mac, macs[i], NET_MAC);
		bridge.asked |= NET_ASKED_MAC;
	}
	err = network_bridge_up(house, net, &bridge, i);
	if (err) {
		log_error(bridge.name, 0, "bridge: somebody has deleted it, and it cannot be made anew: its services "
			  "are without it");
		return err;
	}
	log_warn(bridge.name, 0, "bridge: somebody has deleted it; it is made anew, and its ports are joined to it "
		 "again");
	set(lost, i, false);
	memset(macs[i], 0, NET_MAC);
	return 0;
}

static void make_shard(struct net_session *net, uint32_t i)
{
	const struct net_shard *shard = table_shard(house->table, i);
	const char *bridge = table_bridge(house->table, shard->bridge)->name;

	net_shard_remove(net, shard);
	if (network_shard_up(house, net, i))
		log_error(bridge, 0, "shard %s: somebody has deleted it, its pair or its bridge, and it cannot be made "
			  "anew: its services are without it", shard->name);
	else
		log_warn(bridge, 0, "shard %s: somebody has deleted it, its pair or its bridge; it is made anew, and "
			 "its ports are joined to it again", shard->name);
}

/* A shard is joined to its bridge by a port too. Whether anything was made. */
static bool make_missing(struct net_session *net, uint32_t i)
{
	const struct net_bridge *bridge = table_bridge(house->table, i);
	bool missing = !net_bridge_is_there(net, bridge->name), made = missing;

	if (!was_there(i) || (missing && make_bridge(net, i)))
		return false;
	for (uint32_t k = 0; k < house->table->shards.count; k++) {
		const struct net_shard *shard = table_shard(house->table, k);

		if (shard->bridge != i || !network_has_made_shard(house->state, k) ||
		    net_shard_is_joined(net, bridge, shard))
			continue;
		make_shard(net, k);
		made = true;
	}
	return made;
}

static void make_all(struct net_session *net)
{
	due = false;
	net->alone = !claim_take(house->state, CLAIM_NETWORK);
	for (uint32_t i = 0; i < house->table->bridges.count; i++) {
		if (!make_missing(net, i))
			continue;
		set(anew, i, true);
		joining = true;
	}
	if (joining)
		rules_open_ways(net);
	next = 0;
}

/* -- its ports --------------------------------------------------------------------------------------------------- */

static void join(struct net_session *net, uint32_t index)
{
	struct net_extra extra = connect_extra(house->table, spec_at(house, index));
	const struct net_attach *at;

	for (uint32_t n = 0; (at = table_attach(house->table, spec_at(house, index), n)); n++)
		if (at->bridge >= 0 && is_set(anew, (uint32_t)at->bridge))
			(void)!net_rejoin(net, service_name(house, index), at, table_bridge_of(house->table, at),
					  &extra); /* said */
}

static void join_some(struct net_session *net)
{
	uint32_t until = MIN(next + PORTS_ONCE, house->state->count);

	net->hairpin = house->state->rules.hairpin;
	for (; joining && next < until; next++)
		if (service_at(house, next)->handles.netns >= 0)
			join(net, next);
	if (joining && next < house->state->count)
		return;
	memset(anew, 0, sizeof(anew));
	joining = false;
	house->state->mending = 0;
}

/* -- when -------------------------------------------------------------------------------------------------------- */

void bridges_mend(void)
{
	struct net_session net;
	struct when now = when_now();

	if (due && when_before(now, resume)) {
		loop_deadline(resume);
		return;
	}
	if (net_open(&net))
		return;
	if (due)
		make_all(&net);
	join_some(&net);
	net_close(&net);
	if (house->state->mending)
		loop_deadline(now);
}

static void begin(void)
{
	struct when now = when_now();

	house->state->mending = 1;
	due = true;
	if (when_before(now, resume))
		return;
	if (patience_is_over(&patience, now)) {
		resume = when_in(now, PATIENCE_MS);
		log_error("network", 0, "somebody deletes bridges again and again, and is not fought for %u s; see who "
			  "by `ip monitor link`", PATIENCE_MS / 1000);
	}
	bridges_mend();
}

/* True if it may be missing now. */
static bool heard(const struct net_seen *seen)
{
	const struct table *t = house->table;
	bool found = false;

	for (uint32_t i = 0; i < t->bridges.count; i++) {
		if (strcmp(table_bridge(t, i)->name, seen->name) != 0)
			continue;
		if (!is_set(lost, i))
			memcpy(macs[i], seen->mac, NET_MAC);
		found = true;
	}
	for (uint32_t i = 0; i < t->shards.count; i++) {
		const struct net_shard *s = table_shard(t, i);

		found |= !strcmp(s->name, seen->name) || !strcmp(s->up, seen->name) || !strcmp(s->down, seen->name);
	}
	return found;
}

static void on_events(uint32_t id, unsigned ready)
{
	struct net_seen seen;
	bool found = false;
	int n = 1;

	(void)id, (void)ready;
	for (unsigned k = 0; n > 0 && k < AT_ONCE; k++) {
		n = net_seen_read(events, &seen);
		if (n > 0 && seen.gone)
			found |= heard(&seen);
	}
	if (found || n < 0) /* some were lost */
		begin();
}

/* What was deleted while nobody listened is looked for. */
void bridges_watch(struct supervisor *sv)
{
	if (!sv->table->bridges.count)
		return;
	house = sv;
	events = net_gone_open();
	if (events < 0) {
		log_warn(NULL, -events, "events of links cannot be heard: a bridge that is deleted is not made anew");
		return;
	}
	loop_handler(LOOP_BRIDGES, on_events);
	loop_watch(LOOP_BRIDGES, 0, events, LOOP_READ);
	joining = sv->state->mending;
	if (joining)
		memset(anew, 0xff, sizeof(anew));
	if (sv->state->reexecs)
		begin();
}

void bridges_leave(void)
{
	if (events >= 0)
		loop_unwatch(LOOP_BRIDGES, 0);
	fd_close(&events);
	if (house)
		house->state->mending = 0;
}
