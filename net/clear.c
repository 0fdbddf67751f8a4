/* A bridge that a minit that was killed has left in the network. */
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "lib/addr.h"
#include "net/requests.h"

#define ADDRS_AT_ONCE 16

static bool has_port(struct netlink *nl, uint32_t bridge)
{
	struct netlink_answer a;
	struct netlink_batch b;
	struct link_info info;
	bool found = false;
	char mem[64];

	netlink_start(&b, nl, mem, sizeof(mem));
	netlink_await(&a);
	if (links_ask(&b))
		return true;
	while (netlink_next(&b, &a) > 0)
		found |= !a.err && !link_take(a.body, &info) && info.master == bridge;
	return found;
}

/* A link-local one is the kernel's. */
static bool take_addr(struct netlink_bytes body, uint32_t index, struct addr *ret)
{
	struct ifaddrmsg ifa;
	struct netlink_bytes got;

	if (body.len < sizeof(ifa))
		return false;
	memcpy(&ifa, body.data, sizeof(ifa));
	if (ifa.ifa_index != index || ifa.ifa_scope == RT_SCOPE_LINK ||
	    !netlink_find(netlink_behind(body, sizeof(ifa)), IFA_ADDRESS, &got) || got.len > sizeof(ret->bytes))
		return false;
	*ret = (struct addr){ .family = ifa.ifa_family, .prefix = ifa.ifa_prefixlen };
	memcpy(ret->bytes, got.data, got.len);
	return true;
}

/* Those that the table does not give it, up to ADDRS_AT_ONCE of them. How many. */
static unsigned list_others(struct netlink *nl, const struct net_bridge *bridge, uint32_t index, struct addr *list)
{
	const struct netlink_request request = { .type = RTM_GETADDR, .flags = NLM_F_DUMP, .step = NET_ADDRESS };
	const struct ifaddrmsg all = { 0 };
	struct netlink_answer a;
	struct netlink_batch b;
	struct addr addr;
	unsigned n = 0;
	char mem[64];

	netlink_start(&b, nl, mem, sizeof(mem));
	netlink_begin(&b, &request);
	netlink_raw(&b, &all, sizeof(all));
	netlink_await(&a);
	if (netlink_send(&b))
		return 0;
	while (netlink_next(&b, &a) > 0)
		if (!a.err && n < ADDRS_AT_ONCE && take_addr(a.body, index, &addr) && !addrs_have(bridge->addr, &addr))
			list[n++] = addr;
	return n;
}

static void drop_others(struct net_session *s, const struct net_bridge *bridge, uint32_t index)
{
	struct addr list[ADDRS_AT_ONCE];
	unsigned n = list_others(&s->host, bridge, index, list);

	for (unsigned i = 0; i < n; i++)
		(void)!addr_strip(s, bridge->name, &list[i], index); /* said */
}

void net_bridge_clear(struct net_session *s, const struct net_bridge *bridge)
{
	struct link_info info;

	if (!s->alone || link_find(&s->host, bridge->name, &info) < 0 || strcmp(info.alias, LINK_MARK) != 0)
		return;
	if (strcmp(info.kind, "bridge") != 0 || !has_port(&s->host, info.index))
		(void)net_remove(s, bridge->name);
	else
		drop_others(s, bridge, info.index);
}
