#include "services/settle.h"

#include <string.h>

#include "lib/log.h"
#include "net/net.h"

static struct net_settle *settle_at(const struct supervisor *sv, uint32_t index)
{
	return &service_at(sv, index)->handles.settle;
}

void settle_begin(struct supervisor *sv, uint32_t index)
{
	struct net_settle settle = { 0, -1 };
	const struct net_attach *at;

	for (uint32_t n = 0; (at = table_attach(sv->table, spec_at(sv, index), n)); n++)
		settle.waits |= net_waits(at, NET_PORT | NET_INSIDE);
	*settle_at(sv, index) = settle;
}

static bool is_waiting(const struct supervisor *sv, uint32_t index)
{
	return settle_at(sv, index)->waits != 0;
}

/* It works, and so it does for those who join it, which come after it. */
static void wake(struct supervisor *sv, uint32_t index)
{
	const struct list dependents = spec_at(sv, index)->dependents;
	const uint32_t *list = table_list(sv->table, dependents, uint32_t);

	service_look(sv, index);
	for (uint32_t i = 0; i < dependents.count; i++)
		if (table_network_owner(sv->table, list[i]) == index)
			service_look(sv, list[i]);
}

void settle_forget(struct supervisor *sv, uint32_t index)
{
	settle_at(sv, index)->waits = 0;
	wake(sv, index);
}

bool settle_any(const struct supervisor *sv)
{
	for (uint32_t i = 0; i < sv->state->count; i++)
		if (is_waiting(sv, i))
			return true;
	return false;
}

static void take_from(struct supervisor *sv, uint32_t index, uint32_t what)
{
	struct net_settle *settle = settle_at(sv, index);

	settle->waits &= ~what;
	if (!settle->waits)
		wake(sv, index);
}

/* Who is in its network while it waits: others that join it, or itself, if the bridge was made anew. */
static const char *sender(const struct supervisor *sv, uint32_t owner)
{
	for (uint32_t i = 0; i < sv->state->count; i++)
		if (table_network_owner(sv->table, i) == owner && service_at(sv, i)->handles.pid)
			return service_name(sv, i);
	return service_name(sv, owner);
}

static void say_shut(struct supervisor *sv, uint32_t index, const struct net_attach *at, struct net_session *net)
{
	const struct net_bridge *bridge = table_bridge_of(sv->table, at);

	if (bridge && net_port_is_shut(net, at, bridge))
		log_error(service_name(sv, index), 0, "network: bridge %s has shut its port %s, which it waits for, as "
			  "a frame of the spanning tree came from there, in which services have no part: see that %s "
			  "or who else is in its network sends none, and start it again", bridge->name, at->peer,
			  sender(sv, index));
}

static void ask(struct supervisor *sv, uint32_t index, struct net_session *net, bool all)
{
	const struct net_attach *at;
	uint32_t unheard = 0;
	int err = 0;

	for (uint32_t n = 0; !err && (at = table_attach(sv->table, spec_at(sv, index), n)); n++) {
		err = net_settle_ask(net, at, settle_at(sv, index));
		if (err > 0)
			say_shut(sv, index, at, net);
		err = MIN(err, 0);
		unheard |= all ? 0 : net_waits(at, NET_INSIDE);
	}
	if (err < 0)
		log_warn(service_name(sv, index), -err, "cannot be told when its network works: not waited for");
	take_from(sv, index, err < 0 ? UINT32_MAX : unheard);
}

void settle_ask(struct supervisor *sv, bool all)
{
	struct net_session net;
	bool can_ask = net_open(&net) == 0;

	for (uint32_t i = 0; i < sv->state->count; i++) {
		if (!is_waiting(sv, i))
			continue;
		if (can_ask)
			ask(sv, i, &net, all);
		else
			settle_forget(sv, i);
	}
	if (can_ask)
		net_close(&net);
}

static bool is_about(const struct net_settle *settle, const struct net_attach *at, const struct net_change *change)
{
	if (change->nsid == NET_OWN)
		return !strcmp(change->name, at->peer);
	return change->nsid == settle->nsid && !strcmp(change->name, net_eth(at));
}

static void heard_shut(struct supervisor *sv, uint32_t index, const struct net_attach *at)
{
	struct net_session net;

	if (net_open(&net))
		return;
	say_shut(sv, index, at, &net);
	net_close(&net);
}

static void heard(struct supervisor *sv, uint32_t index, const struct net_change *change)
{
	const uint32_t what = change->nsid == NET_OWN ? NET_PORT : NET_INSIDE;
	const struct net_attach *at;

	for (uint32_t n = 0; (at = table_attach(sv->table, spec_at(sv, index), n)); n++)
		if (!is_about(settle_at(sv, index), at, change))
			continue;
		else if (change->works)
			take_from(sv, index, net_waits(at, what));
		else
			heard_shut(sv, index, at);
}

void settle_heard(struct supervisor *sv, const struct net_change *change)
{
	for (uint32_t i = 0; (change->works || change->shut) && i < sv->state->count; i++)
		if (is_waiting(sv, i))
			heard(sv, i, change);
}
