/* Its leaf: whether it is there, and what is in force in it. cgroups(7). */
#include <errno.h>
#include <string.h>

#include "cgroup/cgroup.h"
#include "init/field.h"
#include "init/look.h"
#include "services/changed.h"
#include "services/leaf.h"

/* A disk may be named by its path: the kernel names it by its number. */
static const char *kernel_text(const char *text, struct buf *mem)
{
	return *text == '/' && !node_disk(text, mem) ? buf_text(mem) : text;
}

/* -- limits that were changed by hand ----------------------------------------------------------------------------- */

/* The limits of one leaf: that of the service, or its group. */
struct limits {
	struct look *l;
	const char *leaf, *prefix; /* the prefix is empty for the service's own */
	struct list list;
};

struct hand {
	char file[LOOK_TEXT], text[LOOK_TEXT];
};

/* The next change of this leaf in the lines at *at. */
static bool next_change(const struct limits *s, const char **at, struct hand *ret)
{
	while (**at) {
		const char *line = *at;

		*at += strcspn(line, "\n");
		*at += **at == '\n';
		if (!field_is_there(line, "group") || field_is_true(line, "group") != (*s->prefix != '\0'))
			continue;
		field_text(line, "changed", ret->file, sizeof(ret->file));
		field_text(line, "to", ret->text, sizeof(ret->text));
		return true;
	}
	return false;
}

/* What was written over it by hand; false: nothing. */
static bool find_change(const struct limits *s, const char *file, const char *text, struct hand *ret)
{
	const char *at = s->l->changes;

	while (next_change(s, &at, ret))
		if (!strcmp(ret->file, file) && changed_is_of_same(ret->text, text))
			return true;
	return false;
}

static bool is_of_table(const struct limits *s, const struct hand *hand)
{
	const struct table *t = s->l->table;

	for (uint32_t i = 0; i < s->list.count; i++) {
		const struct limit_spec *limit = &table_list(t, s->list, struct limit_spec)[i];
		BUF_ON_STACK(mem, LOOK_TEXT);

		if (!strcmp(table_text(t, limit->file_at), hand->file) &&
		    changed_is_of_same(hand->text, kernel_text(table_text(t, limit->text_at), &mem)))
			return true;
	}
	return false;
}

/* -- all limits --------------------------------------------------------------------------------------------------- */

/* Who is idle as asked has no weight: services/leaf.c */
static bool is_without(const struct limits *s, const char *file)
{
	const char *asked = changed_limit(s->l->table, s->list, "cpu.idle", "");
	BUF_ON_STACK(got, LOOK_TEXT);
	struct hand hand;

	if (strncmp(file, "cpu.weight", 10) != 0)
		return false;
	if (find_change(s, "cpu.idle", "", &hand))
		asked = hand.text;
	return asked && !strcmp(asked, "1") && !cgroup_found(&s->l->home, s->leaf, "cpu.idle", asked, &got) &&
	       !strcmp(buf_text(&got), asked);
}

static void tell_file(const struct limits *s, const char *file, const char *asked)
{
	struct look *l = s->l;
	BUF_ON_STACK(what, LOOK_TEXT);
	BUF_ON_STACK(got, LOOK_TEXT);

	buf_fmt(&what, "%s%s", s->prefix, file);
	if (is_without(s, file)) {
		look_tell(l, buf_text(&what), asked, "none: it is idle", LOOK_SAME, 0);
		l->source = NULL;
		return;
	}
	l->err = cgroup_found(&l->home, s->leaf, file, asked, &got);
	look_tell(l, buf_text(&what), asked, buf_text(&got),
		  l->err ? LOOK_UNSEEN : cgroup_is_same(file, asked, buf_text(&got)) ? LOOK_SAME : LOOK_DIFFERS,
		  l->source ? 0 : MISSING_LIMITS);
	l->source = NULL;
}

/* By hand, under the other name that the kernel has for the same. */
static bool is_replaced(const struct limits *s, const char *file)
{
	const char *twin = limit_twin(file);
	struct hand hand;

	return twin && find_change(s, twin, "", &hand);
}

static void tell_limit(const struct limits *s, const struct limit_spec *limit)
{
	const char *file = table_text(s->l->table, limit->file_at);
	BUF_ON_STACK(mem, LOOK_TEXT);
	const char *asked = kernel_text(table_text(s->l->table, limit->text_at), &mem);
	BUF_ON_STACK(over, LOOK_TEXT);
	struct hand hand;

	if (is_replaced(s, file))
		return;
	if (find_change(s, file, asked, &hand)) {
		changed_put_over(&over, asked, hand.text);
		asked = buf_text(&over);
		s->l->source = "set";
	}
	tell_file(s, file, asked);
}

static void tell_limits(const struct limits *s)
{
	const char *at = s->l->changes;
	struct hand hand;

	for (uint32_t i = 0; i < s->list.count; i++)
		tell_limit(s, &table_list(s->l->table, s->list, struct limit_spec)[i]);
	while (next_change(s, &at, &hand)) {
		if (is_of_table(s, &hand))
			continue;
		s->l->source = "set";
		tell_file(s, hand.file, hand.text);
	}
}

/* -- the leaf ----------------------------------------------------------------------------------------------------- */

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
	struct leaf_name parent;
	BUF_ON_STACK(prefix, TABLE_NAME_MAX + 8);

	if (!ENABLED(CONFIG_CGROUP) || !l->spec->leaf)
		return;
	tell_place(l, leaf);
	tell_limits(&(struct limits){ l, leaf, "", l->spec->limits });
	tell_devices(l, leaf);
	if (!group)
		return;
	buf_fmt(&prefix, "%s:", table_text(l->table, group->name_at));
	tell_limits(&(struct limits){ l, leaf_of_group(l->table, group, &parent), buf_text(&prefix), group->limits });
}
