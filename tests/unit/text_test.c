// links: lib/addr.c lib/text.c lib/buf.c lib/signame.c lib/arena.c
/* Scalars from text, and back: sizes, durations, addresses, signals, nearness of words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/addr.h"
#include "lib/arena.h"
#include "lib/signame.h"
#include "lib/text.h"

static void numbers_are_decimal_and_whole(void **state)
{
	uint64_t n = 7;

	(void)state;
	assert_int_equal(text_u64("0", &n), 0);
	assert_true(n == 0);
	assert_int_equal(text_u64("18446744073709551615", &n), 0);
	assert_true(n == UINT64_MAX);
	assert_int_equal(text_u64("18446744073709551616", &n), -ERANGE);
	for (const char *const *s = (const char *const[]){ "", "-1", "+1", " 1", "1 ", "0x1", "1.0", NULL }; *s; s++)
		assert_int_equal(text_u64(*s, &n), -EINVAL);
	assert_true(n == UINT64_MAX);
}

static void zeros_before_a_number_are_none_of_it(void **state)
{
	uint64_t n = 7;

	(void)state;
	assert_int_equal(text_plain_u64("0", &n), 0);
	assert_true(n == 0);
	assert_int_equal(text_plain_u64("80", &n), 0);
	assert_true(n == 80);
	for (const char *const *s = (const char *const[]){ "08", "010", "00", "", "8 ", NULL }; *s; s++)
		assert_int_equal(text_plain_u64(*s, &n), -EINVAL);
	assert_true(n == 80);
}

static void modes_are_octal(void **state)
{
	uint32_t mode = 0;

	(void)state;
	assert_int_equal(text_octal("0022", &mode), 0);
	assert_int_equal(mode, 022);
	assert_int_equal(text_octal("8", &mode), -EINVAL);
	assert_int_equal(text_octal("77777777777", &mode), -ERANGE);
	assert_int_equal(mode, 022);
}

static void sizes_have_units_of_1024(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = { { "0", 0 }, { "4096", 4096 }, { "4096B", 4096 }, { "1K", 1024 }, { "64M", 64 << 20 }, { "64m", 64 << 20 },
		     { "64MB", 64 << 20 }, { "64MiB", 64 << 20 }, { "1.5G", 3ull << 29 }, { "2T", 2ull << 40 }, { "0.5K", 512 } };
	static const char *const bad[] = { "", "M", "1.5", "1.", "64X", "64Mi", "64iB", "64 M", "-1M", "1,5M" };
	uint64_t n;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_int_equal(text_size(good[i].text, &n), 0);
		assert_true(n == good[i].bytes);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(text_size(bad[i], &n), -EINVAL);
	assert_int_equal(text_size("18446744073709551615T", &n), -ERANGE);
	assert_int_equal(text_size("99999999999999999999", &n), -ERANGE);
}

static void durations_have_units_of_time(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} good[] = { { "500ms", 500 }, { "10s", 10000 }, { "1.5m", 90000 }, { "2h", 7200000 }, { "1d", 86400000 }, { "3", 3000 },
		     { "0s", 0 }, { "0.001s", 1 } };
	static const char *const bad[] = { "", "s", "10x", "10 s", "1.s", "-1s", "10S", "1m30s" };
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_int_equal(text_duration(good[i].text, &ms), 0);
		assert_int_equal(ms, good[i].ms);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(text_duration(bad[i], &ms), -EINVAL);
	assert_int_equal(text_duration("9999999999999999d", &ms), -ERANGE);
}

/* What is read is written as inet_ntop writes it. */
static void addresses_are_written_as_others_write_them(void **state)
{
	static const char *const good[] = { "0.0.0.0", "10.77.0.1", "255.255.255.255", "::", "::1", "1::", "fd77::1", "1:2:3:4:5:6:7:8",
					    "1:0:0:2::", "::2:0:0:1", "1:0:2:0:3:0:4:0", "2001:db8::8:800:200c:417a", "0:0:1::",
					    "1::2:3:4:5:6:7" };
	struct addr a;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		BUF_ON_STACK(b, 64);
		char wanted[64];

		assert_int_equal(text_addr(good[i], &a), 0);
		assert_int_equal(a.prefix, a.family == AF_INET ? 32 : 128);
		text_put_addr(&b, &a, false);
		assert_string_equal(buf_text(&b), inet_ntop(a.family, a.bytes, wanted, sizeof(wanted)));
	}
}

static void an_address_may_have_a_prefix(void **state)
{
	BUF_ON_STACK(b, 64);
	struct addr a, net;

	(void)state;
	assert_int_equal(text_addr("10.77.0.1/24", &a), 0);
	text_put_addr(&b, &a, true);
	assert_string_equal(buf_text(&b), "10.77.0.1/24");
	for (const char *const *s = (const char *const[]){ "10.77.0", "10.77.0.1/", "10.77.0.1/x", "1::2::3", "", "/24", "10.77.0.256",
							   NULL }; *s; s++)
		assert_int_equal(text_addr(*s, &net), -EINVAL);
	assert_int_equal(text_addr("10.77.0.1/33", &net), -ERANGE);
	assert_int_equal(text_addr("::1/129", &net), -ERANGE);
}

static bool lies_in(const char *address, const char *subnet)
{
	struct addr a, net;

	assert_int_equal(text_addr(address, &a), 0);
	assert_int_equal(text_addr(subnet, &net), 0);
	return addr_in(&a, &net);
}

static void a_subnet_holds_what_has_its_first_bits(void **state)
{
	(void)state;
	assert_true(lies_in("10.77.0.200", "10.77.0.1/24"));
	assert_false(lies_in("10.77.1.200", "10.77.0.1/24"));
	assert_true(lies_in("10.77.0.7", "10.77.0.1/29"));
	assert_false(lies_in("10.77.0.8", "10.77.0.1/29"));
	assert_true(lies_in("1.2.3.4", "9.9.9.9/0"));
	assert_true(lies_in("fd77::1:2", "fd77::/64"));
	assert_false(lies_in("fd78::1", "fd77::/64"));
	assert_true(lies_in("fd77::1", "fd77::1/128"));
	assert_false(lies_in("10.0.0.1", "::/0"));
}

static void sizes_and_durations_are_short_for_people(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} sizes[] = { { 0, "0B" }, { 1023, "1023B" }, { 1024, "1.0K" }, { 12900000, "12.3M" }, { 1ull << 40, "1.0T" } };
	static const struct {
		int64_t ms;
		const char *text;
	} times[] = { { -1, "0ms" }, { 999, "999ms" }, { 1000, "1s" }, { 61000, "1m01s" }, { 3720000, "1h02m" }, { 90000000, "1d01h" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		BUF_ON_STACK(b, 32);
		text_put_size(&b, sizes[i].bytes);
		assert_string_equal(buf_text(&b), sizes[i].text);
	}
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		BUF_ON_STACK(b, 32);
		text_put_duration(&b, times[i].ms);
		assert_string_equal(buf_text(&b), times[i].text);
	}
}

static void nearness_counts_slips_of_the_finger(void **state)
{
	char longest[65];

	(void)state;
	assert_int_equal(text_distance("memory.max", "memory.max"), 0);
	assert_int_equal(text_distance("memroy.max", "memory.max"), 1);
	assert_int_equal(text_distance("memory.mx", "memory.max"), 1);
	assert_int_equal(text_distance("memory.maxx", "memory.max"), 1);
	assert_int_equal(text_distance("nemory.max", "memory.max"), 1);
	assert_int_equal(text_distance("", "abc"), 3);
	assert_int_equal(text_distance("kitten", "sitting"), 3);
	memset(longest, 'x', 64);
	longest[64] = '\0';
	assert_true(text_distance(longest, "x") >= 64);
	assert_true(text_distance("x", longest) >= 64);
}

static void signals_have_many_names(void **state)
{
	static const struct {
		const char *name;
		int number;
	} good[] = { { "SIGTERM", SIGTERM }, { "TERM", SIGTERM }, { "term", SIGTERM }, { "sigterm", SIGTERM }, { "15", 15 },
		     { "RTMIN", 34 }, { "SIGRTMIN+3", 37 }, { "rtmax-1", 63 }, { "RTMAX", 64 }, { "64", 64 } };
	static const char *const bad[] = { "", "SIG", "FOO", "0", "65", "-1", "15 ", "RTMIN-1", "RTMIN+31", "RTMAX+1", "RTMAX-31", "RTMIN+" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_int_equal(signal_number(good[i].name), good[i].number);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(signal_number(bad[i]), -EINVAL);
	for (int sig = 1; sig <= SIGNAL_MAX; sig++) {
		BUF_ON_STACK(b, 24);
		signal_put(&b, sig);
		if (sig < 32 || sig >= SIGNAL_RTMIN)
			assert_int_equal(signal_number(buf_text(&b)), sig);
	}
}

static void an_arena_is_zero_aligned_and_stays_where_it_is(void **state)
{
	struct arena a;
	char *text, *more;
	uint64_t *numbers;

	(void)state;
	assert_int_equal(arena_open(&a, 1 << 20), 0);
	text = arena_put(&a, "ab", 2);
	more = arena_put(&a, "cd", 3);
	assert_ptr_equal(more, text + 2);
	assert_string_equal(text, "abcd");
	numbers = arena_array(&a, uint64_t, 1000);
	assert_int_equal((uintptr_t)numbers % sizeof(uint64_t), 0);
	for (int i = 0; i < 1000; i++)
		assert_true(numbers[i] == 0);
	assert_string_equal(arena_text(&a, "abc", 2), "ab");
	assert_string_equal(text, "abcd");
	arena_close(&a);
	assert_null(a.base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_decimal_and_whole),
		cmocka_unit_test(zeros_before_a_number_are_none_of_it),
		cmocka_unit_test(modes_are_octal),
		cmocka_unit_test(sizes_have_units_of_1024),
		cmocka_unit_test(durations_have_units_of_time),
		cmocka_unit_test(addresses_are_written_as_others_write_them),
		cmocka_unit_test(an_address_may_have_a_prefix),
		cmocka_unit_test(a_subnet_holds_what_has_its_first_bits),
		cmocka_unit_test(sizes_and_durations_are_short_for_people),
		cmocka_unit_test(nearness_counts_slips_of_the_finger),
		cmocka_unit_test(signals_have_many_names),
		cmocka_unit_test(an_arena_is_zero_aligned_and_stays_where_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
