#include <errno.h>
#include <linux/filter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/fd.h"
#include "net/nft.h"
#include "net/requests.h"

#define READS 16          /* datagrams at a time: what is left keeps the loop awake */
#define SNDBUF_LEAST 65536

static int failed(enum net_step step, const char *name, int err, const char *words)
{
	return net_failed("network", &(struct netlink_request){ .step = step, .name = name }, -err, words);
}

/* What of the transaction message number `seq` was about: its step, and a name that is in the bytes. */
static enum net_step about(const char *bytes, size_t len, uint32_t seq, const char **ret_name)
{
	static const struct {
		uint8_t kind, name, step;
	} kinds[] = {
		{ NFT_MSG_NEWCHAIN, NFTA_CHAIN_NAME, NET_RULES_CHAIN },
		{ NFT_MSG_NEWSET, NFTA_SET_NAME, NET_RULES_SET },
		{ NFT_MSG_NEWSETELEM, NFTA_SET_ELEM_LIST_SET, NET_RULES_SET },
		{ NFT_MSG_DELSETELEM, NFTA_SET_ELEM_LIST_SET, NET_RULES_SET },
		{ NFT_MSG_NEWRULE, NFTA_RULE_CHAIN, NET_RULES_RULE },
		{ NFT_MSG_DELRULE, NFTA_RULE_CHAIN, NET_RULES_RULE },
	};
	struct netlink_bytes rest = { bytes, len }, name;
	struct nft_message m = { 0 };

	for (uint32_t i = 0; i < seq && nft_take(&rest, &m);)
		i++;
	*ret_name = NET_TABLE;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (m.kind == kinds[i].kind && netlink_find(m.attrs, kinds[i].name, &name) && name.len &&
		    !name.data[name.len - 1]) {
			*ret_name = name.data;
			return kinds[i].step;
		}
	return NET_RULES_TABLE;
}

/* -- sockets ------------------------------------------------------------------------------------------------------ */

static int open_netfilter(int flags, uint32_t groups, uint32_t *ret_port)
{
	struct sockaddr_nl at = { .nl_family = AF_NETLINK, .nl_groups = groups };
	socklen_t size = sizeof(at);
	int on = 1;
	cleanup_fd int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, NETLINK_NETFILTER);

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || getsockname(fd, (struct sockaddr *)&at, &size) < 0)
		return -errno;
	*ret_port = at.nl_pid;
	return fd_steal(&fd);
}

int ruleset_open(uint32_t *ret_port)
{
	int fd = open_netfilter(0, 0, ret_port);

	return fd < 0 ? failed(NET_RULES_SOCKET, NULL, fd, "") : fd;
}

/*
 * The kernel puts messages about one transaction together, and about no other. A large one is more of them than the
 * socket has room for, and what is lost then may be anybody's. What a filter loads is taken for that of the network.
 */
static void leave_out(int fd, uint32_t port)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_pid)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(port), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	const struct sock_fprog filter = { .len = ARRAY_LEN(code), .filter = code };

	(void)!setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)); /* else they are passed over */
}

int ruleset_listen(uint32_t port)
{
	uint32_t own;
	int fd = open_netfilter(SOCK_NONBLOCK, 1u << (NFNLGRP_NFTABLES - 1), &own);

	if (fd < 0)
		return failed(NET_RULES_SOCKET, NULL, fd, "");
	leave_out(fd, port);
	return fd;
}

/* -- committing --------------------------------------------------------------------------------------------------- */

static int message_failed(const char *bytes, size_t len, uint32_t seq, const struct netlink_answer *a)
{
	const char *name;
	enum net_step step = about(bytes, len, seq, &name);

	return failed(step, name, -a->err, a->words);
}

/* Of the answers, which are there: 0 when one says that it is done and none what failed; the first failure. */
static int take_answers(int fd, const char *bytes, size_t len, bool is_quiet)
{
	const struct netlink nl = { .fd = fd };
	struct netlink_answer a;
	int n, err = -EPROTO;
	uint32_t seq;

	netlink_await(&a);
	while ((n = netlink_any(&nl, &a, &seq)) > 0 || n == -ENOBUFS) {
		if (n < 0) /* more failed than there was room for: the first are there */
			continue;
		if (!a.err && err == -EPROTO)
			err = 0;
		if (a.err && (err == -EPROTO || !err))
			err = is_quiet ? -a.err : message_failed(bytes, len, seq, &a);
	}
	return err == -EPROTO && !is_quiet ? failed(NET_RULES_TABLE, NET_TABLE, err, "") : err;
}

/* The kernel takes no message that is larger than the socket's buffer, and doubles what it is told. */
static void make_room(int fd, size_t len)
{
	int size = (int)MAX(len, SNDBUF_LEAST);

	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

static int commit(int fd, const char *bytes, size_t len, bool is_quiet)
{
	make_room(fd, len);
	if (send(fd, bytes, len, 0) < 0)
		return is_quiet ? -errno : failed(NET_RULES_TABLE, NET_TABLE, -errno, "");
	return take_answers(fd, bytes, len, is_quiet);
}

int ruleset_commit(int fd, const char *bytes, size_t len)
{
	return commit(fd, bytes, len, false);
}

int ruleset_try(const char *bytes, size_t len)
{
	uint32_t port;
	cleanup_fd int fd = open_netfilter(0, 0, &port);

	return fd < 0 ? fd : commit(fd, bytes, len, true);
}

/* -- what others do ------------------------------------------------------------------------------------------------ */

/* Attribute number 1 names the table, whatever the message is about. */
static bool is_ours(const struct nft_message *m)
{
	struct netlink_bytes name;

	return m->subsystem == NFNL_SUBSYS_NFTABLES && m->kind != NFT_MSG_NEWGEN &&
	       netlink_find(m->attrs, NFTA_TABLE_NAME, &name) && name.len == sizeof(NET_TABLE) &&
	       !memcmp(name.data, NET_TABLE, sizeof(NET_TABLE));
}

/* Too short to be one that is known: better once too often. */
static bool is_touching(const struct netlink_message *m, uint32_t port)
{
	struct nft_message nft;

	return !nft_message(m, &nft) || (m->port != port && is_ours(&nft));
}

/* All is read even when the answer is known: one flush is many messages. */
bool ruleset_was_touched(int fd, uint32_t port)
{
	char mem[8192];
	struct netlink_inbox in = { .fd = fd, .mem = mem, .size = sizeof(mem), .datagrams = READS };
	struct netlink_message m;
	bool touched = false;
	int n;

	while ((n = netlink_take(&in, &m)) != 0)
		touched |= n < 0 || is_touching(&m, port);
	return touched;
}
