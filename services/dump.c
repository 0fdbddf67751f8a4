#include "services/dump.h"

#include "lib/arena.h"
#include "lib/fd.h"
#include "services/dump_put.h"
#include "services/fields.h"

static const struct dump_field fields[] = {
#define FIELD(kind, field, arg, name, how) { FIELD_##kind, offsetof(struct service_spec, field), name },
#include "services/fields.def"
#undef FIELD
};

static const struct dump_field confine_fields[] = {
#define FIELD(kind, field, arg, name, how) { FIELD_##kind, offsetof(struct confine_spec, field), name },
#include "services/confine.def"
#undef FIELD
};

static const struct dump_field network_fields[] = {
#define FIELD(kind, field, arg, name, how) { FIELD_##kind, offsetof(struct network_spec, field), name },
#include "services/network.def"
#undef FIELD
};

static void put_record(struct buf *b, const struct table *t, const void *record,
		       const struct dump_field *all, size_t count)
{
	for (const struct dump_field *f = all; f < all + count; f++)
		dump_field(b, t, record, f);
}

/* One that is given. */
static void put_mac(struct buf *b, const uint8_t *mac)
{
	dump_key(b, "network.mac");
	if (!mac[0] && !mac[1] && !mac[2] && !mac[3] && !mac[4] && !mac[5]) {
		buf_str(b, "null");
		return;
	}
	for (unsigned i = 0; i < NET_MAC; i++)
		buf_fmt(b, "%s%02x", i ? ":" : "\"", mac[i]);
	buf_char(b, '"');
}

static void put_service(struct buf *b, const struct table *t, uint32_t index)
{
	const struct service_spec *spec = table_service(t, index);
	const struct net_attach *at = &spec->attach;

	put_record(b, t, spec, fields, ARRAY_LEN(fields));
	put_record(b, t, table_confine(t, spec), confine_fields, ARRAY_LEN(confine_fields));
	dump_key(b, "bridge");
	if (at->bridge >= 0)
		buf_json(b, table_bridge(t, (uint32_t)at->bridge)->name);
	else
		buf_str(b, "null");
	dump_shard_of(b, t, at);
	dump_key(b, "peer");
	buf_json(b, at->peer);
	dump_addrs(b, "address", at->addr, ARRAY_LEN(at->addr));
	dump_addrs(b, "gateway", at->gateway, ARRAY_LEN(at->gateway));
	put_mac(b, at->mac);
	if (spec->network_at)
		put_record(b, t, table_network(t, spec), network_fields, ARRAY_LEN(network_fields));
}

static void put_leaf_group(struct buf *b, const struct table *t, uint32_t index)
{
	const struct group_spec *g = table_group_at(t, index);

	dump_key(b, "name");
	dump_text(b, t, g->name_at);
	dump_key(b, "limits");
	dump_limits(b, t, g->limits);
}

static void put_table(struct buf *b, const struct table *t)
{
	buf_char(b, '{');
	dump_key(b, "hostname");
	dump_text(b, t, t->hostname_at);
	dump_key(b, "main");
	dump_text(b, t, t->main < 0 ? 0 : table_service(t, (uint32_t)t->main)->name_at);
	dump_key(b, "size");
	buf_u64(b, t->size);
	dump_key(b, "files");
	dump_texts(b, t, t->files, false);
	dump_key(b, "order");
	dump_texts(b, t, t->order, true);
	dump_bridges(b, t);
	dump_links(b, t);
	dump_key(b, "sysctl");
	dump_sysctls(b, t, t->sysctls);
	dump_iprules(b, t);
	dump_ports(b, t);
	dump_objects(b, t, "groups", t->groups.count, put_leaf_group);
	dump_objects(b, t, "services", t->services.count, put_service);
	buf_str(b, "}\n");
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
