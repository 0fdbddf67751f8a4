#include <linux/gen_stats.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>

#include "net/requests.h"

/* BR_STATE_FORWARDING and _DISABLED of linux/if_bridge.h, which does not go together with netinet/in.h */
#define FORWARDS 3
#define DISABLED 0

struct reader {
	struct netlink *nl;
	struct arena *mem;
	struct net_found *f;
};

/* All that the kernel lists of one kind. What it does not know (traffic control may be left out) lists nothing. */
static int list(struct reader *r, uint16_t type, size_t header, netlink_each_fn *take)
{
	int err = netlink_list(r->nl, type, AF_UNSPEC, header, take, r);

	return err == -EOPNOTSUPP || err == -EINVAL ? 0 : err;
}

/* -- links ------------------------------------------------------------------------------------------------------- */

static struct net_counts counts_of(struct netlink_bytes attrs)
{
	struct rtnl_link_stats64 s = { 0 };
	struct netlink_bytes got;

	if (netlink_find(attrs, IFLA_STATS64, &got))
		memcpy(&s, got.data, MIN(got.len, sizeof(s)));
	return (struct net_counts){
		.in_bytes = s.rx_bytes, .in_packets = s.rx_packets, .in_dropped = s.rx_dropped,
		.out_bytes = s.tx_bytes, .out_packets = s.tx_packets, .out_dropped = s.tx_dropped,
	};
}

static bool is_port(struct netlink_bytes attrs)
{
	struct netlink_bytes info, kind;

	return netlink_find(attrs, IFLA_LINKINFO, &info) && netlink_find(info, IFLA_INFO_SLAVE_KIND, &kind) &&
	       kind.len == sizeof("bridge") && !memcmp(kind.data, "bridge", kind.len);
}

static void take_link(void *context, struct netlink_bytes body)
{
	struct reader *r = context;
	struct netlink_bytes attrs = netlink_behind(body, sizeof(struct ifinfomsg));
	struct net_found_link link = { .is_port = is_port(attrs), .counts = counts_of(attrs) };
	struct link_info info;

	if (link_take(body, &info) < 0)
		return;
	memcpy(link.name, info.name, sizeof(link.name));
	memcpy(link.kind, info.kind, sizeof(link.kind));
	memcpy(link.mac, info.mac, sizeof(link.mac));
	link.index = info.index;
	link.master = info.master;
	link.mtu = netlink_u32(attrs, IFLA_MTU);
	link.up = info.flags & IFF_UP;
	link.carrier = info.flags & IFF_RUNNING;
	link.shut = link.is_port && link.carrier && info.port_state == DISABLED;
	link.works = link.is_port ? info.port_state == FORWARDS : link.up && info.flags & IFF_RUNNING;
	link.alone = info.port_alone;
	arena_put(r->mem, &link, sizeof(link));
	r->f->link_count++;
}

/* -- rates ------------------------------------------------------------------------------------------------------- */

static uint64_t tbf_bps(struct netlink_bytes options)
{
	struct tc_tbf_qopt how = { 0 };
	struct netlink_bytes got;
	uint64_t bytes = 0;

	if (netlink_find(options, TCA_TBF_PARMS, &got))
		memcpy(&how, got.data, MIN(got.len, sizeof(how)));
	if (netlink_find(options, TCA_TBF_RATE64, &got) && got.len == sizeof(bytes))
		memcpy(&bytes, got.data, sizeof(bytes));
	return 8 * (bytes ? bytes : how.rate.rate);
}

static uint32_t drops_of(struct netlink_bytes attrs)
{
	struct gnet_stats_queue queue = { 0 };
	struct netlink_bytes stats, got;

	if (netlink_find(attrs, TCA_STATS2, &stats) && netlink_find(stats, TCA_STATS_QUEUE, &got))
		memcpy(&queue, got.data, MIN(got.len, sizeof(queue)));
	return queue.drops;
}

/* Only the one at the root counts what is lost; others are in it. */
static void take_qdisc(void *context, struct netlink_bytes body)
{
	struct reader *r = context;
	struct netlink_bytes attrs = netlink_behind(body, sizeof(struct tcmsg)), kind, options;
	struct net_found_link *link;
	struct tcmsg tc;

	memcpy(&tc, body.data, sizeof(tc));
	link = tc.tcm_parent == TC_H_ROOT ? net_found_link_at(r->f, (uint32_t)tc.tcm_ifindex) : NULL;
	if (!link)
		return;
	link->counts.out_dropped += drops_of(attrs);
	if (netlink_find(attrs, TCA_KIND, &kind) && kind.len == sizeof("tbf") &&
	    !memcmp(kind.data, "tbf", kind.len) && netlink_find(attrs, TCA_OPTIONS, &options))
		link->rate_bps = tbf_bps(options);
}

/* -- addresses and routes ---------------------------------------------------------------------------------------- */

static struct addr addr_in_attr(struct netlink_bytes attrs, uint16_t attr, uint8_t family, uint8_t prefix)
{
	struct addr a = { .family = family, .prefix = prefix };
	struct netlink_bytes got;

	if (!netlink_find(attrs, attr, &got) || got.len != addr_width(&a))
		return (struct addr){ 0 };
	memcpy(a.bytes, got.data, got.len);
	return a;
}

/* Where both are given, the other one is that of the far end. */
static void take_addr(void *context, struct netlink_bytes body)
{
	struct reader *r = context;
	struct netlink_bytes attrs = netlink_behind(body, sizeof(struct ifaddrmsg));
	struct net_found_addr found;
	struct ifaddrmsg ifa;

	memcpy(&ifa, body.data, sizeof(ifa));
	found = (struct net_found_addr){ ifa.ifa_index, addr_in_attr(attrs, IFA_LOCAL, ifa.ifa_family,
								     ifa.ifa_prefixlen) };
	if (!found.addr.family)
		found.addr = addr_in_attr(attrs, IFA_ADDRESS, ifa.ifa_family, ifa.ifa_prefixlen);
	if (!found.addr.family)
		return;
	arena_put(r->mem, &found, sizeof(found));
	r->f->addr_count++;
}

static void take_route(void *context, struct netlink_bytes body)
{
	struct reader *r = context;
	struct netlink_bytes attrs = netlink_behind(body, sizeof(struct rtmsg));
	struct net_found_route found = { .index = netlink_u32(attrs, RTA_OIF) };
	struct rtmsg rt;

	memcpy(&rt, body.data, sizeof(rt));
	if (rt.rtm_table == RT_TABLE_LOCAL || rt.rtm_flags & RTM_F_CLONED ||
	    (rt.rtm_family != AF_INET && rt.rtm_family != AF_INET6))
		return;
	found.route.to = addr_in_attr(attrs, RTA_DST, rt.rtm_family, rt.rtm_dst_len);
	found.route.to.family = rt.rtm_family;
	found.route.via = addr_in_attr(attrs, RTA_GATEWAY, rt.rtm_family, 0);
	found.route.metric = netlink_u32(attrs, RTA_PRIORITY);
	found.route.type = rt.rtm_type;
	found.route.table = rt.rtm_table == RT_TABLE_MAIN ? 0 : netlink_u32(attrs, RTA_TABLE);
	arena_put(r->mem, &found, sizeof(found));
	r->f->route_count++;
}

/* -- all of it --------------------------------------------------------------------------------------------------- */

static int read_all(struct reader *r)
{
	int err;

	r->f->links = arena_array(r->mem, struct net_found_link, 0);
	err = list(r, RTM_GETLINK, sizeof(struct ifinfomsg), take_link);
	if (!err)
		err = list(r, RTM_GETQDISC, sizeof(struct tcmsg), take_qdisc);
	r->f->addrs = arena_array(r->mem, struct net_found_addr, 0);
	if (!err)
		err = list(r, RTM_GETADDR, sizeof(struct ifaddrmsg), take_addr);
	r->f->routes = arena_array(r->mem, struct net_found_route, 0);
	if (!err)
		err = list(r, RTM_GETROUTE, sizeof(struct rtmsg), take_route);
	return err;
}

int net_found_read(int netns, struct arena *mem, struct net_found *ret)
{
	struct netlink nl;
	struct reader r = { .nl = &nl, .mem = mem, .f = ret };
	int err;

	*ret = (struct net_found){ 0 };
	if (setns(netns, CLONE_NEWNET) < 0)
		return -errno;
	err = netlink_open(&nl);
	if (err < 0)
		return err;
	err = read_all(&r);
	netlink_close(&nl);
	return err;
}

const struct net_found_link *net_found_link(const struct net_found *f, const char *ifname)
{
	for (uint32_t i = 0; i < f->link_count; i++)
		if (!strcmp(f->links[i].name, ifname))
			return &f->links[i];
	return NULL;
}

struct net_found_link *net_found_link_at(const struct net_found *f, uint32_t index)
{
	for (uint32_t i = 0; i < f->link_count; i++)
		if (f->links[i].index == index)
			return &f->links[i];
	return NULL;
}
