#include "services/dump.h"

#include <errno.h>
#include <string.h>

#include "lib/addr.h"
#include "lib/arena.h"
#include "lib/enabled.h"
#include "lib/fd.h"
#include "net/net.h"
#include "services/caps.h"
#include "services/fields.h"
#include "services/keys.h"
#include "services/routes.h"
#include "services/seccomp.h"

struct field {
	uint16_t kind, at; /* enum field_kind, offset */
	char name[24];
};

static const struct field fields[] = {
#define FIELD(kind, field, arg, name) { FIELD_##kind, offsetof(struct service_spec, field), name },
#include "services/fields.def"
#undef FIELD
};

static const struct field confine_fields[] = {
#define FIELD(kind, field, arg, name) { FIELD_##kind, offsetof(struct confine_spec, field), name },
#include "services/confine.def"
#undef FIELD
};

static const struct field network_fields[] = {
#define FIELD(kind, field, arg, name) { FIELD_##kind, offsetof(struct network_spec, field), name },
#include "services/network.def"
#undef FIELD
};

static void put_name(struct buf *b, const char *name)
{
	if (b->len && b->data[b->len - 1] != '{' && b->data[b->len - 1] != '[')
		buf_char(b, ',');
	if (!name)
		return;
	buf_json(b, name);
	buf_char(b, ':');
}

static void put_text(struct buf *b, const struct table *t, uint32_t at)
{
	if (at)
		buf_json(b, table_text(t, at));
	else
		buf_str(b, "null");
}

static void put_texts(struct buf *b, const struct table *t, struct list list, bool services)
{
	buf_char(b, '[');
	for (uint32_t i = 0; i < list.count; i++) {
		uint32_t at = table_list(t, list, uint32_t)[i];

		put_name(b, NULL);
		put_text(b, t, services ? table_service(t, at)->name_at : at);
	}
	buf_char(b, ']');
}

static void put_number(struct buf *b, uint64_t n, uint64_t unlimited)
{
	if (n == unlimited)
		buf_str(b, "\"max\"");
	else
		buf_u64(b, n);
}

static void put_rlimits(struct buf *b, const struct table *t, struct list list)
{
	buf_char(b, '{');
	for (uint32_t i = 0; i < list.count; i++) {
		const struct rlimit_spec *spec = &table_list(t, list, struct rlimit_spec)[i];

		put_name(b, resource_name(spec->resource));
		buf_char(b, '[');
		put_number(b, spec->soft, UINT64_MAX);
		buf_char(b, ',');
		put_number(b, spec->hard, UINT64_MAX);
		buf_char(b, ']');
	}
	buf_char(b, '}');
}

static void put_devices(struct buf *b, const struct table *t, struct list list)
{
	buf_char(b, '[');
	for (uint32_t i = 0; i < list.count; i++) {
		const struct device_spec *device = &table_list(t, list, struct device_spec)[i];

		put_name(b, NULL);
		buf_char(b, '[');
		put_text(b, t, device->name_at);
		buf_fmt(b, ",%u]", device->access);
	}
	buf_char(b, ']');
}

static void put_limits(struct buf *b, const struct table *t, struct list list)
{
	buf_char(b, '[');
	for (uint32_t i = 0; i < list.count; i++) {
		const struct limit_spec *limit = &table_list(t, list, struct limit_spec)[i];

		put_name(b, NULL);
		buf_char(b, '{');
		put_name(b, table_text(t, limit->file_at));
		put_text(b, t, limit->text_at);
		buf_char(b, '}');
	}
	buf_char(b, ']');
}

static void put_group(struct buf *b, const struct table *t, uint32_t group)
{
	put_text(b, t, group ? table_list(t, t->groups, struct group_spec)[group - 1].name_at : 0);
}

static void put_owner(struct buf *b, const struct table *t, uint32_t owner)
{
	put_text(b, t, owner ? table_service(t, owner - 1)->name_at : 0);
}

static void put_mounts(struct buf *b, const struct table *t, struct list list)
{
	static const char kinds[MOUNT_KINDS][9] = { "rbind", "bind", "tmpfs", "masked", "readonly" };

	buf_char(b, '{');
	for (uint32_t i = 0; i < list.count; i++) {
		const struct mount_spec *m = &table_list(t, list, struct mount_spec)[i];

		put_name(b, table_text(t, m->target_at));
		buf_fmt(b, "[\"%s\",", kinds[m->kind]);
		put_text(b, t, m->source_at ? m->source_at : m->options_at);
		buf_fmt(b, ",%u,%u,%u]", m->attr, m->spread, m->idmap);
	}
	buf_char(b, '}');
}

static void put_ranges(struct buf *b, const struct table *t, struct list list)
{
	buf_char(b, '[');
	for (uint32_t i = 0; i < list.count; i++) {
		const struct id_range *r = &table_list(t, list, struct id_range)[i];

		put_name(b, NULL);
		buf_fmt(b, "[%u,%u,%u]", r->inside, r->outside, r->count);
	}
	buf_char(b, ']');
}

static void put_secrets(struct buf *b, const struct table *t, struct list list)
{
	buf_char(b, '{');
	for (uint32_t i = 0; i < list.count; i++) {
		const struct secret_spec *secret = &table_list(t, list, struct secret_spec)[i];

		put_name(b, table_text(t, secret->name_at));
		put_text(b, t, secret->source_at);
	}
	buf_char(b, '}');
}

/* Number n of "a|b|c"; what is behind the last is a file (enum output). */
static void put_word(struct buf *b, const char *words, uint32_t n)
{
	for (; n > 0 && *words; n--)
		words += strcspn(words, "|") + (words[strcspn(words, "|")] == '|');
	buf_fmt(b, "\"%.*s\"", *words ? (int)strcspn(words, "|") : 4, *words ? words : "file");
}

static void put_numbers(struct buf *b, const struct table *t, struct list list)
{
	buf_char(b, '[');
	for (uint32_t i = 0; i < list.count; i++)
		buf_fmt(b, "%s%u", i ? "," : "", table_list(t, list, uint32_t)[i]);
	buf_char(b, ']');
}

/* The numbers of the bits that are set. */
static void put_mask(struct buf *b, const struct table *t, struct list list)
{
	bool first = true;

	buf_char(b, '[');
	for (uint32_t i = 0; i < list.count * 64; i++) {
		if (!(table_list(t, list, uint64_t)[i / 64] >> i % 64 & 1))
			continue;
		buf_fmt(b, "%s%u", first ? "" : ",", i);
		first = false;
	}
	buf_char(b, ']');
}

static void put_caps(struct buf *b, uint64_t caps)
{
	if (caps == CAPS_ALL) {
		buf_str(b, "\"all\"");
		return;
	}
	buf_char(b, '[');
	for (unsigned cap = 0; cap < 64; cap++) {
		if (!(caps >> cap & 1))
			continue;
		put_name(b, NULL);
		buf_json(b, caps_name(cap));
	}
	buf_char(b, ']');
}

static void put_namespaces(struct buf *b, uint32_t flags)
{
	const char *words = key_text(key_by_id(KEY_NAMESPACES), KEY_WORDS);

	buf_char(b, '[');
	for (uint32_t i = 0; flags & NAMESPACES_ALL; i++) {
		if (flags & namespace_flags[i]) {
			put_name(b, NULL);
			put_word(b, words, i);
		}
		flags &= ~namespace_flags[i];
	}
	buf_char(b, ']');
}

static void put_program(struct buf *b, const struct table *t, struct list list)
{
	if (ENABLED(CONFIG_SECCOMP) && list.count)
		seccomp_dump(table_list(t, list, struct sock_filter), list.count, b);
	else
		buf_str(b, "null");
}

static void put_addrs(struct buf *b, const char *name, const struct addr *list, unsigned count)
{
	put_name(b, name);
	buf_char(b, '[');
	for (unsigned i = 0; i < count; i++) {
		if (!list[i].family)
			continue;
		put_name(b, NULL);
		buf_char(b, '"');
		text_put_addr(b, &list[i], true);
		buf_char(b, '"');
	}
	buf_char(b, ']');
}

static void put_routes(struct buf *b, const struct net_route *routes, uint32_t count)
{
	buf_char(b, '[');
	for (uint32_t i = 0; i < count; i++) {
		buf_str(b, i ? ",\"" : "\"");
		route_text(b, &routes[i]);
		buf_char(b, '"');
	}
	buf_char(b, ']');
}

static void put_route_list(struct buf *b, const struct table *t, struct list list)
{
	put_routes(b, table_list(t, list, struct net_route), list.count);
}

static void put_neighbours(struct buf *b, const struct table *t, struct list list)
{
	buf_char(b, '[');
	for (uint32_t i = 0; i < list.count; i++) {
		buf_str(b, i ? ",\"" : "\"");
		text_put_addr(b, &table_list(t, list, struct net_neighbour)[i].addr, false);
		buf_char(b, '"');
	}
	buf_char(b, ']');
}

static void put_sysctls(struct buf *b, const struct table *t, struct list list)
{
	buf_char(b, '{');
	for (uint32_t i = 0; i < list.count; i++) {
		const struct net_sysctl *sysctl = &table_list(t, list, struct net_sysctl)[i];

		put_name(b, table_text(t, sysctl->path_at));
		put_text(b, t, sysctl->value_at);
	}
	buf_char(b, '}');
}

static void put_networks(struct buf *b, const struct table *t, struct list list)
{
	buf_char(b, '[');
	for (uint32_t i = 0; i < list.count; i++) {
		const struct net_attach *at = &table_list(t, list, struct net_attach)[i];

		put_name(b, NULL);
		buf_char(b, '{');
		put_name(b, "bridge");
		buf_json(b, table_bridge(t, (uint32_t)at->bridge)->name);
		dump_shard_of(b, t, at);
		put_name(b, "peer");
		buf_json(b, at->peer);
		put_addrs(b, "address", at->addr, ARRAY_LEN(at->addr));
		buf_char(b, '}');
	}
	buf_char(b, ']');
}

static void put_field(struct buf *b, const struct table *t, const void *record, const struct field *f)
{
	const void *at = (const char *)record + f->at;
	uint8_t byte = *(const uint8_t *)at;

	put_name(b, f->name);
	switch ((enum field_kind)f->kind) {
	case FIELD_SHARED: buf_str(b, *(const uint32_t *)at ? "true" : "false"); break; /* see its bridge */
	case FIELD_NAME:
	case FIELD_TEXT: put_text(b, t, *(const uint32_t *)at); break;
	case FIELD_TEXTS: put_texts(b, t, *(const struct list *)at, false); break;
	case FIELD_SERVICES: put_texts(b, t, *(const struct list *)at, true); break;
	case FIELD_RLIMITS: put_rlimits(b, t, *(const struct list *)at); break;
	case FIELD_DEVICES: put_devices(b, t, *(const struct list *)at); break;
	case FIELD_LIMITS: put_limits(b, t, *(const struct list *)at); break;
	case FIELD_PROGRAM: put_program(b, t, *(const struct list *)at); break;
	case FIELD_MOUNTS: put_mounts(b, t, *(const struct list *)at); break;
	case FIELD_RANGES: put_ranges(b, t, *(const struct list *)at); break;
	case FIELD_SECRETS: put_secrets(b, t, *(const struct list *)at); break;
	case FIELD_ROUTES: put_route_list(b, t, *(const struct list *)at); break;
	case FIELD_NEIGHBOURS: put_neighbours(b, t, *(const struct list *)at); break;
	case FIELD_NETWORKS: put_networks(b, t, *(const struct list *)at); break;
	case FIELD_SYSCTLS: put_sysctls(b, t, *(const struct list *)at); break;
	case FIELD_OWNER: put_owner(b, t, *(const uint32_t *)at); break;
	case FIELD_SERVICE: buf_u64(b, *(const uint32_t *)at); break;
	case FIELD_OFFSET: buf_fmt(b, "%ld", (long)*(const int64_t *)at); break;
	case FIELD_NUMBERS: put_numbers(b, t, *(const struct list *)at); break;
	case FIELD_MASK: put_mask(b, t, *(const struct list *)at); break;
	case FIELD_FLAGS: put_namespaces(b, *(const uint32_t *)at); break;
	case FIELD_BITS:
	case FIELD_NUMBER: buf_u64(b, *(const uint32_t *)at); break;
	case FIELD_GROUP: put_group(b, t, *(const uint32_t *)at); break;
	case FIELD_SIGNED: buf_fmt(b, "%d", *(const int32_t *)at); break;
	case FIELD_AMOUNT: buf_u64(b, *(const uint64_t *)at); break;
	case FIELD_CAPS: put_caps(b, *(const uint64_t *)at); break;
	case FIELD_BYTE: buf_u64(b, byte); break;
	case FIELD_BOOL: buf_str(b, byte ? "true" : "false"); break;
	case FIELD_WORD: put_word(b, key_text(key_find(IN_SERVICE, f->name), KEY_WORDS), byte); break;
	}
}

static void put_record(struct buf *b, const struct table *t, const void *record, const struct field *all, size_t count)
{
	for (const struct field *f = all; f < all + count; f++)
		put_field(b, t, record, f);
}

/* One that is given. */
static void put_mac(struct buf *b, const uint8_t *mac)
{
	put_name(b, "network.mac");
	if (!mac[0] && !mac[1] && !mac[2] && !mac[3] && !mac[4] && !mac[5]) {
		buf_str(b, "null");
		return;
	}
	for (unsigned i = 0; i < NET_MAC; i++)
		buf_fmt(b, "%s%02x", i ? ":" : "\"", mac[i]);
	buf_char(b, '"');
}

static void put_service(struct buf *b, const struct table *t, const struct service_spec *spec)
{
	const struct net_attach *at = &spec->attach;

	put_name(b, NULL);
	buf_str(b, "\n{");
	put_record(b, t, spec, fields, ARRAY_LEN(fields));
	put_record(b, t, table_confine(t, spec), confine_fields, ARRAY_LEN(confine_fields));
	put_name(b, "bridge");
	if (at->bridge >= 0)
		buf_json(b, table_bridge(t, (uint32_t)at->bridge)->name);
	else
		buf_str(b, "null");
	dump_shard_of(b, t, at);
	put_name(b, "peer");
	buf_json(b, at->peer);
	put_addrs(b, "address", at->addr, ARRAY_LEN(at->addr));
	put_addrs(b, "gateway", at->gateway, ARRAY_LEN(at->gateway));
	put_mac(b, at->mac);
	if (spec->network_at)
		put_record(b, t, table_network(t, spec), network_fields, ARRAY_LEN(network_fields));
	buf_char(b, '}');
}

/* /etc/hosts of those on a bridge who have one: it is the same text. */
static uint32_t hosts_of(const struct table *t, uint32_t bridge)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < t->services.count && !at; i++)
		if (table_service(t, i)->attach.bridge == (int32_t)bridge)
			at = table_service(t, i)->hosts_at;
	return at;
}

static void put_asked(struct buf *b, const struct net_bridge *bridge, const char *name, uint8_t which, uint32_t value)
{
	put_name(b, name);
	if (bridge->asked & which)
		buf_u64(b, value);
	else
		buf_str(b, "null");
}

static void put_bridge_options(struct buf *b, const struct net_bridge *bridge)
{
	put_asked(b, bridge, "stp", NET_ASKED_STP, bridge->stp);
	put_asked(b, bridge, "forward_delay_ms", NET_ASKED_FORWARD_DELAY, bridge->forward_delay_ms);
	put_asked(b, bridge, "ageing_ms", NET_ASKED_AGEING, bridge->ageing_ms);
	put_asked(b, bridge, "priority", NET_ASKED_PRIORITY, bridge->priority);
	put_asked(b, bridge, "vlan_filtering", NET_ASKED_VLAN_FILTERING, bridge->vlan_filtering);
}

static void put_bridge(struct buf *b, const struct table *t, uint32_t index)
{
	const struct net_bridge *bridge = table_bridge(t, index);

	put_name(b, NULL);
	buf_str(b, "\n{");
	put_name(b, "name");
	buf_json(b, bridge->name);
	put_name(b, "mtu");
	buf_u64(b, bridge->mtu);
	put_addrs(b, "address", bridge->addr, ARRAY_LEN(bridge->addr));
	put_bridge_options(b, bridge);
	dump_rules_of(b, bridge);
	dump_shards(b, t, index);
	put_name(b, "hosts");
	put_text(b, t, hosts_of(t, index));
	buf_char(b, '}');
}

static void put_link(struct buf *b, const struct table *t, const struct net_link *link)
{
	const char *kind = link->kind ? net_kind_name(link->kind) : "device";
	const char *const texts[][2] = { { "name", link->name }, { "kind", kind }, { "match", link->match },
					 { "parent", link->parent }, { "master", link->master } };

	put_name(b, NULL);
	buf_str(b, "\n{");
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		put_name(b, texts[i][0]);
		buf_json(b, texts[i][1]);
	}
	put_name(b, "id");
	buf_u64(b, link->id);
	put_name(b, "mtu");
	buf_u64(b, link->mtu);
	put_name(b, "dhcp");
	buf_str(b, link->flags & NET_LINK_DHCP ? "true" : "false");
	put_name(b, "up");
	buf_str(b, link->flags & NET_LINK_DOWN ? "false" : "true");
	put_addrs(b, "address", link->addr, ARRAY_LEN(link->addr));
	put_addrs(b, "gateway", link->gateway, ARRAY_LEN(link->gateway));
	put_name(b, "routes");
	put_routes(b, table_list(t, t->link_routes, struct net_route) + link->first, link->routes);
	buf_char(b, '}');
}

static void put_links(struct buf *b, const struct table *t)
{
	put_name(b, "links");
	buf_char(b, '[');
	for (uint32_t i = 0; ENABLED(CONFIG_NET_BRIDGE) && i < t->links.count; i++)
		put_link(b, t, table_link(t, i));
	buf_char(b, ']');
}

static void put_iprule(struct buf *b, const struct net_iprule *r)
{
	buf_str(b, "\n{");
	put_addrs(b, "from", &r->from, 1);
	put_addrs(b, "to", &r->to, 1);
	put_name(b, "iif");
	buf_json(b, r->iif);
	put_name(b, "oif");
	buf_json(b, r->oif);
	buf_fmt(b, ",\"fwmark\":%u,\"fwmask\":%u,\"table\":%u,\"priority\":%u,\"action\":%u,\"not\":%s}", r->fwmark,
		r->fwmask, r->table, r->priority, r->action, r->inverted ? "true" : "false");
}

static void put_iprules(struct buf *b, const struct table *t)
{
	put_name(b, "rules");
	buf_char(b, '[');
	for (uint32_t i = 0; i < t->iprules.count; i++) {
		put_name(b, NULL);
		put_iprule(b, &table_list(t, t->iprules, struct net_iprule)[i]);
	}
	buf_char(b, ']');
}

static void put_leaf_group(struct buf *b, const struct table *t, const struct group_spec *g)
{
	put_name(b, NULL);
	buf_str(b, "\n{");
	put_name(b, "name");
	put_text(b, t, g->name_at);
	put_name(b, "limits");
	put_limits(b, t, g->limits);
	buf_char(b, '}');
}

static void put_table(struct buf *b, const struct table *t)
{
	buf_char(b, '{');
	put_name(b, "hostname");
	put_text(b, t, t->hostname_at);
	put_name(b, "main");
	put_text(b, t, t->main < 0 ? 0 : table_service(t, (uint32_t)t->main)->name_at);
	put_name(b, "size");
	buf_u64(b, t->size);
	put_name(b, "files");
	put_texts(b, t, t->files, false);
	put_name(b, "order");
	put_texts(b, t, t->order, true);
	put_name(b, "bridges");
	buf_char(b, '[');
	for (uint32_t i = 0; i < t->bridges.count; i++)
		put_bridge(b, t, i);
	buf_char(b, ']');
	put_links(b, t);
	put_name(b, "sysctl");
	put_sysctls(b, t, t->sysctls);
	put_iprules(b, t);
	dump_rules(b, t);
	put_name(b, "groups");
	buf_char(b, '[');
	for (uint32_t i = 0; i < t->groups.count; i++)
		put_leaf_group(b, t, &table_list(t, t->groups, struct group_spec)[i]);
	buf_char(b, ']');
	put_name(b, "services");
	buf_char(b, '[');
	for (uint32_t i = 0; i < t->services.count; i++)
		put_service(b, t, table_service(t, i));
	buf_str(b, "]}\n");
}

/* What is mapped and not used costs nothing. */
int table_dump(const struct table *t, int fd)
{
	struct arena arena;
	struct buf b;
	int err = arena_open(&arena, (size_t)1 << 30);

	if (err)
		return err;
	buf_init(&b, arena.base, arena.size);
	put_table(&b, t);
	err = buf_check(&b);
	if (!err)
		err = fd_write_all(fd, b.data, b.len);
	arena_close(&arena);
	return err;
}
