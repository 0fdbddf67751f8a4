/* What has to be so around the ruleset, for packets to get where it leads them. */
#include <netinet/in.h> /* before the kernel's, which then leave out what is the same */
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/log.h"
#include "net/nft_list.h"
#include "net/requests.h"

/* -- sysctls ------------------------------------------------------------------------------------------------------ */

static int set_failed(const char *path, int err)
{
	log_error("network", -err, "%s cannot be set, which nat, ports and allow need; mount /proc/sys read-write, or "
		  "set it before minit starts (docker run --sysctl)", path + sizeof("/proc/sys/") - 1);
	return err;
}

static int forward_ipv4(void)
{
	static const char path[] = SETTINGS "ipv4/ip_forward";
	int err = setting_put(path, 1);

	if (err > 0)
		log_info("network", "net.ipv4.ip_forward: switched on, for nat, ports and allow");
	return err < 0 ? set_failed(path, err) : 0;
}

/* -- IPv6: an interface that forwards believes no router, unless told so by a 2 ------------------------------------ */

static int keep_router(int dir, const char *ifname, unsigned type, void *arg)
{
	BUF_ON_STACK(path, 96);

	(void)dir, (void)type, (void)arg;
	setting_path(&path, 6, ifname, "accept_ra");
	if (ifname[0] != '.' && !buf_check(&path) && setting_read(buf_text(&path)) == 1)
		(void)!setting_put(buf_text(&path), 2);
	return 0;
}

static void keep_routers(void)
{
	cleanup_fd int fd = open(SETTINGS "ipv6/conf", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		(void)fd_each(fd, keep_router, NULL);
}

/* Without IPv6 in the kernel there is nothing to set, and its addresses were left out before. */
static int forward_ipv6(void)
{
	static const char path[] = SETTINGS "ipv6/conf/all/forwarding";
	int was = setting_read(path), err;

	if (was == 1 || was == -ENOENT)
		return 0;
	keep_routers();
	err = setting_put(path, 1);
	if (err > 0)
		log_info("network", "net.ipv6.conf.all.forwarding: switched on, for nat, ports and allow");
	return err < 0 ? set_failed(path, err) : 0;
}

/* -- bridges ------------------------------------------------------------------------------------------------------ */

/* On, so that 127.0.0.1 may lead to it; the ruleset keeps what comes from it away from there. */
static int set_localnet(const char *ifname, int value)
{
	BUF_ON_STACK(path, 96);
	int err;

	setting_path(&path, 4, ifname, "route_localnet");
	err = setting_put(buf_text(&path), value);
	return err < 0 ? set_failed(buf_text(&path), err) : 0;
}

/*
 * What comes to ::1 is looked for on the interface it came by (rt6_need_strict in the kernel), where the answer to
 * what ::1 has sent through the bridge comes back to. Packets that bear ::1 from outside are dropped before they are
 * routed. A metric for each bridge, as the kernel has one route of a metric.
 */
static void put_local_route(struct netlink_batch *b, const struct netlink_request *request, uint32_t index)
{
	struct rtmsg rt = { .rtm_family = AF_INET6, .rtm_dst_len = 128, .rtm_table = RT_TABLE_LOCAL,
			    .rtm_protocol = RTPROT_STATIC, .rtm_scope = RT_SCOPE_UNIVERSE, .rtm_type = RTN_LOCAL };
	static const uint8_t loopback[16] = { [15] = 1 };

	netlink_begin(b, request);
	netlink_raw(b, &rt, sizeof(rt));
	netlink_put(b, RTA_DST, loopback, sizeof(loopback));
	netlink_put_u32(b, RTA_OIF, index);
}

static int open_local_route(struct net_session *s, const struct net_bridge *bridge, uint32_t index, uint32_t number)
{
	struct netlink_request request = { .type = RTM_NEWROUTE, .flags = NLM_F_CREATE | NLM_F_REPLACE,
					   .step = NET_LOCAL_ROUTE, .name = bridge->name };
	struct netlink_batch b;
	char mem[128];

	netlink_start(&b, &s->host, mem, sizeof(mem));
	put_local_route(&b, &request, index);
	netlink_put_u32(&b, RTA_PRIORITY, NET_LOCAL_METRIC + number);
	return net_run(s, bridge->name, &b);
}

/* Whatever its metric is: an earlier table may have had the bridge at another place. True: there may be more. */
static bool close_local_route(struct net_session *s, uint32_t index)
{
	struct netlink_request request = { .type = RTM_DELROUTE, .step = NET_LOCAL_ROUTE };
	struct netlink_answer a;
	struct netlink_batch b;
	char mem[128];

	netlink_start(&b, &s->host, mem, sizeof(mem));
	put_local_route(&b, &request, index);
	return netlink_ask(&b, &a) == 0;
}

/*
 * One that could not be made, which was told then, is no reason to be without rules for the others; and what has its
 * name in its place is somebody else's. 0: *ret is it; -ENODEV: there is none; or -errno, logged.
 */
static int find_bridge(struct net_session *s, const char *ifname, struct link_info *ret)
{
	int err = link_find(&s->host, ifname, ret);

	if (err == -ENODEV || (!err && strcmp(ret->kind, "bridge") != 0))
		return -ENODEV;
	return err < 0 ? link_find_failed(ifname, ifname, err) : 0;
}

static int find_published(struct net_session *s, const struct net_bridge *bridge, struct link_info *ret)
{
	return bridge->flags & NET_PUBLISH ? find_bridge(s, bridge->name, ret) : -ENODEV;
}

static int open_bridge(struct net_session *s, const struct net_bridge *bridge, uint32_t number)
{
	struct link_info info;
	int err = find_published(s, bridge, &info);

	if (err)
		return err == -ENODEV ? 0 : err;
	if (bridge_has_family(bridge, AF_INET))
		err = set_localnet(bridge->name, 1);
	if (!err && info.ipv6 && bridge_has_family(bridge, AF_INET6))
		err = open_local_route(s, bridge, info.index, number);
	return err;
}

int ruleset_open_loopback(struct net_session *s, const struct net_bridge *bridges, uint32_t count)
{
	int err = 0;

	for (uint32_t i = 0; i < count && !err; i++)
		err = open_bridge(s, &bridges[i], i);
	return err;
}

void ruleset_close_loopback(struct net_session *s, const struct net_bridge *bridge)
{
	struct link_info info;

	if (find_published(s, bridge, &info))
		return;
	if (bridge_has_family(bridge, AF_INET))
		(void)!set_localnet(bridge->name, 0); /* said */
	while (close_local_route(s, info.index))
		;
}

/* -- those that a killed minit has opened ------------------------------------------------------------------------- */

/* It may be gone. */
static void close_left(struct net_session *s, const char *ifname)
{
	struct link_info info;

	if (find_bridge(s, ifname, &info))
		return;
	(void)!set_localnet(ifname, 0); /* said */
	while (close_local_route(s, info.index))
		;
}

static void take_names(void *context, uint8_t family, struct netlink_bytes attrs)
{
	struct netlink_bytes all = { "", 0 }, element, key, name;
	uint16_t attr;

	(void)!netlink_find(attrs, NFTA_SET_ELEM_LIST_ELEMENTS, &all);
	while (family == NFPROTO_INET && netlink_attr(&all, &attr, &element)) {
		char ifname[NET_IFNAME] = { 0 };

		if (!netlink_find(element, NFTA_SET_ELEM_KEY, &key) || !netlink_find(key, NFTA_DATA_VALUE, &name))
			continue;
		memcpy(ifname, name.data, MIN(name.len, sizeof(ifname) - 1));
		close_left(context, ifname);
	}
}

/* Which these are, its rules say: they keep what comes from there away from loopback, from before to behind that. */
void ruleset_close_left(struct net_session *s)
{
	cleanup_fd int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	struct nft_question q = nft_question(NFT_MSG_GETSETELEM, NFPROTO_INET, NET_TABLE);

	nft_question_name(&q, NFTA_SET_ELEM_LIST_SET, NET_LOCALNET);
	if (fd >= 0)
		(void)!nft_list(fd, &q, take_names, s); /* without nf_tables there are none */
}

static bool is_name(struct netlink_bytes name, const char *text)
{
	return name.len == strlen(text) + 1 && !memcmp(name.data, text, name.len);
}

static void note_ours(void *context, uint8_t family, struct netlink_bytes attrs)
{
	struct netlink_bytes name;

	(void)family;
	if (netlink_find(attrs, NFTA_TABLE_NAME, &name))
		*(bool *)context |= is_name(name, NET_TABLE) || is_name(name, NET_NEAR_TABLE);
}

bool ruleset_is_there(void)
{
	cleanup_fd int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	struct nft_question q = nft_question(NFT_MSG_GETTABLE, NFPROTO_UNSPEC, NULL);
	bool there = false;

	return fd >= 0 && !nft_list(fd, &q, note_ours, &there) && there;
}

/* -- all of it ---------------------------------------------------------------------------------------------------- */

/*
 * br_netfilter would translate what is only bridged too: a service that speaks to itself by a published port gets
 * nothing unless its port sends back. What answers ::1 has rules for that: put_answers.
 */
static bool bridges_call(bool own)
{
	static const char *const paths[] = { SETTINGS "bridge/bridge-nf-call-iptables",
					     SETTINGS "bridge/bridge-nf-call-ip6tables" };
	bool calls = false;

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		int was = setting_read(paths[i]);

		if (was != 1 || (own && setting_put(paths[i], 0) > 0))
			continue;
		calls = true;
	}
	return calls;
}

int ruleset_ways(struct net_session *s, const struct net_bridge *bridges, uint32_t count, bool own, bool *ret_hairpin)
{
	bool ipv6 = ways_wanted(bridges, count, AF_INET6) && !s->ipv6_missing;
	int err = ways_wanted(bridges, count, AF_INET) ? forward_ipv4() : 0;

	if (!err && ipv6)
		err = forward_ipv6();
	*ret_hairpin = bridges_call(own);
	return err;
}
