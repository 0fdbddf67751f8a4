/* Says on the board that it runs, then waits until it is told to go by SIGTERM. */
#include "tests/bench/board.h"
#include "tests/bench/nolibc.h"

#include <linux/fcntl.h>
#include <linux/futex.h>
#include <linux/mman.h>
#include <linux/time.h>

#define SIGTERM 15
#define SIG_BLOCK 0

static struct board *board_map(void)
{
	long fd = sys3(__NR_open, BOARD_PATH, O_RDWR, 0);
	long at = sys6(__NR_mmap, 0, BOARD_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (fd < 0 || at < 0)
		leave(111);
	return (struct board *)at;
}

static void board_reached(struct board *b)
{
	struct timespec now;

	sys3(__NR_clock_gettime, CLOCK_MONOTONIC, &now, 0);
	b->reached_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	__atomic_store_n(&b->reached, 1, __ATOMIC_SEQ_CST);
	sys3(__NR_futex, &b->reached, FUTEX_WAKE, 1);
}

/* As PID 1 of its own namespace it would not die of a signal it has no handler for; so there it takes it. */
_Noreturn static void wait_for_term(void)
{
	uint64_t term = 1u << (SIGTERM - 1);

	if (sys3(__NR_getpid, 0, 0, 0) == 1) {
		sys4(__NR_rt_sigprocmask, SIG_BLOCK, &term, 0, sizeof(term));
		while (sys4(__NR_rt_sigtimedwait, &term, 0, 0, sizeof(term)) != SIGTERM)
			;
		leave(0);
	}
	for (;;)
		sys3(__NR_pause, 0, 0, 0);
}

_Noreturn static void start(long *stack)
{
	struct board *b = board_map();

	(void)stack;
	if (__atomic_add_fetch(&b->count, 1, __ATOMIC_SEQ_CST) == b->target)
		board_reached(b);
	wait_for_term();
}
