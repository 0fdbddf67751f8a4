// links: net/net.c net/announce.c net/setting.c net/bridge.c net/shard.c net/star.c net/iprule.c net/veth.c net/extra.c net/onlink.c net/rate.c net/refusals.c net/sweep.c net/netlink.c net/list.c net/inbox.c net/link.c net/mark.c net/addr.c net/mac.c net/links.c net/strip.c net/kinds.c net/kind_put.c lib/buf.c lib/cure.c lib/fd.c lib/addr.c lib/addr_use.c lib/text.c
// flags: -Wl,--wrap=send,--wrap=recvmsg,--wrap=socket,--wrap=setsockopt,--wrap=ioctl,--wrap=close
// flags: -Wl,--wrap=fd_write_file,--wrap=fd_read_file,--wrap=unshare,--wrap=setns,--wrap=log_error,--wrap=log_warn
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/ipv6.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/cure.h"
#include "net/requests.h"

#define HOME 1 /* namespaces are numbers, their descriptors 100 more, sockets 200 more and counted */

enum where cure_where(void)
{
	return WHERE_CONTAINER;
}

/* -- a kernel of our own ------------------------------------------------------------------------- */

struct fake_link {
	int ns;
	char name[NET_IFNAME], kind[NET_IFNAME];
	bool up;
	char peer_of[NET_IFNAME]; /* goes with this one */
	bool alone, marked, forwards;
	uint32_t master;
};

static struct {
	char did[8192];         /* requests and calls, one per line */
	char said[4096];        /* what was logged, one line each */
	uint8_t sent[2048];     /* of the last send */
	size_t sent_len;
	struct fake_link links[16];
	unsigned link_count;
	int ns, namespaces;     /* where the caller is; how many were made */
	int fds[64];            /* 0: closed, else 1 */
	int socket_ns[64];
	unsigned sockets;
	struct { uint8_t bytes[512]; size_t len; } answers[32];
	unsigned count, next;
	int fail_call;          /* the call of this number fails with fail_err; 0: none */
	int fail_message;       /* so does this message */
	int fail_err;
	const char *fail_words;
	int calls, messages;
	bool no_ipv6;           /* not in this kernel */
	bool old;               /* it does not isolate ports */
	bool listens;           /* the bridge has the spanning tree protocol on */
	bool loads;             /* the first bond loads its module, which makes one by itself */
	int ipv6_err;           /* what an IPv6 address gets then */
} k;

static int setup(void **state)
{
	(void)state;
	memset(&k, 0, sizeof(k));
	k.ns = k.namespaces = HOME;
	k.ipv6_err = EOPNOTSUPP;
	k.links[k.link_count++] = (struct fake_link){ .ns = HOME, .name = "lo" };
	return 0;
}

printf_like(1, 2) static void did(const char *fmt, ...)
{
	size_t len = strlen(k.did);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(k.did + len, sizeof(k.did) - len, fmt, ap);
	va_end(ap);
}

static void say(const char *level, const char *object, int err, const char *what, va_list ap)
{
	size_t len = strlen(k.said);

	len += (size_t)snprintf(k.said + len, sizeof(k.said) - len, "%s %s: ", level, object ? object : "minit");
	len += (size_t)vsnprintf(k.said + len, sizeof(k.said) - len, what, ap);
	snprintf(k.said + len, sizeof(k.said) - len, "%s%s\n", err ? ": " : "", err ? strerror(err) : "");
}

void __wrap_log_error(const char *object, int err, const char *what, ...)
{
	va_list ap;

	va_start(ap, what);
	say("error", object, err, what, ap);
	va_end(ap);
}

void __wrap_log_warn(const char *object, int err, const char *what, ...)
{
	va_list ap;

	va_start(ap, what);
	say("warning", object, err, what, ap);
	va_end(ap);
}

static bool call_fails(void);

int __wrap_fd_write_file(int dir, const char *path, const char *text)
{
	assert_int_equal(dir, AT_FDCWD);
	if (call_fails())
		return -errno;
	did("%d: %s = %s\n", k.ns, path, text);
	return 0;
}

ssize_t __real_fd_read_file(int dir, const char *path, char *mem, size_t size);

/* Whatever a setting is to be, it is not yet. */
ssize_t __wrap_fd_read_file(int dir, const char *path, char *mem, size_t size)
{
	if (strncmp(path, "/proc/sys/", strlen("/proc/sys/")) != 0)
		return __real_fd_read_file(dir, path, mem, size);
	mem[0] = '9';
	return 1;
}

static bool call_fails(void)
{
	if (++k.calls != k.fail_call)
		return false;
	errno = k.fail_err;
	return true;
}

static int new_fd(int fd)
{
	assert_in_range(fd, 100, 163 + 200);
	k.fds[fd % 100]++;
	return fd;
}

int __wrap_close(int fd)
{
	assert_true(fd >= 100 && k.fds[fd % 100] > 0);
	k.fds[fd % 100]--;
	return 0;
}

static int open_fds(void)
{
	int n = 0;

	for (size_t i = 0; i < ARRAY_LEN(k.fds); i++)
		n += k.fds[i];
	return n;
}

int __wrap_socket(int domain, int type, int protocol)
{
	(void)domain, (void)type, (void)protocol;
	if (call_fails())
		return -1;
	k.socket_ns[30 + k.sockets] = k.ns;
	return new_fd((int)(230 + k.sockets++));
}

int __wrap_setsockopt(int fd, int level, int option, const void *value, socklen_t len)
{
	(void)fd, (void)level, (void)option, (void)value, (void)len;
	return 0;
}

static struct fake_link *link_at(int ns, const char *name);

/* The link watch looks at it. */
static int look_at(int ns, const struct ifreq *request)
{
	struct fake_link *l = link_at(ns, request->ifr_name);

	did("%d: carrier of %s\n", ns, request->ifr_name);
	if (l)
		l->forwards = l->master && l->up && !k.listens;
	return 0;
}

/* The index of a link is its place. */
static int tell_index(int ns, struct ifreq *request)
{
	const struct fake_link *l = link_at(ns, request->ifr_name);

	did("%d: index of %s\n", ns, request->ifr_name);
	request->ifr_ifindex = l ? (int)(l - k.links) + 1 : 0;
	errno = ENODEV;
	return l ? 0 : -1;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	int ns = k.socket_ns[fd % 100];
	struct ifreq *r;
	va_list ap;

	va_start(ap, request);
	r = request == SIOCGSKNS ? NULL : va_arg(ap, struct ifreq *);
	va_end(ap);
	if (call_fails())
		return -1;
	if (request == SIOCETHTOOL)
		return look_at(ns, r);
	return request == SIOCGIFINDEX ? tell_index(ns, r) : new_fd(100 + ns);
}

int __wrap_unshare(int flags)
{
	assert_int_equal(flags, CLONE_NEWNET);
	if (call_fails())
		return -1;
	did("unshare\n");
	k.ns = ++k.namespaces;
	k.links[k.link_count++] = (struct fake_link){ .ns = k.ns, .name = "lo" };
	return 0;
}

int __wrap_setns(int fd, int type)
{
	assert_int_equal(type, CLONE_NEWNET);
	assert_in_range(fd, 100 + HOME, 100 + k.namespaces);
	if (call_fails())
		return -1;
	k.ns = fd - 100;
	return 0;
}

/* -- its rtnetlink ------------------------------------------------------------------------------- */

static struct fake_link *link_at(int ns, const char *name)
{
	for (unsigned i = 0; i < k.link_count; i++)
		if (k.links[i].ns == ns && !strcmp(k.links[i].name, name))
			return &k.links[i];
	return NULL;
}

static void drop(struct fake_link *l)
{
	struct fake_link gone = *l;

	*l = k.links[--k.link_count];
	for (unsigned i = 0; i < k.link_count; i++)
		if (!strcmp(k.links[i].peer_of, gone.name))
			k.links[i] = k.links[--k.link_count];
}

static void put(size_t *len, const void *data, size_t size)
{
	memcpy(k.answers[k.count].bytes + *len, data, size);
	*len += (size + 3) & ~3u;
}

static void put_attr(size_t *len, uint16_t type, const void *data, size_t size)
{
	struct nlattr attr = { .nla_len = (uint16_t)(sizeof(attr) + size), .nla_type = type };

	put(len, &attr, sizeof(attr));
	put(len, data, size);
}

static void finish(uint16_t type, uint16_t flags, uint32_t seq, size_t len)
{
	struct nlmsghdr h = { .nlmsg_len = (uint32_t)len, .nlmsg_type = type, .nlmsg_flags = flags, .nlmsg_seq = seq };

	memcpy(k.answers[k.count].bytes, &h, sizeof(h));
	k.answers[k.count++].len = len;
}

static void answer_err(const struct nlmsghdr *h, int err, const char *words)
{
	struct nlmsgerr e = { .error = -err, .msg = *h };
	size_t len = sizeof(*h);

	put(&len, &e, sizeof(e));
	if (words)
		put_attr(&len, NLMSGERR_ATTR_MSG, words, strlen(words) + 1);
	finish(NLMSG_ERROR, (uint16_t)(NLM_F_CAPPED | (words ? NLM_F_ACK_TLVS : 0)), h->nlmsg_seq, len);
}

/* No setting of IPv6 is anything but 0. */
static void put_families(size_t *len)
{
	static const struct { struct nlattr families, inet6, settings; int32_t value[DEVCONF_DISABLE_IPV6 + 1]; } all = {
		{ sizeof(all), IFLA_AF_SPEC }, { sizeof(all) - 4, AF_INET6 }, { sizeof(all) - 8, IFLA_INET6_CONF }, { 0 } };

	put(len, &all, sizeof(all));
}

static void answer_link(const struct nlmsghdr *h, const struct fake_link *l)
{
	struct ifinfomsg ifi = { .ifi_index = (int)(l - k.links) + 1, .ifi_flags = l->up ? IFF_UP : 0 };
	size_t len = sizeof(*h), info;

	put(&len, &ifi, sizeof(ifi));
	put_attr(&len, IFLA_IFNAME, l->name, strlen(l->name) + 1);
	put_attr(&len, IFLA_ADDRESS, "\2kern!", 6);
	if (l->marked)
		put_attr(&len, IFLA_IFALIAS, "minit", 5);
	if (l->master)
		put_attr(&len, IFLA_MASTER, &l->master, sizeof(l->master));
	info = len;
	put_attr(&len, IFLA_LINKINFO, "", 0);
	put_attr(&len, IFLA_INFO_KIND, l->kind, strlen(l->kind) + 1);
	if (l->alone || l->forwards) {
		struct { struct nlattr slave, port; uint32_t alone; struct nlattr state; uint32_t forwards; } data = {
			{ sizeof(data), IFLA_INFO_SLAVE_DATA }, { 5, IFLA_BRPORT_ISOLATED }, l->alone,
			{ 5, IFLA_BRPORT_STATE }, l->forwards ? 3 : 1 };
		put(&len, &data, sizeof(data));
	}
	uint16_t size = (uint16_t)(len - info);
	memcpy(k.answers[k.count].bytes + info, &size, sizeof(size));
	if (!k.no_ipv6)
		put_families(&len);
	finish(RTM_NEWLINK, 0, h->nlmsg_seq, len);
}

static struct netlink_bytes in_list(struct netlink_bytes list, uint16_t type)
{
	struct netlink_bytes got = { "", 0 };

	netlink_find(list, type, &got);
	return got;
}

static uint32_t u32_in(struct netlink_bytes list, uint16_t type)
{
	uint32_t n = 0;
	struct netlink_bytes got = in_list(list, type);

	if (got.len == sizeof(n))
		memcpy(&n, got.data, sizeof(n));
	return n;
}

/* What is asked of the link itself and of the bridge. */
static void tell_attrs(struct netlink_bytes attrs)
{
	struct netlink_bytes info = in_list(attrs, IFLA_LINKINFO), data = in_list(info, IFLA_INFO_DATA);

	if (in_list(attrs, IFLA_ADDRESS).len)
		did(" mac %02x", (uint8_t)in_list(attrs, IFLA_ADDRESS).data[0]);
	if (u32_in(attrs, IFLA_MTU))
		did(" mtu %u", u32_in(attrs, IFLA_MTU));
	if (!strcmp(in_list(info, IFLA_INFO_KIND).data, "bond") && in_list(data, IFLA_BOND_MIIMON).len)
		did(" looks %u", u32_in(data, IFLA_BOND_MIIMON));
	if (strcmp(in_list(info, IFLA_INFO_KIND).data, "bridge"))
		return;
	if (in_list(data, IFLA_BR_STP_STATE).len)
		did(" stp %u", u32_in(data, IFLA_BR_STP_STATE));
	if (in_list(data, IFLA_BR_FORWARD_DELAY).len)
		did(" delay %u", u32_in(data, IFLA_BR_FORWARD_DELAY));
	if (in_list(data, IFLA_BR_AGEING_TIME).len)
		did(" ageing %u", u32_in(data, IFLA_BR_AGEING_TIME));
	if (in_list(data, IFLA_BR_PRIORITY).len == 2)
		did(" priority");
	if (in_list(data, IFLA_BR_VLAN_FILTERING).len == 1)
		did(" filtering %u", in_list(data, IFLA_BR_VLAN_FILTERING).data[0]);
}

/* Of a bridge's port. */
static void change_port(struct fake_link *l, struct netlink_bytes attrs)
{
	struct netlink_bytes data = in_list(in_list(attrs, IFLA_LINKINFO), IFLA_INFO_SLAVE_DATA);

	if (!in_list(data, IFLA_BRPORT_ISOLATED).len)
		return;
	did(" alone");
	l->alone = !k.old;
}

static int create(int ns, const char *name, struct netlink_bytes attrs)
{
	struct netlink_bytes info = in_list(attrs, IFLA_LINKINFO), peer;
	struct fake_link l = { .ns = ns };

	if (k.loads)
		k.links[k.link_count++] = (struct fake_link){ .ns = ns, .name = "bond0", .kind = "bond" };
	k.loads = false;
	if (link_at(ns, name))
		return EEXIST;
	strcpy(l.name, name);
	strcpy(l.kind, in_list(info, IFLA_INFO_KIND).data);
	k.links[k.link_count++] = l;
	did(" create %s", l.kind);
	if (in_list(attrs, IFLA_LINK).len && in_list(attrs, IFLA_NET_NS_FD).len) {
		k.links[k.link_count - 1].ns = (int)u32_in(attrs, IFLA_NET_NS_FD) - 100;
		did(" upon %u in %u", u32_in(attrs, IFLA_LINK), u32_in(attrs, IFLA_NET_NS_FD) - 100);
	}
	tell_attrs(attrs);
	if (strcmp(l.kind, "veth"))
		return 0;
	peer = in_list(in_list(info, IFLA_INFO_DATA), VETH_INFO_PEER);
	peer.data += sizeof(struct ifinfomsg);
	peer.len -= sizeof(struct ifinfomsg);
	k.links[k.link_count - 1].master = u32_in(attrs, IFLA_MASTER);
	strcpy(l.peer_of, name);
	strcpy(l.name, in_list(peer, IFLA_IFNAME).data);
	if (in_list(peer, IFLA_NET_NS_FD).len)
		l.ns = (int)u32_in(peer, IFLA_NET_NS_FD) - 100;
	k.links[k.link_count++] = l;
	did(" master %u peer %s in %d", u32_in(attrs, IFLA_MASTER), l.name, l.ns);
	return 0;
}

static int change(int ns, const struct nlmsghdr *h, const struct ifinfomsg *ifi, struct netlink_bytes attrs)
{
	const char *name = in_list(attrs, IFLA_IFNAME).data;
	struct fake_link *l = link_at(ns, name);

	did(" %s", name);
	if (h->nlmsg_flags & NLM_F_CREATE)
		return create(ns, name, attrs);
	if (!l)
		return ENODEV;
	if (in_list(attrs, IFLA_AF_SPEC).len)
		did(" quiet");
	if (in_list(attrs, IFLA_AF_SPEC).len && k.no_ipv6)
		return EAFNOSUPPORT;
	tell_attrs(attrs);
	if (in_list(attrs, IFLA_IFALIAS).len)
		did(" mark");
	l->marked |= in_list(attrs, IFLA_IFALIAS).len > 0;
	if (in_list(attrs, IFLA_MASTER).len)
		did(" master %u", l->master = u32_in(attrs, IFLA_MASTER));
	change_port(l, attrs);
	if (ifi->ifi_flags & ifi->ifi_change & IFF_UP)
		did(" up");
	if (ifi->ifi_flags & ifi->ifi_change & IFF_NOARP)
		did(" without arp");
	l->up |= ifi->ifi_flags & IFF_UP;
	return 0;
}

static int link_message(int ns, const struct nlmsghdr *h, const uint8_t *body)
{
	const struct ifinfomsg *ifi = (const void *)body;
	struct netlink_bytes attrs = { (const char *)body + sizeof(*ifi), h->nlmsg_len - sizeof(*h) - sizeof(*ifi) };
	struct fake_link *l = link_at(ns, in_list(attrs, IFLA_IFNAME).data);

	if (h->nlmsg_type == RTM_NEWLINK)
		return change(ns, h, ifi, attrs);
	did(" %s", in_list(attrs, IFLA_IFNAME).data);
	if (!l)
		return ENODEV;
	if (h->nlmsg_type == RTM_DELLINK)
		drop(l);
	else
		answer_link(h, l);
	return 0;
}

/* One beside the default routes. */
static void did_route(const uint8_t *body, struct netlink_bytes attrs)
{
	struct addr to = { .family = body[0], .prefix = body[1] };
	BUF_ON_STACK(text, 64);

	memcpy(to.bytes, in_list(attrs, RTA_DST).data, in_list(attrs, RTA_DST).len);
	text_put_addr(&text, &to, true);
	did(" to %s type %u metric %u via", buf_text(&text), ((const struct rtmsg *)(const void *)body)->rtm_type,
	    u32_in(attrs, RTA_PRIORITY));
}

/* Addresses, routes and neighbours all begin with their family. */
static int addr_message(const struct nlmsghdr *h, const uint8_t *body)
{
	static const struct { uint16_t type; size_t header; uint16_t attr; uint32_t index_at; } kinds[] = {
		{ RTM_NEWADDR, sizeof(struct ifaddrmsg), IFA_LOCAL, offsetof(struct ifaddrmsg, ifa_index) },
		{ RTM_NEWROUTE, sizeof(struct rtmsg), RTA_GATEWAY, 0 },
		{ RTM_NEWNEIGH, sizeof(struct ndmsg), NDA_DST, offsetof(struct ndmsg, ndm_ifindex) },
	};
	const uint8_t *kind = body;

	if (h->nlmsg_type == RTM_NEWNEIGH && body[0] == AF_BRIDGE) {
		struct netlink_bytes attrs = { (const char *)body + sizeof(struct ndmsg),
					       h->nlmsg_len - sizeof(*h) - sizeof(struct ndmsg) };
		struct ndmsg nd;

		memcpy(&nd, body, sizeof(nd));
		assert_int_equal(nd.ndm_state, NUD_NOARP); /* one that stays */
		assert_int_equal(nd.ndm_flags, NTF_MASTER);
		did(" %02x behind %d", (uint8_t)in_list(attrs, NDA_LLADDR).data[1], nd.ndm_ifindex);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct netlink_bytes attrs = { (const char *)body + kinds[i].header,
					       h->nlmsg_len - sizeof(*h) - kinds[i].header };
		struct addr a = { .family = body[0], .prefix = body[1] };
		BUF_ON_STACK(text, 64);
		uint32_t index = u32_in(attrs, RTA_OIF);
		if (kinds[i].type != h->nlmsg_type)
			continue;
		memcpy(a.bytes, in_list(attrs, kinds[i].attr).data, in_list(attrs, kinds[i].attr).len);
		text_put_addr(&text, &a, h->nlmsg_type == RTM_NEWADDR);
		if (kinds[i].index_at)
			memcpy(&index, body + kinds[i].index_at, sizeof(index));
		if (h->nlmsg_type == RTM_NEWROUTE && body[1])
			did_route(body, attrs);
		did(" %s on %u", a.bytes[0] ? buf_text(&text) : "-", index);
		if (h->nlmsg_type == RTM_NEWROUTE && u32_in(attrs, RTA_TABLE))
			did(" table %u", u32_in(attrs, RTA_TABLE));
	}
	return *kind == AF_INET6 && k.no_ipv6 ? k.ipv6_err : 0;
}

static const char *word_of(uint16_t type)
{
	switch (type) {
	case RTM_NEWLINK: return "link";
	case RTM_DELLINK: return "delete";
	case RTM_GETLINK: return "find";
	case RTM_NEWADDR: return "address";
	case RTM_NEWROUTE: return "route";
	case RTM_NEWNEIGH: return "neighbour";
	default: return "?";
	}
}

static void handle(int ns, const struct nlmsghdr *h, const uint8_t *body)
{
	unsigned before = k.count;
	bool fails = ++k.messages == k.fail_message;
	int err = 0;

	did("%d: %s", ns, word_of(h->nlmsg_type));
	if (fails)
		err = k.fail_err;
	else if (h->nlmsg_type < RTM_NEWADDR)
		err = link_message(ns, h, body);
	else
		err = addr_message(h, body);
	did(err ? " -> %d\n" : "\n", err);
	if (err || h->nlmsg_flags & NLM_F_ACK)
		answer_err(h, err, fails ? k.fail_words : NULL);
	assert_true(k.count > before || !(h->nlmsg_flags & NLM_F_ACK));
}

ssize_t __wrap_send(int fd, const void *data, size_t len, int flags)
{
	struct nlmsghdr h;

	assert_int_equal(flags, 0);
	assert_true(k.fds[fd % 100]);
	assert_int_equal(k.next, k.count); /* all earlier answers were taken */
	if (call_fails())
		return -1;
	memcpy(k.sent, data, len);
	k.sent_len = len;
	k.count = k.next = 0;
	for (size_t at = 0; at < len; at += h.nlmsg_len) {
		memcpy(&h, k.sent + at, sizeof(h));
		assert_true(h.nlmsg_flags & NLM_F_REQUEST && h.nlmsg_len % 4 == 0 && h.nlmsg_len <= len - at);
		handle(k.socket_ns[fd % 100], &h, k.sent + at + sizeof(h));
	}
	return (ssize_t)len;
}

ssize_t __wrap_recvmsg(int fd, struct msghdr *msg, int flags)
{
	(void)fd, (void)flags;
	if (k.next == k.count) {
		errno = EAGAIN;
		return -1;
	}
	assert_true(k.answers[k.next].len <= msg->msg_iov->iov_len);
	msg->msg_controllen = 0;
	memcpy(msg->msg_iov->iov_base, k.answers[k.next].bytes, k.answers[k.next].len);
	return (ssize_t)k.answers[k.next++].len;
}

/* -- a table ------------------------------------------------------------------------------------- */

static struct net_session net;
static struct net_bridge bridge;
static struct net_attach web;

static struct addr addr(const char *text)
{
	struct addr a = { 0 };

	assert_int_equal(text_addr(text, &a), 0);
	return a;
}

static int boot(void **state)
{
	setup(state);
	bridge = (struct net_bridge){ .name = "br0", .addr = { addr("10.77.0.1/24"), addr("fd77::1/64") } };
	web = (struct net_attach){ .peer = "v3", .addr = { addr("10.77.0.10/24"), addr("fd77::10/64") },
				   .gateway = { addr("10.77.0.1"), addr("fd77::1") } };
	assert_int_equal(net_open(&net), 0);
	return 0;
}

static int boot_bridge(void **state)
{
	boot(state);
	assert_int_equal(net_bridge_up(&net, &bridge), 0);
	k.did[0] = '\0';
	k.messages = k.calls = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	net_close(&net);
	return open_fds() ? -1 : 0;
}

static const struct net_extra *extra;

static int attach(void)
{
	int ns = net_attach(&net, "web", &web, &bridge, extra), err;

	if (ns < 0)
		return ns;
	assert_int_equal(ns, 100 + k.namespaces);
	err = net_connect(&net, "web", &web, &bridge, extra);
	if (!err)
		return ns;
	close(ns);
	return err;
}

static void sent_is(const char *hex)
{
	char got[2 * sizeof(k.sent) + 1] = "", wanted[2 * sizeof(k.sent) + 1] = "";

	for (size_t i = 0; i < k.sent_len; i++)
		sprintf(got + 2 * i, "%02x", k.sent[i]);
	for (size_t n = 0; *hex; hex++)
		if (*hex != ' ')
			wanted[n++] = *hex;
	assert_string_equal(got, wanted);
}

/* -- in order ------------------------------------------------------------------------------------ */

static void a_bridge_is_made(void **state)
{
	(void)state;
	bridge.mtu = 1400;
	assert_int_equal(net_bridge_up(&net, &bridge), 0);
	assert_string_equal(k.did, "1: find br0 -> 19\n"
				   "1: link br0 create bridge mac 0a mtu 1400\n"
				   "1: link br0 mark\n"
				   "1: /proc/sys/net/ipv6/conf/br0/accept_ra = 0\n"
				   "1: find br0\n"
				   "1: link br0 quiet\n"
				   "1: link br0 up\n"
				   "1: address 10.77.0.1/24 on 2\n"
				   "1: address fd77::1/64 on 2\n"
				   "1: /proc/sys/net/ipv6/conf/br0/accept_dad = 0\n"
				   "1: /proc/sys/net/ipv6/conf/br0/addr_gen_mode = 0\n");
	assert_string_equal(k.said, "");
}

static void a_bridge_has_options(void **state)
{
	(void)state;
	bridge.asked = NET_ASKED_STP | NET_ASKED_FORWARD_DELAY | NET_ASKED_AGEING | NET_ASKED_PRIORITY |
		       NET_ASKED_VLAN_FILTERING | NET_ASKED_MAC;
	bridge.stp = bridge.vlan_filtering = 1;
	bridge.forward_delay_ms = 2000;
	bridge.mac[0] = 0x52;
	assert_int_equal(net_bridge_up(&net, &bridge), 0);
	assert_non_null(strstr(k.did, "create bridge mac 52 stp 1 delay 200 ageing 0 priority filtering 1\n"));
	k.did[0] = '\0';
	assert_int_equal(net_bridge_up(&net, &bridge), 0); /* the same of one that is there */
	assert_non_null(strstr(k.did, "link br0 mac 52 stp 1 delay 200 ageing 0 priority filtering 1 up\n"));
	assert_int_equal(net.master.mac[0], 0x52);
}

static void a_port_is_alone(void **state)
{
	int ns;

	(void)state;
	web.flags = NET_ALONE;
	ns = attach();
	assert_true(ns >= 0);
	assert_non_null(strstr(k.did, "1: link v3 alone up\n"));
	close(ns);
}

static void a_port_cannot_be_alone(void **state)
{
	(void)state;
	k.old = true;
	web.flags = NET_ALONE;
	assert_int_equal(attach(), -EOPNOTSUPP);
	assert_null(link_at(HOME, "v3"));
	assert_string_equal(k.said, "error web: isolation of port v3: this kernel's bridges cannot (Linux 4.18 can); "
			    "remove port_isolation, or use isolate\n");
}

static unsigned lines(const char *text)
{
	unsigned n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void fail_at(int i, int messages)
{
	k.fail_err = EBUSY;
	if (i <= messages)
		k.fail_message = i;
	else
		k.fail_call = i - messages;
}

/* -- shards -- */

static const struct net_shard shard = { .name = "mb1", .up = "mt1", .down = "mu1" };

static int boot_shard(void **state)
{
	boot_bridge(state);
	assert_int_equal(net_shard_up(&net, &bridge, &shard), 0);
	return 0;
}

static void a_shard_is_made(void **state)
{
	(void)state;
	bridge.mtu = 1400;
	bridge.asked = NET_ASKED_AGEING | NET_ASKED_FORWARD_DELAY | NET_ASKED_MAC;
	bridge.ageing_ms = 60000;
	assert_int_equal(net_shard_up(&net, &bridge, &shard), 0);
	assert_string_equal(k.did, "1: find mt1 -> 19\n"
				   "1: find mu1 -> 19\n"
				   "1: find mb1 -> 19\n"
				   "1: find br0\n"
				   "1: link mb1 create bridge mac 0a ageing 6000\n"
				   "1: link mb1 mark\n"
				   "1: /proc/sys/net/ipv6/conf/mb1/accept_ra = 0\n"
				   "1: find mb1\n"
				   "1: link mb1 quiet\n"
				   "1: link mb1 up without arp\n"
				   "1: link mt1 create veth mtu 1400 master 2 peer mu1 in 1\n"
				   "1: link mt1 mark\n"
				   "1: link mu1 quiet\n"
				   "1: link mu1 master 3 up\n"
				   "1: link mt1 quiet\n"
				   "1: link mt1 up\n"
				   "1: carrier of mu1\n"
				   "1: find mu1\n"
				   "1: carrier of mt1\n"
				   "1: find mt1\n");
	assert_string_equal(k.said, "");
	assert_int_equal(net.master.index, 2); /* still the bridge */
	k.did[0] = '\0';
	net_shard_remove(&net, &shard);
	assert_string_equal(k.did, "1: delete mt1\n1: delete mb1\n");
	assert_int_equal(k.link_count, 2);
}

/* What speaks of the machine is the bridge's: neighbours here and there. */
static void a_service_is_attached_to_a_shard(void **state)
{
	const struct net_extra with_shards = { .shards = &shard };

	(void)state;
	k.did[0] = '\0';
	web.shard = 1;
	extra = &with_shards;
	close(attach());
	extra = NULL;
	assert_memory_equal(k.did, "unshare\n"
				   "1: find mt1\n"
				   "1: find mb1\n"
				   "1: link v3 create veth master 3 peer eth0 in 2\n", 79);
	assert_non_null(strstr(k.did, "\n1: neighbour 10.77.0.10 on 2\n"));
	assert_string_equal(k.said, "");
}

/* That of the table knows behind which of its ports the shard is. */
static void a_service_is_attached_to_a_shard_of_many(void **state)
{
	const struct net_extra with_shards = { .shards = &shard };

	(void)state;
	k.did[0] = '\0';
	web.shard = 1;
	bridge.near = 1;
	extra = &with_shards;
	close(attach());
	extra = NULL;
	assert_non_null(strstr(k.did, "1: neighbour 6d behind 7\n1: neighbour 6d behind 4\n"));
	assert_string_equal(k.said, "");
}

static void a_shard_that_is_not_joined_is_somebody_elses(void **state)
{
	const struct net_extra with_shards = { .shards = &shard };

	(void)state;
	link_at(HOME, "mt1")->master = 7;
	web.shard = 1;
	extra = &with_shards;
	assert_int_equal(attach(), -ENODEV);
	extra = NULL;
	assert_string_equal(k.said, "error web: shard mb1: it is not joined to bridge br0; why, minit has said at its start\n");
}

static void a_shard_of_ports_that_are_alone(void **state)
{
	struct net_shard alone = shard;

	(void)state;
	alone.alone = 1;
	assert_int_equal(net_shard_up(&net, &bridge, &alone), 0);
	assert_non_null(strstr(k.did, "1: link mu1 master 3 up\n"));
	assert_non_null(strstr(k.did, "1: link mt1 alone up\n"));
	k.old = true;
	net.dead = UINT64_MAX;
	assert_int_equal(net_shard_up(&net, &bridge, &alone), -EOPNOTSUPP);
	assert_null(link_at(HOME, "mb1"));
	assert_string_equal(k.said, "error br0: isolation of port mt1: this kernel's bridges cannot (Linux 4.18 can); "
				    "remove port_isolation, or use isolate\n");
}

static void a_shard_of_a_killed_run_is_made_anew(void **state)
{
	(void)state;
	assert_int_equal(net_shard_up(&net, &bridge, &shard), -EEXIST); /* another minit may live */
	net.dead = UINT64_MAX;
	k.did[0] = '\0';
	assert_int_equal(net_shard_up(&net, &bridge, &shard), 0);
	assert_non_null(strstr(k.did, "1: find mt1\n1: delete mt1\n1: find mu1 -> 19\n1: find mb1\n1: delete mb1\n"));
	link_at(HOME, "mb1")->marked = false;
	assert_int_equal(net_shard_up(&net, &bridge, &shard), -EEXIST);
	assert_non_null(link_at(HOME, "mb1"));
	assert_string_equal(k.said,
		"error br0: shard: there is a link mt1 already, which another minit here has made; delete it (ip link delete mt1)\n"
		"error br0: shard: there is a link mb1 already, which minit has not made; delete it (ip link delete mb1)\n");
}

static void a_shard_that_does_not_pass_packets_is_none(void **state)
{
	(void)state;
	k.listens = true;
	assert_int_equal(net_shard_up(&net, &bridge, &shard), -EAGAIN);
	assert_null(link_at(HOME, "mb1"));
	assert_string_equal(k.said, "error br0: port mu1 to a shard of it does not forward; is the spanning tree on there? "
				    "switch it off (ip link set br0 type bridge stp_state 0)\n");
}

static void all_failures_of_a_shard(void **state)
{
	int messages, calls;

	assert_int_equal(net_shard_up(&net, &bridge, &shard), 0);
	messages = k.messages;
	calls = k.calls;
	assert_true(messages == 17 && calls == 12);
	for (int i = 1; i <= messages + calls; i++) {
		assert_int_equal(end(state), 0);
		boot_bridge(state);
		fail_at(i, messages);
		if (!net_shard_up(&net, &bridge, &shard))
			continue; /* a link watch that was not hurried, or a router that may be believed, which is a warning */
		assert_int_equal(lines(k.said), 1);
		assert_memory_equal(k.said, strstr(k.said, "error mb1") ? "error mb1: " : "error br0: ", 11);
		assert_int_equal(k.link_count, 2);
	}
}

/* -- links -- */

static struct net_link link_of(const char *name, enum net_kind kind)
{
	struct net_link l = { .kind = kind };

	strcpy(l.name, name);
	return l;
}

static int up(const struct net_link *link, const struct net_route *routes, struct net_seen *ret)
{
	return net_link_up(&net, &(struct net_links){ link, 1, routes, NULL }, 0, ret);
}

static void a_device_is_configured(void **state)
{
	const struct net_route routes[] = {
		{ addr("10.9.0.0/16"), addr("192.0.2.254"), .metric = 7, .type = RTN_UNICAST },
		{ addr("0.0.0.0/0"), addr("192.0.2.253"), .table = 300, .type = RTN_UNICAST },
		{ addr("10.8.0.0/16"), .type = RTN_BLACKHOLE },
	};
	struct net_link wan = link_of("wan", NET_KIND_DEVICE);
	struct net_seen seen;

	(void)state;
	k.links[k.link_count++] = (struct fake_link){ .ns = HOME, .name = "wan" };
	wan.addr[0] = addr("192.0.2.10/24");
	wan.gateway[0] = addr("192.0.2.1");
	wan.mtu = 1400;
	wan.routes = 3;
	assert_int_equal(up(&wan, routes, &seen), 0);
	assert_string_equal(k.did, "1: find wan\n"
				   "1: link wan mtu 1400\n"
				   "1: link wan up\n"
				   "1: address 192.0.2.10/24 on 2\n"
				   "1: route 192.0.2.1 on 2\n"
				   "1: route to 10.9.0.0/16 type 1 metric 7 via 192.0.2.254 on 2\n"
				   "1: route 192.0.2.253 on 2 table 300\n"
				   "1: route to 10.8.0.0/16 type 6 metric 0 via - on 0\n"
				   "1: find wan\n");
	assert_string_equal(k.said, "");
}

/* In one send with its mark, so that no crash leaves one without. */
static void a_link_is_made(void **state)
{
	struct net_link vlan = link_of("v10", NET_KIND_VLAN);
	struct net_seen seen;
	unsigned wan;

	(void)state;
	vlan.id = 10;
	strcpy(vlan.parent, "wan");
	strcpy(vlan.master, "br0");
	assert_int_equal(up(&vlan, NULL, &seen), -ENODEV); /* and nothing is said: it may come */
	assert_string_equal(k.said, "");
	wan = k.link_count;
	k.links[k.link_count++] = (struct fake_link){ .ns = HOME, .name = "wan" };
	k.links[k.link_count++] = (struct fake_link){ .ns = HOME, .name = "br0", .kind = "bridge" };
	assert_int_equal(up(&vlan, NULL, &seen), -ENETDOWN); /* nor now: its parent may come up */
	assert_string_equal(k.said, "");
	assert_int_equal(k.link_count, wan + 2);
	k.links[wan].up = true;
	k.did[0] = '\0';
	assert_int_equal(up(&vlan, NULL, &seen), 0);
	assert_string_equal(k.did, "1: find br0\n"
				   "1: find wan\n"
				   "1: find v10 -> 19\n"
				   "1: link v10 create vlan\n"
				   "1: link v10 mark\n"
				   "1: find v10\n"
				   "1: link v10 master 3\n"
				   "1: link v10 up\n"
				   "1: find v10\n");
}

static void a_link_of_a_killed_run_is_made_anew(void **state)
{
	struct net_link dummy = link_of("d0", NET_KIND_DUMMY);
	struct net_seen seen;

	(void)state;
	k.links[k.link_count++] = (struct fake_link){ .ns = HOME, .name = "d0", .kind = "dummy", .marked = true };
	assert_int_equal(up(&dummy, NULL, &seen), -EEXIST); /* another minit may live */
	net.dead = UINT64_MAX;
	assert_int_equal(up(&dummy, NULL, &seen), 0);
	k.links[k.link_count - 1].marked = false;
	assert_int_equal(up(&dummy, NULL, &seen), -EEXIST);
	assert_string_equal(k.said,
		"error d0: link d0: there is a link of this name already, a dummy that another minit here has made; "
		"delete it (ip link delete d0) or give this one another name\n"
		"error d0: link d0: there is a link of this name already, a dummy that minit has not made; "
		"delete it (ip link delete d0) or give this one another name\n");
}

static void what_loading_a_module_has_made_is_nobodys(void **state)
{
	struct net_link bond = link_of("bond0", NET_KIND_BOND);
	struct net_seen seen;

	(void)state;
	net.dead = UINT64_MAX;
	k.loads = true;
	assert_int_equal(up(&bond, NULL, &seen), 0);
	assert_non_null(strstr(k.did, "1: link bond0 create bond looks 100\n"));
	k.links[0] = (struct fake_link){ .ns = HOME, .name = "bond0", .kind = "bond" };
	assert_int_equal(up(&bond, NULL, &seen), 0);
	assert_string_equal(k.said, "");
	k.links[0] = (struct fake_link){ .ns = HOME, .name = "bond0", .kind = "bond", .up = true };
	assert_int_equal(up(&bond, NULL, &seen), -EEXIST);
	k.links[0] = (struct fake_link){ .ns = HOME, .name = "bond1a", .kind = "bond" };
	strcpy(bond.name, "bond1a");
	assert_int_equal(up(&bond, NULL, &seen), -EEXIST);
}

static void what_a_kernel_lacks(void **state)
{
	struct net_link bond = link_of("bond0", NET_KIND_BOND);
	struct net_seen seen;

	(void)state;
	k.fail_message = 2;
	k.fail_err = EOPNOTSUPP;
	assert_int_equal(up(&bond, NULL, &seen), -EOPNOTSUPP);
	assert_non_null(strstr(k.said, "error bond0: link bond0: this kernel has no links of this kind; load its module"));
}

static void a_pattern_is_of_a_name_or_a_mac(void **state)
{
	struct net_link wan = link_of("wan", NET_KIND_DEVICE);
	struct net_seen seen = { .name = "enp3s0", .mac = { 0x52, 0x54, 0, 0, 0, 1 } };

	(void)state;
	assert_false(net_link_matches(&wan, &seen));
	strcpy(wan.match, "enp*");
	assert_true(net_link_matches(&wan, &seen));
	strcpy(wan.match, "52:54:00:*");
	assert_true(net_link_matches(&wan, &seen));
	strcpy(wan.match, "52:55:*");
	assert_false(net_link_matches(&wan, &seen));
	strcpy(seen.name, "wan"); /* as kernels number devices as they come */
	assert_false(net_link_matches(&wan, &seen));
	wan.flags = NET_LINK_MAC;
	assert_false(net_link_matches(&wan, &seen));
	memcpy(wan.mac, seen.mac, NET_MAC); /* the one that it was given */
	assert_true(net_link_matches(&wan, &seen));
	wan.flags = NET_LINK_BONDED;
	assert_false(net_link_matches(&wan, &seen));
	seen.master = 7; /* it has the bond's */
	assert_true(net_link_matches(&wan, &seen));
	wan.flags = 0;
	assert_false(net_link_matches(&wan, &seen)); /* a bridge leaves it its own */
	strcpy(wan.match, "enp*"); /* it was called so once */
	assert_true(net_link_matches(&wan, &seen));
}

static void a_bridge_is_adopted(void **state)
{
	(void)state;
	k.links[k.link_count++] = (struct fake_link){ .ns = HOME, .name = "br0", .kind = "bridge" };
	assert_int_equal(net_bridge_up(&net, &bridge), 0);
	assert_string_equal(k.did, "1: find br0\n"
				   "1: find br0\n"
				   "1: link br0 mac 02 up\n" /* the one it has */
				   "1: address 10.77.0.1/24 on 2\n"
				   "1: address fd77::1/64 on 2\n");
}

static void a_service_is_attached(void **state)
{
	int ns;

	(void)state;
	ns = attach();
	assert_true(ns >= 0);
	assert_string_equal(k.did, "unshare\n"
				   "1: link v3 create veth master 2 peer eth0 in 2\n"
				   "2: index of eth0\n"
				   "2: link lo up\n"
				   "2: link eth0 quiet\n"
				   "2: link eth0 up\n"
				   "2: address 10.77.0.10/24 on 5\n"
				   "2: address fd77::10/64 on 5\n"
				   "2: route 10.77.0.1 on 5\n"
				   "2: neighbour 10.77.0.1 on 5\n"
				   "2: route fd77::1 on 5\n"
				   "2: neighbour fd77::1 on 5\n"
				   "1: link v3 quiet\n"
				   "1: neighbour 10.77.0.10 on 2\n"
				   "1: neighbour fd77::10 on 2\n"
				   "1: link v3 up\n");
	assert_string_equal(k.said, "");
	assert_int_equal(k.ns, HOME);
	close(ns);
}

/* One of so many that they are not looked for by asking all. */
static void a_service_is_attached_to_many(void **state)
{
	(void)state;
	bridge.near = 1;
	close(attach());
	assert_non_null(strstr(k.did, "\n1: index of v3\n"
				      "1: link v3 quiet\n"
				      "1: neighbour 6d behind 4\n"
				      "1: neighbour 10.77.0.10 on 2\n"));
	assert_string_equal(k.said, "");
}

/* Where a filter of system calls, or a kernel in user space, does not know the call. */
static void a_number_is_asked_for_in_two_ways(void **state)
{
	uint32_t index = 0;

	(void)state;
	k.fail_call = k.calls + 1;
	k.fail_err = ENOTTY;
	assert_int_equal(link_index(&net.host, "br0", &index), 0);
	assert_int_equal(index, 2);
	assert_string_equal(k.did, "1: find br0\n");
	assert_int_equal(link_index(&net.host, "br9", &index), -ENODEV);
	index = 0;
	assert_int_equal(link_index(&net.host, "br0", &index), 0);
	assert_int_equal(index, 2);
	assert_string_equal(k.did, "1: find br0\n1: index of br9\n1: find br9 -> 19\n1: index of br0\n");
}

/* One whose bridge has gone meanwhile leaves no pair; what is said names it. */
static void a_bridge_that_is_gone_before_a_port_comes_up(void **state)
{
	int ns = net_attach(&net, "web", &web, &bridge, NULL);

	(void)state;
	assert_true(ns >= 0);
	assert_int_equal(net_remove(&net, "br0"), 0);
	assert_int_equal(net_connect(&net, "web", &web, &bridge, NULL), -ENODEV);
	assert_null(link_at(HOME, "v3"));
	assert_string_equal(k.said, "error web: look-up of br0: there is no such link; it could not be made, as was said "
				    "then, or somebody has deleted it\n");
	close(ns);
}

static void loopback_alone(void **state)
{
	int ns;

	(void)state;
	web.bridge = -1;
	ns = attach();
	assert_string_equal(k.did, "unshare\n2: link lo up\n");
	close(ns);
}

static void what_few_networks_have_comes_last(void **state)
{
	const struct net_route routes[] = {
		{ .to = addr("10.9.0.0/16"), .via = addr("10.77.0.254"), .metric = 7, .type = RTN_UNICAST },
		{ .to = addr("10.10.0.0/16"), .type = RTN_BLACKHOLE },
		{ .to = addr("fd99::/64"), .type = RTN_UNICAST },
	};
	const struct net_neighbour near[] = { { addr("10.77.0.11"), { 2, 0, 0, 0, 0, 1 }, 0 } };
	static const char texts[] = "\0/proc/sys/net/ipv4/ip_forward\0001";
	const struct net_sysctl sysctls[] = { { 1, sizeof("\0/proc/sys/net/ipv4/ip_forward") } };
	const struct net_extra all = { .routes = routes, .route_count = 3, .neighbours = near, .neighbour_count = 1,
				       .sysctls = sysctls, .sysctl_count = 1, .texts = texts, .mtu = 1300 };
	int ns;

	(void)state;
	extra = &all;
	ns = attach();
	extra = NULL;
	assert_true(ns >= 0);
	assert_non_null(strstr(k.did, "create veth mtu 1300 master"));
	assert_non_null(strstr(k.did, "2: neighbour fd77::1 on 5\n"
				      "2: /proc/sys/net/ipv4/ip_forward = 1\n"
				      "2: route to 10.9.0.0/16 type 1 metric 7 via 10.77.0.254 on 5\n"
				      "2: route to 10.10.0.0/16 type 6 metric 0 via - on 0\n"
				      "2: route to fd99::/64 type 1 metric 0 via - on 5\n"
				      "2: neighbour 10.77.0.11 on 5\n"
				      "1: link v3 quiet\n"
				      "1: neighbour 10.77.0.10"));
	assert_string_equal(k.said, "");
	assert_int_equal(k.ns, HOME);
	close(ns);
}

/* The route by a further one once that is there; eth0's own before it. */
static void a_route_by_a_further_network(void **state)
{
	const struct net_route routes[] = {
		{ .to = addr("10.9.0.0/16"), .via = addr("10.78.0.254"), .type = RTN_UNICAST, .eth = 1 },
		{ .to = addr("10.10.0.0/16"), .via = addr("10.77.0.254"), .type = RTN_UNICAST },
	};
	const struct net_attach also = { .number = 1, .peer = "v3.1", .addr = { addr("10.78.0.10/24") } };
	const struct net_extra all = { .routes = routes, .route_count = 2, .also = &also, .also_count = 1,
				       .bridges = &bridge };
	const char *own, *further;
	int ns;

	(void)state;
	extra = &all;
	ns = attach();
	extra = NULL;
	assert_true(ns >= 0);
	own = strstr(k.did, "2: route to 10.10.0.0/16 type 1 metric 0 via 10.77.0.254 on 5\n");
	further = strstr(k.did, "2: address 10.78.0.10/24 on 7\n2: route to 10.9.0.0/16 type 1 metric 0 via 10.78.0.254 on 7\n");
	assert_true(own && further && own < further);
	assert_null(strstr(strstr(further, " to ") + 1, " to "));
	close(ns);
}

/* A sysctl that is not there, with what to do about it; nothing is left behind, and minit is at home. */
static void a_sysctl_that_cannot_be_set_is_told(void **state)
{
	static const char texts[] = "\0/proc/sys/net/ipv4/x\0001";
	const struct net_sysctl sysctls[] = { { 1, 22 } };
	const struct net_extra all = { .sysctls = sysctls, .sysctl_count = 1, .texts = texts };
	int calls;

	(void)state;
	close(attach());
	calls = k.calls;
	for (int i = 1; i <= calls + 2; i++) {
		boot_bridge(NULL);
		k.fail_call = i;
		k.fail_err = ENOENT;
		extra = &all;
		assert_true(attach() < 0 || i > calls || strstr(k.did, "2: find eth0\n"));
		extra = NULL;
		if (strstr(k.said, "sysctl"))
			break;
		net_close(&net);
	}
	assert_non_null(strstr(k.said, "error web: sysctl net/ipv4/x: a network namespace of this kernel has none of this "
				       "name; correct network.sysctl"));
	assert_int_equal(k.ns, HOME);
}

static void a_link_upon_another(void **state)
{
	int ns;

	(void)state;
	k.links[k.link_count++] = (struct fake_link){ .ns = HOME, .name = "up0" };
	web.bridge = -1;
	web.flags = NET_MACVLAN;
	strcpy(web.peer, "up0");
	ns = attach();
	assert_string_equal(k.did, "unshare\n"
				   "1: find up0\n"
				   "1: link eth0 create macvlan upon 3 in 2 mac 02\n"
				   "2: index of eth0\n"
				   "2: link lo up\n"
				   "2: link eth0 up\n"
				   "2: address 10.77.0.10/24 on 5\n"
				   "2: address fd77::10/64 on 5\n"
				   "2: route 10.77.0.1 on 5\n"
				   "2: route fd77::1 on 5\n");
	close(ns);
	memset(web.addr, 0, sizeof(web.addr));
	memset(web.gateway, 0, sizeof(web.gateway));
	close(attach());
	assert_non_null(strstr(k.did, "create macvlan upon 3 in 3\n")); /* its MAC is the kernel's choice */
	web.flags = NET_IPVLAN;
	strcpy(web.peer, "up9");
	assert_int_equal(attach(), -ENODEV);
	assert_non_null(strstr(k.said, "error web: network.parent: no link is called up9; "));
}

/* A gateway that is not the bridge has a MAC that only it knows. */
static void other_gateways_are_asked(void **state)
{
	int ns;

	(void)state;
	web.gateway[0] = addr("10.77.0.254");
	ns = attach();
	assert_non_null(strstr(k.did, "route 10.77.0.254"));
	assert_null(strstr(k.did, "2: neighbour 10.77"));
	assert_non_null(strstr(k.did, "neighbour fd77::1"));
	close(ns);
}

/* In a session of its own, as after a reload: the bridge is looked up, once. */
static void a_service_is_attached_later(void **state)
{
	int ns[2];

	(void)state;
	net_close(&net);
	assert_int_equal(net_open(&net), 0);
	ns[0] = attach();
	assert_non_null(strstr(k.did, "unshare\n1: find br0\n1: link v3 create"));
	k.did[0] = '\0';
	strcpy(web.peer, "v4");
	ns[1] = attach();
	assert_null(strstr(k.did, "find br0"));
	close(ns[0]);
	close(ns[1]);
}

static void own_loopback(void **state)
{
	(void)state;
	assert_int_equal(net_loopback(&net), 0);
	assert_string_equal(k.did, "1: find lo\n1: link lo up\n");
	assert_int_equal(net_loopback(&net), 0);
	assert_string_equal(k.did, "1: find lo\n1: link lo up\n1: find lo\n");
}

static void removing(void **state)
{
	(void)state;
	assert_int_equal(net_remove(&net, "br0"), 0);
	assert_int_equal(attach(), -ENODEV); /* it is looked for, not remembered */
	k.said[0] = '\0';
	assert_null(link_at(HOME, "br0"));
	assert_int_equal(net_remove(&net, "br0"), 0);
	assert_string_equal(k.said, "");
	k.fail_message = k.messages + 1;
	k.fail_err = EPERM;
	assert_int_equal(net_remove(&net, "lo"), -EPERM);
	assert_string_equal(k.said, "error lo: deletion of lo: minit lacks CAP_NET_ADMIN; run the container with "
				    "--cap-add NET_ADMIN\n");
}

/* -- golden bytes of the two that create --------------------------------------------------------- */

static void the_request_for_a_bridge(void **state)
{
	(void)state;
	k.fail_message = 2; /* so that it is the last thing sent */
	k.fail_err = EEXIST;
	assert_int_equal(net_bridge_up(&net, &bridge), -EEXIST);
	sent_is("48000000 1000 0106 02000000 00000000" /* 0x600: create, exclusive */
		"0000 0000 00000000 00000000 00000000"
		"0800 0300 62723000"
		"0a00 0100 0a9933dd5e29 0000" /* its MAC */
		"1400 1200 0b00 0100 62726964676500 00 0400 0200" /* kind "bridge", nothing asked of it */
		"34000000 1000 0500 03000000 00000000" /* and its mark */
		"0000 0000 00000000 00000000 00000000"
		"0800 0300 62723000 0900 1400 6d696e6974 000000");
}

static void the_request_for_a_pair(void **state)
{
	(void)state;
	bridge.mtu = 1400;
	k.fail_message = 1;
	k.fail_err = EBUSY;
	net.host.seq = 7;
	assert_int_equal(attach(), -EBUSY);
	sent_is("b0000000 1000 0506 08000000 00000000"
		"0000 0000 00000000 00000000 00000000"
		"0700 0300 76330000"
		"0800 1f00 01000000 0800 2000 01000000" /* one queue each way */
		"0800 0400 78050000 0800 1b00 696e696d 0800 0a00 02000000" /* MTU; the mark; the bridge's number */
		"6000 1200 0900 0100 7665746800 000000" /* kind "veth" */
		"5000 0200 4c00 0100"                   /* data: the peer, a link itself */
		"0000 0000 00000000 00000000 00000000"
		"0900 0300 65746830 00000000 0a00 0100 026d0a4d000a 0000"
		"0800 1f00 01000000 0800 2000 01000000 0800 0400 78050000"
		"0800 1c00 66000000");                  /* in the namespace of descriptor 102 */
}

/* With the smallest and the largest table nothing is refused for want of room. */
static void the_largest_requests_fit(void **state)
{
	int ns;

	(void)state;
	for (int i = 0; i < NET_ADDRS; i++)
		web.addr[i] = bridge.addr[i] = addr(i ? "2001:db8:ffff:ffff:ffff:ffff:ffff:fff0/128" : "255.255.255.254/32");
	web.gateway[0] = web.addr[0];
	web.gateway[1] = web.addr[1];
	strcpy(bridge.name, "bridge-15-chars");
	strcpy(web.peer, "peer-15-letters");
	bridge.mtu = UINT32_MAX;
	assert_int_equal(net_bridge_up(&net, &bridge), 0);
	ns = attach();
	assert_true(ns >= 0);
	close(ns);
}

/* -- what fails ---------------------------------------------------------------------------------- */

/* Each request and each system call of it, one after the other: nothing is left behind, one line is said. */
static void all_failures_of_attaching(void **state)
{
	int messages, calls, fds, err;
	unsigned links;

	close(attach());
	messages = k.messages;
	calls = k.calls;
	assert_true(messages == 14 && calls == 8);
	for (int i = 1; i <= messages + calls; i++) {
		assert_int_equal(end(state), 0);
		boot_bridge(state);
		links = k.link_count;
		fds = open_fds();
		fail_at(i, messages);
		err = attach();
		if (err >= 0 && strstr(k.did, "2: find eth0\n")) {
			close(err);
			continue; /* the other way to ask for a number */
		}
		assert_int_equal(err, -EBUSY);
		assert_int_equal(open_fds(), fds);
		assert_int_equal(lines(k.said), 1);
		assert_memory_equal(k.said, "error web: ", 11);
		for (unsigned l = links; l < k.link_count; l++)
			assert_int_not_equal(k.links[l].ns, HOME);
		if (!strstr(k.said, "cannot return"))
			assert_int_equal(k.ns, HOME);
	}
}

static void all_failures_of_a_bridge(void **state)
{
	static const char router[] = "warning br0: net.ipv6.conf.br0.accept_ra cannot be set to 0, so a service on it that "
				     "has net_raw may make itself the machine's IPv6 router; mount /proc/sys read-write: "
				     "Device or resource busy\n";
	static const char local[] = "warning br0: its IPv6 settings cannot be written: what is only passed on finds who is "
				    "not of the table by IPv4 alone; mount /proc/sys read-write: Device or resource busy\n";
	int messages, calls, err, warnings = 0;

	assert_int_equal(net_bridge_up(&net, &bridge), 0);
	messages = k.messages;
	calls = k.calls;
	assert_true(messages == 8 && calls == 9); /* two calls were net_open's */
	for (int i = 1; i <= messages + calls - 2; i++) {
		assert_int_equal(end(state), 0);
		boot(state);
		k.calls = 0;
		fail_at(i, messages);
		err = net_bridge_up(&net, &bridge);
		assert_int_equal(lines(k.said), 1);
		if (!err) {
			assert_string_equal(k.said, warnings ? local : router);
			warnings++;
			continue;
		}
		assert_int_equal(err, -EBUSY);
		assert_memory_equal(k.said, "error br0: ", 11);
		/* With the look-up failing it is not known whose it is. */
		assert_true(!link_at(HOME, "br0") || strstr(k.said, "look-up"));
	}
	assert_int_equal(warnings, 3);
}

static void failure(int message, int err, const char *words, const char *line)
{
	setup(NULL);
	boot_bridge(NULL);
	k.fail_message = message;
	k.fail_err = err;
	k.fail_words = words;
	assert_int_equal(attach(), -err);
	assert_string_equal(k.said, line);
	net_close(&net);
}

static void words_of_failures(void **state)
{
	end(state);
	failure(5, EINVAL, "ipv4: Invalid prefix for given IP address", "error web: address 10.77.0.10/24: Invalid "
		"argument: ipv4: Invalid prefix for given IP address\n");
	failure(5, ENOBUFS, NULL, "error web: address 10.77.0.10/24: No buffer space available\n");
	failure(7, ENETUNREACH, "Nexthop has invalid gateway", "error web: default route via 10.77.0.1: the gateway is in "
		"none of the service's subnets; give it an address of one, or the service an address beside it\n");
	failure(1, EXFULL, NULL, "error web: veth pair v3: its bridge has 1023 ports already, the most a bridge can have, "
		"and some are not the table's; lower the bridge's shard, so that minit leaves room for them\n");
	failure(1, EOPNOTSUPP, "Unknown device type", "error web: veth pair v3: this kernel has no veth pairs; load the "
		"module (modprobe veth) or build it with CONFIG_VETH\n");
	failure(4, EPERM, NULL, "error web: setting up eth0: minit lacks CAP_NET_ADMIN; run the container with --cap-add "
		"NET_ADMIN\n");
	boot(state);
}

static void a_kernel_without_bridges(void **state)
{
	(void)state;
	k.fail_message = 2;
	k.fail_err = EOPNOTSUPP;
	k.fail_words = "Unknown device type";
	assert_int_equal(net_bridge_up(&net, &bridge), -EOPNOTSUPP);
	assert_string_equal(k.said, "error br0: bridge br0: this kernel has no bridges; load the module (modprobe bridge) or "
				    "build it with CONFIG_BRIDGE\n");
}

/* -- without IPv6 -------------------------------------------------------------------------------- */

/* What it is instead is told by who has use for the bridge. */
static void what_is_no_bridge_lacks_no_ipv6(void **state)
{
	(void)state;
	assert_false(net_ipv6_is_missing(&net, &bridge, 1));
	assert_false(net_bridge_lacks_ipv6(&net, "br0"));
	k.links[k.link_count++] = (struct fake_link){ .ns = HOME, .name = "br0", .kind = "dummy" };
	assert_false(net_ipv6_is_missing(&net, &bridge, 1));
	assert_false(net_bridge_lacks_ipv6(&net, "br0"));
}

static void without_ipv6(int err, const char *words)
{
	int ns[2];

	k.no_ipv6 = true;
	k.ipv6_err = err;
	assert_int_equal(net_bridge_up(&net, &bridge), 0);
	assert_string_equal(k.said, words);
	ns[0] = attach();
	strcpy(web.peer, "v4");
	ns[1] = attach();
	assert_true(ns[0] >= 0 && ns[1] >= 0);
	assert_int_equal(lines(k.said), 1);
	assert_true(net_ipv6_is_missing(&net, &bridge, 1));
	close(ns[0]);
	close(ns[1]);
}

static void a_kernel_without_ipv6(void **state)
{
	static const int errs[] = { EOPNOTSUPP, EAFNOSUPPORT };

	for (size_t i = 0; i < ARRAY_LEN(errs); i++) {
		without_ipv6(errs[i], "warning br0: address fd77::1/64: this kernel has no IPv6, or it is disabled here; going "
			     "on without it and all others like it: switch IPv6 on (net.ipv6.conf.*.disable_ipv6 = 0, no "
			     "ipv6.disable=1 at boot), or leave them out\n");
		end(state);
		boot(state);
	}
}

/* By its setting, or by its MTU, which kernels have told in two ways. */
static void a_bridge_without_ipv6(void **state)
{
	static const int errs[] = { EACCES, EINVAL, ENOBUFS };

	for (size_t i = 0; i < ARRAY_LEN(errs); i++) {
		without_ipv6(errs[i], "warning br0: address fd77::1/64: IPv6 is off there; going on without it and all that "
			     "builds on it: set net.ipv6.conf.br0.disable_ipv6 to 0 and the MTU to 1280 or more, and start "
			     "minit anew, or leave the address out\n");
		assert_null(strstr(k.did, "address fd77::10"));
		assert_null(strstr(k.did, "via fd77::1"));
		end(state);
		boot(state);
	}
}

/* What is not there has not to be taken off, and nobody has to hear why. */
static void an_address_that_is_not_there_is_taken_off(void **state)
{
	static const int errs[] = { EADDRNOTAVAIL, ENXIO, EOPNOTSUPP, EAFNOSUPPORT };
	const struct addr gone = addr("fd77::1/64");

	for (size_t i = 0; i < ARRAY_LEN(errs); i++) {
		k.fail_message = 1;
		k.fail_err = errs[i];
		assert_int_equal(addr_strip(&net, "br0", &gone, 7), 0);
		assert_string_equal(k.said, "");
		end(state);
		boot(state);
	}
	k.fail_message = 1;
	k.fail_err = EPERM;
	assert_int_equal(addr_strip(&net, "br0", &gone, 7), -EPERM);
	assert_string_equal(k.said, "error br0: address fd77::1/64: minit lacks CAP_NET_ADMIN; run the container with "
				    "--cap-add NET_ADMIN\n");
}

static void other_errors_of_ipv6_are_errors(void **state)
{
	(void)state;
	k.no_ipv6 = true;
	k.ipv6_err = EINVAL;
	assert_int_equal(attach(), -EINVAL);
	assert_string_equal(k.said, "error web: address fd77::10/64: Invalid argument\n");
}

/* What it has of IPv4 it has, and by IPv4 what builds on that; what is there without an address is tried. */
static void a_service_does_without_ipv6(void **state)
{
	const struct net_route routes[] = {
		{ .to = addr("fd99::/64"), .via = addr("fd77::9"), .type = RTN_UNICAST },
		{ .to = addr("10.9.0.0/16"), .via = addr("10.77.0.9"), .type = RTN_UNICAST },
		{ .to = addr("fd98::/64"), .type = RTN_UNREACHABLE },
	};
	const struct net_neighbour neighbours[] = { { .addr = addr("fd77::11") }, { .addr = addr("10.77.0.11") } };
	const struct net_extra all = { .routes = routes, .route_count = ARRAY_LEN(routes), .neighbours = neighbours,
				       .neighbour_count = ARRAY_LEN(neighbours) };
	int ns;

	(void)state;
	k.no_ipv6 = true;
	extra = &all;
	ns = attach();
	extra = NULL;
	assert_true(ns >= 0);
	close(ns);
	assert_string_equal(k.said, "warning web: address fd77::10/64: this kernel has no IPv6, or it is disabled here; going "
				    "on without it and all others like it: switch IPv6 on (net.ipv6.conf.*.disable_ipv6 = 0, no "
				    "ipv6.disable=1 at boot), or leave them out\n");
	assert_non_null(strstr(k.did, "route to 10.9.0.0/16"));
	assert_null(strstr(k.did, "route to fd99::"));
	assert_non_null(strstr(k.did, "route to fd98::"));
	assert_non_null(strstr(k.did, "neighbour 10.77.0.11"));
	assert_null(strstr(k.did, "fd77::11"));
	assert_false(net.ipv6_missing); /* of minit's own nothing is known by that */
}

static void the_only_address_is_needed(void **state)
{
	(void)state;
	k.no_ipv6 = true;
	web.addr[0] = web.addr[1];
	web.addr[1].family = 0;
	assert_int_equal(attach(), -EOPNOTSUPP);
	assert_string_equal(k.said, "error web: address fd77::10/64: this kernel has no IPv6 (it is built without, or booted with "
			    "ipv6.disable=1); leave the address out\n");
}

/* A failure behind a tolerated one is found too. */
static void ipv4_is_still_checked(void **state)
{
	(void)state;
	k.no_ipv6 = true;
	k.fail_message = 7; /* the IPv4 route, behind the IPv6 address */
	k.fail_err = ENETDOWN;
	assert_int_equal(attach(), -ENETDOWN);
	assert_non_null(strstr(k.said, "error web: default route via 10.77.0.1: Network is down\n"));
}

int main(void)
{
#define TEST(name, start) cmocka_unit_test_setup_teardown(name, start, end)
	const struct CMUnitTest tests[] = {
		TEST(a_bridge_is_made, boot), TEST(a_bridge_has_options, boot), TEST(a_bridge_is_adopted, boot),
		TEST(a_device_is_configured, boot), TEST(an_address_that_is_not_there_is_taken_off, boot), TEST(a_link_is_made, boot), TEST(what_a_kernel_lacks, boot),
		TEST(a_link_of_a_killed_run_is_made_anew, boot), TEST(what_loading_a_module_has_made_is_nobodys, boot),
		TEST(a_pattern_is_of_a_name_or_a_mac, boot),
		TEST(a_service_is_attached, boot_bridge), TEST(a_port_is_alone, boot_bridge),
		TEST(a_service_is_attached_to_many, boot_bridge), TEST(a_number_is_asked_for_in_two_ways, boot_bridge),
		TEST(a_bridge_that_is_gone_before_a_port_comes_up, boot_bridge),
		TEST(a_port_cannot_be_alone, boot_bridge),
		TEST(a_shard_is_made, boot_bridge),
		TEST(a_service_is_attached_to_a_shard, boot_shard),
		TEST(a_service_is_attached_to_a_shard_of_many, boot_shard),
		TEST(a_shard_that_is_not_joined_is_somebody_elses, boot_shard),
		TEST(a_shard_of_ports_that_are_alone, boot_bridge),
		TEST(a_shard_of_a_killed_run_is_made_anew, boot_shard),
		TEST(a_shard_that_does_not_pass_packets_is_none, boot_bridge),
		TEST(all_failures_of_a_shard, boot_bridge),
		TEST(loopback_alone, boot_bridge), TEST(other_gateways_are_asked, boot_bridge),
		TEST(what_few_networks_have_comes_last, boot_bridge), TEST(a_route_by_a_further_network, boot_bridge), TEST(other_gateways_are_asked, boot_bridge),
		TEST(a_sysctl_that_cannot_be_set_is_told, boot_bridge), TEST(other_gateways_are_asked, boot_bridge),
		TEST(a_link_upon_another, boot_bridge), TEST(other_gateways_are_asked, boot_bridge),
		TEST(a_service_is_attached_later, boot_bridge), TEST(own_loopback, boot), TEST(removing, boot_bridge),
		TEST(the_request_for_a_bridge, boot), TEST(the_request_for_a_pair, boot_bridge),
		TEST(the_largest_requests_fit, boot), TEST(all_failures_of_attaching, boot_bridge),
		TEST(all_failures_of_a_bridge, boot), TEST(words_of_failures, boot),
		TEST(a_kernel_without_bridges, boot), TEST(a_kernel_without_ipv6, boot), TEST(what_is_no_bridge_lacks_no_ipv6, boot),
		TEST(a_bridge_without_ipv6, boot),
		TEST(other_errors_of_ipv6_are_errors, boot_bridge), TEST(a_service_does_without_ipv6, boot_bridge),
		TEST(the_only_address_is_needed, boot_bridge), TEST(ipv4_is_still_checked, boot_bridge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
