// links: services/changed.c lib/buf.c
/* Limits that were changed by hand: what is of the same, what a change leaves, and how they are noted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "services/changed.h"

static void test_what_is_of_the_same(void **data)
{
	static const struct {
		const char *a, *b;
		bool same;
	} pairs[] = {
		{ "64", "128", true },
		{ "max", "50000 100000", true },
		{ "max 100000", "50000 100000", true },
		{ "0-3", "1", true },
		{ "8:0 rbps=1", "8:0 wbps=1", true },
		{ "8:0 rbps=1", "8:16 rbps=1", false },
		{ "8:0 200", "100", false },
		{ "8:0 rbps=1", "8:01 rbps=1", false },
		{ "mlx4_0 hca_handle=2", "mlx4_0 hca_object=2", true },
		{ "sev 4", "sev_es 4", false },
		{ "/dev/vda 200", "100", false },
		{ "/dev/vda 200", "/dev/vda 300", true },
		{ "/dev/vda 200", "/dev/vdb 200", false },
	};

	(void)data;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		if (changed_is_of_same(pairs[i].a, pairs[i].b) != pairs[i].same)
			fail_msg("\"%s\" and \"%s\"", pairs[i].a, pairs[i].b);
}

static void test_what_is_left(void **data)
{
	static const struct {
		const char *text, *change, *left;
	} all[] = {
		{ "64", "128", "128" },
		{ "50000 100000", "max", "max" },
		{ "8:0 rbps=1 wbps=2", "8:0 wbps=3", "8:0 rbps=1 wbps=3" },
		{ "8:0 rbps=1", "8:0 wbps=3 riops=4", "8:0 rbps=1 wbps=3 riops=4" },
		{ "", "8:0 wbps=3", "8:0 wbps=3" },
	};

	(void)data;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		BUF_ON_STACK(b, 100);

		changed_put_over(&b, all[i].text, all[i].change);
		assert_string_equal(buf_text(&b), all[i].left);
	}
}

static struct statefile *state;

static void note(uint32_t whose, const char *file, const char *text)
{
	struct limit_change *at = changed_room(state, whose, file, text);

	assert_non_null(at);
	changed_note(at, whose, file, text);
}

static void expect(uint32_t whose, const char *file, const char *text, const char *want)
{
	const struct limit_change *c = changed_find(state, whose, file, text);

	if (want)
		assert_string_equal(c ? changed_text(c) : "none", want);
	else
		assert_null(c);
}

static void test_what_is_noted(void **data)
{
	(void)data;
	expect(changed_of_service(0), "memory.max", "1", NULL);
	note(changed_of_service(0), "memory.max", "1");
	note(changed_of_group(0), "memory.max", "2");
	note(changed_of_service(0), "memory.max", "3");
	note(changed_of_service(0), "io.max", "8:0 rbps=1");
	note(changed_of_service(0), "io.max", "8:16 rbps=2");
	note(changed_of_service(0), "io.max", "8:0 wbps=3");
	expect(changed_of_service(0), "memory.max", "max", "3");
	expect(changed_of_group(0), "memory.max", "max", "2");
	expect(changed_of_service(1), "memory.max", "max", NULL);
	expect(changed_of_service(0), "io.max", "8:0 rbps=9", "8:0 rbps=1 wbps=3");
	expect(changed_of_service(0), "io.max", "8:16 rbps=9", "8:16 rbps=2");
	assert_int_equal(state->change_slots, 4);
}

static void test_what_has_no_room(void **data)
{
	char text[300];

	(void)data;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	note(changed_of_service(0), "memory.max", text);
	expect(changed_of_service(0), "memory.max", "max", NULL);
	for (uint32_t i = 0; i < STATE_CHANGES; i++)
		note(changed_of_service(i), "memory.max", "1");
	assert_null(changed_room(state, changed_of_service(0), "pids.max", "1"));
	assert_non_null(changed_room(state, changed_of_service(0), "memory.max", "2"));
}

static int set_up(void **data)
{
	(void)data;
	state = calloc(1, sizeof(*state));
	return state ? 0 : -1;
}

static int tear_down(void **data)
{
	(void)data;
	free(state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_of_the_same),
		cmocka_unit_test(test_what_is_left),
		cmocka_unit_test_setup_teardown(test_what_is_noted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_has_no_room, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
