// links: cgroup/found.c cgroup/v1_oom.c cgroup/limits.c cgroup/friendly.c cgroup/tree.c lib/buf.c lib/addr.c lib/text.c lib/fd.c lib/sys.c
/* What is found of a limit beside what was asked: the words of cgroup v1 and v2, on files made up here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup/ops.h"
#include "lib/fd.h"

static const struct {
	const char *file, *asked, *got;
	bool same;
} pairs[] = {
	{ "memory.max", "67108864", "67108864", true },
	{ "memory.max", "67108865", "67108864", true }, /* in whole pages */
	{ "memory.max", "67108864", "67108865", false },
	{ "memory.max", "67108864", "33554432", false },
	{ "memory.max", "65536", "4096", false }, /* no rounding to a page makes that */
	{ "memory.max", "67108864", "max", false },
	{ "memory.max", "max", "67108864", false },
	{ "memory.max", "max", "max", true },
	{ "hugetlb.2MB.max", "5000000", "4194304", true },
	{ "hugetlb.2MB.max", "5000000", "4999168", false },
	{ "hugetlb.1GB.rsvd.max", "2147483649", "2147483648", true },
	{ "hugetlb.1GB.rsvd.max", "2147483648", "1073741824", false },
	{ "pids.max", "5000", "4096", false },
	{ "pids.max", "20", "1", false },
	{ "cpu.weight", "100", "1", false },
	{ "cpu.max", "max", "max 100000", true },
	{ "cpu.max", "50000 100000", "50000 100000", true },
	{ "cpu.max", "50000 100000", "50000 200000", false },
	{ "cpu.max", "max 50000", "max 50000", true },
	{ "cpu.uclamp.min", "20.00", "20.00", true },
	{ "cpu.uclamp.min", "20", "20.00", true },
	{ "cpu.uclamp.min", "20", "20.50", false },
	{ "cpuset.cpus", "0-3,6", "0-3,6", true },
	{ "cpuset.cpus", "0-3", "0-3,6", false },
	{ "cpuset.cpus", "0-3,6", "0-3", false },
	{ "cpuset.cpus", "3,0,1,2", "0-3", true },
	{ "cpuset.cpus", "0-2,1-3,3", "0-3", true },
	{ "cpuset.cpus", "1", "10-12", false },
	{ "cpuset.cpus", "0", "", false },
	{ "cpuset.mems", "0,1", "0-1", true },
	{ "cpuset.cpus", "0-4294967295", "0-3", false },
	{ "cpuset.cpus.exclusive", "2,3", "2-3", true },
	{ "cpuset.cpus.partition", "root", "root", true },
	{ "cpuset.cpus.partition", "root", "root invalid (Parent is not a partition root)", false },
	{ "io.weight", "100", "default 100", true },
	{ "io.max", "8:16 rbps=1048576", "8:0 rbps=1 wbps=max\n8:16 rbps=1048576 wbps=max riops=max wiops=max", true },
	{ "io.max", "8:16 rbps=1048576", "8:0 rbps=1048576 wbps=max\n8:16 rbps=max wbps=max", false },
	{ "io.max", "8:16 rbps=1048576", "", false },
	{ "io.max", "8:16 rbps=max wiops=max", "", true }, /* a disk without limits has no line */
	{ "io.max", "8:16 rbps=max", "8:0 rbps=1 wbps=max riops=max wiops=max", true },
	{ "io.max", "8:16 rbps=max wbps=1", "8:0 rbps=1 wbps=max riops=max wiops=max", false },
	{ "io.max", "8:16 rbps=max", "8:16 rbps=1 wbps=max riops=max wiops=max", false },
	{ "rdma.max", "mlx4_0 hca_handle=2", "mlx4_0 hca_handle=2 hca_object=max", true },
	{ "rdma.max", "mlx4_0 hca_object=2", "mlx4_0 hca_handle=2 hca_object=max", false },
	{ "rdma.max", "mlx4_1 hca_handle=2", "mlx4_10 hca_handle=1 hca_object=max\nmlx4_1 hca_handle=2 hca_object=max", true },
	{ "rdma.max", "mlx4_1 hca_handle=2", "mlx4_10 hca_handle=2 hca_object=max", false },
	{ "misc.max", "sev 4", "sev 4\nsev_es max", true },
	{ "misc.max", "sev 4", "sev_es 4\nsev 5", false },
	{ "dmem.max", "drm/0000:03:00.0/vram0 1G", "drm/0000:03:00.0/vram0 1073741824", true }, /* the kernel takes K, M, G */
	{ "dmem.max", "drm/0000:03:00.0/vram0 1G", "drm/0000:03:00.0/vram0 1073741825", false },
	{ "dmem.max", "drm/0000:03:00.0/vram0 max", "drm/0000:03:00.0/vram0 max", true },
	{ "cpu.weight.nice", "-20", "-20", true },
	{ "cpu.weight.nice", "-20", "-2", false },
};

static void test_what_is_the_same(void **data)
{
	(void)data;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		if (cgroup_is_same(pairs[i].file, pairs[i].asked, pairs[i].got) != pairs[i].same)
			fail_msg("%s: \"%s\" and \"%s\"", pairs[i].file, pairs[i].asked, pairs[i].got);
}

/* -- leaves made up ----------------------------------------------------------------------------------------------- */

static char folder[64];
static struct cgroup_home home;

static int set_up(void **data)
{
	(void)data;
	strcpy(folder, "/tmp/minit-found-XXXXXX");
	home = (struct cgroup_home){ .v2 = -1 };
	memset(home.v1, -1, sizeof(home.v1));
	return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **data)
{
	char command[100];

	(void)data;
	fd_close(&home.v2);
	for (size_t i = 0; i < CGROUP_V1_COUNT; i++)
		fd_close(&home.v1[i]);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static int hierarchy(const char *name)
{
	char path[200];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	mkdir(path, 0700);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	mkdirat(fd, "svc.web", 0700);
	return fd;
}

static void put(int dir, const char *file, const char *text)
{
	char path[100];
	int fd;

	snprintf(path, sizeof(path), "svc.web/%s", file);
	fd = openat(dir, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void finds(const char *file, const char *text)
{
	BUF_ON_STACK(got, 200);

	assert_int_equal(cgroup_found(&home, "web", file, "", &got), 0);
	assert_string_equal(buf_text(&got), text);
}

static void test_processors_of_v2_are_those_that_are_left_to_it(void **data)
{
	(void)data;
	home.v2 = hierarchy("v2");
	put(home.v2, "cpuset.cpus", "0-1\n");
	finds("cpuset.cpus", "0-1");
	put(home.v2, "cpuset.cpus.effective", "0\n");
	finds("cpuset.cpus", "0");
	put(home.v2, "cpuset.mems", "0-1\n");
	put(home.v2, "cpuset.mems.effective", "1\n");
	finds("cpuset.mems", "1");
	put(home.v2, "cpuset.cpus.exclusive", "2\n");
	put(home.v2, "cpuset.cpus.exclusive.effective", "\n");
	finds("cpuset.cpus.exclusive", "2");
}

static void finds_asked(const char *file, const char *asked, const char *text)
{
	BUF_ON_STACK(got, 200);

	assert_int_equal(cgroup_found(&home, "web", file, asked, &got), 0);
	assert_string_equal(buf_text(&got), text);
}

static void test_v1_is_told_in_the_words_of_v2(void **data)
{
	BUF_ON_STACK(got, 200);
	int cpu, memory;

	(void)data;
	cpu = home.v1[CGROUP_V1_CPU] = hierarchy("cpu");
	memory = home.v1[CGROUP_V1_MEMORY] = hierarchy("memory");
	put(cpu, "cpu.cfs_quota_us", "25000\n");
	put(cpu, "cpu.cfs_period_us", "100000\n");
	finds("cpu.max", "25000 100000");
	put(cpu, "cpu.cfs_quota_us", "-1\n");
	finds("cpu.max", "max 100000");
	for (uint64_t weight = 1; weight <= 10000; weight += weight < 300 ? 1 : 333) {
		char text[24], asked[24];

		snprintf(text, sizeof(text), "%lu\n", (unsigned long)limit_shares(weight));
		snprintf(asked, sizeof(asked), "%lu", (unsigned long)weight);
		put(cpu, "cpu.shares", text);
		finds("cpu.weight", asked);
	}
	put(memory, "memory.limit_in_bytes", "67108864\n");
	put(memory, "memory.memsw.limit_in_bytes", "100663296\n");
	finds("memory.max", "67108864");
	finds("memory.swap.max", "33554432");
	finds_asked("memory.oom.group", "1", "1");
	finds_asked("memory.oom.group", "0", "0"); /* init/notice.c does what is asked */
	put(memory, "memory.memsw.limit_in_bytes", "9223372036854771712\n");
	finds("memory.swap.max", "max");
	put(memory, "memory.limit_in_bytes", "9223372036854771712\n");
	finds("memory.max", "max");
	finds_asked("memory.oom.group", "1", "0");
	put(memory, "memory.soft_limit_in_bytes", "9223372036854771712\n");
	finds("memory.low", "0");
	assert_int_equal(cgroup_found(&home, "web", "memory.high", "", &got), -EOPNOTSUPP);
	assert_int_equal(cgroup_found(&home, "web", "pids.max", "", &got), -ENOENT);
	assert_int_equal(cgroup_found(&home, "db", "memory.max", "", &got), -ENOENT);
}

static void finds_weight(const char *asked, const char *text)
{
	finds_asked("io.weight", asked, text);
}

static void test_disks_of_v1_are_told_in_the_words_of_v2(void **data)
{
	int blkio;

	(void)data;
	blkio = home.v1[CGROUP_V1_BLKIO] = hierarchy("blkio");
	put(blkio, "blkio.throttle.read_bps_device", "8:0 1048576\n");
	put(blkio, "blkio.throttle.write_bps_device", "");
	put(blkio, "blkio.throttle.read_iops_device", "254:16 7\n");
	put(blkio, "blkio.throttle.write_iops_device", "8:0 100\n254:16 18446744073709551615\n");
	finds("io.max", "8:0 rbps=1048576 wbps=max riops=max wiops=100\n254:16 rbps=max wbps=max riops=7 wiops=max");
	put(blkio, "blkio.weight", "500\n");
	finds_weight("100", "100");
	put(blkio, "blkio.weight", "1000\n");
	finds_weight("200", "200");
	finds_weight("10000", "200"); /* there is no more */
	unlinkat(blkio, "svc.web/blkio.weight", 0);
	for (uint64_t weight = 1; weight <= 10000; weight += weight < 300 ? 1 : 333) {
		char text[24], asked[24];

		snprintf(text, sizeof(text), "%lu\n", (unsigned long)limit_bfq_weight(weight));
		snprintf(asked, sizeof(asked), "%lu", (unsigned long)weight);
		put(blkio, "blkio.bfq.weight", text);
		finds_weight(asked, asked);
	}
	put(blkio, "blkio.bfq.weight", "200\n");
	finds_weight("100", "1200");
}

static void test_a_weight_that_bfq_has_alone_is_found_there(void **data)
{
	(void)data;
	home.v2 = hierarchy("v2");
	put(home.v2, "io.bfq.weight", "default 109\n8:0 1000\n");
	finds_weight("200", "200");
	finds_weight("8:0 10000", "8:0 10000");
	put(home.v2, "io.weight", "default 100\n");
	finds_weight("8:0 10000", "8:0 10000");
	finds_weight("8:0 100", "default 100");
	finds_weight("8:16 10000", "default 100");
	finds_weight("100", "default 100");
}

static void test_v2_is_told_as_it_is(void **data)
{
	(void)data;
	home.v2 = hierarchy("v2");
	home.v1[CGROUP_V1_MEMORY] = hierarchy("memory");
	put(home.v2, "pids.max", "20\n");
	put(home.v1[CGROUP_V1_MEMORY], "memory.limit_in_bytes", "4096\n");
	finds("pids.max", "20");
	finds("memory.max", "4096");
}

static void where(const char *lines, int result, const char *path)
{
	BUF_ON_STACK(got, 200);

	assert_int_equal(cgroup_where(&home, "web", lines, &got), result);
	assert_string_equal(buf_text(&got), path);
}

static void test_in_which_leaf_a_process_is(void **data)
{
	(void)data;
	where("0::/a/svc.web\n", -ENOENT, "");
	home.v2 = hierarchy("v2");
	where("0::/a/svc.web\n", 1, "");
	where("0::/a/svc.web/below\n", 1, "");
	where("0::/../svc.web\n", 1, "");
	where("0::/a/svc.webby\n", 0, "/a/svc.webby");
	where("0::/a\n", 0, "/a");
	where("0::/\n", 0, "/");
	home.v1[CGROUP_V1_MEMORY] = hierarchy("memory");
	where("5:memory:/x/svc.web\n0::/a/svc.web\n", 1, "");
	where("5:memory:/x\n0::/a/svc.web\n", 0, "/x");
	where("5:cpu,memory:/x\n0::/a/svc.web\n", 0, "/x");
	where("5:memoryless:/x\n0::/a/svc.web\n", 1, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_the_same),
		cmocka_unit_test_setup_teardown(test_processors_of_v2_are_those_that_are_left_to_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_v1_is_told_in_the_words_of_v2, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_disks_of_v1_are_told_in_the_words_of_v2, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_weight_that_bfq_has_alone_is_found_there, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_v2_is_told_as_it_is, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_in_which_leaf_a_process_is, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
