#include <sys/socket.h>

#include "net/net.h"

static bool has_family(const struct net_bridge *bridge, uint8_t family)
{
	for (unsigned i = 0; i < NET_ADDRS && bridge->addr[i].family; i++)
		if (bridge->addr[i].family == family)
			return true;
	return false;
}

static bool wants(const struct net_bridge *bridges, uint32_t count, uint8_t family)
{
	for (uint32_t i = 0; i < count; i++)
		if (bridges[i].flags & (NET_NAT | NET_PUBLISH) && has_family(&bridges[i], family))
			return true;
	return false;
}

static void put_sysctl(struct buf *b, const char *name)
{
	buf_fmt(b, "sysctl -q -w %s\n", name);
}

static void put_bridge(struct buf *b, const struct net_bridge *bridge)
{
	if (!(bridge->flags & NET_PUBLISH))
		return;
	if (has_family(bridge, AF_INET))
		buf_fmt(b, "sysctl -q -w net.ipv4.conf.%s.route_localnet=1\n", bridge->name);
	if (has_family(bridge, AF_INET6))
		buf_fmt(b, "ip -6 route replace local ::1 dev %s proto static metric 2000 table local\n", bridge->name);
}

void tell_ways(struct buf *b, const struct net_bridge *bridges, uint32_t count)
{
	if (wants(bridges, count, AF_INET))
		put_sysctl(b, "net.ipv4.ip_forward=1");
	if (wants(bridges, count, AF_INET6))
		put_sysctl(b, "net.ipv6.conf.all.forwarding=1");
	for (uint32_t i = 0; i < count; i++)
		put_bridge(b, &bridges[i]);
}
