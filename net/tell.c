#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "net/requests.h"

/* -- words ------------------------------------------------------------------------------------------------------- */

static bool is_plain(const char *text)
{
	for (const char *p = text; *p; p++)
		if (!(*p >= 'a' && *p <= 'z') && !(*p >= 'A' && *p <= 'Z') && !(*p >= '0' && *p <= '9') &&
		    !strchr("._-:/=,+@%", *p))
			return false;
	return *text;
}

/* One word for a shell. */
static void put_word(struct buf *b, const char *text)
{
	if (is_plain(text)) {
		buf_str(b, text);
		return;
	}
	buf_char(b, '\'');
	for (; *text; text++)
		if (*text == '\'')
			buf_str(b, "'\\''");
		else
			buf_char(b, *text);
	buf_char(b, '\'');
}

static void put_mac(struct buf *b, const char *word, const uint8_t *mac)
{
	buf_fmt(b, " %s ", word);
	text_put_mac(b, mac);
}

static void put_mtu(struct buf *b, uint32_t mtu)
{
	if (mtu)
		buf_fmt(b, " mtu %u", mtu);
}

static void put_both(struct buf *b, uint32_t mtu)
{
	buf_str(b, " numtxqueues 1 numrxqueues 1");
	put_mtu(b, mtu);
}

static void put_option(struct buf *b, bool given, const char *word, uint32_t value)
{
	if (given)
		buf_fmt(b, " %s %u", word, value);
}

/* "ip" or "ip -n NS" */
static void begin(struct buf *b, const char *program, const char *ns)
{
	buf_str(b, program);
	if (!ns)
		return;
	buf_str(b, " -n ");
	put_word(b, ns);
}

static void put_set(struct buf *b, const char *ns, const char *ifname, const char *what)
{
	begin(b, "ip", ns);
	buf_str(b, " link set dev ");
	put_word(b, ifname);
	buf_fmt(b, " %s\n", what);
}

/* No IPv6 link-local address: the request that sets it up comes behind it, as the kernel makes one then. */
static void put_quiet(struct buf *b, const char *ns, const char *ifname)
{
	put_set(b, ns, ifname, "addrgenmode none");
}

/* -- addresses, routes, neighbours ------------------------------------------------------------------------------- */

static void put_addrs(struct buf *b, const char *ns, const char *ifname, const struct addr *list)
{
	for (unsigned i = 0; i < NET_ADDRS && list[i].family; i++) {
		begin(b, "ip", ns);
		buf_str(b, " address replace ");
		text_put_addr(b, &list[i], true);
		if (list[i].family == AF_INET && list[i].prefix < 31)
			buf_str(b, " broadcast +");
		buf_str(b, " dev ");
		put_word(b, ifname);
		buf_str(b, list[i].family == AF_INET6 ? " nodad\n" : "\n");
	}
}

void tell_route(struct buf *b, const struct net_route *route)
{
#define REFUSAL(word, NAME) \
	if (route->type == RTN_##NAME) \
		buf_str(b, #word " ");
#include "net/refusals.def"
#undef REFUSAL
	if (route->to.prefix)
		text_put_addr(b, &route->to, true);
	else
		buf_str(b, "default");
	if (route->via.family) {
		buf_str(b, " via ");
		text_put_addr(b, &route->via, false);
	}
	put_option(b, route->metric, "metric", route->metric);
	put_option(b, route->table, "table", route->table);
}

/* One that leads nowhere is on no link. */
static void put_route(struct buf *b, const char *ns, const char *how, const char *ifname, const struct net_route *route)
{
	begin(b, "ip", ns);
	buf_fmt(b, "%s route %s ", route->to.family == AF_INET6 ? " -6" : "", how);
	tell_route(b, route);
	if (route->type == RTN_UNICAST) {
		buf_str(b, " dev ");
		put_word(b, ifname);
	}
	buf_str(b, " proto static\n");
}

static void put_gateway(struct buf *b, const char *ns, const char *how, const char *ifname, const struct addr *via,
			uint32_t metric)
{
	struct net_route route = { .to.family = via->family, .via = *via, .metric = metric,
				   .type = RTN_UNICAST };

	if (via->family)
		put_route(b, ns, how, ifname, &route);
}

static void put_neighbour(struct buf *b, const char *ns, const char *ifname, const struct addr *addr,
			  const uint8_t *mac)
{
	begin(b, "ip", ns);
	buf_str(b, " neighbour replace ");
	text_put_addr(b, addr, false);
	put_mac(b, "lladdr", mac);
	buf_str(b, " dev ");
	put_word(b, ifname);
	buf_str(b, " nud permanent\n");
}

static void put_rate(struct buf *b, const char *ns, const char *ifname, uint64_t bps)
{
	struct rate_bucket bucket = rate_bucket(bps);

	begin(b, "tc", ns);
	buf_fmt(b, " qdisc replace dev %s root handle 1: tbf rate %lubit burst %ub limit %ub\n", ifname,
		(unsigned long)bps, bucket.burst, bucket.limit);
}

/* -- minit's own network ----------------------------------------------------------------------------------------- */

void tell_loopback(struct buf *b)
{
	put_set(b, NULL, "lo", "up");
}

/* Times in 1/100 s, as ip-link(8) takes them. */
static void put_bridge_options(struct buf *b, const struct net_bridge *bridge)
{
	put_option(b, bridge->asked & NET_ASKED_FORWARD_DELAY, "forward_delay", bridge->forward_delay_ms / 10);
	put_option(b, bridge->asked & NET_ASKED_AGEING, "ageing_time", bridge->ageing_ms / 10);
	put_option(b, bridge->asked & NET_ASKED_STP, "stp_state", bridge->stp);
	put_option(b, bridge->asked & NET_ASKED_PRIORITY, "priority", bridge->priority);
	put_option(b, bridge->asked & NET_ASKED_VLAN_FILTERING, "vlan_filtering", bridge->vlan_filtering);
}

void tell_bridge(struct buf *b, const struct net_bridge *bridge)
{
	uint8_t mac[NET_MAC];

	mac_of_bridge(bridge, mac);
	buf_str(b, "ip link add name ");
	put_word(b, bridge->name);
	put_mac(b, "address", mac);
	put_mtu(b, bridge->mtu);
	buf_str(b, " type bridge");
	put_bridge_options(b, bridge);
	buf_char(b, '\n');
	put_set(b, NULL, bridge->name, "alias " LINK_MARK);
	put_quiet(b, NULL, bridge->name);
	put_set(b, NULL, bridge->name, "up");
	put_addrs(b, NULL, bridge->name, bridge->addr);
}

/* One that filters VLANs only because it was found so has shards that do the same: that is not known here. */
void tell_shard(struct buf *b, const struct net_bridge *bridge, const struct net_shard *shard)
{
	struct net_bridge own = shard_bridge(bridge, shard, bridge->vlan_filtering);
	uint8_t mac[NET_MAC];

	mac_of_bridge(&own, mac);
	buf_fmt(b, "ip link add name %s", shard->name);
	put_mac(b, "address", mac);
	buf_str(b, " type bridge");
	put_bridge_options(b, &own);
	buf_char(b, '\n');
	put_set(b, NULL, shard->name, "alias " LINK_MARK);
	put_quiet(b, NULL, shard->name);
	put_set(b, NULL, shard->name, "up arp off");
	buf_fmt(b, "ip link add name %s", shard->up);
	put_both(b, bridge->mtu);
	buf_str(b, " master ");
	put_word(b, bridge->name);
	buf_fmt(b, " type veth peer name %s", shard->down);
	put_both(b, bridge->mtu);
	buf_char(b, '\n');
	put_set(b, NULL, shard->up, "alias " LINK_MARK);
	put_quiet(b, NULL, shard->down);
	buf_fmt(b, "ip link set dev %s up master %s\n", shard->down, shard->name);
	put_quiet(b, NULL, shard->up);
	put_set(b, NULL, shard->up, shard->alone ? "up type bridge_slave isolated on" : "up");
}

/* The word of the table for what the kernel has. */
static void put_mode(struct buf *b, const struct net_link *link)
{
	const char *words = net_kind_modes(link->kind);

	for (unsigned i = 0; *words; i++) {
		size_t len = strcspn(words, "|");

		if (net_kind_mode(link->kind, i) == link->mode)
			buf_fmt(b, " mode %.*s", (int)len, words);
		words += len + (words[len] == '|');
	}
}

static void put_end(struct buf *b, const char *word, const struct addr *a)
{
	if (!a->family)
		return;
	buf_fmt(b, " %s ", word);
	text_put_addr(b, a, false);
}

static bool is_multicast(const struct addr *a)
{
	return a->family == AF_INET ? a->bytes[0] >> 4 == 14 : a->bytes[0] == 0xff;
}

static void put_vxlan(struct buf *b, const struct net_link *link)
{
	buf_fmt(b, " id %u dstport %u", link->id, link->port ? link->port : 4789);
	put_end(b, is_multicast(&link->remote) ? "group" : "remote", &link->remote);
	put_end(b, "local", &link->local);
	if (link->parent[0])
		buf_str(b, " dev ");
	if (link->parent[0])
		put_word(b, link->parent);
}

static void put_new_link(struct buf *b, const struct net_link *link)
{
	buf_str(b, "ip link add name ");
	put_word(b, link->name);
	if (link->parent[0] && link->kind != NET_KIND_VXLAN) {
		buf_str(b, " link ");
		put_word(b, link->parent);
	}
	if (link->flags & NET_LINK_MAC)
		put_mac(b, "address", link->mac);
	buf_fmt(b, " type %s", net_kind_name(link->kind));
	put_option(b, link->kind == NET_KIND_VLAN, "id", link->id);
	if (link->kind == NET_KIND_VXLAN)
		put_vxlan(b, link);
	if (link->flags & NET_LINK_MODE)
		put_mode(b, link);
	buf_char(b, '\n');
	put_set(b, NULL, link->name, "alias " LINK_MARK);
}

/* Which device it is only the machine knows: there it is renamed while it is down. */
static void put_device(struct buf *b, const struct net_link *link)
{
	if (!link->match[0])
		return;
	buf_fmt(b, "# the first device whose name or MAC matches %s, unless one is called %s:\n", link->match,
		link->name);
	put_set(b, NULL, link->match, "down");
	buf_str(b, "ip link set dev ");
	put_word(b, link->match);
	buf_fmt(b, " name %s\n", link->name);
}

static void put_settings(struct buf *b, const struct net_link *link)
{
	BUF_ON_STACK(what, 128);

	put_mtu(&what, link->mtu);
	if (link->flags & NET_LINK_MAC && link->kind == NET_KIND_DEVICE)
		put_mac(&what, "address", link->mac);
	if (link->master[0]) {
		buf_str(&what, " master ");
		put_word(&what, link->master);
	}
	if (link->flags & NET_LINK_BONDED)
		put_set(b, NULL, link->name, "down");
	if (what.len)
		put_set(b, NULL, link->name, buf_text(&what) + 1);
	if (!(link->flags & NET_LINK_DOWN))
		put_set(b, NULL, link->name, "up");
}

void tell_link(struct buf *b, const struct net_link *link, const struct net_route *routes)
{
	bool up = !(link->flags & NET_LINK_DOWN);

	if (link->kind == NET_KIND_DEVICE)
		put_device(b, link);
	else
		put_new_link(b, link);
	put_settings(b, link);
	put_addrs(b, NULL, link->name, link->addr);
	for (size_t i = 0; i < ARRAY_LEN(link->gateway) && up; i++)
		put_gateway(b, NULL, "replace", link->name, &link->gateway[i], link->metric);
	for (uint32_t i = 0; i < link->routes && up; i++)
		put_route(b, NULL, "replace", link->name, &routes[link->first + i]);
	if (link->flags & NET_LINK_DHCP)
		buf_fmt(b, "# address, routes and name servers of its lease come from service.dhcp-%s\n", link->name);
	if (link->flags & NET_LINK_DHCP6)
		buf_fmt(b, "# address and name servers of its lease by DHCPv6 come from service.dhcp6-%s\n",
			link->name);
	if (link->kind == NET_KIND_WIREGUARD)
		buf_fmt(b, "# its keys and peers come from service.wg-%s\n", link->name);
}

static void put_net(struct buf *b, const char *word, const struct addr *net)
{
	if (!net->family)
		return;
	buf_fmt(b, " %s ", word);
	text_put_addr(b, net, true);
}

static void put_selector(struct buf *b, const char *word, const char *ifname)
{
	if (!*ifname)
		return;
	buf_fmt(b, " %s ", word);
	put_word(b, ifname);
}

static void put_action(struct buf *b, const struct net_iprule *rule)
{
	if (rule->table)
		buf_fmt(b, " table %u", rule->table);
#define REFUSAL(word, NAME) \
	else if (rule->action == FR_ACT_##NAME) \
		buf_str(b, " " #word);
#include "net/refusals.def"
#undef REFUSAL
}

static void put_iprule(struct buf *b, const struct net_iprule *rule, uint8_t family)
{
	buf_fmt(b, "ip%s rule add%s priority %u", family == AF_INET6 ? " -6" : "", rule->inverted ? " not" : "",
		rule->priority);
	put_net(b, "from", &rule->from);
	put_net(b, "to", &rule->to);
	put_selector(b, "iif", rule->iif);
	put_selector(b, "oif", rule->oif);
	if (rule->fwmask)
		buf_fmt(b, " fwmark 0x%x/0x%x", rule->fwmark, rule->fwmask);
	put_action(b, rule);
	buf_fmt(b, " protocol %u\n", IPRULE_PROTOCOL);
}

/* In both families when it names none. */
void tell_iprule(struct buf *b, const struct net_iprule *rule)
{
	uint8_t family = rule->from.family ? rule->from.family : rule->to.family;

	if (family != AF_INET6)
		put_iprule(b, rule, AF_INET);
	if (family != AF_INET)
		put_iprule(b, rule, AF_INET6);
}

/* -- the network of a service ------------------------------------------------------------------------------------ */

static void put_pair(struct buf *b, const char *ns, const struct net_attach *attach, const struct net_bridge *bridge,
		     const struct net_extra *extra, uint32_t mtu)
{
	uint8_t mac[NET_MAC];

	mac_of_attach(attach, mac);
	buf_fmt(b, "ip link add name %s", attach->peer);
	put_both(b, mtu);
	buf_str(b, " master ");
	put_word(b, attach->shard ? extra->shards[attach->shard - 1].name : bridge->name);
	buf_fmt(b, " type veth peer name %s", net_eth(attach));
	put_mac(b, "address", mac);
	put_both(b, mtu);
	buf_str(b, " netns ");
	put_word(b, ns);
	buf_char(b, '\n');
}

static void put_on_link(struct buf *b, const char *ns, const struct net_attach *attach, uint32_t mtu)
{
	bool is_macvlan = attach->flags & NET_MACVLAN;
	uint8_t mac[NET_MAC];

	buf_str(b, "ip link add name " NET_ETH0 " link ");
	put_word(b, attach->peer);
	mac_of_attach(attach, mac);
	if (mac_is_chosen(attach))
		put_mac(b, "address", mac);
	put_mtu(b, mtu);
	buf_str(b, " netns ");
	put_word(b, ns);
	buf_str(b, is_macvlan ? " type macvlan mode bridge\n" : " type ipvlan mode l2\n");
}

static void put_inside(struct buf *b, const char *ns, const struct net_attach *attach, const struct net_bridge *bridge)
{
	const char *eth = net_eth(attach);
	uint8_t mac[NET_MAC];

	if (bridge) {
		put_quiet(b, ns, eth);
		mac_of_bridge(bridge, mac);
	}
	put_set(b, ns, eth, "up");
	put_addrs(b, ns, eth, attach->addr);
	for (size_t i = 0; i < ARRAY_LEN(attach->gateway); i++) {
		put_gateway(b, ns, "add", eth, &attach->gateway[i], 0);
		for (size_t k = 0; bridge && k < NET_ADDRS && bridge->addr[k].family; k++)
			if (addr_equal(&bridge->addr[k], &attach->gateway[i]))
				put_neighbour(b, ns, eth, &attach->gateway[i], mac);
	}
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
		put_word(b, ns);
		buf_char(b, ' ');
	}
	buf_str(b, "sysctl -q -w ");
	put_word(b, buf_text(&setting));
	buf_char(b, '\n');
}

static void put_extra(struct buf *b, const char *ns, const struct net_extra *extra)
{
	for (uint32_t i = 0; i < extra->sysctl_count; i++)
		tell_sysctl(b, ns, extra->texts + extra->sysctls[i].path_at, extra->texts + extra->sysctls[i].value_at);
	for (uint32_t i = 0; i < extra->route_count; i++)
		put_route(b, ns, "replace", NET_ETH0, &extra->routes[i]);
	for (uint32_t i = 0; i < extra->neighbour_count; i++)
		put_neighbour(b, ns, NET_ETH0, &extra->neighbours[i].addr, extra->neighbours[i].mac);
	if (extra->out_bps)
		put_rate(b, ns, NET_ETH0, extra->out_bps);
}

static void put_place(struct buf *b, const char *port, const uint8_t *mac)
{
	buf_str(b, "bridge fdb replace ");
	text_put_mac(b, mac);
	buf_str(b, " dev ");
	put_word(b, port);
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
		put_neighbour(b, NULL, bridge->name, &attach->addr[i], mac);
	if (extra->in_bps)
		put_rate(b, NULL, attach->peer, extra->in_bps);
}

/* eth1 and so on. */
static void put_also(struct buf *b, const char *ns, const struct net_attach *attach, const struct net_extra *extra)
{
	const struct net_bridge *bridge = &extra->bridges[attach->bridge];

	put_pair(b, ns, attach, bridge, extra, bridge->mtu);
	put_inside(b, ns, attach, bridge);
	put_outside(b, attach, bridge, &(struct net_extra){ .shards = extra->shards });
}

void tell_attach(struct buf *b, const char *ns, const struct net_attach *attach, const struct net_bridge *bridge,
		 const struct net_extra *extra)
{
	buf_str(b, "ip netns add ");
	put_word(b, ns);
	buf_char(b, '\n');
	if (bridge)
		put_pair(b, ns, attach, bridge, extra, extra->mtu ? extra->mtu : bridge->mtu);
	else if (attach->flags & NET_ON_LINK)
		put_on_link(b, ns, attach, extra->mtu);
	put_set(b, ns, "lo", "up");
	if (net_has_eth0(attach))
		put_inside(b, ns, attach, bridge);
	put_extra(b, ns, extra);
	if (bridge)
		put_outside(b, attach, bridge, extra);
	for (uint32_t i = 0; i < extra->also_count; i++)
		put_also(b, ns, &extra->also[i], extra);
}

void tell_connect(struct buf *b, const struct net_attach *attach)
{
	put_quiet(b, NULL, attach->peer);
	put_set(b, NULL, attach->peer, attach->flags & NET_ALONE ? "up type bridge_slave isolated on" : "up");
}
