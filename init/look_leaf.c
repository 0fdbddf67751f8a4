/* Its leaf: whether it is there, and what is in force in it. cgroups(7). */
#include <errno.h>
#include <string.h>

#include "cgroup/cgroup.h"
#include "init/look.h"
#include "services/leaf.h"

/* A disk may be named by its path: the kernel names it by its number. */
static const char *kernel_text(const char *text, struct buf *mem)
{
	return *text == '/' && !node_disk(text, mem) ? buf_text(mem) : text;
}

static void tell_limit(struct look *l, const char *leaf, const struct limit_spec *limit, const char *prefix)
{
	const char *file = table_text(l->table, limit->file_at);
	BUF_ON_STACK(mem, LOOK_TEXT);
	const char *asked = kernel_text(table_text(l->table, limit->text_at), &mem);
	BUF_ON_STACK(what, LOOK_TEXT);
	BUF_ON_STACK(got, LOOK_TEXT);

	buf_fmt(&what, "%s%s", prefix, file);
	l->err = cgroup_found(&l->home, leaf, file, &got);
	look_tell(l, buf_text(&what), asked, buf_text(&got),
		  l->err ? LOOK_UNSEEN : cgroup_is_same(asked, buf_text(&got)) ? LOOK_SAME : LOOK_DIFFERS,
		  MISSING_LIMITS);
}

static void tell_limits(struct look *l, const char *leaf, struct list limits, const char *prefix)
{
	for (uint32_t i = 0; i < limits.count; i++)
		tell_limit(l, leaf, &table_list(l->table, limits, struct limit_spec)[i], prefix);
}

static void tell_place(struct look *l, const char *leaf)
{
	char lines[4096];
	BUF_ON_STACK(got, LOOK_TEXT);
	int in = -EIO;

	if (look_read(l, l->pid, "cgroup", lines, sizeof(lines)))
		in = cgroup_where(&l->home, leaf, lines, &got);
	if (in < 0 && !l->err && in != -ENOENT)
		l->err = in;
	look_tell(l, "leaf", "its own", in > 0 ? "its own" : in == -ENOENT ? "none" : buf_text(&got),
		  l->err ? LOOK_UNSEEN : in > 0 ? LOOK_SAME : LOOK_DIFFERS, MISSING_LEAF);
}

static void tell_devices(struct look *l, const char *leaf)
{
	uint8_t policy = l->confine->leaf.device_policy;
	int found = policy == DEVICES_ANY ? 1 : cgroup_devices_found(&l->home, leaf);

	if (policy == DEVICES_ANY)
		return;
	l->err = found < 0 ? found : 0;
	look_tell(l, "devices", "a list", found > 0 ? "a list" : "any",
		  found < 0 ? LOOK_UNSEEN : found ? LOOK_SAME : LOOK_DIFFERS, MISSING_DEVICES);
}

void look_leaf(struct look *l)
{
	const struct group_spec *group = table_group(l->table, l->confine);
	struct leaf_name name;
	const char *leaf = leaf_name(l->table, l->spec, &name);
	BUF_ON_STACK(parent, TABLE_NAME_MAX + 2);
	BUF_ON_STACK(prefix, TABLE_NAME_MAX + 8);

	if (!ENABLED(CONFIG_CGROUP) || !l->spec->leaf)
		return;
	tell_place(l, leaf);
	tell_limits(l, leaf, l->spec->limits, "");
	tell_devices(l, leaf);
	if (!group)
		return;
	buf_fmt(&parent, "%s/", table_text(l->table, group->name_at));
	buf_fmt(&prefix, "%s:", table_text(l->table, group->name_at));
	tell_limits(l, buf_text(&parent), group->limits, buf_text(&prefix));
}
