#include "init/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/log.h"
#include "services/state.h"

/* libev names libc's allocator as its default; it never gets there, and must not bring it along. */
static void *arena_realloc(void *old, long wanted);
#define realloc(old, wanted) arena_realloc(old, (long)(wanted))
#define free(old) ((void)(old))
#include "init/evcfg.h"
#include "ev.c"
#undef realloc
#undef free

/*
 * libev's memory: a mapping that costs what is touched of it. It only grows, by
 * doubling, so what is given back is not used again: twice the sum is enough, and
 * this is far more than the tables of any number of descriptors come to.
 */
#define ARENA_SIZE ((size_t)64 << 20)
#define FEW 2 /* watches of a kind */

struct watch {
	ev_io io;
	uint32_t id;
	uint32_t kind;
};

static char *arena;
static size_t arena_used;
static struct watch *watches[LOOP_KINDS];
static loop_fn *handlers[LOOP_KINDS];
static ev_timer timer;
static struct when armed = { INT64_MAX };
static bool due;

/* Blocks carry their size in front; the newest one grows in place. */
static void *arena_realloc(void *old, long wanted)
{
	size_t *block, size = ((size_t)wanted + 15) & ~(size_t)15;
	size_t had = old ? ((size_t *)old)[-2] : 0;

	if (!wanted || size <= had)
		return wanted ? old : NULL;
	if (old && (char *)old + had == arena + arena_used)
		arena_used -= had + 16;
	if (arena_used + size + 16 > ARENA_SIZE)
		return NULL;
	block = (size_t *)(void *)(arena + arena_used);
	arena_used += size + 16;
	if (old && old != block + 2)
		memcpy(block + 2, old, had);
	block[0] = size;
	return block + 2;
}

/* epoll_wait failing is a bug of ours; libev would abort, which PID 1 must not. */
static void on_syserr(const char *what)
{
	log_error("loop", errno, "%s", what);
}

static void on_ready(ev_io *io, int revents)
{
	struct watch *w = (struct watch *)(void *)io;
	unsigned ready = (revents & EV_READ ? LOOP_READ : 0) | (revents & EV_WRITE ? LOOP_WRITE : 0);

	handlers[w->kind](w->id, ready);
}

static void on_timer(ev_timer *t, int revents)
{
	(void)t;
	(void)revents;
	armed = WHEN_NEVER;
	due = true;
}

static size_t count_of(enum loop_kind kind, uint32_t services)
{
	switch (kind) {
	case LOOP_CLIENT: return STATE_CLIENTS;
	case LOOP_STATUS: return services;
	case LOOP_NOTICE: return (size_t)services * LOOP_NOTICES;
	case LOOP_RULES: return 2;
	default: return 1;
	}
}

/* Those of which there are many lie behind libev's memory, those of one each share its first page. */
static void place_watches(uint32_t services)
{
	struct watch *at = (struct watch *)(void *)(arena + ARENA_SIZE);

	for (unsigned k = 0; k < LOOP_KINDS; k++) {
		size_t count = count_of(k, services);

		watches[k] = count > FEW ? at : arena_realloc(NULL, (long)(count * sizeof(*at)));
		at += count > FEW ? count : 0;
	}
}

static size_t size_of_watches(uint32_t services)
{
	size_t count = 0;

	for (unsigned k = 0; k < LOOP_KINDS; k++)
		count += count_of(k, services);
	return count * sizeof(struct watch);
}

rare int loop_open(uint32_t services)
{
	size_t size = ARENA_SIZE + size_of_watches(services);

	arena = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (arena == MAP_FAILED)
		return -errno;
	madvise(arena, size, MADV_DONTFORK); /* no child has a loop */
	place_watches(services);
	ev_set_allocator(arena_realloc);
	ev_set_syserr_cb(on_syserr);
	ev_timer_init(&timer, on_timer, 0., 0.);
	errno = ENOMEM; /* of the arena, where no call has failed */
	return ev_default_loop(EVFLAG_NOENV | EVFLAG_NOINOTIFY | EVFLAG_NOSIGMASK) ? 0 : -errno;
}

void loop_handler(enum loop_kind kind, loop_fn *fn)
{
	handlers[kind] = fn;
}

void loop_watch(enum loop_kind kind, uint32_t id, int fd, unsigned events)
{
	struct watch *w = &watches[kind][id];
	int wanted = (events & LOOP_READ ? EV_READ : 0) | (events & LOOP_WRITE ? EV_WRITE : 0);

	/* Never comes at this end; but libev takes a hang-up for both, and asks epoll anew for what was unwanted. */
	if (kind == LOOP_STATUS)
		wanted |= EV_WRITE;
	ev_io_stop(&w->io);
	w->id = id;
	w->kind = kind;
	ev_io_init(&w->io, on_ready, fd, wanted);
	ev_io_start(&w->io);
}

void loop_unwatch(enum loop_kind kind, uint32_t id)
{
	ev_io *io = &watches[kind][id].io;

	if (!ev_is_active(io))
		return;
	ev_io_stop(io);
	/*
	 * libev leaves this to close(2). But a child that has not executed its
	 * program yet has the descriptor too, so epoll would go on to tell of it, and
	 * libev build the whole set anew each time.
	 */
	epoll_ctl(backend_fd, EPOLL_CTL_DEL, io->fd, NULL);
}

/* One millisecond later than asked: clock.h cuts, and a timer must not come early. */
void loop_deadline(struct when when)
{
	int64_t ms;

	if (!when_before(when, armed))
		return;
	armed = when;
	ms = when_since(when_now(), when);
	ev_timer_stop(&timer);
	ev_now_update();
	ev_timer_set(&timer, (double)MAX(ms, 0) / 1000. + (ms > 0 ? .001 : 0.), 0.);
	ev_timer_start(&timer);
}

void loop_run(void (*settle)(bool due))
{
	settle(false);
	for (;;) {
		bool was_due;

		ev_run(EVRUN_ONCE);
		was_due = due;
		due = false;
		settle(was_due);
	}
}
