// links: traced/services/actions.c services/calm.c lib/pressure.c services/state.c traced/services/depend.c traced/services/policy.c traced/services/words.c
// links: traced/services/statefile.c services/frame.c services/settle.c traced/services/launch.c services/joined.c traced/services/strays.c traced/init/reap.c
// links: traced/services/connect.c traced/services/extra.c traced/services/prepare.c
// links: traced/lib/fd.c lib/buf.c lib/clock.c lib/cure.c lib/signame.c tests/fake/sys.c tests/fake/why.c tests/fake/log.c tests/fake/image.c
// links: tests/fake/world.c tests/fake/crash.c
// links: services/failure.c tests/fake/privileges.c
// links: traced/services/leaf.c services/changed.c lib/addr.c lib/text.c services/layout.c
// flags: -Wl,--wrap=read,--wrap=close,--wrap=clock_gettime,--wrap=pressure_read
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fake/crash.h"
#include "tests/fake/log.h"
#include "tests/fake/world.h"

/*
 * A fatal signal in the middle of anything minit does, and it executes itself:
 * all that is left is the state file, the kernel's processes and descriptors.
 * What comes out must be what would have come out of a crash just after.
 */

#define STEPS 120

static const char *const words[] = { "deaths", "status", "time", "up", "down", "restart" };
static uint64_t seed, crashes, compared;
static bool rivals; /* other things have happened too, and which minit hears of first may make a difference */
static struct snapshot before;

/* What a world has come to, without what may differ: pids, and the numbers of descriptors. */
struct outcome {
	struct life life[IMAGE_MAX];
	uint8_t running[IMAGE_MAX], strays[IMAGE_MAX], doomed[IMAGE_MAX], asked[IMAGE_MAX];
};

static struct outcome outcome(void)
{
	struct outcome o;

	memset(&o, 0, sizeof(o));
	for (uint32_t i = 0; i < world.count; i++)
		o.life[i] = service_at(&world.sv, i)->life;
	for (size_t i = 0; i < KERNEL_PROCESSES; i++) {
		const struct process *p = &kernel.process[i];

		if (p->state != PROCESS_CHILD && p->state != PROCESS_RUNS)
			continue;
		o.running[p->service] += p->main;
		o.strays[p->service] += !p->main;
		o.doomed[p->service] += p->doomed;
		o.asked[p->service] += p->asked;
	}
	return o;
}

static bool is_same(const struct outcome *a, const struct outcome *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static bool is_wish(enum stimulus what)
{
	return what == TOLD_UP || what == TOLD_DOWN || what == TOLD_RESTART;
}

/* A process that is dead is heard of by its pipe or by its death, and by which makes a difference. */
static bool has_rivals(struct told told)
{
	const struct process *p = kernel_main(told.service);

	if (told.what == TOLD_STATUS && p && p->state == PROCESS_ZOMBIE)
		return true;
	return world_pending() > !is_wish(told.what);
}

static void tell(void *told)
{
	world_tell(*(struct told *)told);
}

static void recover(void *arg)
{
	(void)arg;
	world_resume();
}

/* A death, an open pipe, a deadline are there still; a wish is known to the user alone, who sees no answer. */
static void go_on(struct told told)
{
	if (told.what == TOLD_DEATHS || told.what == TOLD_TIME ||
	    (told.what == TOLD_STATUS && world.watched[told.service] >= 0))
		world_tell(told);
	world_tell_all();
}

static struct outcome without_crash(struct told told, bool lost)
{
	world_restore(&before);
	if (!lost)
		world_tell(told);
	world_reborn();
	recover(NULL);
	go_on(told);
	return outcome();
}

static void explain(struct told told, enum crash_unit unit, uint64_t at, const char *place, const char *wrong)
{
	static char now[1024], what[256];

	snprintf(what, sizeof(what), "%s", wrong);
	snprintf(now, sizeof(now), "%s", world_text());
	world_restore(&before);
	fail_msg("seed %lu: crash at %s %lu (%s) of %s %c: %s\nbefore:\n%safter:\n%s", (unsigned long)seed,
		 unit == CRASH_CALL ? "call" : "access", (unsigned long)at, place, words[told.what],
		 'a' + told.service, what, world_text(), now);
}

/* Crashes at unit `at`, in recovery too when there is an `again`, and compares. False when it did not come to it. */
static bool try_crash(struct told told, enum crash_unit unit, uint64_t at, uint64_t again)
{
	struct outcome with, done, lost;
	const char *place, *wrong;
	uint64_t units;

	world_restore(&before);
	if (!crash_run(tell, &told, unit, at, &units))
		return false;
	crashes++;
	place = crash_place();
	world_reborn();
	while (again && crash_run(recover, NULL, unit, again, &units)) {
		again += 1 + again / 2;
		world_reborn();
	}
	if (!again)
		recover(NULL);
	go_on(told);
	wrong = world_wrong();
	if (wrong)
		explain(told, unit, at, place, wrong);
	if (rivals)
		return true;
	compared++;
	with = outcome();
	done = without_crash(told, false);
	lost = is_wish(told.what) ? without_crash(told, true) : done;
	if (!is_same(&with, &done) && !is_same(&with, &lost)) {
		world_restore(&before);
		crash_run(tell, &told, unit, at, &units);
		world_reborn();
		recover(NULL);
		go_on(told);
		explain(told, unit, at, place, "it comes out otherwise than without");
	}
	return true;
}

/* Walks through a world and tries what `with` does at each thing minit is told. */
static void walk(uint64_t worlds, void (*with)(struct told told))
{
	const char *given = getenv("SEED");

	crashes = compared = 0;
	seed = given ? strtoull(given, NULL, 10) : 1;
	log_hook = crash_kernel;
	for (uint64_t end = given ? seed + 1 : seed + worlds; seed < end; seed++) {
		world_begin(seed);
		kernel_hook = crash_kernel;
		for (int i = 0; i < STEPS; i++) {
			struct told told;

			world_move();
			if (world_random(2))
				continue;
			told = world_choose();
			world_save(&before);
			rivals = has_rivals(told);
			with(told);
			world_restore(&before);
			world_tell(told);
		}
		world_end();
	}
	log_hook = NULL;
	printf("# %lu crashes, %lu compared\n", (unsigned long)crashes, (unsigned long)compared);
	assert_true(given || compared > worlds);
}

static void at_each_call(struct told told)
{
	for (uint64_t at = 1; try_crash(told, CRASH_CALL, at, 0); at++)
		;
}

static void at_each_call_and_in_recovery(struct told told)
{
	for (uint64_t at = 1; try_crash(told, CRASH_CALL, at, 1); at++)
		;
}

static void at_each_access(struct told told)
{
	for (uint64_t at = 1; try_crash(told, CRASH_ACCESS, at, 0); at++)
		;
}

static void at_some_accesses_and_in_recovery(struct told told)
{
	for (uint64_t at = 1; try_crash(told, CRASH_ACCESS, at, 1 + world_random(40)); at += 1 + world_random(40))
		;
}

static void crash_at_any_call_changes_nothing(void **state)
{
	(void)state;
	walk(300, at_each_call);
}

static void crashes_while_recovering_change_nothing(void **state)
{
	(void)state;
	walk(100, at_each_call_and_in_recovery);
	walk(100, at_some_accesses_and_in_recovery);
}

static void crash_before_any_access_to_memory_changes_nothing(void **state)
{
	(void)state;
	walk(40, at_each_access);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crash_at_any_call_changes_nothing),
		cmocka_unit_test(crashes_while_recovering_change_nothing),
		cmocka_unit_test(crash_before_any_access_to_memory_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
