/* What each kind of link is asked for by. */
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "net/requests.h"

/* How often a bond looks at the carrier of its ports. The kernel's default is never: then no other one takes over. */
#define BOND_LOOKS_MS 100

static void put_vlan(struct netlink_batch *b, const struct net_link *link)
{
	uint16_t id = (uint16_t)link->id;

	netlink_put(b, IFLA_VLAN_ID, &id, sizeof(id));
}

static void put_end(struct netlink_batch *b, const struct addr *a, uint16_t attr4, uint16_t attr6)
{
	if (a->family)
		netlink_put(b, a->family == AF_INET ? attr4 : attr6, a->bytes, addr_width(a));
}

/* The port in network order. */
static void put_vxlan(struct netlink_batch *b, const struct net_link *link)
{
	uint32_t port = link->port ? link->port : NET_VXLAN_PORT;
	uint8_t bytes[2] = { (uint8_t)(port >> 8), (uint8_t)port };

	netlink_put_u32(b, IFLA_VXLAN_ID, link->id);
	netlink_put(b, IFLA_VXLAN_PORT, bytes, sizeof(bytes));
	put_end(b, &link->remote, IFLA_VXLAN_GROUP, IFLA_VXLAN_GROUP6);
	put_end(b, &link->local, IFLA_VXLAN_LOCAL, IFLA_VXLAN_LOCAL6);
}

static void put_data(struct netlink_batch *b, const struct net_link *link, uint32_t parent)
{
	uint16_t mode = link->mode;

	if (link->kind == NET_KIND_BOND)
		netlink_put_u32(b, IFLA_BOND_MIIMON, BOND_LOOKS_MS);
	if (link->kind == NET_KIND_VLAN)
		put_vlan(b, link);
	else if (link->kind == NET_KIND_VXLAN)
		put_vxlan(b, link);
	if (link->kind == NET_KIND_VXLAN && parent)
		netlink_put_u32(b, IFLA_VXLAN_LINK, parent);
	if (!(link->flags & NET_LINK_MODE))
		return;
	if (link->kind == NET_KIND_MACVLAN)
		netlink_put_u32(b, IFLA_MACVLAN_MODE, mode);
	else if (link->kind == NET_KIND_IPVLAN)
		netlink_put(b, IFLA_IPVLAN_MODE, &mode, sizeof(mode));
	else if (link->kind == NET_KIND_BOND)
		netlink_put_u8(b, IFLA_BOND_MODE, link->mode);
}

void kind_put(struct netlink_batch *b, const struct net_link *link, uint32_t parent)
{
	size_t info, data;

	if (parent && link->kind != NET_KIND_VXLAN)
		netlink_put_u32(b, IFLA_LINK, parent);
	info = netlink_nest(b, IFLA_LINKINFO);
	netlink_put_text(b, IFLA_INFO_KIND, net_kind_name(link->kind));
	data = netlink_nest(b, IFLA_INFO_DATA);
	put_data(b, link, parent);
	netlink_nest_end(b, data);
	netlink_nest_end(b, info);
}
