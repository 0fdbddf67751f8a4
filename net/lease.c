#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "lib/addr.h"
#include "net/requests.h"

/*
 * The kernel's clock ends the address even if nobody is left to do so. With IPv6 it makes a route for the prefix of
 * each address, which with one address alone leads nowhere.
 */
static void put_addr(struct netlink_batch *b, const struct net_lease *lease, uint32_t index)
{
	struct netlink_request request = { .type = RTM_NEWADDR, .flags = NLM_F_CREATE | NLM_F_REPLACE,
					   .step = NET_ADDRESS, .given = true, .addr = &lease->addr };
	struct ifaddrmsg ifa = { .ifa_family = lease->addr.family, .ifa_prefixlen = lease->addr.prefix,
				 .ifa_index = index };
	struct ifa_cacheinfo until = { .ifa_prefered = lease->preferred, .ifa_valid = lease->seconds };

	netlink_begin(b, &request);
	netlink_raw(b, &ifa, sizeof(ifa));
	netlink_put(b, IFA_LOCAL, lease->addr.bytes, addr_width(&lease->addr));
	netlink_put(b, IFA_ADDRESS, lease->addr.bytes, addr_width(&lease->addr));
	if (lease->addr.family == AF_INET6)
		netlink_put_u32(b, IFA_FLAGS, IFA_F_NOPREFIXROUTE);
	else if (lease->addr.prefix < 31)
		addr_put_broadcast(b, &lease->addr);
	netlink_put(b, IFA_CACHEINFO, &until, sizeof(until));
}

/* A router that is in no subnet, as of a lease of one address alone, is taken to be on the link. */
static void put_route(struct netlink_batch *b, const struct netlink_request *request, const struct net_lease *lease,
		      uint32_t index)
{
	struct rtmsg rt = { .rtm_family = AF_INET, .rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_DHCP,
			    .rtm_scope = RT_SCOPE_UNIVERSE, .rtm_type = RTN_UNICAST };

	if (!addr_in(&lease->router, &lease->addr))
		rt.rtm_flags = RTNH_F_ONLINK;
	netlink_begin(b, request);
	netlink_raw(b, &rt, sizeof(rt));
	netlink_put(b, RTA_GATEWAY, lease->router.bytes, 4);
	netlink_put_u32(b, RTA_OIF, index);
	if (lease->metric)
		netlink_put_u32(b, RTA_PRIORITY, lease->metric);
}

int net_lease_put(struct net_session *s, const char *ifname, const struct net_lease *lease)
{
	struct netlink_request route = { .type = RTM_NEWROUTE, .flags = NLM_F_CREATE | NLM_F_REPLACE, .step = NET_ROUTE,
					 .given = true, .addr = &lease->router };
	struct link_info info;
	struct netlink_batch b;
	char mem[512];
	int err = link_find(&s->host, ifname, &info);

	if (err < 0)
		return link_find_failed(ifname, ifname, err);
	netlink_start(&b, &s->host, mem, sizeof(mem));
	put_addr(&b, lease, info.index);
	if (lease->router.family)
		put_route(&b, &route, lease, info.index);
	return net_run(s, ifname, &b);
}

static void send_quietly(struct netlink_batch *b)
{
	struct netlink_answer a;

	netlink_await(&a);
	if (!netlink_send(b))
		while (netlink_next(b, &a) > 0)
			;
}

void net_lease_drop(struct net_session *s, const char *ifname, const struct net_lease *lease)
{
	struct netlink_request route = { .type = RTM_DELROUTE, .step = NET_ROUTE };
	struct netlink_request addr = { .type = RTM_DELADDR, .step = NET_ADDRESS };
	struct ifaddrmsg ifa = { .ifa_family = lease->addr.family, .ifa_prefixlen = lease->addr.prefix };
	struct link_info info;
	struct netlink_batch b;
	char mem[512];

	if (link_find(&s->host, ifname, &info) < 0)
		return;
	ifa.ifa_index = info.index;
	netlink_start(&b, &s->host, mem, sizeof(mem));
	if (lease->router.family)
		put_route(&b, &route, lease, info.index);
	netlink_begin(&b, &addr);
	netlink_raw(&b, &ifa, sizeof(ifa));
	netlink_put(&b, IFA_LOCAL, lease->addr.bytes, addr_width(&lease->addr));
	send_quietly(&b);
}
