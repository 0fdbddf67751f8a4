#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/addr.h"
#include "lib/fd.h"
#include "net/requests.h"

#define READS 8
#define HEADER (NLMSG_HDRLEN + sizeof(struct nfgenmsg))

/* One direction of a flow. */
struct tuple {
	struct addr from, to;
	uint16_t from_port, to_port;
	uint8_t proto;
};

struct message {
	char bytes[512];
	size_t len;
};

/* -- requests ----------------------------------------------------------------------------------------------------- */

/* The number is the request's type: so an error tells what it answers. */
static void begin(struct message *m, uint16_t type, uint16_t flags, uint8_t family)
{
	struct nlmsghdr h = { .nlmsg_type = (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type),
			      .nlmsg_flags = NLM_F_REQUEST | flags, .nlmsg_seq = type };
	struct nfgenmsg g = { .nfgen_family = family, .version = NFNETLINK_V0 };

	memcpy(m->bytes, &h, sizeof(h));
	memcpy(m->bytes + sizeof(h), &g, sizeof(g));
	m->len = HEADER;
}

static void put(struct message *m, uint16_t attr, const void *data, size_t len)
{
	struct nlattr a = { .nla_len = (uint16_t)(sizeof(a) + len), .nla_type = attr };

	if (NLMSG_ALIGN(len) + sizeof(a) > sizeof(m->bytes) - m->len)
		return;
	memcpy(m->bytes + m->len, &a, sizeof(a));
	memset(m->bytes + m->len + sizeof(a), 0, NLMSG_ALIGN(len));
	memcpy(m->bytes + m->len + sizeof(a), data, len);
	m->len += sizeof(a) + NLMSG_ALIGN(len);
}

static int send_message(int fd, struct message *m)
{
	uint32_t len = (uint32_t)m->len;

	memcpy(m->bytes, &len, sizeof(len));
	return send(fd, m->bytes, m->len, MSG_DONTWAIT) < 0 ? -errno : 0;
}

int flows_open(void)
{
	cleanup_fd int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);
	struct message m;
	int err = fd < 0 ? -errno : 0;

	begin(&m, IPCTNL_MSG_CT_GET, NLM_F_DUMP, AF_UNSPEC);
	if (!err)
		err = send_message(fd, &m);
	return err ? err : fd_steal(&fd);
}

void flows_failed(int err)
{
	net_failed("network", &(struct netlink_request){ .step = NET_FLOWS }, -err, "");
}

/* With its id: one that has come anew in its place is another. */
static void forget(int fd, uint8_t family, struct netlink_bytes tuple, struct netlink_bytes id)
{
	struct message m;

	begin(&m, IPCTNL_MSG_CT_DELETE, 0, family);
	put(&m, CTA_TUPLE_ORIG | NLA_F_NESTED, tuple.data, tuple.len);
	put(&m, CTA_ID, id.data, id.len);
	(void)!send_message(fd, &m); /* the next sweep finds it again */
}

/* -- what the kernel tells ----------------------------------------------------------------------------------------- */

static bool take_addr(struct netlink_bytes in, uint16_t v4, uint16_t v6, struct addr *ret)
{
	struct netlink_bytes a;

	*ret = (struct addr){ 0 };
	if (netlink_find(in, v4, &a) && a.len == 4)
		ret->family = AF_INET;
	else if (netlink_find(in, v6, &a) && a.len == 16)
		ret->family = AF_INET6;
	else
		return false;
	memcpy(ret->bytes, a.data, a.len);
	return true;
}

static bool take_port(struct netlink_bytes in, uint16_t attr, uint16_t *ret)
{
	struct netlink_bytes a;

	if (!netlink_find(in, attr, &a) || a.len != sizeof(*ret))
		return false;
	memcpy(ret, a.data, sizeof(*ret));
	*ret = ntohs(*ret);
	return true;
}

static bool take_tuple(struct netlink_bytes attrs, uint16_t attr, struct netlink_bytes *ret_all, struct tuple *ret)
{
	struct netlink_bytes ip, proto, number;

	if (!netlink_find(attrs, attr, ret_all) || !netlink_find(*ret_all, CTA_TUPLE_IP, &ip) ||
	    !netlink_find(*ret_all, CTA_TUPLE_PROTO, &proto) || !netlink_find(proto, CTA_PROTO_NUM, &number) ||
	    !number.len)
		return false;
	ret->proto = (uint8_t)number.data[0];
	return take_addr(ip, CTA_IP_V4_SRC, CTA_IP_V6_SRC, &ret->from) &&
	       take_addr(ip, CTA_IP_V4_DST, CTA_IP_V6_DST, &ret->to) &&
	       take_port(proto, CTA_PROTO_SRC_PORT, &ret->from_port) &&
	       take_port(proto, CTA_PROTO_DST_PORT, &ret->to_port);
}

/* -- where it should lead ------------------------------------------------------------------------------------------ */

static bool is_published(const struct net_port *p, const struct tuple *t)
{
	return p->proto == t->proto && p->host.family == t->to.family && t->to_port >= p->low &&
	       t->to_port <= p->last && (addr_is_any(&p->host) || addr_equal(&p->host, &t->to));
}

static bool leads_to(const struct net_port *p, const struct tuple *t, const struct tuple *back)
{
	return addr_equal(&p->to, &back->from) && back->from_port == p->to_low + t->to_port - p->low;
}

static bool is_service(const struct net_targets *targets, const struct addr *a)
{
	for (uint32_t i = 0; i < targets->bridge_count; i++)
		for (unsigned k = 0; k < NET_ADDRS && targets->bridges[i].addr[k].family; k++)
			if (addr_in(a, &targets->bridges[i].addr[k]))
				return true;
	return false;
}

/* One that somebody else has led elsewhere is no business of ours. A port of one address wins over one of all. */
static bool is_misled(const struct net_targets *targets, const struct tuple *there, const struct tuple *back)
{
	bool published = false, right = false, of_one = false;

	for (uint32_t i = 0; i < targets->port_count; i++) {
		const struct net_port *p = &targets->ports[i];
		bool one = !addr_is_any(&p->host);

		if (!is_published(p, there) || one < of_one)
			continue;
		right = (right && one == of_one) ||
			(leads_to(p, there, back) && (!p->balance || targets->is_ready(targets->context, p)));
		of_one = one;
		published = true;
	}
	if (right)
		return false;
	if (addr_equal(&there->to, &back->from))
		return published;
	return (published || targets->changed) && is_service(targets, &back->from);
}

/* -- whether it would be let through ------------------------------------------------------------------------------- */

static const struct net_attach *attach_at(const struct net_targets *targets, uint32_t i)
{
	return (const void *)((const char *)targets->attach + i * targets->stride);
}

/* The service on a bridge whose address it is, or attach_count. */
static uint32_t whose(const struct net_targets *targets, const struct addr *a)
{
	for (uint32_t i = 0; i < targets->attach_count; i++) {
		const struct net_attach *attach = attach_at(targets, i);

		for (unsigned k = 0; attach->bridge >= 0 && k < NET_ADDRS && attach->addr[k].family; k++)
			if (addr_equal(&attach->addr[k], a))
				return i;
	}
	return targets->attach_count;
}

static bool is_allowed(const struct net_targets *targets, uint32_t from, uint32_t to, const struct tuple *t)
{
	for (uint32_t i = 0; i < targets->allow_count; i++) {
		const struct net_allow *a = &targets->allow[i];

		if (a->from == from && a->to == to &&
		    (!a->proto || (a->proto == t->proto && t->to_port >= a->low && t->to_port <= a->last)))
			return true;
	}
	return false;
}

/* From one bridge to another: what goes on within one is asked for each packet, and is no flow here. */
static bool is_revoked(const struct net_targets *targets, const struct tuple *there, const struct tuple *back)
{
	uint32_t from = whose(targets, &there->from), to = whose(targets, &there->to);
	int32_t a, b;

	if (from == targets->attach_count || to == targets->attach_count || !addr_equal(&there->to, &back->from))
		return false;
	a = attach_at(targets, from)->bridge;
	b = attach_at(targets, to)->bridge;
	return a != b && (targets->bridges[a].flags | targets->bridges[b].flags) & NET_ISOLATE &&
	       !is_allowed(targets, from, to, there);
}

static bool is_stale(const struct net_targets *targets, const struct tuple *there, const struct tuple *back)
{
	if (there->proto == IPPROTO_UDP && is_misled(targets, there, back))
		return true;
	return targets->changed && is_revoked(targets, there, back);
}

bool flow_is_stale(struct netlink_bytes message, const struct net_targets *targets, struct netlink_bytes *ret_tuple,
		   struct netlink_bytes *ret_id)
{
	struct netlink_bytes attrs, all;
	struct tuple there, back;

	if (message.len < sizeof(struct nfgenmsg))
		return false;
	attrs = netlink_behind(message, sizeof(struct nfgenmsg));
	return take_tuple(attrs, CTA_TUPLE_ORIG, ret_tuple, &there) &&
	       take_tuple(attrs, CTA_TUPLE_REPLY, &all, &back) && netlink_find(attrs, CTA_ID, ret_id) &&
	       is_stale(targets, &there, &back);
}

/* A flow that could not be forgotten is gone already. */
static int take_error(const struct netlink_message *m)
{
	int32_t err;

	if (m->seq != IPCTNL_MSG_CT_GET)
		return 1;
	if (m->body.len < sizeof(err))
		return -EPROTO;
	memcpy(&err, m->body.data, sizeof(err));
	return err < 0 && err > -4096 ? err : -EPROTO;
}

/* 1: more will come. */
static int sweep_message(int fd, const struct netlink_message *m, const struct net_targets *targets)
{
	struct netlink_bytes tuple, id;

	if (m->type == NLMSG_DONE)
		return 0;
	if (m->type == NLMSG_ERROR)
		return take_error(m);
	if (flow_is_stale(m->body, targets, &tuple, &id))
		forget(fd, (uint8_t)m->body.data[0], tuple, id);
	return 1;
}

int flows_sweep(int fd, const struct net_targets *targets)
{
	char mem[8192];
	struct netlink_inbox in = { .fd = fd, .mem = mem, .size = sizeof(mem), .datagrams = READS };
	struct netlink_message m;
	int more = 1, n;

	while (more > 0 && (n = netlink_take(&in, &m)) != 0)
		more = n < 0 ? n : sweep_message(fd, &m, targets);
	return more;
}
