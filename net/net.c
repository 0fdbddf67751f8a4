#include "net/net.h"

#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/addr.h"
#include "lib/cure.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/text.h"
#include "net/requests.h"

#define cleanup_netlink cleanup(netlink_close)

/* -- what is said ------------------------------------------------------------------------------- */

/* A table of texts would be pointers, which are relocated at the start and stay in PID 1's memory. */
static const char step_words[] =
#define STEP(name, words) words "\0"
#include "net/steps.def"
#undef STEP
	;

/* As code, for the same reason. */
static const char *hint_for(enum net_step step, int err)
{
#define HINT(at, number, words) \
	if (err == number && (step == NET_##at || NET_COUNT == NET_##at)) \
		return words;
#include "net/hints.def"
#undef HINT
	return NULL;
}

static void put_about(struct buf *b, const struct netlink_request *request)
{
	buf_str(b, text_nth(step_words, request->step));
	if (request->name || request->addr)
		buf_char(b, ' ');
	if (request->name)
		buf_str(b, request->name);
	if (request->addr)
		text_put_addr(b, request->addr, request->step == NET_ADDRESS || request->step == NET_ROUTE_TO);
}

int net_failed(const char *object, const struct netlink_request *request, int err, const char *words)
{
	const char *hint = hint_for(request->step, err);
	BUF_ON_STACK(about, 96);
	BUF_ON_STACK(what_to_do, 400);

	put_about(&about, request);
	cure_put(&what_to_do, hint ?: "");
	if (hint)
		log_error(object, 0, "%s: %s", buf_text(&about), buf_text(&what_to_do));
	else
		log_error(object, 0, "%s: %s%s%s", buf_text(&about), strerror(err),
			  words[0] ? ": " : "", words);
	return -err;
}

int net_return(const char *object, int home)
{
	const struct netlink_request request = { .step = NET_NAMESPACE };

	if (setns(home, CLONE_NEWNET) < 0)
		return net_failed(object, &request, errno, "minit cannot return to its own");
	return 0;
}

/* -- requests and their answers ----------------------------------------------------------------- */

/*
 * Disabled by sysctl, or the MTU of the link is below 1280 (EINVAL; before Linux 5.4 ENOBUFS). At a link of minit's own
 * network alone: that of a pair is the table's.
 */
static bool is_off_there(const struct netlink_answer *a, bool here)
{
	return a->err == EACCES || (here && a->request->step == NET_ADDRESS && (a->err == EINVAL || a->err == ENOBUFS));
}

/* Whatever errno value it is told by: the cure is one. */
static int reason_of(const struct netlink_answer *a, bool here)
{
	bool is_of_ipv6 = a->request->addr && a->request->addr->family == AF_INET6;

	return is_of_ipv6 && is_off_there(a, here) ? EACCES : a->err;
}

static bool lacks_ipv6(const struct netlink_answer *a, bool here)
{
	const struct netlink_request *request = a->request;

	if (request->step != NET_LINK_QUIET && !(request->addr && request->addr->family == AF_INET6))
		return false;
	return a->err == EAFNOSUPPORT || a->err == EOPNOTSUPP || is_off_there(a, here);
}

/* Of a kernel it is said once; of each link of minit's own network, once for all of its addresses. */
static void warn_ipv6(struct net_session *s, const char *object, const struct netlink_answer *a, bool here)
{
	bool is_off = here && is_off_there(a, here);
	BUF_ON_STACK(about, 96);

	put_about(&about, a->request);
	if (is_off && !s->left_out && !s->ipv6_quiet)
		log_warn(object, 0, "%s: IPv6 is off there; going on without it and all that builds on it: set "
			 "net.ipv6.conf.%s.disable_ipv6 to 0 and the MTU to 1280 or more, and start minit anew, or "
			 "leave the address out", buf_text(&about), object);
	else if (!is_off && !s->ipv6_missing && !s->ipv6_said && !s->ipv6_quiet)
		log_warn(object, 0, "%s: this kernel has no IPv6, or it is disabled here; going on without it and all "
			 "others like it: switch IPv6 on (net.ipv6.conf.*.disable_ipv6 = 0, no ipv6.disable=1 at "
			 "boot), or leave them out", buf_text(&about));
	s->ipv6_said |= !is_off;
}

/* Whether the table has it, so that it is said when it is left out. */
static bool is_said(const struct netlink_request *request)
{
	return request->step == NET_ADDRESS || request->step == NET_ROUTE || request->step == NET_ROUTE_TO;
}

/* Whether a failure may be passed over. If an IPv6 address was left out, what builds on it fails too. */
static bool passes(struct net_session *s, const char *object, const struct netlink_answer *a, bool here)
{
	const struct netlink_request *request = a->request;

	if (s->left_out && request->addr && request->addr->family == AF_INET6 && !request->given)
		return true;
	if (request->given || !lacks_ipv6(a, here))
		return false;
	if (is_said(request))
		warn_ipv6(s, object, a, here);
	s->left_out |= request->step == NET_ADDRESS;
	return is_said(request) || request->step == NET_LINK_QUIET || request->step == NET_NEIGHBOUR;
}

int net_try(struct net_session *s, const char *object, struct netlink_batch *b, int quiet)
{
	const struct netlink_request broken = { .step = NET_SOCKET };
	struct netlink_answer a;
	bool here = b->nl == &s->host;
	int n, err = netlink_send(b);

	s->left_out = false;
	netlink_await(&a);
	if (err < 0)
		return net_failed(object, &broken, -err, "");
	while ((n = netlink_next(b, &a)) > 0)
		if (a.err && !err && !passes(s, object, &a, here))
			err = a.err == quiet ? -quiet : net_failed(object, a.request, reason_of(&a, here), a.words);
	return n < 0 ? net_failed(object, &broken, -n, "") : err;
}

int net_run(struct net_session *s, const char *object, struct netlink_batch *b)
{
	return net_try(s, object, b, 0);
}

/* -- session ------------------------------------------------------------------------------------ */

int net_open(struct net_session *ret_s)
{
	struct net_session s = { 0 };
	int err = netlink_open(&s.host);

	if (err < 0)
		return net_failed(NULL, &(struct netlink_request){ .step = NET_SOCKET }, -err, "");
	s.home = netlink_namespace(&s.host);
	*ret_s = s;
	return 0;
}

void net_close(struct net_session *s)
{
	fd_close(&s->home);
	netlink_close(&s->host);
}

/* In a plain container it is up, and setting it up again would be refused. */
int net_loopback(struct net_session *s)
{
	struct link_info lo;
	struct netlink_batch b;
	char mem[64];

	if (link_find(&s->host, "lo", &lo) == 0 && lo.flags & IFF_UP)
		return 0;
	netlink_start(&b, &s->host, mem, sizeof(mem));
	link_up(&b, "lo");
	return net_run(s, NULL, &b);
}

bool net_is_there(struct net_session *s, const char *ifname)
{
	struct link_info info;

	return link_find(&s->host, ifname, &info) == 0;
}

bool net_is_pair(struct net_session *s, const char *ifname)
{
	struct link_info info;

	return link_find(&s->host, ifname, &info) == 0 && !strcmp(info.kind, "veth") &&
	       info.group == PAIR_MARK + s->place;
}

int net_remove(struct net_session *s, const char *ifname)
{
	struct netlink_answer a;
	struct netlink_batch b;
	char mem[64];
	int err;

	if (!strcmp(ifname, s->master.name))
		s->master.index = 0;
	if (!strcmp(ifname, s->shard.name))
		s->shard.index = 0;
	netlink_start(&b, &s->host, mem, sizeof(mem));
	link_delete(&b, ifname);
	err = netlink_ask(&b, &a);
	return err && err != -ENODEV ? net_failed(ifname, &b.request[0], -err, a.words) : 0;
}

/* -- the network of a service ------------------------------------------------------------------- */

static int enter_new(const char *object, struct netlink *ret_inside, int *ret_ns)
{
	struct netlink_request request = { .step = NET_NAMESPACE };
	int err = unshare(CLONE_NEWNET) < 0 ? -errno : 0;

	if (!err) {
		request.step = NET_SOCKET;
		err = netlink_open(ret_inside);
	}
	if (!err) {
		request.step = NET_NAMESPACE;
		*ret_ns = netlink_namespace(ret_inside);
		err = MIN(*ret_ns, 0);
	}
	return err < 0 ? net_failed(object, &request, -err, "") : 0;
}

/* A new namespace, a socket in it and a descriptor of it; the caller is at home again. */
static int make_namespace(const struct net_session *s, const char *object,
			  struct netlink *ret_inside, int *ret_ns)
{
	const struct netlink_request request = { .step = NET_NAMESPACE };
	int err, back;

	if (s->home < 0)
		return net_failed(object, &request, -s->home, "");
	err = enter_new(object, ret_inside, ret_ns);
	back = net_return(object, s->home);
	return back ? back : err;
}

static int configure_inside(struct net_session *s, const char *object, struct netlink *inside,
			    const struct net_attach *attach, const struct net_bridge *bridge, uint32_t *ret_index)
{
	struct netlink_batch b;
	char mem[NET_BATCH];
	int err = net_has_eth0(attach) ? link_index(inside, net_eth(attach), ret_index) : 0;

	if (err < 0)
		return link_find_failed(object, net_eth(attach), err);
	netlink_start(&b, inside, mem, sizeof(mem));
	if (!attach->number)
		link_up(&b, "lo");
	if (net_has_eth0(attach))
		eth0_inside(s, &b, attach, bridge, *ret_index);
	err = net_run(s, object, &b);
	s->inside_missing = s->left_out || (bridge && master_lacks_ipv6(s, bridge));
	return err;
}

static int make_eth0(struct net_session *s, const char *object, const struct net_attach *attach,
		     const struct net_bridge *bridge, const struct net_extra *extra, int ns)
{
	if (attach->flags & NET_ON_LINK)
		return onlink_attach(s, object, attach, extra, ns);
	return bridge ? veth_attach(s, object, attach, bridge, extra, ns) : 0;
}

/* eth1 and so on. */
static int attach_also(struct net_session *s, const char *object, struct netlink *inside,
		       const struct net_attach *attach, const struct net_extra *of, int ns)
{
	const struct net_extra extra = { .shards = of->shards };
	const struct net_bridge *bridge = &of->bridges[attach->bridge];
	uint32_t index = 0;
	int err = veth_attach(s, object, attach, bridge, &extra, ns);

	if (!err)
		err = configure_inside(s, object, inside, attach, bridge, &index);
	return err ? err : ways_inside(s, object, inside, of, attach->number, index);
}

static int attach_all(struct net_session *s, const char *object, struct netlink *inside, const struct net_extra *extra,
		      int ns)
{
	uint32_t i;
	int err = 0;

	for (i = 0; i < extra->also_count && !err; i++)
		err = attach_also(s, object, inside, &extra->also[i], extra, ns);
	if (err == -EEXIST)
		i--; /* that one is somebody else's */
	while (err && i-- > 0)
		net_remove(s, extra->also[i].peer);
	return err;
}

int net_attach(struct net_session *s, const char *object, const struct net_attach *attach,
	       const struct net_bridge *bridge, const struct net_extra *extra)
{
	static const struct net_extra none;
	cleanup_netlink struct netlink inside = { .fd = -1 };
	cleanup_fd int ns = -1;
	uint32_t index = 0;
	int err = make_namespace(s, object, &inside, &ns);

	extra = extra ? extra : &none;
	bridge = attach->bridge >= 0 ? bridge : NULL;
	if (!err)
		err = make_eth0(s, object, attach, bridge, extra, ns);
	if (err < 0)
		return err;
	err = configure_inside(s, object, &inside, attach, bridge, &index);
	if (!err)
		err = extra_inside(s, object, &inside, attach, extra, index, ns);
	if (!err && bridge)
		err = extra_outside(s, object, attach, extra);
	if (!err)
		err = attach_all(s, object, &inside, extra, ns);
	if (err < 0 && attach->bridge >= 0)
		net_remove(s, attach->peer);
	return err < 0 ? err : fd_steal(&ns);
}
