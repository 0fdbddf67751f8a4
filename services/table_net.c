/* What is checked of an image: published ports and the ruleset that is made of them. */
#include "services/fields.h"
#include "services/table.h"

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

static bool is_ruleset(const struct table *t, struct list list)
{
	return table_has_list(t, list, 1, sizeof(uint32_t)) &&
	       (!list.count || ruleset_verify(table_list(t, list, char), list.count));
}

bool table_verify_network(const struct table *t)
{
	return is_ports(t) && is_members(t) && is_balanced(t) && is_ruleset(t, t->ruleset) &&
	       is_ruleset(t, t->ruleset4);
}
