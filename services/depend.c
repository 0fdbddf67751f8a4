#include "services/depend.h"

static const struct life *life_at(const struct supervisor *sv, uint32_t index)
{
	return &service_at(sv, index)->life;
}

bool service_is_active(const struct service *s)
{
	switch ((enum state)s->life.state) {
	case STATE_STARTING:
	case STATE_UP:
	case STATE_STOPPING:
	case STATE_DRAINING: return true;
	default: return false;
	}
}

bool service_is_settled(const struct service *s)
{
	return s->life.state == STATE_DOWN || s->life.state == STATE_FAILED || s->life.state == STATE_DONE;
}

bool service_is_ready_in(const struct supervisor *sv, uint32_t index, enum state state)
{
	return state == STATE_UP || (state == STATE_DONE && spec_at(sv, index)->ready == READY_EXIT);
}

bool service_is_ready(const struct supervisor *sv, uint32_t index)
{
	return service_is_ready_in(sv, index, life_at(sv, index)->state);
}

/* It runs, but is about to be stopped: what needs it has to go first. */
static bool is_leaving(const struct life *life)
{
	return life->want == WANT_DOWN || (life->asked && life_runs(life));
}

/* Not without somebody who tells it to, or mends what it needs. */
static bool will_not_come(const struct supervisor *sv, uint32_t index)
{
	const struct service *s = service_at(sv, index);

	return s->life.state == STATE_WAITING ? s->life.blocked : service_is_settled(s) && !service_is_ready(sv, index);
}

int depend_missing(const struct supervisor *sv, uint32_t index)
{
	const struct service_spec *spec = spec_at(sv, index);
	const uint32_t *needs = table_list(sv->table, spec->needs, uint32_t);

	for (uint32_t i = 0; i < spec->needs.count; i++)
		if (will_not_come(sv, needs[i]))
			return (int)needs[i];
	return -1;
}

/* From need to need, which do not go in a circle. */
int service_blocker(const struct supervisor *sv, uint32_t index)
{
	int at = life_at(sv, index)->blocked ? depend_missing(sv, index) : -1;

	while (at >= 0 && life_at(sv, (uint32_t)at)->blocked)
		at = depend_missing(sv, (uint32_t)at);
	return at;
}

/* Something it comes after is on its way to be ready, for the first time or again. */
static bool is_ahead(const struct service *s)
{
	if (s->life.want != WANT_UP)
		return false;
	return is_leaving(&s->life) || (s->life.state != STATE_UP && service_is_active(s)) ||
	       (s->life.state == STATE_WAITING && !s->life.blocked);
}

int depend_unmet(const struct supervisor *sv, uint32_t index)
{
	const struct service_spec *spec = spec_at(sv, index);
	const uint32_t *needs = table_list(sv->table, spec->needs, uint32_t);
	const uint32_t *after = table_list(sv->table, spec->after, uint32_t);

	for (uint32_t i = 0; i < spec->needs.count; i++)
		if (!service_is_ready(sv, needs[i]) || is_leaving(life_at(sv, needs[i])))
			return (int)needs[i];
	for (uint32_t i = 0; i < spec->after.count; i++)
		if (is_ahead(service_at(sv, after[i])))
			return (int)after[i];
	return -1;
}

bool depend_is_lost(const struct supervisor *sv, uint32_t index)
{
	const struct service_spec *spec = spec_at(sv, index);
	const uint32_t *needs = table_list(sv->table, spec->needs, uint32_t);

	for (uint32_t i = 0; i < spec->needs.count; i++)
		if (is_leaving(life_at(sv, needs[i])))
			return true;
	return false;
}

static bool needs(const struct supervisor *sv, uint32_t who, uint32_t what)
{
	const struct service_spec *spec = spec_at(sv, who);
	const uint32_t *list = table_list(sv->table, spec->needs, uint32_t);

	for (uint32_t i = 0; i < spec->needs.count; i++)
		if (list[i] == what)
			return true;
	return false;
}

bool depend_is_held(const struct supervisor *sv, uint32_t index)
{
	const struct service_spec *spec = spec_at(sv, index);
	const uint32_t *dependents = table_list(sv->table, spec->dependents, uint32_t);

	for (uint32_t i = 0; i < spec->dependents.count; i++) {
		const struct service *d = service_at(sv, dependents[i]);

		if (service_is_active(d) &&
		    (d->life.want == WANT_DOWN || needs(sv, dependents[i], index)))
			return true;
	}
	return false;
}
