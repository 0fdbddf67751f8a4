// links: net/net.c net/announce.c net/setting.c net/bridge.c net/strip.c net/veth.c net/extra.c net/onlink.c net/rate.c net/netlink.c net/inbox.c net/link.c net/mark.c net/addr.c net/mac.c lib/buf.c lib/cure.c lib/cure_where.c lib/fd.c lib/addr.c lib/addr_use.c lib/text.c lib/log.c
// flags: -Wl,--wrap=send,--wrap=recvmsg
/*
 * Any bytes as the kernel's answers: byte 0 says what is asked; then come the
 * datagrams, each with its length in two bytes. What lies behind one is never
 * read, and words and names end within their room.
 */
#include <assert.h>
#include <errno.h>
#include <sanitizer/asan_interface.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/addr.h"
#include "lib/log.h"
#include "net/requests.h"

static const uint8_t *input;
static size_t left;
static void *poisoned;
static size_t poisoned_len;

static void unpoison(void)
{
	__asan_unpoison_memory_region(poisoned, poisoned_len);
	poisoned_len = 0;
}

ssize_t __wrap_send(int fd, const void *data, size_t len, int flags)
{
	(void)fd, (void)data, (void)flags;
	return (ssize_t)len;
}

ssize_t __wrap_recvmsg(int fd, struct msghdr *msg, int flags)
{
	char *mem = msg->msg_iov->iov_base;
	size_t len, size = msg->msg_iov->iov_len;

	(void)fd, (void)flags;
	msg->msg_controllen = 0;
	unpoison();
	if (left < 2) {
		errno = EAGAIN;
		return -1;
	}
	len = MIN(MIN((size_t)(input[0] | input[1] << 8), left - 2), size);
	memcpy(mem, input + 2, len);
	input += 2 + len;
	left -= 2 + len;
	poisoned = mem + len;
	poisoned_len = size - len;
	__asan_poison_memory_region(poisoned, poisoned_len);
	return (ssize_t)len;
}

static void look_up(struct netlink *nl)
{
	struct link_info info;
	int err = link_find(nl, "br0", &info);

	unpoison(); /* it was on the stack */
	if (err == 0)
		assert(strlen(info.kind) < sizeof(info.kind));
}

static void configure(struct netlink *nl)
{
	struct addr list[NET_ADDRS] = { { .family = AF_INET6, .prefix = 64 }, { .family = AF_INET, .prefix = 8 } };
	static struct netlink_answer a;
	struct netlink_batch b;
	char mem[NET_BATCH];

	netlink_start(&b, nl, mem, sizeof(mem));
	link_quiet(&b, "eth0");
	addrs_add(&b, list, 2);
	a = (struct netlink_answer){ 0 };
	while (netlink_next(&b, &a) > 0)
		assert(strlen(a.words) < sizeof(a.words) && a.err >= 0 && a.request >= b.request);
}

static void run(struct net_session *s)
{
	struct netlink_batch b;
	char mem[NET_BATCH];
	int err;

	netlink_start(&b, &s->host, mem, sizeof(mem));
	link_up(&b, "lo");
	link_up(&b, "eth0");
	err = net_run(s, "web", &b);
	unpoison();
	assert(err <= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct net_session s = { 0 };

	log_level_set(LOG_ERROR);
	if (!size)
		return 0;
	log_open(-1);
	input = data + 1;
	left = size - 1;
	switch (data[0] % 3) {
	case 0: look_up(&s.host); break;
	case 1: configure(&s.host); break;
	default: run(&s); break;
	}
	unpoison();
	return 0;
}
