/* A table for people: cells are put one by one, row by row, and said in columns that are as wide as they need to be. */
#ifndef INIT_GRID_H
#define INIT_GRID_H

#include "lib/arena.h"
#include "lib/buf.h"

#define GRID_COLUMNS 12
#define GRID_CELL 512 /* bytes of the longest */

struct grid_cell;

struct grid {
	struct arena *mem;
	const char *sides; /* 'l' or 'r' for each column */
	struct grid_cell *first, *last;
	size_t widths[GRID_COLUMNS];
	unsigned column;
};

/* Begins one, with its titles ("NAME|STATE|..."). */
void grid_begin(struct grid *g, struct arena *mem, const char *sides, const char *titles);

/* The next cell; "" is shown as "-", but for the last of a row. */
void grid_put(struct grid *g, const char *text);
void grid_end_row(struct grid *g);

/* Says it, behind an empty line when *shown, which it sets; nothing when there are only titles. */
void grid_say(const struct grid *g, bool *shown);

#endif
