/*
 * System calls without libc: nothing but registers, so that they can be made
 * before libc has started, and by a process that has no thread pointer.
 * Results are >= 0 or -errno.
 *
 * Unit tests have a function in their place (RAW_IS_A_FUNCTION): each test says
 * what the kernel answers, or takes tests/fake/raw.c, which asks the real one.
 */
#ifndef LIB_RAW_H
#define LIB_RAW_H

#include <sys/syscall.h>

#include "lib/util.h"

#if defined(RAW_IS_A_FUNCTION)

long raw_call(long number, long a, long b, long c, long d, long e, long f);

#elif defined(__x86_64__)

static inline long raw_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

#elif defined(__aarch64__)

static inline long raw_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory", "cc");
	return x0;
}

#else /* by libc, which has to have started */

#include <errno.h>
#include <unistd.h>

static inline long raw_call(long number, long a, long b, long c, long d, long e, long f)
{
	long ret = syscall(number, a, b, c, d, e, f);

	return ret < 0 ? -errno : ret;
}

#endif

/* raw(SYS_kill, pid, sig): the rest is 0. */
#define raw(...) RAW_6_(__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define RAW_6_(number, a, b, c, d, e, f, ...) \
	raw_call(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

#endif
