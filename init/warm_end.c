/* Linked behind what PID 1 runs after the boot at all: see init/trim.h. */
#include "init/trim.h"

void trim_warm_end(void)
{
	__asm__ volatile(""); /* its address is all that it is for */
}
