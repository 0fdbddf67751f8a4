/*
 * The serial floor of networks: what the kernel has to be asked for a pair of a service on a bridge, in as few requests as
 * there can be.
 */
#include "tests/bench/net_floor.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define ETH0 10 /* its number inside: where the kernel has fallback devices 2 is taken */
#define BASE 100 /* numbers of the host ends */

const struct net_bridge floor_bridge = {
	.name = "br0", .flags = NET_PUBLISH,
	.addr = { { .bytes = { 10, 88, 0, 1 }, .family = AF_INET, .prefix = 16 },
		  { .bytes = { 0xfd, 0x88, [15] = 1 }, .family = AF_INET6, .prefix = 64 } },
};
struct net_attach floor_attaches[FLOOR_MOST];

void floor_check(bool failed, const char *what)
{
	if (!failed)
		return;
	fprintf(stderr, "net: %s: %s\n", what, strerror(errno));
	exit(111);
}

void floor_plan(unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		uint8_t high = (uint8_t)((i + 2) >> 8), low = (uint8_t)(i + 2);

		floor_attaches[i] = (struct net_attach){
			.addr = { { .bytes = { 10, 88, high, low }, .family = AF_INET, .prefix = 16 },
				  { .bytes = { 0xfd, 0x88, [14] = high, low }, .family = AF_INET6, .prefix = 64 } },
			.gateway = { floor_bridge.addr[0], floor_bridge.addr[1] },
		};
		snprintf(floor_attaches[i].peer, sizeof(floor_attaches[i].peer), "mv%u", i);
	}
}

static size_t width(const struct addr *a)
{
	return a->family == AF_INET ? 4 : 16;
}

static void request(struct netlink_batch *b, uint16_t type, const void *header, size_t size)
{
	netlink_begin(b, &(struct netlink_request){ .type = type, .flags = NLM_F_CREATE | NLM_F_EXCL });
	netlink_raw(b, header, size);
}

static void set_link(struct netlink_batch *b, int index, bool up)
{
	struct ifinfomsg ifi = { .ifi_index = index, .ifi_flags = up ? IFF_UP : 0, .ifi_change = up ? IFF_UP : 0 };

	netlink_begin(b, &(struct netlink_request){ .type = RTM_NEWLINK });
	netlink_raw(b, &ifi, sizeof(ifi));
}

static void set_quiet(struct netlink_batch *b, int index)
{
	size_t spec, inet6;

	set_link(b, index, false);
	spec = netlink_nest(b, IFLA_AF_SPEC);
	inet6 = netlink_nest(b, AF_INET6);
	netlink_put_u8(b, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	netlink_nest_end(b, inet6);
	netlink_nest_end(b, spec);
}

static void add_address(struct netlink_batch *b, const struct addr *a)
{
	struct ifaddrmsg ifa = { .ifa_family = a->family, .ifa_prefixlen = a->prefix, .ifa_index = ETH0 };

	request(b, RTM_NEWADDR, &ifa, sizeof(ifa));
	netlink_put(b, IFA_LOCAL, a->bytes, width(a));
	if (a->family == AF_INET6)
		netlink_put_u32(b, IFA_FLAGS, IFA_F_NODAD);
}

static void add_route(struct netlink_batch *b, const struct addr *via)
{
	struct rtmsg rt = { .rtm_family = via->family, .rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_STATIC,
			    .rtm_type = RTN_UNICAST };

	request(b, RTM_NEWROUTE, &rt, sizeof(rt));
	netlink_put(b, RTA_GATEWAY, via->bytes, width(via));
	netlink_put_u32(b, RTA_OIF, ETH0);
}

static void add_neighbour(struct netlink_batch *b, const struct addr *a, int index, const uint8_t *mac)
{
	struct ndmsg nd = { .ndm_family = a->family, .ndm_ifindex = index, .ndm_state = NUD_PERMANENT };

	request(b, RTM_NEWNEIGH, &nd, sizeof(nd));
	netlink_put(b, NDA_DST, a->bytes, width(a));
	netlink_put(b, NDA_LLADDR, mac, NET_MAC);
}

static void run(struct netlink_batch *b)
{
	struct netlink_answer a;
	int n = netlink_send(b);

	netlink_await(&a);
	errno = -n;
	floor_check(n < 0, "send");
	while ((n = netlink_next(b, &a)) > 0) {
		errno = a.err;
		floor_check(a.err, "the kernel");
	}
	floor_check(n < 0, "answer");
}

static void put_common(struct netlink_batch *b)
{
	netlink_put_u32(b, IFLA_NUM_TX_QUEUES, 1);
	netlink_put_u32(b, IFLA_NUM_RX_QUEUES, 1);
}

static void put_pair(struct netlink_batch *b, unsigned i, int ns, const struct net_session *s)
{
	struct ifinfomsg outer = { .ifi_index = BASE + (int)i }, inner = { .ifi_index = ETH0 };
	size_t info, data, peer;
	uint8_t mac[NET_MAC];

	mac_of_attach(&floor_attaches[i], mac);
	request(b, RTM_NEWLINK, &outer, sizeof(outer));
	netlink_put_text(b, IFLA_IFNAME, floor_attaches[i].peer);
	put_common(b);
	netlink_put_u32(b, IFLA_MASTER, s->master.index);
	info = netlink_nest(b, IFLA_LINKINFO);
	netlink_put_text(b, IFLA_INFO_KIND, "veth");
	data = netlink_nest(b, IFLA_INFO_DATA);
	peer = netlink_nest(b, VETH_INFO_PEER);
	netlink_raw(b, &inner, sizeof(inner));
	netlink_put_text(b, IFLA_IFNAME, "eth0");
	netlink_put(b, IFLA_ADDRESS, mac, sizeof(mac));
	put_common(b);
	netlink_put_u32(b, IFLA_NET_NS_FD, (uint32_t)ns);
	netlink_nest_end(b, peer);
	netlink_nest_end(b, data);
	netlink_nest_end(b, info);
}

static void put_inside(struct netlink_batch *b, unsigned i, const struct net_session *s)
{
	set_link(b, 1, true);
	set_quiet(b, ETH0);
	set_link(b, ETH0, true);
	for (unsigned k = 0; k < 2; k++)
		add_address(b, &floor_attaches[i].addr[k]);
	for (unsigned k = 0; k < 2; k++) {
		add_route(b, &floor_attaches[i].gateway[k]);
		add_neighbour(b, &floor_attaches[i].gateway[k], ETH0, s->master.mac);
	}
}

int floor_attach(struct net_session *s, unsigned i)
{
	struct netlink inside;
	struct netlink_batch b;
	char mem[2048];
	int ns;

	floor_check(unshare(CLONE_NEWNET) < 0 || netlink_open(&inside) < 0, "namespace");
	ns = netlink_namespace(&inside);
	floor_check(ns < 0 || setns(s->home, CLONE_NEWNET) < 0, "namespace");
	netlink_start(&b, &s->host, mem, sizeof(mem));
	put_pair(&b, i, ns, s);
	run(&b);
	netlink_start(&b, &inside, mem, sizeof(mem));
	put_inside(&b, i, s);
	run(&b);
	netlink_close(&inside);
	return ns;
}

void floor_connect(struct net_session *s, unsigned i)
{
	struct netlink_batch b;
	uint8_t mac[NET_MAC];
	char mem[1024];

	mac_of_attach(&floor_attaches[i], mac);
	netlink_start(&b, &s->host, mem, sizeof(mem));
	set_quiet(&b, BASE + (int)i);
	set_link(&b, BASE + (int)i, true);
	for (unsigned k = 0; k < 2; k++)
		add_neighbour(&b, &floor_attaches[i].addr[k], (int)s->master.index, mac);
	run(&b);
}
