/*
 * Further networks of a service: eth1 and so on, each on a bridge. They are of the record that few services have, so
 * that the others do not pay for them.
 */
#include <string.h>

#include "lib/addr.h"
#include "lib/text.h"
#include "services/address.h"
#include "services/routes.h"

struct taking {
	struct plan *plan;
	uint32_t index;
	const struct toml *node;
	struct net_attach *list; /* where they stay, as plan.taken has its addresses there */
	uint32_t count;
};

static void refuse_also(struct taking *t, const char *why, const char *what)
{
	refuse(t->plan->c, t->node, "%s: network.also: %s%s", t->plan->c->services.drafts[t->index].title, what, why);
}

static bool is_on(const struct taking *t, int32_t bridge)
{
	for (uint32_t i = 0; i < t->count; i++)
		if (t->list[i].bridge == bridge)
			return true;
	return t->plan->c->specs[t->index].attach.bridge == bridge;
}

/* What holds for the ports of such a bridge is written for eth0 alone. */
static bool is_guarded(const struct compile *c, int32_t bridge)
{
	const struct draft *d = &c->bridges.drafts[bridge];
	const struct toml *isolate = d->nodes[KEY_BRIDGE_ISOLATE], *antispoof = d->nodes[KEY_BRIDGE_ANTISPOOF];

	return (isolate && isolate->truth) || (antispoof && antispoof->truth);
}

static bool take_bridge(struct taking *t, const char *name, struct net_attach *at)
{
	struct compile *c = t->plan->c;

	at->bridge = group_index(&c->bridges, name);
	if (at->bridge < 0)
		refuse_nobody(c, c->services.drafts[t->index].title, "network.also", t->node, &c->bridges, "bridge");
	else if (is_on(t, at->bridge))
		refuse_also(t, ": the service is on this bridge already", name);
	else if (is_guarded(c, at->bridge))
		refuse_also(t, ": isolate and antispoof know eth0 alone; have that on this bridge, or switch them off",
			    name);
	else
		return true;
	return false;
}

static bool take_addr(struct taking *t, const char *text, struct net_attach *at)
{
	struct addr a;
	uint32_t owner;

	if (text_host(text, &a) || addr_count(at) == NET_ADDRS) {
		refuse_also(t, ": wants a bridge and up to four addresses of it", text);
		return false;
	}
	if (!addr_of_bridge(&t->plan->c->bridge_specs[at->bridge], &a)) {
		refuse_also(t, ": is no host's address in the subnet of this bridge", text);
		return false;
	}
	owner = addr_take_on(t->plan, t->index, at, &a);
	if (owner)
		refuse_also(t, ": is somebody's address already", text);
	return !owner;
}

static void name_peer(struct net_attach *at, uint32_t number)
{
	struct buf b = { .data = at->peer, .size = sizeof(at->peer) };

	buf_fmt(&b, PEER_NAME "%u.%u", number, at->number);
	buf_text(&b);
}

/* BRIDGE [ADDRESS...] */
static void take_one(struct taking *t)
{
	struct net_attach *at = &t->list[t->count];
	const char *text = t->node->text;
	BUF_ON_STACK(word, 64);
	bool good;

	*at = (struct net_attach){ .number = (uint8_t)(t->count + 1), .flags = NET_SEVERAL };
	(void)text_word(&text, &word);
	good = take_bridge(t, buf_text(&word), at);
	while (good && text_word(&text, &word))
		good = take_addr(t, buf_text(&word), at);
	if (good && buf_check(&word)) {
		refuse_also(t, " is too long for an address", "a word of it");
		return;
	}
	if (!good)
		return;
	name_peer(at, t->plan->c->numbers[t->index]);
	ifname_check(t->plan->c, at->peer, PORT_OF, t->plan->c->services.drafts[t->index].title);
	if (has_port_isolation(t->plan->c, at->bridge))
		at->flags |= NET_ALONE;
	t->count++;
}

void also_take(struct plan *p, uint32_t index)
{
	const struct toml *list = p->c->services.drafts[index].nodes[KEY_NETWORK_ALSO];
	struct taking t = { .plan = p, .index = index };

	if (!text_first(list))
		return;
	t.list = p->also_given[index] = arena_array(p->c->work, struct net_attach, NET_ETHS);
	for (t.node = text_first(list); t.node; t.node = text_next(list, t.node))
		if (t.count + 1 < NET_ETHS)
			take_one(&t);
		else
			refuse_also(&t, " networks are the most that a service can have", WORD(NET_ETHS));
	p->also[index].count = t.count;
	p->c->specs[index].attach.flags |= t.count ? NET_SEVERAL : 0;
}

void also_derive(struct plan *p, uint32_t index)
{
	struct net_attach *list = p->also_given[index];

	for (uint32_t i = 0; i < p->also[index].count; i++)
		addr_derive(p, index, &list[i]);
	if (list)
		p->also[index] = image_array(p->c, list, p->also[index].count);
}

struct net_attach *also_of(const struct plan *p, uint32_t index)
{
	return (void *)(p->c->image->base + p->also[index].at);
}

uint32_t also_members(const struct plan *p, uint32_t bridge)
{
	const struct compile *c = p->c;
	uint32_t members = 0;

	for (uint32_t i = 0; i < c->services.count; i++) {
		members += c->specs[i].attach.bridge == (int32_t)bridge;
		for (uint32_t k = 0; k < p->also[i].count; k++)
			members += also_of(p, i)[k].bridge == (int32_t)bridge;
	}
	return members;
}
