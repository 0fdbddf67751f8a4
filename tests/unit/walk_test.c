// links: services/actions.c services/calm.c lib/pressure.c services/state.c services/depend.c services/policy.c services/words.c services/statefile.c services/launch.c services/joined.c services/prepare.c services/strays.c
// links: services/connect.c services/extra.c
// links: services/frame.c services/settle.c
// links: services/failure.c
// links: init/reap.c lib/buf.c lib/clock.c lib/cure.c lib/fd.c lib/signame.c
// links: tests/fake/sys.c tests/fake/why.c tests/fake/log.c tests/fake/image.c tests/fake/world.c
// links: tests/fake/privileges.c services/leaf.c services/changed.c lib/addr.c lib/text.c services/layout.c
// flags: -Wl,--wrap=read,--wrap=close,--wrap=clock_gettime,--wrap=pressure_read
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "tests/fake/world.h"

#define WORLDS 4000
#define STEPS 400
#define SEED 1

static uint64_t seed;

static uint64_t first_seed(void)
{
	const char *given = getenv("SEED");

	return given ? strtoull(given, NULL, 10) : SEED;
}

static void check(const char *when)
{
	const char *wrong = world_wrong();

	if (wrong)
		fail_msg("seed %lu: %s: %s\n%s", (unsigned long)seed, when, wrong, world_text());
}

static void walk(void)
{
	static const char *const words[] = { "deaths", "status", "time", "up", "down", "restart" };

	for (int i = 0; i < STEPS; i++) {
		struct told told;

		if (world_random(3)) {
			world_move();
			continue;
		}
		told = world_choose();
		world_tell(told);
		if (getenv("TRACE"))
			printf("# %d: %s %c\n%s", i, words[told.what], 'a' + told.service, world_text());
		check(words[told.what]);
	}
}

static void calm(const char *when)
{
	if (!world_calm())
		fail_msg("seed %lu: %s: it does not come to rest\n%s", (unsigned long)seed, when, world_text());
	check(when);
}

static void want(enum stimulus what)
{
	for (uint32_t i = 0; i < world.count; i++)
		world_tell((struct told){ what, i });
}

static void all_are(bool (*is)(uint32_t i), const char *what)
{
	for (uint32_t i = 0; i < world.count; i++)
		if (!is(i))
			fail_msg("seed %lu: %c is not %s\n%s", (unsigned long)seed, 'a' + i, what, world_text());
}

static bool is_down(uint32_t i)
{
	return service_at(&world.sv, i)->life.state == STATE_DOWN && !kernel_main(i) && !kernel_alive(i, true);
}

static bool is_up(uint32_t i)
{
	uint8_t state = service_at(&world.sv, i)->life.state;

	return state == (world.image.spec[i].ready == READY_EXIT ? STATE_DONE : STATE_UP);
}

static void each_walk(void (*after)(void))
{
	seed = first_seed();
	printf("# seeds %lu to %lu\n", (unsigned long)seed, (unsigned long)seed + WORLDS - 1);
	for (uint64_t end = seed + WORLDS; seed < end; seed++) {
		world_begin(seed);
		walk();
		after();
		world_end();
	}
}

static void then_all_down(void)
{
	want(TOLD_DOWN);
	calm("stopping");
	all_are(is_down, "down");
	assert_int_equal(kernel_open_pipes(), 0);
}

static void then_all_up(void)
{
	want(TOLD_UP);
	calm("starting");
	want(TOLD_UP); /* what had failed for good before it was wanted again is forgiven now */
	calm("starting");
	all_are(is_up, "up");
}

static void whatever_happens_all_stops_when_it_is_wanted_down(void **state)
{
	(void)state;
	each_walk(then_all_down);
}

static void whatever_happens_all_comes_up_when_it_is_wanted_up(void **state)
{
	(void)state;
	each_walk(then_all_up);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_happens_all_stops_when_it_is_wanted_down),
		cmocka_unit_test(whatever_happens_all_comes_up_when_it_is_wanted_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
