/* What the kernel lists of one kind. */
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "net/requests.h"

/* As long as any header of a list: struct ifinfomsg, ifaddrmsg, rtmsg, tcmsg, fib_rule_hdr. */
#define HEADER_MOST 32

/* To its end, as the socket is asked other things then. */
static int take_all(struct netlink_batch *b, size_t header, netlink_each_fn *each, void *context)
{
	struct netlink_answer a;
	int n = 0, err = netlink_send(b);

	netlink_await(&a);
	while (!err && (n = netlink_next(b, &a)) > 0) {
		if (a.err)
			err = -a.err;
		else if (a.body.len >= header)
			each(context, a.body);
	}
	return err ? err : n;
}

/* The family is the first byte of each header. */
static void begin(struct netlink_batch *b, uint16_t type, uint8_t family, size_t header)
{
	const struct netlink_request request = { .type = type, .flags = NLM_F_DUMP, .step = NET_LINK_FIND };
	const uint8_t bytes[HEADER_MOST] = { family };

	netlink_begin(b, &request);
	netlink_raw(b, bytes, header);
}

int netlink_list(struct netlink *nl, uint16_t type, uint8_t family, size_t header, netlink_each_fn *each,
		 void *context)
{
	struct netlink_batch b;
	char mem[64];

	netlink_start(&b, nl, mem, sizeof(mem));
	begin(&b, type, family, header);
	return take_all(&b, header, each, context);
}

int links_list(struct netlink *nl, netlink_each_fn *each, void *context)
{
	struct netlink_batch b;
	char mem[64];

	netlink_start(&b, nl, mem, sizeof(mem));
	begin(&b, RTM_GETLINK, AF_UNSPEC, sizeof(struct ifinfomsg));
	netlink_put_u32(&b, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return take_all(&b, 0, each, context);
}
