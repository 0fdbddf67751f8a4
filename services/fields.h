/* How the fields of an image are told apart: services/fields.def. */
#ifndef SERVICES_FIELDS_H
#define SERVICES_FIELDS_H

#include <sched.h>

#include "services/table.h"

#define NAMESPACES_ALL \
	(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | \
	 CLONE_NEWUSER | CLONE_NEWTIME)

enum field_kind {
	FIELD_NAME, FIELD_TEXT, FIELD_SHARED,
	FIELD_TEXTS, FIELD_SERVICES, FIELD_RLIMITS, FIELD_DEVICES, FIELD_NUMBERS, FIELD_MASK, FIELD_PROGRAM,
	FIELD_MOUNTS, FIELD_RANGES, FIELD_SECRETS, FIELD_ROUTES, FIELD_NEIGHBOURS,
	FIELD_SYSCTLS, FIELD_NETWORKS, FIELD_LIMITS, /* lists */
	FIELD_FLAGS, FIELD_BITS, FIELD_NUMBER, FIELD_SIGNED, FIELD_GROUP, FIELD_SERVICE, FIELD_OWNER, FIELD_CALM,
	FIELD_OFFSET,
	FIELD_CAPS, FIELD_AMOUNT, FIELD_LINKS, /* 64 bits */
	FIELD_BYTE, FIELD_BOOL, FIELD_WORD, /* one byte */
};

/* For services/table_*.c: a reference or a list that lies inside the image; services/table_verify.c */
bool table_has_text(const struct table *t, uint32_t at);
bool table_has_list(const struct table *t, struct list list, size_t size, size_t align);

/* Lists of struct roots_spec; services/table_roots.c */
bool table_has_mounts(const struct table *t, struct list list);
bool table_has_secrets(const struct table *t, struct list list);

/* Lists of struct network_spec; services/table_net.c */
bool table_has_routes(const struct table *t, struct list list);
bool table_has_eths(const struct table *t, const struct network_spec *network); /* those that its routes go by */
bool table_has_neighbours(const struct table *t, struct list list);
bool table_has_sysctls(const struct table *t, struct list list);
bool table_has_networks(const struct table *t, struct list list);

#endif
