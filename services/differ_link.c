#include "services/differ_link.h"

#include <string.h>

struct link_field {
	uint16_t at, size;
	uint8_t device, made; /* enum fate */
	char name[8];
};

static const struct link_field fields[] = {
#define LINK(field, name, device, made)                                                                    \
	{ offsetof(struct net_link, field), sizeof(((struct net_link *)0)->field), FATE_##device, FATE_##made, \
	  name },
#include "services/link.def"
#undef LINK
};

/* The rest of its flags follows from keys of their own. */
static const struct {
	uint8_t flags, made; /* enum fate; a device is given it */
	char name[8];
} flags[] = {
	{ NET_LINK_DOWN, FATE_SET, "up" },
	{ NET_LINK_DHCP | NET_LINK_DHCP6, FATE_SET, "address" },
	{ NET_LINK_MODE, FATE_ANEW, "mode" },
};

static const struct net_link *link_at(const struct table *t, int i)
{
	return table_link(t, (uint32_t)i);
}

static bool is_device(const struct net_link *link)
{
	return link->kind == NET_KIND_DEVICE;
}

static bool is_same_field(const struct net_link *was, const struct net_link *is, const struct link_field *f)
{
	return !memcmp((const char *)was + f->at, (const char *)is + f->at, f->size);
}

/* What the kernel gives one that minit makes depends on what it is upon, and is had by making it. */
static bool is_no_longer_given(const struct net_link *was, const struct net_link *is, const struct link_field *f)
{
	return (f->at == offsetof(struct net_link, mtu) && was->mtu && !is->mtu) ||
	       (f->at == offsetof(struct net_link, mac) && was->flags & ~is->flags & NET_LINK_MAC);
}

static enum fate fate_of(const struct net_link *was, const struct net_link *is, const struct link_field *f)
{
	if (is_no_longer_given(was, is, f))
		return is_device(is) ? FATE_REFUSED : FATE_ANEW;
	return is_device(is) ? f->device : f->made;
}

/* One whose place a device has, or had, is told by its kind alone. */
static bool is_another(const struct net_link *was, const struct net_link *is)
{
	bool anew = was->kind != is->kind;

	for (size_t i = 0; i < ARRAY_LEN(fields) && !anew; i++)
		anew = !is_same_field(was, is, &fields[i]) && fate_of(was, is, &fields[i]) == FATE_ANEW;
	for (size_t i = 0; i < ARRAY_LEN(flags) && !anew; i++)
		anew = (was->flags ^ is->flags) & flags[i].flags && !is_device(is) && flags[i].made == FATE_ANEW;
	return anew && !is_device(was);
}

/* A device is there, whether a table speaks of it or not. */
bool differ_link_stays(const struct differ_links *l, const char *name)
{
	int was = table_link_named(l->was, name, 0), is = table_link_named(l->is, name, 0);

	if ((table_bridge_named(l->was, name, 0) < 0) != (table_bridge_named(l->is, name, 0) < 0))
		return false;
	if (was >= 0 && is >= 0)
		return !(l->anew >> is & 1);
	return (was < 0 || is_device(link_at(l->was, was))) && (is < 0 || is_device(link_at(l->is, is)));
}

/* In the order of the table, in which a link comes behind what it is upon. */
uint64_t differ_links_anew(const struct table *was, const struct table *is)
{
	struct differ_links l = { was, is, 0 };

	for (uint32_t i = 0; i < is->links.count; i++) {
		const struct net_link *link = table_link(is, i);
		int there = table_link_named(was, link->name, i);
		bool anew = there >= 0 && is_another(link_at(was, there), link);

		if (there >= 0 && !anew && !is_device(link) && link->parent[0])
			anew = !differ_link_stays(&l, link->parent);
		l.anew |= (uint64_t)anew << i;
	}
	return l.anew;
}

static bool are_same_routes(const struct differ_links *l, const struct net_link *a, const struct net_link *b)
{
	return a->routes == b->routes &&
	       !memcmp(table_list(l->was, l->was->link_routes, struct net_route) + a->first,
		       table_list(l->is, l->is->link_routes, struct net_route) + b->first,
		       a->routes * sizeof(struct net_route));
}

struct walk {
	differ_link_fn *tell;
	void *context;
	bool anew;
};

static void note(const struct walk *w, const char *key, enum fate fate)
{
	w->tell(w->context, key, w->anew ? FATE_ANEW : fate);
}

static bool is_told(const struct net_link *was, const struct net_link *is, const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (!strcmp(fields[i].name, key))
			return !is_same_field(was, is, &fields[i]);
	return false;
}

static void note_fields(const struct walk *w, const struct net_link *was, const struct net_link *is)
{
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (!is_same_field(was, is, &fields[i]))
			note(w, fields[i].name, fate_of(was, is, &fields[i]));
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		if ((was->flags ^ is->flags) & flags[i].flags && !is_told(was, is, flags[i].name))
			note(w, flags[i].name, FATE_SET);
}

/* What is under it, or it is a port of, is another of the same name. */
static void note_around(const struct walk *w, const struct differ_links *l, const struct net_link *was,
			const struct net_link *is)
{
	if (is->parent[0] && !strcmp(was->parent, is->parent) && !differ_link_stays(l, is->parent))
		note(w, "parent", FATE_ANEW);
	if (is->master[0] && !strcmp(was->master, is->master) && !differ_link_stays(l, is->master))
		note(w, "master", FATE_SET);
}

void differ_link(const struct differ_links *l, uint32_t was, uint32_t is, differ_link_fn *tell, void *context)
{
	const struct net_link *a = table_link(l->was, was), *b = table_link(l->is, is);
	const struct walk w = { tell, context, l->anew >> is & 1 };

	if (a->kind != b->kind) {
		note(&w, "kind", FATE_REFUSED);
		return;
	}
	note_fields(&w, a, b);
	if (!are_same_routes(l, a, b))
		note(&w, "routes", FATE_SET);
	note_around(&w, l, a, b);
}
