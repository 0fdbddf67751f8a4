#include "init/shutdown.h"

#include <errno.h>
#include <signal.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "cgroup/cgroup.h"
#include "init/control.h"
#include "init/leftover.h"
#include "init/network.h"
#include "init/power.h"
#include "init/rules.h"
#include "lib/enabled.h"
#include "lib/log.h"

#define TERM_MS 2000
#define KILL_MS 5000
#define STUCK_MS 30000
#define UNMOUNT_MS 30000

/* An event may have come before minit executed itself; so the first look is always taken. */
static bool considered = true;

/* -- when the whole ends ------------------------------------------------------------------------------- */

/* What a shell would say of such an end. */
static int status_of(const struct life *life)
{
	switch ((enum ending)life->ending) {
	case ENDING_EXIT: return life->status;
	case ENDING_SIGNAL:
	case ENDING_OOM: return 128 + life->status;
	case ENDING_SPAWN: return life->err == ENOENT || life->err == ELIBACC ? 127 : 126;
	case ENDING_OVERDUE: return 1;
	default: return 0;
	}
}

static int final_status(const struct supervisor *sv)
{
	int32_t main = sv->table->main;

	if (main >= 0 && service_at(sv, (uint32_t)main)->life.ending != ENDING_NONE)
		return status_of(&service_at(sv, (uint32_t)main)->life);
	return sv->state->exit_status;
}

/* Its own end, not one that was asked for by `minit stop`. */
static bool main_has_ended(const struct supervisor *sv)
{
	const struct life *life;

	if (sv->table->main < 0)
		return false;
	life = &service_at(sv, (uint32_t)sv->table->main)->life;
	return life->state == STATE_DONE || life->state == STATE_FAILED;
}

struct tally {
	uint32_t started, going, failed;
	bool only_tasks;
};

/* A task that waits for a failed one will wait for ever: it is not going, and has failed. */
static void count_task(const struct service *s, struct tally *t)
{
	t->started += s->life.starts > 0;
	t->going += service_is_active(s) || s->life.state == STATE_BACKOFF;
	t->failed += s->life.state == STATE_FAILED || s->life.state == STATE_WAITING;
}

static struct tally tally(const struct supervisor *sv)
{
	struct tally t = { .only_tasks = true };

	for (uint32_t i = 0; i < sv->state->count && t.only_tasks; i++) {
		if (spec_at(sv, i)->internal)
			continue;
		t.only_tasks = spec_at(sv, i)->ready == READY_EXIT;
		count_task(service_at(sv, i), &t);
	}
	return t;
}

static void consider(struct supervisor *sv)
{
	struct tally t;

	considered = sv->state->admitted < sv->state->count; /* not all have been told to start */
	if (main_has_ended(sv)) {
		log_info(service_name(sv, (uint32_t)sv->table->main), "the main service has ended");
		shutdown_begin(sv, GOAL_EXIT, 0);
		return;
	}
	/* A machine that has done its tasks may have been all about them: it stays until told to go. */
	if (sv->state->mode == MODE_MACHINE || sv->table->main >= 0 || considered)
		return;
	t = tally(sv);
	if (!t.only_tasks || !t.started || t.going)
		return;
	if (t.failed)
		log_info(NULL, "all tasks have ended, %u of them failed", t.failed);
	else
		log_info(NULL, "all tasks are done");
	shutdown_begin(sv, GOAL_EXIT, t.failed ? 1 : 0);
}

void shutdown_consider(struct supervisor *sv, uint32_t index)
{
	considered |= service_is_settled(service_at(sv, index));
}

/* -- stopping the services ------------------------------------------------------------------------------- */

static bool is_down(const struct service *s)
{
	return s->life.want == WANT_DOWN && service_is_settled(s);
}

/* The helpers of minit itself go last: what the others have to say in the end is still to be heard. */
static bool all_down(const struct supervisor *sv, bool internal)
{
	for (uint32_t i = 0; i < sv->state->count; i++)
		if (!!spec_at(sv, i)->internal == internal && !is_down(service_at(sv, i)))
			return false;
	return true;
}

/* Those that need others first, so that few have to be held back. */
static void send_down(struct supervisor *sv, bool internal)
{
	const uint32_t *order = table_list(sv->table, sv->table->order, uint32_t);

	for (uint32_t i = sv->table->order.count; i-- > 0;)
		if (!!spec_at(sv, order[i])->internal == internal &&
		    service_at(sv, order[i])->life.want != WANT_DOWN)
			service_event(sv, order[i], EVENT_WANT_DOWN, 0);
}

/* A helper that somebody else has killed has not heard all: it runs once more, to be told again to go. */
static bool rerun_killed(struct supervisor *sv)
{
	bool any = false;

	for (uint32_t i = 0; i < sv->state->count; i++) {
		const struct life *life = &service_at(sv, i)->life;

		if (!spec_at(sv, i)->internal || life->ending != ENDING_SIGNAL || life->killed || sv->state->hurried)
			continue;
		any = true;
		service_event(sv, i, EVENT_WANT_UP, 0);
	}
	return any;
}

/* Makes the grace of whoever is stopping be over. */
static void press(struct supervisor *sv)
{
	for (uint32_t i = 0; i < sv->state->count; i++) {
		const struct life *life = &service_at(sv, i)->life;

		if (life->state == STATE_STOPPING && !life->killed)
			service_event(sv, i, EVENT_TIMEOUT, 0);
	}
}

rare static void enter_stopping(struct supervisor *sv)
{
	(void)sv;
}

/* Killed so long ago that it waits for what does not come, such as a disk or a server that is gone. */
static bool is_stuck(const struct supervisor *sv, uint32_t index)
{
	const struct life *life = &service_at(sv, index)->life;
	int64_t most = STUCK_MS + (sv->state->hurried ? 0 : spec_at(sv, index)->grace_ms);

	if (life->state == STATE_STOPPING)
		return life->killed && when_since(life->since, when_now()) >= most;
	return life->state == STATE_DRAINING && when_since(life->since, when_now()) >= STUCK_MS;
}

/* Some are stuck, and no other is on its way: the rest are held back by these, and asked to end with what is left. */
static bool goes_no_further(const struct supervisor *sv)
{
	uint32_t stuck = 0, leaving = 0;

	for (uint32_t i = 0; i < sv->state->count; i++) {
		uint8_t state = service_at(sv, i)->life.state;

		if (spec_at(sv, i)->internal || (state != STATE_STOPPING && state != STATE_DRAINING))
			continue;
		leaving++;
		stuck += is_stuck(sv, i);
	}
	return stuck && stuck == leaving;
}

static void tell_stuck(const struct supervisor *sv)
{
	for (uint32_t i = 0; i < sv->state->count; i++)
		if (!spec_at(sv, i)->internal && is_stuck(sv, i))
			log_warn(service_name(sv, i), 0, "does not die of SIGKILL; going on without it");
}

rare static enum phase stopping(struct supervisor *sv, bool overdue)
{
	(void)overdue;
	send_down(sv, false);
	if (sv->state->hurried)
		press(sv);
	if (goes_no_further(sv)) {
		tell_stuck(sv);
		return PHASE_TERM;
	}
	if (!all_down(sv, false))
		return PHASE_STOPPING;
	send_down(sv, true);
	return all_down(sv, true) && !rerun_killed(sv) ? PHASE_TERM : PHASE_STOPPING;
}

/* -- what is left ------------------------------------------------------------------------------------------ */

static bool was_killed(const struct supervisor *sv, const struct life *life)
{
	return life->killed && !when_before(life->since, sv->state->stop_began);
}

static void tell_stopped(const struct supervisor *sv)
{
	int64_t ms = when_since(sv->state->stop_began, when_now());
	unsigned killed = 0;

	if (!sv->state->stop_count)
		return;
	for (uint32_t i = 0; i < sv->state->count; i++)
		killed += was_killed(sv, &service_at(sv, i)->life);
	log_info(NULL, "stopped in %u.%02u s: %u service%s, %u killed", (unsigned)(ms / 1000),
		 (unsigned)(ms % 1000 / 10), sv->state->stop_count, sv->state->stop_count == 1 ? "" : "s", killed);
}

rare static void enter_term(struct supervisor *sv)
{
	tell_stopped(sv);
	if (!leftover_exist())
		return;
	log_info(NULL, "processes of no service are left: asked to end");
	leftover_signal(sv->state->mode, SIGTERM);
	leftover_signal(sv->state->mode, SIGCONT);
}

rare static enum phase term(struct supervisor *sv, bool overdue)
{
	return overdue || sv->state->hurried || !leftover_exist() ? PHASE_KILL : PHASE_TERM;
}

rare static void enter_kill(struct supervisor *sv)
{
	if (leftover_exist())
		log_info(NULL, "processes of no service are left: killed");
	leftover_signal(sv->state->mode, SIGKILL);
}

static enum phase after_kill(const struct supervisor *sv)
{
	return ENABLED(CONFIG_MACHINE) && sv->state->mode == MODE_MACHINE ? PHASE_UNMOUNT : PHASE_LEAVE;
}

rare static enum phase kill_rest(struct supervisor *sv, bool overdue)
{
	if (!leftover_exist())
		return after_kill(sv);
	if (overdue) {
		log_warn(NULL, 0, "processes are left that do not die of SIGKILL; going on without them");
		return after_kill(sv);
	}
	/* The children of the dead are ours now, and the first SIGKILL of a subreaper has not met them all. */
	leftover_signal(sv->state->mode, SIGKILL);
	return PHASE_KILL;
}

/* -- the end ------------------------------------------------------------------------------------------------ */

rare static void enter_unmount(struct supervisor *sv)
{
	int err = ENABLED(CONFIG_MACHINE) ? power_unmount() : 0;

	(void)sv;
	if (err)
		log_warn("unmount", -err, "file systems stay as they are");
}

rare static enum phase unmount(struct supervisor *sv, bool overdue)
{
	(void)sv;
	if (overdue)
		log_warn("unmount", 0, "not done after %u s; going on without", UNMOUNT_MS / 1000);
	return overdue || !leftover_exist() ? PHASE_LEAVE : PHASE_UNMOUNT;
}

static void remove_leaves(struct supervisor *sv)
{
	for (uint32_t i = 0; i < sv->state->count; i++)
		if (spec_at(sv, i)->leaf)
			(void)cgroup_remove(&sv->state->cgroup, service_name(sv, i));
	cgroup_close(&sv->state->cgroup);
}

static const char *goal_words(enum goal goal)
{
	switch (goal) {
	case GOAL_REBOOT: return "rebooting";
	case GOAL_HALT: return "halting";
	default: return "powering off";
	}
}

rare static void enter_leave(struct supervisor *sv)
{
	enum goal goal = sv->state->goal;

	control_close(sv);
	if (ENABLED(CONFIG_MACHINE) && sv->state->mode == MODE_MACHINE) {
		log_info(NULL, "%s", goal_words(goal));
		power_leave(goal);
	}
	remove_leaves(sv);
	network_leave(sv);
	rules_close_loopback(sv, NULL);
	rules_remove();
	/*
	 * In a pid namespace of its own it ends PID 1 by SIGHUP, which tells the
	 * container's manager to start it anew; without CAP_SYS_BOOT it is refused.
	 */
	if (goal == GOAL_REBOOT && sv->state->mode == MODE_CONTAINER)
		reboot(RB_AUTOBOOT);
	_exit(final_status(sv));
}

rare static enum phase leave(struct supervisor *sv, bool overdue)
{
	(void)sv, (void)overdue;
	return PHASE_LEAVE;
}

/* -- phases ---------------------------------------------------------------------------------------------------- */

static const struct {
	void (*enter)(struct supervisor *sv);
	enum phase (*next)(struct supervisor *sv, bool overdue); /* itself: not over yet */
	int32_t ms;                                              /* most time; 0: no limit of its own */
} phases[PHASE_COUNT] = {
	[PHASE_STOPPING] = { enter_stopping, stopping, 0 },
	[PHASE_TERM] = { enter_term, term, TERM_MS },
	[PHASE_KILL] = { enter_kill, kill_rest, KILL_MS },
	[PHASE_UNMOUNT] = { enter_unmount, unmount, UNMOUNT_MS },
	[PHASE_LEAVE] = { enter_leave, leave, 0 },
};

/* The phase is written last: after a crash in the middle it is entered again, and nothing is left out. */
rare static void enter(struct supervisor *sv, enum phase phase)
{
	phases[phase].enter(sv);
	sv->state->phase_deadline = phases[phase].ms ? when_in(when_now(), phases[phase].ms) : WHEN_NEVER;
	sv->state->phase = (uint8_t)phase;
}

rare static struct when go_on(struct supervisor *sv, struct when now)
{
	struct statefile *state = sv->state;
	enum phase phase, next;

	for (;;) {
		phase = state->phase;
		next = phases[phase].next(sv, !when_before(now, state->phase_deadline));
		if (next == phase)
			return state->phase_deadline;
		enter(sv, next);
		now = when_now();
	}
}

struct when shutdown_settle(struct supervisor *sv, struct when now)
{
	if (sv->state->phase == PHASE_RUNNING && considered)
		consider(sv);
	return sv->state->phase == PHASE_RUNNING ? WHEN_NEVER : go_on(sv, now);
}

/* Later in this list is stronger: who says power off means it, whatever was said before. */
static int strength(enum goal goal)
{
	static const uint8_t rank[] = {
		[GOAL_NONE] = 0, [GOAL_EXIT] = 1, [GOAL_REBOOT] = 2, [GOAL_HALT] = 3, [GOAL_POWEROFF] = 4,
	};

	return rank[goal];
}

static uint32_t count_going(const struct supervisor *sv)
{
	uint32_t going = 0;

	for (uint32_t i = 0; i < sv->state->count; i++)
		going += !spec_at(sv, i)->internal && !service_is_settled(service_at(sv, i));
	return going;
}

rare void shutdown_begin(struct supervisor *sv, enum goal goal, int status)
{
	struct statefile *state = sv->state;

	if (strength(goal) > strength(state->goal))
		state->goal = (uint8_t)goal;
	if (state->phase != PHASE_RUNNING)
		return;
	state->exit_status = status;
	state->stop_began = when_now();
	state->stop_count = count_going(sv);
	if (state->stop_count)
		log_info(NULL, "stopping %u service%s", state->stop_count, state->stop_count == 1 ? "" : "s");
	enter(sv, PHASE_STOPPING);
}

rare void shutdown_hurry(struct supervisor *sv)
{
	if (sv->state->phase != PHASE_RUNNING)
		sv->state->hurried = 1;
}
