/*
 * Neighbours that a minit has told bridges of somebody else's of. They would stay there without it, and lead to nobody;
 * by their protocol they are known as minit's (veth.c). Linux 5.0: before, the kernel keeps none of it, and they stay.
 */
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "net/requests.h"

#define AT_ONCE 32 /* that are taken away between two looks */

struct left {
	struct addr addr;
	uint32_t index; /* of the link */
};

static bool take(struct netlink_bytes body, struct left *ret)
{
	struct netlink_bytes attrs, got;
	struct ndmsg nd;

	memcpy(&nd, body.data, sizeof(nd));
	attrs = netlink_behind(body, sizeof(nd));
	*ret = (struct left){ .addr.family = nd.ndm_family, .index = (uint32_t)nd.ndm_ifindex };
	if (!(nd.ndm_state & NUD_PERMANENT) || !netlink_find(attrs, NDA_PROTOCOL, &got) || got.len != 1 ||
	    (uint8_t)got.data[0] != NET_PROTOCOL)
		return false;
	if (!netlink_find(attrs, NDA_DST, &got) || got.len != addr_width(&ret->addr))
		return false;
	memcpy(ret->addr.bytes, got.data, got.len);
	return true;
}

struct found {
	struct left list[AT_ONCE];
	unsigned n;
};

static void note(void *context, struct netlink_bytes body)
{
	struct found *f = context;

	f->n += f->n < AT_ONCE && take(body, &f->list[f->n]);
}

/* One that cannot be taken away would be found for ever. */
static void clear(struct net_session *s, uint8_t family)
{
	struct found f;
	int err;

	do {
		f.n = 0;
		err = netlink_list(&s->host, RTM_GETNEIGH, family, sizeof(struct ndmsg), note, &f);
		for (unsigned i = 0; i < f.n && !err; i++)
			err = neighbour_drop(s, &f.list[i].addr, f.list[i].index);
	} while (f.n == AT_ONCE && !err);
}

void net_neighbours_clear(struct net_session *s)
{
	clear(s, AF_INET);
	clear(s, AF_INET6);
}
