/*
 * The default profile as minit makes it beside the same set as libseccomp makes it: instructions for each call, and the
 * time that the kernel takes to load it, interleaved. One line of JSON for each program. seccomp ROUNDS
 */
#include <errno.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "services/seccomp.h"
#include "tests/fake/bpf.h"

#define CONTAINER_CAPS 0xa80425fbull
#define ROUNDS_MAX 10000

static struct seccomp_profile profile;

/* A filter of its own, as minit's. */
struct filter {
	const char *name;
	struct seccomp_program program;
	double load_us[ROUNDS_MAX];
};

static void need(int result, const char *what)
{
	if (result >= 0)
		return;
	fprintf(stderr, "seccomp: %s: %s\n", what, strerror(errno ? errno : -result));
	exit(1);
}

static uint32_t length(const struct filter *f)
{
	return BPF_MAXINSNS - f->program.first;
}

/* -- the same set for libseccomp -------------------------------------------------------------------------------- */

/* As many rules as a range has values: an argument can stand in a rule once, so there is no "from .. to". */
static void add_range(scmp_filter_ctx ctx, int number, const struct seccomp_check *check, uint32_t i)
{
	uint32_t first = check->ranges[i].first, end = i + 1 < check->count ? check->ranges[i + 1].first : 0;
	unsigned arg = check->arg;

	if (i == 0 && end)
		need(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, number, 1, SCMP_CMP(arg, SCMP_CMP_LT, end)), "rule");
	else if (!end && first != UINT32_MAX)
		need(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, number, 1, SCMP_CMP(arg, SCMP_CMP_GE, first)), "rule");
	else if (!end)
		need(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, number, 1, SCMP_CMP(arg, SCMP_CMP_EQ, first)), "rule");
	for (uint32_t value = first; i > 0 && value < end; value++)
		need(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, number, 1, SCMP_CMP(arg, SCMP_CMP_EQ, value)), "rule");
}

static void add_check(scmp_filter_ctx ctx, int number, const struct seccomp_check *check)
{
	if (check->mask != UINT32_MAX) {
		need(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, number, 1,
				      SCMP_CMP(check->arg, SCMP_CMP_MASKED_EQ, check->mask, 0)), "rule");
		return;
	}
	for (uint32_t i = 0; i < check->count; i++)
		if (check->ranges[i].then == SECCOMP_RET_ALLOW)
			add_range(ctx, number, check, i);
}

static void add_call(scmp_filter_ctx ctx, enum syscall_id id)
{
	int number = syscall_number(id, SYSCALLS_NATIVE);
	uint32_t then = profile.then[id];

	if (number < 0)
		return;
	if (then == SECCOMP_RET_ALLOW)
		need(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, number, 0), "rule");
	else if (seccomp_is_check(then))
		add_check(ctx, number, seccomp_check_at((enum seccomp_check_id)then));
	else if (then == SECCOMP_ERRNO(ENOSYS))
		need(seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), number, 0), "rule");
}

/* As container runtimes have it: all that is not allowed is refused. */
static void make_by_library(struct filter *f, uint32_t optimize)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int fd = memfd_create("bpf", 0);
	off_t size;

	need(ctx ? fd : -1, "libseccomp");
	need(seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, optimize), "optimize");
	for (int id = 0; id < SYSCALL_COUNT; id++)
		add_call(ctx, (enum syscall_id)id);
	need(seccomp_export_bpf(ctx, fd), "export");
	size = lseek(fd, 0, SEEK_END);
	f->program.first = BPF_MAXINSNS - (uint32_t)((size_t)size / sizeof(struct sock_filter));
	if (pread(fd, f->program.code + f->program.first, (size_t)size, 0) != size)
		need(-EIO, "read");
	close(fd);
	seccomp_release(ctx);
}

/* The allowed calls, one comparison for each: what a hand would write. */
static void make_linear(struct filter *f)
{
	struct sock_filter *code = f->program.code;
	uint32_t n = 0;

	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
	for (uint32_t number = 0; number < SYSCALL_NUMBERS; number++) {
		int id = bpf_call_of(number, SYSCALLS_NATIVE);

		if (id < 0 || (profile.then[id] != SECCOMP_RET_ALLOW && !seccomp_is_check(profile.then[id])))
			continue;
		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1);
		code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	}
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_ERRNO(EPERM));
	memmove(code + BPF_MAXINSNS - n, code, n * sizeof(*code));
	f->program.first = BPF_MAXINSNS - n;
}

/* -- measuring -------------------------------------------------------------------------------------------------- */

/* What a web server and its database do all day, in parts of a hundred. */
static const struct {
	enum syscall_id id;
	unsigned weight;
	uint64_t arg0, arg1;
} mix[] = {
	{ SYSCALL_read, 14, 0, 0 },      { SYSCALL_write, 10, 0, 0 },    { SYSCALL_epoll_wait, 12, 0, 0 },
	{ SYSCALL_futex, 12, 0, 0 },     { SYSCALL_recvfrom, 8, 0, 0 },  { SYSCALL_sendto, 8, 0, 0 },
	{ SYSCALL_close, 5, 0, 0 },      { SYSCALL_openat, 4, 0, 0 },    { SYSCALL_accept4, 3, 0, 0 },
	{ SYSCALL_epoll_ctl, 4, 0, 0 },  { SYSCALL_fstat, 3, 0, 0 },     { SYSCALL_writev, 3, 0, 0 },
	{ SYSCALL_mmap, 2, 0, 0 },       { SYSCALL_munmap, 2, 0, 0 },    { SYSCALL_pread64, 3, 0, 0 },
	{ SYSCALL_sendfile, 2, 0, 0 },   { SYSCALL_fcntl, 1, 0, 0 },     { SYSCALL_socket, 1, 2, 0 },
	{ SYSCALL_clone, 1, 0x3d0f00, 0 }, { SYSCALL_ioctl, 2, 0, 0x5413 },
};

static unsigned steps_of(const struct filter *f, enum syscall_id id, uint64_t arg0, uint64_t arg1)
{
	struct seccomp_data data = { .nr = syscall_number(id, SYSCALLS_NATIVE), .arch = bpf_archs[SYSCALLS_NATIVE],
				     .args = { arg0, arg1 } };
	unsigned steps;

	bpf_run(&f->program, &data, &steps);
	return steps;
}

static double mean(const struct filter *f)
{
	unsigned sum = 0, weight = 0;

	for (size_t i = 0; i < sizeof(mix) / sizeof(mix[0]); i++) {
		sum += mix[i].weight * steps_of(f, mix[i].id, mix[i].arg0, mix[i].arg1);
		weight += mix[i].weight;
	}
	return (double)sum / weight;
}

static unsigned worst(const struct filter *f)
{
	unsigned most = 0;

	for (int id = 0; id < SYSCALL_COUNT; id++)
		if (syscall_number((enum syscall_id)id, SYSCALLS_NATIVE) >= 0)
			most = MAX(most, steps_of(f, (enum syscall_id)id, UINT64_C(0x7f0000000000), UINT64_C(0x7f0000005401)));
	return most;
}

static double now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts); /* not what others take meanwhile */
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static double *shared;

/* In a child, as a filter is there for ever. */
static double load(struct filter *f)
{
	struct sock_fprog fprog = { .len = (unsigned short)length(f), .filter = f->program.code + f->program.first };
	pid_t pid = fork();
	int status;

	need(pid, "fork");
	if (pid == 0) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		double begin = now_us();
		long err = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &fprog);

		*shared = now_us() - begin;
		_exit(err != 0);
	}
	waitpid(pid, &status, 0);
	if (status)
		need(-EINVAL, f->name);
	return *shared;
}

static int compare(const void *a, const void *b)
{
	return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

static void tell(struct filter *f, unsigned rounds)
{
	qsort(f->load_us, rounds, sizeof(double), compare);
	printf("{\"name\":\"%s\",\"instructions\":%u,\"mean\":%.2f,\"worst\":%u,\"load_us\":%.1f,\"least_us\":%.1f}\n",
	       f->name, length(f), mean(f), worst(f), f->load_us[rounds / 2], f->load_us[0]);
}

/* What any filter costs: the pages, the translation, the list of calls that are always let through. */
static void make_floor(struct filter *f)
{
	f->program.first = BPF_MAXINSNS - 1;
	f->program.code[f->program.first] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
}

int main(int argc, char **argv)
{
	static struct filter filters[] = { { .name = "minit" }, { .name = "libseccomp, flat" },
					   { .name = "libseccomp, binary tree" }, { .name = "one comparison per call" },
					   { .name = "floor: all is allowed" } };
	const unsigned rounds = argc > 1 ? MIN((unsigned)atoi(argv[1]), ROUNDS_MAX) : 300;
	const size_t count = sizeof(filters) / sizeof(filters[0]);

	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	seccomp_profile(SECCOMP_DEFAULT, CONTAINER_CAPS, &profile);
	need(seccomp_generate(&profile, SYSCALLS_NATIVE, &filters[0].program), "generate");
	make_by_library(&filters[1], 1);
	make_by_library(&filters[2], 2);
	make_linear(&filters[3]);
	make_floor(&filters[4]);
	for (unsigned round = 0; round < rounds; round++)
		for (size_t i = 0; i < count; i++)
			filters[i].load_us[round] = load(&filters[i]);
	for (size_t i = 0; i < count; i++)
		tell(&filters[i], rounds);
	return 0;
}
