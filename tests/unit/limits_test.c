// links: cgroup/limits.c cgroup/friendly.c lib/buf.c lib/addr.c lib/text.c
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "cgroup/limits.h"

static const struct {
	const char *file, *text, *kernel;
} good[] = {
	{ "memory.max", "64M", "67108864" },
	{ "memory.max", "1.5G", "1610612736" },
	{ "memory.max", "4096", "4096" },
	{ "memory.max", "max", "max" },
	{ "memory.high", "48MiB", "50331648" },
	{ "pids.max", "1", "1" },
	{ "pids.max", "4194304", "4194304" },
	{ "pids.max", "max", "max" },
	{ "cpu.max", "50%", "50000 100000" },
	{ "cpu.max", "100%", "100000 100000" },
	{ "cpu.max", "250%", "250000 100000" },
	{ "cpu.max", "12.5%", "12500 100000" },
	{ "cpu.max", "1%", "1000 100000" },
	{ "cpu.max", "0.5%", "5000 1000000" },
	{ "cpu.max", "0.1%", "1000 1000000" },
	{ "cpu.max", "1.5", "150000 100000" },
	{ "cpu.max", "2", "200000 100000" },
	{ "cpu.max", "0.25", "25000 100000" },
	{ "cpu.max", "8192", "819200000 100000" },
	{ "cpu.max", "50000 100000", "50000 100000" },
	{ "cpu.max", "1000 1000", "1000 1000" },
	{ "cpu.max", "max 50000", "max 50000" },
	{ "cpu.max", "max", "max" },
	{ "cpu.weight", "100", "100" },
	{ "cpu.weight", "200", "200" },
	{ "cpu.weight", "1", "1" },
	{ "cpu.weight", "10000", "10000" },
	{ "io.weight", "100", "100" },
	{ "io.weight", "50", "50" },
	{ "io.weight", "1", "1" },
	{ "io.weight", "10000", "10000" },
	{ "io.weight", "default 200", "200" }, /* as the kernel has it */
	{ "memory.swap.max", "0", "0" },
	{ "memory.low", "1M", "1048576" },
	{ "memory.oom.group", "true", "1" },
	{ "memory.oom.group", "0", "0" },
	{ "cpu.max.burst", "20ms", "20000" },
	{ "cpu.max.burst", "150", "150" },
	{ "cpu.weight.nice", "-20", "-20" },
	{ "cpu.weight.nice", "19", "19" },
	{ "cpu.idle", "false", "0" },
	{ "cpu.uclamp.min", "20%", "20.00" },
	{ "cpu.uclamp.max", "12.5%", "12.50" },
	{ "cpu.uclamp.max", "max", "max" },
	{ "cpuset.cpus", "0-3,6", "0-3,6" },
	{ "cpuset.mems", "1", "1" },
	{ "cpuset.cpus.partition", "isolated", "isolated" },
	{ "cgroup.max.depth", "0", "0" },
	{ "io.weight", "/dev/vda 200", "/dev/vda 200" },
	{ "io.max", "/dev/vda rbps=10M", "/dev/vda rbps=10485760" },
	{ "io.max", "8:16 rbps=max wbps=1K riops=100 wiops=7", "8:16 rbps=max wbps=1024 riops=100 wiops=7" },
	{ "io.latency", "8:0 target=10ms", "8:0 target=10000" },
	{ "hugetlb.2MB.max", "4M", "4194304" },
	{ "hugetlb.1GB.rsvd.max", "max", "max" },
	{ "rdma.max", "mlx4_0 hca_handle=2", "mlx4_0 hca_handle=2" },
	{ "memory.new_in_7.0", "as it is", "as it is" },
	{ "misc.max", "sev 4", "sev 4" },
};

static void friendly_value_becomes_what_the_kernels_file_takes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		BUF_ON_STACK(text, 128);
		const char *want;

		if (limit_text(good[i].file, good[i].text, &text, &want))
			fail_msg("%s = %s is refused", good[i].file, good[i].text);
		assert_string_equal(buf_text(&text), good[i].kernel);
	}
}

static const struct {
	const char *file, *text;
	int err;
} bad[] = {
	{ "memory.max", "", -EINVAL },
	{ "memory.max", "64 M", -EINVAL },
	{ "memory.max", "-1", -EINVAL },
	{ "memory.max", "50%", -EINVAL },
	{ "memory.max", "MAX", -EINVAL },
	{ "memory.max", "0", -ERANGE },
	{ "memory.max", "64", -ERANGE },
	{ "memory.max", "4095", -ERANGE },
	{ "memory.max", "9223372036854775808", -ERANGE },
	{ "memory.max", "99999999T", -ERANGE },
	{ "pids.max", "", -EINVAL },
	{ "pids.max", "64k", -EINVAL },
	{ "pids.max", "0", -ERANGE },
	{ "pids.max", "4194305", -ERANGE },
	{ "cpu.max", "", -EINVAL },
	{ "cpu.max", "%", -EINVAL },
	{ "cpu.max", "50 %", -EINVAL },
	{ "cpu.max", "50%%", -EINVAL },
	{ "cpu.max", "1.", -EINVAL },
	{ "cpu.max", ".5", -EINVAL },
	{ "cpu.max", "1.5.5", -EINVAL },
	{ "cpu.max", "1.000001", -EINVAL },
	{ "cpu.max", "0.0001%", -EINVAL },
	{ "cpu.max", "-5%", -EINVAL },
	{ "cpu.max", "max max", -EINVAL },
	{ "cpu.max", "50000 100000 1", -EINVAL },
	{ "cpu.max", "50000  100000", -EINVAL },
	{ "cpu.max", " 100000", -EINVAL },
	{ "cpu.max", "0", -ERANGE },
	{ "cpu.max", "0%", -ERANGE },
	{ "cpu.max", "0.05%", -ERANGE },
	{ "cpu.max", "50000", -ERANGE },
	{ "cpu.max", "8193", -ERANGE },
	{ "cpu.max", "18446744073709551616", -ERANGE },
	{ "cpu.max", "999 100000", -ERANGE },
	{ "cpu.max", "50000 999", -ERANGE },
	{ "cpu.max", "50000 1000001", -ERANGE },
	{ "cpu.max", "max 0", -ERANGE },
	{ "cpu.weight", "max", -EINVAL },
	{ "cpu.weight", "0", -ERANGE },
	{ "cpu.weight", "10001", -ERANGE },
	{ "io.weight", "default", -EINVAL },
	{ "io.weight", "default ", -EINVAL },
	{ "io.weight", "default 20000", -ERANGE },
	{ "io.weight", "1.5", -EINVAL },
	{ "memory.swap.max", "-1", -EINVAL },
	{ "memory.oom.group", "yes", -EINVAL },
	{ "cpu.max.burst", "-1", -EINVAL },
	{ "cpu.max.burst", "max", -EINVAL },
	{ "cpu.weight.nice", "-21", -ERANGE },
	{ "cpu.weight.nice", "20", -ERANGE },
	{ "cpu.weight.nice", "--1", -EINVAL },
	{ "cpu.uclamp.min", "100.01%", -ERANGE },
	{ "cpu.uclamp.min", "20", -EINVAL },
	{ "cpuset.cpus", "", -EINVAL },
	{ "cpuset.cpus", "0 1", -EINVAL },
	{ "cpuset.cpus", "3-1", -EINVAL },
	{ "cpuset.cpus", "0--1", -EINVAL },
	{ "cpuset.cpus", "0-", -EINVAL },
	{ "cpuset.cpus", "0,", -EINVAL },
	{ "cpuset.cpus", "-3", -EINVAL },
	{ "cpuset.cpus.partition", "mine", -EINVAL },
	{ "io.weight", "vda 200", -EINVAL },
	{ "io.weight", "/dev/vda 20000", -ERANGE },
	{ "io.max", "rbps=1M", -EINVAL },
	{ "io.max", "/dev/vda", -EINVAL },
	{ "io.max", "/dev/vda ", -EINVAL },
	{ "io.max", "/dev/vda rbps", -EINVAL },
	{ "io.max", "/dev/vda speed=1", -EINVAL },
	{ "io.max", "/dev/vda rbps=1", -ERANGE }, /* v2 does not take it */
	{ "io.max", "/dev/vda rbps=0", -ERANGE }, /* which v1 would take for none */
	{ "io.max", "/dev/vda wiops=0", -ERANGE },
	{ "io.max", "/dev/vda rbps=2 rbps=2", -EEXIST },
	{ "io.cost.qos", "8:0 enable=1 ctrl=auto enable=0", -EEXIST },
	{ "io.max", "/dev/vda  rbps=1", -EINVAL },
	{ "io.max", "/dev/vda rbps=2 wiops=1", -ERANGE },
	{ "io.max", "8: rbps=1", -EINVAL },
	{ "io.max", "/etc/passwd rbps=1", -EINVAL },
	{ "io.latency", "8:0 10ms", -EINVAL },
	{ "hugetlb.2MB.max", "two", -EINVAL },
	{ "rdma.max", "", -EINVAL },
	{ "rdma.max", "a\nb", -EINVAL },
};

static void wrong_value_is_refused_with_what_is_wanted(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		BUF_ON_STACK(text, 128);
		const char *want = NULL;
		int err = limit_text(bad[i].file, bad[i].text, &text, &want);

		if (err != bad[i].err)
			fail_msg("%s = '%s' gives %d, not %d", bad[i].file, bad[i].text, err, bad[i].err);
		assert_int_equal(text.len, 0);
		assert_true(want && strlen(want) > 10);
	}
}

static void file_of_a_controller_may_be_any_but_minits_own(void **state)
{
	static const struct {
		const char *file;
		int err;
	} files[] = {
		{ "memory.max", 0 }, { "memory.unheard_of", 0 }, { "hugetlb.2MB.max", 0 }, { "dmem.max", 0 },
		{ "cgroup.max.depth", 0 }, { "cgroup.procs", -EPERM }, { "cgroup.kill", -EPERM },
		{ "cgroup.subtree_control", -EPERM }, { "memory.pressure", -EPERM }, { "memory.reclaim", -EPERM },
		{ "memory", -EINVAL }, { "", -EINVAL }, { "memory.", -EINVAL }, { ".max", -EINVAL }, { "memory..max", -EINVAL }, { "memory.max/x", -EINVAL },
		{ "../memory.max", -EINVAL }, { "memory.m x", -EINVAL }, { "memroy.max", -ENOENT }, { "blkio.weight", -ENOENT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (limit_file(files[i].file) != files[i].err)
			fail_msg("%s: %d, not %d", files[i].file, limit_file(files[i].file), files[i].err);
	for (unsigned i = 0; limit_name(i); i++)
		if (!strchr(limit_name(i), '*'))
			assert_int_equal(limit_file(limit_name(i)), 0);
}

static void mistyped_file_is_told_from_one_that_is_not_known(void **state)
{
	(void)state;
	assert_string_equal(limit_nearest("memory.mx"), "memory.max");
	assert_string_equal(limit_nearest("memroy.max"), "memory.max");
	assert_string_equal(limit_nearest("pids.maxx"), "pids.max");
	assert_string_equal(limit_nearest("memory.limit_in_bytes"), "memory.max"); /* of cgroup v1 */
	assert_string_equal(limit_nearest("blkio.weight"), "io.weight");
	assert_string_equal(limit_nearest("cpu.cfs_quota_us"), "cpu.max");
	assert_null(limit_nearest("cpuset.cpus"));
	assert_null(limit_nearest("memory.max"));
	assert_null(limit_nearest("memory.min"));
	assert_null(limit_nearest("hugetlb.1GB.max"));
	assert_null(limit_nearest("memory.unheard_of"));
	assert_null(limit_nearest("memory.peak"));
}

static void order_is_swap_before_memory_and_quota_before_burst(void **state)
{
	(void)state;
	assert_true(limit_order("memory.swap.max") < limit_order("memory.max"));
	assert_true(limit_order("cpu.max") < limit_order("cpu.max.burst"));
	assert_true(limit_order("cpuset.cpus") < limit_order("cpuset.cpus.partition"));
	assert_true(limit_order("hugetlb.2MB.max") < limit_order("memory.unheard_of"));
}

static void star_of_a_name_goes_into_that_of_v1(void **state)
{
	BUF_ON_STACK(file, 80);

	(void)state;
	limit_v1_file(limit_row("hugetlb.2MB.max"), "hugetlb.2MB.max", &file);
	assert_string_equal(buf_text(&file), "hugetlb.2MB.limit_in_bytes");
	buf_reset(&file);
	limit_v1_file(limit_row("hugetlb.2MB.rsvd.max"), "hugetlb.2MB.rsvd.max", &file);
	assert_string_equal(buf_text(&file), "hugetlb.2MB.rsvd.limit_in_bytes");
	assert_null(limit_row("hugetlb..max"));
	assert_null(limit_row("hugetlb.max"));
}

static void weights_keep_the_usual_and_the_ends(void **state)
{
	uint64_t last = 0;

	(void)state;
	assert_int_equal(limit_bfq_weight(1), 1);
	assert_int_equal(limit_bfq_weight(100), 100);
	assert_int_equal(limit_bfq_weight(10000), 1000);
	assert_int_equal(limit_shares(100), 1024);
	assert_int_equal(limit_shares(1), 10);
	assert_int_equal(limit_shares(10000), 102400);
	assert_int_equal(limit_blkio_weight(100), 500);
	assert_int_equal(limit_blkio_weight(1), 10);
	assert_int_equal(limit_blkio_weight(10000), 1000);
	for (uint64_t weight = 1; weight <= 10000; weight++) {
		assert_true(limit_bfq_weight(weight) >= last);
		last = limit_bfq_weight(weight);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(friendly_value_becomes_what_the_kernels_file_takes),
		cmocka_unit_test(wrong_value_is_refused_with_what_is_wanted),
		cmocka_unit_test(file_of_a_controller_may_be_any_but_minits_own),
		cmocka_unit_test(mistyped_file_is_told_from_one_that_is_not_known),
		cmocka_unit_test(order_is_swap_before_memory_and_quota_before_burst),
		cmocka_unit_test(star_of_a_name_goes_into_that_of_v1),
		cmocka_unit_test(weights_keep_the_usual_and_the_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
