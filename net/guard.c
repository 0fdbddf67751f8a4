/* Ports of services that a bridge with a spanning tree has shut, as a frame of that came from them. */
#include <errno.h>
#include <linux/if.h>

#include "net/requests.h"

/* A bridge that is down has all of its ports shut. */
bool net_port_is_shut(struct net_session *s, const struct net_attach *attach, const struct net_bridge *bridge)
{
	struct link_info port, master;

	return !link_find(&s->host, attach->peer, &port) && port_is_shut(&port) &&
	       !link_find(&s->host, bridge->name, &master) && port.master == master.index && master.flags & IFF_UP;
}

int net_port_open(struct net_session *s, const char *object, const struct net_attach *attach,
		  const struct net_bridge *bridge)
{
	struct netlink_batch b;
	char mem[128];
	int err;

	if (!net_port_is_shut(s, attach, bridge))
		return 0;
	netlink_start(&b, &s->host, mem, sizeof(mem));
	link_down(&b, attach->peer);
	link_up(&b, attach->peer);
	err = net_run(s, object, &b);
	return err ? err : 1;
}
