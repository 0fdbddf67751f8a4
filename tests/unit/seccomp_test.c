// links: services/seccomp.c services/profiles.c services/syscalls.c tests/fake/bpf.c
/* What becomes of every system call: programs are run by an interpreter of the test, and held against what was meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/seccomp.h"
#include "tests/fake/bpf.h"
#include "tests/unit/headers.h"

#define YES SECCOMP_RET_ALLOW
#define NO SECCOMP_ERRNO(EPERM)
#define CAP(name) ((uint64_t)1 << CAP_##name)
/* What container runtimes leave to root. */
#define CONTAINER_CAPS 0xa80425fbull

static unsigned steps; /* instructions of the last run */

static uint32_t run(const struct seccomp_program *p, const struct seccomp_data *data)
{
	return bpf_run(p, data, &steps);
}

static struct seccomp_profile profile;
static struct seccomp_program program;

static void generate(enum syscall_arch arch)
{
	assert_int_equal(seccomp_generate(&profile, arch, &program), 0);
	assert_true(seccomp_is_program(program.code + program.first, BPF_MAXINSNS - program.first));
}

static void make(enum seccomp_base base, uint64_t caps, enum syscall_arch arch)
{
	seccomp_profile(base, caps, &profile);
	generate(arch);
}

static struct seccomp_data call_of(uint32_t number, enum syscall_arch arch)
{
	struct seccomp_data data = { .nr = (int)number, .arch = bpf_archs[arch], .instruction_pointer = 0x1234 };

	for (size_t i = 0; i < ARRAY_LEN(data.args); i++)
		data.args[i] = 0x5555000000000000u + i;
	return data;
}

static uint32_t run_call(enum syscall_id id, unsigned arg, uint64_t value)
{
	struct seccomp_data data = call_of((uint32_t)syscall_number(id, SYSCALLS_X86_64), SYSCALLS_X86_64);

	data.args[arg] = value;
	return run(&program, &data);
}

/* -- every number ------------------------------------------------------------------------------------------------ */

static void compare(const struct seccomp_data *data, enum syscall_arch arch)
{
	uint32_t got = run(&program, data), meant = bpf_meant(&profile, data, arch);

	if (got != meant)
		fail_msg("number %d arch %x args %llx %llx: %x, meant %x", data->nr, data->arch,
			 (unsigned long long)data->args[0], (unsigned long long)data->args[1], got, meant);
}

/* On and beside every edge of a check, with and without something in the upper half. */
static void compare_edges(struct seccomp_data data, enum syscall_arch arch, const struct seccomp_check *check)
{
	for (uint32_t i = 0; i < check->count; i++)
		for (uint32_t beside = 0; beside < 3; beside++) {
			data.args[check->arg] = check->ranges[i].first + beside - 1;
			compare(&data, arch);
			data.args[check->arg] |= (uint64_t)1 << 32;
			compare(&data, arch);
		}
	for (int bit = 0; bit < 64; bit++) {
		data.args[check->arg] = (uint64_t)1 << bit;
		compare(&data, arch);
	}
}

static void compare_number(uint32_t number, enum syscall_arch arch)
{
	static const uint32_t foreign[] = { AUDIT_ARCH_I386, AUDIT_ARCH_ARM, AUDIT_ARCH_RISCV64, 0, UINT32_MAX };
	struct seccomp_data data = call_of(number, arch);
	int id = bpf_call_of(number, arch);

	compare(&data, arch);
	if (id >= 0 && seccomp_is_check(profile.then[id]))
		compare_edges(data, arch, seccomp_check_at((enum seccomp_check_id)profile.then[id]));
	data.arch = bpf_archs[1 - arch];
	compare(&data, arch);
	for (size_t i = 0; i < ARRAY_LEN(foreign); i++) {
		data.arch = foreign[i];
		compare(&data, arch);
	}
}

static void compare_all(enum syscall_arch arch)
{
	for (uint32_t number = 0; number < 1024; number++) {
		compare_number(number, arch);
		compare_number(number | 0x40000000, arch);
	}
	compare_number(0x3fffffff, arch);
	compare_number(0x7fffffff, arch);
	compare_number(0x80000000, arch);
	compare_number(UINT32_MAX, arch);
}

static void test_every_call_of_every_profile(void **state)
{
	static const uint64_t caps[] = { 0, CONTAINER_CAPS, CAP(SYS_ADMIN), CAP(SYS_PTRACE) | CAP(BPF), UINT64_MAX };

	(void)state;
	for (int base = SECCOMP_DEFAULT; base <= SECCOMP_DENY_ALL; base++)
		for (size_t i = 0; i < ARRAY_LEN(caps); i++)
			for (int arch = 0; arch < 2; arch++) {
				make((enum seccomp_base)base, caps[i], (enum syscall_arch)arch);
				compare_all((enum syscall_arch)arch);
			}
}

/* Jumps that are too long for a comparison: answers that differ everywhere, and checks all over. */
static void test_the_longest_programs(void **state)
{
	(void)state;
	for (int arch = 0; arch < 2; arch++) {
		seccomp_profile(SECCOMP_DEFAULT, 0, &profile);
		for (int id = 0; id < SYSCALL_COUNT; id++)
			profile.then[id] = SECCOMP_ERRNO(id + 1);
		generate((enum syscall_arch)arch);
		compare_all((enum syscall_arch)arch);
		for (int id = 0; id < SYSCALL_COUNT; id++)
			profile.then[id] = id % 3 ? (uint32_t)id % (CHECK_COUNT - 1) + 1 : SECCOMP_ERRNO(id + 1);
		generate((enum syscall_arch)arch);
		compare_all((enum syscall_arch)arch);
	}
}

static uint32_t random_then(void)
{
	static const uint32_t some[] = { YES, NO, SECCOMP_RET_LOG, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_TRAP };
	uint32_t n = (uint32_t)rand();

	return n % 16 < 5 ? some[n % 16] : n % 16 < 10 ? n % (CHECK_COUNT - 1) + 1 : n % 16 < 14 ? YES :
	       SECCOMP_ERRNO(n / 16 % 4096);
}

static void test_random_profiles(void **state)
{
	(void)state;
	srand(7);
	for (int round = 0; round < 40; round++) {
		uint32_t often = (uint32_t)rand() % 64 + 1;

		for (int id = 0; id < SYSCALL_COUNT; id++)
			profile.then[id] = (uint32_t)rand() % often ? YES : random_then();
		profile.unknown = random_then() | SECCOMP_RET_ERRNO;
		generate((enum syscall_arch)(round % 2));
		compare_all((enum syscall_arch)(round % 2));
	}
}

/* -- what the profiles say --------------------------------------------------------------------------------------- */

static uint32_t then_of(const char *name)
{
	int id = syscall_find(name);

	if (id < 0)
		fail_msg("there is no %s", name);
	return run_call((enum syscall_id)id, 0, 0);
}

static void each(const char *names, uint32_t want)
{
	char copy[1024], *rest = copy;

	strcpy(copy, names);
	for (char *name; (name = strsep(&rest, " "));)
		if (then_of(name) != want)
			fail_msg("%s: %x, not %x", name, then_of(name), want);
}

#define ESCAPES "mount umount2 pivot_root move_mount open_tree fsopen fsmount fsconfig mount_setattr setns " \
	"init_module finit_module delete_module reboot bpf perf_event_open open_by_handle_at settimeofday " \
	"clock_settime acct syslog iopl ioperm sethostname setdomainname quotactl vhangup kcmp mbind"
#define NEVER "kexec_load kexec_file_load add_key request_key keyctl swapon swapoff userfaultfd io_uring_setup " \
	"io_uring_enter io_uring_register move_pages migrate_pages nfsservctl uselib ustat sysfs _sysctl"
#define COMMON "read write openat close mmap mprotect execve execveat exit_group fork vfork wait4 kill futex " \
	"epoll_wait accept4 sendmsg recvmsg prctl seccomp landlock_restrict_self setuid setgroups capset " \
	"memfd_create statx renameat2 clock_gettime getrandom rseq arch_prctl timerfd_create ioctl clone"

static void test_the_default_profile(void **state)
{
	(void)state;
	make(SECCOMP_DEFAULT, CONTAINER_CAPS, SYSCALLS_X86_64);
	each(COMMON " socket chroot mknod ptrace process_vm_readv unshare statmount mseal", YES);
	each(ESCAPES " " NEVER, NO);
	each("clone3", SECCOMP_ERRNO(ENOSYS));
	make(SECCOMP_DEFAULT, 0, SYSCALLS_X86_64);
	each(COMMON, YES);
	each("chroot", NO);
}

static void test_a_capability_opens_what_is_its_own(void **state)
{
	(void)state;
	make(SECCOMP_DEFAULT, UINT64_MAX, SYSCALLS_X86_64);
	each(COMMON " chroot clone3 unshare " ESCAPES, YES);
	each(NEVER, NO);
	make(SECCOMP_DEFAULT, CAP(SYS_ADMIN), SYSCALLS_X86_64);
	each("mount setns clone3 bpf perf_event_open syslog sethostname", YES);
	each("reboot init_module settimeofday iopl open_by_handle_at acct chroot", NO);
	assert_int_equal(run_call(SYSCALL_unshare, 0, 0x10000000), YES);
	make(SECCOMP_DEFAULT, CAP(SYS_BOOT) | CAP(SYS_TIME), SYSCALLS_X86_64);
	each("reboot settimeofday", YES);
	each("mount kexec_load", NO);
}

static void test_no_namespace_is_made(void **state)
{
	static const uint64_t flags[] = { 0x10000000 /* user */, 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x20000000,
					  0x40000000 };

	(void)state;
	make(SECCOMP_DEFAULT, CONTAINER_CAPS, SYSCALLS_X86_64);
	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		assert_int_equal(run_call(SYSCALL_clone, 0, flags[i] | 17), NO);
		assert_int_equal(run_call(SYSCALL_unshare, 0, flags[i]), NO);
		assert_int_equal(run_call(SYSCALL_unshare, 0, flags[i] | (uint64_t)1 << 32), NO);
	}
	assert_int_equal(run_call(SYSCALL_unshare, 0, 0x80), NO); /* time: in clone it is a part of the signal */
	assert_int_equal(run_call(SYSCALL_clone, 0, 0x80 | 17), YES);
	assert_int_equal(run_call(SYSCALL_clone, 0, 0x3d0f00), YES); /* a thread */
	assert_int_equal(run_call(SYSCALL_unshare, 0, 0x600), YES);  /* files, directories */
}

static void test_arguments(void **state)
{
	(void)state;
	make(SECCOMP_DEFAULT, CONTAINER_CAPS, SYSCALLS_X86_64);
	assert_int_equal(run_call(SYSCALL_ioctl, 1, 0x5412), NO);            /* TIOCSTI */
	assert_int_equal(run_call(SYSCALL_ioctl, 1, 0x100005412ull), NO);    /* the kernel does not see the upper half */
	assert_int_equal(run_call(SYSCALL_ioctl, 1, 0xffffffff0000541cull), NO); /* TIOCLINUX */
	assert_int_equal(run_call(SYSCALL_ioctl, 1, 0x5413), YES);           /* TIOCGWINSZ */
	assert_int_equal(run_call(SYSCALL_socket, 0, 38), SECCOMP_ERRNO(EAFNOSUPPORT)); /* ALG */
	assert_int_equal(run_call(SYSCALL_socket, 0, 40), SECCOMP_ERRNO(EAFNOSUPPORT)); /* VSOCK */
	assert_int_equal(run_call(SYSCALL_socket, 0, (uint64_t)1 << 32 | 38), SECCOMP_ERRNO(EAFNOSUPPORT));
	for (int family = 1; family < 12; family++)
		assert_int_equal(run_call(SYSCALL_socket, 0, (uint64_t)family), YES);
	assert_int_equal(run_call(SYSCALL_socket, 0, 16), YES);
	assert_int_equal(run_call(SYSCALL_socket, 0, 17), YES);
	assert_int_equal(run_call(SYSCALL_personality, 0, 0x40000), NO); /* no random addresses */
	assert_int_equal(run_call(SYSCALL_personality, 0, 0xffffffff), YES);
}

/* The family stands in the first argument, the protocol in the third. */
static uint32_t run_socket(uint64_t family, uint64_t protocol)
{
	struct seccomp_data data = call_of((uint32_t)syscall_number(SYSCALL_socket, SYSCALLS_X86_64), SYSCALLS_X86_64);

	data.args[0] = family;
	data.args[2] = protocol;
	return run(&program, &data);
}

static void test_who_holds_tcp(void **state)
{
	const uint32_t no_protocol = SECCOMP_ERRNO(EPROTONOSUPPORT), no_family = SECCOMP_ERRNO(EAFNOSUPPORT);

	(void)state;
	for (int base = SECCOMP_DEFAULT; base <= SECCOMP_NONE; base++) {
		seccomp_profile((enum seccomp_base)base, 0, &profile);
		seccomp_hold_tcp(&profile, base == SECCOMP_DEFAULT);
		generate(SYSCALLS_X86_64);
		for (uint64_t family = 2; family <= 10; family += 8) {
			assert_int_equal(run_socket(family, 0), YES);
			assert_int_equal(run_socket(family, 6), YES);   /* TCP */
			assert_int_equal(run_socket(family, 17), YES);
			assert_int_equal(run_socket(family, 256), no_protocol); /* SMC */
			assert_int_equal(run_socket(family, 262), no_protocol); /* MPTCP */
			assert_int_equal(run_socket(family, (uint64_t)1 << 32 | 262), no_protocol);
		}
		assert_int_equal(run_socket(1, 0), YES);
		assert_int_equal(run_socket(16, 0), YES);
		assert_int_equal(run_call(SYSCALL_sendto, 3, 0x4000), YES);
		assert_int_equal(run_call(SYSCALL_sendto, 3, 0x20004000), base ? YES : SECCOMP_ERRNO(EOPNOTSUPP));
		assert_int_equal(run_call(SYSCALL_sendmmsg, 3, 0x20000000), base ? YES : SECCOMP_ERRNO(EOPNOTSUPP));
		assert_int_equal(run_call(SYSCALL_sendmsg, 2, 0x20000000), base ? YES : SECCOMP_ERRNO(EOPNOTSUPP));
		assert_int_equal(run_call(SYSCALL_sendmsg, 2, 0), YES);
		assert_int_equal(run_socket(43, 0), no_family); /* SMC */
		assert_int_equal(run_socket(40, 0), base == SECCOMP_NONE ? YES : no_family); /* VSOCK, as ever */
		assert_int_equal(run_socket(17, 0), base == SECCOMP_STRICT ? no_family : YES);
		compare_all(SYSCALLS_X86_64);
	}
}

static void test_the_strict_profile(void **state)
{
	(void)state;
	make(SECCOMP_STRICT, UINT64_MAX, SYSCALLS_X86_64);
	each(COMMON, YES);
	each(ESCAPES " " NEVER " chroot ptrace process_vm_readv adjtimex modify_ldt fanotify_mark", NO);
	each("clone3", SECCOMP_ERRNO(ENOSYS));
	assert_int_equal(run_call(SYSCALL_socket, 0, 17), SECCOMP_ERRNO(EAFNOSUPPORT)); /* packets */
	assert_int_equal(run_call(SYSCALL_socket, 0, 2), YES);
	assert_int_equal(run_call(SYSCALL_personality, 0, 8), NO);
	assert_int_equal(run_call(SYSCALL_unshare, 0, 0x10000000), NO);
}

static void test_nothing_but_a_beginning_and_an_end(void **state)
{
	unsigned allowed = 0;

	(void)state;
	make(SECCOMP_DENY_ALL, UINT64_MAX, SYSCALLS_X86_64);
	for (int id = 0; id < SYSCALL_COUNT; id++)
		allowed += profile.then[id] == YES;
	assert_int_equal(allowed, 5);
	each("execve exit exit_group rt_sigreturn restart_syscall", YES);
}

/* More is worth a look: the kernel runs the program for every number when it is loaded (docs/bench.md). */
static void test_programs_are_short(void **state)
{
	unsigned most = 0;

	(void)state;
	make(SECCOMP_DEFAULT, CONTAINER_CAPS, SYSCALLS_X86_64);
	assert_in_range(BPF_MAXINSNS - program.first, 20, 160);
	for (uint32_t number = 0; number < SYSCALL_NUMBERS; number++) {
		struct seccomp_data data = call_of(number, SYSCALLS_X86_64);

		run(&program, &data);
		most = MAX(most, steps);
	}
	assert_in_range(most, 5, 16);
}

/* -- what is believed of an image -------------------------------------------------------------------------------- */

static bool is_good(struct sock_filter first)
{
	const struct sock_filter code[] = { first, BPF_STMT(BPF_RET | BPF_K, YES), BPF_STMT(BPF_RET | BPF_K, NO) };

	return seccomp_is_program(code, 3);
}

static void test_what_is_no_program(void **state)
{
	const struct sock_filter good = BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 5, 0, 1);
	const struct sock_filter endless[] = { BPF_STMT(BPF_RET | BPF_K, YES), BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0) };

	(void)state;
	assert_true(is_good(good));
	assert_true(is_good((struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 1)));
	assert_true(is_good((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 60)));
	assert_false(is_good((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 5, 0, 2)));
	assert_false(is_good((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 5, 2, 0)));
	assert_false(is_good((struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 2)));
	assert_false(is_good((struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, UINT32_MAX)));
	assert_false(is_good((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64)));
	assert_false(is_good((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2)));
	assert_false(is_good((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_MEM, 0)));
	assert_false(is_good((struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0)));
	assert_false(seccomp_is_program(endless, 2));
	assert_false(seccomp_is_program(&good, 0));
}

static void test_a_program_can_be_read(void **state)
{
	const struct sock_filter *code;

	(void)state;
	make(SECCOMP_DEFAULT, CONTAINER_CAPS, SYSCALLS_AARCH64);
	code = program.code + program.first;
	for (int id = 0; id < SYSCALL_COUNT; id++) {
		int number = syscall_number((enum syscall_id)id, SYSCALLS_AARCH64);
		uint32_t then = profile.then[id];

		if (number >= 0)
			assert_int_equal(seccomp_run(code, (uint32_t)number, SYSCALLS_AARCH64),
					 seccomp_is_check(then) ? SECCOMP_CHECKED : then);
	}
	assert_int_equal(seccomp_run(code, 0, SYSCALLS_X86_64), SECCOMP_RET_KILL_PROCESS);
}

/* -- the list ---------------------------------------------------------------------------------------------------- */

/* Names and numbers of aarch64: those of asm-generic, which every machine has. x86_64/headers_test.c has its own. */
#define WANTED "-D__BITS_PER_LONG=64 -D__ARCH_WANT_RENAMEAT -D__ARCH_WANT_NEW_STAT -D__ARCH_WANT_SET_GET_RLIMIT " \
	"-D__ARCH_WANT_TIME32_SYSCALLS -D__ARCH_WANT_SYS_CLONE3 -D__ARCH_WANT_MEMFD_SECRET"
#define HEADER_AARCH64 "f=$(mktemp) && echo '#include <asm-generic/unistd.h>' >$f && gcc " WANTED " -E -dM -x c $f | " \
	"sed -n 's/^#define __NR_\\([a-z0-9_]*\\) .*/@\\1 __NR_\\1/p' | sort >$f.1; " \
	"{ cat $f; sed 's/^@\\([^ ]*\\)/@\"\\1\"/' $f.1; } | gcc " WANTED " -E -P -x c - | tr -d '\"'; rm $f $f.1"

static void test_numbers_of_aarch64_are_those_of_the_headers(void **state)
{
	(void)state;
	assert_in_range(hold_against(HEADER_AARCH64, SYSCALLS_AARCH64), 250, 500);
}

static void test_calls_of_other_machines(void **state)
{
	(void)state;
	for (int id = 0; id < SYSCALL_COUNT; id++)
		assert_false(syscall_is_elsewhere(syscall_name((enum syscall_id)id)));
	assert_false(syscall_is_elsewhere(""));
	assert_false(syscall_is_elsewhere("socketcal"));
	assert_true(syscall_is_elsewhere("s390_sthyi"));
	assert_true(syscall_is_elsewhere("waitpid"));
}

static void test_every_call_is_in_a_group_and_in_its_place(void **state)
{
	(void)state;
	for (int id = 0; id < SYSCALL_COUNT; id++) {
		enum syscall_id i = (enum syscall_id)id;

		assert_true(syscall_groups(i));
		assert_int_equal(syscall_find(syscall_name(i)), id);
		assert_true(syscall_number(i, SYSCALLS_X86_64) < SYSCALL_NUMBERS);
		assert_true(syscall_number(i, SYSCALLS_AARCH64) < SYSCALL_NUMBERS);
		for (int other = 0; other < id; other++)
			for (int arch = 0; arch < 2; arch++) {
				int number = syscall_number(i, (enum syscall_arch)arch);

				assert_true(number < 0 || number != syscall_number((enum syscall_id)other,
										   (enum syscall_arch)arch));
			}
	}
	assert_int_equal(syscall_find("read "), -ENOENT);
	assert_int_equal(syscall_group_find("nobody"), 0);
	assert_int_equal(syscall_group_find("known"), UINT32_MAX);
	assert_true(syscall_group_find("system-service") & syscall_group_find("network-io"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_call_of_every_profile),
		cmocka_unit_test(test_the_longest_programs),
		cmocka_unit_test(test_random_profiles),
		cmocka_unit_test(test_the_default_profile),
		cmocka_unit_test(test_a_capability_opens_what_is_its_own),
		cmocka_unit_test(test_no_namespace_is_made),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_who_holds_tcp),
		cmocka_unit_test(test_the_strict_profile),
		cmocka_unit_test(test_nothing_but_a_beginning_and_an_end),
		cmocka_unit_test(test_programs_are_short),
		cmocka_unit_test(test_what_is_no_program),
		cmocka_unit_test(test_a_program_can_be_read),
		cmocka_unit_test(test_numbers_of_aarch64_are_those_of_the_headers),
		cmocka_unit_test(test_calls_of_other_machines),
		cmocka_unit_test(test_every_call_is_in_a_group_and_in_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
