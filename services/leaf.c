#include "services/leaf.h"

#include <errno.h>
#include <string.h>

#include "cgroup/cgroup.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/text.h"
#include "services/changed.h"

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
	uint32_t whose;   /* of services/changed.h */
	struct list list; /* of the table */
};

/* What was asked for last, by hand or by the table, or NULL. */
static const char *asked_of(const struct limits *l, const char *file)
{
	const struct limit_change *change = changed_find(l->sv->state, l->whose, file, "");

	return change ? changed_text(change) : changed_limit(l->sv->table, l->list, file, "");
}

/* Who is idle has no weight, and the kernel takes none (sched_group_set_shares, Linux 5.15). */
static bool is_without(const struct limits *l, const char *file)
{
	const char *idle = strncmp(file, "cpu.weight", 10) ? NULL : asked_of(l, "cpu.idle");

	return idle && !strcmp(idle, "1");
}

static int write_limit(const struct limits *l, const char *file, const char *text)
{
	int err = is_without(l, file) ? 0 : cgroup_limit(&l->sv->state->cgroup, l->leaf, file, text, NULL);

	if (!err && is_tight(file, text))
		service_at(l->sv, l->index)->handles.tight = 1;
	return err; /* is told by services/failure.c */
}

static bool is_processors(const char *file)
{
	return !strcmp(file, "cpuset.cpus") || !strcmp(file, "cpuset.mems");
}

static bool has_old_processors(const struct limits *l)
{
	return l->sv->state->cgroup.v1[CGROUP_V1_CPUSET] >= 0;
}

static struct limits limits_of(struct supervisor *sv, uint32_t index, struct leaf_name *name)
{
	const struct service_spec *spec = spec_at(sv, index);

	return (struct limits){
		.sv = sv,
		.index = index,
		.leaf = leaf_of(sv, index, name),
		.whose = changed_of_service(index),
		.list = spec->limits,
	};
}

static bool is_member(const struct supervisor *sv, uint32_t index, uint32_t group)
{
	return has_leaf(sv, index) && table_confine(sv->table, spec_at(sv, index))->leaf.group == group + 1;
}

static void write_member(struct supervisor *sv, uint32_t index, const char *file, const char *meanwhile, bool always)
{
	struct leaf_name name;
	struct limits l = limits_of(sv, index, &name);
	const char *asked = asked_of(&l, file);

	if (asked || always)
		(void)!write_limit(&l, file, meanwhile ?: asked);
}

/*
 * meanwhile NULL: what each of them is to have. What is refused is told when it is written for its own sake. A leaf of
 * v1 has processors also where nobody asked for any.
 */
static void write_in_group(const struct limits *group, const char *file, const char *meanwhile)
{
	const bool all = meanwhile && is_processors(file);

	for (uint32_t i = 0; i < group->sv->state->count; i++)
		if (is_member(group->sv, i, (group->whose & ~CHANGED_GROUP) - 1))
			write_member(group->sv, i, file, meanwhile, all);
}

/*
 * cgroup v1 takes no quota of a group below that of one in it, and no processors without those that one in it has: what
 * they have is made to fit meanwhile.
 */
static int write_group(const struct limits *l, const char *file, const char *text)
{
	int err;

	write_in_group(l, file, is_processors(file) ? text : "max");
	err = write_limit(l, file, text);
	write_in_group(l, file, NULL);
	return err;
}

/* The kernel takes no quota below what may be saved up of it: that is lifted, and written again behind the quota. */
static int write_quota(const struct limits *l, const char *text)
{
	int err = write_limit(l, "cpu.max", text);

	if (err == -EINVAL && asked_of(l, "cpu.max.burst") && !write_limit(l, "cpu.max.burst", "0"))
		err = write_limit(l, "cpu.max", text);
	return err;
}

static bool a_member_has_more(const struct limits *l, const char *text)
{
	struct leaf_name name;

	for (uint32_t i = 0; i < l->sv->state->count; i++)
		if (is_member(l->sv, i, (l->whose & ~CHANGED_GROUP) - 1) &&
		    cgroup_has_more(&l->sv->state->cgroup, leaf_of(l->sv, i, &name), text))
			return true;
	return false;
}

/* Else it is refused for another reason, and what those in it have is left to them. */
static bool is_held_by_members(const struct limits *l, const char *file, const char *text, int err)
{
	if (!(l->whose & CHANGED_GROUP))
		return false;
	if (strcmp(file, "cpu.max") != 0)
		return err == -EBUSY && is_processors(file) && has_old_processors(l);
	return err == -EINVAL && a_member_has_more(l, text);
}

static int write_again(const struct limits *l, const char *file, const char *text)
{
	int err = strcmp(file, "cpu.max") ? write_limit(l, file, text) : write_quota(l, text);

	return is_held_by_members(l, file, text, err) ? write_group(l, file, text) : err;
}

/* Of what has keys ("8:0 rbps=1") those that were not changed by hand hold as well. */
static bool is_in_place(const struct limit_change *change)
{
	return !strchr(changed_text(change), '=');
}

/* By hand, under the other name that the kernel has for the same. */
static bool is_replaced(const struct limits *l, const char *file)
{
	const char *twin = limit_twin(file);

	return twin && changed_find(l->sv->state, l->whose, twin, "");
}

/* What was changed by hand goes on to hold. */
static int write_of_table(const struct limits *l, const struct limit_spec *limit)
{
	const char *file = table_text(l->sv->table, limit->file_at), *text = table_text(l->sv->table, limit->text_at);
	const struct limit_change *change = changed_find(l->sv->state, l->whose, file, text);

	if (is_replaced(l, file))
		return 0;
	return write_again(l, file, change && is_in_place(change) ? changed_text(change) : text);
}

/* On v1 swap is counted with the memory, of which there has to be a limit before it. late NULL: there is none. */
static int put_off(int err, bool *late)
{
	if (err != -EAGAIN)
		return err;
	if (!late)
		return -EINVAL;
	*late = true;
	return 0;
}

static int write_all_of_table(const struct limits *l, const char **detail, bool *late)
{
	const struct limit_spec *all = table_list(l->sv->table, l->list, struct limit_spec);
	int err = 0;

	for (uint32_t i = 0; i < l->list.count && !err; i++) {
		*detail = table_text(l->sv->table, all[i].file_at);
		err = put_off(write_of_table(l, &all[i]), late);
	}
	return err;
}

static bool is_of_table(const struct limits *l, const struct limit_change *change)
{
	return changed_limit(l->sv->table, l->list, changed_file(change), changed_text(change)) != NULL;
}

/* The rest of what was changed by hand, in a leaf that may be another than it was changed in. */
static int write_by_hand(const struct limits *l, const char **detail, bool *late)
{
	const struct statefile *state = l->sv->state;
	int err = 0;

	for (uint32_t i = 0; i < state->change_slots && !err; i++) {
		const struct limit_change *change = &state->changes[i];

		if (change->whose != l->whose || (is_in_place(change) && is_of_table(l, change)))
			continue;
		*detail = changed_file(change);
		err = put_off(write_limit(l, *detail, changed_text(change)), late);
	}
	return err;
}

static int write_all(const struct limits *l, const char **detail, bool *late)
{
	int err = write_all_of_table(l, detail, late);

	return err ? err : write_by_hand(l, detail, late);
}

static int write_limits(const struct limits *l, const char **detail)
{
	bool late = false;
	int err = write_all(l, detail, &late);

	return err || !late ? err : write_all(l, detail, NULL);
}

/* None without a group. */
static struct limits limits_of_group(struct supervisor *sv, uint32_t index, struct leaf_name *name)
{
	const struct confine_spec *confine = table_confine(sv->table, spec_at(sv, index));
	const struct group_spec *group = table_group(sv->table, confine);
	struct limits limits = { .sv = sv, .index = index };

	if (!group)
		return limits;
	limits.leaf = leaf_of_group(sv->table, group, name);
	limits.whose = changed_of_group(confine->leaf.group - 1);
	limits.list = group->limits;
	return limits;
}

/* Parent before child. Each of the group writes what all of them have: it is the same. */
static int prepare_group(struct supervisor *sv, uint32_t index, const char **detail)
{
	struct leaf_name name;
	struct limits limits = limits_of_group(sv, index, &name);

	return limits.leaf ? write_limits(&limits, detail) : 0;
}

/* -- devices ---------------------------------------------------------------------------------------------------- */

/* The last list, and its program: services that stand side by side often have the same. */
static struct devices last;
static int last_program = -1;

/* What nobody asked to be held back for is passed over: a node that cannot be made fails the service by itself. */
static int find_devices(struct supervisor *sv, uint32_t index, struct devices *d, const char **asked)
{
	const struct list list = table_confine(sv->table, spec_at(sv, index))->leaf.devices;
	int err = 0;

	devices_begin(d);
	for (uint32_t i = 0; i < list.count && !err; i++) {
		const struct device_spec *device = &table_list(sv->table, list, struct device_spec)[i];

		err = devices_allow(d, table_text(sv->table, device->name_at), (uint8_t)device->access);
		if (err && !asked)
			err = 0;
		if (err)
			*asked = table_text(sv->table, device->name_at);
	}
	return err;
}

static void choose_program(const struct devices *d)
{
	if (last.count == d->count && !memcmp(last.rules, d->rules, d->count * sizeof(d->rules[0])))
		return;
	fd_close(&last_program);
	last = *d;
}

/* asked: gets the device that is not there; NULL: the list is but a default. */
static int limit_devices(struct supervisor *sv, uint32_t index, const char *leaf, const char **asked)
{
	static bool is_told;
	struct devices d = { 0 };
	BUF_ON_STACK(why, 200);
	int err = find_devices(sv, index, &d, asked);

	if (err)
		return err;
	choose_program(&d);
	err = cgroup_devices(&sv->state->cgroup, leaf, &last, &last_program, &why);
	if (err && !asked && !is_told)
		log_info(service_name(sv, index), "devices: any may be used, by others like it too: %s: %s",
			 strerror(-err), buf_text(&why));
	is_told |= err && !asked;
	return err;
}

static int prepare_devices(struct supervisor *sv, uint32_t index, const char *leaf, const char **detail)
{
	uint8_t policy = table_confine(sv->table, spec_at(sv, index))->leaf.device_policy;
	int err = 0;

	*detail = "devices";
	if (ENABLED(CONFIG_CGROUP) && policy != DEVICES_ANY)
		err = limit_devices(sv, index, leaf, policy == DEVICES_ASKED ? detail : NULL);
	if (err && policy == DEVICES_USUAL) {
		service_at(sv, index)->handles.missing |= MISSING_DEVICES;
		err = 0;
	}
	return err;
}

/* One of them that somebody has removed is missed by the child that is to be in it: it would be held by less. */
static void note_places(struct supervisor *sv, uint32_t index)
{
	struct leaf_name name;

	service_at(sv, index)->handles.old_places = cgroup_old_places(&sv->state->cgroup, leaf_of(sv, index, &name));
}

/* Until its status pipe has ended it may be on its way into the leaf. */
static int adopt(struct supervisor *sv, uint32_t index)
{
	const struct handles *h = &service_at(sv, index)->handles;
	struct leaf_name name;
	int err = cgroup_adopt(&sv->state->cgroup, leaf_of(sv, index, &name), h->status_fd < 0 ? 0 : h->pid);

	note_places(sv, index);
	return err;
}

/* -- all of it -------------------------------------------------------------------------------------------------- */

/* What is to hold in a leaf that is there. */
static int furnish(struct supervisor *sv, const struct limits *limits, const char **detail)
{
	int err = write_limits(limits, detail);

	if (!err)
		err = prepare_devices(sv, limits->index, limits->leaf, detail);
	note_places(sv, limits->index);
	return err || !sv->on_leaf ? err : sv->on_leaf(sv, limits->index, detail);
}

int leaf_prepare(struct supervisor *sv, uint32_t index, const char **detail)
{
	const struct service_spec *spec = spec_at(sv, index);
	struct handles *h = &service_at(sv, index)->handles;
	struct leaf_name name;
	struct limits limits = limits_of(sv, index, &name);
	int err;

	h->tight = 0;
	*detail = "";
	err = prepare_group(sv, index, detail);
	if (err)
		return err;
	*detail = "";
	err = cgroup_create(&sv->state->cgroup, limits.leaf);
	if (err && !spec->explicit_leaf) {
		h->missing |= MISSING_LEAF;
		return 0;
	}
	if (!err && table_confine(sv->table, spec)->leaf.delegate)
		cgroup_spread(&sv->state->cgroup, limits.leaf);
	return err ? err : furnish(sv, &limits, detail);
}

static int write_partition(const struct limits *l, const char **detail)
{
	const struct limit_spec *all = table_list(l->sv->table, l->list, struct limit_spec);
	int err = 0;

	for (uint32_t i = 0; i < l->list.count && !err; i++) {
		*detail = table_text(l->sv->table, all[i].file_at);
		if (!strcmp(*detail, "cpuset.cpus.partition"))
			err = write_of_table(l, &all[i]);
	}
	return err;
}

int leaf_partition(struct supervisor *sv, uint32_t index, const char **detail)
{
	struct leaf_name name;
	struct limits group = limits_of_group(sv, index, &name);
	int err = write_partition(&group, detail);
	struct limits own = limits_of(sv, index, &name);

	return err ? err : write_partition(&own, detail);
}

int leaf_rewrite(struct supervisor *sv, uint32_t index, const char **detail)
{
	struct leaf_name name;
	struct limits limits = limits_of(sv, index, &name);
	int err;

	*detail = "";
	err = prepare_group(sv, index, detail);
	if (!err)
		err = write_limits(&limits, detail);
	return err ? err : adopt(sv, index);
}

/* -- while it is there ------------------------------------------------------------------------------------------ */

void leaf_refresh(struct supervisor *sv, uint32_t index)
{
	struct leaf_name name;

	if (leaf_is_frozen(sv, index) && leaf_pause(sv, index, false))
		log_debug(service_name(sv, index), "its leaf stays frozen");
	if (table_confine(sv->table, spec_at(sv, index))->leaf.delegate)
		cgroup_clear(&sv->state->cgroup, leaf_of(sv, index, &name));
}

int leaf_pause(struct supervisor *sv, uint32_t index, bool paused)
{
	struct handles *h = &service_at(sv, index)->handles;
	struct leaf_name name;
	int err;

	if (!has_leaf(sv, index))
		return -ENOENT;
	h->flags |= HANDLE_PAUSED; /* until it is known not to be */
	err = cgroup_freeze(&sv->state->cgroup, leaf_of(sv, index, &name), paused);
	if (paused == (err != 0)) {
		h->flags &= (uint8_t)~HANDLE_PAUSED;
		h->paused_for = 0;
	}
	return err;
}

/* Who is idle no more gets the usual weight from the kernel (sched_group_set_idle, Linux 5.15), not the one it had. */
static int weigh_again(const struct limits *l)
{
	static const char *const files[] = { "cpu.weight", "cpu.weight.nice" };
	int err = 0;

	for (size_t i = 0; i < ARRAY_LEN(files) && !err; i++) {
		const char *text = is_replaced(l, files[i]) ? NULL : asked_of(l, files[i]);

		err = text ? write_limit(l, files[i], text) : 0;
	}
	return err;
}

static bool is_idle_no_more(const char *file, const char *text)
{
	return !strcmp(file, "cpu.idle") && !strcmp(text, "0");
}

/* Writes a limit and notes that. */
static int change_limit(const struct limits *l, const char *file, const char *text, struct buf *why)
{
	struct limit_change *at = changed_room(l->sv->state, l->whose, file, text);
	int err;

	if (!at) {
		buf_str(why, "more was changed by hand than minit can remember; write it into the table");
		return -ENOSPC;
	}
	err = cgroup_limit(&l->sv->state->cgroup, l->leaf, file, text, why);
	if (!err)
		changed_note(at, l->whose, file, text);
	if (!err && limit_twin(file))
		changed_forget(l->sv->state, l->whose, limit_twin(file));
	if (!err && is_idle_no_more(file, text) && weigh_again(l))
		log_warn("cgroup", 0, "%s: cpu.weight cannot be written again; set it by hand", l->leaf);
	return err;
}

int leaf_set(struct supervisor *sv, uint32_t index, const char *file, const char *text, struct buf *why)
{
	struct leaf_name name;
	struct limits limits = limits_of(sv, index, &name);
	int err;

	if (is_tight(file, text))
		service_at(sv, index)->handles.tight = 1;
	err = change_limit(&limits, file, text, why);
	return err ? err : adopt(sv, index);
}

static int adopt_members(struct supervisor *sv, uint32_t group)
{
	int err = 0;

	for (uint32_t i = 0; i < sv->state->count && !err; i++)
		if (is_member(sv, i, group))
			err = adopt(sv, i);
	return err;
}

int leaf_set_group(struct supervisor *sv, uint32_t group, const char *file, const char *text, struct buf *why)
{
	const struct group_spec *spec = table_group_at(sv->table, group);
	struct leaf_name name;
	struct limits limits = {
		.sv = sv,
		.leaf = leaf_of_group(sv->table, spec, &name),
		.whose = changed_of_group(group),
		.list = spec->limits,
	};
	int err;

	for (uint32_t i = 0; i < sv->state->count && is_tight(file, text); i++)
		if (is_member(sv, i, group))
			service_at(sv, i)->handles.tight = 1;
	err = change_limit(&limits, file, text, why);
	return err ? err : adopt_members(sv, group);
}
