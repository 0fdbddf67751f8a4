#include "tests/fake/crash.h"

#include <setjmp.h>

static jmp_buf cut;
static uint64_t units, limit;
static bool running, in_kernel;
static enum crash_unit counted;
static const char *place;

static void count(enum crash_unit unit)
{
	if (running && unit == counted && ++units >= limit)
		longjmp(cut, 1);
}

void crash_kernel(const char *call, bool done)
{
	in_kernel = !done;
	place = call;
	count(CRASH_CALL);
}

const char *crash_place(void)
{
	return place;
}

bool crash_run(void (*fn)(void *arg), void *arg, enum crash_unit unit, uint64_t at, uint64_t *ret_units)
{
	bool crashed = true;

	units = 0;
	limit = at;
	counted = unit;
	place = "the beginning";
	if (!setjmp(cut)) {
		running = true;
		fn(arg);
		crashed = false;
	}
	running = in_kernel = false;
	*ret_units = units;
	return crashed;
}

/* -- what the compiler calls before each access -- */

#define ACCESS(name, ...)                    \
	void __tsan_##name(__VA_ARGS__);     \
	void __tsan_##name(__VA_ARGS__)      \
	{                                    \
		if (!in_kernel)              \
			count(CRASH_ACCESS); \
	}
#define ACCESSES(size)                       \
	ACCESS(read##size, void *)           \
	ACCESS(write##size, void *)          \
	ACCESS(unaligned_read##size, void *) \
	ACCESS(unaligned_write##size, void *)

ACCESSES(1)
ACCESSES(2)
ACCESSES(4)
ACCESSES(8)
ACCESSES(16)
ACCESS(read_range, void *, long)
ACCESS(write_range, void *, long)

void __tsan_init(void);
void __tsan_init(void)
{
}

void __tsan_atomic_signal_fence(int order);
void __tsan_atomic_signal_fence(int order)
{
	(void)order;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}
