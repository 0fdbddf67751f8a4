/* Says on the board that it runs, then waits until it is told to go by SIGTERM. */
#include "tests/bench/raise.h"

#define SIGTERM 15
#define SIG_BLOCK 0

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
	(void)stack;
	board_raise(board_map());
	wait_for_term();
}
