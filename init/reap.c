#include "init/reap.h"

#include "lib/sys.h"

/* Which of the two it was does not matter in the end: helpers are soon dead. */
static void count(struct statefile *state)
{
	if (state->helpers)
		state->helpers--;
	else
		state->orphans++;
}

/*
 * The service hears of the death before the kernel forgets it: a crash in
 * between finds the same death again, one after finds an orphan.
 */
void reap_all(struct supervisor *sv)
{
	struct sys_death death;
	bool orphans = false;

	sv->reaping = true;
	while (sys_peek_dead(&death) > 0) {
		int index = service_by_pid(sv, death.pid);

		if (index >= 0)
			service_event(sv, (uint32_t)index, EVENT_EXIT, death.status);
		sys_reap(death.pid);
		if (index < 0) {
			count(sv->state);
			orphans = true;
		}
	}
	sv->reaping = sv->strays_known = false;
	if (orphans || sv->strays_due) {
		sv->strays_due = false;
		service_orphan(sv);
		service_settle(sv);
	}
}
