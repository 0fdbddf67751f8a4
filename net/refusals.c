/*
 * Routes that lead nowhere, of links that minit has made. The kernel, which knows no link of theirs, would keep them;
 * by their protocol they are known as minit's (net_route_protocol).
 */
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "net/requests.h"

#define AT_ONCE 32 /* that are taken away between two looks */

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
			err = route_drop(s, &list[i], 0, NET_PROTOCOL);
	} while (n == AT_ONCE && !err);
}

void net_refusals_clear(struct net_session *s)
{
	clear(s, AF_INET);
	clear(s, AF_INET6);
}
