#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/addr.h"
#include "lib/clock.h"
#include "net/requests.h"

struct wanted {
	uint32_t index;
	const struct addr *addr; /* NULL: any link-local one */
};

int net_usable_open(void)
{
	return netlink_listen(RTMGRP_IPV6_IFADDR);
}

static bool is_wanted(const struct wanted *w, const struct ifaddrmsg *ifa, struct netlink_bytes attrs)
{
	struct netlink_bytes got;

	if (ifa->ifa_index != w->index || ifa->ifa_family != AF_INET6 || !netlink_find(attrs, IFA_ADDRESS, &got))
		return false;
	if (!w->addr)
		return ifa->ifa_scope == RT_SCOPE_LINK;
	return got.len == 16 && !memcmp(got.data, w->addr->bytes, 16);
}

/* One that has its time is deleted when somebody else has it, any other one stays and is marked. */
static int state_of(uint16_t type, const struct ifaddrmsg *ifa, struct netlink_bytes attrs)
{
	uint32_t flags = ifa->ifa_flags;
	struct netlink_bytes got;

	if (netlink_find(attrs, IFA_FLAGS, &got) && got.len == sizeof(flags))
		memcpy(&flags, got.data, sizeof(flags));
	if (flags & IFA_F_DADFAILED)
		return -EADDRINUSE;
	if (type == RTM_DELADDR)
		return -EADDRNOTAVAIL;
	return flags & IFA_F_TENTATIVE && !(flags & IFA_F_OPTIMISTIC) ? -EAGAIN : 0;
}

/* -EAGAIN: it says nothing that ends the wait. */
static int look_at(const struct wanted *w, uint16_t type, struct netlink_bytes body)
{
	struct ifaddrmsg ifa;
	struct netlink_bytes attrs;

	if ((type != RTM_NEWADDR && type != RTM_DELADDR) || body.len < sizeof(ifa))
		return -EAGAIN;
	memcpy(&ifa, body.data, sizeof(ifa));
	attrs = netlink_behind(body, sizeof(ifa));
	return is_wanted(w, &ifa, attrs) ? state_of(type, &ifa, attrs) : -EAGAIN;
}

/* Of what one receive brings, the first that says what has become of it. */
static int take(int fd, const struct wanted *w)
{
	char mem[NETLINK_ANSWER];
	struct netlink_inbox in = { .fd = fd, .mem = mem, .size = sizeof(mem), .datagrams = 1 };
	struct netlink_message m;
	int n, state = -EAGAIN;

	while (state == -EAGAIN && (n = netlink_take(&in, &m)) != 0)
		state = n < 0 ? n : look_at(w, m.type, m.body);
	return state;
}

/* How they all are now; the answers stand in the same queue as what happens later. -EAGAIN: to be waited for. */
static int ask(int fd)
{
	struct {
		struct nlmsghdr h;
		struct ifaddrmsg ifa;
	} request = { { .nlmsg_len = sizeof(request), .nlmsg_type = RTM_GETADDR,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		      { .ifa_family = AF_INET6 } };

	return send(fd, &request, sizeof(request), 0) < 0 ? -errno : -EAGAIN;
}

int net_usable(struct net_session *s, int fd, const char *ifname, const struct addr *addr, int64_t ms)
{
	struct when now = when_now(), until = when_in(now, ms);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct link_info info;
	int state = link_find(&s->host, ifname, &info);

	if (!state)
		state = ask(fd);
	while (state == -EAGAIN) {
		now = when_now();
		if (!when_before(now, until) || poll(&p, 1, (int)when_since(now, until)) == 0)
			return -ETIMEDOUT;
		state = take(fd, &(struct wanted){ info.index, addr });
		if (state == -ENOBUFS) /* that may have been lost */
			state = ask(fd);
	}
	return state;
}
