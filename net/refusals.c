/*
 * Routes that lead nowhere, of links that minit has made. The kernel, which knows no link of theirs, would keep them;
 * by their protocol they are known as minit's (net_route_protocol).
 */
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "net/requests.h"

static bool take(struct netlink_bytes body, void *ret_one)
{
	struct net_route *ret = ret_one;
	struct netlink_bytes attrs, to;
	struct rtmsg rt;

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

static int drop(struct net_session *s, const void *one, uint8_t family)
{
	(void)family;
	return route_drop(s, one, 0, NET_PROTOCOL);
}

void net_refusals_clear(struct net_session *s)
{
	static const struct sweep ours = { RTM_GETROUTE, sizeof(struct rtmsg), sizeof(struct net_route), take, drop };

	sweep(s, &ours);
}
