#include "services/caps.h"

#include <linux/securebits.h>

struct caps caps_own;
uint64_t caps_known;
bool caps_root;

enum number {
#define CAPABILITY(name, usual) NUMBER_##name,
#include "services/capabilities.def"
#undef CAPABILITY
};

static const char names[][20] = {
#define CAPABILITY(name, usual) #name,
#include "services/capabilities.def"
#undef CAPABILITY
};

const char *caps_name(unsigned cap)
{
	return cap < ARRAY_LEN(names) ? names[cap] : "";
}

uint64_t caps_usual(void)
{
	return 0
#define CAPABILITY(name, usual) | (uint64_t)usual << NUMBER_##name
#include "services/capabilities.def"
#undef CAPABILITY
		;
}

static uint64_t wished(uint64_t set, uint64_t all)
{
	return set == CAPS_ALL ? all : set;
}

/*
 * The bounding set is left as it is where no_new_privs holds: an exec then gives nothing that the permitted set does
 * not have (Linux: cap_bprm_creds_from_file), so that taking some thirty bits out of it, a system call each, changes
 * nothing. But for one thing: an exec that would have given root more resets its personality.
 */
static void plan_by_user(struct caps_plan *plan, const struct confine_spec *spec, const struct caps *now, bool root)
{
	bool has_no_effect = spec->no_new_privs && !(root && spec->privileges.personality);
	uint64_t all = root ? caps_usual() : 0;
	uint64_t *set = plan->caps.set;

	if (spec->leaf.device_policy == DEVICES_UNHELD)
		all &= ~((uint64_t)1 << NUMBER_mknod);
	set[CAPS_PERMITTED] = set[CAPS_EFFECTIVE] = all & now->set[CAPS_PERMITTED];
	set[CAPS_BOUNDING] = now->set[CAPS_BOUNDING] & (has_no_effect ? CAPS_ALL : all);
}

/* root gets its sets at the exec, from the bounding set; others only what is ambient. */
static void plan_list(struct caps_plan *plan, const struct caps *now, uint64_t list, bool root)
{
	uint64_t all = wished(list, now->set[CAPS_PERMITTED]);
	uint64_t *set = plan->caps.set;

	set[CAPS_BOUNDING] = wished(list, now->set[CAPS_BOUNDING]);
	set[CAPS_PERMITTED] = set[CAPS_EFFECTIVE] = all;
	set[CAPS_INHERITABLE] = set[CAPS_AMBIENT] = root ? 0 : all;
}

uint64_t caps_behind_exec(const struct caps *caps, bool no_new_privs, bool root)
{
	const uint64_t *set = caps->set;

	if (!root)
		return set[CAPS_AMBIENT];
	return (set[CAPS_BOUNDING] | set[CAPS_INHERITABLE]) & (no_new_privs ? set[CAPS_PERMITTED] : UINT64_MAX);
}

/* What the sets that are given say behind the exec too: no less, and no more. */
static void compare(struct caps_plan *plan, const struct caps_spec *spec, bool no_new_privs, bool root)
{
	const uint64_t *set = plan->caps.set;
	uint64_t kept = root ? set[CAPS_BOUNDING] | set[CAPS_INHERITABLE] : set[CAPS_AMBIENT];
	uint64_t has = caps_behind_exec(&plan->caps, no_new_privs, root);

	for (int i = CAPS_PERMITTED; i <= CAPS_EFFECTIVE; i++) {
		if (!(spec->given >> i & 1))
			continue;
		plan->lost |= set[i] & ~kept;
		plan->gained |= has & ~set[i];
	}
}

static void plan_table(struct caps_plan *plan, const struct caps *now, const struct caps_spec *spec, bool root)
{
	uint64_t *set = plan->caps.set;
	bool has[CAP_SETS];

	for (int i = 0; i < CAP_SETS; i++) {
		has[i] = spec->given >> i & 1;
		set[i] = has[i] ? wished(spec->set[i], now->set[i == CAPS_BOUNDING ? i : CAPS_PERMITTED]) : 0;
	}
	if (!has[CAPS_INHERITABLE])
		set[CAPS_INHERITABLE] = set[CAPS_AMBIENT];
	if (!has[CAPS_PERMITTED])
		set[CAPS_PERMITTED] = set[CAPS_EFFECTIVE] | set[CAPS_AMBIENT] |
				      (root ? set[CAPS_BOUNDING] & now->set[CAPS_PERMITTED] : 0);
	if (!has[CAPS_EFFECTIVE])
		set[CAPS_EFFECTIVE] = set[CAPS_PERMITTED];
	if (!has[CAPS_BOUNDING])
		set[CAPS_BOUNDING] = set[CAPS_PERMITTED] | set[CAPS_INHERITABLE];
}

static uint64_t lacking(const struct caps *wanted, const struct caps *now)
{
	const uint64_t *set = wanted->set;

	return ((set[CAPS_PERMITTED] | set[CAPS_INHERITABLE]) & ~now->set[CAPS_PERMITTED]) |
	       (set[CAPS_BOUNDING] & ~now->set[CAPS_BOUNDING]);
}

static bool is_same(const struct caps *wanted, const struct caps *now, bool cleared)
{
	for (int i = CAPS_PERMITTED; i < CAP_SETS; i++)
		if (wanted->set[i] != (cleared && i != CAPS_INHERITABLE ? 0 : now->set[i]))
			return false;
	return true;
}

struct caps_plan caps_plan(const struct confine_spec *spec, const struct caps *now, bool root, bool cleared)
{
	const struct caps_spec *caps = &spec->privileges.caps;
	struct caps_plan plan = { 0 };

	root &= !(spec->privileges.securebits & SECBIT_NOROOT);
	if (caps->form == CAPS_LIST)
		plan_list(&plan, now, caps->set[CAPS_BOUNDING], root);
	else if (caps->form == CAPS_TABLE)
		plan_table(&plan, now, caps, root);
	else
		plan_by_user(&plan, spec, now, root);
	if (caps->form == CAPS_TABLE)
		compare(&plan, caps, spec->no_new_privs, root);
	plan.lacking = lacking(&plan.caps, now);
	plan.drops = plan.caps.set[CAPS_BOUNDING] != now->set[CAPS_BOUNDING];
	plan.must_drop = plan.drops && caps->form != CAPS_BY_USER &&
			 (!spec->no_new_privs || caps->given >> CAPS_BOUNDING & 1);
	plan.is_more = plan.drops || spec->privileges.securebits || plan.caps.set[CAPS_AMBIENT] ||
		       now->set[CAPS_AMBIENT];
	plan.is_work = plan.is_more || !is_same(&plan.caps, now, cleared);
	return plan;
}
