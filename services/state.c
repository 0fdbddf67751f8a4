#include "services/state.h"

#include <string.h>
#include <sys/wait.h>

#include "lib/log.h"
#include "lib/signame.h"
#include "services/depend.h"
#include "services/launch.h"
#include "services/online.h"
#include "services/policy.h"
#include "services/prepare.h"
#include "services/settle.h"

/* How long a leaf may take to become empty before it is killed again. */
#define DRAIN_MS 100
/* How long a process may take to die of SIGKILL before it is sent again. */
#define FORCE_MS 1000

typedef enum state action_fn(struct supervisor *sv, uint32_t index, int arg);

static struct life *life_at(const struct supervisor *sv, uint32_t index)
{
	return &service_at(sv, index)->life;
}

/* -- actions: each names the next state -------------------------------------------------------- */

static void await(struct supervisor *sv, uint32_t index, int64_t ms)
{
	struct life *life = life_at(sv, index);

	life->deadline = ms ? when_in(when_now(), ms) : WHEN_NEVER;
	if (ms)
		sv->on_deadline(sv, life->deadline);
}

static void look_at_list(struct supervisor *sv, struct list list)
{
	const uint32_t *index = table_list(sv->table, list, uint32_t);

	for (uint32_t i = 0; i < list.count; i++)
		service_look(sv, index[i]);
}

/* What it needs and comes after: it may have held them, and hold them no longer. */
static void look_before(struct supervisor *sv, uint32_t index)
{
	look_at_list(sv, spec_at(sv, index)->needs);
	look_at_list(sv, spec_at(sv, index)->after);
}

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

static enum state begin(struct supervisor *sv, uint32_t index)
{
	const struct handles *handles = &service_at(sv, index)->handles;
	struct life *life = life_at(sv, index);
	int err;

	life->restarts += life->starts && !life->asked && !life->again;
	life->asked = life->again = life->killed = life->execed = 0;
	life->ending = ENDING_NONE;
	life->detail[0] = '\0';
	life->started = when_now();
	life->starts++;
	err = launch(sv, index);
	if (!err)
		return STATE_STARTING;
	life->ending = ENDING_SPAWN;
	life->step = (uint8_t)(handles->refused ? handles->refused_step : STEP_clone);
	if (handles->refused)
		memcpy(life->detail, handles->report.detail, sizeof(life->detail));
	life->err = -err;
	return judge(sv, index); /* never again at once: a run that failed to begin was not a stable one */
}

static enum state admit(struct supervisor *sv, uint32_t index, int arg)
{
	(void)arg;
	if (depend_unmet(sv, index) < 0 && !online_unmet(sv, index)) {
		if (service_at(sv, index)->handles.refused)
			prepare_again(sv, index);
		if (!settle_waits(sv, index))
			return begin(sv, index);
	}
	life_at(sv, index)->blocked = depend_missing(sv, index) >= 0;
	return STATE_WAITING;
}

static enum state forgive(struct supervisor *sv, uint32_t index, int arg)
{
	life_at(sv, index)->failures = 0;
	return admit(sv, index, arg);
}

static enum state stop(struct supervisor *sv, uint32_t index, int arg)
{
	(void)arg;
	life_at(sv, index)->asked = 1;
	launch_stop(sv, index);
	return STATE_STOPPING;
}

/* Is it to leave, or no longer? What needs it goes first; it is told to. */
static enum state look(struct supervisor *sv, uint32_t index, int arg)
{
	struct life *life = life_at(sv, index);
	bool leaving = life->want == WANT_DOWN || life->again || depend_is_lost(sv, index);

	if (life->asked != leaving) {
		life->asked = leaving;
		look_at_list(sv, spec_at(sv, index)->dependents);
	}
	return leaving && !depend_is_held(sv, index) ? stop(sv, index, arg) : (enum state)life->state;
}

static enum state hear(struct supervisor *sv, uint32_t index, int arg)
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
	}
	life->execed = heard == 0;
	if (heard == 0 && life->state == STATE_STARTING && spec_at(sv, index)->ready == READY_EXEC)
		return STATE_UP;
	return life->state;
}

/*
 * Under minit's reaper a death by signal n arrives as exit 128+n: the first
 * process of a pid namespace cannot die of a signal by itself.
 */
static void note_status(const struct service_spec *spec, struct life *life, int status)
{
	bool reaper = spec->init && (spec->namespaces & 0x20000000);
	int code = WEXITSTATUS(status);

	life->ending = WIFEXITED(status) ? ENDING_EXIT : ENDING_SIGNAL;
	life->status = WIFEXITED(status) ? code : WTERMSIG(status);
	if (WIFEXITED(status) && reaper && code > 128 && code <= 128 + SIGNAL_MAX) {
		life->ending = ENDING_SIGNAL;
		life->status = code - 128;
	}
}

/* v1 speaks before it kills: who hears that, and kills the leaf, takes the victim away before it is counted. */
static void note_oom(struct supervisor *sv, uint32_t index)
{
	struct service *s = service_at(sv, index);
	uint32_t count = (uint32_t)launch_oom_kills(sv, index);
	bool grew = count > s->life.oom_kills, heard = s->handles.flags & HANDLE_OOM;

	if (s->life.ending == ENDING_SIGNAL && !s->life.asked && (grew || heard))
		s->life.ending = ENDING_OOM;
	s->life.oom_uncounted += s->life.ending == ENDING_OOM && !grew;
	s->life.oom_kills = count;
}

static enum state died(struct supervisor *sv, uint32_t index, int status)
{
	struct service *s = service_at(sv, index);

	if (!s->life.execed)
		hear(sv, index, 0);
	if (s->life.ending != ENDING_SPAWN && s->life.ending != ENDING_OVERDUE)
		note_status(spec_at(sv, index), &s->life, status);
	note_oom(sv, index);
	launch_reaped(sv, index);
	service_look(sv, index);
	return STATE_DRAINING;
}

static enum state force(struct supervisor *sv, uint32_t index, int arg)
{
	struct life *life = life_at(sv, index);

	(void)arg;
	if (!life->killed && !sv->state->hurried)
		log_warn(service_name(sv, index), 0, "did not stop within %u ms: killed",
			 spec_at(sv, index)->grace_ms);
	life->killed = 1;
	launch_kill(sv, index);
	await(sv, index, FORCE_MS);
	return STATE_STOPPING;
}

static enum state overdue(struct supervisor *sv, uint32_t index, int arg)
{
	enum state next = stop(sv, index, arg);
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
		return admit(sv, index, 0);
	next = judge(sv, index);
	if (next != STATE_STARTING)
		return next;
	tell_again(sv, index);
	return admit(sv, index, 0);
}

/* With a pid the next run has begun: a crash came before the state said so. */
static enum state drain(struct supervisor *sv, uint32_t index, int arg)
{
	(void)arg;
	if (service_at(sv, index)->handles.pid || launch_is_empty(sv, index))
		return ended(sv, index);
	launch_kill(sv, index);
	await(sv, index, DRAIN_MS);
	return STATE_DRAINING;
}

/* -- the table of cells ------------------------------------------------------------------------ */

#define ACTIONS(X) X(admit) X(forgive) X(look) X(stop) X(hear) X(died) X(force) X(overdue) X(drain)

enum cell {
	/* 0 to STATE_COUNT - 1: go there */
	CELL_STAY = STATE_COUNT,
	CELL_BUG,
	CELL_FIRST_ACTION,
	CELL_BEFORE = CELL_FIRST_ACTION - 1,
#define X(name) CELL_##name,
	ACTIONS(X)
#undef X
};

static action_fn *const actions[] = {
#define X(name) name,
	ACTIONS(X)
#undef X
};

#define DO(action) CELL_##action
#define GO(next) STATE_##next
#define STAY CELL_STAY
#define BUG CELL_BUG
#define CELLS(a, b, c, d, e, f, g) { a, b, c, d, e, f, g }

static const uint8_t cells[STATE_COUNT][EVENT_COUNT] = {
#define STATE(name, ...) CELLS(__VA_ARGS__),
#include "services/states.def"
#undef STATE
};

static enum state next_state(struct supervisor *sv, uint32_t index, enum event event, int arg)
{
	enum state state = life_at(sv, index)->state;
	uint8_t cell = cells[state][event];

	if (cell < STATE_COUNT)
		return cell;
	if (cell >= CELL_FIRST_ACTION)
		return actions[cell - CELL_FIRST_ACTION](sv, index, arg);
	if (cell == CELL_BUG)
		log_error(service_name(sv, index), 0, "bug: event %s in state %s; nothing was done",
			  event_name(event), state_name(state));
	return state;
}

/* -- entering a state --------------------------------------------------------------------------- */

static int64_t time_allowed(const struct supervisor *sv, uint32_t index, enum state state)
{
	const struct service_spec *spec = spec_at(sv, index);

	switch (state) {
	case STATE_STARTING: return spec->start_ms;
	case STATE_STOPPING: return spec->grace_ms ? spec->grace_ms : 1;
	case STATE_DRAINING: return DRAIN_MS;
	case STATE_BACKOFF: return life_at(sv, index)->delay_ms ? life_at(sv, index)->delay_ms : 1;
	default: return 0;
	}
}

static void enter(struct supervisor *sv, uint32_t index, enum state next)
{
	const struct service_spec *spec = spec_at(sv, index);
	struct service *s = service_at(sv, index);
	bool was_active = service_is_active(s);

	sv->draining += next == STATE_DRAINING;
	sv->draining -= s->life.state == STATE_DRAINING;
	s->life.state = (uint8_t)next;
	s->life.blocked &= next == STATE_WAITING;
	s->life.since = when_now();
	await(sv, index, time_allowed(sv, index, next));
	look_at_list(sv, spec->dependents);
	if (was_active && !service_is_active(s))
		look_before(sv, index);
}

/* A line in the log for what a person wants to know; all else is for `minit events`. */
static void tell(struct supervisor *sv, uint32_t index, enum state was)
{
	const struct life *life = life_at(sv, index);
	BUF_ON_STACK(why, STATE_WHY);

	service_why(sv, index, &why);
	switch ((enum state)life->state) {
	case STATE_BACKOFF:
		log_warn(service_name(sv, index), 0, "%s; again in %u ms", buf_text(&why), life->delay_ms);
		break;
	case STATE_FAILED:
		log_error(service_name(sv, index), 0, "%s; given up", buf_text(&why));
		break;
	case STATE_WAITING:
		if (life->blocked)
			log_warn(service_name(sv, index), 0, "%s", buf_text(&why));
		break;
	default:
		log_debug(service_name(sv, index), "%s, was %s", state_name(life->state), state_name(was));
	}
}

/* -- events --------------------------------------------------------------------------------------- */

/* Is the next run the user's doing, and not the policy's? */
static bool is_anew(const struct life *life, enum event event, uint8_t wanted)
{
	bool runs = life->state == STATE_STARTING || life->state == STATE_UP;
	bool given_up = life->state == STATE_FAILED || life->state == STATE_DONE;

	if (event == EVENT_RESTART || (event == EVENT_WANT_UP && !runs && (given_up || wanted == WANT_DOWN)))
		return true;
	return life->again && event != EVENT_WANT_DOWN;
}

static void note_want(struct supervisor *sv, uint32_t index, enum event event)
{
	struct life *life = life_at(sv, index);
	uint8_t was = life->want;

	if (event == EVENT_WANT_UP || event == EVENT_RESTART)
		life->want = WANT_UP;
	else if (event == EVENT_WANT_DOWN)
		life->want = WANT_DOWN;
	life->again = is_anew(life, event, was);
	if (life->want == was)
		return;
	look_at_list(sv, spec_at(sv, index)->dependents);
	look_before(sv, index);
}

/*
 * While an event is worked on, what life was before stands in the state file: a
 * crash in the middle is undone and the event repeated (service_recover). Each
 * action can be: what it did to the world is in the handles.
 */
static void open_inflight(struct supervisor *sv, uint32_t index, enum event event, int arg)
{
	struct inflight *in = &sv->state->inflight;

	in->event = event;
	in->arg = arg;
	in->saved = *life_at(sv, index);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	in->service = index + 1;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

static void close_inflight(struct supervisor *sv)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	sv->state->inflight.service = 0;
}

static void dispatch(struct supervisor *sv, uint32_t index, enum event event, int arg)
{
	struct life *life = life_at(sv, index);
	enum state was = life->state, next;
	uint32_t starts = life->starts;
	bool was_blocked = life->blocked, moved;

	open_inflight(sv, index, event, arg);
	if (event == EVENT_TIMEOUT)
		life->deadline = WHEN_NEVER;
	note_want(sv, index, event);
	next = next_state(sv, index, event, arg);
	moved = next != was || life->starts != starts; /* a run that fails at once may lead back to where it was */
	if (moved)
		enter(sv, index, next);
	else if (was_blocked != life->blocked)
		look_at_list(sv, spec_at(sv, index)->dependents);
	close_inflight(sv);
	if (!moved && was_blocked == life->blocked)
		return;
	sv->state->events++;
	tell(sv, index, was);
	sv->on_change(sv, index, was);
}

void service_look(struct supervisor *sv, uint32_t index)
{
	uint32_t at = sv->queue_head + sv->queue_len;

	if (sv->queued[index])
		return;
	sv->queued[index] = 1;
	sv->queue[at % sv->state->count] = index;
	sv->queue_len++;
}

void service_settle(struct supervisor *sv)
{
	if (sv->settling || !sv->state->count)
		return;
	sv->settling = true;
	while (sv->queue_len > 0) {
		uint32_t index = sv->queue[sv->queue_head];

		sv->queue_head = (sv->queue_head + 1) % sv->state->count;
		sv->queue_len--;
		sv->queued[index] = 0;
		dispatch(sv, index, EVENT_LOOK, 0);
	}
	sv->settling = false;
}

void service_event(struct supervisor *sv, uint32_t index, enum event event, int arg)
{
	dispatch(sv, index, event, arg);
	service_settle(sv);
}

void service_orphan(struct supervisor *sv)
{
	for (uint32_t i = 0; sv->draining && i < sv->state->count; i++)
		if (life_at(sv, i)->state == STATE_DRAINING)
			service_look(sv, i);
}

struct when service_timeouts(struct supervisor *sv, struct when now)
{
	struct when next = WHEN_NEVER;

	sv->strays_known = false;
	for (uint32_t i = 0; i < sv->state->count; i++) {
		struct life *life = life_at(sv, i);

		if (!when_before(now, life->deadline))
			service_event(sv, i, EVENT_TIMEOUT, 0);
		if (when_before(life->deadline, next))
			next = life->deadline;
	}
	return next;
}

void service_recover(struct supervisor *sv)
{
	struct inflight in = sv->state->inflight;

	if (in.service)
		*life_at(sv, in.service - 1) = in.saved;
	for (uint32_t i = 0; i < sv->state->count; i++) {
		sv->draining += life_at(sv, i)->state == STATE_DRAINING;
		if (service_at(sv, i)->handles.pid)
			service_pid_add(sv, i);
		service_look(sv, i);
	}
	if (in.service)
		service_event(sv, in.service - 1, (enum event)in.event, in.arg);
	service_settle(sv);
}
