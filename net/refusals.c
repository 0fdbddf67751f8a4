/*
 * Routes that lead nowhere, of links that minit has made. The kernel, which knows no link of theirs, would keep them;
 * by their protocol they are known as minit's (net_route_protocol).
 */
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "net/requests.h"

#define AT_ONCE 32   /* that are taken away between two looks */
#define METRIC6 1024 /* which a route of IPv6 has of the kernel */

/* 0 or -errno; nothing is logged. */
static int drop(struct net_session *s, const struct net_route *route, uint32_t metric)
{
	const struct netlink_request request = { .type = RTM_DELROUTE, .step = NET_ROUTE_TO, .addr = &route->to };
	const struct rtmsg rt = { .rtm_family = route->to.family, .rtm_dst_len = route->to.prefix,
				  .rtm_table = RT_TABLE_MAIN, .rtm_protocol = NET_PROTOCOL,
				  .rtm_scope = RT_SCOPE_NOWHERE, .rtm_type = route->type };
	struct netlink_answer a;
	struct netlink_batch b;
	char mem[160];

	netlink_start(&b, &s->host, mem, sizeof(mem));
	netlink_begin(&b, &request);
	netlink_raw(&b, &rt, sizeof(rt));
	if (route->to.prefix)
		netlink_put(&b, RTA_DST, route->to.bytes, addr_width(&route->to));
	if (metric)
		netlink_put_u32(&b, RTA_PRIORITY, metric);
	if (route->table)
		netlink_put_u32(&b, RTA_TABLE, route->table);
	return netlink_ask(&b, &a);
}

void refusal_drop(struct net_session *s, const struct net_route *route)
{
	uint32_t metric = route->metric || route->to.family == AF_INET ? route->metric : METRIC6;

	(void)!drop(s, route, metric); /* what fails is not there */
}

/* -- what a killed run has left ------------------------------------------------------------------------------------ */

static bool take(struct netlink_bytes body, struct net_route *ret)
{
	struct netlink_bytes attrs, to;
	struct rtmsg rt;

	if (body.len < sizeof(rt))
		return false;
	memcpy(&rt, body.data, sizeof(rt));
	attrs = netlink_behind(body, sizeof(rt));
	*ret = (struct net_route){ .to = { .family = rt.rtm_family, .prefix = rt.rtm_dst_len }, .type = rt.rtm_type,
				   .metric = netlink_u32(attrs, RTA_PRIORITY), .table = netlink_u32(attrs, RTA_TABLE) };
	if (rt.rtm_protocol != NET_PROTOCOL || rt.rtm_type == RTN_UNICAST || rt.rtm_flags & RTM_F_CLONED)
		return false;
	if (!rt.rtm_dst_len)
		return true;
	if (!netlink_find(attrs, RTA_DST, &to) || to.len != addr_width(&ret->to))
		return false;
	memcpy(ret->to.bytes, to.data, to.len);
	return true;
}

/* Those that are there, up to AT_ONCE of them. How many. */
static unsigned look(struct net_session *s, uint8_t family, struct net_route *list)
{
	const struct netlink_request request = { .type = RTM_GETROUTE, .flags = NLM_F_DUMP, .step = NET_ROUTE_TO };
	const struct rtmsg rt = { .rtm_family = family };
	struct netlink_answer a;
	struct netlink_batch b;
	unsigned n = 0;
	char mem[64];

	netlink_start(&b, &s->host, mem, sizeof(mem));
	netlink_begin(&b, &request);
	netlink_raw(&b, &rt, sizeof(rt));
	if (netlink_send(&b) < 0)
		return 0;
	netlink_await(&a);
	while (netlink_next(&b, &a) > 0 && !a.err)
		n += n < AT_ONCE && take(a.body, &list[n]);
	return n;
}

static void clear(struct net_session *s, uint8_t family)
{
	struct net_route list[AT_ONCE];
	unsigned n;
	int err = 0;

	do {
		n = look(s, family, list);
		for (unsigned i = 0; i < n && !err; i++)
			err = drop(s, &list[i], list[i].metric);
	} while (n == AT_ONCE && !err);
}

void net_refusals_clear(struct net_session *s)
{
	clear(s, AF_INET);
	clear(s, AF_INET6);
}
