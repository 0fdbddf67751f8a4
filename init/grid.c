#include "init/grid.h"

#include <string.h>

#include "init/say.h"

struct grid_cell {
	struct grid_cell *next;
	const char *text; /* NULL: the end of a row */
	size_t width;
};

static void add(struct grid *g, const char *text, size_t width)
{
	struct grid_cell *c = arena_new(g->mem, struct grid_cell);

	*c = (struct grid_cell){ .text = text, .width = width };
	if (g->last)
		g->last->next = c;
	else
		g->first = c;
	g->last = c;
}

void grid_put(struct grid *g, const char *text)
{
	size_t len = strlen(text);

	if (g->column == strlen(g->sides))
		return;
	if (!len && g->sides[g->column + 1])
		text = "-", len = 1;
	g->widths[g->column] = MAX(g->widths[g->column], len);
	g->column++;
	add(g, arena_text(g->mem, text, len), len);
}

void grid_end_row(struct grid *g)
{
	add(g, NULL, 0);
	g->column = 0;
}

void grid_begin(struct grid *g, struct arena *mem, const char *sides, const char *titles)
{
	*g = (struct grid){ .mem = mem, .sides = sides };
	while (*titles) {
		size_t len = strcspn(titles, "|");

		grid_put(g, arena_text(mem, titles, len));
		titles += len + (titles[len] == '|');
	}
	grid_end_row(g);
}

static bool has_rows(const struct grid *g)
{
	const struct grid_cell *c = g->first;

	while (c && c->text)
		c = c->next;
	return c && c->next;
}

/* Blanks are owed until a text follows, so that none are at the end of a line. */
void grid_say(const struct grid *g, bool *shown)
{
	size_t owed = 0;
	unsigned column = 0;

	if (!has_rows(g))
		return;
	say(*shown ? "\n" : "");
	*shown = true;
	for (const struct grid_cell *c = g->first; c; c = c->next) {
		size_t pad = c->text ? g->widths[column] - c->width : 0;
		bool right = c->text && g->sides[column] == 'r';

		if (!c->text) {
			say("\n");
			owed = column = 0;
			continue;
		}
		if (c->width)
			say("%*s%s", (int)(owed + (right ? pad : 0)), "", c->text);
		owed = (c->width ? 0 : owed + c->width) + 2 + (right && c->width ? 0 : pad);
		column++;
	}
}
