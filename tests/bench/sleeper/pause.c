/* Waits until it is told to go by SIGTERM. The plain payload: two system calls. */
#include "tests/bench/nolibc.h"

_Noreturn static void start(long *stack)
{
	(void)stack;
	for (;;)
		sys3(__NR_pause, 0, 0, 0);
}
