#include "tests/fake/bpf.h"

#include <errno.h>
#include <linux/audit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const uint32_t bpf_archs[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64 };

static no_return void give_up(const char *what)
{
	fprintf(stderr, "%s\n", what);
	abort();
}

static uint32_t load(const struct seccomp_data *data, uint32_t at)
{
	uint32_t value;

	if (at % 4 || at + 4 > sizeof(*data))
		give_up("a load beyond the data");
	memcpy(&value, (const char *)data + at, sizeof(value));
	return value;
}

uint32_t bpf_run(const struct seccomp_program *program, const struct seccomp_data *data, unsigned *ret_steps)
{
	uint32_t a = 0xdeadbeef;

	*ret_steps = 0;
	for (uint32_t pc = program->first; pc < BPF_MAXINSNS; pc++) {
		const struct sock_filter *f = &program->code[pc];

		++*ret_steps;
		switch (f->code) {
		case BPF_LD | BPF_W | BPF_ABS: a = load(data, f->k); break;
		case BPF_ALU | BPF_AND | BPF_K: a &= f->k; break;
		case BPF_JMP | BPF_JA: pc += f->k; break;
		case BPF_JMP | BPF_JEQ | BPF_K: pc += a == f->k ? f->jt : f->jf; break;
		case BPF_JMP | BPF_JGE | BPF_K: pc += a >= f->k ? f->jt : f->jf; break;
		case BPF_JMP | BPF_JGT | BPF_K: pc += a > f->k ? f->jt : f->jf; break;
		case BPF_RET | BPF_K: return f->k;
		default: give_up("an instruction that nobody knows");
		}
	}
	give_up("the program has no end");
}

/* By number: the call and one more, 0 for none. */
static uint16_t calls[2][SYSCALL_NUMBERS];

static void learn_calls(enum syscall_arch arch)
{
	for (int id = 0; id < SYSCALL_COUNT; id++)
		if (syscall_number((enum syscall_id)id, arch) >= 0)
			calls[arch][syscall_number((enum syscall_id)id, arch)] = (uint16_t)(id + 1);
}

int bpf_call_of(uint32_t number, enum syscall_arch arch)
{
	if (!calls[arch][0]) /* there is one of number 0 on each */
		learn_calls(arch);
	return number < SYSCALL_NUMBERS ? calls[arch][number] - 1 : -1;
}

static uint32_t checked(const struct seccomp_check *check, const struct seccomp_data *data)
{
	uint32_t value = (uint32_t)data->args[check->arg] & check->mask, then = 0;

	for (uint32_t i = 0; i < check->count; i++)
		if (check->ranges[i].first <= value)
			then = check->ranges[i].then;
	return seccomp_is_check(then) ? checked(seccomp_check_at((enum seccomp_check_id)then), data) : then;
}

uint32_t bpf_meant(const struct seccomp_profile *profile, const struct seccomp_data *data, enum syscall_arch arch)
{
	uint32_t number = (uint32_t)data->nr;
	int id = bpf_call_of(number, arch);

	if (data->arch != bpf_archs[arch])
		return SECCOMP_RET_KILL_PROCESS;
	if (number >= 0x40000000)
		return SECCOMP_ERRNO(ENOSYS);
	if (id < 0)
		return profile->unknown;
	if (seccomp_is_check(profile->then[id]))
		return checked(seccomp_check_at((enum seccomp_check_id)profile->then[id]), data);
	return profile->then[id];
}
