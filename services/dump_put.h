/* The parts that services/dump.c puts together: each is written to the end of `b`, as JSON. */
#ifndef SERVICES_DUMP_PUT_H
#define SERVICES_DUMP_PUT_H

#include "lib/buf.h"
#include "services/table.h"

struct dump_field {
	uint16_t kind, at; /* enum field_kind, offset in its record */
	char name[24];
};

/* services/dump_field.c */

/* The comma that is due, and the name of a member; NULL: of an element, which has none. */
void dump_key(struct buf *b, const char *name);

/* A member of this name: a list of objects, the members of which `put` writes one object after the other. */
typedef void dump_object_fn(struct buf *b, const struct table *t, uint32_t index);
void dump_objects(struct buf *b, const struct table *t, const char *name, uint32_t count, dump_object_fn *put);

/* The text at this offset of the table, or null. */
void dump_text(struct buf *b, const struct table *t, uint32_t at);

/* Those at the offsets in a list, or the names of the services in it. */
void dump_texts(struct buf *b, const struct table *t, struct list list, bool services);
void dump_limits(struct buf *b, const struct table *t, struct list list);
void dump_sysctls(struct buf *b, const struct table *t, struct list list);
void dump_routes(struct buf *b, const struct net_route *routes, uint32_t count);

/* A member of this name: a list of those that are given. */
void dump_addrs(struct buf *b, const char *name, const struct addr *list, unsigned count);

/* The member that tells the shard of a bridge whose port this is; null where it is the bridge's own. */
void dump_shard_of(struct buf *b, const struct table *t, const struct net_attach *at);

/* The member that a field of a record is. */
void dump_field(struct buf *b, const struct table *t, const void *record, const struct dump_field *f);

/* Members of the table's object: services/dump_machine.c, services/dump_ports.c. */
void dump_bridges(struct buf *b, const struct table *t);
void dump_links(struct buf *b, const struct table *t);
void dump_iprules(struct buf *b, const struct table *t);
void dump_ports(struct buf *b, const struct table *t);

#endif
