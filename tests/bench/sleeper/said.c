/* Says on the board that it runs, and leaves with 0. */
#include "tests/bench/raise.h"

_Noreturn static void start(long *stack)
{
	(void)stack;
	board_raise(board_map());
	leave(0);
}
