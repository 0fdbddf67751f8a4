/* What `minit check --dump` says of each kind of field. */
#include "services/dump_put.h"

#include <string.h>

#include "lib/addr.h"
#include "lib/enabled.h"
#include "services/caps.h"
#include "services/fields.h"
#include "services/keys.h"
#include "services/routes.h"
#include "services/seccomp.h"

void dump_key(struct buf *b, const char *name)
{
	if (b->len && b->data[b->len - 1] != '{' && b->data[b->len - 1] != '[')
		buf_char(b, ',');
	if (!name)
		return;
	buf_json(b, name);
	buf_char(b, ':');
}

void dump_objects(struct buf *b, const struct table *t, const char *name, uint32_t count, dump_object_fn *put)
{
	dump_key(b, name);
	buf_char(b, '[');
	for (uint32_t i = 0; i < count; i++) {
		dump_key(b, NULL);
		buf_str(b, "\n{");
		put(b, t, i);
		buf_char(b, '}');
	}
	buf_char(b, ']');
}

void dump_text(struct buf *b, const struct table *t, uint32_t at)
{
	if (at)
		buf_json(b, table_text(t, at));
	else
		buf_str(b, "null");
}

void dump_texts(struct buf *b, const struct table *t, struct list list, bool services)
{
	buf_char(b, '[');
	for (uint32_t i = 0; i < list.count; i++) {
		uint32_t at = table_list(t, list, uint32_t)[i];

		dump_key(b, NULL);
		dump_text(b, t, services ? table_service(t, at)->name_at : at);
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

		dump_key(b, resource_name(spec->resource));
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

		dump_key(b, NULL);
		buf_char(b, '[');
		dump_text(b, t, device->name_at);
		buf_fmt(b, ",%u]", device->access);
	}
	buf_char(b, ']');
}

void dump_limits(struct buf *b, const struct table *t, struct list list)
{
	buf_char(b, '[');
	for (uint32_t i = 0; i < list.count; i++) {
		const struct limit_spec *limit = &table_list(t, list, struct limit_spec)[i];

		dump_key(b, NULL);
		buf_char(b, '{');
		dump_key(b, table_text(t, limit->file_at));
		dump_text(b, t, limit->text_at);
		buf_char(b, '}');
	}
	buf_char(b, ']');
}

static void put_group(struct buf *b, const struct table *t, uint32_t group)
{
	dump_text(b, t, group ? table_group_at(t, group - 1)->name_at : 0);
}

static void put_owner(struct buf *b, const struct table *t, uint32_t owner)
{
	dump_text(b, t, owner ? table_service(t, owner - 1)->name_at : 0);
}

static void put_mounts(struct buf *b, const struct table *t, struct list list)
{
	static const char kinds[MOUNT_KINDS][9] = { "rbind", "bind", "tmpfs", "masked", "readonly" };

	buf_char(b, '{');
	for (uint32_t i = 0; i < list.count; i++) {
		const struct mount_spec *m = &table_list(t, list, struct mount_spec)[i];

		dump_key(b, table_text(t, m->target_at));
		buf_fmt(b, "[\"%s\",", kinds[m->kind]);
		dump_text(b, t, m->source_at ? m->source_at : m->options_at);
		buf_fmt(b, ",%u,%u,%u]", m->attr, m->spread, m->idmap);
	}
	buf_char(b, '}');
}

static void put_ranges(struct buf *b, const struct table *t, struct list list)
{
	buf_char(b, '[');
	for (uint32_t i = 0; i < list.count; i++) {
		const struct id_range *r = &table_list(t, list, struct id_range)[i];

		dump_key(b, NULL);
		buf_fmt(b, "[%u,%u,%u]", r->inside, r->outside, r->count);
	}
	buf_char(b, ']');
}

static void put_secrets(struct buf *b, const struct table *t, struct list list)
{
	buf_char(b, '{');
	for (uint32_t i = 0; i < list.count; i++) {
		const struct secret_spec *secret = &table_list(t, list, struct secret_spec)[i];

		dump_key(b, table_text(t, secret->name_at));
		dump_text(b, t, secret->source_at);
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
		dump_key(b, NULL);
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
			dump_key(b, NULL);
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

void dump_addrs(struct buf *b, const char *name, const struct addr *list, unsigned count)
{
	dump_key(b, name);
	buf_char(b, '[');
	for (unsigned i = 0; i < count; i++) {
		if (!list[i].family)
			continue;
		dump_key(b, NULL);
		buf_char(b, '"');
		text_put_addr(b, &list[i], true);
		buf_char(b, '"');
	}
	buf_char(b, ']');
}

void dump_routes(struct buf *b, const struct net_route *routes, uint32_t count)
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
	dump_routes(b, table_list(t, list, struct net_route), list.count);
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

void dump_sysctls(struct buf *b, const struct table *t, struct list list)
{
	buf_char(b, '{');
	for (uint32_t i = 0; i < list.count; i++) {
		const struct net_sysctl *sysctl = &table_list(t, list, struct net_sysctl)[i];

		dump_key(b, table_text(t, sysctl->path_at));
		dump_text(b, t, sysctl->value_at);
	}
	buf_char(b, '}');
}

/* What it is a port of, if that is not the bridge itself. */
void dump_shard_of(struct buf *b, const struct table *t, const struct net_attach *at)
{
	dump_key(b, "shard");
	if (at->shard)
		buf_json(b, table_shard(t, at->shard - 1u)->name);
	else
		buf_str(b, "null");
}

static void put_networks(struct buf *b, const struct table *t, struct list list)
{
	buf_char(b, '[');
	for (uint32_t i = 0; i < list.count; i++) {
		const struct net_attach *at = &table_list(t, list, struct net_attach)[i];

		dump_key(b, NULL);
		buf_char(b, '{');
		dump_key(b, "bridge");
		buf_json(b, table_bridge(t, (uint32_t)at->bridge)->name);
		dump_shard_of(b, t, at);
		dump_key(b, "peer");
		buf_json(b, at->peer);
		dump_addrs(b, "address", at->addr, ARRAY_LEN(at->addr));
		buf_char(b, '}');
	}
	buf_char(b, ']');
}

static void put_calm(struct buf *b, const struct calm_spec *calm)
{
	if (calm->window)
		buf_fmt(b, "\"%s %u.%02u%%/%s\"", pressure_line(calm->line), calm->most / 100, calm->most % 100,
			pressure_window(calm->window - 1u));
	else
		buf_str(b, "null");
}

void dump_field(struct buf *b, const struct table *t, const void *record, const struct dump_field *f)
{
	const void *at = (const char *)record + f->at;
	uint8_t byte = *(const uint8_t *)at;

	dump_key(b, f->name);
	switch ((enum field_kind)f->kind) {
	case FIELD_SHARED: buf_str(b, *(const uint32_t *)at ? "true" : "false"); break; /* see its bridge */
	case FIELD_NAME:
	case FIELD_TEXT: dump_text(b, t, *(const uint32_t *)at); break;
	case FIELD_TEXTS: dump_texts(b, t, *(const struct list *)at, false); break;
	case FIELD_SERVICES: dump_texts(b, t, *(const struct list *)at, true); break;
	case FIELD_RLIMITS: put_rlimits(b, t, *(const struct list *)at); break;
	case FIELD_DEVICES: put_devices(b, t, *(const struct list *)at); break;
	case FIELD_LIMITS: dump_limits(b, t, *(const struct list *)at); break;
	case FIELD_PROGRAM: put_program(b, t, *(const struct list *)at); break;
	case FIELD_MOUNTS: put_mounts(b, t, *(const struct list *)at); break;
	case FIELD_RANGES: put_ranges(b, t, *(const struct list *)at); break;
	case FIELD_SECRETS: put_secrets(b, t, *(const struct list *)at); break;
	case FIELD_ROUTES: put_route_list(b, t, *(const struct list *)at); break;
	case FIELD_NEIGHBOURS: put_neighbours(b, t, *(const struct list *)at); break;
	case FIELD_NETWORKS: put_networks(b, t, *(const struct list *)at); break;
	case FIELD_SYSCTLS: dump_sysctls(b, t, *(const struct list *)at); break;
	case FIELD_OWNER: put_owner(b, t, *(const uint32_t *)at); break;
	case FIELD_SERVICE: buf_u64(b, *(const uint32_t *)at); break;
	case FIELD_CALM: put_calm(b, at); break;
	case FIELD_LINKS:
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
