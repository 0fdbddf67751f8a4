/*
 * What a static program without a libc needs on x86-64: the system call, the
 * start, and three helpers the compiler may ask for. Only for the programs of
 * the bench, where every instruction and page beside the work itself would
 * blur the floor.
 */
#ifndef BENCH_NOLIBC_H
#define BENCH_NOLIBC_H

#include <asm/unistd.h>
#include <stddef.h>
#include <stdint.h>

static inline long sys6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

#define sys3(nr, a, b, c) sys6(nr, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define sys4(nr, a, b, c, d) sys6(nr, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)

_Noreturn static inline void leave(int status)
{
	for (;;)
		sys3(__NR_exit_group, status, 0, 0);
}

/* The kernel enters with argc at the stack pointer, argv behind it. */
_Noreturn __attribute__((used)) static void start(long *stack);

__asm__(".globl _start\n"
	"_start:\n"
	"	xor %ebp, %ebp\n"
	"	mov %rsp, %rdi\n"
	"	and $-16, %rsp\n"
	"	call start\n");

static inline char **stack_argv(long *stack)
{
	return (char **)(stack + 1);
}

static inline char **stack_envp(long *stack)
{
	return (char **)(stack + 1 + stack[0] + 1);
}

#endif
