/*
 * The board: one page in a file that the bench and all payloads map. A payload
 * says that it runs by raising `count`; the one that makes it `target` stamps
 * the time and wakes the bench. So "all N are running" is an event, its time is
 * taken where it happens, and a payload costs three system calls.
 */
#ifndef BENCH_BOARD_H
#define BENCH_BOARD_H

#include <stdint.h>

#define BOARD_PATH "/board"
#define BOARD_SIZE 4096

/* tests/bench/run reads and writes it by these offsets. */
struct board {
	uint32_t count;      /* payloads that have run so far */
	uint32_t target;     /* written by the bench before it waits */
	uint32_t reached;    /* futex: 1 once count was target */
	uint32_t reserved;
	uint64_t started_ns; /* CLOCK_MONOTONIC just before PID 1's exec, by stage */
	uint64_t reached_ns; /* CLOCK_MONOTONIC of the payload that made it target */
};

#endif
