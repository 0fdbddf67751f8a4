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
#include <unistd.h>

#include "lib/fd.h"
#include "net/requests.h"

#define OPER_UP 6 /* IF_OPER_UP: linux/if.h cannot stand beside net/if.h */

int net_monitor_open(bool *ret_all)
{
	const struct sockaddr_nl group = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	cleanup_fd int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	int on = 1;

	if (fd < 0 || bind(fd, (const struct sockaddr *)&group, sizeof(group)) < 0)
		return -errno;
	*ret_all = setsockopt(fd, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, &on, sizeof(on)) == 0;
	return fd_steal(&fd);
}

/* The namespace that a message comes from, as the only control message says that there can be; without it our own. */
static int nsid_of(struct msghdr *msg)
{
	const struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	int nsid = NET_OWN;

	if (c && c->cmsg_level == SOL_NETLINK && c->cmsg_type == NETLINK_LISTEN_ALL_NSID)
		memcpy(&nsid, CMSG_DATA(c), sizeof(nsid));
	return nsid;
}

/* One datagram of the kernel; 0 for what is nobody's. */
static ssize_t receive(int fd, void *mem, size_t size, int *ret_nsid)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct sockaddr_nl from = { .nl_pid = 0 };
	struct iovec iov = { mem, size };
	struct msghdr msg = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = control, .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(fd, &msg, MSG_DONTWAIT);

	if (n < 0)
		return -errno;
	*ret_nsid = nsid_of(&msg);
	return from.nl_pid || msg.msg_flags & MSG_TRUNC ? 0 : n;
}

static void take(struct netlink_bytes message, struct net_change *change)
{
	struct link_info info;
	struct nlmsghdr h;

	if (message.len < sizeof(h))
		return;
	memcpy(&h, message.data, sizeof(h));
	if (h.nlmsg_type != RTM_NEWLINK || h.nlmsg_len < sizeof(h) || h.nlmsg_len > message.len ||
	    link_take((struct netlink_bytes){ message.data + sizeof(h), h.nlmsg_len - sizeof(h) }, &info) < 0)
		return;
	memcpy(change->name, info.name, sizeof(change->name));
	change->works = change->nsid == NET_OWN ? info.port_state == BR_STATE_FORWARDING : info.operstate == OPER_UP;
}

/* The kernel sends each event by itself. */
int net_monitor_read(int fd, struct net_change *ret)
{
	char mem[NETLINK_ANSWER];
	struct net_change change = { .nsid = NET_OWN };
	ssize_t n = receive(fd, mem, sizeof(mem), &change.nsid);

	if (n < 0)
		return n == -EAGAIN ? 0 : (int)n;
	take((struct netlink_bytes){ mem, (size_t)n }, &change);
	*ret = change;
	return 1;
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
	return 0;
}
