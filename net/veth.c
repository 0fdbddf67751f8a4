#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <string.h>
#include <sys/socket.h>

#include "net/requests.h"

/* An interface without an address has the MAC of its place in the table. */
static void mac_of_attach(const struct net_attach *attach, uint8_t *ret_mac)
{
	struct addr place = { .family = AF_INET6 };

	memcpy(place.bytes, attach->peer, MIN(sizeof(place.bytes), sizeof(attach->peer)));
	mac_of_address(attach->addr[0].family ? &attach->addr[0] : &place, ret_mac);
}

static void put_mtu(struct netlink_batch *b, const struct net_bridge *bridge)
{
	if (bridge->mtu)
		netlink_put_u32(b, IFLA_MTU, bridge->mtu);
}

/* Born in the namespace under its last name: moving it there would cost a grace period of RCU, 16 ms. */
static void put_peer(struct netlink_batch *b, const struct net_attach *attach, const struct net_bridge *bridge, int ns)
{
	struct ifinfomsg ifi = { 0 };
	size_t peer = netlink_nest(b, VETH_INFO_PEER);
	uint8_t mac[NET_MAC];

	mac_of_attach(attach, mac);
	netlink_raw(b, &ifi, sizeof(ifi));
	netlink_put_text(b, IFLA_IFNAME, NET_ETH0);
	netlink_put(b, IFLA_ADDRESS, mac, sizeof(mac));
	put_mtu(b, bridge);
	netlink_put_u32(b, IFLA_NET_NS_FD, (uint32_t)ns);
	netlink_nest_end(b, peer);
}

static int create(struct net_session *s, const char *object, const struct net_attach *attach,
		  const struct net_bridge *bridge, int ns)
{
	struct netlink_request request = { .type = RTM_NEWLINK, .flags = NLM_F_CREATE | NLM_F_EXCL,
					   .step = NET_VETH, .name = attach->peer };
	struct netlink_batch b;
	char mem[NET_BATCH];
	size_t info, data;

	netlink_start(&b, &s->host, mem, sizeof(mem));
	link_begin(&b, &request, false);
	put_mtu(&b, bridge);
	netlink_put_u32(&b, IFLA_MASTER, s->master.index);
	info = netlink_nest(&b, IFLA_LINKINFO);
	netlink_put_text(&b, IFLA_INFO_KIND, "veth");
	data = netlink_nest(&b, IFLA_INFO_DATA);
	put_peer(&b, attach, bridge, ns);
	netlink_nest_end(&b, data);
	netlink_nest_end(&b, info);
	return net_run(s, object, &b);
}

/*
 * Not in one send with the creation: the kernel goes on after a request that
 * failed, and would set up a link of this name that is someone else's.
 */
static int host_end_up(struct net_session *s, const char *object, const char *name)
{
	struct netlink_batch b;
	char mem[NET_BATCH];

	netlink_start(&b, &s->host, mem, sizeof(mem));
	link_quiet(&b, name);
	link_up(&b, name);
	return net_run(s, object, &b);
}

int veth_attach(struct net_session *s, const char *object, const struct net_attach *attach,
		const struct net_bridge *bridge, int ns)
{
	int err = bridge_find(s, object, bridge);

	if (!err)
		err = create(s, object, attach, bridge, ns);
	if (err < 0)
		return err;
	err = host_end_up(s, object, attach->peer);
	if (err < 0)
		net_remove(s, attach->peer);
	return err;
}

/* The bridge's MAC is known, so the first packet to the gateway waits for no answer, and none that is lost costs a second. */
static void put_gateway(const struct net_session *s, struct netlink_batch *b, const struct addr *gateway,
			const struct net_bridge *bridge, uint32_t index)
{
	route_add(b, gateway, index);
	for (size_t i = 0; i < NET_ADDRS && bridge->addr[i].family; i++)
		if (addr_equal(&bridge->addr[i], gateway))
			neighbour_add(b, gateway, index, s->master.mac);
}

void veth_inside(const struct net_session *s, struct netlink_batch *b, const struct net_attach *attach,
		 const struct net_bridge *bridge, uint32_t index)
{
	link_quiet(b, NET_ETH0);
	link_up(b, NET_ETH0);
	addrs_add(b, attach->addr, index, attach->given);
	for (size_t i = 0; i < ARRAY_LEN(attach->gateway); i++)
		if (attach->gateway[i].family)
			put_gateway(s, b, &attach->gateway[i], bridge, index);
}
