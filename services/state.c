#include "services/state.h"

#include "lib/log.h"
#include "services/actions.h"
#include "services/calm.h"

void state_await(struct supervisor *sv, uint32_t index, int64_t ms)
{
	struct life *life = life_at(sv, index);

	life->deadline = ms ? when_in(when_now(), ms) : WHEN_NEVER;
	if (ms)
		sv->on_deadline(sv, life->deadline);
}

void state_look_at(struct supervisor *sv, struct list list)
{
	const uint32_t *index = table_list(sv->table, list, uint32_t);

	for (uint32_t i = 0; i < list.count; i++)
		service_look(sv, index[i]);
}

/* What it needs and comes after: it may have held them, and hold them no longer. */
static void look_before(struct supervisor *sv, uint32_t index)
{
	state_look_at(sv, spec_at(sv, index)->needs);
	state_look_at(sv, spec_at(sv, index)->after);
}

/* -- the table of cells ------------------------------------------------------------------------ */

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
#define X(name) action_##name,
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

/* Who waits for less pressure looks again, all of them at the same moment. */
static int64_t time_to_look(const struct life *life)
{
	return life->pressed ? CALM_MS - when_now().ms % CALM_MS : 0;
}

static int64_t time_allowed(const struct supervisor *sv, uint32_t index, enum state state)
{
	const struct service_spec *spec = spec_at(sv, index);

	switch (state) {
	case STATE_WAITING: return time_to_look(life_at(sv, index));
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
	if (next != STATE_WAITING)
		s->life.pressed = 0;
	s->life.since = when_now();
	state_await(sv, index, time_allowed(sv, index, next));
	state_look_at(sv, spec->dependents);
	if (was_active && !service_is_active(s))
		look_before(sv, index);
}

static void tell_why(struct supervisor *sv, uint32_t index)
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
		else if (life->pressed)
			log_info(service_name(sv, index), "%s", buf_text(&why));
		break;
	default:
		break;
	}
}

/* A line in the log for what a person wants to know; all else is for `minit events`. */
static void tell(struct supervisor *sv, uint32_t index, enum state was)
{
	enum state state = life_at(sv, index)->state;

	if (state == STATE_BACKOFF || state == STATE_FAILED || state == STATE_WAITING)
		tell_why(sv, index);
	else
		log_debug(service_name(sv, index), "%s, was %s", state_name(state), state_name(was));
}

/* -- events --------------------------------------------------------------------------------------- */

/* Is the next run the user's doing, and not the policy's? */
static bool is_anew(const struct life *life, enum event event, uint8_t wanted)
{
	bool given_up = life->state == STATE_FAILED || life->state == STATE_DONE;

	if (event == EVENT_RESTART || (event == EVENT_WANT_UP && !life_runs(life) && (given_up || wanted == WANT_DOWN)))
		return true;
	return life->again && event != EVENT_WANT_DOWN;
}

static void note_want(struct supervisor *sv, uint32_t index, enum event event, int arg)
{
	struct life *life = life_at(sv, index);
	uint8_t was = life->want;

	life->restarts += event == EVENT_RESTART && arg;

	if (event == EVENT_WANT_UP || event == EVENT_RESTART)
		life->want = WANT_UP;
	else if (event == EVENT_WANT_DOWN)
		life->want = WANT_DOWN;
	life->again = is_anew(life, event, was);
	if (life->want == was)
		return;
	state_look_at(sv, spec_at(sv, index)->dependents);
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

/* It waits on, for the same or for something else. */
static void wait_on(struct supervisor *sv, uint32_t index, bool was_blocked)
{
	state_await(sv, index, time_to_look(life_at(sv, index)));
	if (was_blocked != life_at(sv, index)->blocked)
		state_look_at(sv, spec_at(sv, index)->dependents);
}

static void dispatch(struct supervisor *sv, uint32_t index, enum event event, int arg)
{
	struct life *life = life_at(sv, index);
	enum state was = life->state, next;
	uint32_t starts = life->starts;
	uint8_t was_blocked = life->blocked, was_pressed = life->pressed;
	bool moved;

	open_inflight(sv, index, event, arg);
	if (event == EVENT_TIMEOUT)
		life->deadline = WHEN_NEVER;
	note_want(sv, index, event, arg);
	next = next_state(sv, index, event, arg);
	moved = next != was || life->starts != starts; /* a run that fails at once may lead back to where it was */
	if (moved)
		enter(sv, index, next);
	else if (next == STATE_WAITING)
		wait_on(sv, index, was_blocked);
	close_inflight(sv);
	if (!moved && was_blocked == life->blocked && was_pressed == life->pressed)
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
