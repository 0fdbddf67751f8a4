/* A further bridge of the kernel for members of one of the table's: what speaks IP is that one alone. */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <string.h>
#include <sys/ioctl.h>

#include "lib/log.h"
#include "net/requests.h"

/* -- the bridge --------------------------------------------------------------------------------------------------- */

/*
 * Without ARP, as the kernel answers a question for an address of the machine on any interface that hears it: the
 * machine would be known here by this bridge's MAC, and be spoken to by the wrong interface.
 */
static void put_up(struct netlink_batch *b, const char *name)
{
	const struct netlink_request request = { .type = RTM_NEWLINK, .step = NET_LINK_UP, .name = name };
	const struct ifinfomsg ifi = { .ifi_flags = IFF_UP | IFF_NOARP, .ifi_change = IFF_UP | IFF_NOARP };

	netlink_begin(b, &request);
	netlink_raw(b, &ifi, sizeof(ifi));
	netlink_put_text(b, IFLA_IFNAME, name);
}

/* -- the pair ----------------------------------------------------------------------------------------------------- */

static void put_pair(struct netlink_batch *b, const struct net_shard *shard, uint32_t mtu, uint32_t master)
{
	const struct netlink_request request = { .type = RTM_NEWLINK, .flags = NLM_F_CREATE | NLM_F_EXCL,
						 .step = NET_VETH, .name = shard->up };
	struct ifinfomsg ifi = { 0 };
	size_t info, data, peer;

	link_begin(b, &request, false);
	link_put_half(b, mtu);
	netlink_put_u32(b, IFLA_MASTER, master);
	info = netlink_nest(b, IFLA_LINKINFO);
	netlink_put_text(b, IFLA_INFO_KIND, "veth");
	data = netlink_nest(b, IFLA_INFO_DATA);
	peer = netlink_nest(b, VETH_INFO_PEER);
	netlink_raw(b, &ifi, sizeof(ifi));
	netlink_put_text(b, IFLA_IFNAME, shard->down);
	link_put_half(b, mtu);
	netlink_nest_end(b, peer);
	netlink_nest_end(b, data);
	netlink_nest_end(b, info);
}

static void put_port(struct netlink_batch *b, const char *name, uint32_t master, bool alone)
{
	const struct netlink_request request = { .type = RTM_NEWLINK, .step = NET_LINK_SET, .name = name };

	link_quiet(b, name);
	link_begin(b, &request, true);
	if (master)
		netlink_put_u32(b, IFLA_MASTER, master);
	if (alone)
		link_put_port(b, LINK_ALONE);
}

/* The link watch looks at a link when its turn comes, but at once for who asks for its carrier. */
static void look_now(const struct netlink *nl, const char *name)
{
	struct ethtool_value carrier = { .cmd = ETHTOOL_GLINK };
	struct ifreq request = { .ifr_data = (void *)&carrier };

	memcpy(request.ifr_name, name, NET_IFNAME);
	(void)!ioctl(nl->fd, SIOCETHTOOL, &request); /* what came of it is looked at */
}

/* Members wait for their own port alone, so this one has to pass on what they send. */
static int check_port(struct net_session *s, const struct net_bridge *bridge, const char *name, bool alone)
{
	struct link_info port;
	int err;

	look_now(&s->host, name);
	err = link_find(&s->host, name, &port);
	if (err < 0)
		return link_find_failed(bridge->name, name, err);
	if (port.port_state != BR_STATE_FORWARDING) {
		log_error(bridge->name, 0, "port %s to a shard of it does not forward; is the spanning tree on there? "
			  "switch it off (ip link set %s type bridge stp_state 0)", name, bridge->name);
		return -EAGAIN;
	}
	if (alone && !port.port_alone)
		return net_failed(bridge->name, &(struct netlink_request){ .step = NET_PORT_ALONE, .name = name },
				  EOPNOTSUPP, "");
	return 0;
}

/* -- both --------------------------------------------------------------------------------------------------------- */

/*
 * port_isolation: members of a shard send to this pair and nowhere else; its upper end is such a port itself, so from
 * there they reach what is none.
 */
static int join(struct net_session *s, const struct net_bridge *bridge, const struct net_shard *shard,
		uint32_t above, uint32_t below)
{
	struct netlink_batch b;
	char mem[NET_BATCH];
	int err;

	netlink_start(&b, &s->host, mem, sizeof(mem));
	link_quiet(&b, shard->name);
	put_up(&b, shard->name);
	put_pair(&b, shard, bridge->mtu, above);
	link_mark(&b, shard->up, s->place);
	put_port(&b, shard->down, below, false);
	put_port(&b, shard->up, 0, shard->alone);
	err = net_run(s, bridge->name, &b);
	if (!err)
		err = check_port(s, bridge, shard->down, false);
	return err ? err : check_port(s, bridge, shard->up, shard->alone);
}

static int make(struct net_session *s, const struct net_bridge *bridge, const struct net_shard *shard)
{
	struct link_info above = { 0 }, below = { 0 };
	struct net_bridge b;
	uint8_t mac[NET_MAC];
	int err = link_find(&s->host, bridge->name, &above);

	if (err < 0)
		return link_find_failed(bridge->name, bridge->name, err);
	b = shard_bridge(bridge, shard, above.filters);
	mac_of_bridge(&b, mac);
	err = bridge_create(s, &b, mac);
	if (err < 0)
		return err;
	err = link_find(&s->host, shard->name, &below);
	if (err < 0)
		return link_find_failed(bridge->name, shard->name, err);
	return join(s, bridge, shard, above.index, below.index);
}

/* With its own mark, or as the other end of one that had it. */
static int clear(struct net_session *s, const struct net_bridge *bridge, const char *name)
{
	struct link_info info;
	int err = link_find(&s->host, name, &info);

	if (err < 0)
		return err == -ENODEV ? 0 : link_find_failed(bridge->name, name, err);
	if (link_is_left(s, &info))
		return net_remove(s, name);
	log_error(bridge->name, 0, "shard: there is a link %s already, which %s; delete it (ip link delete %s)", name,
		  link_place(&info) < 0 ? "minit has not made" : "another minit here has made", name);
	return -EEXIST;
}

int net_shard_up(struct net_session *s, const struct net_bridge *bridge, const struct net_shard *shard)
{
	int err = clear(s, bridge, shard->up);

	if (!err)
		err = clear(s, bridge, shard->down);
	if (!err)
		err = clear(s, bridge, shard->name);
	if (err)
		return err;
	err = make(s, bridge, shard);
	if (err)
		net_shard_remove(s, shard);
	return err;
}

static void put_mtu(struct netlink_batch *b, const char *name, uint32_t mtu)
{
	const struct netlink_request request = { .type = RTM_NEWLINK, .step = NET_LINK_SET, .name = name };

	link_begin(b, &request, false);
	netlink_put_u32(b, IFLA_MTU, mtu);
}

/* Nobody else has set any of it, so what the bridge has no longer is as it is of a new one. */
int net_shard_set(struct net_session *s, const struct net_bridge *bridge, const struct net_shard *shard)
{
	uint32_t mtu = bridge->mtu ? bridge->mtu : bridge_fresh.mtu;
	struct link_info above = { 0 }, below = { 0 };
	struct netlink_batch batch;
	struct net_bridge b;
	char mem[NET_BATCH];

	if (link_find(&s->host, bridge->name, &above) || link_find(&s->host, shard->name, &below))
		return 0; /* why, is said by who makes it anew */
	b = shard_bridge(bridge, shard, above.filters);
	b.ageing_ms = b.asked & NET_ASKED_AGEING ? b.ageing_ms : bridge_fresh.ageing_ms;
	b.asked |= NET_ASKED_AGEING | NET_ASKED_VLAN_FILTERING;
	netlink_start(&batch, &s->host, mem, sizeof(mem));
	bridge_adopt(&batch, &b, NULL, below.filters);
	put_mtu(&batch, shard->up, mtu);
	put_mtu(&batch, shard->down, mtu);
	return net_run(s, bridge->name, &batch);
}

static bool is_port(struct net_session *s, const char *ifname, const char *bridge)
{
	struct link_info port, master;

	return !link_find(&s->host, ifname, &port) && !link_find(&s->host, bridge, &master) &&
	       port.master == master.index;
}

bool net_shard_is_joined(struct net_session *s, const struct net_bridge *bridge, const struct net_shard *shard)
{
	return is_port(s, shard->up, bridge->name) && is_port(s, shard->down, shard->name);
}

void net_shard_remove(struct net_session *s, const struct net_shard *shard)
{
	(void)net_remove(s, shard->up);
	(void)net_remove(s, shard->name);
}
