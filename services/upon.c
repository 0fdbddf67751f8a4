/* What a link can be upon, a port of, or an end of: the rest the kernel refuses at boot, or carries no packet by it. */
#include <linux/if_link.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/addr.h"
#include "services/address.h"

static const struct net_link *link_named(const struct compile *c, const char *name)
{
	int index = group_index(&c->links, name);

	return index < 0 ? NULL : &c->link_specs[index];
}

/* -- what it is upon ----------------------------------------------------------------------------------------------- */

/* It gets each frame before anybody else, as bridges and bonds do with their ports: only one can be the first. */
static bool is_first(enum net_kind kind)
{
	return kind == NET_KIND_MACVLAN || kind == NET_KIND_IPVLAN;
}

/* Words behind the name of a parent that is none, or NULL. */
static const char *parent_unfit(const struct compile *c, const char *name, enum net_kind kind)
{
	const struct net_link *parent = link_named(c, name);

	if (!strcmp(name, "lo") && kind != NET_KIND_VXLAN)
		return "is loopback, which carries no other link";
	if (parent && parent->kind == NET_KIND_WIREGUARD && is_first(kind))
		return "is a wireguard, which carries IP alone and has no MAC";
	if (parent && parent->master[0] && is_first(kind))
		return "is a port, whose bridge or bond takes all that comes in; say that in its place";
	return NULL;
}

static uint32_t mtu_of(const struct compile *c, const char *name)
{
	const struct net_link *link = link_named(c, name);
	int bridge = group_index(&c->bridges, name);

	return link ? link->mtu : bridge < 0 ? 0 : c->bridge_specs[bridge].mtu;
}

/* What is upon a link, as far as others have to fit to it. */
struct upon {
	const struct draft *draft;
	const struct toml *parent, *mtu;
	enum key_id parent_key, mtu_key;
	uint8_t kind, mode; /* enum net_kind; as the kernel has it */
};

/* Words for why the two cannot be upon one link, or NULL. */
static const char *apart(const struct upon *a, const struct upon *b)
{
	if (a->kind != b->kind)
		return "upon a link the kernel has either macvlans or ipvlans; make both the same";
	if (a->kind == NET_KIND_IPVLAN)
		return a->mode == b->mode ? NULL :
					    "all ipvlans upon a link have the mode of the last one; give both the same";
	return a->mode == MACVLAN_MODE_PASSTHRU || b->mode == MACVLAN_MODE_PASSTHRU ?
		       "one of mode passthru has the link for itself; give it another" : NULL;
}

static struct upon upon_of_link(const struct compile *c, uint32_t index)
{
	const struct net_link *link = &c->link_specs[index];
	const struct draft *d = &c->links.drafts[index];
	bool is_usual = link->kind == NET_KIND_IPVLAN && !(link->flags & NET_LINK_MODE);

	return (struct upon){ .draft = d, .parent = link->parent[0] ? d->nodes[KEY_LINK_PARENT] : NULL,
			      .mtu = d->nodes[KEY_LINK_MTU], .parent_key = KEY_LINK_PARENT, .mtu_key = KEY_LINK_MTU,
			      .kind = link->kind, .mode = is_usual ? IPVLAN_MODE_L3 : link->mode };
}

/* Made as net/onlink.c does. */
static struct upon upon_of_service(const struct compile *c, uint32_t index)
{
	const struct net_attach *at = &c->specs[index].attach;
	const struct draft *d = &c->services.drafts[index];
	bool is_macvlan = at->flags & NET_MACVLAN;

	return (struct upon){ .draft = d, .parent = d->nodes[KEY_NETWORK_PARENT],
			      .mtu = given(c, d, KEY_NETWORK_MTU), .parent_key = KEY_NETWORK_PARENT,
			      .mtu_key = KEY_NETWORK_MTU, .kind = is_macvlan ? NET_KIND_MACVLAN : NET_KIND_IPVLAN,
			      .mode = is_macvlan ? MACVLAN_MODE_BRIDGE : IPVLAN_MODE_L2 };
}

static struct upon upon_of(const struct compile *c, uint32_t who)
{
	return who & ADDR_OF_LINK ? upon_of_link(c, who & ~ADDR_OF_LINK) : upon_of_service(c, who - 1);
}

/* Compared with the first that is upon the same: so all of them are alike. */
static void claim(struct plan *p, uint32_t who, const struct upon *u)
{
	struct set_entry *e = set_at(&p->upon, u->parent->text, u->parent->len);
	struct upon first;

	if (!e->value)
		e->value = who;
	first = upon_of(p->c, e->value);
	if (e->value != who && apart(u, &first))
		refuse(p->c, u->parent, "%s: %s: %s is upon %s too, and %s", u->draft->title, key_name(u->parent_key),
		       first.draft->title, u->parent->text, apart(u, &first));
}

/* Packets that are too large for what a vlan or macvlan is upon, the kernel refuses. */
static void check_mtu(struct compile *c, const struct upon *u)
{
	uint32_t most = mtu_of(c, u->parent->text);

	if (u->mtu && most && u->mtu->number > most && (u->kind == NET_KIND_VLAN || u->kind == NET_KIND_MACVLAN))
		refuse(c, u->mtu, "%s: %s: %ld is more than %s has, which it is upon: %u", u->draft->title,
		       key_name(u->mtu_key), (long)u->mtu->number, u->parent->text, most);
}

void upon_check(struct plan *p, uint32_t who)
{
	const struct upon u = upon_of(p->c, who);
	const char *unfit;

	if (!u.parent)
		return;
	if (!ifname_is_good(u.parent->text)) {
		refuse_text(p->c, u.draft, u.parent_key, u.parent);
		return;
	}
	unfit = parent_unfit(p->c, u.parent->text, u.kind);
	if (unfit)
		refuse(p->c, u.parent, "%s: %s: \"%.60s\" %s", u.draft->title, key_name(u.parent_key), u.parent->text,
		       unfit);
	else if (is_first(u.kind))
		claim(p, who, &u);
	if (!unfit)
		check_mtu(p->c, &u);
}

/* Frames find a macvlan by its MAC: with that of its link, or of another macvlan there, the kernel sets none up. */
static bool has_mac_of(const struct net_link *link, const struct net_link *other, bool is_before)
{
	bool is_beside = is_before && other->kind == NET_KIND_MACVLAN && !strcmp(link->parent, other->parent);

	return link->kind == NET_KIND_MACVLAN && link->mode != MACVLAN_MODE_PASSTHRU &&
	       link->flags & other->flags & NET_LINK_MAC && !memcmp(link->mac, other->mac, NET_MAC) &&
	       (is_beside || !strcmp(link->parent, other->name));
}

void upon_mac(struct compile *c, uint32_t index)
{
	const struct net_link *links = c->link_specs;
	const struct draft *d = &c->links.drafts[index];

	for (uint32_t i = 0; i < c->links.count; i++)
		if (has_mac_of(&links[index], &links[i], i < index)) {
			refuse(c, d->nodes[KEY_LINK_MAC], "%s: mac: link %s has this one on this wire; take another",
			       d->title, links[i].name);
			return;
		}
}

/* -- what has no MAC ----------------------------------------------------------------------------------------------- */

void ether_check(struct compile *c, const struct draft *d, const struct net_link *link)
{
	const char *what = link->kind == NET_KIND_WIREGUARD ? "a wireguard" : "loopback";
	const struct toml *mac = d->nodes[KEY_LINK_MAC], *master = d->nodes[KEY_LINK_MASTER];

	if (link->kind != NET_KIND_WIREGUARD && strcmp(link->name, "lo") != 0)
		return;
	if (mac)
		refuse(c, mac, "%s: mac: %s has none; remove it", d->title, what);
	if (master)
		refuse(c, master, "%s: master: %s carries no frames, so that it can be no port; remove it", d->title,
		       what);
	if (link->flags & (NET_LINK_DHCP | NET_LINK_DHCP6))
		refuse_key(c, d->nodes[KEY_LINK_ADDRESS], "%s: address: by %s nobody can be asked for a lease; give "
			   "it an address", d->title, what);
}

/* -- ends of a vxlan ----------------------------------------------------------------------------------------------- */

static void take_end(struct compile *c, const struct draft *d, enum key_id id, unsigned may, struct addr *field)
{
	static const struct addr all = { .bytes = { 255, 255, 255, 255 }, .family = AF_INET, .prefix = 32 };
	const struct toml *node = d->nodes[id];
	struct addr a = { 0 };
	const char *unfit;

	if (!node)
		return;
	if (text_host(node->text, &a)) {
		refuse_text(c, d, id, node);
		return;
	}
	unfit = addr_unfit(&a, ADDR_LINK_LOCAL | ADDR_LOOPBACK | (addr_equal(&a, &all) ? 0 : may));
	if (unfit)
		refuse(c, node, "%s: %s: %s %s; wants %s", d->title, key_name(id), node->text, unfit,
		       key_text(key_by_id(id), KEY_WANT));
	else
		*field = a;
}

/* A group too: ff02::1. */
static bool is_of_link(const struct addr *a)
{
	return addr_is_link_local(a) || (a->family == AF_INET6 && a->bytes[0] == 0xff && (a->bytes[1] & 0xf) == 2);
}

/* What the kernel takes of addresses that each link has of its own (vxlan_config_validate, Linux 4.14). */
static void check_scopes(struct compile *c, const struct draft *d, const struct net_link *link)
{
	const struct toml *local = d->nodes[KEY_LINK_LOCAL], *remote = d->nodes[KEY_LINK_REMOTE];
	bool from = addr_is_link_local(&link->local), to = addr_is_link_local(&link->remote);

	if (from && !link->parent[0])
		refuse(c, local, "%s: local: %s is local to each link, which needs parent, the link to send by",
		       d->title, local->text);
	if (from && link->remote.family && !is_of_link(&link->remote))
		refuse(c, remote, "%s: remote: %s is not local to the link, as local is; make both so, or neither",
		       d->title, remote->text);
	else if (to && !from)
		refuse(c, remote, "%s: remote: %s is local to each link, and local is not; make both so, or neither",
		       d->title, remote->text);
}

static void check_ends(struct compile *c, const struct draft *d, const struct net_link *link)
{
	const struct toml *remote = d->nodes[KEY_LINK_REMOTE];

	if (link->local.family && link->remote.family && link->local.family != link->remote.family)
		refuse(c, remote, "%s: remote: %s is not of the family of local", d->title, remote->text);
	else if (link->local.family && addr_equal(&link->local, &link->remote))
		refuse(c, remote, "%s: remote: %s is local, its own end; wants that of another machine", d->title,
		       remote->text);
	else
		check_scopes(c, d, link);
	if (addr_is_group(&link->remote) && !link->parent[0])
		refuse(c, remote, "%s: remote: %s is a group, which needs parent, the link to send by", d->title,
		       remote->text);
}

void ends_take(struct compile *c, const struct draft *d, struct net_link *link)
{
	take_end(c, d, KEY_LINK_LOCAL, 0, &link->local);
	take_end(c, d, KEY_LINK_REMOTE, ADDR_GROUP, &link->remote);
	check_ends(c, d, link);
}
