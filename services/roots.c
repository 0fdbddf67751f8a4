/* What of a service's root follows from the rest of its table: services/compile.h. */
#include <linux/capability.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/enabled.h"
#include "services/compile.h"

/* 65536 ids each, from 0x80000 up, where distributions have containers and nobody else. */
#define RANGE 65536u
#define RANGES_FROM 0x80000u
#define RANGES ((0x6fff0000u - RANGES_FROM) / RANGE)

static const struct {
	enum key_id id;
	uint32_t flag;
	const char *word;
} needs[] = {
	{ KEY_OVERLAY, CLONE_NEWNS, "mount" },  { KEY_MOUNTS, CLONE_NEWNS, "mount" },
	{ KEY_PRIVATE_TMP, CLONE_NEWNS, "mount" }, { KEY_SECRETS, CLONE_NEWNS, "mount" },
	{ KEY_DEV_NODES, CLONE_NEWNS, "mount" }, { KEY_USERNS_IDMAP, CLONE_NEWNS, "mount" },
};

/* What is not given follows from whether the service has a root of its own to be filled. */
static void settle_kernel_files(const struct compile *c, const struct service_spec *spec, const struct draft *d,
				struct roots_spec *roots)
{
	bool mounts = spec->namespaces & CLONE_NEWNS, own = mounts && spec->root_at;
	uint32_t pids = (spec->namespaces | roots->join_flags) & CLONE_NEWPID;

	roots->asked = (uint8_t)((d->nodes[KEY_PROC] || d->nodes[KEY_HIDEPID] ? ASKED_PROC : 0) |
				 (d->nodes[KEY_SYS] ? ASKED_SYS : 0) | (d->nodes[KEY_DEV] ? ASKED_DEV : 0));
	if (!given(c, d, KEY_PROC))
		roots->proc = own || (mounts && pids) ? PROC_MASKED : PROC_NONE;
	if (!given(c, d, KEY_SYS))
		roots->sys = own ? SYS_READONLY : mounts ? SYS_SEALED : SYS_NONE;
	if (!given(c, d, KEY_DEV))
		roots->dev = own ? DEV_MINIMAL : DEV_NONE;
}

/* What the service itself asks of its view is not left out with the namespace that it is in. */
static void need_mounts(struct compile *c, struct service_spec *spec, const struct draft *d,
			const struct roots_spec *roots)
{
	if (d->nodes[KEY_PROC] && roots->proc != PROC_NONE)
		insist_on(c, spec, KEY_PROC, spec->namespaces & CLONE_NEWNS);
	if (d->nodes[KEY_HIDEPID] && roots->hidepid != HIDEPID_OFF)
		insist_on(c, spec, KEY_HIDEPID, spec->namespaces & CLONE_NEWNS);
	if (d->nodes[KEY_SYS] && roots->sys != SYS_NONE)
		insist_on(c, spec, KEY_SYS, spec->namespaces & CLONE_NEWNS);
	if (d->nodes[KEY_DEV] && roots->dev != DEV_NONE)
		insist_on(c, spec, KEY_DEV, spec->namespaces & CLONE_NEWNS);
}

static void refuse_unless(struct compile *c, const struct draft *d, enum key_id id, bool good, const char *why)
{
	const struct toml *node = given(c, d, id);

	if (node && !good)
		refuse(c, node, "%s: %s: %s", d->title, key_name(id), why);
}

static void check_kernel_files(struct compile *c, const struct service_spec *spec, const struct draft *d,
			       const struct roots_spec *roots)
{
	const char *why = roots->join_flags & CLONE_NEWNS ? NEEDS_OWN :
			  "needs a namespace of its own; add \"mount\" to namespaces";
	bool mounts = spec->namespaces & CLONE_NEWNS;

	if (d->nodes[KEY_HIDEPID]) /* that of [defaults] is for those that have a /proc of their own */
		refuse_unless(c, d, KEY_HIDEPID, roots->proc != PROC_NONE || roots->hidepid == HIDEPID_OFF,
			      "is of a /proc of its own; give proc, or remove it");
	refuse_unless(c, d, KEY_PROC, mounts || roots->proc == PROC_NONE, why);
	refuse_unless(c, d, KEY_SYS, mounts || roots->sys == SYS_NONE, why);
	refuse_unless(c, d, KEY_DEV, mounts || roots->dev == DEV_NONE, why);
	refuse_unless(c, d, KEY_DEV_NODES, roots->dev == DEV_MINIMAL, "needs dev = \"minimal\"");
	refuse_unless(c, d, KEY_OVERLAY, spec->root_at, "needs a root to lie upon; give root, which may be \"/\"");
	refuse_unless(c, d, KEY_USERNS_IDMAP, spec->root_at || roots->idmap != IDMAP_YES,
		      "is of the files of a root of its own; give root, or remove it");
}

/* -- directories ------------------------------------------------------------------------------------------------ */

static const struct directory {
	enum key_id id;
	const char *place;
	size_t list;
} directories[] = {
#define DIRECTORY(key, list, place, variable) { KEY_##key##_DIRECTORY, place, offsetof(struct roots_spec, list) },
#include "services/directories.def"
#undef DIRECTORY
};

/* A colon or the end behind each. */
static size_t text_of(const struct compile *c, struct list list, const struct directory *kind)
{
	size_t len = list.count * (strlen(kind->place) + 1);

	for (uint32_t i = 0; i < list.count; i++)
		len += strlen(table_item(c->table, list, i));
	return len;
}

/* Those of minit's root can be seen in another one by mounts alone. */
static void check_directories(struct compile *c, struct service_spec *spec, const struct draft *d,
			      const struct roots_spec *roots)
{
	bool any = false;

	for (const struct directory *kind = directories; kind < directories + ARRAY_LEN(directories); kind++) {
		const struct list list = *(const struct list *)(const void *)((const char *)roots + kind->list);

		any |= given(c, d, kind->id) != NULL;
		if (!list.count)
			continue;
		refuse_unless(c, d, kind->id, text_of(c, list, kind) <= ROOTS_DIRECTORIES,
			      "the paths have more than " WORD(ROOTS_DIRECTORIES) " bytes together; give one directory "
			      "that they are in");
		if (spec->root_at)
			need_namespace(c, spec, d, kind->id, CLONE_NEWNS, "mount");
	}
	if (d->nodes[KEY_DIRECTORY_MODE])
		refuse_unless(c, d, KEY_DIRECTORY_MODE, any,
			      "is of directories that minit makes; give state_directory, cache_directory, "
			      "logs_directory or runtime_directory");
}

/* -- mounts ----------------------------------------------------------------------------------------------------- */

/* What the child holds at a time: services/step_fill.c. */
static void check_shared(struct compile *c, const struct service_spec *spec, const struct draft *d,
			 const struct roots_spec *roots)
{
	const struct mount_spec *mounts = table_list(c->table, roots->mounts, struct mount_spec);
	uint32_t shared = 0, bound = 0;
	bool idmap = false;

	for (uint32_t i = 0; i < roots->mounts.count; i++) {
		shared += mounts[i].spread == MOUNT_SHARED;
		bound += mount_is_early(&mounts[i]);
		idmap |= mounts[i].idmap;
	}
	refuse_unless(c, d, KEY_MOUNTS, shared <= MOUNT_SHARED_MAX,
		      "more than " WORD(MOUNT_SHARED_MAX) " that are shared");
	refuse_unless(c, d, KEY_MOUNTS, spec->root_at || bound <= MOUNT_EARLY_MAX,
		      "more than " WORD(MOUNT_EARLY_MAX) " that are bound; give root, which may be \"/\"");
	refuse_unless(c, d, KEY_MOUNTS, !idmap || roots->userns || roots->join_flags & CLONE_NEWUSER,
		      "idmap needs a user namespace; give userns");
}

/* -- user namespaces -------------------------------------------------------------------------------------------- */

/* That of [defaults] is for those that have one of their own. */
static void forget_userns(struct roots_spec *roots)
{
	roots->userns = USERNS_NONE;
	roots->uids = roots->gids = (struct list){ 0 };
	roots->deny_setgroups = 0;
}

static void settle_userns(struct compile *c, struct service_spec *spec, const struct draft *d, struct roots_spec *roots)
{
	bool asked = d->nodes[KEY_USERNS_SETGROUPS] || d->nodes[KEY_USERNS_IDMAP] || spec->namespaces & CLONE_NEWUSER;

	if (asked && !roots->userns)
		roots->userns = USERNS_AUTO;
	if (roots->userns == USERNS_MAPS && !roots->gids.count)
		roots->gids = roots->uids;
	if (roots->userns == USERNS_MAPS && !roots->uids.count && !is_seen(d, KEY_USERNS_UID))
		refuse_unless(c, d, KEY_USERNS_GID, false,
			      "a user namespace has users; give userns.uid");
	if (roots->userns)
		spec->namespaces |= CLONE_NEWUSER;
}

struct named {
	const char *name;
	struct roots_spec *roots;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

static struct list range_list(struct compile *c, uint32_t slot)
{
	const struct id_range range = { 0, RANGES_FROM + slot * RANGE, RANGE };

	return image_array(c, &range, 1);
}

enum taken { TAKEN = 1, TAKEN_GIVEN = 2 };

/* What a table gives by itself is nobody else's either, as long as there are others. */
static void take_given(const struct compile *c, const struct roots_spec *roots, uint8_t *taken)
{
	const struct id_range *list = table_list(c->table, roots->uids, struct id_range);

	for (uint32_t i = 0; roots->userns == USERNS_MAPS && i < roots->uids.count; i++) {
		uint32_t from = list[i].outside > RANGES_FROM ? (list[i].outside - RANGES_FROM) / RANGE : 0;
		uint32_t end = list[i].outside + list[i].count;

		for (uint32_t slot = from; slot < RANGES && RANGES_FROM + slot * RANGE < end; slot++)
			taken[slot] = TAKEN_GIVEN;
	}
}

/* The first from there on that is not taken; RANGES when each is. */
static uint32_t free_slot(const uint8_t *taken, uint32_t slot, uint8_t how)
{
	for (uint32_t i = 0; i < RANGES; i++)
		if (!(taken[(slot + i) % RANGES] & how))
			return (slot + i) % RANGES;
	return RANGES;
}

/*
 * The ids of who joins a user namespace are those of its owner, which may have joined it too; NULL: they go in a
 * circle, which is told elsewhere.
 */
static const struct draft *ids_owner(const struct compile *c, const struct draft *d)
{
	for (uint32_t n = 0; n <= c->services.count; n++, d = &c->services.drafts[d->confine->roots.join_service])
		if (!(d->confine->roots.join_flags & CLONE_NEWUSER))
			return d;
	return NULL;
}

static void join_ids(struct compile *c, struct draft *d)
{
	const struct draft *owner = ids_owner(c, d);
	struct roots_spec *roots = &d->confine->roots;

	if (!owner || owner == d)
		return;
	if (!owner->confine->roots.userns) {
		refuse(c, d->nodes[KEY_JOIN], "%s: join: %s has no user namespace of its own; give it userns, or leave "
		       "\"user\" out", d->title, owner->title);
		return;
	}
	roots->uids = owner->confine->roots.uids;
	roots->gids = owner->confine->roots.gids;
	roots->deny_setgroups = owner->confine->roots.deny_setgroups;
}

/* A service's range is the hash of its name; who meets another's takes the next free one, in the order of names. */
void roots_ranges(struct compile *c)
{
	struct named *all = arena_array(c->work, struct named, c->services.count);
	uint8_t *taken = arena_array(c->work, uint8_t, RANGES);
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->services.count; i++) {
		take_given(c, &c->services.drafts[i].confine->roots, taken);
		if (c->services.drafts[i].confine->roots.userns == USERNS_AUTO)
			all[n++] = (struct named){ table_name(c->table, &c->specs[i]),
						   &c->services.drafts[i].confine->roots };
	}
	qsort(all, n, sizeof(*all), by_name);
	for (uint32_t i = 0; i < MIN(n, RANGES); i++) {
		uint32_t hash = hash_bytes(all[i].name, strlen(all[i].name)) % RANGES;
		uint32_t slot = free_slot(taken, hash, TAKEN | TAKEN_GIVEN);

		if (slot == RANGES)
			slot = free_slot(taken, hash, TAKEN);
		taken[slot] |= TAKEN;
		all[i].roots->uids = all[i].roots->gids = range_list(c, slot);
	}
	for (uint32_t i = 0; i < c->services.count; i++)
		join_ids(c, &c->services.drafts[i]);
}

/* -- reapers ----------------------------------------------------------------------------------------------------- */

/*
 * CAP_SYS_PTRACE, or all that minit has: that has CAP_SYS_ADMIN in it, as else it makes no pid namespace. In a user
 * namespace they are none outside, where the reaper is.
 */
static bool may_trace(const struct draft *d)
{
	const uint64_t needed = 1ull << CAP_SYS_PTRACE | 1ull << CAP_SYS_ADMIN;
	const struct confine_spec *confine = d->confine;
	uint64_t all = 0;

	for (int i = 0; i < CAP_SETS; i++)
		all |= confine->privileges.caps.set[i];
	return confine->privileges.caps.form != CAPS_BY_USER && all & needed && !confine->roots.uids.count;
}

/* Whose pid namespace it is in; NULL: they join each other in a circle, which is told elsewhere. */
static struct draft *pids_owner(const struct compile *c, struct draft *d)
{
	for (uint32_t n = 0; n <= c->services.count; n++, d = &c->services.drafts[d->confine->roots.join_service])
		if (!(d->confine->roots.join_flags & CLONE_NEWPID))
			return d;
	return NULL;
}

void roots_reapers(struct compile *c)
{
	for (uint32_t i = 0; i < c->services.count; i++) {
		struct draft *owner = may_trace(&c->services.drafts[i]) ? pids_owner(c, &c->services.drafts[i]) : NULL;

		if (owner)
			owner->confine->roots.held = 1;
	}
}

/* -- namespaces of others ---------------------------------------------------------------------------------------- */

/* Of what is joined, other keys than namespaces make one of its own too. */
static bool has_own_beside(const struct draft *d, uint32_t joined)
{
	static const struct {
		enum key_id id;
		uint32_t flag;
	} makers[] = {
		{ KEY_USERNS, CLONE_NEWUSER },		 { KEY_USERNS_UID, CLONE_NEWUSER },
		{ KEY_USERNS_GID, CLONE_NEWUSER },	 { KEY_USERNS_SETGROUPS, CLONE_NEWUSER },
		{ KEY_USERNS_IDMAP, CLONE_NEWUSER },	 { KEY_TIME_MONOTONIC, CLONE_NEWTIME },
		{ KEY_TIME_BOOTTIME, CLONE_NEWTIME },
	};

	for (size_t i = 0; i < ARRAY_LEN(makers); i++)
		if (joined & makers[i].flag && d->nodes[makers[i].id])
			return true;
	return false;
}

static void forget_view(struct service_spec *spec, const struct draft *d, struct roots_spec *roots)
{
	spec->root_at = d->nodes[KEY_ROOT] ? spec->root_at : 0;
	spec->readonly = d->nodes[KEY_READONLY] ? spec->readonly : 0;
	roots->overlay_at = d->nodes[KEY_OVERLAY] ? roots->overlay_at : 0;
	roots->mounts.count = d->nodes[KEY_MOUNTS] ? roots->mounts.count : 0;
	roots->nodes.count = d->nodes[KEY_DEV_NODES] ? roots->nodes.count : 0;
	roots->secrets.count = d->nodes[KEY_SECRETS] ? roots->secrets.count : 0;
	roots->private_tmp = d->nodes[KEY_PRIVATE_TMP] ? roots->private_tmp : 0;
	roots->hidepid = d->nodes[KEY_HIDEPID] ? roots->hidepid : HIDEPID_OFF;
}

static void settle_join(struct compile *c, struct service_spec *spec, const struct draft *d, struct roots_spec *roots)
{
	const struct toml *node = d->nodes[KEY_JOIN];

	if (!node)
		return;
	if ((d->nodes[KEY_NAMESPACES] && spec->namespaces & roots->join_flags) || has_own_beside(d, roots->join_flags))
		refuse(c, node, "%s: join: a namespace cannot be joined and be its own; remove it from one of the two",
		       d->title);
	if (roots->join_flags & CLONE_NEWNS)
		forget_view(spec, d, roots);
	if (roots->join_flags & CLONE_NEWNS && spec->root_at)
		refuse(c, node, "%s: join: with another service's mounts there is no root of its own; remove root",
		       d->title);
	if (roots->join_flags & CLONE_NEWPID && !spec->leaf)
		refuse(c, node, "%s: join: \"pid\" needs a leaf, so that a stop finds all of the service", d->title);
	spec->namespaces &= ~roots->join_flags;
	spec->explicit_ns &= ~roots->join_flags;
	if (!(spec->namespaces & CLONE_NEWPID) && !given(c, d, KEY_INIT))
		spec->init = 0;
}

/* -- devices ----------------------------------------------------------------------------------------------------- */

/* A root is looked at here, in the child that compiles: PID 1 does not wait for its disk. */
static bool may_be_image(const char *path)
{
	struct stat st;

	return path && !(stat(path, &st) == 0 && S_ISDIR(st.st_mode));
}

static bool is_of_dev(const char *path)
{
	return path && !strncmp(path, "/dev", 4) && (path[4] == '/' || !path[4]);
}

static bool mounts_devices(const struct compile *c, const struct roots_spec *roots)
{
	const struct mount_spec *mounts = table_list(c->table, roots->mounts, struct mount_spec);
	bool any = false;

	for (uint32_t i = 0; i < roots->mounts.count; i++)
		any |= mounts[i].source_at && (is_of_dev(table_text(c->table, mounts[i].target_at)) ||
					       is_of_dev(table_text(c->table, mounts[i].source_at)));
	return any;
}

/*
 * With a /dev of its own, made of what every service may use, it would come to other devices by mknod alone: so they
 * are held back, if nobody says otherwise.
 */
static void settle_devices(struct compile *c, const struct service_spec *spec, const struct draft *d)
{
	const struct roots_spec *roots = &d->confine->roots;
	struct leaf_spec *leaf = &d->confine->leaf;
	struct device_spec *all;

	if (given(c, d, KEY_DEVICES) || roots->dev != DEV_MINIMAL || leaf->delegate ||
	    d->confine->privileges.tty_at || mounts_devices(c, roots))
		return;
	if (!spec->leaf) {
		leaf->device_policy = DEVICES_UNHELD;
		return;
	}
	all = arena_array(c->work, struct device_spec, roots->nodes.count);
	for (uint32_t i = 0; i < roots->nodes.count; i++)
		all[i] = (struct device_spec){ .name_at = table_list(c->table, roots->nodes, uint32_t)[i],
					       .access = DEVICE_READ | DEVICE_WRITE };
	leaf->devices = image_array(c, all, roots->nodes.count);
	leaf->device_policy = DEVICES_USUAL;
}

void roots_finish(struct compile *c, struct service_spec *spec, struct draft *d)
{
	struct roots_spec *roots = &d->confine->roots;

	settle_join(c, spec, d, roots);
	if (d->nodes[KEY_TIME_MONOTONIC] || d->nodes[KEY_TIME_BOOTTIME])
		spec->namespaces |= CLONE_NEWTIME;
	roots->image = may_be_image(table_text(c->table, spec->root_at));
	if (roots->join_flags & CLONE_NEWUSER)
		forget_userns(roots);
	else
		settle_userns(c, spec, d, roots);
	settle_kernel_files(c, spec, d, roots);
	check_kernel_files(c, spec, d, roots);
	need_mounts(c, spec, d, roots);
	check_shared(c, spec, d, roots);
	check_directories(c, spec, d, roots);
	for (size_t i = 0; i < ARRAY_LEN(needs); i++)
		need_namespace(c, spec, d, needs[i].id, needs[i].flag, needs[i].word);
	if (ENABLED(CONFIG_CGROUP))
		settle_devices(c, spec, d);
}
