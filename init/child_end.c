/* Linked behind what only children run: see init/trim.h. */
#include "init/trim.h"

const char trim_hot_data_end[1] = { 1 };

void trim_child_end(void)
{
	__asm__ volatile(""); /* its address is all that it is for */
}
