#include "net/netlink.h"

#include <errno.h>
#include <limits.h>
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

int netlink_listen(uint32_t groups)
{
	const struct sockaddr_nl name = { .nl_family = AF_NETLINK, .nl_groups = groups };
	cleanup_fd int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	return fd < 0 || bind(fd, (const struct sockaddr *)&name, sizeof(name)) < 0 ? -errno : fd_steal(&fd);
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
	a->rest.len = 0;
	a->done = false;
}

/* NLMSGERR_ATTR_MSG stands behind the header of the request, or all of it when the kernel echoes it. */
static void take_words(struct netlink_answer *a, unsigned flags, const struct nlmsgerr *e)
{
	struct netlink_bytes words, in = netlink_behind(a->body, sizeof(*e));
	size_t echo = 0, len;

	a->words[0] = '\0';
	if (!(flags & NLM_F_ACK_TLVS))
		return;
	if (!(flags & NLM_F_CAPPED) && e->msg.nlmsg_len > sizeof(e->msg))
		echo = ALIGNED((size_t)e->msg.nlmsg_len) - sizeof(e->msg);
	if (echo > in.len)
		return;
	if (!netlink_find(netlink_behind(in, echo), NLMSGERR_ATTR_MSG, &words))
		return;
	len = strnlen(words.data, MIN(words.len, sizeof(a->words) - 1));
	memcpy(a->words, words.data, len);
	a->words[len] = '\0';
}

static bool is_errno(int negative)
{
	return negative <= 0 && negative >= -4095;
}

static int take_error(struct netlink_answer *a, unsigned flags)
{
	struct nlmsgerr e;

	if (a->body.len < sizeof(e))
		return -EPROTO;
	memcpy(&e, a->body.data, sizeof(e));
	if (!is_errno(e.error))
		return -EPROTO;
	a->err = -e.error;
	take_words(a, flags, &e);
	a->body.len = 0;
	return 1;
}

/* Why a list ends: 0 behind its last, or -errno. */
static int take_end(struct netlink_answer *a)
{
	int err = 0;

	if (a->body.len >= sizeof(err))
		memcpy(&err, a->body.data, sizeof(err));
	a->body.len = 0;
	a->done = true;
	return is_errno(err) ? err : -EPROTO;
}

/* The next message, its bytes in a->body: 1, 0 when there is none, or -errno. */
static int take_message(const struct netlink *nl, struct netlink_answer *a, struct netlink_message *ret)
{
	struct netlink_inbox in = { .fd = nl->fd, .mem = a->mem, .size = sizeof(a->mem), .datagrams = UINT_MAX,
				    .rest = a->rest };
	int n = netlink_take(&in, ret);

	a->rest = in.rest;
	if (n <= 0)
		return n;
	a->err = 0;
	a->body = ret->body;
	return 1;
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
	struct netlink_message m;
	int n = take_message(nl, a, &m);

	if (n <= 0)
		return n;
	*ret_seq = m.seq;
	if (m.type == NLMSG_DONE)
		return take_end(a);
	return m.type == NLMSG_ERROR ? take_error(a, m.flags) : 1;
}

int netlink_next(const struct netlink_batch *b, struct netlink_answer *a)
{
	struct netlink_message m;
	int n;

	if (a->done)
		return 0;
	do { /* what an earlier batch has left unread is passed over */
		n = take_message(b->nl, a, &m);
		if (n <= 0)
			return n ? n : -EPROTO;
	} while ((int32_t)(m.seq - b->first) < 0);
	if (m.seq - b->first >= b->count)
		return -EPROTO;
	a->request = &b->request[m.seq - b->first];
	if (m.type == NLMSG_DONE)
		return take_end(a);
	if (m.type != NLMSG_ERROR)
		return 1;
	n = take_error(a, m.flags);
	a->done = n > 0 && a->request == &b->request[b->count - 1];
	return n;
}
