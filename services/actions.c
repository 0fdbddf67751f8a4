#include "services/actions.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#include "lib/buf.h"
#include "lib/log.h"
#include "lib/signame.h"
#include "services/calm.h"
#include "services/connect.h"
#include "services/depend.h"
#include "services/launch.h"
#include "services/online.h"
#include "services/policy.h"
#include "services/prepare.h"
#include "services/settle.h"

/* How long a process may take to die of SIGKILL before it is sent again. */
#define FORCE_MS 1000
#define OOM_DIES_MS 4000 /* whom the kernel has chosen is dead by then */

static uint32_t any_number(void)
{
	static uint32_t x;

	x = x * 1664525 + 1013904223 + (uint32_t)when_now().ms;
	return x >> 8;
}

static enum state judge(struct supervisor *sv, uint32_t index)
{
	struct life *life = life_at(sv, index);
	struct outcome outcome = {
		.ending = life->ending,
		.status = life->status,
		.err = life->err,
		.ran_ms = when_since(life->started, when_now()),
		.failures = life->failures,
		.random = any_number(),
	};
	struct verdict verdict = policy_after(spec_at(sv, index), &outcome);

	life->failures = verdict.failures;
	life->delay_ms = verdict.delay_ms;
	return verdict.next;
}

/* Why a run did not even begin. */
static void note_cannot(struct supervisor *sv, uint32_t index, int err)
{
	const struct handles *handles = &service_at(sv, index)->handles;
	struct life *life = life_at(sv, index);
	struct buf detail;

	buf_init(&detail, life->detail, sizeof(life->detail));
	life->ending = ENDING_SPAWN;
	life->step = (uint8_t)(life->pressed ? STEP_calm : handles->refused ? handles->refused_step : STEP_clone);
	life->err = -err;
	if (life->pressed) {
		buf_fmt(&detail, "calm.%s", pressure_name(life->pressed - 1u));
		buf_text(&detail);
	} else if (handles->refused) {
		memcpy(life->detail, handles->report.detail, sizeof(life->detail));
	}
}

/* err: -errno, when it is known already that it cannot; else 0. */
static enum state begin(struct supervisor *sv, uint32_t index, int err)
{
	struct life *life = life_at(sv, index);

	life->restarts += life->starts && !life->asked && !life->again;
	life->asked = life->again = life->killed = life->execed = 0;
	life->ending = ENDING_NONE;
	life->detail[0] = '\0';
	life->started = when_now();
	life->starts++;
	if (!err)
		err = launch(sv, index);
	if (!err)
		return STATE_STARTING;
	note_cannot(sv, index, err);
	return judge(sv, index); /* never again at once: a run that failed to begin was not a stable one */
}

/* Less pressure: 1 when it has to wait for that, 0, or -errno. What it is about is noted but for 0. */
static int note_pressure(struct supervisor *sv, uint32_t index)
{
	enum pressure_of what = PRESSURE_CPU;
	int unmet = calm_unmet(sv, index, &what);

	_Static_assert(PRESSURES < 4, "life.pressed has two bits");
	if (unmet)
		life_at(sv, index)->pressed = (what + 1) & 3;
	return unmet;
}

/* Who is in its network is in one that has lost its eth, and is to be in the one that is made in its place. */
static void renew_joined(struct supervisor *sv, uint32_t owner)
{
	for (uint32_t i = 0; i < sv->state->count; i++) {
		struct life *life = life_at(sv, i);

		if (i == owner || !life_runs(life) || life->again || table_network_of(sv->table, i) != owner)
			continue;
		log_warn(service_name(sv, i), 0, "network: that of %s is made anew; it is started again",
			 service_name(sv, owner));
		life->again = 1;
		service_look(sv, i);
	}
}

static void prepare_anew(struct supervisor *sv, uint32_t index)
{
	if (prepare_lost(sv, index))
		renew_joined(sv, index);
	prepare_again(sv, index);
}

/*
 * 1 when others, links, its network or pressure hold it back, 0, or -errno. With a pid its run has begun, whatever
 * holds it back by now: a crash came before the state said so.
 */
static int look_around(struct supervisor *sv, uint32_t index)
{
	if (service_at(sv, index)->handles.pid)
		return 0;
	if (depend_unmet(sv, index) >= 0 || online_unmet(sv, index) ||
	    service_at(sv, index)->handles.flags & HANDLE_HELD)
		return 1;
	if (prepare_is_due(sv, index))
		prepare_anew(sv, index);
	if (settle_waits(sv, index))
		return 1;
	if (service_at(sv, index)->handles.moved)
		connect_announce(sv, index);
	return note_pressure(sv, index);
}

enum state action_admit(struct supervisor *sv, uint32_t index, int arg)
{
	struct life *life = life_at(sv, index);
	int held;

	(void)arg;
	life->pressed = 0;
	held = look_around(sv, index);
	if (held <= 0)
		return begin(sv, index, held);
	life->blocked = depend_missing(sv, index) >= 0;
	return STATE_WAITING;
}

enum state action_forgive(struct supervisor *sv, uint32_t index, int arg)
{
	life_at(sv, index)->failures = 0;
	return action_admit(sv, index, arg);
}

enum state action_stop(struct supervisor *sv, uint32_t index, int arg)
{
	(void)arg;
	life_at(sv, index)->asked = 1;
	launch_stop(sv, index);
	return STATE_STOPPING;
}

/* Is it to leave, or no longer? What needs it goes first; it is told to. */
enum state action_look(struct supervisor *sv, uint32_t index, int arg)
{
	struct life *life = life_at(sv, index);
	bool leaving = life->want == WANT_DOWN || life->again || depend_is_lost(sv, index);

	if (life->asked != leaving) {
		life->asked = leaving;
		state_look_at(sv, spec_at(sv, index)->dependents);
	}
	return leaving && !depend_is_held(sv, index) ? action_stop(sv, index, arg) : (enum state)life->state;
}

/* Its leaf is gone, and the parent has not seen that before: it is made anew before the next start. */
static void note_lost_leaf(struct supervisor *sv, uint32_t index, const struct spawn_report *report)
{
	struct handles *h = &service_at(sv, index)->handles;

	if (report->step != STEP_leaf || report->err != ENOENT)
		return;
	h->refused_step = STEP_leaf;
	h->refused = ENOENT;
}

enum state action_hear(struct supervisor *sv, uint32_t index, int arg)
{
	struct life *life = life_at(sv, index);
	struct spawn_report report;
	int heard = launch_hear(sv, index, &report);

	(void)arg;
	if (heard > 0) {
		life->ending = ENDING_SPAWN;
		life->step = (uint8_t)report.step;
		life->err = report.err;
		memcpy(life->detail, report.detail, sizeof(life->detail));
		note_lost_leaf(sv, index, &report);
	}
	life->execed = heard == 0;
	if (heard == 0 && life->state == STATE_STARTING && spec_at(sv, index)->ready == READY_EXEC)
		return STATE_UP;
	return life->state;
}

/* From what stays before the program a death by signal n arrives as exit 128+n. */
static bool is_signal_passed(struct supervisor *sv, uint32_t index, int status)
{
	int code = WEXITSTATUS(status);

	return WIFEXITED(status) && code > 128 && code <= 128 + SIGNAL_MAX && launch_stays(sv, index) &&
	       !launch_has_exited(sv, index);
}

static void note_status(struct supervisor *sv, uint32_t index, int status)
{
	struct life *life = life_at(sv, index);
	int code = WEXITSTATUS(status);

	life->ending = WIFEXITED(status) ? ENDING_EXIT : ENDING_SIGNAL;
	life->status = WIFEXITED(status) ? code : WTERMSIG(status);
	if (is_signal_passed(sv, index, status)) {
		life->ending = ENDING_SIGNAL;
		life->status = code - 128;
	}
}

/* The count grows, but in a leaf that was made anew. Nobody says which process it was: one that had time to die. */
static bool is_out_of_memory(const struct supervisor *sv, uint32_t index, uint32_t count)
{
	const struct handles *h = &service_at(sv, index)->handles;

	if (!count || count == service_at(sv, index)->life.oom_kills)
		return false;
	return count != h->oom_known || when_since(h->oom_heard, when_now()) < OOM_DIES_MS;
}

static void note_oom(struct supervisor *sv, uint32_t index)
{
	struct life *life = life_at(sv, index);
	uint32_t count = (uint32_t)launch_oom_kills(sv, index);

	if (life->ending == ENDING_SIGNAL && life->status == SIGKILL && !life->asked &&
	    is_out_of_memory(sv, index, count))
		life->ending = ENDING_OOM;
	life->oom_kills = count;
}

/* Who was killed in being born has not been started: what comes next is as if it had not been tried. */
static void forget_run(struct life *life, bool stillborn)
{
	life->starts -= stillborn;
	life->again |= stillborn;
}

enum state action_died(struct supervisor *sv, uint32_t index, int status)
{
	struct service *s = service_at(sv, index);

	if (!s->life.execed)
		action_hear(sv, index, 0);
	if (s->life.ending != ENDING_SPAWN && s->life.ending != ENDING_OVERDUE)
		note_status(sv, index, status);
	note_oom(sv, index);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && s->life.ending != ENDING_OOM && !s->life.killed)
		forget_run(&s->life, launch_note_killed(sv, index));
	launch_reaped(sv, index);
	service_look(sv, index);
	return STATE_DRAINING;
}

enum state action_force(struct supervisor *sv, uint32_t index, int arg)
{
	struct life *life = life_at(sv, index);

	(void)arg;
	if (!life->killed && !sv->state->hurried)
		log_warn(service_name(sv, index), 0, "did not stop within %u ms: killed",
			 spec_at(sv, index)->grace_ms);
	life->killed = 1;
	launch_kill(sv, index);
	state_await(sv, index, FORCE_MS);
	return STATE_STOPPING;
}

enum state action_overdue(struct supervisor *sv, uint32_t index, int arg)
{
	enum state next = action_stop(sv, index, arg);
	struct life *life = life_at(sv, index);

	life->asked = 0; /* it is a failure, for the policy to judge */
	life->ending = ENDING_OVERDUE;
	return next;
}

/* Before the new run begins, which forgets how the last one ended. */
static void tell_again(const struct supervisor *sv, uint32_t index)
{
	BUF_ON_STACK(why, STATE_WHY);

	service_why(sv, index, &why);
	log_warn(service_name(sv, index), 0, "%s; again at once", buf_text(&why));
}

/* Nothing of the last run is left: what now? */
static enum state ended(struct supervisor *sv, uint32_t index)
{
	struct life *life = life_at(sv, index);
	enum state next;

	if (life->want == WANT_DOWN)
		return STATE_DOWN;
	if (life->asked || life->again)
		return action_admit(sv, index, 0);
	next = judge(sv, index);
	if (next != STATE_STARTING)
		return next;
	tell_again(sv, index);
	return action_admit(sv, index, 0);
}

/* The kernel counts whom it chose, kills that one, and then counts and kills the others of the leaf. */
static void note_late_oom(const struct supervisor *sv, uint32_t index)
{
	struct life *life = life_at(sv, index);

	if (life->ending == ENDING_OOM)
		life->oom_kills = (uint32_t)launch_oom_kills(sv, index);
}

/* With a pid the next run has begun: a crash came before the state said so. */
enum state action_drain(struct supervisor *sv, uint32_t index, int arg)
{
	(void)arg;
	if (service_at(sv, index)->handles.pid)
		return ended(sv, index);
	if (launch_is_empty(sv, index)) {
		note_late_oom(sv, index);
		return ended(sv, index);
	}
	launch_kill(sv, index);
	state_await(sv, index, DRAIN_MS);
	return STATE_DRAINING;
}
