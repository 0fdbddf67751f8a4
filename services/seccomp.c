/*
 * From a profile to a program. It is written from its end to its beginning, so that the places that a jump goes to are
 * known when it is written.
 */
#include "services/seccomp.h"

#include <errno.h>
#include <linux/audit.h>
#include <stddef.h>

/* Numbers from here on are those of x32, another ABI of x86_64, whatever its calls are called. */
#define X32_FIRST 0x40000000u

#define JUMP_MAX 255 /* instructions that a comparison can skip; BPF_JA skips any number */

static const uint32_t audit_archs[] = {
	[SYSCALLS_X86_64] = AUDIT_ARCH_X86_64,
	[SYSCALLS_AARCH64] = AUDIT_ARCH_AARCH64,
};

struct writer {
	struct seccomp_program *program;
	uint32_t at;                     /* the instruction that was written last */
	uint32_t check_at[CHECK_COUNT];  /* where the check begins, 0: nowhere yet */
	bool is_full;
};

static uint32_t put(struct writer *w, struct sock_filter instruction)
{
	if (w->at == 0)
		w->is_full = true;
	else
		w->program->code[--w->at] = instruction;
	return w->at;
}

static bool is_answer(const struct sock_filter *f, uint32_t then)
{
	return f->code == (BPF_RET | BPF_K) && f->k == then;
}

/* An answer is shared by all that can jump to it. */
static uint32_t put_answer(struct writer *w, uint32_t then)
{
	const struct sock_filter *code = w->program->code;

	for (uint32_t at = w->at; at < BPF_MAXINSNS && at - w->at < JUMP_MAX - 1; at++)
		if (is_answer(&code[at], then))
			return at;
	return put(w, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, then));
}

/* A place that stays in reach when one more instruction comes between. */
static uint32_t bring_near(struct writer *w, uint32_t place)
{
	const struct sock_filter *f = &w->program->code[place];

	if (place - w->at < JUMP_MAX)
		return place;
	if (f->code == (BPF_RET | BPF_K))
		return put_answer(w, f->k);
	return put(w, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, place - w->at));
}

static uint32_t put_jump(struct writer *w, uint16_t how, uint32_t value, uint32_t yes, uint32_t no)
{
	yes = bring_near(w, yes);
	no = bring_near(w, no);
	return put(w, (struct sock_filter)BPF_JUMP(BPF_JMP | how | BPF_K, value, (uint8_t)(yes - w->at),
						   (uint8_t)(no - w->at)));
}

static uint32_t put_check(struct writer *w, enum seccomp_check_id id);

static uint32_t put_leaf(struct writer *w, uint32_t then)
{
	return seccomp_is_check(then) ? put_check(w, (enum seccomp_check_id)then) : put_answer(w, then);
}

/* One number between two ranges that are treated alike. */
static bool is_single(const struct seccomp_range *r, uint32_t count)
{
	return count == 3 && r[0].then == r[2].then && r[2].first - r[1].first == 1;
}

static uint32_t put_tree(struct writer *w, const struct seccomp_range *r, uint32_t count)
{
	uint32_t left = count / 2, yes, no;

	if (count == 1)
		return put_leaf(w, r[0].then);
	if (is_single(r, count)) {
		yes = put_leaf(w, r[1].then);
		no = put_leaf(w, r[0].then);
		return put_jump(w, BPF_JEQ, r[1].first, yes, no);
	}
	yes = put_tree(w, r + left, count - left);
	no = put_tree(w, r, left);
	return put_jump(w, BPF_JGE, r[left].first, yes, no);
}

static uint32_t put_load(struct writer *w, size_t offset)
{
	return put(w, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

/* Both architectures keep the lower half of an argument first. */
static uint32_t put_check(struct writer *w, enum seccomp_check_id id)
{
	const struct seccomp_check *check = seccomp_check_at(id);

	if (w->check_at[id])
		return w->check_at[id];
	put_tree(w, check->ranges, check->count);
	if (check->mask != UINT32_MAX)
		put(w, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, check->mask));
	w->check_at[id] = put_load(w, offsetof(struct seccomp_data, args) + sizeof(uint64_t) * check->arg);
	return w->check_at[id];
}

/* A tree ends in what was written last only if that is its root. */
static void put_root(struct writer *w, uint32_t root)
{
	if (root != w->at)
		put(w, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, root - w->at));
}

static uint32_t add_range(struct seccomp_range *ranges, uint32_t count, uint32_t first, uint32_t then)
{
	if (!count || ranges[count - 1].then != then)
		ranges[count++] = (struct seccomp_range){ first, then };
	return count;
}

static uint32_t sort_into_ranges(const struct seccomp_profile *profile, enum syscall_arch arch,
				 struct seccomp_range *ranges)
{
	uint32_t then[SYSCALL_NUMBERS], count = 0;

	for (uint32_t number = 0; number < SYSCALL_NUMBERS; number++)
		then[number] = profile->unknown;
	for (int id = 0; id < SYSCALL_COUNT; id++) {
		int number = syscall_number((enum syscall_id)id, arch);

		if (number >= 0)
			then[number] = profile->then[id];
	}
	for (uint32_t number = 0; number < SYSCALL_NUMBERS; number++)
		count = add_range(ranges, count, number, then[number]);
	count = add_range(ranges, count, SYSCALL_NUMBERS, profile->unknown);
	return add_range(ranges, count, X32_FIRST, SECCOMP_ERRNO(ENOSYS));
}

/* A program of another architecture has other numbers: what it may do is not known, so it may do nothing. */
static void put_beginning(struct writer *w, enum syscall_arch arch)
{
	put_load(w, offsetof(struct seccomp_data, nr));
	put(w, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
	put(w, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, audit_archs[arch], 1, 0));
	put_load(w, offsetof(struct seccomp_data, arch));
}

int seccomp_generate(const struct seccomp_profile *profile, enum syscall_arch arch, struct seccomp_program *ret)
{
	struct seccomp_range ranges[SYSCALL_NUMBERS + 2];
	struct writer w = { .program = ret, .at = BPF_MAXINSNS };
	uint32_t count = sort_into_ranges(profile, arch, ranges);

	put_root(&w, put_tree(&w, ranges, count));
	put_beginning(&w, arch);
	ret->first = w.at;
	return w.is_full ? -E2BIG : 0;
}

/* -- reading a program ------------------------------------------------------------------------------------------- */

static bool is_jump_within(const struct sock_filter *f, uint32_t left)
{
	switch (f->code) {
	case BPF_JMP | BPF_JA: return f->k < left;
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JGE | BPF_K: return f->jt < left && f->jf < left;
	default: return false;
	}
}

/* `left`: how many instructions are behind it. */
static bool is_instruction(const struct sock_filter *f, uint32_t left)
{
	switch (f->code) {
	case BPF_LD | BPF_W | BPF_ABS: return f->k % 4 == 0 && f->k < sizeof(struct seccomp_data) && left;
	case BPF_ALU | BPF_AND | BPF_K: return left;
	case BPF_RET | BPF_K: return true;
	default: return is_jump_within(f, left);
	}
}

bool seccomp_is_program(const struct sock_filter *code, uint32_t count)
{
	if (!count || count > BPF_MAXINSNS)
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (!is_instruction(&code[i], count - i - 1))
			return false;
	return true;
}

/* Moves on by the jump of an instruction. */
static const struct sock_filter *jump(const struct sock_filter *f, uint32_t value)
{
	bool holds = f->code == (BPF_JMP | BPF_JEQ | BPF_K) ? value == f->k : value >= f->k;

	if (f->code == (BPF_JMP | BPF_JA))
		return f + 1 + f->k;
	return f + 1 + (holds ? f->jt : f->jf);
}

uint32_t seccomp_run(const struct sock_filter *f, uint32_t number, enum syscall_arch arch)
{
	uint32_t value = 0;

	for (;;) {
		switch (BPF_CLASS(f->code)) {
		case BPF_LD:
			if (f->k > offsetof(struct seccomp_data, arch))
				return SECCOMP_CHECKED;
			value = f++->k ? audit_archs[arch] : number;
			break;
		case BPF_ALU: value &= f++->k; break;
		case BPF_JMP: f = jump(f, value); break;
		default: return f->k;
		}
	}
}
