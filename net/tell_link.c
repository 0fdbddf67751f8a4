/* Links of minit's own network, as lines of ip(8). */
#include <string.h>
#include <sys/socket.h>

#include "net/tell_put.h"

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

static bool is_multicast(const struct addr *a)
{
	return a->family == AF_INET ? a->bytes[0] >> 4 == 14 : a->bytes[0] == 0xff;
}

static void put_vxlan(struct buf *b, const struct net_link *link)
{
	buf_fmt(b, " id %u dstport %u", link->id, link->port ? link->port : NET_VXLAN_PORT);
	tell_addr(b, is_multicast(&link->remote) ? "group" : "remote", &link->remote, false);
	tell_addr(b, "local", &link->local, false);
	tell_name(b, "dev", link->parent);
}

static void put_new_link(struct buf *b, const struct net_link *link)
{
	buf_str(b, "ip");
	tell_name(b, "link add name", link->name);
	if (link->kind != NET_KIND_VXLAN)
		tell_name(b, "link", link->parent);
	if (link->flags & NET_LINK_MAC)
		tell_mac(b, "address", link->mac);
	buf_fmt(b, " type %s", net_kind_name(link->kind));
	tell_option(b, link->kind == NET_KIND_VLAN, "id", link->id);
	if (link->kind == NET_KIND_VXLAN)
		put_vxlan(b, link);
	if (link->flags & NET_LINK_MODE)
		put_mode(b, link);
	buf_char(b, '\n');
	tell_set(b, NULL, link->name, "alias " LINK_MARK);
}

/* Which device it is only the machine knows: there it is renamed while it is down. */
static void put_device(struct buf *b, const struct net_link *link)
{
	if (!link->match[0])
		return;
	buf_str(b, "# the first device whose name or MAC matches ");
	tell_comment(b, link->match);
	buf_fmt(b, ", unless one is called %s:\n", link->name);
	tell_set(b, NULL, link->match, "down");
	buf_str(b, "ip");
	tell_name(b, "link set dev", link->match);
	tell_name(b, "name", link->name);
	buf_char(b, '\n');
}

static void put_settings(struct buf *b, const struct net_link *link)
{
	BUF_ON_STACK(what, 128);

	tell_mtu(&what, link->mtu);
	if (link->flags & NET_LINK_MAC && link->kind == NET_KIND_DEVICE)
		tell_mac(&what, "address", link->mac);
	tell_name(&what, "master", link->master);
	if (link->flags & NET_LINK_BONDED)
		tell_set(b, NULL, link->name, "down");
	if (what.len)
		tell_set(b, NULL, link->name, buf_text(&what) + 1);
	if (!(link->flags & NET_LINK_DOWN))
		tell_set(b, NULL, link->name, "up");
}

void tell_link(struct buf *b, const struct net_link *link, const struct net_route *routes)
{
	bool up = !(link->flags & NET_LINK_DOWN);

	if (link->kind == NET_KIND_DEVICE)
		put_device(b, link);
	else
		put_new_link(b, link);
	put_settings(b, link);
	tell_addrs(b, NULL, link->name, link->addr);
	for (size_t i = 0; i < ARRAY_LEN(link->gateway) && up; i++)
		tell_gateway(b, NULL, "replace", link->name, &link->gateway[i], link->addr,
			     link->metric);
	for (uint32_t i = 0; i < link->routes && up; i++)
		tell_route_on(b, NULL, "replace", link->name, &routes[link->first + i],
			      net_route_protocol(link, &routes[link->first + i]));
	if (link->flags & NET_LINK_DHCP)
		buf_fmt(b, "# address, routes and name servers of its lease come from service.dhcp-%s\n", link->name);
	if (link->flags & NET_LINK_DHCP6)
		buf_fmt(b, "# address and name servers of its lease by DHCPv6 come from service.dhcp6-%s\n",
			link->name);
	if (link->kind == NET_KIND_WIREGUARD)
		buf_fmt(b, "# its keys and peers come from service.wg-%s\n", link->name);
}
