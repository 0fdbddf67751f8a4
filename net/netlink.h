/*
 * A conversation with the kernel over rtnetlink: requests are built in memory
 * of the caller, go out in one send, and each answer is matched to its request
 * by sequence number. netlink(7), rtnetlink(7).
 *
 * The kernel handles the requests of one send in order, goes on after one that
 * failed, and has put all answers into the socket when send returns: so nothing
 * here ever waits.
 */
#ifndef NET_NETLINK_H
#define NET_NETLINK_H

#include "lib/addr.h"
#include "lib/buf.h"

#define NETLINK_REQUESTS 16  /* most in one batch */
/*
 * Most bytes that come at once: of a list the kernel fills a page, or 8 KiB where pages are larger (NLMSG_GOODSIZE), or
 * more if who reads has room for more. One link with all its attributes is about 1.2 KiB.
 */
#define NETLINK_ANSWER 8192
#define NETLINK_WORDS 128    /* of the kernel's own words, cut to fit */
#define NET_OWN -1           /* in place of a namespace's number: minit's own */

struct netlink {
	int fd;
	uint32_t seq; /* of the request built last */
};

/* One request, and what it is about if it fails. */
struct netlink_request {
	uint16_t type;           /* RTM_* */
	uint16_t flags;          /* NLM_F_* beside NLM_F_REQUEST */
	unsigned step;           /* enum net_step */
	bool given;              /* must not be left out, whatever the kernel lacks */
	const char *name;        /* of the link, or NULL */
	const struct addr *addr; /* or NULL */
};

struct netlink_batch {
	struct netlink *nl;
	struct buf buf;
	size_t at;       /* where the request that is being built begins */
	uint32_t first;  /* sequence number of request[0] */
	unsigned count;
	struct netlink_request request[NETLINK_REQUESTS];
};

/* A stretch of bytes of an answer. */
struct netlink_bytes {
	const char *data;
	size_t len;
};

struct netlink_message {
	uint16_t type, flags; /* NLMSG_*, RTM_* and so on; NLM_F_* */
	uint32_t seq;         /* of the request that it answers */
	uint32_t port;        /* of the socket whose request it answers, or tells of */
	struct netlink_bytes body; /* what is behind its header */
};

/* What comes to a socket. The caller sets fd, mem, size and datagrams. */
struct netlink_inbox {
	int fd;
	char *mem; /* for one datagram */
	size_t size;
	unsigned datagrams; /* most that are still taken: what is left keeps the loop awake */
	struct netlink_bytes rest; /* of the one that is being read */
	int nsid; /* where that comes from: a namespace's number in ours (NETLINK_LISTEN_ALL_NSID), or NET_OWN */
};

struct netlink_answer {
	const struct netlink_request *request; /* it answers this one */
	int err;                    /* errno value; 0: done, or an object in body */
	char words[NETLINK_WORDS];  /* the kernel's own about err, or "" */
	struct netlink_bytes body;  /* of an object: its header and attributes; else empty */
	struct netlink_bytes rest;  /* of mem: what has come with it */
	bool done;                  /* the last request has been answered */
	char mem[NETLINK_ANSWER];
};

/* A socket in the network namespace the caller is in. 0 or -errno. */
must_check int netlink_open(struct netlink *ret_nl);
void netlink_close(struct netlink *nl);

/* One that hears what is told to these groups (RTMGRP_*), non-blocking: a descriptor, the caller's, or -errno. */
must_check int netlink_listen(uint32_t groups);

/* A descriptor of the namespace the socket is in, or -errno; needs CAP_NET_ADMIN. Linux 4.10. */
must_check int netlink_namespace(const struct netlink *nl);

/* Starts a batch in mem; what does not fit is refused when it is sent. */
void netlink_start(struct netlink_batch *b, struct netlink *nl, void *mem, size_t size);

void netlink_begin(struct netlink_batch *b, const struct netlink_request *request);
void netlink_raw(struct netlink_batch *b, const void *data, size_t len); /* padded to 4 bytes */
void netlink_put(struct netlink_batch *b, uint16_t attr, const void *data, size_t len);
void netlink_put_u8(struct netlink_batch *b, uint16_t attr, uint8_t value);
void netlink_put_u32(struct netlink_batch *b, uint16_t attr, uint32_t value);
void netlink_put_text(struct netlink_batch *b, uint16_t attr, const char *text); /* with its NUL */

/* What is put between the two is inside attribute `attr`; nest_end takes what nest gave. */
must_check size_t netlink_nest(struct netlink_batch *b, uint16_t attr);
void netlink_nest_end(struct netlink_batch *b, size_t nest);

/* Sends all requests; only the last one is asked to be acknowledged. 0 or -errno. */
must_check int netlink_send(struct netlink_batch *b);

/* Begins *a as { 0 } does, but for mem, which is written before it is read: zeros would be 8 KiB for each question. */
void netlink_await(struct netlink_answer *a);

/*
 * The next answer: 1, or 0 when the last request has been answered, or what one lists (NLM_F_DUMP) has come to its end,
 * or -errno (-EPROTO for what is no answer). *a begins by netlink_await.
 */
must_check int netlink_next(const struct netlink_batch *b, struct netlink_answer *a);

/* Sends a batch of one request and takes its answer: 0, or -errno, of which a->words says more if the kernel did. */
must_check int netlink_ask(struct netlink_batch *b, struct netlink_answer *a);

/*
 * The next message that has come, whatever it answers: 1 with its sequence
 * number, or 0 when there is none or a list has come to its end, or -errno. a->request is not set.
 */
must_check int netlink_any(const struct netlink *nl, struct netlink_answer *a, uint32_t *ret_seq);

/* -- what comes, step by step: inbox.c -- */

/*
 * The next message of the kernel's: 1; 0 when nothing more is there, or as many datagrams were taken as were asked for;
 * -ENOBUFS when something was lost, in the kernel or for want of room; -EPROTO for what is no message, and with it goes
 * the rest of its datagram; or -errno. After an error the next call goes on with what has come since. Never waits.
 */
must_check int netlink_take(struct netlink_inbox *in, struct netlink_message *ret);

/* Takes the next message off *rest; false when there is none or it is broken, and *rest is as it was. */
bool netlink_step(struct netlink_bytes *rest, struct netlink_message *ret);

/* The same of an attribute; *ret_attr: its type, without flags. */
bool netlink_attr(struct netlink_bytes *list, uint16_t *ret_attr, struct netlink_bytes *ret);

/* What is behind the first `len` bytes, which are there: of a message, its attributes behind the header that it has. */
static inline struct netlink_bytes netlink_behind(struct netlink_bytes in, size_t len)
{
	return (struct netlink_bytes){ in.data + len, in.len - len };
}

/* A number of 4 bytes, in the order of this machine; 0 when there is none. */
uint32_t netlink_u32(struct netlink_bytes in, uint16_t attr);

/* The first attribute of this type; false when there is none, or only a broken one. */
bool netlink_find(struct netlink_bytes in, uint16_t attr, struct netlink_bytes *ret);

/* The first of each type below count, in one walk: ret[type], its data NULL where there is none. */
void netlink_find_all(struct netlink_bytes in, struct netlink_bytes *ret, uint16_t count);

#endif
