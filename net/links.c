/* A link of minit's own network: found or made, named, configured. */
#include <errno.h>
#include <fnmatch.h>
#include <linux/filter.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/addr.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "net/requests.h"

/* -- which device -------------------------------------------------------------------------------------------------- */

/* Whether its match is one of a MAC: no name has a colon. */
static bool is_by_mac(const struct net_link *link)
{
	return link->kind == NET_KIND_DEVICE && strchr(link->match, ':');
}

static bool matches(const struct net_link *link, const struct net_seen *seen)
{
	BUF_ON_STACK(mac, 24);

	text_put_mac(&mac, seen->mac);
	return link->kind == NET_KIND_DEVICE && link->match[0] &&
	       (!fnmatch(link->match, seen->name, 0) || !fnmatch(link->match, buf_text(&mac), 0));
}

/* A MAC that the table has given it, or the bond that it is a port of, is in the place of its own. */
static bool is_disguised(const struct net_link *link, const struct net_seen *seen)
{
	return (link->flags & NET_LINK_MAC && !memcmp(link->mac, seen->mac, NET_MAC)) ||
	       (link->flags & NET_LINK_BONDED && seen->master);
}

/* By a MAC it is not found by its name: that may be another's, as kernels number devices as they come. */
bool net_link_matches(const struct net_link *link, const struct net_seen *seen)
{
	if (!strcmp(seen->name, link->name) && (!is_by_mac(link) || is_disguised(link, seen)))
		return true;
	return matches(link, seen);
}

static struct net_seen seen_of(const struct link_info *info)
{
	struct net_seen seen = { .up = info->flags & IFF_UP,
				 .works = info->flags & IFF_UP && info->flags & IFF_RUNNING,
				 .index = info->index, .master = info->master, .carriers = info->carriers };

	memcpy(seen.name, info->name, sizeof(seen.name));
	memcpy(seen.mac, info->mac, sizeof(seen.mac));
	return seen;
}

static bool is_another(const struct net_links *all, const struct net_link *link, const struct link_info *info)
{
	const struct net_seen seen = seen_of(info);

	for (uint32_t i = 0; i < all->count; i++) {
		const struct net_link *other = &all->list[i];

		if (other != link && !strcmp(other->name, info->name) && net_link_matches(other, &seen))
			return true;
	}
	return false;
}

/* Whether the table knows it by its MAC, and so calls it otherwise later. */
static bool is_known(const struct net_links *all, const struct link_info *info)
{
	const struct net_seen seen = seen_of(info);

	for (uint32_t i = 0; i < all->count; i++)
		if (is_by_mac(&all->list[i]) && matches(&all->list[i], &seen))
			return true;
	return false;
}

/*
 * A device that nobody has yet: loopback and what has a kind are made, a port is a bridge's (as the ends of services
 * are), and what was found for another link matches by its MAC still.
 */
static bool is_free(const struct net_links *all, const struct net_link *link, const struct link_info *info)
{
	if (info->flags & IFF_LOOPBACK || (info->kind[0] && strcmp(info->kind, "veth") != 0))
		return false;
	return !info->master && !is_another(all, link, info);
}

struct matching {
	const struct net_links *all;
	const struct net_link *link;
	struct link_info *ret;
	bool found;
};

/* The first one in the order of the kernel's numbers. */
static void try_link(void *context, struct netlink_bytes body)
{
	struct matching *m = context;
	struct link_info info;
	struct net_seen seen;

	if (m->found || link_take(body, &info) < 0)
		return;
	seen = seen_of(&info);
	if (!net_link_matches(m->link, &seen) || !is_free(m->all, m->link, &info))
		return;
	*m->ret = info;
	m->found = true;
}

static int match(struct netlink *nl, const struct net_links *all, const struct net_link *link, struct link_info *ret)
{
	struct matching m = { .all = all, .link = link, .ret = ret };
	int err = links_list(nl, try_link, &m);

	return err || m.found ? err : -ENODEV;
}

/* Only what is down can be renamed, before Linux 6.2. */
static int rename_to(struct net_session *s, const struct net_link *link, const struct link_info *info, const char *name)
{
	struct netlink_request down = { .type = RTM_NEWLINK, .step = NET_LINK_SET_DOWN, .name = name };
	struct netlink_request named = { .type = RTM_NEWLINK, .step = NET_LINK_NAME, .name = name };
	struct ifinfomsg ifi = { .ifi_index = (int)info->index, .ifi_change = IFF_UP };
	struct netlink_batch b;
	char mem[160];

	netlink_start(&b, &s->host, mem, sizeof(mem));
	netlink_begin(&b, &down);
	netlink_raw(&b, &ifi, sizeof(ifi));
	ifi.ifi_change = 0;
	netlink_begin(&b, &named);
	netlink_raw(&b, &ifi, sizeof(ifi));
	netlink_put_text(&b, IFLA_IFNAME, name);
	return net_run(s, link->name, &b);
}

/* Two may have each other's names: then one is called by its number for the moment. */
static int move_away(struct net_session *s, const struct net_links *all, const struct net_link *link,
		     const struct link_info *info)
{
	BUF_ON_STACK(name, NET_IFNAME);

	if (!is_known(all, info))
		return 0; /* that the name is taken, the kernel says */
	buf_fmt(&name, "mr%u", info->index);
	return rename_to(s, link, info, buf_text(&name));
}

static int find_device(struct net_session *s, const struct net_links *all, const struct net_link *link,
		       struct link_info *ret)
{
	struct link_info named = { 0 };
	int err = link_find(&s->host, link->name, &named);
	struct net_seen seen = seen_of(&named);
	bool taken = !err && link->match[0] && !net_link_matches(link, &seen);

	*ret = named;
	if ((err != -ENODEV && !taken) || !link->match[0])
		return err == -ENODEV || !err ? err : link_find_failed(link->name, link->name, err);
	err = match(&s->host, all, link, ret);
	if (err)
		return err == -ENODEV ? err : link_find_failed(link->name, link->match, err);
	err = taken ? move_away(s, all, link, &named) : 0;
	return err ? err : rename_to(s, link, ret, link->name);
}

/* -- what is made -------------------------------------------------------------------------------------------------- */

/* In one send, which the kernel works off as a whole: nothing of minit's is without its mark. */
static int create(struct net_session *s, const struct net_link *link, uint32_t parent, int quiet)
{
	struct netlink_request request = { .type = RTM_NEWLINK, .flags = NLM_F_CREATE | NLM_F_EXCL,
					   .step = NET_LINK_MAKE, .name = link->name };
	struct netlink_batch b;
	char mem[NET_BATCH];

	netlink_start(&b, &s->host, mem, sizeof(mem));
	link_begin(&b, &request, false);
	if (link->flags & NET_LINK_MAC)
		netlink_put(&b, IFLA_ADDRESS, link->mac, NET_MAC);
	kind_put(&b, link, parent);
	link_mark(&b, link->name, s->place);
	return net_try(s, link->name, &b, quiet);
}

/* Loading a kind's module may make some by itself: bond0, dummy0. */
static bool is_module_name(const struct net_link *link)
{
	const char *kind = net_kind_name(link->kind);
	size_t len = strlen(kind);

	return (link->kind == NET_KIND_BOND || link->kind == NET_KIND_DUMMY) && !strncmp(link->name, kind, len) &&
	       !link->name[len + strspn(link->name + len, "0123456789")];
}

/* Which are nobody's as long as they are as they came. */
static bool is_module_made(const struct net_link *link, const struct link_info *info)
{
	return is_module_name(link) && !info->alias[0] && !info->master && !(info->flags & IFF_UP);
}

/* One of a killed run is made anew, as it may be another one by now; one of somebody else's is left alone. */
static int clear(struct net_session *s, const struct net_link *link)
{
	struct link_info info;
	int err = link_find(&s->host, link->name, &info);

	if (err < 0)
		return err == -ENODEV ? 0 : link_find_failed(link->name, link->name, err);
	if (!strcmp(info.kind, net_kind_name(link->kind)) &&
	    (link_is_left(s, &info) || is_module_made(link, &info)))
		return net_remove(s, link->name);
	log_error(link->name, 0, "link %s: there is a link of this name already, a %s that %s; delete it "
		  "(ip link delete %s) or give this one another name", link->name, info.kind[0] ? info.kind : "device",
		  link_place(&info) < 0 ? "minit has not made" : "another minit here has made", link->name);
	return -EEXIST;
}

/* The first one of a kind may load its module, and so meet what that has made. */
static int make_anew(struct net_session *s, const struct net_link *link, uint32_t parent)
{
	bool again = is_module_name(link);
	int err = clear(s, link);

	if (err < 0)
		return err;
	err = create(s, link, parent, again ? EEXIST : 0);
	if (err != -EEXIST || !again)
		return err;
	err = clear(s, link);
	return err < 0 ? err : create(s, link, parent, 0);
}

/* The kernel does not set up a vlan upon what is down (ENETDOWN); the other kinds have carrier when that comes up. */
static bool is_too_early(const struct net_link *link, const struct link_info *parent)
{
	return link->kind == NET_KIND_VLAN && !(link->flags & NET_LINK_DOWN) && !(parent->flags & IFF_UP);
}

static int make(struct net_session *s, const struct net_link *link, struct link_info *ret)
{
	struct link_info parent = { 0 };
	int err = link->parent[0] ? link_find(&s->host, link->parent, &parent) : 0;

	if (err < 0)
		return err == -ENODEV ? err : link_find_failed(link->name, link->parent, err);
	if (is_too_early(link, &parent))
		return -ENETDOWN;
	err = make_anew(s, link, parent.index);
	if (!err && link_find(&s->host, link->name, ret) < 0)
		err = link_find_failed(link->name, link->name, -ENODEV);
	return err;
}

/* -- what it is to be ---------------------------------------------------------------------------------------------- */

/* A bond takes what is down, and has it up afterwards. */
static void put_settings(struct netlink_batch *b, const struct net_link *link, const struct link_info *info,
			 uint32_t master)
{
	struct netlink_request down = { .type = RTM_NEWLINK, .step = NET_LINK_SET_DOWN, .name = link->name };
	struct netlink_request set = { .type = RTM_NEWLINK, .step = NET_LINK_SET, .name = link->name };
	struct ifinfomsg ifi = { .ifi_index = (int)info->index, .ifi_change = IFF_UP };

	if (link->flags & NET_LINK_BONDED && info->master != master) {
		netlink_begin(b, &down);
		netlink_raw(b, &ifi, sizeof(ifi));
	}
	link_begin(b, &set, false);
	if (link->mtu)
		netlink_put_u32(b, IFLA_MTU, link->mtu);
	if (link->flags & NET_LINK_MAC && link->kind == NET_KIND_DEVICE)
		netlink_put(b, IFLA_ADDRESS, link->mac, NET_MAC);
	if (link->master[0] && info->master != master)
		netlink_put_u32(b, IFLA_MASTER, master);
	if (!(link->flags & NET_LINK_DOWN))
		link_up(b, link->name);
}

static void put_gateway(struct netlink_batch *b, const struct net_link *link, const struct addr *via, uint32_t index)
{
	const struct net_route route = route_of_gateway(link, via);

	route_put(b, &route, index, RTPROT_STATIC);
}

static bool is_leased(const struct net_link *link)
{
	return link->flags & (NET_LINK_DHCP | NET_LINK_DHCP6);
}

static int configure(struct net_session *s, const struct net_link *link, const struct link_info *info, uint32_t master)
{
	bool is_another = link->flags & NET_LINK_MAC && memcmp(link->mac, info->mac, NET_MAC) != 0;
	struct netlink_batch b;
	char mem[NET_BATCH];

	netlink_start(&b, &s->host, mem, sizeof(mem));
	put_settings(&b, link, info, master);
	addrs_add(&b, link->addr, info->index);
	for (size_t i = 0; i < ARRAY_LEN(link->gateway) && !(link->flags & NET_LINK_DOWN); i++)
		if (link->gateway[i].family && !is_leased(link))
			put_gateway(&b, link, &link->gateway[i], info->index);
	return announce_run(s, link->name, &b, is_another);
}

/* A gateway may be in a subnet that only a lease brings, with which it is tried again. */
static int add_route(struct net_session *s, const struct net_link *link, const struct net_route *route,
		     uint32_t index)
{
	int early = !is_leased(link) ? 0 : route->to.family == AF_INET ? ENETUNREACH : EHOSTUNREACH, err;
	struct netlink_batch b;
	char mem[160];

	netlink_start(&b, &s->host, mem, sizeof(mem));
	route_put(&b, route, index, net_route_protocol(link, route));
	err = net_try(s, link->name, &b, early);
	return early && err == -early ? 0 : err;
}

static int add_gateways(struct net_session *s, const struct net_link *link, uint32_t index)
{
	int err = 0;

	for (size_t i = 0; i < ARRAY_LEN(link->gateway) && !err && is_leased(link); i++) {
		const struct net_route route = route_of_gateway(link, &link->gateway[i]);

		if (route.via.family)
			err = add_route(s, link, &route, index);
	}
	return err;
}

/* Before anything is made or changed: each of that is an event, which would be a reason to try again. */
static int find_master(struct net_session *s, const struct net_link *link, uint32_t *ret)
{
	struct link_info master = { 0 };
	int err = link->master[0] ? link_find(&s->host, link->master, &master) : 0;

	if (err < 0)
		return err == -ENODEV ? err : link_find_failed(link->name, link->master, err);
	*ret = master.index;
	return 0;
}

static int set_up(struct net_session *s, const struct net_links *all, uint32_t index, const struct link_info *info,
		  uint32_t master)
{
	const struct net_link *link = &all->list[index];
	int err = configure(s, link, info, master);
	bool no_ipv6 = s->left_out;

	if (!err)
		err = add_gateways(s, link, info->index);
	for (uint32_t i = 0; i < link->routes && !err && !(link->flags & NET_LINK_DOWN); i++) {
		const struct net_route *route = &all->routes[link->first + i];

		if (!no_ipv6 || !route_is_on_ipv6(route))
			err = add_route(s, link, route, info->index);
	}
	return err;
}

int net_link_up(struct net_session *s, const struct net_links *all, uint32_t index, struct net_seen *ret)
{
	const struct net_link *link = &all->list[index];
	struct net_link made = *link;
	struct link_info info = { 0 };
	uint32_t master = 0;
	int err = find_master(s, link, &master);

	if (all->mac && !(link->flags & NET_LINK_MAC)) {
		made.flags |= NET_LINK_MAC;
		memcpy(made.mac, all->mac, NET_MAC);
	}
	if (!err)
		err = link->kind == NET_KIND_DEVICE ? find_device(s, all, link, &info) : make(s, &made, &info);
	if (!err)
		err = set_up(s, all, index, &info, master);
	if (!err && link->kind != NET_KIND_DEVICE)
		net_link_announce(link, info.index, info.mac);
	return err ? err : net_link_ask(s, link, ret);
}

int net_link_remove(struct net_session *s, const struct net_links *all, uint32_t index)
{
	const struct net_link *link = &all->list[index];

	for (uint32_t i = 0; i < link->routes; i++)
		if (all->routes[link->first + i].type != RTN_UNICAST)
			route_forget(s, link, &all->routes[link->first + i], 0);
	return net_remove(s, link->name);
}

/* What a bond gives up is down, and has lost its routes. */
int net_link_rejoin(struct net_session *s, const struct net_links *all, uint32_t index, bool whole,
		    struct net_seen *ret)
{
	const struct net_link *link = &all->list[index];
	struct link_info info = { 0 };
	uint32_t master = 0;
	int err = find_master(s, link, &master);
	bool off;

	if (!err)
		err = link_find(&s->host, link->name, &info);
	if (err)
		return err;
	*ret = seen_of(&info);
	off = link->master[0] && info.master != master;
	if (!off && !(whole && ret->up))
		return 0;
	err = set_up(s, all, index, &info, master);
	if (!err)
		err = net_link_ask(s, link, ret);
	return err ? err : off;
}

int net_link_set(struct net_session *s, const struct net_links *all, uint32_t index, struct net_seen *ret)
{
	const struct net_link *link = &all->list[index];
	struct link_info info = { 0 };
	uint32_t master = 0;
	int err = find_master(s, link, &master);

	if (!err)
		err = link_find(&s->host, link->name, &info);
	if (!err)
		err = set_up(s, all, index, &info, master);
	return err ? err : net_link_ask(s, link, ret);
}

int net_link_ask(struct net_session *s, const struct net_link *link, struct net_seen *ret)
{
	struct link_info info;
	int err = link_find(&s->host, link->name, &info);

	if (!err)
		*ret = seen_of(&info);
	return err;
}

/* -- whose it is --------------------------------------------------------------------------------------------------- */

bool net_is_left(struct net_session *s, const char *ifname)
{
	struct link_info info;

	return s->dead && !link_find(&s->host, ifname, &info) && link_is_left(s, &info);
}

/* -- what becomes of it -------------------------------------------------------------------------------------------- */

int net_seen_open(void)
{
	return netlink_listen(RTMGRP_LINK);
}

/* The kernel's numbers are in the order of this machine, and what a filter loads is taken for that of the network. */
int net_gone_open(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELLINK), 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELADDR), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog filter = { .len = ARRAY_LEN(code), .filter = code };
	int fd = netlink_listen(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR);

	if (fd >= 0) /* without it only more is heard */
		(void)!setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter));
	return fd;
}

/* Events of a bridge about its ports are of another family, and say less. */
static void take(const struct netlink_message *m, struct net_seen *ret)
{
	struct link_info info;

	if ((m->type != RTM_NEWLINK && m->type != RTM_DELLINK) || !m->body.len || m->body.data[0] != AF_UNSPEC ||
	    link_take(m->body, &info) < 0)
		return;
	*ret = seen_of(&info);
	ret->gone = m->type == RTM_DELLINK;
}

static void take_gone_addr(struct netlink_bytes body, struct net_gone *ret)
{
	struct netlink_bytes got;
	struct ifaddrmsg ifa;

	if (body.len < sizeof(ifa))
		return;
	memcpy(&ifa, body.data, sizeof(ifa));
	ret->addr = (struct addr){ .family = ifa.ifa_family, .prefix = ifa.ifa_prefixlen };
	if (!netlink_find(netlink_behind(body, sizeof(ifa)), IFA_ADDRESS, &got) || got.len != addr_width(&ret->addr))
		return;
	memcpy(ret->addr.bytes, got.data, got.len);
	ret->link.index = ifa.ifa_index;
	ret->what = GONE_ADDR;
}

/* That a bridge has lost a port, the bridge tells. */
static void take_gone(const struct netlink_message *m, struct net_gone *ret)
{
	struct link_info info;

	if (m->type == RTM_DELADDR)
		take_gone_addr(m->body, ret);
	if (m->type != RTM_DELLINK || !m->body.len || link_take(m->body, &info) < 0)
		return;
	ret->link = seen_of(&info);
	ret->what = m->body.data[0] == AF_BRIDGE ? GONE_PORT : GONE_LINK;
}

int net_gone_read(int fd, struct net_gone *ret)
{
	char mem[NETLINK_ANSWER];
	struct netlink_inbox in = { .fd = fd, .mem = mem, .size = sizeof(mem), .datagrams = 1 };
	struct netlink_message m;
	int n = netlink_take(&in, &m);

	*ret = (struct net_gone){ .what = GONE_NOTHING };
	if (n > 0)
		take_gone(&m, ret);
	return n;
}

int net_seen_read(int fd, struct net_seen *ret)
{
	char mem[NETLINK_ANSWER];
	struct netlink_inbox in = { .fd = fd, .mem = mem, .size = sizeof(mem), .datagrams = 1 };
	struct netlink_message m;
	int n = netlink_take(&in, &m);

	*ret = (struct net_seen){ .works = false };
	if (n > 0)
		take(&m, ret);
	return n;
}
