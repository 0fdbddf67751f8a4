// links: lib/buf.c lib/json.c lib/utf8.c
/* The bounded cursor: what does not fit is refused as a whole, and that is remembered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/utf8.h"

/* A buf of n bytes at the end of an allocation, so that one too many is seen. */
static struct buf small(size_t n)
{
	struct buf b;

	buf_init(&b, malloc(n), n);
	return b;
}

static void what_fits_is_appended(void **state)
{
	struct buf b = small(4);

	(void)state;
	buf_str(&b, "ab");
	buf_char(&b, 'c');
	assert_int_equal(buf_check(&b), 0);
	assert_string_equal(buf_text(&b), "abc");
	buf_char(&b, 'd');
	assert_int_equal(b.len, 4);
	assert_int_equal(buf_check(&b), 0);
	free(b.data);
}

static void what_does_not_fit_is_refused_and_remembered(void **state)
{
	struct buf b = small(4);

	(void)state;
	buf_str(&b, "abcde");
	assert_int_equal(b.len, 0);
	assert_int_equal(buf_check(&b), -ENOBUFS);
	buf_str(&b, "ab");
	assert_int_equal(buf_check(&b), -ENOBUFS);
	assert_string_equal(buf_text(&b), "ab");
	buf_reset(&b);
	assert_int_equal(buf_check(&b), 0);
	assert_string_equal(buf_text(&b), "");
	free(b.data);
}

static void a_text_without_room_for_its_end_is_cut_and_that_is_remembered(void **state)
{
	struct buf b = small(3);

	(void)state;
	buf_str(&b, "abc");
	assert_int_equal(buf_check(&b), 0);
	assert_string_equal(buf_text(&b), "ab");
	assert_int_equal(buf_check(&b), -ENOBUFS);
	free(b.data);
}

#define assert_like_printf(...)                                        \
	do {                                                           \
		char wanted[256];                                      \
		BUF_ON_STACK(got, 256);                                \
		snprintf(wanted, sizeof(wanted), __VA_ARGS__);         \
		buf_fmt(&got, __VA_ARGS__);                            \
		assert_string_equal(buf_text(&got), wanted);           \
	} while (0)

static void conversions_are_those_of_printf(void **state)
{
	(void)state;
	assert_like_printf("%d %i %u %x %o %c %s %%", -5, INT_MIN, UINT_MAX, 0xbeef, 0755, 'x', "text");
	assert_like_printf("%ld %lu %lld %llu %zu %lx", LONG_MIN, ULONG_MAX, LLONG_MIN, ULLONG_MAX, SIZE_MAX, 1L << 40);
	assert_like_printf("[%5d|%-5d|%05d|%05d]", 42, 42, 42, -42);
	assert_like_printf("[%8s|%-8s|%.2s|%.*s|%*s]", "ab", "ab", "abc", 3, "abcdef", 6, "ab");
	assert_like_printf("%s", "");
	assert_like_printf("%.0s%d", "x", 0);
	assert_like_printf("%hx %3u%%", (unsigned short)0xff, 7);
}

static void a_conversion_that_does_not_fit_is_left_out_as_a_whole(void **state)
{
	struct buf b = small(6);

	(void)state;
	buf_fmt(&b, "%s %d", "ab", 123456);
	assert_int_equal(buf_check(&b), -ENOBUFS);
	assert_string_equal(buf_text(&b), "ab ");
	free(b.data);
}

static void json_is_escaped_and_never_broken_utf8(void **state)
{
	BUF_ON_STACK(b, 256);

	(void)state;
	buf_json(&b, "a\"b\\c\n\r\t\001\x7f/\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
	assert_string_equal(buf_text(&b), "\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u007f/\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
	buf_reset(&b);
	buf_json(&b, "\xff|\xc3|\xed\xa0\x80|\xc0\xaf|\xf4\x90\x80\x80");
	assert_string_equal(buf_text(&b), "\"\xef\xbf\xbd|\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd|"
			    "\xef\xbf\xbd\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

/* Every code point is written and read back; all else of one to four bytes is not UTF-8. */
static void utf8_is_exactly_the_unicode_scalar_values(void **state)
{
	char s[5] = "";
	uint32_t good = 0;

	(void)state;
	for (uint32_t c = 1; c < 0x110000; c++) {
		size_t len = utf8_encode(c, s);

		s[len] = '\0';
		assert_int_equal(utf8_len(s), c >= 0xd800 && c < 0xe000 ? 0 : len);
	}
	for (uint32_t two = 0; two < 0x10000; two++) {
		memcpy(s, (char[]){ (char)(two >> 8), (char)two, (char)0x80, (char)0x80, 0 }, 5);
		good += utf8_len(s) > 0;
	}
	/* first bytes of one: 127 x 256; of two: 30 x 64; of three: 16 x 64 - 32 (overlong) - 32 (surrogates); of four: 5 x 64 - 16 - 48 */
	assert_int_equal(good, 127 * 256 + 30 * 64 + 16 * 64 - 64 + 5 * 64 - 64);
}

static void tame(const char *text, const char *expected)
{
	char mem[64];
	struct buf b;

	buf_init(&b, mem, sizeof(mem));
	buf_str(&b, text);
	buf_tame(&b, "");
	if (strcmp(buf_text(&b), expected))
		fail_msg("'%s' becomes '%s', not '%s'", text, buf_text(&b), expected);
}

/* Another reader may take an overlong form for what it would be the short one of: an escape, or the end of a line. */
static void what_is_tamed_is_text_for_every_reader(void **state)
{
	(void)state;
	tame("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
	tame("\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
	     "\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf");
	tame("\x1b[ \xc2\x9b \xff \xc3", "?[ ?? ? ?");
	tame("\xc0\x9b \xc1\x8a", "?? ??");
	tame("\xe0\x80\x9b \xe0\x82\x9b \xf0\x80\x82\x9b", "??? ??? ????");
	tame("\xed\xa0\x80 \xf4\x90\x80\x80 \xf5\x80\x80\x80", "??? ???? ????");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fits_is_appended),
		cmocka_unit_test(what_does_not_fit_is_refused_and_remembered),
		cmocka_unit_test(a_text_without_room_for_its_end_is_cut_and_that_is_remembered),
		cmocka_unit_test(conversions_are_those_of_printf),
		cmocka_unit_test(a_conversion_that_does_not_fit_is_left_out_as_a_whole),
		cmocka_unit_test(json_is_escaped_and_never_broken_utf8),
		cmocka_unit_test(what_is_tamed_is_text_for_every_reader),
		cmocka_unit_test(utf8_is_exactly_the_unicode_scalar_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
