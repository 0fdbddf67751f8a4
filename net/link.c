#include <errno.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
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

void link_down(struct netlink_batch *b, const char *name)
{
	const struct netlink_request request = { .type = RTM_NEWLINK, .step = NET_LINK_SET, .name = name };
	const struct ifinfomsg down = { .ifi_change = IFF_UP };

	netlink_begin(b, &request);
	netlink_raw(b, &down, sizeof(down));
	netlink_put_text(b, IFLA_IFNAME, name);
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

void link_mark(struct netlink_batch *b, const char *name, unsigned place)
{
	BUF_ON_STACK(mark, 8);

	mark_put(&mark, place);
	begin(b, RTM_NEWLINK, NET_LINK_SET, name);
	netlink_put(b, IFLA_IFALIAS, mark.data, mark.len);
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

void link_put_port(struct netlink_batch *b, unsigned flags)
{
	size_t info = netlink_nest(b, IFLA_LINKINFO), data;

	netlink_put_text(b, IFLA_INFO_SLAVE_KIND, "bridge");
	data = netlink_nest(b, IFLA_INFO_SLAVE_DATA);
	if (flags & LINK_HAIRPIN)
		netlink_put_u8(b, IFLA_BRPORT_MODE, 1);
	if (flags & LINK_GUARD)
		netlink_put_u8(b, IFLA_BRPORT_GUARD, 1);
	if (flags & LINK_ALONE)
		netlink_put_u8(b, IFLA_BRPORT_ISOLATED, 1); /* Linux 4.18 */
	netlink_nest_end(b, data);
	netlink_nest_end(b, info);
}

static uint8_t u8_in(struct netlink_bytes got)
{
	return got.len == 1 ? (uint8_t)got.data[0] : 0;
}

static uint32_t u32_in(struct netlink_bytes got, uint32_t otherwise)
{
	uint32_t value = otherwise;

	if (got.len == sizeof(value))
		memcpy(&value, got.data, sizeof(value));
	return value;
}

/* What fits of it and a NUL, in a place that is all zeros. */
static void take_text(struct netlink_bytes got, char *ret, size_t size)
{
	if (got.len)
		memcpy(ret, got.data, strnlen(got.data, MIN(got.len, size - 1)));
}

static uint8_t u8_of(struct netlink_bytes attrs, uint16_t attr)
{
	struct netlink_bytes got;

	return netlink_find(attrs, attr, &got) ? u8_in(got) : 0;
}

/* Where there is none at all (no IPv6 in the kernel, an MTU below 1280), there are no settings of it either. */
static bool has_ipv6(struct netlink_bytes families)
{
	struct netlink_bytes inet6, settings;
	int32_t off;

	if (!netlink_find(families, AF_INET6, &inet6) || !netlink_find(inet6, IFLA_INET6_CONF, &settings) ||
	    settings.len < (DEVCONF_DISABLE_IPV6 + 1) * sizeof(off))
		return false;
	memcpy(&off, settings.data + DEVCONF_DISABLE_IPV6 * sizeof(off), sizeof(off));
	return !off;
}

static void take_kind(struct netlink_bytes linkinfo, struct netlink_bytes families, struct link_info *info)
{
	struct netlink_bytes kind;

	if (!netlink_find(linkinfo, IFLA_INFO_KIND, &kind))
		return;
	take_text(kind, info->kind, sizeof(info->kind));
	if (strcmp(info->kind, "bridge") != 0)
		return;
	info->ipv6 = has_ipv6(families);
	if (netlink_find(linkinfo, IFLA_INFO_DATA, &kind))
		info->filters = u8_of(kind, IFLA_BR_VLAN_FILTERING);
}

/* An event of the bridge has it in PROTINFO, a look-up and an event of the link in what it says of its master. */
static void take_port(struct netlink_bytes protinfo, struct netlink_bytes linkinfo, struct link_info *info)
{
	struct netlink_bytes port = protinfo;

	if (!port.data && !netlink_find(linkinfo, IFLA_INFO_SLAVE_DATA, &port))
		return;
	info->port_state = u8_of(port, IFLA_BRPORT_STATE);
	info->port_alone = u8_of(port, IFLA_BRPORT_ISOLATED);
}

int link_take(struct netlink_bytes body, struct link_info *ret)
{
	struct netlink_bytes got[IFLA_LINK_NETNSID + 1];
	struct link_info info = { .nsid = -1 };
	struct ifinfomsg ifi;

	if (body.len < sizeof(ifi))
		return -EPROTO;
	memcpy(&ifi, body.data, sizeof(ifi));
	netlink_find_all(netlink_behind(body, sizeof(ifi)), got, ARRAY_LEN(got));
	info.index = (uint32_t)ifi.ifi_index;
	info.flags = ifi.ifi_flags;
	if (got[IFLA_ADDRESS].len == sizeof(info.mac))
		memcpy(info.mac, got[IFLA_ADDRESS].data, sizeof(info.mac));
	take_text(got[IFLA_IFNAME], info.name, sizeof(info.name));
	take_text(got[IFLA_IFALIAS], info.alias, sizeof(info.alias));
	info.master = u32_in(got[IFLA_MASTER], 0);
	info.group = u32_in(got[IFLA_GROUP], 0);
	info.carriers = u32_in(got[IFLA_CARRIER_CHANGES], 0);
	info.nsid = (int)u32_in(got[IFLA_LINK_NETNSID], UINT32_MAX);
	/* Up to a second until the link watch has looked, one that is new is IFF_RUNNING all the same. */
	if (got[IFLA_CARRIER].len && !u8_in(got[IFLA_CARRIER]))
		info.flags &= ~(uint32_t)IFF_RUNNING;
	info.operstate = u8_in(got[IFLA_OPERSTATE]);
	take_port(got[IFLA_PROTINFO], got[IFLA_LINKINFO], &info);
	take_kind(got[IFLA_LINKINFO], got[IFLA_AF_SPEC], &info);
	*ret = info;
	return 0;
}

static int take_answers(const struct netlink_batch *b, struct link_info *ret)
{
	struct netlink_answer a;
	int n, err = -EPROTO; /* until a link has been seen */

	netlink_await(&a);
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

/*
 * By an old call, which makes no list of all that a link is and waits for no lock. Only of a link
 * that minit has made: if somebody has taken it away since, the kernel runs modprobe for its name before it says so.
 */
int link_index(struct netlink *nl, const char *name, uint32_t *ret)
{
	struct ifreq request = { .ifr_ifindex = 0 };
	struct link_info info = { 0 };
	int err;

	memcpy(request.ifr_name, name, strnlen(name, NET_IFNAME - 1));
	if (ioctl(nl->fd, SIOCGIFINDEX, &request) == 0) {
		*ret = (uint32_t)request.ifr_ifindex;
		return 0;
	}
	err = link_find(nl, name, &info);
	*ret = info.index;
	return err;
}

int link_find_failed(const char *object, const char *name, int err)
{
	return net_failed(object, &(struct netlink_request){ .step = NET_LINK_FIND, .name = name }, -err, "");
}
