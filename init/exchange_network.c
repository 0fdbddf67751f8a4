#include "init/exchange_network.h"

#include "init/boot.h"
#include "init/network.h"
#include "init/sysctls.h"
#include "init/uplinks.h"
#include "net/net.h"
#include "services/differ.h"

struct away {
	struct supervisor *sv;
	const struct table *next;
	struct net_session *net; /* NULL: there is none */
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

/* Whether one is new of whose settings it is: those are written once it is there. */
static bool is_of_new(const struct away *a, const char *path)
{
	const struct table *is = a->next, *was = a->sv->table;
	const char *name;

	for (uint32_t i = 0; i < is->bridges.count; i++) {
		name = table_bridge(is, i)->name;
		if (sysctl_is_for(is, path, name))
			return table_find_link(was, was->bridges, sizeof(struct net_bridge), name, i) < 0;
	}
	for (uint32_t i = 0; i < is->links.count; i++) {
		name = table_link(is, i)->name;
		if (sysctl_is_for(is, path, name))
			return table_find_link(was, was->links, sizeof(struct net_link), name, i) < 0;
	}
	return false;
}

static void set_part(const struct away *a, const struct differ_part *part)
{
	const struct table *t = a->next;
	uint32_t was = (uint32_t)part->was, is = (uint32_t)part->is;

	if (part->of == OF_BRIDGE && a->net && network_has_made(a->sv->state, was))
		(void)!net_bridge_strip(a->net, table_bridge(a->sv->table, was), table_bridge(t, is)); /* logged */
	if (part->of == OF_HOSTNAME)
		boot_hostname(a->sv->state->mode, table_text(t, t->hostname_at));
	if (part->of == OF_SYSCTL && !is_of_new(a, part->name))
		(void)!net_sysctl("network", part->name, table_sysctl_value(t, is));
}

static void put_away(void *context, const struct differ_part *part)
{
	const struct away *a = context;

	if (part->fate == FATE_GONE && a->net)
		remove_part(context, part);
	else if (part->fate == FATE_SET)
		set_part(context, part);
}

void exchange_network_away(struct supervisor *sv, const struct table *next)
{
	struct net_session net;
	struct away a = { sv, next, &net };

	network_forget_names(sv->table, next);
	if (!differ_machine(sv->table, next, NULL, NULL))
		return;
	if (net_open(&net))
		a.net = NULL; /* why has been said */
	(void)differ_machine(sv->table, next, put_away, &a);
	if (a.net)
		net_close(a.net);
}
