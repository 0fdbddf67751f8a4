#include "services/strays.h"

#include <errno.h>
#include <signal.h>

#include "lib/children.h"
#include "lib/sys.h"

/* One that may not be killed is not waited for: it has become somebody else. */
static void look_at(void *arg, int proc, pid_t pid)
{
	struct supervisor *sv = arg;
	uint64_t index = service_by_pid(sv, pid) < 0 ? children_mark(proc, pid) - strays_mark(sv, 0) : UINT64_MAX;
	struct service *s;

	if (index >= sv->state->count)
		return;
	s = service_at(sv, (uint32_t)index);
	if (s->life.state == STATE_DRAINING && sys_kill(pid, SIGKILL) != -EPERM)
		s->handles.flags |= HANDLE_STRAYS;
}

static void look(struct supervisor *sv)
{
	for (uint32_t i = 0; i < sv->state->count; i++)
		service_at(sv, i)->handles.flags &= (uint8_t)~HANDLE_STRAYS;
	children_each(look_at, sv);
	sv->strays_known = true;
}

bool strays_gone(struct supervisor *sv, uint32_t index)
{
	if (sv->state->phase != PHASE_RUNNING)
		return true;
	if (sv->reaping) {
		sv->strays_due = true;
		return false;
	}
	if (!sv->strays_known)
		look(sv);
	return !(service_at(sv, index)->handles.flags & HANDLE_STRAYS);
}
