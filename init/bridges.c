#include "init/bridges.h"

#include <errno.h>
#include <string.h>

#include "init/claims.h"
#include "init/loop.h"
#include "init/network.h"
#include "init/patience.h"
#include "init/rules.h"
#include "lib/addr.h"
#include "lib/bits.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "services/connect.h"
#include "services/settle.h"

#define AT_ONCE 64    /* events, before the loop looks at what else has happened */
#define CALM_MS 100   /* before an address or a port is given back: the bridge may be about to go, or more of them */
#define PORTS_ONCE 64 /* services whose ports are joined, before the same */

static struct supervisor *house;
static int events = -1;
static bool due;                             /* something may be missing */
static bool failing;                         /* something is, which minit could not make: until it can */
static bool retry;                           /* it is time for that */
static uint8_t lost[TABLE_BRIDGES_MAX / 8];  /* it was deleted, and is not there again */
static uint8_t failed[TABLE_BRIDGES_MAX / 8]; /* for another reason than its name: the end of a try is heard too */
static uint8_t lost_shards[(NET_SHARDS + 7) / 8];
static uint8_t gone[TABLE_BRIDGES_MAX / 8];  /* its deletion may have been heard of, and is not looked at */
static uint8_t anew[TABLE_BRIDGES_MAX / 8];  /* its ports are not all joined */
static uint8_t told[TABLE_BRIDGES_MAX / 8];  /* and why, has been said */
static uint8_t off[TABLE_BRIDGES_MAX / 8];   /* a port was taken off it */
static uint8_t bare[TABLE_BRIDGES_MAX / 8];  /* an address was taken from it */
static uint8_t macs[TABLE_BRIDGES_MAX][NET_MAC]; /* of what is lost; all zeros: it is not known */
static bool unsure;                          /* nobody listened: an address may be gone, and nobody knows */
static bool joining;                         /* there are such */
static uint32_t next;                        /* service whose ports are to be joined */
static struct patience patience;
static struct when resume;                   /* not before that */
static struct when calm;                     /* the same, of addresses and ports */
static struct when again;                    /* the same, of what minit could not make */

static void lose_patience(struct when now)
{
	if (!patience_is_over(&patience, now))
		return;
	resume = when_in(now, PATIENCE_MS);
	log_error("network", 0, "somebody deletes bridges, their ports or addresses again and again, and is "
		  "not fought for %u s; see who by `ip monitor link address`", PATIENCE_MS / 1000);
}

/* -- what is missing --------------------------------------------------------------------------------------------- */

/* Of a service whose network is kept. shard: 0: any port of the bridge. */
static bool has_port(uint32_t bridge, uint32_t shard)
{
	const struct net_attach *at;

	for (uint32_t i = 0; i < house->state->count; i++)
		for (uint32_t n = 0; service_at(house, i)->handles.netns >= 0 &&
				     (at = table_attach(house->table, spec_at(house, i), n)); n++)
			if (at->bridge == (int32_t)bridge && (!shard || at->shard == shard))
				return true;
	return false;
}

/* One that never was is none that was deleted: why, boot has said. */
static bool was_there(uint32_t bridge)
{
	return network_has_made(house->state, bridge) || bits_has(lost, bridge) || has_port(bridge, 0);
}

static bool was_shard_there(uint32_t i)
{
	return network_has_made_shard(house->state, i) || has_port(table_shard(house->table, i)->bridge, i + 1);
}

/* The first loss counts: what came in its place and went has another MAC, and the services know this one. */
static int bridge_up(struct net_session *net, uint32_t i)
{
	static const uint8_t unknown[NET_MAC];
	struct net_bridge bridge = *table_bridge(house->table, i);

	if (memcmp(macs[i], unknown, NET_MAC) != 0) {
		memcpy(bridge.mac, macs[i], NET_MAC);
		bridge.asked |= NET_ASKED_MAC;
	}
	return network_bridge_up(house, net, &bridge, i);
}

static bool is_on(uint32_t index, uint32_t bridge)
{
	const struct net_attach *at;

	for (uint32_t n = 0; (at = table_attach(house->table, spec_at(house, index), n)); n++)
		if (at->bridge == (int32_t)bridge)
			return true;
	return false;
}

/* Who runs on it runs on, and is started again only once its port forwards: as at boot. */
static void hold_back(uint32_t bridge)
{
	for (uint32_t i = 0; i < house->state->count; i++)
		if (service_at(house, i)->handles.netns >= 0 && is_on(i, bridge))
			settle_begin(house, i);
	if (house->on_network)
		house->on_network(house);
}

/* Why not is said by each try, that it is to be made by the first. */
static int make_bridge(struct net_session *net, uint32_t i)
{
	const char *name = table_bridge(house->table, i)->name;
	int err;

	if (!bits_has(lost, i))
		hold_back(i);
	err = bridge_up(net, i);
	if (err && !bits_has(lost, i))
		log_error(name, 0, "bridge: somebody has deleted it, and it cannot be made anew, as is said above: "
			  "its services are without it until it can, which is tried every %u s", PATIENCE_MS / 1000);
	bits_put(lost, i, err);
	bits_put(failed, i, err && err != -EEXIST);
	if (err)
		return err;
	log_warn(name, 0, "bridge: somebody has deleted it; it is made anew, and its ports are joined to it again");
	memset(macs[i], 0, NET_MAC);
	return 0;
}

/* What has its name is removed if it is minit's own. */
static int make_shard(struct net_session *net, uint32_t i)
{
	const struct net_shard *shard = table_shard(house->table, i);
	const char *bridge = table_bridge(house->table, shard->bridge)->name;
	int err;

	if (network_has_made_shard(house->state, i))
		net_shard_remove(net, shard);
	err = network_shard_up(house, net, i);
	if (!err)
		log_warn(bridge, 0, "shard %s: somebody has deleted it, its pair or its bridge, or put them apart; it "
			 "is made anew, and its ports are joined to it again", shard->name);
	else if (!bits_has(lost_shards, i))
		log_error(bridge, 0, "shard %s: somebody has deleted it, its pair or its bridge, or put them apart, "
			  "and it cannot be made anew, as is said above: its services are without it until it can, "
			  "which is tried every %u s", shard->name, PATIENCE_MS / 1000);
	bits_put(lost_shards, i, err);
	return err;
}

/* Whether it had not all of them. */
static bool give_addrs(struct net_session *net, const struct net_bridge *bridge)
{
	if (net_bridge_addrs(net, bridge) <= 0)
		return false;
	lose_patience(when_now());
	log_warn(bridge->name, 0, "bridge: somebody has taken an address from it; it has those of the table again");
	return true;
}

/* Its MAC is told with its end, which may come a moment after that of its addresses. */
static bool is_to_be_made(uint32_t i)
{
	return bits_has(gone, i) || (bits_has(lost, i) && retry);
}

static bool is_shard_missing(struct net_session *net, const struct net_bridge *bridge, uint32_t i)
{
	if (bits_has(lost_shards, i))
		return retry;
	return was_shard_there(i) && !net_shard_is_joined(net, bridge, table_shard(house->table, i));
}

/* Whether anything was made. */
static bool make_shards(struct net_session *net, uint32_t bridge)
{
	bool made = false;

	for (uint32_t i = 0; i < house->table->shards.count; i++) {
		if (table_shard(house->table, i)->bridge != bridge)
			continue;
		if (is_shard_missing(net, table_bridge(house->table, bridge), i))
			made |= !make_shard(net, i);
		failing |= bits_has(lost_shards, i);
	}
	return made;
}

/* A shard is joined to its bridge by a port too. Whether anything was made. */
static bool make_missing(struct net_session *net, uint32_t i)
{
	const struct net_bridge *bridge = table_bridge(house->table, i);
	bool missing = bits_has(lost, i) || !net_bridge_is_there(net, bridge->name), bared = false;

	if (!was_there(i) || (missing && (!is_to_be_made(i) || make_bridge(net, i)))) {
		bits_put(off, i, false);
		bits_put(bare, i, false);
		failing |= bits_has(lost, i);
		return false;
	}
	if (!missing && (unsure || bits_has(bare, i)))
		bared = give_addrs(net, bridge);
	return make_shards(net, i) || missing || bared;
}

static void make_all(struct net_session *net, struct when now)
{
	bool any = !unsure;

	retry = failing && !when_before(now, again);
	due = failing = false;
	net->ipv6_quiet = unsure; /* by who was executed before */
	for (uint32_t i = 0; i < house->table->bridges.count; i++) {
		bool made = make_missing(net, i) || bits_has(bare, i); /* with an address its neighbours are gone */

		bits_put(told, i, made || bits_has(told, i));
		bits_put(anew, i, made || bits_has(off, i) || bits_has(anew, i));
		joining |= bits_has(anew, i);
		any |= made;
	}
	unsure = false;
	memset(gone, 0, sizeof(gone));
	memset(off, 0, sizeof(off));
	memset(bare, 0, sizeof(bare));
	network_note_ipv6(house, net);
	if (joining && any)
		rules_open_ways(net);
	if (failing && !when_before(now, again))
		again = when_in(now, PATIENCE_MS);
	next = 0;
}

/* -- its ports --------------------------------------------------------------------------------------------------- */

static void join(struct net_session *net, uint32_t index, const struct net_attach *at)
{
	struct net_extra extra = connect_extra(house->table, spec_at(house, index));
	const struct net_bridge *bridge = table_bridge_of(house->table, at);
	bool known = bits_has(told, (uint32_t)at->bridge);

	if (net_rejoin(net, service_name(house, index), at, bridge, &extra, known) <= 0 || known)
		return;
	lose_patience(when_now());
	log_warn(service_name(house, index), 0, "network: somebody has taken its port %s off bridge %s; it is joined "
		 "to it again", at->peer, bridge->name);
}

static void join_all(struct net_session *net, uint32_t index)
{
	const struct net_attach *at;

	for (uint32_t n = 0; (at = table_attach(house->table, spec_at(house, index), n)); n++)
		if (at->bridge >= 0 && bits_has(anew, (uint32_t)at->bridge))
			join(net, index, at);
}

static void join_some(struct net_session *net)
{
	uint32_t until = MIN(next + PORTS_ONCE, house->state->count);

	net->hairpin = house->state->rules.hairpin;
	for (; joining && next < until; next++)
		if (service_at(house, next)->handles.netns >= 0)
			join_all(net, next);
	if (joining && next < house->state->count)
		return;
	memset(anew, 0, sizeof(anew));
	memset(told, 0, sizeof(told));
	joining = false;
}

/* -- when -------------------------------------------------------------------------------------------------------- */

static void note_mending(bool on)
{
	uint32_t *set = &house->state->mending;

	*set = on ? *set | MENDING_BRIDGES : *set & ~(uint32_t)MENDING_BRIDGES;
}

/* When it is looked for what is missing. */
static struct when look_at(void)
{
	struct when when = failing ? again : WHEN_NEVER;

	if (due && when_before(calm, when))
		when = calm;
	return when_before(when, resume) ? resume : when;
}

static int mend(struct when now, bool look)
{
	struct net_session net;
	int err = net_open(&net);

	if (err)
		return err;
	claim_note(house->state, &net);
	if (look)
		make_all(&net, now);
	net.ipv6_missing = house->state->rules.no_ipv6;
	join_some(&net);
	net_close(&net);
	return 0;
}

void bridges_mend(void)
{
	struct when now = when_now(), when = now;
	bool look = !when_before(now, look_at());

	if ((look || joining) && mend(now, look))
		when = when_in(now, PATIENCE_MS);
	else if (!joining)
		when = look_at();
	note_mending(due || failing || joining);
	if (due || failing || joining)
		loop_deadline(when);
}

static void begin(bool at_once)
{
	struct when now = when_now();

	due = true;
	if (at_once && !when_before(now, resume))
		lose_patience(now);
	if (at_once || !when_before(now, calm))
		calm = at_once ? now : when_in(now, CALM_MS);
	bridges_mend();
}

/* It, or an end of its pair, is gone, or off its bridge. */
static bool heard_shard(const struct net_seen *seen)
{
	for (uint32_t i = 0; i < house->table->shards.count; i++) {
		const struct net_shard *s = table_shard(house->table, i);

		if (!strcmp(s->name, seen->name) || !strcmp(s->up, seen->name) || !strcmp(s->down, seen->name))
			return true;
	}
	return false;
}

/* True if it may be missing now. */
static bool heard_link(const struct net_seen *seen)
{
	const struct table *t = house->table;
	bool found = false;

	for (uint32_t i = 0; i < t->bridges.count; i++) {
		if (bits_has(failed, i) || strcmp(table_bridge(t, i)->name, seen->name) != 0)
			continue;
		if (!bits_has(lost, i))
			memcpy(macs[i], seen->mac, NET_MAC);
		bits_put(gone, i, true);
		found = true;
	}
	return found;
}

/* Of a service whose network is kept: what minit takes away by itself is none of that. */
static bool heard_port(const struct net_seen *seen)
{
	const struct net_attach *at;
	bool found = false;

	for (uint32_t i = 0; i < house->state->count; i++)
		for (uint32_t n = 0; service_at(house, i)->handles.netns >= 0 &&
				     (at = table_attach(house->table, spec_at(house, i), n)); n++) {
			if (at->bridge < 0 || strcmp(at->peer, seen->name) != 0)
				continue;
			bits_put(off, (uint32_t)at->bridge, true);
			found = true;
		}
	return found;
}

/* It may have been that of another link: it is given to a bridge that has it all the same. */
static bool heard_addr(const struct addr *addr)
{
	const struct table *t = house->table;
	bool found = false;

	for (uint32_t i = 0; i < t->bridges.count; i++)
		for (unsigned k = 0; k < NET_ADDRS && table_bridge(t, i)->addr[k].family; k++) {
			if (!addr_equal(&table_bridge(t, i)->addr[k], addr))
				continue;
			bits_put(bare, i, true);
			found = true;
		}
	return found;
}

/* Whether it concerns any; *at_once: it is not waited for what else goes. */
static bool heard(const struct net_gone *what, bool *at_once)
{
	bool link = what->what == GONE_LINK && heard_link(&what->link);
	bool shard = (what->what == GONE_LINK || what->what == GONE_PORT) && heard_shard(&what->link);

	*at_once |= link || shard;
	return link || shard || (what->what == GONE_PORT && heard_port(&what->link)) ||
	       (what->what == GONE_ADDR && heard_addr(&what->addr));
}

/* A bridge that is deleted is as many events as it has ports, and done as one. */
static void on_events(uint32_t id, unsigned ready)
{
	static bool found, at_once;
	struct net_gone what;
	int n = 1;

	(void)id, (void)ready;
	for (unsigned k = 0; n > 0 && k < AT_ONCE; k++) {
		n = net_gone_read(events, &what);
		found |= n > 0 && heard(&what, &at_once);
	}
	if (n > 0)
		return;
	if (n < 0) { /* some were lost */
		memset(gone, 0xff, sizeof(gone));
		memset(off, 0xff, sizeof(off));
		memset(bare, 0xff, sizeof(bare));
	}
	if (found || n < 0)
		begin(at_once || n < 0);
	found = at_once = false;
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
	joining = sv->state->mending & MENDING_BRIDGES;
	if (joining)
		memset(anew, 0xff, sizeof(anew));
	memcpy(told, anew, sizeof(told));
	memset(gone, sv->state->reexecs ? 0xff : 0, sizeof(gone));
	memset(off, sv->state->reexecs ? 0xff : 0, sizeof(off));
	unsure = sv->state->reexecs;
	if (sv->state->reexecs)
		begin(true);
}

void bridges_leave(void)
{
	if (events >= 0)
		loop_unwatch(LOOP_BRIDGES, 0);
	fd_close(&events);
	if (house)
		note_mending(false);
}
