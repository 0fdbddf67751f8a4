/* Leaves at once with 0. */
#include "tests/bench/nolibc.h"

_Noreturn static void start(long *stack)
{
	(void)stack;
	leave(0);
}
