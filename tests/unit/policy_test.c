// links: services/policy.c
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "services/policy.h"

#define STABLE 10000

static const struct backoff_spec usual = {
	.first_ms = 100, .max_ms = 1000, .factor_pct = 200, .stable_ms = STABLE, .give_up = 5,
};

/* Every case is a line: what the service is, how its run ended, what follows. */
static const struct {
	const char *what;
	enum restart restart;
	enum ready ready;
	enum ending ending;
	int status; /* or errno, for ENDING_SPAWN */
	int64_t ran_ms;
	uint32_t failures; /* before */
	enum state next;
	uint32_t delay_ms, failures_now;
} cases[] = {
#define ON_FAILURE RESTART_ON_FAILURE, READY_EXEC
#define IF_ALWAYS RESTART_ALWAYS, READY_EXEC
#define NEVER RESTART_NEVER, READY_EXEC
#define TASK RESTART_ON_FAILURE, READY_EXIT
	{ "success is the end of it", ON_FAILURE, ENDING_EXIT, 0, 5, 3, STATE_DONE, 0, 0 },
	{ "success of what never restarts too", NEVER, ENDING_EXIT, 0, 5, 0, STATE_DONE, 0, 0 },
	{ "success at once of what always restarts is a failure", IF_ALWAYS, ENDING_EXIT, 0, 5, 0, STATE_BACKOFF, 100, 1 },
	{ "success after a stable run: again at once", IF_ALWAYS, ENDING_EXIT, 0, STABLE, 2, STATE_STARTING, 0, 0 },
	{ "first failure", ON_FAILURE, ENDING_EXIT, 1, 5, 0, STATE_BACKOFF, 100, 1 },
	{ "second failure: doubled", ON_FAILURE, ENDING_EXIT, 1, 5, 1, STATE_BACKOFF, 200, 2 },
	{ "third failure", ON_FAILURE, ENDING_EXIT, 1, 5, 2, STATE_BACKOFF, 400, 3 },
	{ "fourth failure", ON_FAILURE, ENDING_EXIT, 1, 5, 3, STATE_BACKOFF, 800, 4 },
	{ "the fifth in a row is one too many", ON_FAILURE, ENDING_EXIT, 1, 5, 4, STATE_FAILED, 0, 5 },
	{ "killed by a signal", ON_FAILURE, ENDING_SIGNAL, SIGSEGV, 5, 0, STATE_BACKOFF, 100, 1 },
	{ "out of memory", ON_FAILURE, ENDING_OOM, SIGKILL, 5, 1, STATE_BACKOFF, 200, 2 },
	{ "failure after a stable run: again at once, all forgiven", ON_FAILURE, ENDING_EXIT, 1, STABLE, 4, STATE_STARTING, 0, 0 },
	{ "a moment short of stable", ON_FAILURE, ENDING_EXIT, 1, STABLE - 1, 0, STATE_BACKOFF, 100, 1 },
	{ "never means never", NEVER, ENDING_EXIT, 1, 5, 0, STATE_FAILED, 0, 1 },
	{ "not even after a stable run", NEVER, ENDING_SIGNAL, SIGTERM, STABLE, 0, STATE_FAILED, 0, 1 },
	{ "a step failed that may work later", ON_FAILURE, ENDING_SPAWN, EAGAIN, 5, 0, STATE_BACKOFF, 100, 1 },
	{ "a step that hung and failed was no stable run", ON_FAILURE, ENDING_SPAWN, EAGAIN, STABLE, 1, STATE_BACKOFF, 200, 2 },
	{ "a step failed too often", ON_FAILURE, ENDING_SPAWN, EPERM, 5, 4, STATE_FAILED, 0, 5 },
	{ "no such program", ON_FAILURE, ENDING_SPAWN, ENOENT, 5, 0, STATE_FAILED, 0, 1 },
	{ "not executable", IF_ALWAYS, ENDING_SPAWN, EACCES, 5, 0, STATE_FAILED, 0, 1 },
	{ "no program", IF_ALWAYS, ENDING_SPAWN, ENOEXEC, 5, 0, STATE_FAILED, 0, 1 },
	{ "no such processor", IF_ALWAYS, ENDING_SPAWN, ERANGE, 5, 0, STATE_FAILED, 0, 1 },
	{ "nobody can make it", IF_ALWAYS, ENDING_SPAWN, EOVERFLOW, 5, 0, STATE_FAILED, 0, 1 },
	{ "no such system call", IF_ALWAYS, ENDING_SPAWN, ENOSYS, 5, 0, STATE_FAILED, 0, 1 },
	{ "no terminal", IF_ALWAYS, ENDING_SPAWN, ENOTTY, 5, 0, STATE_FAILED, 0, 1 },
	{ "no such family of addresses", IF_ALWAYS, ENDING_SPAWN, EAFNOSUPPORT, 5, 0, STATE_FAILED, 0, 1 },
	{ "too many arguments", IF_ALWAYS, ENDING_SPAWN, E2BIG, 5, 0, STATE_FAILED, 0, 1 },
	{ "no such limit in this kernel", IF_ALWAYS, ENDING_SPAWN, EOPNOTSUPP, 5, 0, STATE_FAILED, 0, 1 },
	{ "no such user", ON_FAILURE, ENDING_SPAWN, ESRCH, 5, 0, STATE_FAILED, 0, 1 },
	{ "exit 2 is no errno", ON_FAILURE, ENDING_EXIT, ENOENT, 5, 0, STATE_BACKOFF, 100, 1 },
	{ "not ready in time", ON_FAILURE, ENDING_OVERDUE, 0, 5, 0, STATE_BACKOFF, 100, 1 },
	{ "not ready in a long time was no stable run", ON_FAILURE, ENDING_OVERDUE, 0, STABLE, 1, STATE_BACKOFF, 200, 2 },
	{ "a task is done", TASK, ENDING_EXIT, 0, 5, 0, STATE_DONE, 0, 0 },
	{ "even one that always restarts", RESTART_ALWAYS, READY_EXIT, ENDING_EXIT, 0, STABLE, 0, STATE_DONE, 0, 0 },
	{ "a task fails", TASK, ENDING_EXIT, 1, 5, 0, STATE_BACKOFF, 100, 1 },
	{ "a long task that fails was no stable run", TASK, ENDING_EXIT, 1, STABLE, 1, STATE_BACKOFF, 200, 2 },
	{ "a long task fails too often", TASK, ENDING_EXIT, 1, STABLE, 4, STATE_FAILED, 0, 5 },
};

static void every_case_is_as_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct service_spec spec = {
			.restart = (uint8_t)cases[i].restart, .ready = (uint8_t)cases[i].ready, .backoff = usual,
		};
		struct outcome o = {
			.ending = cases[i].ending, .ran_ms = cases[i].ran_ms, .failures = cases[i].failures, .random = 12345,
		};
		struct verdict v;

		*(cases[i].ending == ENDING_SPAWN ? &o.err : &o.status) = cases[i].status;
		v = policy_after(&spec, &o);
		if (v.next != cases[i].next || v.delay_ms != cases[i].delay_ms || v.failures != cases[i].failures_now)
			fail_msg("%s: state %d, delay %u, failures %u", cases[i].what, v.next, v.delay_ms, v.failures);
	}
}

/* The nth failure in a row, with `random`. */
static struct verdict nth(const struct backoff_spec *b, uint32_t n, uint32_t random)
{
	struct service_spec spec = { .restart = RESTART_ON_FAILURE, .backoff = *b };
	struct outcome o = { .ending = ENDING_EXIT, .status = 1, .failures = n - 1, .random = random };

	spec.backoff.stable_ms = STABLE;
	return policy_after(&spec, &o);
}

static void delay_grows_by_the_factor_up_to_the_cap(void **state)
{
	static const struct {
		struct backoff_spec b;
		uint32_t delays[6];
	} rows[] = {
		{ { .first_ms = 100, .max_ms = 1000, .factor_pct = 200 }, { 100, 200, 400, 800, 1000, 1000 } },
		{ { .first_ms = 100, .max_ms = 1000, .factor_pct = 150 }, { 100, 150, 225, 337, 505, 757 } },
		{ { .first_ms = 100, .max_ms = 1000, .factor_pct = 100 }, { 100, 100, 100, 100, 100, 100 } },
		{ { .first_ms = 1, .max_ms = 1000, .factor_pct = 110 }, { 1, 2, 3, 4, 5, 6 } },
		{ { .first_ms = 500, .max_ms = 200, .factor_pct = 200 }, { 500, 500, 500, 500, 500, 500 } },
		{ { .first_ms = UINT32_MAX, .max_ms = UINT32_MAX, .factor_pct = 400 },
		  { UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (uint32_t n = 1; n <= 6; n++)
			assert_int_equal(nth(&rows[i].b, n, 7).delay_ms, rows[i].delays[n - 1]);
}

static void a_thousandth_failure_is_as_quick_to_judge(void **state)
{
	struct backoff_spec b = { .first_ms = 1, .max_ms = 60000, .factor_pct = 101 };

	(void)state;
	assert_int_equal(nth(&b, UINT32_MAX, 0).delay_ms, 60000);
}

static void without_a_limit_it_never_gives_up(void **state)
{
	struct backoff_spec b = { .first_ms = 1, .max_ms = 10, .factor_pct = 200, .give_up = 0 };

	(void)state;
	assert_int_equal(nth(&b, 1000000, 0).next, STATE_BACKOFF);
}

static void jitter_stays_within_its_part_of_the_delay_and_uses_all_of_it(void **state)
{
	static const uint32_t parts[] = { 0, 1, 10, 50, 100 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		struct backoff_spec b = { .first_ms = 1000, .max_ms = 10000, .factor_pct = 200, .jitter_pct = parts[i] };
		uint32_t least = UINT32_MAX, most = 0;

		for (uint32_t random = 0; random < 5000; random++) {
			uint32_t delay = nth(&b, 1, random * 2654435761u).delay_ms;

			least = MIN(least, delay);
			most = MAX(most, delay);
		}
		assert_in_range(least, 1000 - 10 * parts[i], 1000 - 10 * parts[i] + 10);
		assert_in_range(most, 1000 + 10 * parts[i] - 10 * !!parts[i], 1000 + 10 * parts[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case_is_as_written),
		cmocka_unit_test(delay_grows_by_the_factor_up_to_the_cap),
		cmocka_unit_test(a_thousandth_failure_is_as_quick_to_judge),
		cmocka_unit_test(without_a_limit_it_never_gives_up),
		cmocka_unit_test(jitter_stays_within_its_part_of_the_delay_and_uses_all_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
