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

struct found {
	struct net_route list[AT_ONCE];
	unsigned n;
};

static void note(void *context, struct netlink_bytes body)
{
	struct found *f = context;

	f->n += f->n < AT_ONCE && take(body, &f->list[f->n]);
}

static void clear(struct net_session *s, uint8_t family)
{
	struct found f;
	int err;

	do {
		f.n = 0;
		err = netlink_list(&s->host, RTM_GETROUTE, family, sizeof(struct rtmsg), note, &f);
		for (unsigned i = 0; i < f.n && !err; i++)
			err = route_drop(s, &f.list[i], 0, NET_PROTOCOL);
	} while (f.n == AT_ONCE && !err);
}

void net_refusals_clear(struct net_session *s)
{
	clear(s, AF_INET);
	clear(s, AF_INET6);
}
