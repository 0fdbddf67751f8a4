#include <errno.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/log.h"
#include "net/requests.h"

/* Born in the namespace under its last name: moving it there would cost a grace period of RCU, 16 ms. */
static void put_peer(struct netlink_batch *b, const struct net_attach *attach, uint32_t mtu, int ns)
{
	struct ifinfomsg ifi = { 0 };
	size_t peer = netlink_nest(b, VETH_INFO_PEER);
	uint8_t mac[NET_MAC];

	mac_of_attach(attach, mac);
	netlink_raw(b, &ifi, sizeof(ifi));
	netlink_put_text(b, IFLA_IFNAME, net_eth(attach));
	netlink_put(b, IFLA_ADDRESS, mac, sizeof(mac));
	link_put_half(b, mtu);
	netlink_put_u32(b, IFLA_NET_NS_FD, (uint32_t)ns);
	netlink_nest_end(b, peer);
}

static int create(struct net_session *s, const char *object, const struct net_attach *attach, uint32_t mtu, int ns)
{
	struct netlink_request request = { .type = RTM_NEWLINK, .flags = NLM_F_CREATE | NLM_F_EXCL,
					   .step = NET_VETH, .name = attach->peer };
	struct netlink_batch b;
	char mem[NET_BATCH];
	size_t info, data;

	netlink_start(&b, &s->host, mem, sizeof(mem));
	link_begin(&b, &request, false);
	link_put_half(&b, mtu);
	netlink_put_u32(&b, IFLA_GROUP, PAIR_MARK + s->place);
	netlink_put_u32(&b, IFLA_MASTER, attach->shard ? s->shard.index : s->master.index);
	info = netlink_nest(&b, IFLA_LINKINFO);
	netlink_put_text(&b, IFLA_INFO_KIND, "veth");
	data = netlink_nest(&b, IFLA_INFO_DATA);
	put_peer(&b, attach, mtu, ns);
	netlink_nest_end(&b, data);
	netlink_nest_end(&b, info);
	return net_run(s, object, &b);
}

/* The bridge that the pair is a port of. */
static int find_master(struct net_session *s, const char *object, const struct net_attach *attach,
		       const struct net_bridge *bridge, const struct net_extra *extra)
{
	int err = bridge_find(s, object, bridge);

	return err || !attach->shard ? err : bridge_find_shard(s, object, &extra->shards[attach->shard - 1]);
}

/* An address of IPv6 alone would lead nowhere. */
static int check_families(const struct net_session *s, const char *object, const struct net_attach *attach,
			  const struct net_bridge *bridge)
{
	BUF_ON_STACK(address, 64);

	if (!attach->addr[0].family || addr_has_family(attach->addr, NET_ADDRS, AF_INET) ||
	    !master_lacks_ipv6(s, bridge))
		return 0;
	text_put_addr(&address, &attach->addr[0], true);
	log_error(object, 0, "address %s: bridge %s has no IPv6: " NET_IPV6_TAKES "; or give one of IPv4 beside it",
		  buf_text(&address), bridge->name, bridge->name);
	return -EAFNOSUPPORT;
}

/*
 * With a link-local address the kernel would ask all on the bridge for routers, for minutes. Where /proc/sys is
 * read-only it does so: no reason to be without the address.
 */
static int ask_no_router(const struct net_session *s, const char *object, const struct net_attach *attach, int ns)
{
	const struct netlink_request request = { .step = NET_NAMESPACE };
	BUF_ON_STACK(path, 96);

	if (setns(ns, CLONE_NEWNET) < 0)
		return net_failed(object, &request, errno, "");
	setting_path(&path, 6, net_eth(attach), "router_solicitations");
	(void)!setting_put(buf_text(&path), 0);
	return net_return(object, s->home);
}

int veth_attach(struct net_session *s, const char *object, const struct net_attach *attach,
		const struct net_bridge *bridge, const struct net_extra *extra, int ns)
{
	int err = find_master(s, object, attach, bridge, extra);

	if (!err)
		err = check_families(s, object, attach, bridge);
	if (!err)
		err = create(s, object, attach, pair_mtu(bridge, extra), ns);
	if (!err && mac_is_router(attach, bridge) && !master_lacks_ipv6(s, bridge))
		err = ask_no_router(s, object, attach, ns);
	return err;
}

/*
 * A question that is sent to this MAC alone (net/near.c) is a frame for one port from the first one on, and however
 * long the service is silent. On a shard, the bridge that it belongs to knows where it is too.
 */
static int put_place(struct net_session *s, const char *object, struct netlink_batch *b,
		     const struct net_attach *attach, const uint8_t *mac)
{
	uint32_t port = 0;
	int err = link_index(&s->host, attach->peer, &port);

	if (err < 0)
		return link_find_failed(object, attach->peer, err);
	place_add(b, attach->peer, port, mac);
	if (attach->shard)
		place_add(b, attach->peer, s->shard.up, mac);
	return 0;
}

/*
 * The way from here to the service waits for no answer either. And in IPv6 it could not ask for what it only passes on
 * where the bridge has no link-local address: one of somebody else's.
 *
 * Not at its creation: for each port that is made the kernel walks over all places that the bridge has been told of.
 */
static int put_outside(struct net_session *s, const char *object, struct netlink_batch *b,
		       const struct net_attach *attach, const struct net_bridge *bridge)
{
	uint8_t mac[NET_MAC];
	int err;

	mac_of_attach(attach, mac);
	err = bridge->near ? put_place(s, object, b, attach, mac) : 0;
	for (size_t i = 0; i < NET_ADDRS && attach->addr[i].family; i++) {
		if (attach->addr[i].family == AF_INET6 && !s->master.ipv6)
			continue;
		neighbour_add(b, &attach->addr[i], s->master.index, mac);
		netlink_put_u8(b, NDA_PROTOCOL, NET_PROTOCOL);
	}
	return err;
}

void net_disconnect(struct net_session *s, const struct net_attach *attach, const struct net_bridge *bridge)
{
	struct link_info info;

	if (link_find(&s->host, bridge->name, &info))
		return;
	for (size_t i = 0; i < NET_ADDRS && attach->addr[i].family; i++)
		(void)!neighbour_drop(s, &attach->addr[i], info.index); /* what fails is not there */
}

/* A kernel that does not know the flag passes over it: 0 or -errno, logged. */
static int is_alone(struct net_session *s, const char *object, const struct net_attach *attach)
{
	const struct netlink_request request = { .step = NET_PORT_ALONE, .name = attach->peer };
	struct link_info port = { 0 };
	int err = link_find(&s->host, attach->peer, &port);

	if (err < 0)
		return link_find_failed(object, attach->peer, err);
	return port.port_alone ? 0 : net_failed(object, &request, EOPNOTSUPP, "");
}

/* Comes up last, when the bridge knows all of it. Whether it has a spanning tree, may be another by and by. */
static void put_up(const struct net_session *s, struct netlink_batch *b, const struct net_attach *attach)
{
	unsigned hairpin = s->hairpin && attach->flags & NET_PUBLISHED ? LINK_HAIRPIN : 0;

	link_up(b, attach->peer);
	link_put_port(b, hairpin | (attach->flags & NET_ALONE ? LINK_ALONE : 0) | LINK_GUARD);
}

static int connect_port(struct net_session *s, const char *object, const struct net_attach *attach,
			const struct net_bridge *bridge)
{
	struct netlink_batch b;
	char mem[NET_BATCH];
	int err;

	netlink_start(&b, &s->host, mem, sizeof(mem));
	link_quiet(&b, attach->peer);
	err = put_outside(s, object, &b, attach, bridge);
	put_up(s, &b, attach);
	return err ? err : net_run(s, object, &b);
}

/* Its master is found. */
static int connect_found(struct net_session *s, const char *object, const struct net_attach *attach,
			 const struct net_bridge *bridge)
{
	int err = connect_port(s, object, attach, bridge);

	return err || !(attach->flags & NET_ALONE) ? err : is_alone(s, object, attach);
}

int net_connect(struct net_session *s, const char *object, const struct net_attach *attach,
		const struct net_bridge *bridge, const struct net_extra *extra)
{
	int err;

	if (attach->bridge < 0)
		return 0;
	err = find_master(s, object, attach, bridge, extra);
	if (!err)
		err = connect_found(s, object, attach, bridge);
	if (err < 0)
		net_remove(s, attach->peer);
	return err;
}

/* One that speaks to no other must not do so before the kernel is told: it is down until then. */
static int put_into(struct net_session *s, const char *object, const struct net_attach *attach, uint32_t master)
{
	const struct netlink_request request = { .type = RTM_NEWLINK, .step = NET_LINK_SET, .name = attach->peer };
	struct netlink_batch b;
	char mem[160];

	netlink_start(&b, &s->host, mem, sizeof(mem));
	if (attach->flags & NET_ALONE)
		link_down(&b, attach->peer);
	link_begin(&b, &request, false);
	netlink_put_u32(&b, IFLA_MASTER, master);
	return net_run(s, object, &b);
}

int net_rejoin(struct net_session *s, const char *object, const struct net_attach *attach,
	       const struct net_bridge *bridge, const struct net_extra *extra, bool whole)
{
	struct link_info port;
	uint32_t master;
	bool joined;
	int err = link_find(&s->host, attach->peer, &port);

	if (err < 0)
		return err == -ENODEV ? 0 : link_find_failed(object, attach->peer, err);
	err = find_master(s, object, attach, bridge, extra);
	master = attach->shard ? s->shard.index : s->master.index;
	joined = port.master == master;
	if (err || (joined && !whole))
		return err;
	err = joined ? 0 : put_into(s, object, attach, master);
	if (!err)
		err = connect_found(s, object, attach, bridge);
	return err < 0 ? err : !joined;
}

/* The bridge's MAC is known: the first packet to it waits for no answer, and no lost one costs a second. */
static void put_gateway(const struct net_session *s, struct netlink_batch *b, const struct net_attach *attach,
			const struct addr *gateway, const struct net_bridge *bridge, uint32_t index)
{
	route_add(b, gateway, addr_is_beyond(attach->addr, NET_ADDRS, gateway), index);
	for (size_t i = 0; bridge && i < NET_ADDRS && bridge->addr[i].family; i++)
		if (addr_equal(&bridge->addr[i], gateway))
			neighbour_add(b, gateway, index, s->master.mac);
}

static void put_local(struct net_session *s, struct netlink_batch *b, const struct net_attach *attach, uint32_t index)
{
	uint8_t mac[NET_MAC];

	mac_of_attach(attach, mac);
	s->local = mac_link_local(mac);
	addr_add_own(b, &s->local, index);
}

/*
 * On a wire of others IPv6 routers are spoken to by a link-local address. What would lead nowhere is left out: the
 * bridge has been told of, once for all that are on it.
 */
void eth0_inside(struct net_session *s, struct netlink_batch *b, const struct net_attach *attach,
		 const struct net_bridge *bridge, uint32_t index)
{
	bool lacks = bridge && master_lacks_ipv6(s, bridge);

	if (bridge)
		link_quiet(b, net_eth(attach));
	link_up(b, net_eth(attach));
	(lacks ? addrs_add_ipv4 : addrs_add)(b, attach->addr, index);
	if (!lacks && mac_is_router(attach, bridge))
		put_local(s, b, attach, index);
	for (size_t i = 0; i < ARRAY_LEN(attach->gateway); i++)
		if (attach->gateway[i].family && !(lacks && attach->gateway[i].family == AF_INET6))
			put_gateway(s, b, attach, &attach->gateway[i], bridge, index);
}
