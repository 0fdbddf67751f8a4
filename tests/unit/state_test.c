// links: services/actions.c services/calm.c lib/pressure.c services/state.c services/depend.c services/policy.c services/words.c services/failure.c services/statefile.c
// links: lib/buf.c lib/clock.c lib/cure.c lib/fd.c lib/signame.c
// links: tests/fake/launch.c tests/fake/why.c tests/fake/log.c tests/fake/image.c services/layout.c
// flags: -Wl,--wrap=clock_gettime
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/fake/image.h"
#include "tests/fake/launch.h"
#include "tests/fake/log.h"

/* b is the one under test: it may need a, and c may need it. */
enum { A, B, C, COUNT };

static struct image image;
static struct supervisor sv;
static int64_t now_ms;
static struct { uint32_t index; enum state was; unsigned count; } changed;

int __wrap_clock_gettime(clockid_t id, struct timespec *ts);
int __wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
	(void)id;
	*ts = (struct timespec){ .tv_sec = now_ms / 1000, .tv_nsec = now_ms % 1000 * 1000000 };
	return 0;
}

static void on_change(struct supervisor *s, uint32_t index, enum state was)
{
	(void)s;
	if (index == B) {
		changed.was = was;
		changed.count++;
	}
}

static void on_deadline(struct supervisor *s, struct when when) { (void)s, (void)when; }
static void on_status_fd(struct supervisor *s, uint32_t index, int fd) { (void)s, (void)index, (void)fd; }

static struct life *life_of(uint32_t i)
{
	return &sv.state->services[i].life;
}

static enum state state_of(uint32_t i)
{
	return life_of(i)->state;
}

/* -- the walk through all cells ---------------------------------------------------------------------------- */

struct shape {
	bool needs_ready, needs_unready, has_dependent;
	enum restart restart;
	enum ready ready;
	bool populated, stable;
	int launch_err, heard, exit_status;
	uint32_t start_ms;
	enum want want;
};

/* As new, for speed without asking the kernel for memory again. */
static void rebuild(void)
{
	uint32_t count = sv.state->count;

	for (uint32_t i = 0; i < count; i++)
		sv.state->services[i] = (struct service){
			.life = { .since = when_now(), .deadline = WHEN_NEVER },
			.handles = { .status_fd = -1, .out = { -1, -1 }, .netns = -1 },
		};
	memset(sv.queue, 0, (size_t)((char *)(sv.queued + count) - (char *)sv.queue));
	sv.queue_head = sv.queue_len = sv.draining = 0;
	memset(&changed, 0, sizeof(changed));
	fake_launch_reset();
	log_forget();
}

static void build(void)
{
	struct statefile *state;

	image_end(&image);
	if (sv.queue)
		munmap(sv.queue, 1);
	if (sv.state)
		munmap(sv.state, sv.state->size);
	memset(&sv, 0, sizeof(sv));
	close(state_create(&image.table, &state));
	assert_int_equal(supervisor_init(&sv, state, &image.table), 0);
	sv.on_change = on_change;
	sv.on_deadline = on_deadline;
	sv.on_status_fd = on_status_fd;
	rebuild();
}

static bool is_running(enum state state)
{
	return state == STATE_STARTING || state == STATE_UP || state == STATE_STOPPING;
}

static bool is_timed(uint32_t i, enum state state)
{
	return (state == STATE_STARTING && image.spec[i].start_ms) || state == STATE_STOPPING || state == STATE_DRAINING ||
	       state == STATE_BACKOFF;
}

/* Puts a service into a state, as if it had come there by itself. */
static void put(uint32_t i, enum state state, enum want want)
{
	struct service *s = service_at(&sv, i);

	s->life.state = (uint8_t)state;
	s->life.want = (uint8_t)want;
	s->life.starts = state != STATE_DOWN && state != STATE_WAITING;
	s->life.execed = state == STATE_UP;
	s->life.started = s->life.since = when_now();
	s->life.deadline = is_timed(i, state) ? when_in(when_now(), 500) : WHEN_NEVER;
	s->handles.pid = is_running(state) ? 100 + (int)i : 0;
	if (s->handles.pid)
		service_pid_add(&sv, i);
	sv.draining += state == STATE_DRAINING;
}

static void set_up_table(const struct shape *shape)
{
	image_begin(&image, COUNT);
	image.spec[B].restart = (uint8_t)shape->restart;
	image.spec[B].ready = (uint8_t)shape->ready;
	image.spec[B].start_ms = shape->start_ms;
	if (shape->needs_ready || shape->needs_unready)
		image.edge[B][A] = EDGE_NEEDS;
	if (shape->has_dependent)
		image.edge[C][B] = EDGE_NEEDS;
	build();
}

static void set_up(const struct shape *shape, enum state state)
{
	rebuild();
	put(A, shape->needs_ready ? STATE_UP : STATE_BACKOFF, WANT_UP);
	put(B, state, shape->want);
	life_of(B)->started.ms -= shape->stable ? 60000 : 0;
	life_of(B)->ending = WIFEXITED(shape->exit_status) ? ENDING_EXIT : ENDING_SIGNAL;
	life_of(B)->status = WEXITSTATUS(shape->exit_status);
	if (shape->has_dependent)
		put(C, STATE_UP, WANT_UP);
	fake_launch.err = shape->launch_err;
	fake_launch.heard = shape->heard;
	fake_launch.populated = shape->populated;
}

/*
 * What may follow, written down once more and by hand: a letter for each state
 * (Down Waiting Starting Up stoPping dRaining Backoff Failed dOne), '!' where
 * the event cannot come.
 */
static const char letters[STATE_COUNT + 1] = "DWSUPRBFO";
static const char *const may_follow[STATE_COUNT][EVENT_COUNT] = {
	/*                 WANT_UP  WANT_DOWN  RESTART  LOOK       STATUS  EXIT       TIMEOUT */
	[STATE_DOWN]     = { "WSBF", "D",       "WSBF",  "D",       "!",    "!",       "D" },
	[STATE_WAITING]  = { "W",    "D",       "W",     "WSBF",    "!",    "!",       "WSBF" },
	[STATE_STARTING] = { "S",    "SP",      "SP",    "SP",      "SU",   "RSWDBFO", "P" },
	[STATE_UP]       = { "U",    "UP",      "UP",    "UP",      "U",    "RSWDBFO", "U" },
	[STATE_STOPPING] = { "P",    "P",       "P",     "P",       "P",    "RSWDBFO", "P" },
	[STATE_DRAINING] = { "R",    "R",       "R",     "RSWDBFO", "R",    "!",       "RSWDBFO" },
	[STATE_BACKOFF]  = { "WSBF", "D",       "WSBF",  "B",       "!",    "!",       "WSBF" },
	[STATE_FAILED]   = { "WSBF", "D",       "WSBF",  "F",       "!",    "!",       "F" },
	[STATE_DONE]     = { "WSBF", "D",       "WSBF",  "O",       "!",    "!",       "O" },
};

/* Down is not wanted in a state of waiting for something, nor up in DOWN. */
static bool can_be(enum state state, enum want want)
{
	bool idle = state == STATE_WAITING || state == STATE_BACKOFF || state == STATE_FAILED || state == STATE_DONE;

	return state == STATE_DOWN ? want == WANT_DOWN : !idle || want == WANT_UP;
}

static enum want want_after(enum want want, enum event event)
{
	if (event == EVENT_WANT_UP || event == EVENT_RESTART)
		return WANT_UP;
	return event == EVENT_WANT_DOWN ? WANT_DOWN : want;
}

static void check_rest(const struct shape *shape, enum state state, enum event event)
{
	const struct service *s = service_at(&sv, B);
	enum state next = s->life.state;

	if ((s->handles.pid != 0) != is_running(next))
		fail_msg("%s, %s: pid %d in state %s", state_name(state), event_name(event), s->handles.pid, state_name(next));
	if (when_is_never(s->life.deadline) == is_timed(B, next))
		fail_msg("%s, %s: %s in state %s", state_name(state), event_name(event),
			 is_timed(B, next) ? "no deadline" : "a deadline", state_name(next));
	if (s->life.want != want_after(shape->want, event))
		fail_msg("%s, %s: the wish is not respected", state_name(state), event_name(event));
	if (next != state && !changed.count)
		fail_msg("%s, %s: nobody was told of state %s", state_name(state), event_name(event), state_name(next));
	if (next == STATE_STARTING && state != STATE_STARTING && shape->needs_unready)
		fail_msg("%s, %s: started without what it needs", state_name(state), event_name(event));
	if (next == STATE_STOPPING && is_running(state) && state != STATE_STOPPING && shape->has_dependent &&
	    event != EVENT_TIMEOUT)
		fail_msg("%s, %s: stopped under what needs it", state_name(state), event_name(event));
}

static void try_cell(const struct shape *shape, enum state state, enum event event)
{
	const char *allowed = may_follow[state][event];
	struct service before;

	set_up(shape, state);
	before = *service_at(&sv, B);
	service_event(&sv, B, event, event == EVENT_EXIT ? shape->exit_status : 0);
	assert_int_equal(sv.queue_len, 0);
	assert_int_equal(sv.state->inflight.service, 0);
	if (*allowed == '!') {
		assert_non_null(log_bug());
		assert_memory_equal(&before, service_at(&sv, B), sizeof(before));
		assert_int_equal(changed.count, 0);
		assert_string_equal(fake_launch.did, "");
		return;
	}
	if (log_bug())
		fail_msg("%s", log_bug());
	if (!strchr(allowed, letters[state_of(B)]))
		fail_msg("%s, %s: to %s", state_name(state), event_name(event), state_name(state_of(B)));
	check_rest(shape, state, event);
}

/* The n-th of all shapes; false when there are no more. */
static bool shape_number(unsigned n, struct shape *ret)
{
	static const int errors[] = { 0, -EAGAIN, -ENOENT }, heard[] = { 0, 1, -EAGAIN }, exits[] = { 0, 1 << 8, SIGSEGV };
	unsigned needs;

#define DIGIT(base) (n % (base)); n /= (base)
	needs = DIGIT(3);
	*ret = (struct shape){ .needs_ready = needs == 1, .needs_unready = needs == 2 };
	ret->has_dependent = DIGIT(2);
	ret->restart = DIGIT(3);
	ret->ready = DIGIT(2);
	ret->populated = DIGIT(2);
	ret->stable = DIGIT(2);
	ret->launch_err = errors[n % 3]; n /= 3;
	ret->heard = heard[n % 3]; n /= 3;
	ret->exit_status = exits[n % 3]; n /= 3;
	ret->start_ms = DIGIT(2);
	ret->start_ms *= 3000;
	ret->want = DIGIT(2);
	return n == 0;
}

static void every_cell_leads_where_it_may_in_every_shape(void **context)
{
	bool seen[STATE_COUNT][EVENT_COUNT][STATE_COUNT] = { 0 };
	unsigned shapes = 0, tries = 0;
	struct shape shape;

	(void)context;
	for (; shape_number(shapes, &shape); shapes++) {
		set_up_table(&shape);
		for (enum state state = 0; state < STATE_COUNT; state++)
			for (enum event event = 0; event < EVENT_COUNT; event++) {
				if (!can_be(state, shape.want))
					continue;
				try_cell(&shape, state, event);
				seen[state][event][state_of(B)] = true;
				tries++;
			}
	}
	for (enum state state = 0; state < STATE_COUNT; state++)
		for (enum event event = 0; event < EVENT_COUNT; event++)
			for (const char *c = may_follow[state][event]; *c && *c != '!'; c++)
				if (!seen[state][event][strchr(letters, *c) - letters])
					fail_msg("%s, %s: never to %s", state_name(state), event_name(event),
						 state_name((enum state)(strchr(letters, *c) - letters)));
	printf("# %u shapes, %u events\n", shapes, tries);
}

/* -- one thing each ------------------------------------------------------------------------------------------- */

static void begin(void)
{
	now_ms = 1000000;
	image_begin(&image, COUNT);
}

static void exec_ok(uint32_t i)
{
	fake_launch.heard = 0;
	service_event(&sv, i, EVENT_STATUS, 0);
}

static void bring_up(uint32_t i)
{
	service_event(&sv, i, EVENT_WANT_UP, 0);
	exec_ok(i);
	assert_int_equal(state_of(i), STATE_UP);
}

static void pass(int64_t ms)
{
	now_ms += ms;
	(void)service_timeouts(&sv, when_now());
}

#define EXIT(code) ((code) << 8)

static void a_service_goes_up_and_down(void **context)
{
	(void)context;
	begin();
	build();
	service_event(&sv, B, EVENT_WANT_UP, 0);
	assert_int_equal(state_of(B), STATE_STARTING);
	exec_ok(B);
	assert_int_equal(state_of(B), STATE_UP);
	service_event(&sv, B, EVENT_WANT_DOWN, 0);
	assert_int_equal(state_of(B), STATE_STOPPING);
	service_event(&sv, B, EVENT_EXIT, SIGTERM);
	assert_int_equal(state_of(B), STATE_DOWN);
	assert_string_equal(fake_launch.did, "launch b, hear b, stop b");
	assert_int_equal(sv.state->events, 5);
}

static void what_it_needs_comes_up_first_and_goes_last(void **context)
{
	(void)context;
	begin();
	image.edge[B][A] = EDGE_NEEDS;
	build();
	service_event(&sv, B, EVENT_WANT_UP, 0);
	assert_int_equal(state_of(B), STATE_WAITING);
	service_event(&sv, A, EVENT_WANT_UP, 0);
	assert_int_equal(state_of(B), STATE_WAITING);
	exec_ok(A);
	assert_int_equal(state_of(B), STATE_STARTING);
	exec_ok(B);
	service_event(&sv, A, EVENT_WANT_DOWN, 0);
	assert_int_equal(state_of(A), STATE_UP);
	assert_int_equal(state_of(B), STATE_STOPPING);
	service_event(&sv, B, EVENT_EXIT, 0);
	assert_int_equal(state_of(B), STATE_WAITING);
	assert_int_equal(state_of(A), STATE_STOPPING);
}

static void a_task_is_ready_when_it_is_done(void **context)
{
	(void)context;
	begin();
	image.edge[B][A] = EDGE_NEEDS;
	image.spec[A].ready = READY_EXIT;
	build();
	service_event(&sv, A, EVENT_WANT_UP, 0);
	service_event(&sv, B, EVENT_WANT_UP, 0);
	exec_ok(A);
	assert_int_equal(state_of(A), STATE_STARTING);
	assert_int_equal(state_of(B), STATE_WAITING);
	service_event(&sv, A, EVENT_EXIT, 0);
	assert_int_equal(state_of(A), STATE_DONE);
	assert_int_equal(state_of(B), STATE_STARTING);
}

static void who_needs_a_failed_task_waits(void **context)
{
	(void)context;
	begin();
	image.edge[B][A] = EDGE_NEEDS;
	image.spec[A].ready = READY_EXIT;
	image.spec[A].restart = RESTART_NEVER;
	build();
	service_event(&sv, A, EVENT_WANT_UP, 0);
	service_event(&sv, B, EVENT_WANT_UP, 0);
	exec_ok(A);
	service_event(&sv, A, EVENT_EXIT, EXIT(1));
	assert_int_equal(state_of(A), STATE_FAILED);
	assert_int_equal(state_of(B), STATE_WAITING);
}

/* C needs B, which needs A: when A has failed for good both are told to wait in vain, and by whom. */
static void who_waits_in_vain_is_told(void **context)
{
	BUF_ON_STACK(why, STATE_WHY);

	(void)context;
	begin();
	image.edge[B][A] = image.edge[C][B] = EDGE_NEEDS;
	image.spec[A].restart = RESTART_NEVER;
	build();
	service_event(&sv, A, EVENT_WANT_UP, 0);
	service_event(&sv, B, EVENT_WANT_UP, 0);
	service_event(&sv, C, EVENT_WANT_UP, 0);
	assert_false(service_at(&sv, B)->life.blocked);
	service_event(&sv, A, EVENT_EXIT, EXIT(1));
	assert_int_equal(state_of(C), STATE_WAITING);
	assert_true(service_at(&sv, B)->life.blocked);
	assert_true(service_at(&sv, C)->life.blocked);
	assert_int_equal(service_blocker(&sv, B), A);
	assert_int_equal(service_blocker(&sv, C), A);
	service_why(&sv, C, &why);
	assert_string_equal(buf_text(&why), "waiting for b, and that in the end for a (failed)");
	assert_non_null(strstr(log_text, "warn b: waiting for a (failed)"));
	service_event(&sv, A, EVENT_WANT_UP, 0);
	assert_false(service_at(&sv, B)->life.blocked);
	assert_false(service_at(&sv, C)->life.blocked);
	assert_int_equal(service_blocker(&sv, C), -1);
	exec_ok(A);
	assert_int_equal(state_of(B), STATE_STARTING);
	assert_false(service_at(&sv, B)->life.blocked);
}

static void who_comes_after_one_that_waits_in_vain_does_not_wait(void **context)
{
	(void)context;
	begin();
	image.edge[B][A] = EDGE_NEEDS;
	image.edge[C][B] = EDGE_AFTER;
	image.spec[A].restart = RESTART_NEVER;
	build();
	service_event(&sv, A, EVENT_WANT_UP, 0);
	service_event(&sv, B, EVENT_WANT_UP, 0);
	service_event(&sv, C, EVENT_WANT_UP, 0);
	assert_int_equal(state_of(C), STATE_WAITING);
	service_event(&sv, A, EVENT_EXIT, EXIT(1));
	assert_int_equal(state_of(B), STATE_WAITING);
	assert_int_equal(state_of(C), STATE_STARTING);
}

static void a_need_that_dies_by_itself_leaves_its_dependents_running(void **context)
{
	(void)context;
	begin();
	image.edge[B][A] = EDGE_NEEDS;
	build();
	bring_up(A);
	bring_up(B);
	service_event(&sv, A, EVENT_EXIT, SIGSEGV);
	assert_int_equal(state_of(A), STATE_BACKOFF);
	assert_int_equal(state_of(B), STATE_UP);
}

static void restart_by_policy_is_counted(void **context)
{
	(void)context;
	begin();
	build();
	bring_up(A);
	for (int by_policy = 0; by_policy < 2; by_policy++) {
		service_event(&sv, A, EVENT_RESTART, by_policy);
		service_event(&sv, A, EVENT_EXIT, 0);
		exec_ok(A);
		assert_int_equal(state_of(A), STATE_UP);
		assert_int_equal(service_at(&sv, A)->life.restarts, by_policy);
	}
}

static void restart_takes_along_what_needs_it_in_order(void **context)
{
	(void)context;
	begin();
	image.edge[B][A] = EDGE_NEEDS;
	build();
	bring_up(A);
	bring_up(B);
	service_event(&sv, A, EVENT_RESTART, 0);
	assert_int_equal(state_of(A), STATE_UP);
	assert_int_equal(state_of(B), STATE_STOPPING);
	service_event(&sv, B, EVENT_EXIT, 0);
	assert_int_equal(state_of(A), STATE_STOPPING);
	service_event(&sv, A, EVENT_EXIT, 0);
	assert_int_equal(state_of(A), STATE_STARTING);
	assert_int_equal(state_of(B), STATE_WAITING);
	exec_ok(A);
	assert_int_equal(state_of(B), STATE_STARTING);
}

static void restart_while_it_is_ending_begins_anew_whatever_the_policy_says(void **context)
{
	(void)context;
	begin();
	image.spec[B].restart = RESTART_NEVER;
	build();
	bring_up(B);
	fake_launch.populated = true;
	service_event(&sv, B, EVENT_EXIT, EXIT(1));
	assert_int_equal(state_of(B), STATE_DRAINING);
	service_event(&sv, B, EVENT_RESTART, 0);
	fake_launch.populated = false;
	service_orphan(&sv);
	service_settle(&sv);
	assert_int_equal(state_of(B), STATE_STARTING);
}

static void a_stop_overrules_a_restart(void **context)
{
	(void)context;
	begin();
	build();
	bring_up(B);
	service_event(&sv, B, EVENT_RESTART, 0);
	service_event(&sv, B, EVENT_WANT_DOWN, 0);
	service_event(&sv, B, EVENT_EXIT, 0);
	assert_int_equal(state_of(B), STATE_DOWN);
}

static void a_stop_that_is_taken_back_starts_it_again(void **context)
{
	(void)context;
	begin();
	image.spec[B].restart = RESTART_NEVER;
	build();
	bring_up(B);
	service_event(&sv, B, EVENT_WANT_DOWN, 0);
	service_event(&sv, B, EVENT_WANT_UP, 0);
	service_event(&sv, B, EVENT_EXIT, SIGTERM);
	assert_int_equal(state_of(B), STATE_STARTING);
}

static void a_wish_for_down_and_up_while_it_drains_starts_it_again(void **context)
{
	(void)context;
	begin();
	image.spec[B].restart = RESTART_NEVER;
	build();
	bring_up(B);
	fake_launch.populated = true;
	service_event(&sv, B, EVENT_EXIT, EXIT(1));
	service_event(&sv, B, EVENT_WANT_DOWN, 0);
	service_event(&sv, B, EVENT_WANT_UP, 0);
	fake_launch.populated = false;
	pass(1000);
	assert_int_equal(state_of(B), STATE_STARTING);
}

static void who_does_not_stop_in_time_is_killed_again_and_again(void **context)
{
	(void)context;
	begin();
	build();
	bring_up(B);
	service_event(&sv, B, EVENT_WANT_DOWN, 0);
	fake_launch.did[0] = '\0';
	pass(4999);
	assert_string_equal(fake_launch.did, "");
	pass(1);
	assert_string_equal(fake_launch.did, "kill b");
	assert_non_null(strstr(log_text, "warn b: did not stop within 5000 ms: killed"));
	pass(1000);
	assert_string_equal(fake_launch.did, "kill b, kill b");
}

static void without_grace_it_is_killed_at_once(void **context)
{
	(void)context;
	begin();
	image.spec[B].grace_ms = 0;
	build();
	bring_up(B);
	service_event(&sv, B, EVENT_WANT_DOWN, 0);
	pass(1);
	assert_non_null(strstr(fake_launch.did, "kill b"));
}

static void what_is_left_of_it_is_killed_before_it_begins_again(void **context)
{
	(void)context;
	begin();
	build();
	bring_up(B);
	now_ms += 60000;
	fake_launch.did[0] = '\0';
	fake_launch.populated = true;
	service_event(&sv, B, EVENT_EXIT, EXIT(1));
	assert_int_equal(state_of(B), STATE_DRAINING);
	assert_string_equal(fake_launch.did, "kill b");
	pass(100);
	assert_string_equal(fake_launch.did, "kill b, kill b");
	fake_launch.populated = false;
	pass(100);
	assert_int_equal(state_of(B), STATE_STARTING);
}

static void too_slow_is_a_failure(void **context)
{
	(void)context;
	begin();
	image.spec[B].start_ms = 2000;
	image.spec[B].ready = READY_EXIT;
	image.spec[B].backoff.give_up = 1;
	build();
	service_event(&sv, B, EVENT_WANT_UP, 0);
	exec_ok(B);
	pass(2000);
	assert_int_equal(state_of(B), STATE_STOPPING);
	service_event(&sv, B, EVENT_EXIT, 0);
	assert_int_equal(state_of(B), STATE_FAILED);
	assert_int_equal(life_of(B)->ending, ENDING_OVERDUE);
	assert_non_null(strstr(log_text, "not ready within start_timeout; given up"));
}

static void a_failed_step_is_told_by_name(void **context)
{
	(void)context;
	begin();
	image.spec[B].backoff.give_up = 1;
	build();
	service_event(&sv, B, EVENT_WANT_UP, 0);
	fake_launch.heard = 1;
	service_event(&sv, B, EVENT_STATUS, 0);
	service_event(&sv, B, EVENT_EXIT, EXIT(127));
	assert_int_equal(state_of(B), STATE_FAILED);
	assert_non_null(strstr(log_text, "error b: step user and groups: setgroups: Operation not permitted: minit may not become others here: run it as "
			       "root with CAP_SETUID and CAP_SETGID, or leave user, group and groups out; given up"));
}

static void who_ended_before_it_was_joined_is_no_user_that_is_missing(void **context)
{
	static const enum step steps[] = { STEP_idmap, STEP_userns };

	(void)context;
	begin();
	build();
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		BUF_ON_STACK(b, 256);

		life_of(B)->step = steps[i];
		life_of(B)->err = ESRCH;
		strcpy(life_of(B)->detail, "setns");
		failure_put(&sv, B, &b);
		assert_string_equal(buf_text(&b), "step user namespace: setns: No such process: the service whose user "
				    "namespace it joins has ended: start it first");
	}
}

static void check_hint(enum step step, const char *detail, int err, const char *end)
{
	BUF_ON_STACK(b, 400);
	size_t len = strlen(end);

	life_of(B)->step = step;
	life_of(B)->err = err;
	strcpy(life_of(B)->detail, detail);
	failure_put(&sv, B, &b);
	if (b.len < len || strcmp(buf_text(&b) + b.len - len, end) != 0)
		fail_msg("it is '%s', which does not end in '%s'", buf_text(&b), end);
}

static void what_to_do_is_about_what_has_failed(void **context)
{
	(void)context;
	begin();
	build();
	check_hint(STEP_userns, "groups", EINVAL, ": its user namespace has no such group: map it, or leave it out of groups");
	check_hint(STEP_userns, "setns", EINVAL, ": the service that it joins is in no user namespace of its own yet: name it in needs too");
	check_hint(STEP_idmap, "setns", EINVAL, ": the service that it joins is in no user namespace of its own yet: name it in needs too");
	check_hint(STEP_idmap, "uid_map", EINVAL, ": the maps overlap or name ids that are not there: correct userns");
	check_hint(STEP_mounts, "a read-only /sys", ENOSYS, ": to seal it takes Linux 5.12: give sys = \"none\"");
	check_hint(STEP_mounts, "a read-only /sys", EPERM, ": minit may not seal it here: run the container with --cap-add SYS_ADMIN, or give sys = \"none\"");
	check_hint(STEP_mounts, "/data", ENOSYS, ": needs Linux 5.12");
	check_hint(STEP_mounts, "/data", EPERM, ": minit may not mount here: run the container with --cap-add SYS_ADMIN, or leave root, readonly and hosts out");
}

static void what_could_not_be_prepared_is_told_by_its_step(void **context)
{
	(void)context;
	begin();
	image.spec[B].backoff.give_up = 1;
	build();
	fake_launch.err = -EROFS;
	service_at(&sv, B)->handles.refused = EROFS;
	service_at(&sv, B)->handles.refused_step = STEP_leaf;
	service_event(&sv, B, EVENT_WANT_UP, 0);
	assert_int_equal(state_of(B), STATE_FAILED);
	assert_non_null(strstr(log_text, "error b: step cgroup leaf: Read-only file system: why; given up"));
}

static void a_start_that_fails_at_once_again_and_again_is_tried_again_and_again(void **context)
{
	(void)context;
	begin();
	build();
	fake_launch.err = -EAGAIN;
	service_event(&sv, B, EVENT_WANT_UP, 0);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(state_of(B), STATE_BACKOFF);
		assert_int_equal(life_of(B)->starts, i + 1);
		pass(1000);
	}
	fake_launch.err = 0;
	pass(1000);
	assert_int_equal(state_of(B), STATE_STARTING);
}

static void a_start_of_a_failed_service_that_fails_again_is_told(void **context)
{
	(void)context;
	begin();
	build();
	fake_launch.err = -ENOENT;
	service_event(&sv, B, EVENT_WANT_UP, 0);
	assert_int_equal(state_of(B), STATE_FAILED);
	changed.count = 0;
	log_forget();
	service_event(&sv, B, EVENT_WANT_UP, 0);
	assert_int_equal(changed.count, 1);
	assert_non_null(strstr(log_text, "given up"));
}

static void killed_for_memory_is_told_from_killed(void **context)
{
	(void)context;
	begin();
	build();
	bring_up(B);
	fake_launch.oom_kills = 1;
	service_event(&sv, B, EVENT_EXIT, SIGKILL);
	assert_int_equal(life_of(B)->ending, ENDING_OOM);
	pass(1000);
	exec_ok(B);
	service_event(&sv, B, EVENT_EXIT, SIGKILL);
	assert_int_equal(life_of(B)->ending, ENDING_SIGNAL);
}

static void what_another_process_died_of_before_is_no_reason(void **context)
{
	(void)context;
	begin();
	build();
	bring_up(B);
	fake_launch.oom_kills = 1;
	service_at(&sv, B)->handles.oom_known = 1;
	service_at(&sv, B)->handles.oom_heard = when_now();
	service_event(&sv, B, EVENT_EXIT, SIGKILL); /* it had been told, and was about to die */
	assert_int_equal(life_of(B)->ending, ENDING_OOM);
	pass(1000);
	exec_ok(B);
	fake_launch.oom_kills = 2;
	service_at(&sv, B)->handles.oom_known = 2;
	service_at(&sv, B)->handles.oom_heard = when_now();
	pass(5000);
	service_event(&sv, B, EVENT_EXIT, SIGKILL);
	assert_int_equal(life_of(B)->ending, ENDING_SIGNAL);
	pass(1000);
	exec_ok(B);
	fake_launch.oom_kills = 3; /* nobody has told of this one yet */
	service_event(&sv, B, EVENT_EXIT, SIGKILL);
	assert_int_equal(life_of(B)->ending, ENDING_OOM);
}

static void what_is_not_killed_by_sigkill_was_not_out_of_memory(void **context)
{
	(void)context;
	begin();
	build();
	bring_up(B);
	fake_launch.oom_kills = 1;
	service_event(&sv, B, EVENT_EXIT, SIGSEGV);
	assert_int_equal(life_of(B)->ending, ENDING_SIGNAL);
}

/* The kernel chooses one, counts and kills it, and only then counts the others of its leaf. */
static void what_is_counted_until_the_leaf_is_empty_is_of_that_run(void **context)
{
	(void)context;
	begin();
	build();
	bring_up(B);
	fake_launch.oom_kills = 1;
	fake_launch.populated = true;
	service_event(&sv, B, EVENT_EXIT, SIGKILL);
	assert_int_equal(life_of(B)->ending, ENDING_OOM);
	fake_launch.oom_kills = 3;
	fake_launch.populated = false;
	pass(1000);
	pass(1000);
	exec_ok(B);
	assert_int_equal(life_of(B)->state, STATE_UP);
	service_event(&sv, B, EVENT_EXIT, SIGKILL);
	assert_int_equal(life_of(B)->ending, ENDING_SIGNAL);
}

static bool is_noted_as_killed(void)
{
	bool is = strstr(fake_launch.did, "note b");

	fake_launch_reset();
	return is;
}

static void who_is_killed_by_others_may_have_been_so_with_its_leaf(void **context)
{
	(void)context;
	begin();
	build();
	bring_up(B);
	fake_launch_reset();
	service_event(&sv, B, EVENT_EXIT, SIGKILL);
	assert_true(is_noted_as_killed());
	pass(1000);
	service_event(&sv, B, EVENT_EXIT, SIGKILL); /* not even born */
	assert_true(is_noted_as_killed());
	pass(1000);
	exec_ok(B);
	service_event(&sv, B, EVENT_EXIT, SIGTERM);
	assert_false(is_noted_as_killed());
	pass(1000);
	exec_ok(B);
	service_event(&sv, B, EVENT_EXIT, (128 + SIGKILL) << 8);
	assert_false(is_noted_as_killed());
	pass(10000);
	exec_ok(B);
	fake_launch.oom_kills = 1;
	service_event(&sv, B, EVENT_EXIT, SIGKILL);
	assert_false(is_noted_as_killed());
}

static void who_was_killed_in_being_born_begins_again_and_is_counted_once(void **context)
{
	(void)context;
	begin();
	build();
	fake_launch.heard = -EAGAIN;
	fake_launch.stillborn = true;
	service_event(&sv, B, EVENT_WANT_UP, 0);
	fake_launch_reset();
	fake_launch.heard = -EAGAIN;
	fake_launch.stillborn = true;
	service_event(&sv, B, EVENT_EXIT, SIGKILL);
	assert_string_equal(fake_launch.did, "hear b, note b, launch b");
	assert_int_equal(life_of(B)->state, STATE_STARTING);
	assert_int_equal(life_of(B)->starts, 1);
	assert_int_equal(life_of(B)->restarts, 0);
	assert_int_equal(life_of(B)->failures, 0);
}

static void a_leaf_that_was_made_anew_counts_from_the_beginning(void **context)
{
	(void)context;
	begin();
	build();
	bring_up(B);
	life_of(B)->oom_kills = 3;
	fake_launch.oom_kills = 1;
	service_event(&sv, B, EVENT_EXIT, SIGKILL);
	assert_int_equal(life_of(B)->ending, ENDING_OOM);
	assert_int_equal(life_of(B)->oom_kills, 1);
	pass(1000);
	exec_ok(B);
	service_event(&sv, B, EVENT_EXIT, SIGKILL);
	assert_int_equal(life_of(B)->ending, ENDING_SIGNAL);
}

static void under_a_reaper_128_and_more_is_a_signal(void **context)
{
	(void)context;
	begin();
	build();
	bring_up(B);
	fake_launch.stays = true; /* be it that of a namespace of its own or of one that is joined */
	service_event(&sv, B, EVENT_EXIT, EXIT(128 + SIGSEGV));
	assert_int_equal(life_of(B)->ending, ENDING_SIGNAL);
	assert_int_equal(life_of(B)->status, SIGSEGV);
	service_event(&sv, B, EVENT_WANT_UP, 0);
	exec_ok(B);
	fake_launch.exited = true;
	service_event(&sv, B, EVENT_EXIT, EXIT(128 + SIGSEGV));
	assert_int_equal(life_of(B)->ending, ENDING_EXIT);
	assert_int_equal(life_of(B)->status, 128 + SIGSEGV);
	fake_launch_reset();
	image.spec[B].init = 1;
	image.spec[B].namespaces = CLONE_NEWPID; /* which cannot be had here */
	service_event(&sv, B, EVENT_WANT_UP, 0);
	exec_ok(B);
	service_event(&sv, B, EVENT_EXIT, EXIT(128 + SIGSEGV));
	assert_int_equal(life_of(B)->ending, ENDING_EXIT);
	assert_int_equal(life_of(B)->status, 128 + SIGSEGV);
}

static void a_start_again_at_once_says_why(void **context)
{
	(void)context;
	begin();
	build();
	bring_up(B);
	now_ms += 60000;
	service_event(&sv, B, EVENT_EXIT, EXIT(3));
	assert_int_equal(state_of(B), STATE_STARTING);
	assert_non_null(strstr(log_text, "warn b: exit 3; again at once"));
}

static void restarts_are_those_of_the_policy(void **context)
{
	(void)context;
	begin();
	build();
	bring_up(B);
	service_event(&sv, B, EVENT_RESTART, 0);
	service_event(&sv, B, EVENT_EXIT, 0);
	exec_ok(B);
	service_event(&sv, B, EVENT_WANT_DOWN, 0);
	service_event(&sv, B, EVENT_EXIT, 0);
	bring_up(B);
	assert_int_equal(life_of(B)->starts, 3);
	assert_int_equal(life_of(B)->restarts, 0);
	service_event(&sv, B, EVENT_EXIT, EXIT(1));
	assert_int_equal(state_of(B), STATE_BACKOFF);
	assert_int_equal(life_of(B)->restarts, 0);
	pass(100);
	exec_ok(B);
	assert_int_equal(life_of(B)->restarts, 1);
	now_ms += 60000;
	service_event(&sv, B, EVENT_EXIT, EXIT(1));
	assert_int_equal(life_of(B)->restarts, 2);
}

static void a_start_after_it_was_given_up_is_no_restart(void **context)
{
	(void)context;
	begin();
	image.spec[B].restart = RESTART_NEVER;
	build();
	bring_up(B);
	service_event(&sv, B, EVENT_EXIT, EXIT(1));
	assert_int_equal(state_of(B), STATE_FAILED);
	bring_up(B);
	assert_int_equal(life_of(B)->restarts, 0);
}

static void a_stop_that_is_taken_back_before_it_began_changes_nothing(void **context)
{
	(void)context;
	begin();
	image.edge[B][A] = EDGE_NEEDS;
	build();
	bring_up(A);
	bring_up(B);
	service_event(&sv, A, EVENT_WANT_DOWN, 0);
	service_event(&sv, A, EVENT_WANT_UP, 0);
	service_event(&sv, B, EVENT_EXIT, 0);
	assert_int_equal(state_of(A), STATE_UP);
	assert_int_equal(state_of(B), STATE_STARTING);
}

static void a_stable_run_clears_the_failures(void **context)
{
	(void)context;
	begin();
	build();
	bring_up(B);
	service_event(&sv, B, EVENT_EXIT, EXIT(1));
	assert_int_equal(life_of(B)->failures, 1);
	pass(100);
	exec_ok(B);
	now_ms += 60000;
	service_event(&sv, B, EVENT_EXIT, EXIT(1));
	assert_int_equal(life_of(B)->failures, 0);
}

static void a_start_by_hand_forgives_what_was_before(void **context)
{
	(void)context;
	begin();
	image.spec[B].backoff.give_up = 2;
	build();
	bring_up(B);
	service_event(&sv, B, EVENT_EXIT, EXIT(1));
	pass(100);
	service_event(&sv, B, EVENT_EXIT, EXIT(1));
	assert_int_equal(state_of(B), STATE_FAILED);
	bring_up(B);
	service_event(&sv, B, EVENT_EXIT, EXIT(1));
	assert_int_equal(state_of(B), STATE_BACKOFF);
}

static void who_comes_after_waits_but_is_not_held_up_by_failure(void **context)
{
	(void)context;
	begin();
	image.edge[B][A] = EDGE_AFTER;
	image.spec[A].restart = RESTART_NEVER;
	build();
	service_event(&sv, A, EVENT_WANT_UP, 0);
	service_event(&sv, B, EVENT_WANT_UP, 0);
	assert_int_equal(state_of(B), STATE_WAITING);
	service_event(&sv, A, EVENT_EXIT, EXIT(1));
	assert_int_equal(state_of(A), STATE_FAILED);
	assert_int_equal(state_of(B), STATE_STARTING);
}

static void who_comes_after_something_that_is_not_wanted_does_not_wait(void **context)
{
	(void)context;
	begin();
	image.edge[B][A] = EDGE_AFTER;
	build();
	service_event(&sv, B, EVENT_WANT_UP, 0);
	assert_int_equal(state_of(B), STATE_STARTING);
}

/* Another one holds it up while it is still to stop. */
static void who_comes_after_one_that_is_to_start_again_waits_for_that(void **context)
{
	(void)context;
	begin();
	image.edge[B][A] = EDGE_AFTER;
	image.edge[C][A] = EDGE_NEEDS;
	build();
	bring_up(A);
	bring_up(B);
	bring_up(C);
	service_event(&sv, A, EVENT_RESTART, 0);
	service_event(&sv, B, EVENT_RESTART, 0);
	assert_int_equal(state_of(A), STATE_UP);
	service_event(&sv, B, EVENT_EXIT, 0);
	assert_int_equal(state_of(B), STATE_WAITING);
	service_event(&sv, C, EVENT_EXIT, 0);
	service_event(&sv, A, EVENT_EXIT, 0);
	assert_int_equal(state_of(A), STATE_STARTING);
	assert_int_equal(state_of(B), STATE_WAITING);
	exec_ok(A);
	assert_int_equal(state_of(B), STATE_STARTING);
}

static void when_both_go_who_comes_after_goes_first(void **context)
{
	(void)context;
	begin();
	image.edge[B][A] = EDGE_AFTER;
	build();
	bring_up(A);
	bring_up(B);
	service_event(&sv, B, EVENT_WANT_DOWN, 0);
	service_event(&sv, A, EVENT_WANT_DOWN, 0);
	assert_int_equal(state_of(B), STATE_STOPPING);
	assert_int_equal(state_of(A), STATE_UP);
	service_event(&sv, B, EVENT_EXIT, 0);
	assert_int_equal(state_of(A), STATE_STOPPING);
}

static void who_is_held_by_one_that_comes_back_goes_all_the_same(void **context)
{
	(void)context;
	begin();
	image.edge[B][A] = EDGE_AFTER;
	build();
	bring_up(A);
	bring_up(B);
	service_event(&sv, B, EVENT_WANT_DOWN, 0);
	service_event(&sv, A, EVENT_WANT_DOWN, 0);
	assert_int_equal(state_of(A), STATE_UP);
	service_event(&sv, B, EVENT_WANT_UP, 0);
	assert_int_equal(state_of(A), STATE_STOPPING);
}

static void who_has_a_network_waits_until_it_passes_packets(void **context)
{
	struct net_settle *settle;

	(void)context;
	begin();
	build();
	settle = &sv.state->services[B].handles.settle;
	settle->waits = NET_PORT | NET_INSIDE;
	service_event(&sv, B, EVENT_WANT_UP, 0);
	assert_int_equal(state_of(B), STATE_WAITING);
	assert_string_equal(fake_launch.did, "");
	settle->waits = NET_INSIDE;
	service_event(&sv, B, EVENT_LOOK, 0);
	assert_int_equal(state_of(B), STATE_WAITING);
	settle->waits = 0;
	service_event(&sv, B, EVENT_LOOK, 0);
	assert_int_equal(state_of(B), STATE_STARTING);
	assert_string_equal(fake_launch.did, "launch b");
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(every_cell_leads_where_it_may_in_every_shape),
		T(a_service_goes_up_and_down),
		T(who_has_a_network_waits_until_it_passes_packets),
		T(what_it_needs_comes_up_first_and_goes_last),
		T(a_task_is_ready_when_it_is_done),
		T(who_needs_a_failed_task_waits),
		T(who_waits_in_vain_is_told),
		T(who_comes_after_one_that_waits_in_vain_does_not_wait),
		T(a_need_that_dies_by_itself_leaves_its_dependents_running),
		T(restart_takes_along_what_needs_it_in_order),
		T(restart_while_it_is_ending_begins_anew_whatever_the_policy_says),
		T(a_stop_overrules_a_restart),
		T(a_stop_that_is_taken_back_starts_it_again),
		T(a_wish_for_down_and_up_while_it_drains_starts_it_again),
		T(who_does_not_stop_in_time_is_killed_again_and_again),
		T(without_grace_it_is_killed_at_once),
		T(what_is_left_of_it_is_killed_before_it_begins_again),
		T(too_slow_is_a_failure),
		T(a_failed_step_is_told_by_name),
		T(who_ended_before_it_was_joined_is_no_user_that_is_missing),
		T(what_to_do_is_about_what_has_failed),
		T(what_could_not_be_prepared_is_told_by_its_step),
		T(a_start_that_fails_at_once_again_and_again_is_tried_again_and_again),
		T(a_start_of_a_failed_service_that_fails_again_is_told),
		T(killed_for_memory_is_told_from_killed),
		T(what_another_process_died_of_before_is_no_reason),
		T(what_is_not_killed_by_sigkill_was_not_out_of_memory),
		T(what_is_counted_until_the_leaf_is_empty_is_of_that_run),
		T(who_is_killed_by_others_may_have_been_so_with_its_leaf),
		T(who_was_killed_in_being_born_begins_again_and_is_counted_once),
		T(a_leaf_that_was_made_anew_counts_from_the_beginning),
		T(under_a_reaper_128_and_more_is_a_signal),
		T(a_start_again_at_once_says_why),
		T(restarts_are_those_of_the_policy),
		T(restart_by_policy_is_counted),
		T(a_start_after_it_was_given_up_is_no_restart),
		T(a_stop_that_is_taken_back_before_it_began_changes_nothing),
		T(a_stable_run_clears_the_failures),
		T(a_start_by_hand_forgives_what_was_before),
		T(who_comes_after_waits_but_is_not_held_up_by_failure),
		T(who_comes_after_something_that_is_not_wanted_does_not_wait),
		T(who_comes_after_one_that_is_to_start_again_waits_for_that),
		T(when_both_go_who_comes_after_goes_first),
		T(who_is_held_by_one_that_comes_back_goes_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
