#include "init/netplan.h"

#include <sched.h>
#include <string.h>

#include "init/boot.h"
#include "init/say.h"
#include "init/sysctls.h"
#include "lib/arena.h"
#include "services/connect.h"

#define PLAN_MOST ((size_t)1 << 30) /* bytes of address space: what is not written costs nothing */

/* -- minit's own network ----------------------------------------------------------------------------------------- */

static void put_head(struct buf *b, const char *const *paths, uint32_t count)
{
	buf_str(b, "# What minit does for the network of");
	for (uint32_t i = 0; i < count; i++) {
		buf_str(b, i ? ", " : " ");
		tell_comment(b, paths[i]);
	}
	buf_str(b, ", in this order. Nothing of it is done now.\n");
}

/* Those of a link, once it is there; NULL: of none. */
static void put_sysctls(struct buf *b, const struct table *t, const char *ifname)
{
	for (uint32_t i = 0; i < t->sysctls.count; i++)
		if (sysctl_is_for(t, table_sysctl_path(t, i), ifname))
			tell_sysctl(b, NULL, table_sysctl_path(t, i), table_sysctl_value(t, i));
}

static void put_links(struct buf *b, const struct table *t)
{
	const struct net_route *routes = table_list(t, t->link_routes, struct net_route);

	for (uint32_t i = 0; i < t->links.count; i++) {
		buf_fmt(b, "\n# network.link.%s\n", table_link(t, i)->name);
		tell_link(b, table_link(t, i), routes);
		put_sysctls(b, t, table_link(t, i)->name);
	}
}

static void put_shards(struct buf *b, const struct table *t)
{
	for (uint32_t i = 0; i < t->shards.count; i++) {
		const struct net_bridge *bridge = table_bridge(t, table_shard(t, i)->bridge);

		buf_fmt(b, "\n# %s, a shard of %s, which has more services than one bridge has ports\n",
			table_shard(t, i)->name, bridge->name);
		tell_shard(b, bridge, table_shard(t, i));
	}
}

static void put_near(struct buf *b, const struct table *t)
{
	if (!t->near.count)
		return;
	buf_str(b, "\n# members of bridges with many find each other without asking all\n");
	tell_rules(b, table_list(t, t->near, char), t->near.count, NULL, 0);
}

static void put_own(struct buf *b, const struct table *t)
{
	buf_str(b, "\n# minit's own network\n");
	for (uint32_t i = 0; i < t->names.count; i++)
		if (table_list(t, t->names, uint32_t)[i])
			buf_fmt(b, "# " BOOT_RUN_DIR "/hosts.%s/names is written\n", table_bridge(t, i)->name);
	tell_loopback(b);
	put_sysctls(b, t, NULL);
	for (uint32_t i = 0; i < t->iprules.count; i++)
		tell_iprule(b, &table_list(t, t->iprules, struct net_iprule)[i]);
	for (uint32_t i = 0; i < t->bridges.count; i++) {
		buf_fmt(b, "\n# network.bridge.%s\n", table_bridge(t, i)->name);
		tell_bridge(b, table_bridge(t, i));
		put_sysctls(b, t, table_bridge(t, i)->name);
	}
	put_shards(b, t);
	put_near(b, t);
	put_links(b, t);
}

/* -- the ruleset ------------------------------------------------------------------------------------------------- */

static void put_balanced(struct buf *b, const struct table *t)
{
	const struct net_group *groups = table_list(t, t->balanced, struct net_group);
	const struct net_member *all = table_list(t, t->members, struct net_member), *members[NET_MEMBERS];

	if (t->balanced.count)
		buf_str(b, "\n# ports of several services, when all of these are ready\n");
	for (uint32_t g = 0; g < t->balanced.count; g++) {
		for (uint32_t i = 0; i < groups[g].count; i++)
			members[i] = &all[groups[g].first + i];
		tell_group(b, table_list(t, t->ruleset, char), t->ruleset.count, g, &groups[g], members,
			   groups[g].count);
	}
}

static void put_rules(struct buf *b, const struct table *t)
{
	buf_str(b, "\n# nat, isolate, antispoof, ports and allow\n");
	tell_ways(b, table_list(t, t->bridges, struct net_bridge), t->bridges.count);
	tell_rules(b, table_list(t, t->ruleset, char), t->ruleset.count, table_list(t, t->balanced, struct net_group),
		   t->balanced.count);
	put_balanced(b, t);
}

/* -- services ---------------------------------------------------------------------------------------------------- */

static void put_service(struct buf *b, const struct table *t, const struct service_spec *spec)
{
	const struct net_bridge *bridge = table_bridge_of(t, &spec->attach);
	struct net_extra extra = connect_extra(t, spec);

	buf_fmt(b, "\n# service.%s\n", table_name(t, spec));
	tell_attach(b, table_name(t, spec), &spec->attach, bridge, &extra);
}

/* The ruleset is there before the first service that must not run without it. */
static void put_services(struct buf *b, const struct table *t)
{
	bool ruled = !t->ruleset.count;

	for (uint32_t i = 0; i < t->services.count; i++) {
		const struct service_spec *spec = table_service(t, i);

		if (table_network_of(t, i) != i)
			buf_fmt(b, "\n# service.%s: its network is that of service.%s\n", table_name(t, spec),
				table_name(t, table_service(t, table_network_of(t, i))));
		if (!(spec->namespaces & CLONE_NEWNET))
			continue;
		if (!ruled && spec->attach.flags & NET_RULED) {
			put_rules(b, t);
			ruled = true;
		}
		put_service(b, t, spec);
	}
}

static void put_ports_of(struct buf *b, const struct table *t, const struct service_spec *spec)
{
	struct net_extra extra = connect_extra(t, spec);

	tell_connect(b, &spec->attach);
	for (uint32_t i = 0; i < extra.also_count; i++)
		tell_connect(b, &extra.also[i]);
}

/* Behind all of them: each port that comes up makes the others hear of it. */
static void put_ports(struct buf *b, const struct table *t)
{
	bool any = false;

	for (uint32_t i = 0; i < t->services.count; i++) {
		if (table_service(t, i)->attach.bridge < 0)
			continue;
		buf_str(b, any ? "" : "\n# the ports of the bridges; a service starts when its own forwards\n");
		put_ports_of(b, t, table_service(t, i));
		any = true;
	}
}

void netplan_put(struct buf *b, const struct table *t, const char *const *paths, uint32_t count)
{
	put_head(b, paths, count);
	if (!table_has_network(t))
		buf_str(b, "# Its services use minit's own network, and it asks for nothing more.\n");
	put_own(b, t);
	put_services(b, t);
	put_ports(b, t);
}

int netplan_say(const struct table *t, const char *const *paths, uint32_t count)
{
	struct arena arena;
	struct buf b;
	int err = arena_open(&arena, PLAN_MOST);

	if (!err) {
		buf_init(&b, arena.base, arena.size);
		netplan_put(&b, t, paths, count);
		err = buf_check(&b);
	}
	if (err) {
		complain("net: the plan does not fit into memory: %s", strerror(-err));
		return 1;
	}
	say_bytes(b.data, b.len);
	say_flush();
	arena_close(&arena);
	return 0;
}
