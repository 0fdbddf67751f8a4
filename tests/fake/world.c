#include "tests/fake/world.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "init/reap.h"
#include "services/depend.h"
#include "tests/fake/log.h"

struct world world;

uint32_t world_random(uint32_t below)
{
	world.random ^= world.random << 13;
	world.random ^= world.random >> 7;
	world.random ^= world.random << 17;
	return (uint32_t)(world.random >> 32) % below;
}

static bool chance(uint32_t percent)
{
	return world_random(100) < percent;
}

/* -- hooks of the supervisor, as init/run.c and init/loop.c have them -- */

static void on_change(struct supervisor *sv, uint32_t index, enum state was)
{
	/* WAITING to WAITING: it does so in vain now, or no longer. */
	if (service_at(sv, index)->life.state == was && !service_is_settled(service_at(sv, index)) &&
	    was != STATE_BACKOFF && was != STATE_WAITING)
		kernel_fault("a change of %s from %s to %s was told", service_name(sv, index), state_name(was),
			     state_name(was));
}

static void on_deadline(struct supervisor *sv, struct when when)
{
	(void)sv;
	if (when_before(when, world.armed))
		world.armed = when;
}

static void on_status_fd(struct supervisor *sv, uint32_t index, int fd)
{
	(void)sv;
	world.watched[index] = fd;
}

/* -- the rules that are looked at in the moment -- */

static bool is_need(uint32_t who, uint32_t what)
{
	return world.image.edge[who][what] == EDGE_NEEDS;
}

static const struct life *life_of(uint32_t i)
{
	return &service_at(&world.sv, i)->life;
}

static bool is_running(uint32_t i)
{
	return life_of(i)->state == STATE_UP || life_of(i)->state == STATE_STARTING;
}

static bool is_lost(uint32_t i)
{
	for (uint32_t need = 0; need < world.count; need++)
		if (is_need(i, need) && (life_of(need)->want == WANT_DOWN || (life_of(need)->again && is_running(need))))
			return true;
	return false;
}

static bool has_to_go(uint32_t i)
{
	return life_of(i)->want == WANT_DOWN || life_of(i)->again || is_lost(i);
}

static bool is_ready(uint32_t i)
{
	uint8_t state = life_of(i)->state;

	return state == STATE_UP || (state == STATE_DONE && world.image.spec[i].ready == READY_EXIT);
}

static bool has_deadline(uint32_t i)
{
	switch ((enum state)life_of(i)->state) {
	case STATE_STARTING: return world.image.spec[i].start_ms;
	case STATE_WAITING: return life_of(i)->pressed;
	case STATE_STOPPING:
	case STATE_DRAINING:
	case STATE_BACKOFF: return true;
	default: return false;
	}
}

/* By the time alone: who looks again in the same moment, or after a crash, sees the same. */
static bool is_pressed(void)
{
	return kernel.now_ms / 3000 % 3 == 1;
}

int __wrap_pressure_read(int dir, const char *path, struct pressure *ret);
int __wrap_pressure_read(int dir, const char *path, struct pressure *ret)
{
	(void)dir, (void)path;
	*ret = (struct pressure){ { { 0, (int16_t)(is_pressed() ? 9000 : 0), 0 } } };
	return 0;
}

static void at_start(uint32_t service)
{
	if (world.image.confine.calm[PRESSURE_MEMORY].window && is_pressed())
		kernel_fault("%c is started under pressure", 'a' + service);
	for (uint32_t need = 0; need < world.count; need++)
		if (is_need(service, need) && (!is_ready(need) || life_of(need)->want == WANT_DOWN))
			kernel_fault("%c is started, but it needs %c, which is %s, wanted %s", 'a' + service, 'a' + need,
				     state_name(life_of(need)->state), life_of(need)->want ? "up" : "down");
	if (life_of(service)->want == WANT_DOWN)
		kernel_fault("%c is started, but it is wanted down", 'a' + service);
}

static void at_stop(uint32_t service)
{
	if (life_of(service)->state == STATE_STARTING && has_deadline(service) && when_is_never(life_of(service)->deadline))
		return; /* it was not ready in time: a failure, which its dependents live through */
	for (uint32_t who = 0; who < world.count; who++)
		if (is_need(who, service) && service_is_active(service_at(&world.sv, who)))
			kernel_fault("%c is asked to stop before %c, which needs it and is %s", 'a' + service, 'a' + who,
				     state_name(life_of(who)->state));
}

/* -- building -- */

static void choose_spec(struct service_spec *spec)
{
	static const uint32_t graces[] = { 0, 1, 5000 };

	spec->leaf = chance(60);
	spec->ready = chance(25) ? READY_EXIT : READY_EXEC;
	spec->restart = (uint8_t)world_random(3);
	spec->start_ms = chance(40) ? 2000 : 0;
	spec->grace_ms = graces[world_random(ARRAY_LEN(graces))];
	spec->backoff.give_up = chance(50) ? world_random(4) : 0;
	spec->backoff.first_ms = chance(20) ? 0 : 100;
}

/* An edge goes to a lower rank only, so never in a circle; ranks are shuffled. */
static void choose_edges(struct image *image, uint32_t count)
{
	uint32_t rank[IMAGE_MAX];

	for (uint32_t i = 0; i < count; i++) {
		uint32_t j = world_random(i + 1);

		rank[i] = rank[j];
		rank[j] = i;
	}
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t j = 0; j < count; j++)
			if (rank[j] < rank[i] && chance(45))
				image->edge[i][j] = chance(65) ? EDGE_NEEDS : EDGE_AFTER;
}

static void set_hooks(struct supervisor *sv)
{
	sv->on_change = on_change;
	sv->on_deadline = on_deadline;
	sv->on_status_fd = on_status_fd;
}

/* The supervisor as new around the state: what it had noted is gone. Its memory is used again, for speed. */
static void build(void)
{
	struct supervisor *sv = &world.sv;

	memset(sv->queue, 0, (size_t)((char *)(sv->queued + world.count) - (char *)sv->queue));
	sv->queue_head = sv->queue_len = sv->draining = 0;
	sv->settling = false;
}

void world_begin(uint64_t seed)
{
	static struct snapshot memory;
	struct statefile *state;

	world.random = seed * 0x9e3779b97f4a7c15u + 1;
	for (int i = 0; i < 8; i++)
		world_random(2);
	world.count = 1 + world_random(8);
	image_begin(&world.image, world.count);
	if (seed % 2)
		world.image.confine.calm[PRESSURE_MEMORY] = (struct calm_spec){ 1000, PRESSURE_1M + 1, PRESSURE_SOME };
	kernel_reset();
	log_forget();
	for (uint32_t i = 0; i < world.count; i++) {
		choose_spec(&world.image.spec[i]);
		world.watched[i] = -1;
		kernel.leafless |= (uint32_t)!world.image.spec[i].leaf << i;
	}
	choose_edges(&world.image, world.count);
	image_end(&world.image);
	memset(&memory, 0, sizeof(memory));
	close(state_create(&world.image.table, &state));
	memcpy(memory.state, state, state->size);
	munmap(state, state->size);
	kernel_state = (struct statefile *)(void *)memory.state;
	world.sv = (struct supervisor){ 0 };
	set_hooks(&world.sv);
	if (supervisor_init(&world.sv, kernel_state, &world.image.table))
		abort();
	world.armed = WHEN_NEVER;
	kernel_on_start = at_start;
	kernel_on_stop = at_stop;
	service_recover(&world.sv);
}

void world_end(void)
{
	kernel_hook = NULL;
	munmap(world.sv.queue, 1);
}

/* -- what happens outside -- */

static int any_status(void)
{
	switch (world_random(4)) {
	case 0: return SIGSEGV;
	case 1: return SIGKILL;
	case 2: return 3 << 8;
	default: return 0;
	}
}

static void move_child(struct process *p)
{
	static const int errors[] = { ENOENT, EPERM, EAGAIN };

	if (chance(15))
		kernel_fail(p, STEP_user, errors[world_random(ARRAY_LEN(errors))]);
	else if (chance(10))
		kernel_die(p, SIGKILL);
	else
		kernel_exec(p);
}

static void move_main(struct process *p)
{
	if (chance(40) && kernel_alive(p->service, false) < 6)
		kernel_fork(p, chance(50));
	else if (p->asked ? chance(70) : chance(20))
		kernel_die(p, any_status());
}

static void move_process(struct process *p)
{
	if (p->doomed) {
		if (chance(80)) {
			kernel.oom_kills[p->service] += chance(10);
			kernel_die(p, SIGKILL);
		}
	} else if (p->state == PROCESS_CHILD) {
		move_child(p);
	} else if (p->main) {
		move_main(p);
	} else if (chance(30)) {
		kernel_die(p, 0);
	}
}

static void pass_time(void)
{
	if (chance(50))
		kernel.now_ms += world_random(200);
	else if (!when_is_never(world.armed) && world.armed.ms > kernel.now_ms)
		kernel.now_ms = world.armed.ms;
	else
		kernel.now_ms += world_random(12000);
}

void world_move(void)
{
	struct process *p = &kernel.process[world_random(KERNEL_PROCESSES)];

	kernel.clone_err = chance(4) ? (chance(50) ? -EAGAIN : -ENOMEM) : 0;
	kernel.pipe_err = chance(3) ? -EMFILE : 0;
	for (int i = 0; i < KERNEL_PROCESSES && !(p->state == PROCESS_CHILD || p->state == PROCESS_RUNS); i++)
		p = p == kernel.process ? &kernel.process[KERNEL_PROCESSES - 1] : p - 1;
	if ((p->state == PROCESS_CHILD || p->state == PROCESS_RUNS) && chance(80))
		move_process(p);
	else
		pass_time();
}

/* -- what minit is told -- */

static bool is_readable(uint32_t i)
{
	return world.watched[i] >= 0 && kernel_readable(world.watched[i]);
}

static bool is_due(void)
{
	return !when_before((struct when){ kernel.now_ms }, world.armed);
}

static bool has_zombie(void)
{
	for (size_t i = 0; i < KERNEL_PROCESSES; i++)
		if (kernel.process[i].state == PROCESS_ZOMBIE)
			return true;
	return false;
}

struct told world_choose(void)
{
	uint32_t i = world_random(world.count);

	for (;;)
		switch (world_random(10)) {
		case 0: case 1: case 2:
			if (has_zombie())
				return (struct told){ TOLD_DEATHS, 0 };
			break;
		case 3: case 4:
			if (is_readable(i))
				return (struct told){ TOLD_STATUS, i };
			break;
		case 5: case 6:
			if (is_due())
				return (struct told){ TOLD_TIME, 0 };
			break;
		case 7: return (struct told){ chance(60) ? TOLD_UP : TOLD_DOWN, i };
		case 8: return (struct told){ chance(20) ? TOLD_RESTART : TOLD_UP, i };
		default: return (struct told){ TOLD_TIME, 0 };
		}
}

static void tell_time(void)
{
	struct when next;

	if (is_due())
		world.armed = WHEN_NEVER;
	next = service_timeouts(&world.sv, when_now());
	on_deadline(&world.sv, next);
}

void world_tell(struct told told)
{
	world.stimuli[told.what]++;
	switch (told.what) {
	case TOLD_DEATHS: reap_all(&world.sv); break;
	case TOLD_STATUS: service_event(&world.sv, told.service, EVENT_STATUS, 0); break;
	case TOLD_TIME: tell_time(); break;
	case TOLD_UP: service_event(&world.sv, told.service, EVENT_WANT_UP, 0); break;
	case TOLD_DOWN: service_event(&world.sv, told.service, EVENT_WANT_DOWN, 0); break;
	case TOLD_RESTART: service_event(&world.sv, told.service, EVENT_RESTART, 0); break;
	case TOLD_COUNT: break;
	}
}

unsigned world_pending(void)
{
	unsigned n = 0;

	for (size_t i = 0; i < KERNEL_PROCESSES; i++)
		n += kernel.process[i].state == PROCESS_ZOMBIE;
	for (uint32_t i = 0; i < world.count; i++) {
		bool dead = kernel_main(i) && kernel_main(i)->state == PROCESS_ZOMBIE;

		n += (unsigned)(is_readable(i) && !dead) + !when_before(when_now(), life_of(i)->deadline);
	}
	return n;
}

static bool tell_some(void)
{
	bool any = false;

	for (uint32_t i = 0; i < world.count; i++)
		if (is_readable(i)) {
			world_tell((struct told){ TOLD_STATUS, i });
			any = true;
		}
	if (has_zombie()) {
		world_tell((struct told){ TOLD_DEATHS, 0 });
		any = true;
	}
	if (is_due()) {
		world_tell((struct told){ TOLD_TIME, 0 });
		any = true;
	}
	return any;
}

void world_tell_all(void)
{
	for (int i = 0; i < 100; i++)
		if (!tell_some())
			return;
	kernel_fault("minit is told of the same things again and again");
}

/* -- peace -- */

static bool calm_process(struct process *p)
{
	if (p->state == PROCESS_CHILD)
		kernel_exec(p);
	else if (p->state == PROCESS_RUNS && p->doomed)
		kernel_die(p, SIGKILL);
	else if (p->state == PROCESS_RUNS && (p->asked || (p->main && world.image.spec[p->service].ready == READY_EXIT)))
		kernel_die(p, 0);
	else
		return false;
	return true;
}

static bool calm_round(void)
{
	bool any = false;

	for (size_t i = 0; i < KERNEL_PROCESSES; i++)
		any |= calm_process(&kernel.process[i]);
	return tell_some() || any;
}

bool world_calm(void)
{
	kernel.clone_err = kernel.pipe_err = 0;
	for (int i = 0; i < 2000; i++) {
		if (calm_round())
			continue;
		if (when_is_never(world.armed))
			return true;
		kernel.now_ms = MAX(kernel.now_ms, world.armed.ms);
	}
	return false;
}

/* -- after a crash -- */

void world_reborn(void)
{
	kernel_reexec();
	build();
	world.armed = WHEN_NEVER;
	for (uint32_t i = 0; i < world.count; i++)
		world.watched[i] = service_at(&world.sv, i)->handles.status_fd;
}

void world_resume(void)
{
	service_recover(&world.sv);
	reap_all(&world.sv);
	on_deadline(&world.sv, service_timeouts(&world.sv, when_now()));
}

void world_save(struct snapshot *ret)
{
	ret->kernel = kernel;
	memcpy(ret->watched, world.watched, sizeof(ret->watched));
	ret->armed = world.armed;
	memcpy(ret->state, kernel_state, kernel_state->size);
}

void world_restore(const struct snapshot *s)
{
	kernel = s->kernel;
	memcpy(kernel_state, s->state, kernel_state->size);
	build();
	memcpy(world.watched, s->watched, sizeof(s->watched));
	world.armed = s->armed;
	for (uint32_t i = 0; i < world.count; i++) {
		world.sv.draining += life_of(i)->state == STATE_DRAINING;
		if (service_at(&world.sv, i)->handles.pid)
			service_pid_add(&world.sv, i);
	}
}

/* -- what is always so -- */

static bool has_pid(uint8_t state)
{
	return state == STATE_STARTING || state == STATE_UP || state == STATE_STOPPING;
}

static const char *wrong_life(uint32_t i)
{
	const struct service *s = service_at(&world.sv, i);
	uint8_t state = s->life.state;

	if (state >= STATE_COUNT || s->life.want > WANT_UP)
		return "no such state";
	if (has_deadline(i) != !when_is_never(s->life.deadline))
		return has_deadline(i) ? "no deadline" : "a deadline that its state has not";
	if (when_before(s->life.deadline, world.armed))
		return "a deadline that the loop does not know of";
	if ((state == STATE_WAITING || state == STATE_BACKOFF || state == STATE_FAILED || state == STATE_DONE) &&
	    s->life.want == WANT_DOWN)
		return "wanted down, but not down";
	if (state == STATE_DOWN && s->life.want == WANT_UP)
		return "wanted up, but down";
	return NULL;
}

static const char *wrong_handles(uint32_t i)
{
	const struct service *s = service_at(&world.sv, i);
	struct process *p = kernel_main(i);

	if (has_pid(s->life.state) != (s->handles.pid != 0))
		return s->handles.pid ? "a process that its state has not" : "no process";
	if (s->handles.pid && (!p || kernel_pid(p) != s->handles.pid))
		return "the pid of somebody else";
	if (p && !s->handles.pid)
		return "a process that nobody knows of";
	if (s->handles.pid && service_by_pid(&world.sv, s->handles.pid) != (int)i)
		return "a pid that is not found";
	if (s->handles.status_fd != world.watched[i])
		return "a status pipe that the loop has not";
	if (s->handles.status_fd >= 0 && s->life.state != STATE_STARTING && s->life.state != STATE_STOPPING)
		return "a status pipe that its state has not";
	return NULL;
}

static bool is_held(uint32_t i)
{
	for (uint32_t who = 0; who < world.count; who++)
		if (world.image.edge[who][i] && service_is_active(service_at(&world.sv, who)) &&
		    (is_need(who, i) || life_of(who)->want == WANT_DOWN))
			return true;
	return false;
}

/* A service that would move if it were only looked at has been forgotten. */
static const char *wrong_rest(uint32_t i)
{
	uint8_t state = life_of(i)->state;

	if (is_running(i) && has_to_go(i) && !is_held(i))
		return "not stopped, though it has to go and nothing holds it";
	if (state == STATE_WAITING && depend_unmet(&world.sv, i) < 0 && !life_of(i)->pressed)
		return "waiting for nothing";
	if (life_of(i)->pressed && (state != STATE_WAITING || depend_unmet(&world.sv, i) >= 0))
		return "waiting for calm, though it does not wait, or for others";
	if (state == STATE_WAITING && life_of(i)->blocked != (depend_missing(&world.sv, i) >= 0))
		return "what it needs has changed, and it was not told that it waits in vain, or no longer";
	if (state == STATE_DRAINING && !has_zombie() && !kernel_alive(i, false))
		return "draining, though nothing of it is left and minit was told";
	return NULL;
}

static const char *wrong_service(uint32_t i)
{
	const char *wrong = wrong_life(i);

	if (!wrong)
		wrong = wrong_handles(i);
	return wrong ? wrong : wrong_rest(i);
}

const char *world_wrong(void)
{
	static char text[256];
	unsigned draining = 0, pipes = 0;

	if (kernel.fault[0])
		return kernel.fault;
	if (log_bug())
		return log_bug();
	if (world.sv.queue_len || world.sv.settling || kernel_state->inflight.service)
		return "an event is left half done";
	for (uint32_t i = 0; i < world.count; i++) {
		const char *wrong = wrong_service(i);

		draining += life_of(i)->state == STATE_DRAINING;
		pipes += service_at(&world.sv, i)->handles.status_fd >= 0;
		if (wrong) {
			snprintf(text, sizeof(text), "%c (%s): %s", 'a' + (int)i, state_name(life_of(i)->state), wrong);
			return text;
		}
	}
	if (draining != world.sv.draining)
		return "the count of draining services is wrong";
	if (pipes != kernel_open_pipes())
		return "descriptors leak";
	return NULL;
}

const char *world_text(void)
{
	static char text[1024];
	size_t at = 0;

	for (uint32_t i = 0; i < world.count; i++) {
		const struct service *s = service_at(&world.sv, i);

		at += (size_t)snprintf(text + at, sizeof(text) - at, "%c: %s want %s pid %d starts %u;", 'a' + (int)i,
				       state_name(s->life.state), s->life.want ? "up" : "down", s->handles.pid,
				       s->life.starts);
		for (uint32_t j = 0; j < world.count; j++)
			if (world.image.edge[i][j])
				at += (size_t)snprintf(text + at, sizeof(text) - at, " %s %c",
						       is_need(i, j) ? "needs" : "after", 'a' + (int)j);
		at += (size_t)snprintf(text + at, sizeof(text) - at, "\n");
	}
	return text;
}
