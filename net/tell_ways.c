#include <sys/socket.h>

#include "net/net.h"

static void put_sysctl(struct buf *b, const char *name)
{
	buf_fmt(b, "sysctl -q -w %s\n", name);
}

static void put_bridge(struct buf *b, const struct net_bridge *bridge, uint32_t number)
{
	if (!(bridge->flags & NET_PUBLISH))
		return;
	if (bridge_has_family(bridge, AF_INET))
		buf_fmt(b, "sysctl -q -w net.ipv4.conf.%s.route_localnet=1\n", bridge->name);
	if (bridge_has_family(bridge, AF_INET6))
		buf_fmt(b, "ip -6 route replace local ::1 dev %s proto static metric %u table local\n", bridge->name,
			NET_LOCAL_METRIC + number);
}

void tell_ways(struct buf *b, const struct net_bridge *bridges, uint32_t count)
{
	if (ways_wanted(bridges, count, AF_INET))
		put_sysctl(b, "net.ipv4.ip_forward=1");
	if (ways_wanted(bridges, count, AF_INET6))
		put_sysctl(b, "net.ipv6.conf.all.forwarding=1");
	for (uint32_t i = 0; i < count; i++)
		put_bridge(b, &bridges[i], i);
}
