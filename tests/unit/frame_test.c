// links: services/frame.c
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "services/frame.h"

bool sys_can_share(void)
{
	return true;
}

static int open_pool(void **state)
{
	(void)state;
	return frame_open();
}

static void every_frame_is_another(void **state)
{
	struct frame *taken[FRAMES];

	(void)state;
	for (uint32_t i = 0; i < FRAMES; i++) {
		taken[i] = frame_take(i + 100);
		assert_non_null(taken[i]);
		memset(taken[i]->memory.stack, (int)i, taken[i]->memory.stack_size);
		memset(taken[i]->memory.tls, (int)i, SYS_TLS_SIZE);
		memset(taken[i]->child.memory, (int)i, sizeof(*taken[i]->child.memory));
	}
	assert_null(frame_take(7));
	assert_int_equal(frame_left(), 0);
	for (uint32_t i = 0; i < FRAMES; i++) {
		const char *stack = taken[i]->memory.stack, *words = (const char *)taken[i]->child.memory;

		assert_int_equal(stack[0], i);
		assert_int_equal(stack[taken[i]->memory.stack_size - 1], i);
		assert_int_equal(words[0], i);
		assert_int_equal(words[sizeof(*taken[i]->child.memory) - 1], i);
	}
	for (uint32_t i = 0; i < FRAMES; i++)
		frame_release(i + 100);
	assert_int_equal(frame_left(), FRAMES);
}

static void a_frame_is_given_back_once(void **state)
{
	(void)state;
	assert_non_null(frame_take(1));
	assert_non_null(frame_take(2));
	frame_release(1);
	frame_release(1);
	frame_release(3);
	assert_int_equal(frame_left(), FRAMES - 1);
	frame_release(2);
	assert_int_equal(frame_left(), FRAMES);
}

static void what_is_free_is_taken_again(void **state)
{
	struct frame *first;

	(void)state;
	first = frame_take(1);
	assert_ptr_not_equal(frame_take(2), first);
	frame_release(1);
	assert_ptr_equal(frame_take(3), first);
	frame_release(2);
	frame_release(3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_frame_is_another, open_pool),
		cmocka_unit_test_setup(a_frame_is_given_back_once, open_pool),
		cmocka_unit_test_setup(what_is_free_is_taken_again, open_pool),
	};

	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
