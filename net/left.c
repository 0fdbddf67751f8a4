/* What a minit that was killed has left in the network: links that bear its mark, pairs of services among them. */
#include <errno.h>
#include <string.h>

#include "net/requests.h"

int net_left(struct net_session *s, net_stays_fn *stays, const void *context, char (*names)[NET_IFNAME], int most)
{
	struct netlink_answer a;
	struct netlink_batch b;
	struct link_info info;
	int err, more = 0, n = 0;
	char mem[64];

	if (!s->alone)
		return 0;
	netlink_start(&b, &s->host, mem, sizeof(mem));
	err = links_ask(&b);
	netlink_await(&a);
	while (!err && (more = netlink_next(&b, &a)) > 0) {
		err = a.err ? -a.err : link_take(a.body, &info);
		if (err || n == most || !link_is_marked(&info) || (stays && stays(context, info.name)))
			continue;
		memcpy(names[n++], info.name, NET_IFNAME);
	}
	return err ? err : more < 0 ? more : n;
}
