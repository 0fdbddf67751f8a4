/* The network of a service, as lines of ip(8), tc(8), bridge(8) and sysctl(8). */
#include "net/tell_put.h"

static void put_rate(struct buf *b, const char *ns, const char *ifname, uint64_t bps, uint32_t mtu)
{
	struct rate_bucket bucket = rate_bucket(bps, mtu);

	tell_begin(b, "tc", ns);
	buf_fmt(b, " qdisc replace dev %s root handle 1: tbf rate %lubit burst %ub limit %ub\n", ifname,
		(unsigned long)bps, bucket.burst, bucket.limit);
}

static void put_pair(struct buf *b, const char *ns, const struct net_attach *attach, const struct net_bridge *bridge,
		     const struct net_extra *extra, uint32_t mtu)
{
	uint8_t mac[NET_MAC];

	mac_of_attach(attach, mac);
	buf_fmt(b, "ip link add name %s", attach->peer);
	tell_half(b, mtu);
	buf_fmt(b, " group %u", PAIR_MARK);
	tell_name(b, "master", attach->shard ? extra->shards[attach->shard - 1].name : bridge->name);
	buf_fmt(b, " type veth peer name %s", net_eth(attach));
	tell_mac(b, "address", mac);
	tell_half(b, mtu);
	tell_name(b, "netns", ns);
	buf_char(b, '\n');
}

static void put_on_link(struct buf *b, const char *ns, const struct net_attach *attach, uint32_t mtu)
{
	bool is_macvlan = attach->flags & NET_MACVLAN;
	uint8_t mac[NET_MAC];

	buf_str(b, "ip");
	tell_name(b, "link add name " NET_ETH0 " link", attach->peer);
	mac_of_attach(attach, mac);
	if (mac_is_chosen(attach))
		tell_mac(b, "address", mac);
	tell_mtu(b, mtu);
	tell_name(b, "netns", ns);
	buf_str(b, is_macvlan ? " type macvlan mode bridge\n" : " type ipvlan mode l2\n");
}

/* As sysctl(8) has it. */
void tell_sysctl(struct buf *b, const char *ns, const char *path, const char *value)
{
	static const char sys[] = "/proc/sys/";
	BUF_ON_STACK(setting, 600);

	for (const char *p = path + sizeof(sys) - 1; *p; p++)
		buf_char(&setting, *p == '/' ? '.' : *p == '.' ? '/' : *p);
	buf_fmt(&setting, "=%s", value);
	if (ns) {
		buf_str(b, "ip netns exec ");
		tell_word(b, ns);
		buf_char(b, ' ');
	}
	buf_str(b, "sysctl -q -w ");
	tell_word(b, buf_text(&setting));
	buf_char(b, '\n');
}

static void put_local(struct buf *b, const char *ns, const struct net_attach *attach)
{
	struct addr local[NET_ADDRS] = { 0 };
	BUF_ON_STACK(path, 96);
	uint8_t mac[NET_MAC];

	buf_fmt(&path, "/proc/sys/net/ipv6/conf/%s/router_solicitations", net_eth(attach));
	tell_sysctl(b, ns, buf_text(&path), "0");
	mac_of_attach(attach, mac);
	local[0] = mac_link_local(mac);
	tell_addrs(b, ns, net_eth(attach), local);
}

static void put_inside(struct buf *b, const char *ns, const struct net_attach *attach, const struct net_bridge *bridge)
{
	const char *eth = net_eth(attach);
	uint8_t mac[NET_MAC];

	if (bridge) {
		tell_quiet(b, ns, eth);
		mac_of_bridge(bridge, mac);
	}
	tell_set(b, ns, eth, "up");
	tell_addrs(b, ns, eth, attach->addr);
	if (mac_is_router(attach, bridge))
		put_local(b, ns, attach);
	for (size_t i = 0; i < ARRAY_LEN(attach->gateway); i++) {
		tell_gateway(b, ns, "add", eth, &attach->gateway[i], attach->addr, 0);
		for (size_t k = 0; bridge && k < NET_ADDRS && bridge->addr[k].family; k++)
			if (addr_equal(&bridge->addr[k], &attach->gateway[i]))
				tell_neighbour(b, ns, eth, &attach->gateway[i], mac);
	}
}

static void put_ways(struct buf *b, const char *ns, const struct net_attach *attach, const struct net_extra *extra)
{
	for (uint32_t i = 0; i < extra->route_count; i++)
		if (extra->routes[i].eth == attach->number)
			tell_route_on(b, ns, "replace", net_eth(attach), &extra->routes[i], RTPROT_STATIC);
	for (uint32_t i = 0; i < extra->neighbour_count; i++)
		if (extra->neighbours[i].eth == attach->number)
			tell_neighbour(b, ns, net_eth(attach), &extra->neighbours[i].addr, extra->neighbours[i].mac);
}

static void put_extra(struct buf *b, const char *ns, const struct net_attach *attach, const struct net_extra *extra)
{
	for (uint32_t i = 0; i < extra->sysctl_count; i++)
		tell_sysctl(b, ns, extra->texts + extra->sysctls[i].path_at, extra->texts + extra->sysctls[i].value_at);
	put_ways(b, ns, attach, extra);
	if (extra->out_bps)
		put_rate(b, ns, NET_ETH0, extra->out_bps, rate_mtu(attach, extra));
}

static void put_place(struct buf *b, const char *port, const uint8_t *mac)
{
	buf_str(b, "bridge fdb replace ");
	text_put_mac(b, mac);
	tell_name(b, "dev", port);
	buf_str(b, " master static\n");
}

static void put_outside(struct buf *b, const struct net_attach *attach, const struct net_bridge *bridge,
			const struct net_extra *extra)
{
	uint8_t mac[NET_MAC];

	mac_of_attach(attach, mac);
	if (bridge->near)
		put_place(b, attach->peer, mac);
	if (bridge->near && attach->shard)
		put_place(b, extra->shards[attach->shard - 1].up, mac);
	for (unsigned i = 0; i < NET_ADDRS && attach->addr[i].family; i++)
		tell_neighbour(b, NULL, bridge->name, &attach->addr[i], mac);
	if (extra->in_bps)
		put_rate(b, NULL, attach->peer, extra->in_bps, rate_mtu(attach, extra));
}

/* eth1 and so on. */
static void put_also(struct buf *b, const char *ns, const struct net_attach *attach, const struct net_extra *extra)
{
	const struct net_bridge *bridge = &extra->bridges[attach->bridge];

	put_pair(b, ns, attach, bridge, extra, bridge->mtu);
	put_inside(b, ns, attach, bridge);
	put_ways(b, ns, attach, extra);
	put_outside(b, attach, bridge, &(struct net_extra){ .shards = extra->shards });
}

void tell_attach(struct buf *b, const char *ns, const struct net_attach *attach, const struct net_bridge *bridge,
		 const struct net_extra *extra)
{
	buf_str(b, "ip");
	tell_name(b, "netns add", ns);
	buf_char(b, '\n');
	if (bridge)
		put_pair(b, ns, attach, bridge, extra, pair_mtu(bridge, extra));
	else if (attach->flags & NET_ON_LINK)
		put_on_link(b, ns, attach, extra->mtu);
	tell_set(b, ns, "lo", "up");
	if (net_has_eth0(attach))
		put_inside(b, ns, attach, bridge);
	put_extra(b, ns, attach, extra);
	if (bridge)
		put_outside(b, attach, bridge, extra);
	for (uint32_t i = 0; i < extra->also_count; i++)
		put_also(b, ns, &extra->also[i], extra);
}

void tell_connect(struct buf *b, const struct net_attach *attach)
{
	tell_quiet(b, NULL, attach->peer);
	tell_set(b, NULL, attach->peer, attach->flags & NET_ALONE ? "up type bridge_slave guard on isolated on" :
		 "up type bridge_slave guard on");
}
