/* The cgroup leaf of a service: what it is called, and what is to hold in it. */
#ifndef SERVICES_LEAF_H
#define SERVICES_LEAF_H

#include "lib/buf.h"
#include "services/state.h"

/* Room for a name with its group. */
struct leaf_name {
	char text[2 * TABLE_NAME_MAX + 2];
};

/* What cgroup.h calls the leaf: the service's name, behind that of its group. */
static inline const char *leaf_name(const struct table *t, const struct service_spec *spec, struct leaf_name *mem)
{
	const struct group_spec *group = table_group(t, table_confine(t, spec));
	struct buf b;

	if (!group)
		return table_name(t, spec);
	buf_init(&b, mem->text, sizeof(mem->text));
	buf_fmt(&b, "%s/%s", table_text(t, group->name_at), table_name(t, spec));
	return buf_text(&b);
}

/* The same of a group, by itself. */
static inline const char *leaf_of_group(const struct table *t, const struct group_spec *group, struct leaf_name *mem)
{
	struct buf b;

	buf_init(&b, mem->text, sizeof(mem->text));
	buf_fmt(&b, "%s/", table_given(t, group->name_at));
	return buf_text(&b);
}

/* The same of a service by its index. */
static inline const char *leaf_of(const struct supervisor *sv, uint32_t index, struct leaf_name *mem)
{
	return leaf_name(sv->table, spec_at(sv, index), mem);
}

static inline bool has_leaf(const struct supervisor *sv, uint32_t index)
{
	return spec_at(sv, index)->leaf && !(service_at(sv, index)->handles.missing & MISSING_LEAF);
}

/*
 * At boot, and again at each start of a service that could not have it: makes
 * the leaf and its group, and writes the limits of both. 0, or -errno when
 * what is asked for cannot be had; `detail` then says which, and it is logged.
 */
must_check int leaf_prepare(struct supervisor *sv, uint32_t index, const char **detail);

/* At boot, when all have their limits: whether a partition is one still, or another leaf has ended it. Likewise. */
must_check int leaf_partition(struct supervisor *sv, uint32_t index, const char **detail);

/* While the service runs: writes all limits of it and its group, as another table has them. As leaf_prepare. */
must_check int leaf_rewrite(struct supervisor *sv, uint32_t index, const char **detail);

/* Before each start: a leaf that is frozen goes on, and one with groups of the service's own loses them. */
void leaf_refresh(struct supervisor *sv, uint32_t index);

/* Stops the service where it is, or lets it go on. 0; -ENOENT: it has no leaf; -errno. */
must_check int leaf_pause(struct supervisor *sv, uint32_t index, bool paused);

/* Writes one limit while the service runs. It holds until minit leaves. 0, or -errno with `why`. */
must_check int leaf_set(struct supervisor *sv, uint32_t index, const char *file, const char *text, struct buf *why);

/* The same for a group of leaves, by its index in the table: for all that are in it together. */
must_check int leaf_set_group(struct supervisor *sv, uint32_t group, const char *file, const char *text,
			      struct buf *why);

static inline bool leaf_is_frozen(const struct supervisor *sv, uint32_t index)
{
	return service_at(sv, index)->handles.flags & HANDLE_PAUSED;
}

/* Frozen, and there is a process that feels it. */
static inline bool leaf_is_paused(const struct supervisor *sv, uint32_t index)
{
	return leaf_is_frozen(sv, index) && service_at(sv, index)->handles.pid;
}

#endif
