// links: init/field.c lib/utf8.c
/* The tool's look into a line of JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "init/field.h"

static const char line[] = "{\"name\":\"web\",\"states\":{\"name\":7,\"up\":2},\"pid\":42,\"neg\":-3,\"time\":12.75,"
			   "\"list\":[\"a\",\"b, c\"],\"on\":true,\"off\":false,\"last\":\"\\\"}\"}";

static const char *text_of(const char *from, const char *key)
{
	static char mem[32];

	field_text(from, key, mem, sizeof(mem));
	return mem;
}

static void test_members_of_the_outer_object_alone(void **data)
{
	const char *at;
	size_t len;

	(void)data;
	assert_string_equal(text_of(line, "name"), "web");
	assert_false(field_is_there(line, "up"));
	assert_false(field_is_there(line, "nam"));
	assert_false(field_is_there(line, "web"));
	assert_true(field_find(line, "states", &at, &len));
	assert_int_equal(len, strlen("{\"name\":7,\"up\":2}"));
	assert_int_equal(field_number(at, "up", -1), 2);
}

static void test_numbers(void **data)
{
	(void)data;
	assert_int_equal(field_number(line, "pid", -1), 42);
	assert_int_equal(field_number(line, "neg", 0), -3);
	assert_int_equal(field_number(line, "time", 0), 12);
	assert_int_equal(field_number(line, "name", 9), 9);
	assert_int_equal(field_number(line, "nothing", 9), 9);
	assert_int_equal(field_number("{\"n\":99999999999999999999}", "n", 9), 9);
}

static void test_text(void **data)
{
	(void)data;
	assert_string_equal(text_of(line, "last"), "\"}");
	assert_string_equal(text_of(line, "list"), "a, b, c");
	assert_string_equal(text_of(line, "nothing"), "");
	assert_string_equal(text_of("{\"a\":\"\\u00e9\\u20ac\xc3\xa9\"}", "a"), "\xc3\xa9\xe2\x82\xac\xc3\xa9");
}

static void test_nothing_reaches_the_terminal_but_text(void **data)
{
	(void)data;
	assert_string_equal(text_of("{\"a\":\"\\u001b[2J\x1b[2J\\n\x7f\"}", "a"), "?[2J?[2J ?");
	assert_string_equal(text_of("{\"a\":\"\\u009b1m\xc2\x9b\xff\"}", "a"), "?1m??");
}

static void test_text_is_cut_between_characters(void **data)
{
	char four[4];

	(void)data;
	field_text("{\"a\":\"ab\xc3\xa9z\"}", "a", four, sizeof(four));
	assert_string_equal(four, "ab");
}

static void test_truth(void **data)
{
	(void)data;
	assert_true(field_is_true(line, "on"));
	assert_false(field_is_true(line, "off"));
	assert_false(field_is_true(line, "pid"));
}

static void test_what_is_no_json_has_no_members(void **data)
{
	static const char *const odd[] = { "",       "{",          "}",         "{}",      "[]",
					   "{\"a",   "{\"a\"",     "{\"a\":",   "name",    "{\"b\":\"\\",
					   "{,\"a\":1}", "{\"b\":[1,\"a\":2", "{\"b\":{{{{{{{{{{1", "{\"b\" \"a\":1}" };

	(void)data;
	for (size_t i = 0; i < ARRAY_LEN(odd); i++)
		assert_string_equal(text_of(odd[i], "a"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members_of_the_outer_object_alone),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_nothing_reaches_the_terminal_but_text),
		cmocka_unit_test(test_text_is_cut_between_characters),
		cmocka_unit_test(test_truth),
		cmocka_unit_test(test_what_is_no_json_has_no_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
