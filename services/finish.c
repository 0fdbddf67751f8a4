/* What is left when all keys are read: what follows from them for a service, and what needs the whole table. */
#include <sched.h>
#include <sys/resource.h>

#include "lib/enabled.h"
#include "services/compile.h"

const struct toml *given(const struct compile *c, const struct draft *d, enum key_id id)
{
	return d->nodes[id] ? d->nodes[id] : c->defaults.nodes[id];
}

bool is_seen(const struct draft *d, enum key_id id)
{
	return d->seen[id / 64] >> id % 64 & 1;
}

unsigned seen_from(const struct draft *d, unsigned from)
{
	for (; from < KEY_COUNT; from = (from / 64 + 1) * 64) {
		uint64_t left = d->seen[from / 64] >> from % 64;

		if (left)
			return from + (unsigned)__builtin_ctzll(left);
	}
	return KEY_COUNT;
}

static void finish_main(struct compile *c)
{
	const struct toml *node = c->system.nodes[KEY_SYSTEM_MAIN];

	if (!node)
		return;
	c->table->main = service_index(c, node->text);
	if (c->table->main < 0)
		refuse_nobody(c, "system", "main", node, &c->services, "service");
	else if (!given(c, &c->services.drafts[c->table->main], KEY_RESTART))
		c->specs[c->table->main].restart = RESTART_NEVER;
}

void insist_on(struct compile *c, struct service_spec *spec, enum key_id id, uint32_t flags)
{
	const uint32_t later = CLONE_NEWNET | CLONE_NEWUSER | CLONE_NEWTIME;

	spec->explicit_ns |= flags;
	if (flags & ~later && !spec->insists_at)
		spec->insists_at = image_string(c, key_name(id));
}

void need_given(struct compile *c, struct service_spec *spec, const struct draft *d, const struct toml *node,
		enum key_id id, uint32_t flag, const char *word)
{
	const struct toml *own = d->nodes[id];

	if (node->type == TOML_BOOL && !node->truth)
		return;
	if (d->confine->roots.join_flags & flag) {
		refuse(c, node, "%s: %s: " NEEDS_OWN, d->title, key_name(id));
		return;
	}
	if (own)
		insist_on(c, spec, id, spec->namespaces & flag);
	if (spec->namespaces & flag)
		return;
	if (!own && d->nodes[KEY_NAMESPACES])
		node = d->nodes[KEY_NAMESPACES];
	refuse(c, node, "%s: %s: needs a namespace of its own; add \"%s\" to namespaces", d->title,
		 key_name(id), word);
}

static void finish_group(struct compile *c, struct service_spec *spec, struct draft *d)
{
	const struct toml *node = spec->leaf ? given(c, d, KEY_IN_GROUP) : d->nodes[KEY_IN_GROUP];
	int index = node ? group_index(&c->leaf_groups, node->text) : -1;

	if (!node)
		return;
	if (index < 0)
		refuse_nobody(c, d->title, "in_group", node, &c->leaf_groups, "group");
	if (!spec->leaf)
		refuse(c, node, "%s: in_group: a group is of leaves; remove leaf = false", d->title);
	d->confine->leaf.group = (uint32_t)index + 1;
	spec->explicit_leaf |= d->nodes[KEY_IN_GROUP] != NULL;
}

/* What needs a leaf: asked for by the service itself, it needs one; else it is left out without. */
static bool has_leaf_for(struct compile *c, struct service_spec *spec, const struct draft *d, enum key_id id)
{
	const struct toml *own = d->nodes[id];

	if (own && !spec->leaf)
		refuse(c, own, "%s: %s: needs a leaf; remove leaf = false", d->title,
		       key_name(id));
	spec->explicit_leaf |= spec->leaf && own;
	return spec->leaf && given(c, d, id);
}

/* A list of [defaults] is left out where it cannot be had; without one nothing is held back, which needs no leaf. */
static void finish_devices(struct compile *c, struct service_spec *spec, struct draft *d)
{
	const struct toml *node = given(c, d, KEY_DEVICES);
	bool listed = node && node->type == TOML_ARRAY && has_leaf_for(c, spec, d, KEY_DEVICES);

	if (listed && d->nodes[KEY_DEVICES])
		d->confine->leaf.device_policy = DEVICES_ASKED;
	else if (listed)
		d->confine->leaf.device_policy = DEVICES_USUAL;
}

static void finish_delegate(struct compile *c, struct service_spec *spec, struct draft *d)
{
	static const enum key_id pressures[] = { KEY_PRESSURE_CPU, KEY_PRESSURE_MEMORY, KEY_PRESSURE_IO };

	if (!has_leaf_for(c, spec, d, KEY_DELEGATE))
		d->confine->leaf.delegate = 0;
	if (d->confine->leaf.delegate)
		need_namespace(c, spec, d, KEY_DELEGATE, CLONE_NEWCGROUP, "cgroup");
	for (size_t i = 0; i < ARRAY_LEN(pressures); i++)
		has_leaf_for(c, spec, d, pressures[i]);
}

/* Of [defaults] it is for those that have a pressure watched. */
static void check_pressure(struct compile *c, const struct draft *d)
{
	const struct toml *node = d->nodes[KEY_ON_PRESSURE];

	if (node && !given(c, d, KEY_PRESSURE_CPU) && !given(c, d, KEY_PRESSURE_MEMORY) &&
	    !given(c, d, KEY_PRESSURE_IO))
		refuse(c, node, "%s: on_pressure: no pressure is watched; give pressure.cpu, pressure.memory or "
		       "pressure.io", d->title);
}

static void finish_leaf(struct compile *c, struct service_spec *spec, struct draft *d)
{
	const struct toml *leaf = d->nodes[KEY_LEAF], *limits = d->nodes[KEY_CGROUP];

	if (leaf && !leaf->truth && limits)
		refuse(c, limits, "%s: cgroup: limits need a leaf; remove leaf = false", d->title);
	if (limits)
		spec->leaf = 1;
	if (!spec->leaf)
		spec->limits = (struct list){ 0 };
	spec->explicit_leaf = spec->leaf && (leaf || limits);
	finish_group(c, spec, d);
	finish_devices(c, spec, d);
	finish_delegate(c, spec, d);
	check_pressure(c, d);
}

/* Of no use to the kernel; but what it is, all of a service without a pid namespace are known by: services/strays.h. */
static void check_mark(struct compile *c, const struct service_spec *spec, const struct draft *d)
{
	if (table_rlimit(c->table, spec, RLIMIT_LOCKS) && !(spec->namespaces & CLONE_NEWPID))
		refuse(c, given(c, d, KEY_RLIMITS), "%s: rlimits.locks: without a pid namespace it is what "
		       "tells minit whose a process is, and the kernel has no use for it; remove it", d->title);
}

static void finish_service(struct compile *c, struct service_spec *spec, struct draft *d)
{
	if (!is_seen(d, KEY_EXEC) && !c->is_cut)
		refuse_key(c, d->header, "%s: exec is missing; it wants "
			   "the program and its arguments, such as exec = [\"/usr/sbin/httpd\", \"-f\"]", d->title);
	if (d->nodes[KEY_NAMESPACES])
		insist_on(c, spec, KEY_NAMESPACES, spec->namespaces);
	if (!given(c, d, KEY_INIT))
		spec->init = (spec->namespaces & CLONE_NEWPID) != 0;
	finish_leaf(c, spec, d);
	need_namespace(c, spec, d, KEY_READONLY, CLONE_NEWNS, "mount");
	need_namespace(c, spec, d, KEY_HOSTNAME, CLONE_NEWUTS, "uts");
	need_namespace(c, spec, d, KEY_INIT, CLONE_NEWPID, "pid");
	roots_finish(c, spec, d);
	check_mark(c, spec, d);
	privileges_finish(c, spec, d);
}

/* What [defaults] say of a namespace is for those that have one of their own. */
static void finish_joining(struct compile *c, struct service_spec *spec, struct draft *d)
{
	static const struct {
		enum key_id id;
		uint32_t flag;
	} within[] = {
		{ KEY_ROOT, CLONE_NEWNS },	  { KEY_READONLY, CLONE_NEWNS }, { KEY_OVERLAY, CLONE_NEWNS },
		{ KEY_MOUNTS, CLONE_NEWNS },	  { KEY_PROC, CLONE_NEWNS },	 { KEY_HIDEPID, CLONE_NEWNS },
		{ KEY_SYS, CLONE_NEWNS },	  { KEY_DEV, CLONE_NEWNS },	 { KEY_DEV_NODES, CLONE_NEWNS },
		{ KEY_PRIVATE_TMP, CLONE_NEWNS }, { KEY_SECRETS, CLONE_NEWNS },	 { KEY_INIT, CLONE_NEWPID },
		{ KEY_DELEGATE, CLONE_NEWCGROUP },
	};
	const struct draft all = c->defaults;

	for (size_t i = 0; i < ARRAY_LEN(within); i++)
		if (d->confine->roots.join_flags & within[i].flag)
			c->defaults.nodes[within[i].id] = NULL;
	finish_service(c, spec, d);
	c->defaults = all;
}

static void finish_one(struct compile *c, struct service_spec *spec, struct draft *d)
{
	if (d->confine->roots.join_flags)
		finish_joining(c, spec, d);
	else
		finish_service(c, spec, d);
}

/* By words: memcmp() of this libc goes byte by byte. */
static bool is_alike(const struct confine_spec *one, const struct confine_spec *other)
{
	const uint64_t *a = (const void *)one, *b = (const void *)other;
	size_t i = 0;

	_Static_assert(sizeof(*one) % sizeof(*a) == 0 && _Alignof(struct confine_spec) >= _Alignof(uint64_t),
		       "a confine_spec is made of words");
	while (i < sizeof(*one) / sizeof(*a) && a[i] == b[i])
		i++;
	return i == sizeof(*one) / sizeof(*a);
}

/* When nothing more is changed in them. Most are as the one before, so that is looked at first. */
static void finish_confine(struct compile *c)
{
	const struct confine_spec *last = NULL;

	for (uint32_t i = 0; i < c->services.count; i++) {
		const struct confine_spec *confine = c->services.drafts[i].confine;
		bool same = last && is_alike(last, confine);

		c->specs[i].confine_at = same ? c->specs[i - 1].confine_at : image_record(c, confine, sizeof(*confine));
		last = confine;
	}
}

static void finish_outputs(struct compile *c)
{
	for (uint32_t i = 0; i < c->services.count; i++)
		if (c->specs[i].output == OUTPUT_CONSOLE || c->specs[i].output == OUTPUT_FILE)
			c->specs[i].output_slot = c->table->outputs++;
}

void compile_finish(struct compile *c, const struct table_source *source)
{
	finish_main(c);
	for (uint32_t i = 0; i < c->services.count; i++)
		finish_one(c, &c->specs[i], &c->services.drafts[i]);
	if (source->argv)
		append_command(c, source->argv);
	if (ENABLED(CONFIG_NET_BRIDGE))
		attend_append(c);
	finish_outputs(c);
	if (source->minit_log && c->table->outputs)
		append_log_helper(c);
	kept_check(c);
	roots_ranges(c);
	roots_reapers(c);
	numbers_finish(c);
	network_finish(c);
	if (ENABLED(CONFIG_NET_BRIDGE)) {
		links_finish(c);
		own_finish(c);
	}
	if (ENABLED(CONFIG_SECCOMP))
		seccomp_finish(c);
	finish_confine(c);
	if (!c->is_cut)
		order_finish(c);
}
