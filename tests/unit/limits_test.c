// links: cgroup/limits.c lib/buf.c lib/text.c
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "cgroup/limits.h"

#define NONE LIMIT_NONE

static const struct {
	enum limit_id id;
	const char *text;
	uint64_t value, period;
	const char *v2, *v1;
} good[] = {
	{ LIMIT_MEMORY_MAX, "64M", 64 << 20, 0, "67108864", "67108864" },
	{ LIMIT_MEMORY_MAX, "1.5G", 3ull << 29, 0, "1610612736", "1610612736" },
	{ LIMIT_MEMORY_MAX, "4096", 4096, 0, "4096", "4096" },
	{ LIMIT_MEMORY_MAX, "max", NONE, 0, "max", "-1" },
	{ LIMIT_MEMORY_HIGH, "48MiB", 48 << 20, 0, "50331648", "50331648" },
	{ LIMIT_PIDS_MAX, "1", 1, 0, "1", "1" },
	{ LIMIT_PIDS_MAX, "4194304", 4194304, 0, "4194304", "4194304" },
	{ LIMIT_PIDS_MAX, "max", NONE, 0, "max", "max" },
	{ LIMIT_CPU_MAX, "50%", 50000, 100000, "50000 100000", "50000" },
	{ LIMIT_CPU_MAX, "100%", 100000, 100000, "100000 100000", "100000" },
	{ LIMIT_CPU_MAX, "250%", 250000, 100000, "250000 100000", "250000" },
	{ LIMIT_CPU_MAX, "12.5%", 12500, 100000, "12500 100000", "12500" },
	{ LIMIT_CPU_MAX, "1%", 1000, 100000, "1000 100000", "1000" },
	{ LIMIT_CPU_MAX, "0.5%", 5000, 1000000, "5000 1000000", "5000" },
	{ LIMIT_CPU_MAX, "0.1%", 1000, 1000000, "1000 1000000", "1000" },
	{ LIMIT_CPU_MAX, "1.5", 150000, 100000, "150000 100000", "150000" },
	{ LIMIT_CPU_MAX, "2", 200000, 100000, "200000 100000", "200000" },
	{ LIMIT_CPU_MAX, "0.25", 25000, 100000, "25000 100000", "25000" },
	{ LIMIT_CPU_MAX, "8192", 819200000, 100000, "819200000 100000", "819200000" },
	{ LIMIT_CPU_MAX, "50000 100000", 50000, 100000, "50000 100000", "50000" },
	{ LIMIT_CPU_MAX, "1000 1000", 1000, 1000, "1000 1000", "1000" },
	{ LIMIT_CPU_MAX, "max 50000", NONE, 50000, "max 50000", "-1" },
	{ LIMIT_CPU_MAX, "max", NONE, 0, "max", "-1" },
	{ LIMIT_CPU_WEIGHT, "100", 100, 0, "100", "1024" },
	{ LIMIT_CPU_WEIGHT, "200", 200, 0, "200", "2048" },
	{ LIMIT_CPU_WEIGHT, "1", 1, 0, "1", "10" },
	{ LIMIT_CPU_WEIGHT, "10000", 10000, 0, "10000", "102400" },
	{ LIMIT_IO_WEIGHT, "100", 100, 0, "100", "500" },
	{ LIMIT_IO_WEIGHT, "50", 50, 0, "50", "250" },
	{ LIMIT_IO_WEIGHT, "1", 1, 0, "1", "10" },
	{ LIMIT_IO_WEIGHT, "10000", 10000, 0, "10000", "1000" },
};

static void friendly_value_is_understood(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct limit limit;
		const char *want;

		if (limit_parse(good[i].id, good[i].text, &limit, &want))
			fail_msg("%s = %s is refused", limit_name(good[i].id), good[i].text);
		assert_int_equal(limit.id, good[i].id);
		assert_int_equal(limit.value, good[i].value);
		assert_int_equal(limit.period, good[i].period);
	}
}

static void value_becomes_the_text_of_its_file(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct limit limit = { .id = good[i].id, .value = good[i].value, .period = good[i].period };
		BUF_ON_STACK(v2, 48);
		BUF_ON_STACK(v1, 48);

		limit_put_v2(&v2, &limit);
		limit_put_v1(&v1, &limit);
		assert_string_equal(buf_text(&v2), good[i].v2);
		assert_string_equal(buf_text(&v1), good[i].v1);
	}
}

static const struct {
	enum limit_id id;
	const char *text;
	int err;
} bad[] = {
	{ LIMIT_MEMORY_MAX, "", -EINVAL },
	{ LIMIT_MEMORY_MAX, "64 M", -EINVAL },
	{ LIMIT_MEMORY_MAX, "-1", -EINVAL },
	{ LIMIT_MEMORY_MAX, "50%", -EINVAL },
	{ LIMIT_MEMORY_MAX, "MAX", -EINVAL },
	{ LIMIT_MEMORY_MAX, "0", -ERANGE },
	{ LIMIT_MEMORY_MAX, "64", -ERANGE },
	{ LIMIT_MEMORY_MAX, "4095", -ERANGE },
	{ LIMIT_MEMORY_MAX, "9223372036854775808", -ERANGE },
	{ LIMIT_MEMORY_MAX, "99999999T", -ERANGE },
	{ LIMIT_PIDS_MAX, "", -EINVAL },
	{ LIMIT_PIDS_MAX, "64k", -EINVAL },
	{ LIMIT_PIDS_MAX, "0", -ERANGE },
	{ LIMIT_PIDS_MAX, "4194305", -ERANGE },
	{ LIMIT_CPU_MAX, "", -EINVAL },
	{ LIMIT_CPU_MAX, "%", -EINVAL },
	{ LIMIT_CPU_MAX, "50 %", -EINVAL },
	{ LIMIT_CPU_MAX, "50%%", -EINVAL },
	{ LIMIT_CPU_MAX, "1.", -EINVAL },
	{ LIMIT_CPU_MAX, ".5", -EINVAL },
	{ LIMIT_CPU_MAX, "1.5.5", -EINVAL },
	{ LIMIT_CPU_MAX, "1.000001", -EINVAL },
	{ LIMIT_CPU_MAX, "0.0001%", -EINVAL },
	{ LIMIT_CPU_MAX, "-5%", -EINVAL },
	{ LIMIT_CPU_MAX, "max max", -EINVAL },
	{ LIMIT_CPU_MAX, "50000 100000 1", -EINVAL },
	{ LIMIT_CPU_MAX, "50000  100000", -EINVAL },
	{ LIMIT_CPU_MAX, " 100000", -EINVAL },
	{ LIMIT_CPU_MAX, "0", -ERANGE },
	{ LIMIT_CPU_MAX, "0%", -ERANGE },
	{ LIMIT_CPU_MAX, "0.05%", -ERANGE },
	{ LIMIT_CPU_MAX, "50000", -ERANGE },
	{ LIMIT_CPU_MAX, "8193", -ERANGE },
	{ LIMIT_CPU_MAX, "18446744073709551616", -ERANGE },
	{ LIMIT_CPU_MAX, "999 100000", -ERANGE },
	{ LIMIT_CPU_MAX, "50000 999", -ERANGE },
	{ LIMIT_CPU_MAX, "50000 1000001", -ERANGE },
	{ LIMIT_CPU_MAX, "max 0", -ERANGE },
	{ LIMIT_CPU_WEIGHT, "max", -EINVAL },
	{ LIMIT_CPU_WEIGHT, "0", -ERANGE },
	{ LIMIT_CPU_WEIGHT, "10001", -ERANGE },
	{ LIMIT_IO_WEIGHT, "default", -EINVAL },
	{ LIMIT_IO_WEIGHT, "1.5", -EINVAL },
};

static void wrong_value_is_refused_with_what_is_wanted(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct limit limit = { .value = 77 };
		const char *want = NULL;
		int err = limit_parse(bad[i].id, bad[i].text, &limit, &want);

		if (err != bad[i].err)
			fail_msg("%s = '%s' gives %d, not %d", limit_name(bad[i].id), bad[i].text, err, bad[i].err);
		assert_int_equal(limit.value, 77);
		assert_true(want && strlen(want) > 10);
	}
}

static void limit_is_found_by_its_kernel_name(void **state)
{
	(void)state;
	for (enum limit_id id = 0; id < LIMIT_COUNT; id++) {
		assert_int_equal(limit_by_name(limit_name(id)), id);
		assert_true(strlen(limit_help(id)) > 10);
	}
	assert_int_equal(limit_by_name("memory.max"), LIMIT_MEMORY_MAX);
	assert_int_equal(limit_by_name("memory"), -ENOENT);
	assert_int_equal(limit_by_name("memory.limit_in_bytes"), -ENOENT);
	assert_int_equal(limit_by_name(""), -ENOENT);
}

static void bfq_weight_keeps_the_usual_and_the_ends(void **state)
{
	uint64_t last = 0;

	(void)state;
	assert_int_equal(limit_bfq_weight(1), 1);
	assert_int_equal(limit_bfq_weight(100), 100);
	assert_int_equal(limit_bfq_weight(10000), 1000);
	for (uint64_t weight = 1; weight <= 10000; weight++) {
		assert_true(limit_bfq_weight(weight) >= last);
		last = limit_bfq_weight(weight);
	}
}

static void default_is_what_nobody_limited(void **state)
{
	(void)state;
	assert_int_equal(limit_default(LIMIT_MEMORY_MAX).value, NONE);
	assert_int_equal(limit_default(LIMIT_CPU_MAX).value, NONE);
	assert_int_equal(limit_default(LIMIT_CPU_WEIGHT).value, 100);
	assert_int_equal(limit_default(LIMIT_IO_WEIGHT).id, LIMIT_IO_WEIGHT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(friendly_value_is_understood),
		cmocka_unit_test(value_becomes_the_text_of_its_file),
		cmocka_unit_test(wrong_value_is_refused_with_what_is_wanted),
		cmocka_unit_test(limit_is_found_by_its_kernel_name),
		cmocka_unit_test(bfq_weight_keeps_the_usual_and_the_ends),
		cmocka_unit_test(default_is_what_nobody_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
