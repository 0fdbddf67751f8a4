/* What is different between two tables beside their services: what minit itself has of the network. */
#include <string.h>

#include "services/differ_link.h"

#define BY_PORTS                                                                                                 \
	"it is no longer in the table, and the links that are ports of it decide what it is without that: write " \
	"the value that it is to have, or start minit anew"
static const char *const kinds[] = {
	[OF_HOSTNAME] = "system.hostname", [OF_LINK] = "network.link",     [OF_SHARD] = "shard",
	[OF_BRIDGE] = "network.bridge",    [OF_SYSCTL] = "network.sysctl", [OF_IPRULE] = "network.rules",
};

struct machine {
	const struct table *was, *is;
	differ_part_fn *tell;
	void *context;
	unsigned found;
	struct differ_links links;
};

static void note(struct machine *m, struct differ_part part)
{
	m->found |= part.fate;
	if (m->tell)
		m->tell(m->context, &part);
}

/* -- what has a name --------------------------------------------------------------------------------------------- */

/* A list of records that begin with their names. */
struct named {
	enum differ_of of;
	uint16_t at, size; /* of the list in struct table, of a record */
	enum fate (*gone)(const void *record); /* NULL: FATE_GONE */
	void (*compare)(struct machine *m, int32_t was, int32_t is);
};

static struct list list_of(const struct table *t, const struct named *n)
{
	struct list list;

	memcpy(&list, (const char *)t + n->at, sizeof(list));
	return list;
}

static const char *name_of(const struct table *t, const struct named *n, uint32_t i)
{
	return table_list(t, list_of(t, n), char) + i * n->size;
}

static int32_t find(const struct table *t, const struct named *n, const char *name, uint32_t near)
{
	return table_find_link(t, list_of(t, n), n->size, name, near);
}

static void note_all(struct machine *m, const struct named *n)
{
	for (int32_t i = 0; (uint32_t)i < list_of(m->was, n).count; i++) {
		const char *name = name_of(m->was, n, (uint32_t)i);
		int32_t is = find(m->is, n, name, (uint32_t)i);

		if (is >= 0)
			n->compare(m, i, is);
		else
			note(m, (struct differ_part){ n->of, n->gone ? n->gone(name) : FATE_GONE, i, is, name, NULL,
						      NULL });
	}
	for (int32_t i = 0; (uint32_t)i < list_of(m->is, n).count; i++) {
		const char *name = name_of(m->is, n, (uint32_t)i);

		if (find(m->was, n, name, (uint32_t)i) < 0)
			note(m, (struct differ_part){ n->of, FATE_NEW, -1, i, name, NULL, NULL });
	}
}

/* -- bridges ------------------------------------------------------------------------------------------------------ */

struct bridge_field {
	uint16_t at, size;
	uint8_t asked, fate, gone;
	char name[16];
};

static const struct bridge_field bridge_fields[] = {
#define BRIDGE(field, asked, name, fate, gone)                                                              \
	{ offsetof(struct net_bridge, field), sizeof(((struct net_bridge *)0)->field), asked, FATE_##fate, \
	  FATE_##gone, name },
#include "services/bridge.def"
#undef BRIDGE
};

static bool is_asked(const struct net_bridge *bridge, const struct bridge_field *f)
{
	static const uint8_t none[sizeof(bridge->addr)];

	return f->asked ? bridge->asked & f->asked : memcmp((const char *)bridge + f->at, none, f->size) != 0;
}

static bool is_same_field(const struct net_bridge *was, const struct net_bridge *is, const struct bridge_field *f)
{
	return !((was->asked ^ is->asked) & f->asked) &&
	       !memcmp((const char *)was + f->at, (const char *)is + f->at, f->size);
}

static bool has_port(const struct table *t, const struct net_bridge *bridge)
{
	for (uint32_t i = 0; i < t->links.count; i++)
		if (!strcmp(table_link(t, i)->master, bridge->name))
			return true;
	return false;
}

/* The kernel gives a bridge the least MTU of its ports, as long as nobody has set one. */
static enum fate fate_of_field(const struct machine *m, const struct net_bridge *is, const struct bridge_field *f)
{
	if (is_asked(is, f))
		return f->fate;
	return f->at == offsetof(struct net_bridge, mtu) && has_port(m->is, is) ? FATE_REFUSED : f->gone;
}

static bool has_names(const struct table *t, uint32_t bridge)
{
	return bridge < t->names.count && table_list(t, t->names, uint32_t)[bridge];
}

static void compare_bridges(struct machine *m, int32_t was, int32_t is)
{
	const struct net_bridge *a = table_bridge(m->was, (uint32_t)was), *b = table_bridge(m->is, (uint32_t)is);

	for (size_t i = 0; i < ARRAY_LEN(bridge_fields); i++) {
		const struct bridge_field *f = &bridge_fields[i];

		if (!is_same_field(a, b, f))
			note(m, (struct differ_part){ OF_BRIDGE, fate_of_field(m, b, f), was, is, a->name, f->name,
						      BY_PORTS });
	}
	if (has_names(m->was, (uint32_t)was) != has_names(m->is, (uint32_t)is))
		note(m, (struct differ_part){ OF_BRIDGE, FATE_SET, was, is, a->name, "hosts_file", NULL });
}

/* What a shard and its pair have of their bridge: net_shard_set. */
static bool is_same_behind(const struct net_bridge *a, const struct net_bridge *b)
{
	const uint8_t asked = NET_ASKED_AGEING | NET_ASKED_VLAN_FILTERING;

	return a->mtu == b->mtu && !((a->asked ^ b->asked) & asked) && a->ageing_ms == b->ageing_ms &&
	       a->vlan_filtering == b->vlan_filtering;
}

/* One of the same name that is of another bridge has other members (is_same_segment of services/differ.c). */
static void compare_shards(struct machine *m, int32_t was, int32_t is)
{
	const struct net_shard *a = table_shard(m->was, (uint32_t)was), *b = table_shard(m->is, (uint32_t)is);
	const struct net_bridge *from = table_bridge(m->was, a->bridge), *to = table_bridge(m->is, b->bridge);
	bool is_another = strcmp(from->name, to->name) != 0 || a->alone != b->alone;

	if (is_another || !is_same_behind(from, to))
		note(m, (struct differ_part){ OF_SHARD, is_another ? FATE_ANEW : FATE_SET, was, is, a->name, NULL,
					      NULL });
}

/* -- links and rules ---------------------------------------------------------------------------------------------- */

/* A device stays with what it was given, as at the end of minit. */
static enum fate gone_link(const void *record)
{
	const struct net_link *link = record;

	return link->kind == NET_KIND_DEVICE ? FATE_LEFT : FATE_GONE;
}

/* Which device it is, is found by its name and match when that comes; the kernel keeps what it was given. */
static const char *why_not(const char *key)
{
	if (!strcmp(key, "match") || !strcmp(key, "kind"))
		return "the device that it was found as has its name: give the link another name, put it back, or "
		       "start minit anew";
	return "it is no longer in the table, and minit does not know what the device has without it: write the value "
	       "that it is to have, or start minit anew";
}

struct found_link {
	struct machine *machine;
	int32_t was, is;
};

static void note_link(void *context, const char *key, enum fate fate)
{
	const struct found_link *f = context;

	note(f->machine, (struct differ_part){ OF_LINK, fate, f->was, f->is,
					       table_link(f->machine->links.is, (uint32_t)f->is)->name, key,
					       why_not(key) });
}

static void compare_links(struct machine *m, int32_t was, int32_t is)
{
	struct found_link f = { m, was, is };

	differ_link(&m->links, (uint32_t)was, (uint32_t)is, note_link, &f);
}

static const struct net_iprule *rule_at(const struct table *t, int32_t i)
{
	return table_list(t, t->iprules, struct net_iprule) + i;
}

static bool has_rule(const struct table *t, const struct net_iprule *rule)
{
	for (int32_t i = 0; (uint32_t)i < t->iprules.count; i++)
		if (!memcmp(rule_at(t, i), rule, sizeof(*rule)))
			return true;
	return false;
}

static void note_rule(struct machine *m, enum fate fate, int32_t was, int32_t is, const struct net_iprule *rule)
{
	BUF_ON_STACK(name, 24);

	buf_fmt(&name, "priority %u", rule->priority);
	note(m, (struct differ_part){ OF_IPRULE, fate, was, is, buf_text(&name), NULL, NULL });
}

static void note_rules(struct machine *m)
{
	for (int32_t i = 0; (uint32_t)i < m->was->iprules.count; i++)
		if (!has_rule(m->is, rule_at(m->was, i)))
			note_rule(m, FATE_GONE, i, -1, rule_at(m->was, i));
	for (int32_t i = 0; (uint32_t)i < m->is->iprules.count; i++)
		if (!has_rule(m->was, rule_at(m->is, i)))
			note_rule(m, FATE_NEW, -1, i, rule_at(m->is, i));
}

/* -- settings ----------------------------------------------------------------------------------------------------- */

static int32_t find_sysctl(const struct table *t, const char *path, uint32_t near)
{
	for (uint32_t n = 0; n < t->sysctls.count; n++) {
		uint32_t i = (near + n) % t->sysctls.count;

		if (!strcmp(table_sysctl_path(t, i), path))
			return (int32_t)i;
	}
	return -1;
}

static bool is_same_value(const struct machine *m, int32_t was, int32_t is)
{
	return was >= 0 && !strcmp(table_sysctl_value(m->was, (uint32_t)was), table_sysctl_value(m->is, (uint32_t)is));
}

static void note_sysctls(struct machine *m)
{
	for (int32_t i = 0; (uint32_t)i < m->was->sysctls.count; i++) {
		const char *path = table_sysctl_path(m->was, (uint32_t)i);

		if (find_sysctl(m->is, path, (uint32_t)i) < 0)
			note(m, (struct differ_part){ OF_SYSCTL, FATE_LEFT, i, -1, path, NULL, NULL });
	}
	for (int32_t i = 0; (uint32_t)i < m->is->sysctls.count; i++) {
		const char *path = table_sysctl_path(m->is, (uint32_t)i);
		int32_t was = find_sysctl(m->was, path, (uint32_t)i);

		if (!is_same_value(m, was, i))
			note(m, (struct differ_part){ OF_SYSCTL, FATE_SET, was, i, path, NULL, NULL });
	}
}

static void note_hostname(struct machine *m)
{
	const char *was = table_text(m->was, m->was->hostname_at), *is = table_text(m->is, m->is->hostname_at);

	if (is && (!was || strcmp(was, is) != 0))
		note(m, (struct differ_part){ OF_HOSTNAME, FATE_SET, -1, -1, "", NULL, NULL });
	else if (was && !is)
		note(m, (struct differ_part){ OF_HOSTNAME, FATE_LEFT, -1, -1, "", NULL, NULL });
}

/* -- all of it ---------------------------------------------------------------------------------------------------- */

unsigned differ_machine(const struct table *was, const struct table *is, differ_part_fn *tell, void *context)
{
#define IN(list, type) offsetof(struct table, list), sizeof(struct type)
	static const struct named all[] = {
		{ OF_LINK, IN(links, net_link), gone_link, compare_links },
		{ OF_SHARD, IN(shards, net_shard), NULL, compare_shards },
		{ OF_BRIDGE, IN(bridges, net_bridge), NULL, compare_bridges },
	};
	struct machine m = { was, is, tell, context, 0, { was, is, differ_links_anew(was, is) } };

	note_hostname(&m);
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		note_all(&m, &all[i]);
	note_sysctls(&m);
	note_rules(&m);
	return m.found;
#undef IN
}

void differ_put_part(struct buf *b, const struct differ_part *part)
{
	const char *between = part->of == OF_LINK || part->of == OF_BRIDGE ? "." : " ";

	buf_fmt(b, "%s%s%s%s%s", kinds[part->of], *part->name ? between : "", part->name, part->key ? ": " : "",
		part->key ?: "");
}
