/* What a minit that was killed has left in the network: links that bear its mark, pairs of services among them. */
#include <errno.h>
#include <string.h>

#include "net/requests.h"

struct left {
	const struct net_session *s;
	net_stays_fn *stays;
	const void *context;
	char (*names)[NET_IFNAME];
	int most, n, err;
};

static void note(void *context, struct netlink_bytes body)
{
	struct left *l = context;
	struct link_info info;

	l->err = l->err ? l->err : link_take(body, &info);
	if (!l->err && l->n < l->most && link_is_left(l->s, &info) && !(l->stays && l->stays(l->context, info.name)))
		memcpy(l->names[l->n++], info.name, NET_IFNAME);
}

int net_left(struct net_session *s, net_stays_fn *stays, const void *context, char (*names)[NET_IFNAME], int most)
{
	struct left l = { .s = s, .stays = stays, .context = context, .names = names, .most = most };
	int err = s->dead ? links_list(&s->host, note, &l) : 0;

	if (!err)
		err = l.err;
	return err ? err : l.n;
}
