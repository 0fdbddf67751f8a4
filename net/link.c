#include <errno.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "net/requests.h"

void link_begin(struct netlink_batch *b, const struct netlink_request *request, bool up)
{
	unsigned flags = up ? IFF_UP : 0;
	struct ifinfomsg ifi = { .ifi_flags = flags, .ifi_change = flags };

	netlink_begin(b, request);
	netlink_raw(b, &ifi, sizeof(ifi));
	netlink_put_text(b, IFLA_IFNAME, request->name);
}

static void begin(struct netlink_batch *b, uint16_t type, enum net_step step, const char *name)
{
	link_begin(b, &(struct netlink_request){ .type = type, .step = step, .name = name }, step == NET_LINK_UP);
}

void link_up(struct netlink_batch *b, const char *name)
{
	begin(b, RTM_NEWLINK, NET_LINK_UP, name);
}

/* A request of its own: in one that also sets the link up, the kernel does that first. */
void link_quiet(struct netlink_batch *b, const char *name)
{
	size_t spec, inet6;

	begin(b, RTM_NEWLINK, NET_LINK_QUIET, name);
	spec = netlink_nest(b, IFLA_AF_SPEC);
	inet6 = netlink_nest(b, AF_INET6);
	netlink_put_u8(b, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	netlink_nest_end(b, inet6);
	netlink_nest_end(b, spec);
}

void link_delete(struct netlink_batch *b, const char *name)
{
	begin(b, RTM_DELLINK, NET_LINK_DELETE, name);
}

void link_mark(struct netlink_batch *b, const char *name)
{
	begin(b, RTM_NEWLINK, NET_LINK_SET, name);
	netlink_put(b, IFLA_IFALIAS, LINK_MARK, sizeof(LINK_MARK) - 1);
}

/*
 * One queue each way is what the kernel gives the pair in the end, but unless
 * it is asked for, it makes one per processor, switches them off again, and
 * waits for two grace periods of RCU.
 */
void link_put_half(struct netlink_batch *b, uint32_t mtu)
{
	netlink_put_u32(b, IFLA_NUM_TX_QUEUES, 1);
	netlink_put_u32(b, IFLA_NUM_RX_QUEUES, 1);
	if (mtu)
		netlink_put_u32(b, IFLA_MTU, mtu);
}

void link_put_port(struct netlink_batch *b, bool hairpin, bool alone)
{
	size_t info = netlink_nest(b, IFLA_LINKINFO), data;

	netlink_put_text(b, IFLA_INFO_SLAVE_KIND, "bridge");
	data = netlink_nest(b, IFLA_INFO_SLAVE_DATA);
	if (hairpin)
		netlink_put_u8(b, IFLA_BRPORT_MODE, 1);
	if (alone)
		netlink_put_u8(b, IFLA_BRPORT_ISOLATED, 1); /* Linux 4.18 */
	netlink_nest_end(b, data);
	netlink_nest_end(b, info);
}

static uint8_t u8_in(struct netlink_bytes attrs, uint16_t attr)
{
	struct netlink_bytes got;

	return netlink_find(attrs, attr, &got) && got.len == 1 ? (uint8_t)got.data[0] : 0;
}

static void take_kind(struct netlink_bytes attrs, struct link_info *info)
{
	struct netlink_bytes linkinfo, kind;

	if (!netlink_find(attrs, IFLA_LINKINFO, &linkinfo) || !netlink_find(linkinfo, IFLA_INFO_KIND, &kind))
		return;
	memcpy(info->kind, kind.data, strnlen(kind.data, MIN(kind.len, sizeof(info->kind) - 1)));
	if (!strcmp(info->kind, "bridge") && netlink_find(linkinfo, IFLA_INFO_DATA, &kind))
		info->filters = u8_in(kind, IFLA_BR_VLAN_FILTERING);
}

/* An event of the bridge has it in PROTINFO, a look-up and an event of the link in what it says of its master. */
static void take_port(struct netlink_bytes attrs, struct link_info *info)
{
	struct netlink_bytes port;

	if (!netlink_find(attrs, IFLA_PROTINFO, &port) &&
	    !(netlink_find(attrs, IFLA_LINKINFO, &port) && netlink_find(port, IFLA_INFO_SLAVE_DATA, &port)))
		return;
	info->port_state = u8_in(port, IFLA_BRPORT_STATE);
	info->port_alone = u8_in(port, IFLA_BRPORT_ISOLATED);
}

int link_take(struct netlink_bytes body, struct link_info *ret)
{
	struct link_info info = { .nsid = -1 };
	struct netlink_bytes attrs, mac, name, nsid;
	struct ifinfomsg ifi;

	if (body.len < sizeof(ifi))
		return -EPROTO;
	memcpy(&ifi, body.data, sizeof(ifi));
	attrs = (struct netlink_bytes){ body.data + sizeof(ifi), body.len - sizeof(ifi) };
	info.index = (uint32_t)ifi.ifi_index;
	info.flags = ifi.ifi_flags;
	if (netlink_find(attrs, IFLA_ADDRESS, &mac) && mac.len == sizeof(info.mac))
		memcpy(info.mac, mac.data, sizeof(info.mac));
	if (netlink_find(attrs, IFLA_IFNAME, &name))
		memcpy(info.name, name.data, strnlen(name.data, MIN(name.len, sizeof(info.name) - 1)));
	if (netlink_find(attrs, IFLA_IFALIAS, &name))
		memcpy(info.alias, name.data, strnlen(name.data, MIN(name.len, sizeof(info.alias) - 1)));
	if (netlink_find(attrs, IFLA_MASTER, &nsid) && nsid.len == sizeof(info.master))
		memcpy(&info.master, nsid.data, sizeof(info.master));
	if (netlink_find(attrs, IFLA_LINK_NETNSID, &nsid) && nsid.len == sizeof(info.nsid))
		memcpy(&info.nsid, nsid.data, sizeof(info.nsid));
	info.operstate = u8_in(attrs, IFLA_OPERSTATE);
	take_port(attrs, &info);
	take_kind(attrs, &info);
	*ret = info;
	return 0;
}

static int take_answers(const struct netlink_batch *b, struct link_info *ret)
{
	struct netlink_answer a = { 0 };
	int n, err = -EPROTO; /* until a link has been seen */

	while ((n = netlink_next(b, &a)) > 0) {
		if (a.err)
			err = -a.err;
		else if (a.body.len)
			err = link_take(a.body, ret);
	}
	return n < 0 ? n : err;
}

int link_find_in(struct netlink *nl, int nsid, const char *name, struct link_info *ret)
{
	struct netlink_batch b;
	char mem[128];
	int err;

	netlink_start(&b, nl, mem, sizeof(mem));
	begin(&b, RTM_GETLINK, NET_LINK_FIND, name);
	netlink_put_u32(&b, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (nsid >= 0)
		netlink_put_u32(&b, IFLA_TARGET_NETNSID, (uint32_t)nsid);
	err = netlink_send(&b);
	return err < 0 ? err : take_answers(&b, ret);
}

int link_find(struct netlink *nl, const char *name, struct link_info *ret)
{
	return link_find_in(nl, -1, name, ret);
}

int link_find_failed(const char *object, const char *name, int err)
{
	return net_failed(object, &(struct netlink_request){ .step = NET_LINK_FIND, .name = name }, -err, "");
}
