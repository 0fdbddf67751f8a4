/* Raising the board, for the programs of the bench without a libc. */
#ifndef BENCH_RAISE_H
#define BENCH_RAISE_H

#include "tests/bench/board.h"
#include "tests/bench/nolibc.h"

#include <linux/fcntl.h>
#include <linux/futex.h>
#include <linux/mman.h>
#include <linux/time.h>

static inline struct board *board_map(void)
{
	long fd = sys3(__NR_open, BOARD_PATH, O_RDWR, 0);
	long at = sys6(__NR_mmap, 0, BOARD_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (fd < 0 || at < 0)
		leave(111);
	sys3(__NR_close, fd, 0, 0);
	return (struct board *)at;
}

static inline void board_reached(struct board *b)
{
	struct timespec now;

	sys3(__NR_clock_gettime, CLOCK_MONOTONIC, &now, 0);
	b->reached_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	__atomic_store_n(&b->reached, 1, __ATOMIC_SEQ_CST);
	sys3(__NR_futex, &b->reached, FUTEX_WAKE, 1);
}

static inline void board_raise(struct board *b)
{
	if (__atomic_add_fetch(&b->count, 1, __ATOMIC_SEQ_CST) == b->target)
		board_reached(b);
}

#endif
