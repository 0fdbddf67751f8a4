// links: lib/toml.c lib/toml_scalar.c lib/arena.c lib/buf.c lib/utf8.c
/* What the toml-test suite and tomllib (tests/toml) do not look at: places, recovery, bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/toml.h"

static struct arena arena;
static struct toml_doc doc;
static char told[8192];

static void report(void *context, uint16_t file, struct toml_at at, const char *what)
{
	size_t len = strlen(told);

	assert_ptr_equal(context, told);
	assert_int_equal(file, 7);
	snprintf(told + len, sizeof(told) - len, "%u:%u: %s\n", at.line, at.column, what);
}

/* The text is copied to the end of an allocation, so that a look behind it is seen. */
static const struct toml *parse_bytes(const char *text, size_t len)
{
	char *copy = malloc(len + 1);

	memcpy(copy, text, len);
	copy[len] = '\0';
	arena_close(&arena);
	assert_int_equal(arena_open(&arena, 64 << 20), 0);
	doc = (struct toml_doc){ .arena = &arena, .file = 7, .report = report, .context = told };
	told[0] = '\0';
	toml_parse(&doc, copy, len);
	free(copy);
	return doc.root;
}

static const struct toml *parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

/* The node of a path of keys, a space between them. */
static const struct toml *at(const char *path)
{
	const struct toml *node = doc.root;
	char key[64];
	int n;

	while (sscanf(path, "%63s%n", key, &n) == 1) {
		node = toml_get(&doc, node, key);
		assert_non_null(node);
		path += n;
	}
	return node;
}

static void assert_at(struct toml_at at, uint32_t line, uint32_t column)
{
	assert_int_equal(at.line, line);
	assert_int_equal(at.column, column);
}

static void keys_and_values_know_their_place(void **state)
{
	(void)state;
	parse("# x\r\n[a.b]\n  c = 5\n\td . \"e\" = [1,\n 'two', \"\"\"\nthree\"\"\"]\n[[l]]\nx={y=1}");
	assert_string_equal(told, "");
	assert_at(at("a b")->key_at, 2, 4);
	assert_at(at("a b c")->key_at, 3, 3);
	assert_at(at("a b c")->at, 3, 7);
	assert_at(at("a b d e")->key_at, 4, 6);
	assert_at(at("a b d e")->first->next->at, 5, 2);
	assert_at(at("a b d e")->last->at, 5, 9);
	assert_at(at("l")->first->key_at, 7, 3);
	assert_int_equal(at("a b d e")->count, 3);
	assert_int_equal(at("a b c")->file, 7);
}

static void a_column_is_a_character(void **state)
{
	(void)state;
	parse("\"\xe2\x82\xac\xf0\x9f\x98\x80\" = ['\xc3\xa9', 5]");
	assert_string_equal(told, "");
	assert_at(doc.root->first->at, 1, 8);
	assert_at(doc.root->first->last->at, 1, 14);
}

static void values_are_typed(void **state)
{
	(void)state;
	parse("a=1979-05-27\nb=07:32:00.5\nc=1979-05-27 07:32:00\nd=1979-05-27t07:32:00-07:00\ne=1e5\nf=-0x\n");
	assert_string_equal(told, "6:3: -0x is not a value; a string is written in quotes\n");
	assert_int_equal(at("a")->type, TOML_LOCAL_DATE);
	assert_int_equal(at("b")->type, TOML_LOCAL_TIME);
	assert_int_equal(at("c")->type, TOML_LOCAL_DATETIME);
	assert_int_equal(at("d")->type, TOML_DATETIME);
	assert_string_equal(at("d")->text, "1979-05-27t07:32:00-07:00");
	assert_int_equal(at("e")->type, TOML_FLOAT);
	assert_int_equal(at("f")->type, TOML_BROKEN);
}

static void integers_have_64_bits(void **state)
{
	(void)state;
	parse("a=9223372036854775807\nb=-9223372036854775808\nc=0x7fff_ffff_ffff_ffff\n");
	assert_string_equal(told, "");
	assert_true(at("a")->number == INT64_MAX && at("b")->number == INT64_MIN && at("c")->number == INT64_MAX);
	parse("a=9223372036854775808\nb=-9223372036854775809\nc=0x8000000000000000\n");
	assert_int_equal(doc.errors, 3);
	assert_non_null(strstr(told, "1:3: 9223372036854775808 is too large"));
}

static void a_leap_second_and_the_year_0_are_times(void **state)
{
	(void)state;
	parse("a=1990-12-31T23:59:60Z\nb=0000-02-29\n");
	assert_string_equal(told, "");
	parse("a=23:59:61");
	assert_int_equal(doc.errors, 1);
}

static void a_nul_may_be_in_a_string_but_not_in_a_file(void **state)
{
	(void)state;
	parse("a = \"x\\u0000y\"");
	assert_string_equal(told, "");
	assert_int_equal(at("a")->len, 3);
	assert_memory_equal(at("a")->text, "x\0y", 4);
	parse_bytes("a = 1\n\0b = 2\n", 13);
	assert_string_equal(told, "2:1: byte 0x00: this is not UTF-8 text\n");
}

static void parsing_goes_on_behind_an_error(void **state)
{
	(void)state;
	parse("a = \nb = 1\n[c\nd = 2\n[e]\nf = [1,\n  2 3\n  4,\n]\ng = 3 # x\nh = 4 5\n");
	assert_string_equal(told, "1:5: a value is expected here\n"
			    "3:3: ] is missing at the end of the header\n"
			    "7:5: a comma or ] is expected in the array of line 6\n"
			    "11:7: the end of the line is expected here\n");
	assert_true(at("b")->number == 1 && at("e g")->number == 3);
	assert_null(toml_get(&doc, doc.root, "d"));
	assert_true(doc.is_cut);
	parse("a = [\n  'x'\n  'y',\n  'z'\n[b]\nc = 1\nd = [\n 1 2,\n 3\n e . 'f' = 4\n");
	assert_int_equal(doc.errors, 2);
	assert_true(at("b c")->number == 1 && at("b e f")->number == 4);
}

static void a_wrong_value_is_told_and_marked_and_loses_nothing_else(void **state)
{
	(void)state;
	parse("a = [x, 1, \"\\q\", 'good']\nb = 2\nb = 3\n");
	assert_string_equal(told, "1:6: x is not a value; a string is written in quotes\n"
			    "1:13: unknown escape; a backslash itself is written \\\\, or the string in 'single quotes'\n"
			    "3:1: \"b\" was given at line 2 already\n");
	assert_int_equal(at("a")->type, TOML_BROKEN);
	assert_int_equal(at("b")->number, 2);
	assert_false(doc.is_cut);
}

static void an_inline_table_over_several_lines_is_told_once(void **state)
{
	(void)state;
	parse("a = { b = 1, # x\n  c = 2,\n d = 3\n}\ne = 5\n");
	assert_string_equal(told, "1:14: an inline table is written on one line\n");
	assert_int_equal(at("e")->number, 5);
}

static void a_dotted_key_below_a_value_is_told_with_the_way_out(void **state)
{
	(void)state;
	parse("cpu.max = 1\ncpu.max.burst = 2\n");
	assert_string_equal(told, "2:5: \"max\" was given at line 1, as a value; a name with dots in it is written in "
			    "quotes: \"cpu.max.burst\"\n");
	parse("cpu.max = 1\n\"cpu.max.burst\" = 2\n");
	assert_string_equal(told, "");
}

static void repeat(char *out, const char *piece, int n)
{
	for (; n > 0; n--)
		out += sprintf(out, "%s", piece);
}

static void depth_is_bounded_in_every_way_to_nest(void **state)
{
	static const char *const ways[][3] = { { "a=", "[", "" }, { "a=", "{a=", "" }, { "", "a.", "a=1" },
					       { "[", "a.", "a]" }, { "[[", "a.", "a]]" } };
	char *text = calloc(1, 1 << 20);

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		strcpy(text, ways[i][0]);
		repeat(text + strlen(text), ways[i][1], 100000);
		strcat(text, ways[i][2]);
		parse(text);
		if (!strstr(told, "nested more than 64 levels deep") || doc.errors != 1)
			fail_msg("%s%s: %s", ways[i][0], ways[i][1], told);
	}
	strcpy(text, "a=");
	repeat(text + 2, "[", TOML_DEPTH - 1);
	repeat(text + strlen(text), "]", TOML_DEPTH - 1);
	parse(text);
	assert_string_equal(told, "");
	free(text);
}

static void a_file_with_a_hundred_errors_is_given_up(void **state)
{
	char *text = calloc(1, 1 << 20);

	(void)state;
	repeat(text, "?\n", 10000);
	parse(text);
	assert_int_equal(doc.errors, TOML_ERRORS_MAX);
	free(text);
}

/* Every end that a text can have is met without a look behind it. */
static void a_text_may_end_anywhere(void **state)
{
	static const char text[] = "a.\"b\" = \"x\\u00e9\" # c\r\n[t.'u']\nd = 1979-05-27 07:32:00.5Z\nl = [1,{x=-1.5e3}]\n"
				   "[[z]]\nq = \"\"\"\nab\"\" \\\n c\"\"\"\ns = '''x'''\nh = 0xff\nb = true\n";

	(void)state;
	for (size_t len = 0; len < sizeof(text); len++)
		parse_bytes(text, len);
	assert_string_equal(told, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_and_values_know_their_place),
		cmocka_unit_test(a_column_is_a_character),
		cmocka_unit_test(values_are_typed),
		cmocka_unit_test(integers_have_64_bits),
		cmocka_unit_test(a_leap_second_and_the_year_0_are_times),
		cmocka_unit_test(a_nul_may_be_in_a_string_but_not_in_a_file),
		cmocka_unit_test(parsing_goes_on_behind_an_error),
		cmocka_unit_test(a_wrong_value_is_told_and_marked_and_loses_nothing_else),
		cmocka_unit_test(an_inline_table_over_several_lines_is_told_once),
		cmocka_unit_test(a_dotted_key_below_a_value_is_told_with_the_way_out),
		cmocka_unit_test(depth_is_bounded_in_every_way_to_nest),
		cmocka_unit_test(a_file_with_a_hundred_errors_is_given_up),
		cmocka_unit_test(a_text_may_end_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
