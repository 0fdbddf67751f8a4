#include "init/exchange_network.h"

#include <string.h>

#include "init/network.h"
#include "init/uplinks.h"
#include "net/net.h"
#include "services/connect.h"
#include "services/differ.h"

struct away {
	struct supervisor *sv;
	const struct table *next;
	struct net_session *net;
};

static void remove_part(const struct away *a, const struct differ_part *part)
{
	const struct table *t = a->sv->table;
	uint32_t was = (uint32_t)part->was;

	if (part->of == OF_IPRULE)
		net_iprule_remove(a->net, table_list(t, t->iprules, struct net_iprule) + was);
	if (part->of == OF_LINK && a->sv->state->links_made >> was & 1)
		uplinks_remove(a->sv, a->net, was);
	if (part->of == OF_SHARD && network_has_made_shard(a->sv->state, was))
		net_shard_remove(a->net, table_shard(t, was));
	if (part->of == OF_BRIDGE && network_has_made(a->sv->state, was))
		(void)net_remove(a->net, part->name); /* logged */
}

static void strip_bridge(const struct away *a, uint32_t index, const struct net_bridge *is)
{
	const struct net_bridge *was = table_bridge(a->sv->table, index);

	if (!net_bridge_strip(a->net, was, is) && was->stp && !(is->asked & NET_ASKED_STP)) /* else logged */
		connect_reopen(a->sv, index, a->net);
}

static void strip_part(const struct away *a, const struct differ_part *part)
{
	uint32_t was = (uint32_t)part->was, is = (uint32_t)part->is;

	if (part->of == OF_BRIDGE && network_has_made(a->sv->state, was))
		strip_bridge(a, was, table_bridge(a->next, is));
	if (part->of == OF_LINK)
		uplinks_strip(a->sv, a->net, was, a->next, is);
}

static void put_away(void *context, const struct differ_part *part)
{
	if (part->fate & (FATE_GONE | FATE_ANEW))
		remove_part(context, part);
	else if (part->fate & (FATE_SET | FATE_UNSET))
		strip_part(context, part);
}

/* Noted before it goes: a crash in between costs at most that something is made sure of which is there. */
static void note_lost(struct supervisor *sv, const struct table *next)
{
	struct network_due *due = &sv->state->due;

	state_note_due(due, next, sv->table);
	memset(due->sysctls, 0, sizeof(due->sysctls)); /* nothing is written here that this table would not have */
	due->hostname = 0;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

void exchange_network_away(struct supervisor *sv, const struct table *next)
{
	struct net_session net;
	struct away a = { sv, next, &net };

	network_forget_names(sv->table, next);
	if (!differ_machine(sv->table, next, NULL, NULL) || net_open(&net)) /* why has been said */
		return;
	note_lost(sv, next);
	(void)differ_machine(sv->table, next, put_away, &a);
	net_close(&net);
}
