/*
 * The real state machine and launch over the fake kernel, and what may happen
 * to them: children become programs or fail, processes die, fork, ignore what
 * they are asked, time passes, users want this and that. One step at a time, by
 * a random number that the seed gives.
 *
 * links: services/{state,depend,policy,words,statefile,launch,calm}.c init/reap.c lib/pressure.c (--wrap=pressure_read)
 * lib/{buf,clock,fd,signame}.c tests/fake/{sys,log,image,world}.c
 */
#ifndef FAKE_WORLD_H
#define FAKE_WORLD_H

#include "tests/fake/image.h"
#include "tests/fake/sys.h"

/* What minit is told of, as by its loop. */
enum stimulus { TOLD_DEATHS, TOLD_STATUS, TOLD_TIME, TOLD_UP, TOLD_DOWN, TOLD_RESTART, TOLD_COUNT };

struct told {
	enum stimulus what;
	uint32_t service;
};

struct world {
	struct image image;
	struct supervisor sv;
	uint32_t count;
	int watched[IMAGE_MAX]; /* status descriptor in the loop, or -1 */
	struct when armed;      /* the loop's timer */
	uint64_t random;
	uint64_t stimuli[TOLD_COUNT];
};

extern struct world world;

/* A random table of up to 8 services, nothing started. Everything is given by the seed. */
void world_begin(uint64_t seed);
void world_end(void);
uint32_t world_random(uint32_t below);

/* A process does something that minit is not told of yet, or time passes. */
void world_move(void);

/* Chooses something that minit may be told now. */
struct told world_choose(void);
void world_tell(struct told told);

/* How many deaths, status pipes of the living, and deadlines it has not been told of. */
unsigned world_pending(void);

/* All that is due: deaths, status pipes, time. */
void world_tell_all(void);

/*
 * From now on all processes do what they should: children become programs,
 * tasks succeed, what is asked to stop stops. Until nothing changes any more;
 * false when that does not come.
 */
bool world_calm(void);

/* minit is executed in place: memory other than the state is lost. */
void world_reborn(void);

/* What it does then before its loop runs, as init/run.c: supervise(). */
void world_resume(void);

/* What is wrong between two steps, or NULL. */
const char *world_wrong(void);

/* What a test puts back: the kernel and the state file; the supervisor is built again from them. */
struct snapshot {
	struct kernel kernel;
	int watched[IMAGE_MAX];
	struct when armed;
	_Alignas(16) char state[sizeof(struct statefile) + IMAGE_MAX * sizeof(struct service)];
};
void world_save(struct snapshot *ret);
void world_restore(const struct snapshot *s);

/* States of all services in a line, for messages. */
const char *world_text(void);

#endif
