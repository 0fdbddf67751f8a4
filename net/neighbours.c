/*
 * Neighbours that a minit has told bridges of somebody else's of. They would stay there without it, and lead to nobody;
 * by their protocol they are known as minit's (veth.c). Linux 5.0: before, the kernel keeps none of it, and they stay.
 */
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "net/requests.h"

struct left {
	struct addr addr;
	uint32_t index; /* of the link */
};

static bool take(struct netlink_bytes body, void *ret_one)
{
	struct left *ret = ret_one;
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

static int drop(struct net_session *s, const void *one, uint8_t family)
{
	const struct left *left = one;

	(void)family;
	return neighbour_drop(s, &left->addr, left->index);
}

void net_neighbours_clear(struct net_session *s)
{
	static const struct sweep ours = { RTM_GETNEIGH, sizeof(struct ndmsg), sizeof(struct left), take, drop };

	sweep(s, &ours);
}
