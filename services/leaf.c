#include "services/leaf.h"

#include <errno.h>
#include <string.h>

#include "lib/log.h"
#include "lib/text.h"

/* -- limits ----------------------------------------------------------------------------------------------------- */

/*
 * The OOM killer kills whoever shares the victim's memory, so PID 1 too. With a
 * limit of 8 KiB it did, from 4 MiB up in no run: the child needs some 100 KiB.
 */
#define SHARED_LEAST ((uint64_t)8 << 20)

static bool is_tight(const char *file, const char *text)
{
	uint64_t bytes;

	return (!strcmp(file, "memory.max") || !strcmp(file, "memory.high")) && !text_u64(text, &bytes) &&
	       bytes < SHARED_LEAST;
}

struct limits {
	struct supervisor *sv;
	uint32_t index;
	const char *leaf; /* or its group */
	const struct limit_spec *all;
	uint32_t count;
};

static int write_limit(const struct limits *l, const struct limit_spec *limit)
{
	const char *file = table_text(l->sv->table, limit->file_at), *text = table_text(l->sv->table, limit->text_at);
	int err = cgroup_limit(&l->sv->state->cgroup, l->leaf, file, text, NULL);

	if (!err && is_tight(file, text))
		service_at(l->sv, l->index)->handles.tight = 1;
	return err; /* is told by services/failure.c */
}

/* On v1 swap is counted with the memory, of which there has to be a limit before it. */
static int write_late(const struct limits *l, const struct limit_spec *limit)
{
	const char *name = service_name(l->sv, l->index);
	int err = write_limit(l, limit);

	if (err == -EAGAIN)
		log_error(name, 0, "%s: cgroup v1 counts memory and swap in one; give memory.max too",
			  table_text(l->sv->table, limit->file_at));
	return err == -EAGAIN ? -EINVAL : err;
}

static int write_limits(const struct limits *l, const char **detail)
{
	const struct limit_spec *late = NULL;
	int err = 0;

	for (uint32_t i = 0; i < l->count && !err; i++) {
		*detail = table_text(l->sv->table, l->all[i].file_at);
		err = write_limit(l, &l->all[i]);
		if (err == -EAGAIN) {
			late = &l->all[i];
			err = 0;
		}
	}
	if (!late || err)
		return err;
	*detail = table_text(l->sv->table, late->file_at);
	return write_late(l, late);
}

/* Parent before child. Each of the group writes what all of them have: it is the same. */
static int prepare_group(struct supervisor *sv, uint32_t index, const char **detail)
{
	const struct group_spec *group = table_group(sv->table, table_confine(sv->table, spec_at(sv, index)));
	struct limits limits = { .sv = sv, .index = index };
	BUF_ON_STACK(name, TABLE_NAME_MAX + 2);

	if (!group)
		return 0;
	buf_fmt(&name, "%s/", table_text(sv->table, group->name_at));
	limits.leaf = buf_text(&name);
	limits.all = table_list(sv->table, group->limits, struct limit_spec);
	limits.count = group->limits.count;
	return write_limits(&limits, detail);
}

/* -- the leaf --------------------------------------------------------------------------------------------------- */

int leaf_prepare(struct supervisor *sv, uint32_t index, const char **detail)
{
	const struct service_spec *spec = spec_at(sv, index);
	struct handles *h = &service_at(sv, index)->handles;
	struct leaf_name name;
	struct limits limits = {
		.sv = sv,
		.index = index,
		.leaf = leaf_of(sv, index, &name),
		.all = table_list(sv->table, spec->limits, struct limit_spec),
		.count = spec->limits.count,
	};
	int err;

	h->tight = 0;
	*detail = "";
	err = prepare_group(sv, index, detail);
	if (err)
		return err;
	err = cgroup_create(&sv->state->cgroup, limits.leaf);
	if (err && !spec->explicit_leaf) {
		h->missing |= MISSING_LEAF;
		return 0;
	}
	return err ? err : write_limits(&limits, detail);
}
