/* What a shard is called, and what it is as a bridge: for who makes it, and for who tells of it. */
#include <string.h>

#include "net/requests.h"

static void put_name(char *ret, char what, uint32_t number)
{
	struct buf b = { .data = ret, .size = NET_IFNAME };

	buf_fmt(&b, "m%c%u", what, number);
	buf_text(&b);
}

/* As mv0 is the pair of a service. */
void net_shard_name(struct net_shard *ret, uint32_t number)
{
	put_name(ret->name, 'b', number);
	put_name(ret->up, 't', number);
	put_name(ret->down, 'u', number);
}

/* What holds for frames holds here too; addresses, MTU and the spanning tree are the table's bridge's. */
struct net_bridge shard_bridge(const struct net_bridge *bridge, const struct net_shard *shard, bool filters)
{
	struct net_bridge b = { .ageing_ms = bridge->ageing_ms, .asked = bridge->asked & NET_ASKED_AGEING,
				.vlan_filtering = filters };

	memcpy(b.name, shard->name, sizeof(b.name));
	b.asked |= filters ? NET_ASKED_VLAN_FILTERING : 0;
	return b;
}
