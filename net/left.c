/* What a minit that was killed has left in the network: links that bear its mark. */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "net/requests.h"

/* Of all links; statistics would be most of each answer. */
static int ask(struct netlink_batch *b)
{
	const struct netlink_request request = { .type = RTM_GETLINK, .flags = NLM_F_DUMP, .step = NET_LINK_FIND };
	const struct ifinfomsg ifi = { 0 };

	netlink_begin(b, &request);
	netlink_raw(b, &ifi, sizeof(ifi));
	netlink_put_u32(b, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return netlink_send(b);
}

int net_left(struct net_session *s, net_stays_fn *stays, const void *context, char (*names)[NET_IFNAME], int most)
{
	struct netlink_answer a;
	struct netlink_batch b;
	struct link_info info;
	int err = 0, n = 0;
	char mem[64];

	if (!s->alone)
		return 0;
	netlink_start(&b, &s->host, mem, sizeof(mem));
	err = ask(&b);
	netlink_await(&a);
	while (!err && netlink_next(&b, &a) > 0 && !a.err && a.body.len >= sizeof(struct ifinfomsg)) {
		err = link_take(a.body, &info);
		if (err || n == most || strcmp(info.alias, LINK_MARK) != 0 || (stays && stays(context, info.name)))
			continue;
		memcpy(names[n++], info.name, NET_IFNAME);
	}
	return err ? err : n;
}
