/* What is checked of an image: networks, published ports and the ruleset that is made of them. */
#include <linux/rtnetlink.h>
#include <string.h>

#include "net/net.h"
#include "services/fields.h"
#include "services/table.h"

bool table_has_routes(const struct table *t, struct list list)
{
	const struct net_route *routes = table_list(t, list, struct net_route);

	if (!table_has_list(t, list, sizeof(*routes), _Alignof(struct net_route)))
		return false;
	for (uint32_t i = 0; i < list.count; i++)
		if (!routes[i].to.family || routes[i].type > RTN_PROHIBIT || !table_addrs(&routes[i].to, 1) ||
		    !table_addrs(&routes[i].via, 1))
			return false;
	return true;
}

bool table_has_eths(const struct table *t, const struct network_spec *network)
{
	const struct net_route *routes = table_list(t, network->routes, struct net_route);
	const struct net_neighbour *near = table_list(t, network->peers, struct net_neighbour);

	for (uint32_t i = 0; i < network->routes.count; i++)
		if (routes[i].eth > network->also.count)
			return false;
	for (uint32_t i = 0; i < network->peers.count; i++)
		if (near[i].eth > network->also.count)
			return false;
	return true;
}

bool table_has_neighbours(const struct table *t, struct list list)
{
	const struct net_neighbour *near = table_list(t, list, struct net_neighbour);

	if (!table_has_list(t, list, sizeof(*near), _Alignof(struct net_neighbour)))
		return false;
	for (uint32_t i = 0; i < list.count; i++)
		if (!near[i].addr.family || !table_addrs(&near[i].addr, 1))
			return false;
	return true;
}

/* Files below /proc/sys/net and no others. */
bool table_has_sysctls(const struct table *t, struct list list)
{
	static const char net[] = "/proc/sys/net/";
	const struct net_sysctl *sysctls = table_list(t, list, struct net_sysctl);

	if (list.count > TABLE_SYSCTLS_MAX ||
	    !table_has_list(t, list, sizeof(*sysctls), _Alignof(struct net_sysctl)))
		return false;
	for (uint32_t i = 0; i < list.count; i++)
		if (!sysctls[i].path_at || !table_has_text(t, sysctls[i].path_at) || !sysctls[i].value_at ||
		    !table_has_text(t, sysctls[i].value_at) ||
		    strncmp(table_text(t, sysctls[i].path_at), net, sizeof(net) - 1) != 0 ||
		    strstr(table_text(t, sysctls[i].path_at), ".."))
			return false;
	return true;
}

/* Its list is looked at before: table_verify. */
bool table_has_shard(const struct table *t, const struct net_attach *a)
{
	return !a->shard || (a->shard <= t->shards.count && a->bridge >= 0 &&
			     table_shard(t, a->shard - 1u)->bridge == (uint32_t)a->bridge);
}

static bool is_shards(const struct table *t)
{
	if (t->shards.count > NET_SHARDS ||
	    !table_has_list(t, t->shards, sizeof(struct net_shard), _Alignof(struct net_shard)))
		return false;
	for (uint32_t i = 0; i < t->shards.count; i++) {
		const struct net_shard *s = table_shard(t, i);

		if (s->bridge >= t->bridges.count || !memchr(s->name, 0, NET_IFNAME) || !memchr(s->up, 0, NET_IFNAME) ||
		    !memchr(s->down, 0, NET_IFNAME))
			return false;
	}
	return true;
}

/* Each on a bridge, and eth1 the first. */
bool table_has_networks(const struct table *t, struct list list)
{
	const struct net_attach *all = table_list(t, list, struct net_attach);

	if (!table_has_list(t, list, sizeof(*all), _Alignof(struct net_attach)) || list.count >= NET_ETHS)
		return false;
	for (uint32_t i = 0; i < list.count; i++)
		if (all[i].bridge < 0 || (uint32_t)all[i].bridge >= t->bridges.count || all[i].number != i + 1 ||
		    !memchr(all[i].peer, 0, sizeof(all[i].peer)) || !table_addrs(all[i].addr, ARRAY_LEN(all[i].addr)) ||
		    !table_addrs(all[i].gateway, ARRAY_LEN(all[i].gateway)) || !table_has_shard(t, &all[i]))
			return false;
	return true;
}

static bool is_ports(const struct table *t)
{
	const struct net_port *ports = table_list(t, t->ports, struct net_port);

	if (!table_has_list(t, t->ports, sizeof(*ports), _Alignof(struct net_port)))
		return false;
	for (uint32_t i = 0; i < t->ports.count; i++)
		if (ports[i].service >= t->services.count || ports[i].balance > BALANCE_SOURCE ||
		    ports[i].low > ports[i].last || !table_addrs(&ports[i].host, 1) || !table_addrs(&ports[i].to, 1))
			return false;
	return true;
}

static bool is_members(const struct table *t)
{
	const struct net_member *members = table_list(t, t->members, struct net_member);

	if (!table_has_list(t, t->members, sizeof(*members), _Alignof(struct net_member)))
		return false;
	for (uint32_t i = 0; i < t->members.count; i++)
		if (members[i].service >= t->services.count || !table_addrs(&members[i].to, 1))
			return false;
	return true;
}

static bool is_balanced(const struct table *t)
{
	const struct net_group *groups = table_list(t, t->balanced, struct net_group);

	if (!table_has_list(t, t->balanced, sizeof(*groups), _Alignof(struct net_group)) ||
	    t->balanced.count > NET_GROUPS)
		return false;
	for (uint32_t i = 0; i < t->balanced.count; i++)
		if (groups[i].count > NET_MEMBERS || groups[i].first > t->members.count ||
		    groups[i].count > t->members.count - groups[i].first || !table_addrs(&groups[i].host, 1))
			return false;
	return true;
}

static bool is_allow(const struct table *t)
{
	const struct net_allow *allow = table_list(t, t->allow, struct net_allow);

	if (!table_has_list(t, t->allow, sizeof(*allow), _Alignof(struct net_allow)))
		return false;
	for (uint32_t i = 0; i < t->allow.count; i++)
		if (allow[i].from >= t->services.count || allow[i].to >= t->services.count ||
		    allow[i].low > allow[i].last)
			return false;
	return true;
}

static bool is_ruleset(const struct table *t, struct list list)
{
	return table_has_list(t, list, 1, sizeof(uint32_t)) &&
	       (!list.count || ruleset_verify(table_list(t, list, char), list.count));
}

static bool is_names(const struct table *t)
{
	if (t->names.count != t->bridges.count || !table_has_list(t, t->names, sizeof(uint32_t), _Alignof(uint32_t)))
		return !t->names.count;
	for (uint32_t i = 0; i < t->names.count; i++)
		if (!table_has_text(t, table_list(t, t->names, uint32_t)[i]))
			return false;
	return true;
}

static bool is_link(const struct table *t, const struct net_link *l)
{
	return l->name[0] && memchr(l->name, 0, sizeof(l->name)) && memchr(l->match, 0, sizeof(l->match)) &&
	       memchr(l->parent, 0, sizeof(l->parent)) && memchr(l->master, 0, sizeof(l->master)) &&
	       l->kind < NET_KINDS && table_addrs(l->addr, ARRAY_LEN(l->addr)) &&
	       table_addrs(l->gateway, ARRAY_LEN(l->gateway)) && table_addrs(&l->local, 1) &&
	       table_addrs(&l->remote, 1) &&
	       l->first <= t->link_routes.count && l->routes <= t->link_routes.count - l->first;
}

static bool is_links(const struct table *t)
{
	if (t->links.count > TABLE_LINKS_MAX ||
	    !table_has_list(t, t->links, sizeof(struct net_link), _Alignof(struct net_link)) ||
	    !table_has_routes(t, t->link_routes))
		return false;
	for (uint32_t i = 0; i < t->links.count; i++)
		if (!is_link(t, table_link(t, i)))
			return false;
	return true;
}

static bool is_iprules(const struct table *t)
{
	const struct net_iprule *rules = table_list(t, t->iprules, struct net_iprule);

	if (!table_has_list(t, t->iprules, sizeof(*rules), _Alignof(struct net_iprule)))
		return false;
	for (uint32_t i = 0; i < t->iprules.count; i++)
		if (!table_addrs(&rules[i].from, 1) || !table_addrs(&rules[i].to, 1) ||
		    !memchr(rules[i].iif, 0, NET_IFNAME) || !memchr(rules[i].oif, 0, NET_IFNAME))
			return false;
	return true;
}

bool table_verify_network(const struct table *t)
{
	return is_shards(t) && is_links(t) && table_has_sysctls(t, t->sysctls) && is_iprules(t) && is_names(t) &&
	       is_ports(t) && is_members(t) && is_balanced(t) && is_allow(t) &&
	       is_ruleset(t, t->ruleset) && is_ruleset(t, t->ruleset4) && is_ruleset(t, t->near);
}
