/* `minit status --watch`: what is shown (init/watch.c), and the drawing of it (init/draw.c). */
#ifndef INIT_WATCH_H
#define INIT_WATCH_H

#include "init/rows.h"
#include "services/state.h"

#define NEWS 64 /* events kept to be shown */

struct news {
	struct when when;
	char name[TABLE_NAME_MAX + 1], from[16], state[16], why[STATE_WHY];
};

struct watch {
	struct rows rows;
	struct news news[NEWS];
	unsigned news_count; /* ever */
	bool has_cpu;        /* there was a sample before, so rows have a cpu_permille */
	bool colours, all;   /* all: minit's own services too */
};

/* The number i back from the latest, 1 is the latest; NULL behind the oldest that is kept. */
static inline const struct news *watch_news(const struct watch *w, unsigned i)
{
	return i <= w->news_count && i <= NEWS ? &w->news[(w->news_count - i) % NEWS] : NULL;
}

/* Redraws the screen, which was entered (init/screen.h). */
void draw(const struct watch *w);

#endif
