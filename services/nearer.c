/* Links with a subnet within that of a bridge: the way there is the nearer one. */
#include "lib/text.h"
#include "services/address.h"

/* Of one address alone there is nobody else's. */
static const struct net_bridge *around(const struct compile *c, const struct addr *subnet)
{
	const struct addr *wide;

	if (subnet->prefix == 8 * addr_width(subnet))
		return NULL;
	for (uint32_t i = 0; i < c->bridges.count; i++) {
		wide = subnet_of(&c->bridge_specs[i], subnet);
		if (wide && wide->prefix < subnet->prefix)
			return &c->bridge_specs[i];
	}
	return NULL;
}

static const struct addr *within(const struct net_attach *at, const struct addr *subnet)
{
	for (unsigned i = 0; at->bridge >= 0 && i < NET_ADDRS && at->addr[i].family; i++)
		if (addr_in(&at->addr[i], subnet))
			return &at->addr[i];
	return NULL;
}

static const struct addr *within_any(const struct plan *p, uint32_t service, const struct addr *subnet)
{
	const struct addr *found = within(&p->c->specs[service].attach, subnet);

	for (uint32_t k = 0; k < p->also[service].count && !found; k++)
		found = within(&also_of(p, service)[k], subnet);
	return found;
}

static void check_address(const struct plan *p, const struct draft *link, const struct toml *node)
{
	const struct net_bridge *bridge;
	const struct addr *lost = NULL;
	BUF_ON_STACK(text, 64);
	struct addr subnet;
	uint32_t i = 0;

	if (text_addr(node->text, &subnet))
		return; /* "dhcp" */
	bridge = around(p->c, &subnet);
	for (; bridge && i < p->c->services.count && !lost; i++)
		lost = within_any(p, i, &subnet);
	if (!lost)
		return;
	text_put_addr(&text, lost, false);
	refuse(p->c, node, "%s: address: %s is a part of the subnet of bridge %s, and what is for %s, which is %s's, "
	       "would leave by this link; give one of them another subnet, or the service another address", link->title,
	       node->text, bridge->name, buf_text(&text), p->c->services.drafts[i - 1].title);
}

void nearer_check(const struct plan *p)
{
	for (uint32_t i = 0; i < p->c->links.count; i++) {
		const struct draft *d = &p->c->links.drafts[i];
		const struct toml *list = d->nodes[KEY_LINK_ADDRESS];

		for (const struct toml *e = text_first(list); e; e = text_next(list, e))
			check_address(p, d, e);
	}
}
