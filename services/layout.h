/*
 * The layout of what passes through an execution in place: the image of the table, and the state file. A number for
 * each, which the build makes of their declarations (services/layout.awk), so that nobody has to remember to raise it.
 * Where a meaning changes and no declaration does, rename what has it.
 */
#ifndef SERVICES_LAYOUT_H
#define SERVICES_LAYOUT_H

#include "lib/util.h"

struct layout {
	char mark[20]; /* by which the numbers are found in the program's file */
	uint32_t table, state;
};

/* Of this program. */
extern const struct layout layout_own;

/* Why table_map or state_map has refused, for messages: err is what they have said. */
const char *layout_why(int err);

#endif
