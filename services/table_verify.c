/*
 * An image is believed only after this: whatever wrote it, PID 1 reads nothing
 * outside it, and finds no value in it that it does not know.
 */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "cgroup/cgroup.h"
#include "lib/addr.h"
#include "lib/bits.h"
#include "lib/enabled.h"
#include "lib/signame.h"
#include "services/fields.h"
#include "services/layout.h"
#include "services/seccomp.h"
#include "services/table.h"

struct field {
	uint16_t kind, at; /* enum field_kind, offset */
	uint32_t arg;
};

static const struct field fields[] = {
#define FIELD(kind, field, arg, name, how) { FIELD_##kind, offsetof(struct service_spec, field), arg },
#include "services/fields.def"
#undef FIELD
};

static const struct field confine_fields[] = {
#define FIELD(kind, field, arg, name, how) { FIELD_##kind, offsetof(struct confine_spec, field), arg },
#include "services/confine.def"
#undef FIELD
};

static const struct field network_fields[] = {
#define FIELD(kind, field, arg, name, how) { FIELD_##kind, offsetof(struct network_spec, field), arg },
#include "services/network.def"
#undef FIELD
};

bool table_has_text(const struct table *t, uint32_t at)
{
	return at < t->size; /* the last byte is a NUL */
}

bool table_has_list(const struct table *t, struct list list, size_t size, size_t align)
{
	return !list.count ||
	       (list.at % align == 0 && list.at < t->size && list.count <= (t->size - list.at) / size);
}

static bool is_texts(const struct table *t, struct list list)
{
	if (!table_has_list(t, list, sizeof(uint32_t), _Alignof(uint32_t)))
		return false;
	for (uint32_t i = 0; i < list.count; i++)
		if (!table_list(t, list, uint32_t)[i] || !table_has_text(t, table_list(t, list, uint32_t)[i]))
			return false;
	return true;
}

static bool is_indexes(const struct table *t, struct list list)
{
	if (!table_has_list(t, list, sizeof(uint32_t), _Alignof(uint32_t)))
		return false;
	for (uint32_t i = 0; i < list.count; i++)
		if (table_list(t, list, uint32_t)[i] >= t->services.count)
			return false;
	return true;
}

/* A bit for each link, and none beyond them. */
static bool is_links(const struct table *t, const void *at)
{
	uint64_t links;

	memcpy(&links, at, sizeof(links));
	return t->links.count >= TABLE_LINKS_MAX || !(links >> t->links.count);
}

static bool is_rlimits(const struct table *t, struct list list)
{
	if (!table_has_list(t, list, sizeof(struct rlimit_spec), _Alignof(struct rlimit_spec)))
		return false;
	for (uint32_t i = 0; i < list.count; i++)
		if (table_list(t, list, struct rlimit_spec)[i].resource >= RLIM_NLIMITS)
			return false;
	return true;
}

static bool is_devices(const struct table *t, struct list list)
{
	if (!table_has_list(t, list, sizeof(struct device_spec), _Alignof(struct device_spec)))
		return false;
	for (uint32_t i = 0; i < list.count; i++) {
		const struct device_spec *device = &table_list(t, list, struct device_spec)[i];

		if (!device->name_at || !table_has_text(t, device->name_at) || !device->access || device->access > 7)
			return false;
	}
	return true;
}

static bool is_limits(const struct table *t, struct list list)
{
	if (!table_has_list(t, list, sizeof(struct limit_spec), _Alignof(struct limit_spec)))
		return false;
	for (uint32_t i = 0; i < list.count; i++) {
		const struct limit_spec *limit = &table_list(t, list, struct limit_spec)[i];

		if (!limit->file_at || !table_has_text(t, limit->file_at) ||
		    !limit->text_at || !table_has_text(t, limit->text_at) ||
		    limit_file(table_text(t, limit->file_at)))
			return false;
	}
	return true;
}

static bool is_program(const struct table *t, struct list list)
{
	if (!list.count)
		return true;
	return ENABLED(CONFIG_SECCOMP) &&
	       table_has_list(t, list, sizeof(struct sock_filter), _Alignof(struct sock_filter)) &&
	       seccomp_is_program(table_list(t, list, struct sock_filter), list.count);
}

static bool is_calm(const struct calm_spec *calm)
{
	return calm->most <= 10000 && calm->window <= PRESSURE_WINDOWS && calm->line < PRESSURE_LINES;
}

static bool is_field(const struct table *t, const void *record, const struct field *f)
{
	const void *at = (const char *)record + f->at;
	uint32_t number = f->kind >= FIELD_BYTE ? *(const uint8_t *)at : *(const uint32_t *)at;
	struct list list = { 0 };

	if (f->kind >= FIELD_TEXTS && f->kind <= FIELD_LIMITS)
		list = *(const struct list *)at;
	switch ((enum field_kind)f->kind) {
	case FIELD_NAME: return number && table_has_text(t, number);
	case FIELD_SHARED:
	case FIELD_TEXT: return table_has_text(t, number);
	case FIELD_TEXTS: return list.count >= f->arg && is_texts(t, list);
	case FIELD_SERVICES: return is_indexes(t, list);
	case FIELD_RLIMITS: return is_rlimits(t, list);
	case FIELD_MOUNTS: return table_has_mounts(t, list);
	case FIELD_RANGES: return table_has_list(t, list, sizeof(struct id_range), _Alignof(struct id_range));
	case FIELD_SECRETS: return table_has_secrets(t, list);
	case FIELD_ROUTES: return table_has_routes(t, list);
	case FIELD_NEIGHBOURS: return table_has_neighbours(t, list);
	case FIELD_SYSCTLS: return table_has_sysctls(t, list);
	case FIELD_NETWORKS: return table_has_networks(t, list);
	case FIELD_DEVICES: return is_devices(t, list);
	case FIELD_LIMITS: return is_limits(t, list);
	case FIELD_PROGRAM: return is_program(t, list);
	case FIELD_NUMBERS: return table_has_list(t, list, sizeof(uint32_t), _Alignof(uint32_t));
	case FIELD_MASK: return table_has_list(t, list, sizeof(uint64_t), _Alignof(uint64_t));
	case FIELD_FLAGS:
	case FIELD_BITS: return !(number & ~f->arg);
	case FIELD_NUMBER:
	case FIELD_SIGNED:
	case FIELD_OFFSET:
	case FIELD_AMOUNT:
	case FIELD_CAPS: return true;
	case FIELD_LINKS: return is_links(t, at);
	case FIELD_SERVICE: return number < t->services.count;
	case FIELD_GROUP: return number <= t->groups.count;
	case FIELD_OWNER: return number <= t->services.count;
	case FIELD_CALM: return is_calm(at);
	case FIELD_BYTE:
	case FIELD_BOOL:
	case FIELD_WORD: return number < f->arg;
	}
	return false;
}

bool table_addrs(const struct addr *list, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		unsigned most = list[i].family == AF_INET ? 32 : list[i].family == AF_INET6 ? 128 : 0;

		if ((!most && list[i].family) || list[i].prefix > most)
			return false;
	}
	return true;
}

static bool is_attach(const struct table *t, const struct net_attach *a)
{
	return a->bridge >= -1 && (a->bridge < 0 || (uint32_t)a->bridge < t->bridges.count) &&
	       memchr(a->peer, 0, sizeof(a->peer)) && table_addrs(a->addr, ARRAY_LEN(a->addr)) &&
	       table_addrs(a->gateway, ARRAY_LEN(a->gateway)) && table_has_shard(t, a);
}

static bool is_record(const struct table *t, const void *record, const struct field *all, size_t count)
{
	for (const struct field *f = all; f < all + count; f++)
		if (!is_field(t, record, f))
			return false;
	return true;
}

static bool is_confine(const struct table *t, uint32_t at)
{
	const struct list one = { at, 1 };

	return at && table_has_list(t, one, sizeof(struct confine_spec), _Alignof(uint64_t)) &&
	       is_record(t, table_list(t, one, struct confine_spec), confine_fields, ARRAY_LEN(confine_fields));
}

static bool is_network(const struct table *t, uint32_t at)
{
	const struct list one = { at, 1 };

	return !at || (table_has_list(t, one, sizeof(struct network_spec), _Alignof(uint64_t)) &&
		       is_record(t, table_list(t, one, struct network_spec), network_fields,
				 ARRAY_LEN(network_fields)) &&
		       table_has_eths(t, table_list(t, one, struct network_spec)));
}

static bool is_service(const struct table *t, const struct service_spec *spec)
{
	return is_record(t, spec, fields, ARRAY_LEN(fields)) && spec->stop_signal &&
	       is_attach(t, &spec->attach) && is_network(t, spec->network_at) &&
	       (spec->output != OUTPUT_FILE || spec->output_at) &&
	       (spec->output == OUTPUT_INHERIT || spec->output == OUTPUT_NULL || spec->output_slot < t->outputs);
}

/* Alike services share one record of confinement: it is looked at once for a row of them. */
static bool are_services(const struct table *t)
{
	uint32_t good = 0;

	for (uint32_t i = 0; i < t->services.count; i++) {
		uint32_t at = table_service(t, i)->confine_at;

		if (!is_service(t, table_service(t, i)) || (at != good && !is_confine(t, at)) || !at)
			return false;
		good = at;
	}
	return true;
}

static bool is_bridge(const struct net_bridge *b)
{
	return b->name[0] && memchr(b->name, 0, sizeof(b->name)) && table_addrs(b->addr, ARRAY_LEN(b->addr));
}

static bool is_group(const struct table *t, const struct group_spec *g)
{
	return g->name_at && table_has_text(t, g->name_at) && is_limits(t, g->limits);
}

static bool is_all_seen(const struct table *t, struct list list, const uint8_t *seen)
{
	for (uint32_t i = 0; i < list.count; i++) {
		uint32_t index = table_list(t, list, uint32_t)[i];

		if (!bits_has(seen, index))
			return false;
	}
	return true;
}

/* Every service once, and behind all that it waits for. */
static bool is_order(const struct table *t)
{
	uint8_t seen[TABLE_SERVICES_MAX / 8] = { 0 };

	if (t->order.count != t->services.count || !is_indexes(t, t->order))
		return false;
	for (uint32_t i = 0; i < t->order.count; i++) {
		uint32_t index = table_list(t, t->order, uint32_t)[i];
		const struct service_spec *spec = table_service(t, index);

		if (bits_has(seen, index) || !is_all_seen(t, spec->needs, seen) ||
		    !is_all_seen(t, spec->after, seen))
			return false;
		bits_put(seen, index, true);
	}
	return true;
}

/* Magic and layout come first in each. */
static bool is_foreign(const struct table *t, size_t size)
{
	return size >= offsetof(struct table, size) && t->magic == TABLE_MAGIC && t->layout != layout_own.table;
}

static bool is_head(const struct table *t, size_t size)
{
	return size >= sizeof(*t) && t->magic == TABLE_MAGIC && t->size == size && !((const char *)t)[size - 1];
}

static bool is_body(const struct table *t)
{
	return t->services.count <= TABLE_SERVICES_MAX && t->main >= -1 &&
	       (t->main < 0 || (uint32_t)t->main < t->services.count) && table_has_text(t, t->hostname_at) &&
	       t->outputs <= t->services.count && is_texts(t, t->files) &&
	       table_has_list(t, t->services, sizeof(struct service_spec), _Alignof(struct service_spec)) &&
	       table_has_list(t, t->bridges, sizeof(struct net_bridge), _Alignof(struct net_bridge)) &&
	       table_has_list(t, t->groups, sizeof(struct group_spec), _Alignof(struct group_spec));
}

int table_verify(const struct table *t, size_t size)
{
	if (is_foreign(t, size))
		return -EPROTO;
	if (!is_head(t, size) || !is_body(t) || !table_verify_network(t))
		return -EBADMSG;
	for (uint32_t i = 0; i < t->bridges.count; i++)
		if (!is_bridge(table_bridge(t, i)))
			return -EBADMSG;
	for (uint32_t i = 0; i < t->groups.count; i++)
		if (!is_group(t, table_group_at(t, i)))
			return -EBADMSG;
	return are_services(t) && is_order(t) ? 0 : -EBADMSG;
}
