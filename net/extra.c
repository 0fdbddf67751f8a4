/* What few networks have beside addresses and default routes. */
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <sys/socket.h>

#include "lib/fd.h"
#include "net/requests.h"

static int put_route(struct net_session *s, const char *object, struct netlink *inside, const struct net_route *route,
		     uint32_t index)
{
	struct netlink_batch b;
	char mem[256];

	netlink_start(&b, inside, mem, sizeof(mem));
	route_put(&b, route, index, RTPROT_STATIC);
	return net_run(s, object, &b);
}

static int put_neighbour(struct net_session *s, const char *object, struct netlink *inside,
			 const struct net_neighbour *neighbour, uint32_t index)
{
	struct netlink_batch b;
	char mem[128];

	if (neighbour->addr.family == AF_INET6 && s->inside_missing)
		return 0;
	netlink_start(&b, inside, mem, sizeof(mem));
	neighbour_add(&b, &neighbour->addr, index, neighbour->mac);
	return net_run(s, object, &b);
}

int ways_inside(struct net_session *s, const char *object, struct netlink *inside, const struct net_extra *extra,
		unsigned number, uint32_t index)
{
	int err = 0;

	for (uint32_t i = 0; i < extra->route_count && !err; i++)
		if (extra->routes[i].eth == number && !(s->inside_missing && route_is_on_ipv6(&extra->routes[i])))
			err = put_route(s, object, inside, &extra->routes[i], index);
	for (uint32_t i = 0; i < extra->neighbour_count && !err; i++)
		if (extra->neighbours[i].eth == number)
			err = put_neighbour(s, object, inside, &extra->neighbours[i], index);
	return err;
}

/* -- sysctls: /proc/sys/net shows the network of who opens it ----------------------------------------------------- */

int net_sysctl(const char *object, const char *path, const char *value)
{
	int err = fd_write_file(AT_FDCWD, path, value);
	const struct netlink_request request = { .step = NET_SYSCTL, .name = path + sizeof("/proc/sys/") - 1 };

	return err < 0 ? net_failed(object, &request, -err, "") : 0;
}

static int put_sysctls(const struct net_session *s, const char *object, const struct net_extra *extra, int ns)
{
	const struct netlink_request request = { .step = NET_NAMESPACE };
	int err = 0, back;

	if (!extra->sysctl_count)
		return 0;
	if (setns(ns, CLONE_NEWNET) < 0)
		return net_failed(object, &request, errno, "");
	for (uint32_t i = 0; i < extra->sysctl_count && !err; i++)
		err = net_sysctl(object, extra->texts + extra->sysctls[i].path_at,
				 extra->texts + extra->sysctls[i].value_at);
	back = net_return(object, s->home);
	return back ? back : err;
}

static int put_rate(struct net_session *s, const char *object, struct netlink *nl, const char *name, uint32_t index,
		    uint64_t bps, uint32_t mtu)
{
	struct netlink_batch b;
	char mem[256];

	netlink_start(&b, nl, mem, sizeof(mem));
	rate_add(&b, name, index, bps, mtu);
	return net_run(s, object, &b);
}

int extra_outside(struct net_session *s, const char *object, const struct net_attach *attach,
		  const struct net_extra *extra)
{
	uint32_t port = 0;
	int err;

	if (!extra->in_bps)
		return 0;
	err = link_index(&s->host, attach->peer, &port);
	return err < 0 ? link_find_failed(object, attach->peer, err) :
			 put_rate(s, object, &s->host, attach->peer, port, extra->in_bps, rate_mtu(attach, extra));
}

int extra_inside(struct net_session *s, const char *object, struct netlink *inside, const struct net_attach *attach,
		 const struct net_extra *extra, uint32_t index, int ns)
{
	int err = put_sysctls(s, object, extra, ns);

	if (!err)
		err = ways_inside(s, object, inside, extra, 0, index);
	if (extra->out_bps && !err)
		err = put_rate(s, object, inside, NET_ETH0, index, extra->out_bps, rate_mtu(attach, extra));
	return err;
}
