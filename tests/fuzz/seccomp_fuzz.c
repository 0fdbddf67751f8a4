// links: services/seccomp.c services/profiles.c services/syscalls.c tests/fake/bpf.c
/*
 * Any profile: its program does what was meant, for every number and at the edges of every check. Input: the answer to
 * what is unknown, then pairs of a call and an answer, each 4 bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "services/seccomp.h"
#include "tests/fake/bpf.h"

static struct seccomp_profile profile;
static struct seccomp_program program;

static uint32_t take(const uint8_t **data, size_t *size)
{
	uint32_t value = 0;

	if (*size < sizeof(value))
		return 0;
	memcpy(&value, *data, sizeof(value));
	*data += sizeof(value);
	*size -= sizeof(value);
	return value;
}

static uint32_t answer_of(uint32_t n)
{
	static const uint32_t plain[] = { SECCOMP_RET_ALLOW, SECCOMP_RET_LOG, SECCOMP_RET_KILL_PROCESS };

	if (n % 4 == 3)
		return SECCOMP_ERRNO(n / 4 % 4096);
	return n / 4 % 4 ? plain[n % 3] : n / 16 % (CHECK_COUNT - 1) + 1;
}

static void compare(const struct seccomp_data *data, enum syscall_arch arch)
{
	unsigned steps;

	if (bpf_run(&program, data, &steps) != bpf_meant(&profile, data, arch))
		abort();
}

static void compare_number(uint32_t number, enum syscall_arch arch)
{
	struct seccomp_data data = { .nr = (int)number, .arch = bpf_archs[arch] };
	int id = bpf_call_of(number, arch);
	const struct seccomp_check *check;

	compare(&data, arch);
	if (id < 0 || !seccomp_is_check(profile.then[id]))
		return;
	check = seccomp_check_at((enum seccomp_check_id)profile.then[id]);
	for (uint32_t i = 0; i < check->count; i++)
		for (uint32_t before = 0; before < 2; before++) {
			data.args[check->arg] = check->ranges[i].first - before;
			compare(&data, arch);
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum syscall_arch arch = size % 2 ? SYSCALLS_X86_64 : SYSCALLS_AARCH64;

	seccomp_profile(SECCOMP_DEFAULT, size, &profile);
	profile.unknown = SECCOMP_ERRNO(take(&data, &size) % 4096);
	while (size >= 8) {
		uint32_t id = take(&data, &size) % SYSCALL_COUNT;

		profile.then[id] = answer_of(take(&data, &size));
	}
	if (seccomp_generate(&profile, arch, &program) ||
	    !seccomp_is_program(program.code + program.first, BPF_MAXINSNS - program.first))
		abort();
	for (uint32_t number = 0; number <= SYSCALL_NUMBERS; number++)
		compare_number(number, arch);
	compare_number(0x40000000, arch);
	compare_number(UINT32_MAX, arch);
	return 0;
}
