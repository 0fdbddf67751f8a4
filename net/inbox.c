/* What comes from the kernel: datagrams, the messages in them, and the attributes in these. */
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "net/netlink.h"

/* -- datagrams ---------------------------------------------------------------------------------------------------- */

/* The namespace that it comes from, as the only control message says that there can be; without it our own. */
static int nsid_of(struct msghdr *msg)
{
	const struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	int nsid = NET_OWN;

	if (c && c->cmsg_level == SOL_NETLINK && c->cmsg_type == NETLINK_LISTEN_ALL_NSID)
		memcpy(&nsid, CMSG_DATA(c), sizeof(nsid));
	return nsid;
}

/* 1; 0 for none of the kernel's: others that know our port may write to it too. */
static int receive(struct netlink_inbox *in)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct sockaddr_nl from = { .nl_pid = 0 };
	struct iovec iov = { in->mem, in->size };
	struct msghdr msg = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = control, .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(in->fd, &msg, MSG_DONTWAIT);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	if (from.nl_pid)
		return 0;
	if (msg.msg_flags & MSG_TRUNC)
		return -ENOBUFS;
	in->rest = (struct netlink_bytes){ in->mem, (size_t)n };
	in->nsid = nsid_of(&msg);
	return 1;
}

int netlink_take(struct netlink_inbox *in, struct netlink_message *ret)
{
	int n = in->rest.len ? 1 : 0;

	for (; !n && in->datagrams; in->datagrams--)
		n = receive(in);
	if (n <= 0)
		return n == -EAGAIN ? 0 : n;
	if (netlink_step(&in->rest, ret))
		return 1;
	in->rest.len = 0;
	return -EPROTO;
}

/* -- messages ----------------------------------------------------------------------------------------------------- */

/* Behind the first `len` bytes and what they are padded with, of which the last one may have none. */
static void skip(struct netlink_bytes *in, size_t len)
{
	size_t step = MIN(NLMSG_ALIGN(len), in->len);

	in->data += step;
	in->len -= step;
}

bool netlink_step(struct netlink_bytes *rest, struct netlink_message *ret)
{
	struct nlmsghdr h;

	if (rest->len < sizeof(h))
		return false;
	memcpy(&h, rest->data, sizeof(h));
	if (h.nlmsg_len < sizeof(h) || h.nlmsg_len > rest->len)
		return false;
	*ret = (struct netlink_message){
		.type = h.nlmsg_type, .flags = h.nlmsg_flags, .seq = h.nlmsg_seq, .port = h.nlmsg_pid,
		.body = netlink_behind((struct netlink_bytes){ rest->data, h.nlmsg_len }, sizeof(h)),
	};
	skip(rest, h.nlmsg_len);
	return true;
}

/* -- attributes --------------------------------------------------------------------------------------------------- */

bool netlink_attr(struct netlink_bytes *list, uint16_t *ret_attr, struct netlink_bytes *ret)
{
	struct rtattr a;

	if (list->len < sizeof(a))
		return false;
	memcpy(&a, list->data, sizeof(a));
	if (a.rta_len < sizeof(a) || a.rta_len > list->len)
		return false;
	*ret_attr = (uint16_t)(a.rta_type & NLA_TYPE_MASK);
	*ret = (struct netlink_bytes){ list->data + sizeof(a), a.rta_len - sizeof(a) };
	skip(list, a.rta_len);
	return true;
}

bool netlink_find(struct netlink_bytes in, uint16_t attr, struct netlink_bytes *ret)
{
	struct netlink_bytes got;
	uint16_t type;

	while (netlink_attr(&in, &type, &got)) {
		if (type != attr)
			continue;
		*ret = got;
		return true;
	}
	return false;
}

uint32_t netlink_u32(struct netlink_bytes in, uint16_t attr)
{
	struct netlink_bytes got;
	uint32_t n = 0;

	if (netlink_find(in, attr, &got) && got.len == sizeof(n))
		memcpy(&n, got.data, sizeof(n));
	return n;
}

void netlink_find_all(struct netlink_bytes in, struct netlink_bytes *ret, uint16_t count)
{
	struct netlink_bytes got;
	uint16_t type;

	memset(ret, 0, count * sizeof(*ret));
	while (netlink_attr(&in, &type, &got))
		if (type < count && !ret[type].data)
			ret[type] = got;
}
