#include "services/policy.h"

#include <errno.h>

static bool is_success(const struct outcome *o)
{
	return o->ending == ENDING_EXIT && o->status == 0;
}

/* A program, a user, a limit or a right that is not there will not be there in a second either. */
static bool is_permanent(const struct outcome *o)
{
	static const int lasting[] = { ENOENT, ENOTDIR, EACCES, ENOEXEC, EISDIR, ELOOP, ENAMETOOLONG, EINVAL, ESRCH,
				      ESPIPE, EOPNOTSUPP, ELIBACC, EPERM, EROFS, ENODEV, ENXIO, EMEDIUMTYPE, EFBIG,
				      EUCLEAN, ERANGE, E2BIG, ENOTBLK, EAFNOSUPPORT, EOVERFLOW, ENOSYS,
				      ENOTTY };

	if (o->ending != ENDING_SPAWN)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(lasting); i++)
		if (o->err == lasting[i])
			return true;
	return false;
}

static uint32_t jittered(uint64_t delay, uint32_t pct, uint32_t random)
{
	uint64_t span = delay * pct / 100;

	if (!span)
		return (uint32_t)delay;
	return (uint32_t)MIN(delay - span + random % (2 * span + 1), UINT32_MAX);
}

/*
 * first * factor^(n-1), never above the cap but for the jitter, which keeps many from coming at once.
 * A first delay above the cap, which may be that of [defaults], is itself the cap: nobody waits less than was asked.
 */
static uint32_t delay_of(const struct backoff_spec *b, uint32_t n, uint32_t random)
{
	uint64_t delay = b->first_ms, most = MAX(b->first_ms, b->max_ms);

	for (uint32_t i = 1; i < n && delay < most && b->factor_pct > 100; i++)
		delay = MAX(delay * b->factor_pct / 100, delay + 1);
	return jittered(MIN(delay, most), b->jitter_pct, random);
}

/* It was ready, for long enough. A task never is before its end, however long it takes. */
static bool is_stable(const struct service_spec *spec, const struct outcome *o)
{
	return spec->ready != READY_EXIT && o->ending != ENDING_SPAWN && o->ending != ENDING_OVERDUE &&
	       o->ran_ms >= spec->backoff.stable_ms;
}

static struct verdict again(const struct service_spec *spec, const struct outcome *o)
{
	const struct backoff_spec *b = &spec->backoff;
	bool stable = is_stable(spec, o);
	struct verdict v = { .next = STATE_BACKOFF, .failures = stable ? 0 : o->failures + 1 };

	if (stable)
		v.next = STATE_STARTING;
	else if (is_permanent(o) || (b->give_up && v.failures >= b->give_up))
		v.next = STATE_FAILED;
	else
		v.delay_ms = delay_of(b, v.failures, o->random);
	return v;
}

struct verdict policy_after(const struct service_spec *spec, const struct outcome *o)
{
	bool ok = is_success(o);

	if (ok && (spec->ready == READY_EXIT || spec->restart != RESTART_ALWAYS))
		return (struct verdict){ .next = STATE_DONE };
	if (spec->restart == RESTART_NEVER)
		return (struct verdict){ .next = STATE_FAILED, .failures = o->failures + 1 };
	return again(spec, o);
}
