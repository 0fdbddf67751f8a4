#include "init/rules.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "init/claims.h"
#include "init/loop.h"
#include "init/patience.h"
#include "lib/bits.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "net/net.h"
#include "services/leaf.h"

enum { EVENTS, FLOWS }; /* ids of LOOP_RULES */

static struct supervisor *house;
static int boot_err;            /* of the first try: all services that are prepared then share it */
static int flows_fd = -1;       /* of a sweep that is going on */
static bool sweep_again;
static bool has_changed;        /* what was so with another table is looked for too */
static bool any_dirty;
static uint8_t dirty[NET_GROUPS / 8]; /* groups whose members have changed */
static struct patience patience;
static struct when resume = { INT64_MAX };

static struct rules_handles *handles(void)
{
	return &house->state->rules;
}

/* -- what the kernel is told --------------------------------------------------------------------------------------- */

/* Who is paused answers nobody. */
static bool is_served(const struct supervisor *sv, uint32_t index)
{
	return service_is_ready(sv, index) && !leaf_is_paused(sv, index);
}

static bool leads_to(const void *context, const struct net_port *port)
{
	return is_served(context, port->service);
}

static struct net_targets targets(void)
{
	const struct table *t = house->table;

	return (struct net_targets){
		.bridges = table_list(t, t->bridges, struct net_bridge), .bridge_count = t->bridges.count,
		.ports = table_list(t, t->ports, struct net_port), .port_count = t->ports.count,
		.attach = &table_service(t, 0)->attach, .stride = sizeof(struct service_spec),
		.attach_count = t->services.count,
		.allow = table_list(t, t->allow, struct net_allow), .allow_count = t->allow.count,
		.changed = has_changed, .is_ready = leads_to, .context = house,
	};
}

static bool has_udp(void)
{
	struct net_targets t = targets();

	for (uint32_t i = 0; i < t.port_count; i++)
		if (t.ports[i].proto == IPPROTO_UDP)
			return true;
	return false;
}

static void sweep(void)
{
	static bool said;

	sweep_again = flows_fd >= 0;
	if (sweep_again || !(has_udp() || (has_changed && house->state->reexecs)))
		return;
	flows_fd = flows_open();
	if (flows_fd >= 0)
		loop_watch(LOOP_RULES, FLOWS, flows_fd, LOOP_READ);
	else if (!said && has_udp())
		flows_failed(flows_fd);
	said |= flows_fd < 0;
}

static void on_flows(void)
{
	struct net_targets t = targets();
	int more = flows_sweep(flows_fd, &t);

	if (more > 0)
		return;
	if (more < 0 && has_udp())
		flows_failed(more);
	loop_unwatch(LOOP_RULES, FLOWS);
	fd_close(&flows_fd);
	has_changed = false;
	if (sweep_again)
		sweep();
}

static int commit_group(uint32_t index)
{
	const struct table *t = house->table;
	const struct net_group *group = table_list(t, t->balanced, struct net_group) + index;
	const struct net_member *all = table_list(t, t->members, struct net_member) + group->first;
	const struct net_member *ready[NET_MEMBERS];
	BUF_ON_STACK(b, RULESET_GROUP);
	uint32_t n = 0;

	if (handles()->no_ipv6 && group->host.family == AF_INET6)
		return 0;
	for (uint32_t i = 0; i < group->count; i++)
		if (is_served(house, all[i].service))
			ready[n++] = &all[i];
	ruleset_group(&b, index, group, ready, n);
	return buf_check(&b) ? -ENOBUFS : ruleset_commit(handles()->fd, b.data, b.len);
}

static void commit_groups(bool all)
{
	for (uint32_t i = 0; i < house->table->balanced.count; i++) {
		if (!all && !bits_has(dirty, i))
			continue;
		bits_put(dirty, i, false);
		(void)!commit_group(i); /* said; what has taken the table away is heard of, and repaired */
	}
	any_dirty = false;
	sweep();
}

static int commit(void)
{
	const struct table *t = house->table;
	struct list bytes = handles()->no_ipv6 ? t->ruleset4 : t->ruleset;
	int err = ruleset_commit(handles()->fd, table_list(t, bytes, char), bytes.count);

	if (!err)
		commit_groups(true);
	return err;
}

/* -- setting up ---------------------------------------------------------------------------------------------------- */

/* Each would put its rules in place of the other's, for ever. */
static int refuse_second(void)
{
	log_error("network", 0, "nf_tables: another minit is in this network, and has the tables " NET_TABLE "; run "
		  "this one in a network of its own (unshare --net), or without nat, isolate, antispoof and ports");
	return -EADDRINUSE;
}

static int open_sockets(void)
{
	struct rules_handles *h = handles();

	if (h->fd < 0)
		h->fd = ruleset_open(&h->port);
	if (h->fd >= 0 && h->events_fd < 0)
		h->events_fd = ruleset_listen(h->port);
	return MIN(h->fd, MIN(h->events_fd, 0));
}

/* What it translates on a shard has been translated already when it comes to the bridge, where it should be. */
static int refuse_shards(void)
{
	log_error("network", 0, "br_netfilter looks into bridges here, so nat, isolate and ports cannot be had of a "
		  "bridge with shards; switch it off (net.bridge.bridge-nf-call-iptables and -ip6tables = 0)");
	return -EOPNOTSUPP;
}

static int open_ways(struct net_session *net)
{
	const struct table *t = house->table;
	bool hairpin = false, own = house->state->mode != MODE_SUBREAPER;
	int err = ruleset_ways(net, table_list(t, t->bridges, struct net_bridge), t->bridges.count, own, &hairpin);

	handles()->hairpin = net->hairpin = hairpin;
	return err || !hairpin || !t->shards.count ? err : refuse_shards();
}

/* By our own socket, by which it is known for our own change. */
static int take_away(void (*put)(struct buf *b))
{
	BUF_ON_STACK(b, RULESET_REMOVE);

	put(&b);
	return buf_check(&b) ? -ENOBUFS : ruleset_commit(handles()->fd, b.data, b.len);
}

/* What cannot be is said. */
static void take_all_away(void)
{
	(void)!take_away(ruleset_remove);
	if (table_has_between(house->table))
		(void)!take_away(ruleset_remove_between);
}

/* A ruleset begins with the deletion of the tables that it makes, and knows of no other. */
static void remove_left(void)
{
	if (handles()->left && !take_away(ruleset_remove_between))
		handles()->left = 0;
}

/* -- loopback ------------------------------------------------------------------------------------------------------ */

static int open_loopback(struct net_session *net)
{
	const struct table *t = house->table;

	return ruleset_open_loopback(net, table_list(t, t->bridges, struct net_bridge), t->bridges.count);
}

static bool stays_open(const struct table *next, const struct net_bridge *bridge, uint32_t near)
{
	int there = next ? table_bridge_named(next, bridge->name, near) : -1;

	return there >= 0 && table_bridge(next, (uint32_t)there)->flags & NET_PUBLISH;
}

void rules_close_loopback(struct supervisor *sv, const struct table *next)
{
	struct net_session net;

	if (!sv->state->rules.made || net_open(&net))
		return;
	for (uint32_t i = 0; i < sv->table->bridges.count; i++)
		if (!stays_open(next, table_bridge(sv->table, i), i))
			ruleset_close_loopback(&net, table_bridge(sv->table, i));
	net_close(&net);
}

void rules_close_left(struct statefile *state, struct net_session *net)
{
	if (!claim_is_anothers(state, CLAIM_RULES))
		ruleset_close_left(net);
	claim_drop(state, CLAIM_RULES);
}

/* -- all of it ----------------------------------------------------------------------------------------------------- */

static int commit_with_loopback(struct net_session *net)
{
	int err = commit();

	if (err)
		return err;
	err = open_loopback(net);
	if (err)
		take_all_away();
	return err;
}

static int make_claimed(struct net_session *net)
{
	int err = open_ways(net);

	has_changed = true;
	if (!err)
		err = open_sockets();
	if (!err)
		err = commit_with_loopback(net);
	if (!err)
		remove_left();
	if (!err)
		handles()->made = 1;
	return err;
}

static int make(struct net_session *net)
{
	int err;

	if (claim_is_anothers(house->state, CLAIM_RULES))
		return refuse_second();
	err = make_claimed(net);
	if (err)
		claim_drop(house->state, CLAIM_RULES);
	return err;
}

/* Boot has a session open; a service that is tried again later finds none. */
static int ensure(struct supervisor *sv)
{
	struct net_session own;
	int err;

	if (sv->net)
		sv->net->hairpin = handles()->hairpin;
	if (!sv->table->ruleset.count || handles()->made)
		return 0;
	if (sv->net) {
		boot_err = boot_err ? boot_err : make(sv->net);
		return boot_err;
	}
	err = net_open(&own);
	if (err)
		return err;
	own.ipv6_missing = handles()->no_ipv6; /* which who has made the bridges has found out */
	err = make(&own);
	net_close(&own);
	if (!err)
		rules_watch();
	return err;
}

/* -- what others do ------------------------------------------------------------------------------------------------ */

static void repair(void)
{
	struct when now = when_now();

	if (patience_is_over(&patience, now)) {
		resume = when_in(now, PATIENCE_MS);
		log_error("network", 0, "nf_tables: somebody changes the tables %s again and again, and is not fought "
			  "for %u s; is another minit in this network?", NET_TABLE, PATIENCE_MS / 1000);
		return;
	}
	resume = WHEN_NEVER;
	if (!commit())
		log_warn("network", 0, "nf_tables: somebody has changed the tables %s; they are as they were again",
			 NET_TABLE);
}

static void on_event(uint32_t id, unsigned ready)
{
	(void)ready;
	if (id == FLOWS)
		on_flows();
	else if (ruleset_was_touched(handles()->events_fd, handles()->port) && when_is_never(resume))
		repair();
}

/* -- from outside -------------------------------------------------------------------------------------------------- */

void rules_open(struct supervisor *sv)
{
	house = sv;
	sv->rules = ensure;
	loop_handler(LOOP_RULES, on_event);
}

void rules_watch(void)
{
	if (!handles()->made)
		return;
	loop_watch(LOOP_RULES, EVENTS, handles()->events_fd, LOOP_READ);
	if (house->state->reexecs)
		commit_groups(true); /* a change may have been noted, and not made */
}

void rules_note_ipv6(struct supervisor *sv, bool missing)
{
	bool was = sv->state->rules.no_ipv6;

	sv->state->rules.no_ipv6 = missing;
	if (sv->state->rules.made && was != missing && commit()) /* said */
		sv->state->rules.no_ipv6 = was; /* as the kernel has it: who looks again tries again */
}

void rules_open_ways(struct net_session *net)
{
	if (handles()->made && !open_ways(net))
		(void)!open_loopback(net); /* said */
}

/* Each transaction begins the turn of its port again, and is followed by a look at all flows. */
void rules_change(struct supervisor *sv, uint32_t index, enum state was)
{
	if (service_is_ready_in(sv, index, was) != service_is_ready(sv, index))
		rules_change_served(sv, index);
}

void rules_change_served(struct supervisor *sv, uint32_t index)
{
	const struct table *t = sv->table;
	const struct net_group *groups = table_list(t, t->balanced, struct net_group);
	const struct net_member *members = table_list(t, t->members, struct net_member);

	for (uint32_t g = 0; g < t->balanced.count; g++)
		for (uint32_t i = 0; i < groups[g].count; i++)
			if (members[groups[g].first + i].service == index)
				bits_put(dirty, g, true);
	any_dirty = true;
}

struct when rules_settle(struct when now)
{
	if (any_dirty && handles()->made)
		commit_groups(false);
	if (!when_before(now, resume))
		repair();
	return resume;
}

void rules_remove(void)
{
	if (!house->state->rules.made)
		return;
	house->state->rules.made = house->state->rules.left = 0;
	loop_unwatch(LOOP_RULES, EVENTS);
	take_all_away();
}

static void drop(void (*put)(struct buf *b))
{
	BUF_ON_STACK(b, RULESET_REMOVE);

	put(&b);
	if (!buf_check(&b))
		(void)!ruleset_try(b.data, b.len);
}

void rules_drop(struct statefile *state, enum claim which)
{
	if (!claim_is_anothers(state, which)) {
		drop(which == CLAIM_NEAR ? near_remove : ruleset_remove);
		if (which == CLAIM_RULES)
			drop(ruleset_remove_between);
	}
	claim_drop(state, which);
}
