/* What a link or bridge has by one table and not by the next is taken from it. */
#include <errno.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "net/requests.h"

#define METRIC6 1024 /* which a route of IPv6 has of the kernel */

/* -- addresses ----------------------------------------------------------------------------------------------------- */

bool addrs_have(const struct addr *list, const struct addr *addr)
{
	for (unsigned i = 0; i < NET_ADDRS && list[i].family; i++)
		if (addr_equal(&list[i], addr) && list[i].prefix == addr->prefix)
			return true;
	return false;
}

/* ENXIO: the link has no IPv6 (of an mtu below 1280); the others: the kernel has none. */
static bool is_not_there(int err)
{
	return err == -EADDRNOTAVAIL || err == -ENXIO || err == -EOPNOTSUPP || err == -EAFNOSUPPORT;
}

int addr_strip(struct net_session *s, const char *object, const struct addr *addr, uint32_t index)
{
	struct netlink_answer a;
	struct netlink_batch b;
	char mem[128];
	int err;

	netlink_start(&b, &s->host, mem, sizeof(mem));
	addr_remove(&b, addr, index);
	err = netlink_ask(&b, &a);
	return !err || is_not_there(err) ? 0 : net_failed(object, &b.request[0], -err, a.words);
}

int addrs_strip(struct net_session *s, const char *object, const struct addr *was, const struct addr *is,
		uint32_t index)
{
	int err = 0;

	for (unsigned i = 0; i < NET_ADDRS && was[i].family && !err; i++)
		if (!addrs_have(is, &was[i]))
			err = addr_strip(s, object, &was[i], index);
	return err;
}

/* -- routes -------------------------------------------------------------------------------------------------------- */

/* What fails is not there. */
void route_forget(struct net_session *s, const struct net_link *link, const struct net_route *route, uint32_t index)
{
	struct net_route known = *route;

	if (!known.metric && known.to.family == AF_INET6)
		known.metric = METRIC6;
	(void)!route_drop(s, &known, index, net_route_protocol(link, route));
}

static bool has_route(const struct net_links *all, const struct net_link *link, const struct net_route *route)
{
	for (uint32_t i = 0; i < link->routes; i++)
		if (!memcmp(&all->routes[link->first + i], route, sizeof(*route)))
			return true;
	return false;
}

static bool has_gateway(const struct net_link *link, const struct net_route *route)
{
	const struct addr *via = &link->gateway[route->via.family == AF_INET6];

	return via->family && addr_equal(via, &route->via) && link->metric == route->metric;
}

static void drop_routes(struct net_session *s, const struct net_link_pair *pair, uint32_t index)
{
	const struct net_link *was = &pair->was->list[pair->from], *is = &pair->is->list[pair->to];

	for (size_t i = 0; i < ARRAY_LEN(was->gateway); i++) {
		const struct net_route route = route_of_gateway(was, &was->gateway[i]);

		if (route.via.family && !has_gateway(is, &route))
			route_forget(s, was, &route, index);
	}
	for (uint32_t i = 0; i < was->routes; i++) {
		const struct net_route *route = &pair->was->routes[was->first + i];

		if (!has_route(pair->is, is, route))
			route_forget(s, was, route, index);
	}
}

/* -- a link -------------------------------------------------------------------------------------------------------- */

/* Of another master, or none; and down, if it is not to be up. */
static int release(struct net_session *s, const struct net_link *was, const struct net_link *is)
{
	struct netlink_request set = { .type = RTM_NEWLINK, .step = NET_LINK_SET, .name = was->name };
	struct netlink_request down = { .type = RTM_NEWLINK, .step = NET_LINK_SET_DOWN, .name = was->name };
	const struct ifinfomsg ifi = { .ifi_change = IFF_UP };
	bool leaves = was->master[0] && strcmp(was->master, is->master) != 0;
	bool sinks = is->flags & ~was->flags & NET_LINK_DOWN;
	struct netlink_batch b;
	char mem[256];

	if (!leaves && !sinks)
		return 0;
	netlink_start(&b, &s->host, mem, sizeof(mem));
	if (leaves) {
		link_begin(&b, &set, false);
		netlink_put_u32(&b, IFLA_MASTER, 0);
	}
	if (sinks) {
		netlink_begin(&b, &down);
		netlink_raw(&b, &ifi, sizeof(ifi));
		netlink_put_text(&b, IFLA_IFNAME, was->name);
	}
	return net_run(s, was->name, &b);
}

int net_link_strip(struct net_session *s, const struct net_link_pair *pair)
{
	const struct net_link *was = &pair->was->list[pair->from], *is = &pair->is->list[pair->to];
	struct link_info info;
	int err = link_find(&s->host, was->name, &info);

	if (err < 0)
		return err == -ENODEV ? 0 : link_find_failed(was->name, was->name, err);
	drop_routes(s, pair, info.index);
	err = addrs_strip(s, was->name, was->addr, is->addr, info.index);
	return err ? err : release(s, was, is);
}
