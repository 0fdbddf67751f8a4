/* Capabilities and securebits, once the user is the service's own. capabilities(7). */
#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "services/caps.h"
#include "services/child.h"

/* In a user namespace that is not minit's the child has all of them, and inherits none. */
static struct caps now_of(const struct child *child)
{
	struct caps all = { { caps_known, caps_known, caps_known } };

	return table_in_userns(child->table, child->spec) ? all : caps_own;
}

static bool was_root(const struct child *child)
{
	return caps_root || table_in_userns(child->table, child->spec);
}

static struct caps_plan plan_of(const struct child *child)
{
	const struct caps now = now_of(child);
	bool root = child->has_uid ? !child->uid : was_root(child);

	return caps_plan(child_confine(child), &now, root, was_root(child) && !root);
}

int caps_keep(struct child *child, uint32_t uid)
{
	child->uid = uid;
	child->has_uid = true;
	if (!uid || !was_root(child) || !plan_of(child).is_work)
		return 0;
	return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

static int set(uint64_t permitted, uint64_t effective, uint64_t inheritable)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	for (int i = 0; i < 2; i++)
		data[i] = (struct __user_cap_data_struct){
			.permitted = (uint32_t)(permitted >> 32 * i),
			.effective = (uint32_t)(effective >> 32 * i),
			.inheritable = (uint32_t)(inheritable >> 32 * i),
		};
	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

/* One call for each: the kernel has none for several. */
static int drop_bounding(uint64_t drop)
{
	for (int cap = 0; drop; cap++, drop >>= 1)
		if (drop & 1 && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return -errno;
	return 0;
}

static int raise_ambient(struct child *child, uint64_t ambient)
{
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return child_fail(child, -errno, "ambient set");
	for (unsigned cap = 0; ambient; cap++, ambient >>= 1)
		if (ambient & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return child_fail(child, -errno, caps_name(cap));
	return 0;
}

static int set_securebits(struct child *child)
{
	uint32_t bits = child_confine(child)->privileges.securebits;

	if (bits && prctl(PR_SET_SECUREBITS, bits, 0, 0, 0) < 0)
		return child_fail(child, -errno, "securebits");
	return 0;
}

/*
 * What is to be ambient must be permitted and inheritable; dropping and securebits need CAP_SETPCAP; a securebit may
 * forbid raising. Hence the order: all that is permitted is kept in effect until the end.
 */
static int prepare(struct child *child, const struct caps_plan *plan)
{
	const struct caps now = now_of(child);
	const uint64_t *to = plan->caps.set, all = now.set[CAPS_PERMITTED];
	int err = set(all, all, to[CAPS_INHERITABLE]);

	if (err)
		return child_fail(child, err, "inheritable set");
	err = drop_bounding(now.set[CAPS_BOUNDING] & ~to[CAPS_BOUNDING]);
	if (err && plan->must_drop)
		return child_fail(child, err, "bounding set");
	err = to[CAPS_AMBIENT] | now.set[CAPS_AMBIENT] ? raise_ambient(child, to[CAPS_AMBIENT]) : 0;
	return err ? err : set_securebits(child);
}

int step_caps(struct child *child)
{
	const struct caps_plan plan = plan_of(child);
	const uint64_t *to = plan.caps.set;
	int err;

	if (plan.lacking)
		return child_fail(child, -EPERM, caps_name((unsigned)__builtin_ctzll(plan.lacking)));
	if (plan.lost)
		return child_fail(child, -EINVAL, caps_name((unsigned)__builtin_ctzll(plan.lost)));
	if (plan.gained)
		return child_fail(child, -EOPNOTSUPP, caps_name((unsigned)__builtin_ctzll(plan.gained)));
	if (!plan.is_work)
		return 0;
	err = plan.is_more ? prepare(child, &plan) : 0;
	if (err)
		return err;
	err = set(to[CAPS_PERMITTED], to[CAPS_EFFECTIVE], to[CAPS_INHERITABLE]);
	return err ? child_fail(child, err, "permitted set") : 0;
}
