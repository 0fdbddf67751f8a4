/* Settings that take away what the table itself needs: minit would write the opposite, or nothing would come of it. */
#include <string.h>
#include <sys/socket.h>

#include "net/net.h"
#include "services/address.h"
#include "services/sysctls.h"

/* "ipv4" "conf" NAME KEY */
static bool is_of(const char *path, const char *lead, const char *name, const char *key)
{
	BUF_ON_STACK(wanted, 96);

	buf_fmt(&wanted, "%s/conf/%s/%s", lead, name, key);
	return !strcmp(path, buf_text(&wanted));
}

/* -- what nat, ports and allow need -------------------------------------------------------------------------------- */

static bool stops_ipv4(const struct compile *c, const char *path)
{
	return ways_wanted(c->bridge_specs, c->bridges.count, AF_INET) &&
	       (!strcmp(path, "ipv4/ip_forward") || is_of(path, "ipv4", "all", "forwarding"));
}

static bool stops_ipv6(const struct compile *c, const char *path)
{
	return ways_wanted(c->bridge_specs, c->bridges.count, AF_INET6) && is_of(path, "ipv6", "all", "forwarding");
}

static bool stops_bridge(const struct net_bridge *bridge, const char *path)
{
	return ways_wanted(bridge, 1, AF_INET) &&
	       (is_of(path, "ipv4", bridge->name, "forwarding") ||
		(bridge->flags & NET_PUBLISH && is_of(path, "ipv4", bridge->name, "route_localnet")));
}

static bool stops_some(const struct compile *c, const char *path)
{
	bool stops = stops_ipv4(c, path) || stops_ipv6(c, path);

	for (uint32_t i = 0; i < c->bridges.count && !stops; i++)
		stops = stops_bridge(&c->bridge_specs[i], path);
	return stops;
}

/* -- IPv6 that is all there is ------------------------------------------------------------------------------------- */

static bool is_ipv6_alone(const struct addr *list)
{
	return addr_has_family(list, NET_ADDRS, AF_INET6) && !addr_has_family(list, NET_ADDRS, AF_INET);
}

static bool disables(const char *path, const char *name)
{
	return is_of(path, "ipv6", "all", "disable_ipv6") || is_of(path, "ipv6", name, "disable_ipv6");
}

static bool takes_address(const struct compile *c, const char *path)
{
	for (uint32_t i = 0; i < c->bridges.count; i++)
		if (disables(path, c->bridge_specs[i].name) && is_ipv6_alone(c->bridge_specs[i].addr))
			return true;
	for (uint32_t i = 0; i < c->links.count; i++)
		if (disables(path, c->link_specs[i].name) && is_ipv6_alone(c->link_specs[i].addr) &&
		    !(c->link_specs[i].flags & NET_LINK_DHCP))
			return true;
	return false;
}

/* -- both ---------------------------------------------------------------------------------------------------------- */

#define NO_ADDRESS "takes away all addresses that there are, which are of IPv6; remove it, or give one of IPv4 too"

const char *contrary_own(const struct compile *c, const void *whose, const char *path, const char *value)
{
	bool is_off = !strcmp(value, "0");

	(void)whose;
	if (is_off && stops_some(c, path))
		return "stops nat, ports and allow of the table, which minit switches it on for; remove it, or these";
	return !is_off && takes_address(c, path) ? NO_ADDRESS : NULL;
}

const char *contrary_service(const struct compile *c, const void *whose, const char *path, const char *value)
{
	const struct net_attach *at = whose;

	(void)c;
	return strcmp(value, "0") != 0 && disables(path, net_eth(at)) && is_ipv6_alone(at->addr) ? NO_ADDRESS : NULL;
}
