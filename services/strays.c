#include "services/strays.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>

#include "lib/buf.h"
#include "lib/children.h"
#include "lib/log.h"
#include "lib/sys.h"
#include "services/launch.h"
#include "services/leaf.h"

#define MARK ((uint64_t)0x6d << 56) /* not "unlimited", even to those who read it with a sign */
#define NUMBER_BITS 24
#define NUMBER_MAX (((uint64_t)1 << NUMBER_BITS) - 1)
#define PID_BITS 22 /* PID_MAX_LIMIT */

/* No mark is above it. */
static struct strays_mark most = { RLIM_INFINITY, RLIM_INFINITY };

struct strays_mark strays_soft = { RLIM_INFINITY, RLIM_INFINITY };

static void read_limit(int resource, uint64_t *soft, uint64_t *hard)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) < 0)
		return;
	*soft = limit.rlim_cur;
	*hard = limit.rlim_max;
}

void strays_open(void)
{
	read_limit(RLIMIT_LOCKS, &strays_soft.locks, &most.locks);
	read_limit(RLIMIT_RTTIME, &strays_soft.rttime, &most.rttime);
}

/*
 * Another minit has a pid of its own, or a namespace, the inodes of which are given out in a row: to one that is PID 1
 * in its own, who joins that leaves orphans with our marks.
 */
static uint32_t whose(const struct supervisor *sv)
{
	return sv->state->space << PID_BITS | (uint32_t)sv->state->pid;
}

static uint64_t top(uint32_t own, uint64_t limit)
{
	return MIN(MARK | (uint64_t)own << NUMBER_BITS | NUMBER_MAX, limit);
}

/* As with numbers: to nobody are those of another one lowered ones of its own. */
frequent static uint64_t locks_top(const struct supervisor *sv)
{
	return top(whose(sv), most.locks);
}

frequent static uint64_t rttime_top(const struct supervisor *sv)
{
	return top(~whose(sv), most.rttime);
}

frequent struct strays_mark strays_mark(const struct supervisor *sv, uint32_t index)
{
	uint64_t number = service_at(sv, index)->handles.mark & NUMBER_MAX;
	uint64_t locks = locks_top(sv), rttime = rttime_top(sv);

	return (struct strays_mark){
		.locks = locks > NUMBER_MAX ? locks - NUMBER_MAX + number : 0,
		.rttime = rttime > NUMBER_MAX ? rttime - number : 0,
	};
}

/* What the table gives goes before the mark. 0: such a limit tells nobody apart. */
static uint64_t rttime_of(const struct supervisor *sv, uint32_t index)
{
	const struct rlimit_spec *given = table_rlimit(sv->table, table_service(sv->table, index), RLIMIT_RTTIME);

	return given ? given->hard : strays_mark(sv, index).rttime;
}

static bool bears(const struct supervisor *sv, uint32_t index, const struct strays_mark *found)
{
	uint64_t locks = strays_mark(sv, index).locks, rttime = rttime_of(sv, index);

	return locks && found->locks == locks && (!rttime || found->rttime == rttime);
}

/* Somebody has lowered one or the other. */
static bool may_have_borne(const struct supervisor *sv, uint32_t index, const struct strays_mark *found)
{
	uint64_t locks = strays_mark(sv, index).locks, rttime = rttime_of(sv, index);

	return locks && found->locks <= locks && (!rttime || found->rttime <= rttime);
}

static bool is_in_leaf(const struct supervisor *sv, uint32_t index, int proc, pid_t pid)
{
	BUF_ON_STACK(name, TABLE_NAME_MAX + sizeof("svc."));

	buf_fmt(&name, "svc.%s", service_name(sv, index));
	return has_leaf(sv, index) && children_in_group(proc, pid, buf_text(&name));
}

/* Some lower RTTIME for themselves, such as clients of rtkit: who lies in the leaf of one that runs is of that. */
static bool is_anothers(const struct supervisor *sv, uint32_t index, int proc, pid_t pid)
{
	if (is_in_leaf(sv, index, proc, pid))
		return false;
	for (uint32_t i = 0; i < sv->state->count; i++)
		if (i != index && life_runs(&service_at(sv, i)->life) && is_in_leaf(sv, i, proc, pid))
			return true;
	return false;
}

/* One that may not be killed is not waited for: it has become somebody else. */
static bool kill_left(struct supervisor *sv, uint32_t index, pid_t pid)
{
	if (sys_kill(pid, SIGKILL) == -EPERM)
		return false;
	service_at(sv, index)->handles.flags |= HANDLE_STRAYS;
	return true;
}

static bool is_draining(const struct supervisor *sv, uint32_t index)
{
	return service_at(sv, index)->life.state == STATE_DRAINING &&
	       !(launch_namespaces(sv, index) & CLONE_NEWPID);
}

static void kill_lowered(struct supervisor *sv, uint32_t index, int proc, pid_t pid)
{
	static pid_t told;

	if (is_anothers(sv, index, proc, pid) || !kill_left(sv, index, pid) || told == pid)
		return;
	log_warn(service_name(sv, index), 0, "process %d is killed with it: it has lowered its hard RLIMIT_LOCKS or "
		 "RLIMIT_RTTIME, by which it is known, and may be one of this service", pid);
	told = pid;
}

static int who_bears(const struct supervisor *sv, const struct strays_mark *found)
{
	uint64_t number = (found->locks + NUMBER_MAX - locks_top(sv)) & NUMBER_MAX;

	for (uint32_t i = 0; i < sv->state->count; i++)
		if ((service_at(sv, i)->handles.mark & NUMBER_MAX) == number && bears(sv, i, found))
			return (int)i;
	return -1;
}

static void look_at(void *arg, int proc, pid_t pid)
{
	struct supervisor *sv = arg;
	struct strays_mark found;
	int index;

	if (service_by_pid(sv, pid) >= 0 || children_limits(proc, pid, &found.locks, &found.rttime) < 0 ||
	    found.locks > locks_top(sv))
		return;
	index = who_bears(sv, &found);
	if (index >= 0 && is_draining(sv, (uint32_t)index))
		(void)!kill_left(sv, (uint32_t)index, pid);
	if (index >= 0)
		return;
	for (uint32_t i = 0; i < sv->state->count; i++)
		if (is_draining(sv, i) && may_have_borne(sv, i, &found))
			kill_lowered(sv, i, proc, pid);
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
