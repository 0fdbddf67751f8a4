/* Loopback, bridges and their shards, as lines of ip(8). */
#include <sys/socket.h>

#include "net/tell_put.h"

void tell_loopback(struct buf *b)
{
	tell_set(b, NULL, "lo", "up");
}

/* Times in 1/100 s, as ip-link(8) takes them. */
static void put_bridge_options(struct buf *b, const struct net_bridge *bridge)
{
	tell_option(b, bridge->asked & NET_ASKED_FORWARD_DELAY, "forward_delay", bridge->forward_delay_ms / 10);
	tell_option(b, bridge->asked & NET_ASKED_AGEING, "ageing_time", bridge->ageing_ms / 10);
	tell_option(b, bridge->asked & NET_ASKED_STP, "stp_state", bridge->stp);
	tell_option(b, bridge->asked & NET_ASKED_PRIORITY, "priority", bridge->priority);
	tell_option(b, bridge->asked & NET_ASKED_VLAN_FILTERING, "vlan_filtering", bridge->vlan_filtering);
}

static void put_ipv6(struct buf *b, const char *name, const char *setting)
{
	BUF_ON_STACK(path, 96);

	buf_fmt(&path, "/proc/sys/net/ipv6/conf/%s/%s", name, setting);
	buf_str(b, "[ ! -e /proc/sys/net/ipv6 ] || echo 0 >");
	tell_word(b, buf_text(&path));
	buf_char(b, '\n');
}

void tell_bridge(struct buf *b, const struct net_bridge *bridge)
{
	uint8_t mac[NET_MAC];

	mac_of_bridge(bridge, mac);
	buf_str(b, "ip");
	tell_name(b, "link add name", bridge->name);
	tell_mac(b, "address", mac);
	tell_mtu(b, bridge->mtu);
	buf_str(b, " type bridge");
	put_bridge_options(b, bridge);
	buf_char(b, '\n');
	tell_set(b, NULL, bridge->name, "alias " LINK_MARK);
	put_ipv6(b, bridge->name, "accept_ra");
	tell_quiet(b, NULL, bridge->name);
	tell_set(b, NULL, bridge->name, "up");
	tell_addrs(b, NULL, bridge->name, bridge->addr);
	if (!bridge_has_family(bridge, AF_INET6))
		return;
	put_ipv6(b, bridge->name, "accept_dad");
	put_ipv6(b, bridge->name, "addr_gen_mode");
}

/* One that filters VLANs only because it was found so has shards that do the same: that is not known here. */
void tell_shard(struct buf *b, const struct net_bridge *bridge, const struct net_shard *shard)
{
	struct net_bridge own = shard_bridge(bridge, shard, bridge->vlan_filtering);
	uint8_t mac[NET_MAC];

	mac_of_bridge(&own, mac);
	buf_fmt(b, "ip link add name %s", shard->name);
	tell_mac(b, "address", mac);
	buf_str(b, " type bridge");
	put_bridge_options(b, &own);
	buf_char(b, '\n');
	tell_set(b, NULL, shard->name, "alias " LINK_MARK);
	put_ipv6(b, shard->name, "accept_ra");
	tell_quiet(b, NULL, shard->name);
	tell_set(b, NULL, shard->name, "up arp off");
	buf_fmt(b, "ip link add name %s", shard->up);
	tell_half(b, bridge->mtu);
	tell_name(b, "master", bridge->name);
	buf_fmt(b, " type veth peer name %s", shard->down);
	tell_half(b, bridge->mtu);
	buf_char(b, '\n');
	tell_set(b, NULL, shard->up, "alias " LINK_MARK);
	tell_quiet(b, NULL, shard->down);
	buf_fmt(b, "ip link set dev %s up master %s\n", shard->down, shard->name);
	tell_quiet(b, NULL, shard->up);
	tell_set(b, NULL, shard->up, shard->alone ? "up type bridge_slave isolated on" : "up");
}
