/*
 * When may the first packet be sent? A link that was set up works once the kernel's link watch has looked at it, up to
 * milliseconds later; what is sent before is lost, and who asked for a neighbour asks again after a second.
 */
#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "net/requests.h"

int net_monitor_open(bool *ret_all)
{
	int on = 1, fd = netlink_listen(RTMGRP_LINK);

	*ret_all = fd >= 0 && setsockopt(fd, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, &on, sizeof(on)) == 0;
	return fd;
}

static void take(const struct netlink_message *m, struct net_change *change)
{
	struct link_info info;

	if (m->type != RTM_NEWLINK || link_take(m->body, &info) < 0)
		return;
	memcpy(change->name, info.name, sizeof(change->name));
	change->works = change->nsid == NET_OWN ? info.port_state == BR_STATE_FORWARDING : info.operstate == OPER_UP;
	change->shut = change->nsid == NET_OWN && port_is_shut(&info);
}

/* The kernel sends each event by itself. */
int net_monitor_read(int fd, struct net_change *ret)
{
	char mem[NETLINK_ANSWER];
	struct netlink_inbox in = { .fd = fd, .mem = mem, .size = sizeof(mem), .datagrams = 1 };
	struct netlink_message m;
	int n = netlink_take(&in, &m);

	*ret = (struct net_change){ .nsid = in.nsid };
	if (n > 0)
		take(&m, ret);
	return n;
}

/* IFLA_TARGET_NETNSID: Linux 4.20. One that cannot be asked is believed. */
static bool works_inside(struct netlink *nl, int nsid, const char *eth)
{
	struct link_info info;
	int err = link_find_in(nl, nsid, eth, &info);

	return err < 0 ? err != -ENODEV : info.operstate == OPER_UP;
}

int net_settle_ask(struct net_session *s, const struct net_attach *attach, struct net_settle *settle)
{
	const uint32_t outside = net_waits(attach, NET_PORT), inside = net_waits(attach, NET_INSIDE);
	struct link_info port;
	int err = link_find(&s->host, attach->peer, &port);

	if (err < 0)
		return err;
	settle->nsid = port.nsid;
	if (port.port_state == BR_STATE_FORWARDING)
		settle->waits &= ~outside;
	if (settle->waits & inside && (port.nsid < 0 || works_inside(&s->host, port.nsid, net_eth(attach))))
		settle->waits &= ~inside;
	return port_is_shut(&port);
}
