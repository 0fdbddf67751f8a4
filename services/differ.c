#include "services/differ.h"

#include <linux/filter.h>
#include <string.h>
#include <sys/socket.h>

#include "services/changed.h"
#include "services/differ_link.h"
#include "services/fields.h"

struct field {
	uint16_t kind, at; /* enum field_kind, offset in its record */
	uint8_t how;       /* enum differ */
	char name[24];
};

static const struct field fields[] = {
#define FIELD(kind, field, arg, name, how) \
	{ FIELD_##kind, offsetof(struct service_spec, field), DIFFER_##how, name },
#include "services/fields.def"
#undef FIELD
};

static const struct field confine_fields[] = {
#define FIELD(kind, field, arg, name, how) \
	{ FIELD_##kind, offsetof(struct confine_spec, field), DIFFER_##how, name },
#include "services/confine.def"
#undef FIELD
};

static const struct field network_fields[] = {
#define FIELD(kind, field, arg, name, how) \
	{ FIELD_##kind, offsetof(struct network_spec, field), DIFFER_##how, name },
#include "services/network.def"
#undef FIELD
};

/* A record, or an element of a list, and its table. */
struct place {
	const struct table *t;
	const void *at;
};

struct pair {
	struct place was, is;
};

static uint32_t number_in(struct place p, size_t offset)
{
	uint32_t n;

	memcpy(&n, (const char *)p.at + offset, sizeof(n));
	return n;
}

static bool are_same_texts(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool is_same_text(const struct pair *p, size_t offset)
{
	return are_same_texts(table_text(p->was.t, number_in(p->was, offset)),
			      table_text(p->is.t, number_in(p->is, offset)));
}

/* -- elements of lists ------------------------------------------------------------------------------------------ */

/* How many bytes an element has, and which of its words are offsets of texts: a bit for each. */
struct shape {
	uint16_t size, texts;
};

#define AS(type) { sizeof(type), 0 }
#define WORD_OF(type, field) (1u << offsetof(type, field) / sizeof(uint32_t))

static const struct shape shapes[] = {
	[FIELD_TEXTS] = { sizeof(uint32_t), 1 },
	[FIELD_RLIMITS] = AS(struct rlimit_spec),
	[FIELD_RANGES] = AS(struct id_range),
	[FIELD_ROUTES] = AS(struct net_route),
	[FIELD_NEIGHBOURS] = AS(struct net_neighbour),
	[FIELD_NUMBERS] = AS(uint32_t),
	[FIELD_MASK] = AS(uint64_t),
	[FIELD_PROGRAM] = AS(struct sock_filter),
	[FIELD_DEVICES] = { sizeof(struct device_spec), WORD_OF(struct device_spec, name_at) },
	[FIELD_MOUNTS] = { sizeof(struct mount_spec), WORD_OF(struct mount_spec, target_at) |
		WORD_OF(struct mount_spec, source_at) | WORD_OF(struct mount_spec, options_at) },
	[FIELD_SECRETS] = { sizeof(struct secret_spec), 3 },
	[FIELD_SYSCTLS] = { sizeof(struct net_sysctl), 3 },
	[FIELD_LIMITS] = { sizeof(struct limit_spec), 3 },
};

/* One with texts is made of words. */
static bool is_same_element(const struct pair *p, const struct shape *shape)
{
	if (!shape->texts)
		return !memcmp(p->was.at, p->is.at, shape->size);
	for (size_t at = 0; at < shape->size; at += sizeof(uint32_t)) {
		bool is_text = shape->texts >> at / sizeof(uint32_t) & 1;

		if (is_text ? !is_same_text(p, at) : number_in(p->was, at) != number_in(p->is, at))
			return false;
	}
	return true;
}

static struct list list_in(struct place p)
{
	struct list list;

	memcpy(&list, p.at, sizeof(list));
	return list;
}

static struct place element(struct place list, uint32_t i, size_t size)
{
	return (struct place){ list.t, table_list(list.t, list_in(list), char) + i * size };
}

typedef bool same_fn(const struct pair *p, const struct shape *shape);

static bool is_same_list(const struct pair *lists, const struct shape *shape, same_fn *same)
{
	uint32_t count = list_in(lists->was).count;
	bool is_same = count == list_in(lists->is).count;

	for (uint32_t i = 0; i < count && is_same; i++) {
		struct pair p = { element(lists->was, i, shape->size), element(lists->is, i, shape->size) };

		is_same = same(&p, shape);
	}
	return is_same;
}

/* -- what is named by its number in the table ------------------------------------------------------------------- */

static bool is_same_service(const struct pair *p, const struct shape *shape)
{
	(void)shape;
	return !strcmp(table_name(p->was.t, table_service(p->was.t, number_in(p->was, 0))),
		       table_name(p->is.t, table_service(p->is.t, number_in(p->is, 0))));
}

static const char *owner_name(struct place p)
{
	uint32_t owner = number_in(p, 0);

	return owner ? table_name(p.t, table_service(p.t, owner - 1)) : NULL;
}

static const char *group_name(struct place p)
{
	uint32_t group = number_in(p, 0);

	return group ? table_given(p.t, table_group_at(p.t, group - 1)->name_at) : NULL;
}

/* The bridge itself or a shard: what the port is one of. */
static const char *bridge_name(struct place p)
{
	const struct net_attach *a = p.at;

	if (a->shard)
		return table_shard(p.t, a->shard - 1u)->name;
	return a->bridge < 0 ? NULL : table_bridge(p.t, (uint32_t)a->bridge)->name;
}

static uint64_t links_in(const void *at)
{
	uint64_t set;

	memcpy(&set, at, sizeof(set));
	return set;
}

/* Whether each link of one set is in the other: that of another table. */
static bool are_links_in(struct place set, const struct table *t, const void *other)
{
	uint64_t links = links_in(set.at), others = links_in(other);

	for (uint32_t i = 0; i < set.t->links.count; i++) {
		const char *name = table_link(set.t, i)->name;
		int there = links >> i & 1 ? table_link_named(t, name, i) : 0;

		if (links >> i & 1 && (there < 0 || !(others >> there & 1)))
			return false;
	}
	return true;
}

/* A shard of the same name may be of another bridge, and is made anew then. */
static bool is_same_segment(const struct pair *p)
{
	const struct net_attach *a = p->was.at, *b = p->is.at;
	const struct net_bridge *from = table_bridge_of(p->was.t, a), *to = table_bridge_of(p->is.t, b);

	if (!are_same_texts(bridge_name(p->was), bridge_name(p->is)))
		return false;
	if (!a->shard || !b->shard)
		return true;
	return from && to && !strcmp(from->name, to->name) &&
	       table_shard(p->was.t, a->shard - 1u)->alone == table_shard(p->is.t, b->shard - 1u)->alone;
}

/* The rest of its flags are of the ruleset, which is made anew anyway. */
#define OF_THE_PORT (NET_ALONE | NET_ON_LINK)

static bool is_same_attach(const struct pair *p, const struct shape *shape)
{
	const struct net_attach *a = p->was.at, *b = p->is.at;

	(void)shape;
	return is_same_segment(p) && !strcmp(a->peer, b->peer) &&
	       a->number == b->number && !((a->flags ^ b->flags) & OF_THE_PORT) &&
	       !memcmp(a->addr, b->addr, sizeof(a->addr)) && !memcmp(a->gateway, b->gateway, sizeof(a->gateway)) &&
	       !memcmp(a->mac, b->mac, sizeof(a->mac));
}

/* -- fields ------------------------------------------------------------------------------------------------------ */

static const struct shape number = AS(uint32_t), attach = AS(struct net_attach);

static bool is_same_field(const struct pair *p, enum field_kind kind)
{
	switch (kind) {
	case FIELD_NAME:
	case FIELD_TEXT:
	case FIELD_SHARED: return is_same_text(p, 0);
	case FIELD_SERVICES: return is_same_list(p, &number, is_same_service);
	case FIELD_NETWORKS: return is_same_list(p, &attach, is_same_attach);
	case FIELD_OWNER: return are_same_texts(owner_name(p->was), owner_name(p->is));
	case FIELD_GROUP: return are_same_texts(group_name(p->was), group_name(p->is));
	case FIELD_SERVICE: return is_same_service(p, NULL);
	case FIELD_CALM: return !memcmp(p->was.at, p->is.at, sizeof(struct calm_spec));
	case FIELD_LINKS: return are_links_in(p->was, p->is.t, p->is.at) && are_links_in(p->is, p->was.t, p->was.at);
	case FIELD_OFFSET:
	case FIELD_CAPS:
	case FIELD_AMOUNT: return !memcmp(p->was.at, p->is.at, sizeof(uint64_t));
	case FIELD_BYTE:
	case FIELD_BOOL:
	case FIELD_WORD: return *(const uint8_t *)p->was.at == *(const uint8_t *)p->is.at;
	case FIELD_FLAGS:
	case FIELD_BITS:
	case FIELD_NUMBER:
	case FIELD_SIGNED: return number_in(p->was, 0) == number_in(p->is, 0);
	default: return is_same_list(p, &shapes[kind], is_same_element);
	}
}

struct walk {
	differ_fn *tell;
	void *context;
	unsigned found;
};

static void note(struct walk *w, const char *key, enum differ how)
{
	w->found |= how;
	if (w->tell)
		w->tell(w->context, key, how);
}

/* What is bound over the file of the root can be written anew; it cannot come or go while somebody runs there. */
static enum differ cost_of_names(const struct pair *p)
{
	return !number_in(p->was, 0) == !number_in(p->is, 0) ? DIFFER_NAMES : DIFFER_RUN;
}

/* What was a default is an error from now on, where it cannot be had. */
static unsigned cost_of_asking(const struct pair *p, enum field_kind kind)
{
	bool more = kind == FIELD_FLAGS ? number_in(p->is, 0) & ~number_in(p->was, 0) :
		    kind == FIELD_TEXT ? false : *(const uint8_t *)p->is.at & ~*(const uint8_t *)p->was.at;

	return more ? DIFFER_NOW | DIFFER_ASKED : DIFFER_NOW;
}

static void note_field(struct walk *w, const struct pair *p, const struct field *f)
{
	if (f->how == DIFFER_QUIET)
		w->found |= cost_of_asking(p, f->kind);
	else
		note(w, f->name, f->how == DIFFER_NAMES ? cost_of_names(p) : (enum differ)f->how);
}

static void compare(struct walk *w, struct pair records, const struct field *f, size_t count)
{
	for (; count--; f++) {
		struct pair p = { { records.was.t, (const char *)records.was.at + f->at },
				  { records.is.t, (const char *)records.is.at + f->at } };

		if (f->how && f->how != DIFFER_LIMITS && f->how != DIFFER_BY_HAND && !is_same_field(&p, f->kind))
			note_field(w, &p, f);
	}
}

/* -- limits ------------------------------------------------------------------------------------------------------- */

/* Whether all that `was` says is said by `is`: then it is enough to write that over it. */
static bool is_said_by(const char *was, const char *is)
{
	BUF_ON_STACK(both, 512);

	changed_put_over(&both, was, is);
	return !buf_check(&both) && both.len == strlen(is);
}

/* Those of one side that the other has not, or otherwise. */
static void compare_limits(struct walk *w, struct place of, struct place other, bool is_old)
{
	struct list list = list_in(of);
	const struct limit_spec *all = table_list(of.t, list, struct limit_spec);

	for (uint32_t i = 0; i < list.count; i++) {
		const char *file = table_given(of.t, all[i].file_at), *text = table_given(of.t, all[i].text_at);
		const char *others = changed_limit(other.t, list_in(other), file, text);

		if (is_old && (!others || !is_said_by(text, others)))
			note(w, file, DIFFER_LEAF); /* what the kernel would have without it is known to nobody */
		else if (!is_old && (!others || (strcmp(text, others) != 0 && is_said_by(others, text))))
			note(w, file, DIFFER_LIMITS);
	}
}

static void compare_both(struct walk *w, const struct pair *limits)
{
	compare_limits(w, limits->was, limits->is, true);
	compare_limits(w, limits->is, limits->was, false);
}

/* The limits of its group are felt by the service as its own are. */
static void compare_groups(struct walk *w, const struct pair *confines)
{
	const struct group_spec *was = table_group(confines->was.t, confines->was.at);
	const struct group_spec *is = table_group(confines->is.t, confines->is.at);

	if (was && is && !strcmp(table_given(confines->was.t, was->name_at), table_given(confines->is.t, is->name_at)))
		compare_both(w, &(struct pair){ { confines->was.t, &was->limits }, { confines->is.t, &is->limits } });
}

/* -- what is given, if only as none ------------------------------------------------------------------------------- */

/* A value of 0, or a list of none, is another than what holds without the key. Others differ by their values too. */
static void compare_given(struct walk *w, const struct pair *confines)
{
	static const struct {
		uint8_t bit;
		char name[16];
	} keys[] = {
		{ GIVEN_GROUPS, "groups" },	{ GIVEN_NICE, "nice" },
		{ GIVEN_PATHS, "paths" },	{ GIVEN_BIND, "ports.bind" },
		{ GIVEN_CONNECT, "ports.connect" }, { GIVEN_OOM_SCORE_ADJ, "oom_score_adj" },
		{ GIVEN_DUMP_FILTER, "coredump_filter" },
	};
	const struct privileges_spec *was = &((const struct confine_spec *)confines->was.at)->privileges;
	const struct privileges_spec *is = &((const struct confine_spec *)confines->is.at)->privileges;

	if (w->found & DIFFER_RUN)
		return;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if ((was->given ^ is->given) & keys[i].bit)
			note(w, keys[i].name, DIFFER_RUN);
	if (was->caps.given != is->caps.given)
		note(w, "caps", DIFFER_RUN);
	if ((was->given ^ is->given) & GIVEN_KEYRING)
		w->found |= is->given & GIVEN_KEYRING ? DIFFER_NOW | DIFFER_ASKED : DIFFER_NOW;
}

/* -- a service, as a whole ----------------------------------------------------------------------------------------- */

static const struct network_spec no_network;

static const struct network_spec *network_of(struct place spec)
{
	return table_network(spec.t, spec.at) ?: &no_network;
}

static void compare_joined(struct walk *w, const struct pair *confines)
{
	const struct roots_spec *was = &((const struct confine_spec *)confines->was.at)->roots;
	const struct roots_spec *is = &((const struct confine_spec *)confines->is.at)->roots;
	struct pair joined = { { confines->was.t, &was->join_service }, { confines->is.t, &is->join_service } };

	if (was->join_flags && is->join_flags && !is_same_service(&joined, NULL))
		note(w, "join", DIFFER_RUN);
}

static const struct net_link *find_link(const struct table *t, const char *name)
{
	int i = table_link_named(t, name, 0);

	return i < 0 ? NULL : table_link(t, (uint32_t)i);
}

static uint32_t link_mtu(const struct table *t, const char *name)
{
	const struct net_link *link = find_link(t, name);

	return link ? link->mtu : 0;
}

/* What a port of a bridge has of that: veth_attach, eth0_inside. */
static void compare_bridges(struct walk *w, const struct pair *specs)
{
	const struct net_attach *a, *b;

	for (uint32_t n = 0; (a = table_attach(specs->was.t, specs->was.at, n)) &&
			     (b = table_attach(specs->is.t, specs->is.at, n)); n++) {
		const struct net_bridge *was = table_bridge_of(specs->was.t, a), *is = table_bridge_of(specs->is.t, b);

		if (was && is && was->mtu != is->mtu && !network_of(specs->is)->mtu)
			note(w, "mtu of its bridge", DIFFER_NETWORK);
		if (was && is && memcmp(was->mac, is->mac, sizeof(is->mac)) != 0)
			note(w, "mac of its bridge", DIFFER_NETWORK);
		if (was && is && (was->flags ^ is->flags) & NET_ANTISPOOF && b->flags & NET_SEVERAL &&
		    addr_has_family(b->addr, NET_ADDRS, AF_INET6))
			note(w, "antispoof of its bridge", DIFFER_NETWORK); /* mac_is_router */
	}
}

/* What eth0 upon a link has of that. */
static void compare_parents(struct walk *w, const struct pair *specs, const struct differ_links *l)
{
	const struct net_attach *a = &((const struct service_spec *)specs->was.at)->attach;
	const struct net_attach *b = &((const struct service_spec *)specs->is.at)->attach;

	if (!(a->flags & b->flags & NET_ON_LINK) || strcmp(a->peer, b->peer) != 0)
		return; /* told of already, or not upon one */
	if (!differ_link_stays(l, b->peer))
		note(w, "its link", DIFFER_NETWORK);
	else if (link_mtu(l->was, b->peer) != link_mtu(l->is, b->peer) && !network_of(specs->is)->mtu)
		note(w, "mtu of its link", DIFFER_NETWORK);
}

/* Those that a link brings along speak by it: its clients, and who gives it its keys. */
static void compare_attended(struct walk *w, const struct pair *confines, const struct differ_links *l)
{
	uint64_t links = ((const struct confine_spec *)confines->is.at)->carrier;

	for (uint32_t i = 0; links && i < l->is->links.count; i++) {
		const struct net_link *is = table_link(l->is, i);
		const struct net_link *was = links >> i & 1 ? find_link(l->was, is->name) : NULL;

		if (was && (l->anew >> i & 1 || memcmp(was->mac, is->mac, sizeof(is->mac)) != 0))
			note(w, "its link", DIFFER_RUN);
	}
}

static void compare_links(struct walk *w, const struct pair *specs, const struct pair *confines)
{
	const struct differ_links l = { specs->was.t, specs->is.t, differ_links_anew(specs->was.t, specs->is.t) };

	compare_parents(w, specs, &l);
	compare_attended(w, confines, &l);
}

/* All but what follows from other services. */
static void compare_service(struct walk *w, struct differ_side was, struct differ_side is)
{
	const struct service_spec *a = table_service(was.t, was.index), *b = table_service(is.t, is.index);
	struct pair specs = { { was.t, a }, { is.t, b } };
	struct pair confines = { { was.t, table_confine(was.t, a) }, { is.t, table_confine(is.t, b) } };
	struct pair networks = { { was.t, network_of(specs.was) }, { is.t, network_of(specs.is) } };

	compare(w, specs, fields, ARRAY_LEN(fields));
	compare_both(w, &(struct pair){ { was.t, &a->limits }, { is.t, &b->limits } });
	compare(w, confines, confine_fields, ARRAY_LEN(confine_fields));
	compare_given(w, &confines);
	compare_groups(w, &confines);
	compare_joined(w, &confines);
	compare(w, networks, network_fields, ARRAY_LEN(network_fields));
	if (!is_same_attach(&(struct pair){ { was.t, &a->attach }, { is.t, &b->attach } }, NULL))
		note(w, "network", DIFFER_NETWORK);
	compare_bridges(w, &specs);
	if (b->attach.flags & NET_ON_LINK || ((const struct confine_spec *)confines.is.at)->carrier)
		compare_links(w, &specs, &confines);
}

/* Who joins it would stay in the one that there was, with nobody else. Another owner has been noted. */
static void compare_shared(struct walk *w, struct differ_side was, struct differ_side is)
{
	uint32_t owned = network_of((struct place){ was.t, table_service(was.t, was.index) })->joins;
	uint32_t owner = network_of((struct place){ is.t, table_service(is.t, is.index) })->joins;
	struct walk of_owner = { NULL, NULL, 0 };

	if (owned && owner)
		compare_service(&of_owner, (struct differ_side){ was.t, owned - 1 },
				(struct differ_side){ is.t, owner - 1 });
	if (of_owner.found & DIFFER_NETWORK)
		note(w, "the network it joins", DIFFER_RUN);
}

unsigned differ_service(struct differ_side was, struct differ_side is, differ_fn *tell, void *context)
{
	struct walk w = { tell, context, 0 };

	compare_service(&w, was, is);
	compare_shared(&w, was, is);
	return w.found;
}

/* -- the rest of a table ------------------------------------------------------------------------------------------- */

static bool has_member(const struct table *t, const struct net_group *group, const struct net_member *wanted)
{
	const struct net_member *all = table_list(t, t->members, struct net_member) + group->first;

	for (uint32_t i = 0; i < group->count; i++)
		if (all[i].port == wanted->port && addr_equal(&all[i].to, &wanted->to))
			return true;
	return false;
}

static bool is_same_group(const struct table *was, const struct net_group *a, const struct table *is,
			  const struct net_group *b)
{
	const struct net_member *members = table_list(was, was->members, struct net_member) + a->first;
	bool is_same = a->port == b->port && a->proto == b->proto && a->balance == b->balance &&
		       a->count == b->count && a->host.family == b->host.family && addr_equal(&a->host, &b->host);

	for (uint32_t i = 0; i < a->count && is_same; i++)
		is_same = has_member(is, b, &members[i]);
	return is_same;
}

/* The ruleset has no more of a shared port than its name: what it leads to is up to which services are ready. */
static bool are_same_groups(const struct table *was, const struct table *is)
{
	const struct net_group *a = table_list(was, was->balanced, struct net_group);
	const struct net_group *b = table_list(is, is->balanced, struct net_group);
	bool are_same = was->balanced.count == is->balanced.count;

	for (uint32_t i = 0; i < was->balanced.count && are_same; i++)
		are_same = is_same_group(was, &a[i], is, &b[i]);
	return are_same;
}

bool differ_ruleset(const struct table *was, const struct table *is)
{
	static const struct shape bytes = { 1, 0 };

	return !is_same_list(&(struct pair){ { was, &was->ruleset }, { is, &is->ruleset } }, &bytes,
			     is_same_element) || !are_same_groups(was, is);
}

static bool is_same_output(const struct table *was, const struct table *is, uint32_t i)
{
	const struct service_spec *a = table_service(was, i), *b = table_service(is, i);

	return a->output == b->output && !strcmp(table_name(was, a), table_name(is, b)) &&
	       are_same_texts(table_text(was, a->output_at), table_text(is, b->output_at));
}

bool differ_outputs(const struct table *was, const struct table *is)
{
	bool is_same = was->services.count == is->services.count && was->outputs == is->outputs;

	for (uint32_t i = 0; i < was->services.count && is_same; i++)
		is_same = is_same_output(was, is, i);
	return !is_same;
}
