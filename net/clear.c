/* A bridge that a minit that was killed has left in the network. */
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/addr.h"
#include "net/requests.h"

#define ADDRS_AT_ONCE 16

struct ports {
	uint32_t bridge;
	bool any;
};

static void note_port(void *context, struct netlink_bytes body)
{
	struct ports *p = context;
	struct link_info info;

	p->any |= !link_take(body, &info) && info.master == p->bridge;
}

/* Or may have one. */
static bool has_port(struct netlink *nl, uint32_t bridge)
{
	struct ports p = { .bridge = bridge };

	return links_list(nl, note_port, &p) || p.any;
}

/* A link-local one is the kernel's. */
static bool take_addr(struct netlink_bytes body, uint32_t index, struct addr *ret)
{
	struct ifaddrmsg ifa;
	struct netlink_bytes got;

	memcpy(&ifa, body.data, sizeof(ifa));
	if (ifa.ifa_index != index || ifa.ifa_scope == RT_SCOPE_LINK ||
	    !netlink_find(netlink_behind(body, sizeof(ifa)), IFA_ADDRESS, &got) || got.len > sizeof(ret->bytes))
		return false;
	*ret = (struct addr){ .family = ifa.ifa_family, .prefix = ifa.ifa_prefixlen };
	memcpy(ret->bytes, got.data, got.len);
	return true;
}

struct others {
	const struct net_bridge *bridge;
	struct addr list[ADDRS_AT_ONCE];
	uint32_t index, n;
};

/* Those that the table does not give it, up to ADDRS_AT_ONCE of them. */
static void note_addr(void *context, struct netlink_bytes body)
{
	struct others *o = context;
	struct addr addr;

	if (o->n < ADDRS_AT_ONCE && take_addr(body, o->index, &addr) && !addrs_have(o->bridge->addr, &addr))
		o->list[o->n++] = addr;
}

static void drop_others(struct net_session *s, const struct net_bridge *bridge, uint32_t index)
{
	struct others o = { .bridge = bridge, .index = index };
	int err = netlink_list(&s->host, RTM_GETADDR, AF_UNSPEC, sizeof(struct ifaddrmsg), note_addr, &o);

	for (unsigned i = 0; i < o.n && !err; i++)
		(void)!addr_strip(s, bridge->name, &o.list[i], index); /* said */
}

static void drop_all_others(struct net_session *s, const struct net_bridge *bridge, const struct link_info *found)
{
	drop_others(s, bridge, found->index);
	bridge_hush(s, bridge, found);
}

void net_bridge_clear(struct net_session *s, const struct net_bridge *bridge)
{
	struct link_info info;

	if (!s->dead || link_find(&s->host, bridge->name, &info) < 0 || !link_is_left(s, &info))
		return;
	if (strcmp(info.kind, "bridge") != 0 || !has_port(&s->host, info.index))
		(void)net_remove(s, bridge->name);
	else
		drop_all_others(s, bridge, &info);
}
