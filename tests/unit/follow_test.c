// links: init/follow.c init/field.c lib/utf8.c lib/addr.c lib/text.c lib/buf.c
/* What the tool knows of the services from the lines of events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <string.h>
#include <sys/mman.h>

#include "init/follow.h"

static struct follow f;

static void tell(const char *service, const char *from, const char *state, int seq)
{
	char line[256];

	snprintf(line, sizeof(line), "{\"seq\":%d,\"service\":\"%s\",%s%s%s\"state\":\"%s\",\"want\":\"up\"}", seq, service,
		 from ? "\"from\":\"" : "", from ? from : "", from ? "\"," : "", state);
	assert_int_equal(follow_line(&f, line), 0);
}

static int reset(void **data)
{
	(void)data;
	if (f.all)
		munmap(f.all, f.room * sizeof(*f.all));
	f = (struct follow){ 0 };
	return 0;
}

static void test_a_snapshot_and_changes(void **data)
{
	(void)data;
	tell("web", NULL, "up", 7);
	tell("db", NULL, "down", 7);
	assert_false(f.complete);
	follow_line(&f, "{\"snapshot\":2,\"seq\":7}");
	assert_true(f.complete);
	assert_int_equal(f.seq, 7);
	tell("db", "down", "starting", 8);
	assert_int_equal(f.count, 2);
	assert_int_equal(f.seq, 8);
	assert_string_equal(follow_find(&f, "db")->state, "starting");
	assert_null(follow_find(&f, "nothing"));
}

static void test_a_change_amid_the_first_snapshot(void **data)
{
	(void)data;
	tell("web", NULL, "starting", 1);
	tell("web", "starting", "up", 2);
	tell("db", NULL, "up", 2);
	tell("web", "up", "backoff", 3);
	follow_line(&f, "{\"snapshot\":2,\"seq\":3}");
	assert_int_equal(f.count, 2);
	assert_string_equal(follow_find(&f, "web")->state, "backoff");
}

static void test_a_snapshot_that_is_told_again(void **data)
{
	(void)data;
	tell("web", NULL, "up", 1);
	follow_line(&f, "{\"snapshot\":1,\"seq\":1}");
	follow_line(&f, "{\"lost\":30}");
	assert_false(f.complete);
	assert_int_equal(f.lost, 30);
	tell("web", NULL, "down", 31);
	tell("web", "down", "starting", 32);
	tell("db", NULL, "failed", 32);
	tell("web", "starting", "up", 33);
	follow_line(&f, "{\"snapshot\":2,\"seq\":33}");
	assert_true(f.complete);
	assert_int_equal(f.count, 2);
	assert_string_equal(follow_find(&f, "web")->state, "up");
	assert_string_equal(follow_find(&f, "db")->state, "failed");
}

static void test_another_table(void **data)
{
	(void)data;
	tell("web", NULL, "up", 1);
	tell("old", NULL, "up", 1);
	follow_line(&f, "{\"snapshot\":2,\"seq\":1}");
	follow_line(&f, "{\"reload\":true}");
	assert_false(f.complete);
	tell("new", NULL, "down", 1);
	tell("web", NULL, "up", 1);
	assert_string_equal(follow_find(&f, "old")->state, "up");
	follow_line(&f, "{\"snapshot\":2,\"seq\":2}");
	assert_true(f.complete);
	assert_string_equal(follow_find(&f, "web")->state, "up");
	assert_string_equal(follow_find(&f, "new")->state, "down");
	assert_string_equal(follow_find(&f, "old")->state, "gone");
	assert_false(follow_find(&f, "old")->wanted);
	assert_true(seen_is_stopped(follow_find(&f, "old")));
	follow_line(&f, "{\"reload\":true}");
	tell("old", NULL, "starting", 3);
	follow_line(&f, "{\"snapshot\":1,\"seq\":3}");
	assert_string_equal(follow_find(&f, "old")->state, "starting");
	assert_string_equal(follow_find(&f, "new")->state, "gone");
}

static void test_thousands(void **data)
{
	char name[16];

	(void)data;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 5000; i++) {
			snprintf(name, sizeof(name), "s%d", i);
			tell(name, NULL, round ? "up" : "down", i);
		}
		follow_line(&f, round ? "{\"snapshot\":5000}" : "{\"lost\":1}");
	}
	assert_int_equal(f.count, 5000);
	assert_string_equal(follow_find(&f, "s4999")->state, "up");
	assert_string_equal(follow_nearest(&f, "s-17"), "s17");
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, reset, reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_snapshot_and_changes),
		TEST(a_change_amid_the_first_snapshot),
		TEST(a_snapshot_that_is_told_again),
		TEST(another_table),
		TEST(thousands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
