#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "net/requests.h"

/* The kernel gives an address none by itself, and programs ask for it (SIOCGIFBRDADDR). */
void addr_put_broadcast(struct netlink_batch *b, const struct addr *addr)
{
	uint8_t bytes[4];

	for (unsigned i = 0; i < sizeof(bytes); i++) {
		unsigned net = MIN(MAX(addr->prefix, 8 * i) - 8 * i, 8u);
		bytes[i] = (uint8_t)(addr->bytes[i] | (0xff >> net));
	}
	netlink_put(b, IFA_BROADCAST, bytes, sizeof(bytes));
}

/* The kernel wants all of one subnet to be of one scope, and gives 127.0.0.1 that of the machine. */
static uint8_t addr_scope(const struct addr *addr)
{
	return addr->family == AF_INET && addr->bytes[0] == 127 ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE;
}

/* Without NODAD an IPv6 address could not be used for a second or two. if_there: NLM_F_REPLACE or NLM_F_EXCL. */
static void addr_add(struct netlink_batch *b, const struct addr *addr, uint32_t index, bool given, uint16_t if_there)
{
	struct netlink_request request = { .type = RTM_NEWADDR, .flags = NLM_F_CREATE | if_there,
					   .step = NET_ADDRESS, .given = given, .addr = addr };
	struct ifaddrmsg ifa = { .ifa_family = addr->family, .ifa_prefixlen = addr->prefix,
				 .ifa_scope = addr_scope(addr), .ifa_index = index };

	netlink_begin(b, &request);
	netlink_raw(b, &ifa, sizeof(ifa));
	netlink_put(b, IFA_LOCAL, addr->bytes, addr_width(addr));
	netlink_put(b, IFA_ADDRESS, addr->bytes, addr_width(addr));
	if (addr->family == AF_INET6)
		netlink_put_u32(b, IFA_FLAGS, IFA_F_NODAD);
	else if (addr->prefix < 31)
		addr_put_broadcast(b, addr);
}

static bool is_ipv6_only(const struct addr *list)
{
	for (size_t i = 0; i < NET_ADDRS && list[i].family; i++)
		if (list[i].family != AF_INET6)
			return false;
	return true;
}

void addrs_add(struct netlink_batch *b, const struct addr *list, uint32_t index)
{
	bool given = is_ipv6_only(list);

	for (size_t i = 0; i < NET_ADDRS && list[i].family; i++)
		addr_add(b, &list[i], index, given, NLM_F_REPLACE); /* a bridge may have it already */
}

void addrs_add_ipv4(struct netlink_batch *b, const struct addr *list, uint32_t index)
{
	for (size_t i = 0; i < NET_ADDRS && list[i].family; i++)
		if (list[i].family == AF_INET)
			addr_add(b, &list[i], index, true, NLM_F_REPLACE);
}

void addr_add_own(struct netlink_batch *b, const struct addr *addr, uint32_t index)
{
	addr_add(b, addr, index, false, NLM_F_REPLACE);
}

void addr_add_missing(struct netlink_batch *b, const struct addr *list, unsigned which, uint32_t index)
{
	addr_add(b, &list[which], index, is_ipv6_only(list), NLM_F_EXCL);
}

void addr_remove(struct netlink_batch *b, const struct addr *addr, uint32_t index)
{
	struct netlink_request request = { .type = RTM_DELADDR, .step = NET_ADDRESS, .addr = addr };
	struct ifaddrmsg ifa = { .ifa_family = addr->family, .ifa_prefixlen = addr->prefix, .ifa_index = index };

	netlink_begin(b, &request);
	netlink_raw(b, &ifa, sizeof(ifa));
	netlink_put(b, IFA_LOCAL, addr->bytes, addr_width(addr));
	netlink_put(b, IFA_ADDRESS, addr->bytes, addr_width(addr));
}

void route_add(struct netlink_batch *b, const struct addr *gateway, bool onlink, uint32_t index)
{
	struct netlink_request request = { .type = RTM_NEWROUTE, .flags = NLM_F_CREATE | NLM_F_EXCL,
					   .step = NET_ROUTE, .addr = gateway };
	struct rtmsg rt = { .rtm_family = gateway->family, .rtm_table = RT_TABLE_MAIN,
			    .rtm_protocol = RTPROT_STATIC, .rtm_scope = RT_SCOPE_UNIVERSE,
			    .rtm_type = RTN_UNICAST, .rtm_flags = onlink ? RTNH_F_ONLINK : 0 };

	netlink_begin(b, &request);
	netlink_raw(b, &rt, sizeof(rt));
	netlink_put(b, RTA_GATEWAY, gateway->bytes, addr_width(gateway));
	netlink_put_u32(b, RTA_OIF, index);
}

/* What lies on the link itself; IPv6 has no scopes of routes. */
static uint8_t scope_of(const struct net_route *route)
{
	bool far = route->via.family || route->type != RTN_UNICAST || route->to.family == AF_INET6;

	return far ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
}

bool route_is_on_ipv6(const struct net_route *route)
{
	return route->to.family == AF_INET6 && route->type == RTN_UNICAST;
}

struct net_route route_of_gateway(const struct net_link *link, const struct addr *via)
{
	return (struct net_route){ .to.family = via->family, .via = *via, .metric = link->metric,
				   .type = RTN_UNICAST, .onlink = addr_is_beyond(link->addr, NET_ADDRS, via) };
}

static void put_route(struct netlink_batch *b, const struct netlink_request *request, const struct rtmsg *rt,
		      const struct net_route *route, uint32_t index)
{
	const struct addr *via = &route->via, *to = &route->to;

	netlink_begin(b, request);
	netlink_raw(b, rt, sizeof(*rt));
	if (to->prefix)
		netlink_put(b, RTA_DST, to->bytes, addr_width(to));
	if (via->family)
		netlink_put(b, RTA_GATEWAY, via->bytes, addr_width(via));
	if (route->type == RTN_UNICAST)
		netlink_put_u32(b, RTA_OIF, index);
	if (route->metric)
		netlink_put_u32(b, RTA_PRIORITY, route->metric);
	if (route->table)
		netlink_put_u32(b, RTA_TABLE, route->table);
}

void route_put(struct netlink_batch *b, const struct net_route *route, uint32_t index, uint8_t protocol)
{
	const struct addr *via = &route->via, *to = &route->to;
	bool is_default = via->family && !to->prefix;
	struct netlink_request request = { .type = RTM_NEWROUTE, .flags = NLM_F_CREATE | NLM_F_REPLACE,
					   .step = is_default ? NET_ROUTE : NET_ROUTE_TO,
					   .addr = is_default ? via : to };
	struct rtmsg rt = { .rtm_family = to->family, .rtm_dst_len = to->prefix, .rtm_table = RT_TABLE_MAIN,
			    .rtm_protocol = protocol, .rtm_scope = scope_of(route), .rtm_type = route->type,
			    .rtm_flags = route->onlink ? RTNH_F_ONLINK : 0 };

	put_route(b, &request, &rt, route, index);
}

int route_drop(struct net_session *s, const struct net_route *route, uint32_t index, uint8_t protocol)
{
	const struct netlink_request request = { .type = RTM_DELROUTE, .step = NET_ROUTE_TO, .addr = &route->to };
	const struct rtmsg rt = { .rtm_family = route->to.family, .rtm_dst_len = route->to.prefix,
				  .rtm_table = RT_TABLE_MAIN, .rtm_protocol = protocol,
				  .rtm_scope = RT_SCOPE_NOWHERE, .rtm_type = route->type };
	struct netlink_answer a;
	struct netlink_batch b;
	char mem[160];

	netlink_start(&b, &s->host, mem, sizeof(mem));
	put_route(&b, &request, &rt, route, index);
	return netlink_ask(&b, &a);
}

void neighbour_add(struct netlink_batch *b, const struct addr *addr, uint32_t index, const uint8_t *mac)
{
	struct netlink_request request = { .type = RTM_NEWNEIGH, .flags = NLM_F_CREATE | NLM_F_REPLACE,
					   .step = NET_NEIGHBOUR, .addr = addr };
	struct ndmsg nd = { .ndm_family = addr->family, .ndm_ifindex = (int)index, .ndm_state = NUD_PERMANENT };

	netlink_begin(b, &request);
	netlink_raw(b, &nd, sizeof(nd));
	netlink_put(b, NDA_DST, addr->bytes, addr_width(addr));
	netlink_put(b, NDA_LLADDR, mac, NET_MAC);
}

int neighbour_drop(struct net_session *s, const struct addr *addr, uint32_t index)
{
	struct netlink_request request = { .type = RTM_DELNEIGH, .step = NET_NEIGHBOUR, .addr = addr };
	struct ndmsg nd = { .ndm_family = addr->family, .ndm_ifindex = (int)index };
	struct netlink_answer a;
	struct netlink_batch b;
	char mem[128];

	netlink_start(&b, &s->host, mem, sizeof(mem));
	netlink_begin(&b, &request);
	netlink_raw(&b, &nd, sizeof(nd));
	netlink_put(&b, NDA_DST, addr->bytes, addr_width(addr));
	return netlink_ask(&b, &a);
}

void place_add(struct netlink_batch *b, const char *ifname, uint32_t port, const uint8_t *mac)
{
	struct netlink_request request = { .type = RTM_NEWNEIGH, .flags = NLM_F_CREATE | NLM_F_REPLACE,
					   .step = NET_PLACE, .name = ifname };
	struct ndmsg nd = { .ndm_family = AF_BRIDGE, .ndm_ifindex = (int)port, .ndm_state = NUD_NOARP,
			    .ndm_flags = NTF_MASTER };

	netlink_begin(b, &request);
	netlink_raw(b, &nd, sizeof(nd));
	netlink_put(b, NDA_LLADDR, mac, NET_MAC);
}
