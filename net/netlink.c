#include "net/netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "lib/fd.h"

#define ALIGNED(n) (((n) + 3) & ~(size_t)3)

/* -- socket ------------------------------------------------------------------------------------- */

int netlink_open(struct netlink *ret_nl)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int on = 1;

	if (fd < 0)
		return -errno;
	/* The kernel's own words (Linux 4.12) and answers without an echo of the request (4.3): fine without. */
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	*ret_nl = (struct netlink){ .fd = fd };
	return 0;
}

void netlink_close(struct netlink *nl)
{
	fd_close(&nl->fd);
}

int netlink_namespace(const struct netlink *nl)
{
	int fd = ioctl(nl->fd, SIOCGSKNS);

	return fd < 0 ? -errno : fd;
}

/* -- requests ----------------------------------------------------------------------------------- */

void netlink_start(struct netlink_batch *b, struct netlink *nl, void *mem, size_t size)
{
	b->nl = nl;
	b->at = 0;
	b->first = nl->seq + 1;
	b->count = 0;
	buf_init(&b->buf, mem, size);
}

/* Writes the length of what began at `at`: 16 bits of an attribute, 32 of a request. */
static void seal(struct netlink_batch *b, size_t at, size_t bytes)
{
	uint32_t len = (uint32_t)(b->buf.len - at);
	uint16_t len16 = (uint16_t)len;

	if (buf_check(&b->buf) == 0)
		memcpy(b->buf.data + at, bytes == sizeof(len16) ? (void *)&len16 : (void *)&len, bytes);
}

void netlink_begin(struct netlink_batch *b, const struct netlink_request *request)
{
	struct nlmsghdr h = {
		.nlmsg_type = request->type,
		.nlmsg_flags = NLM_F_REQUEST | request->flags,
		.nlmsg_seq = ++b->nl->seq,
	};

	if (b->count == NETLINK_REQUESTS) {
		b->buf.full = true;
		return;
	}
	b->request[b->count++] = *request;
	b->at = b->buf.len;
	netlink_raw(b, &h, sizeof(h));
}

void netlink_raw(struct netlink_batch *b, const void *data, size_t len)
{
	static const char zeros[3];

	buf_add(&b->buf, data, len);
	buf_add(&b->buf, zeros, ALIGNED(len) - len);
	seal(b, b->at, sizeof(uint32_t));
}

void netlink_put(struct netlink_batch *b, uint16_t attr, const void *data, size_t len)
{
	struct rtattr a = { .rta_len = (uint16_t)(sizeof(a) + len), .rta_type = attr };

	netlink_raw(b, &a, sizeof(a));
	netlink_raw(b, data, len);
}

void netlink_put_u8(struct netlink_batch *b, uint16_t attr, uint8_t value)
{
	netlink_put(b, attr, &value, sizeof(value));
}

void netlink_put_u32(struct netlink_batch *b, uint16_t attr, uint32_t value)
{
	netlink_put(b, attr, &value, sizeof(value));
}

void netlink_put_text(struct netlink_batch *b, uint16_t attr, const char *text)
{
	netlink_put(b, attr, text, strlen(text) + 1);
}

size_t netlink_nest(struct netlink_batch *b, uint16_t attr)
{
	size_t at = b->buf.len;

	netlink_put(b, attr, "", 0);
	return at;
}

void netlink_nest_end(struct netlink_batch *b, size_t nest)
{
	seal(b, nest, sizeof(uint16_t));
}

int netlink_send(struct netlink_batch *b)
{
	struct nlmsghdr h;

	if (!b->count || buf_check(&b->buf) < 0)
		return -ENOBUFS;
	memcpy(&h, b->buf.data + b->at, sizeof(h));
	h.nlmsg_flags |= NLM_F_ACK;
	memcpy(b->buf.data + b->at, &h, sizeof(h));
	return send(b->nl->fd, b->buf.data, b->buf.len, 0) < 0 ? -errno : 0;
}

/* -- answers ------------------------------------------------------------------------------------ */

void netlink_await(struct netlink_answer *a)
{
	a->request = NULL;
	a->err = 0;
	a->words[0] = '\0';
	a->body = (struct netlink_bytes){ .len = 0 };
	a->at = a->len = 0;
	a->done = false;
}

/* One datagram of the kernel; others that know our port may write to it too. */
static int receive(const struct netlink *nl, struct netlink_answer *a)
{
	struct sockaddr_nl from = { .nl_pid = 0 };
	socklen_t size = sizeof(from);
	ssize_t n;

	do {
		n = recvfrom(nl->fd, a->mem, sizeof(a->mem), MSG_DONTWAIT | MSG_TRUNC,
			     (struct sockaddr *)&from, &size);
		if (n < 0)
			return -errno;
	} while (from.nl_pid != 0);
	a->at = 0;
	a->len = (size_t)n > sizeof(a->mem) ? 0 : (size_t)n;
	return a->len ? 0 : -EPROTO;
}

/* Takes the next one out of *in; false when there is none, or a broken one. */
static inline bool take_attr(struct netlink_bytes *in, uint16_t *ret_attr, struct netlink_bytes *ret)
{
	struct rtattr a;
	size_t step;

	if (in->len < sizeof(a))
		return false;
	memcpy(&a, in->data, sizeof(a));
	if (a.rta_len < sizeof(a) || a.rta_len > in->len)
		return false;
	*ret_attr = (uint16_t)(a.rta_type & NLA_TYPE_MASK);
	*ret = (struct netlink_bytes){ in->data + sizeof(a), a.rta_len - sizeof(a) };
	step = MIN(ALIGNED(a.rta_len), in->len);
	in->data += step;
	in->len -= step;
	return true;
}

bool netlink_find(struct netlink_bytes in, uint16_t attr, struct netlink_bytes *ret)
{
	struct netlink_bytes got;
	uint16_t type;

	while (take_attr(&in, &type, &got)) {
		if (type != attr)
			continue;
		*ret = got;
		return true;
	}
	return false;
}

void netlink_find_all(struct netlink_bytes in, struct netlink_bytes *ret, uint16_t count)
{
	struct netlink_bytes got;
	uint16_t type;

	memset(ret, 0, count * sizeof(*ret));
	while (take_attr(&in, &type, &got))
		if (type < count && !ret[type].data)
			ret[type] = got;
}

/* NLMSGERR_ATTR_MSG stands behind the header of the request, or all of it when the kernel echoes it. */
static void take_words(struct netlink_answer *a, const struct nlmsghdr *h, const struct nlmsgerr *e)
{
	struct netlink_bytes words, in = { a->body.data + sizeof(*e), a->body.len - sizeof(*e) };
	size_t echo = 0, len;

	a->words[0] = '\0';
	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(h->nlmsg_flags & NLM_F_CAPPED) && e->msg.nlmsg_len > sizeof(e->msg))
		echo = ALIGNED((size_t)e->msg.nlmsg_len) - sizeof(e->msg);
	if (echo > in.len)
		return;
	in.data += echo;
	in.len -= echo;
	if (!netlink_find(in, NLMSGERR_ATTR_MSG, &words))
		return;
	len = strnlen(words.data, MIN(words.len, sizeof(a->words) - 1));
	memcpy(a->words, words.data, len);
	a->words[len] = '\0';
}

static int take_error(struct netlink_answer *a, const struct nlmsghdr *h)
{
	struct nlmsgerr e;

	if (a->body.len < sizeof(e))
		return -EPROTO;
	memcpy(&e, a->body.data, sizeof(e));
	if (e.error > 0 || e.error < -4095)
		return -EPROTO;
	a->err = -e.error;
	take_words(a, h, &e);
	a->body.len = 0;
	return 1;
}

/* Takes the next message out of mem; its length is checked here, once. */
static int take_message(const struct netlink *nl, struct netlink_answer *a, struct nlmsghdr *ret_h)
{
	struct nlmsghdr h;
	int err;

	if (a->at == a->len && (err = receive(nl, a)) < 0)
		return err;
	if (a->len - a->at < sizeof(h))
		return -EPROTO;
	memcpy(&h, a->mem + a->at, sizeof(h));
	if (h.nlmsg_len < sizeof(h) || h.nlmsg_len > a->len - a->at)
		return -EPROTO;
	a->body = (struct netlink_bytes){ a->mem + a->at + sizeof(h), h.nlmsg_len - sizeof(h) };
	a->at += MIN(ALIGNED((size_t)h.nlmsg_len), a->len - a->at);
	*ret_h = h;
	return 0;
}

int netlink_ask(struct netlink_batch *b, struct netlink_answer *a)
{
	int n = 0, err = netlink_send(b);

	netlink_await(a);
	if (!err && (n = netlink_next(b, a)) <= 0)
		err = n < 0 ? n : -EPROTO;
	return err ? err : -a->err;
}

int netlink_any(const struct netlink *nl, struct netlink_answer *a, uint32_t *ret_seq)
{
	struct nlmsghdr h;
	int err = take_message(nl, a, &h);

	if (err < 0)
		return err == -EAGAIN ? 0 : err;
	a->err = 0;
	*ret_seq = h.nlmsg_seq;
	return h.nlmsg_type == NLMSG_ERROR ? take_error(a, &h) : 1;
}

int netlink_next(const struct netlink_batch *b, struct netlink_answer *a)
{
	struct nlmsghdr h;
	int err;

	if (a->done)
		return 0;
	do { /* what an earlier batch has left unread is passed over */
		err = take_message(b->nl, a, &h);
		if (err < 0)
			return err == -EAGAIN ? -EPROTO : err;
	} while ((int32_t)(h.nlmsg_seq - b->first) < 0);
	if (h.nlmsg_seq - b->first >= b->count)
		return -EPROTO;
	a->request = &b->request[h.nlmsg_seq - b->first];
	a->err = 0;
	if (h.nlmsg_type != NLMSG_ERROR)
		return 1;
	err = take_error(a, &h);
	a->done = err > 0 && a->request == &b->request[b->count - 1];
	return err;
}
