/*
 * A terminal that is drawn in place: the alternate screen, one frame at a time,
 * each line cut to the width. The terminal is as it was before when the tool
 * ends, also by a signal.
 */
#ifndef INIT_SCREEN_H
#define INIT_SCREEN_H

#include "lib/util.h"

struct screen {
	unsigned width, height;
	bool utf8; /* it shows more than ASCII: by LC_ALL, LC_CTYPE or LANG */
};

void screen_enter(void);
void screen_leave(void);
void screen_measure(struct screen *ret);

/* True once after the window has changed its size, or the tool was stopped and goes on. */
bool screen_is_stale(void);

/* poll(2), which a change of the window's size ends; ms: at most so long. */
struct pollfd;
int screen_poll(struct pollfd *fds, unsigned count, int64_t ms);

/* A key that was typed, or 0. */
char screen_key(void);

/* A frame: begin, lines, end. What does not fit on a line or below the last one is left out. */
void frame_begin(const struct screen *s);
void frame_end(void);
unsigned frame_lines_left(void);

/* Text at the present place; colour is an escape sequence, or "". */
void frame_put(const char *colour, const char *text);
printf_like(2, 3) void frame_fmt(const char *colour, const char *fmt, ...);
void frame_column(unsigned column); /* blanks up to there, counted from 0 */
unsigned frame_at(void);            /* the column */
void frame_newline(void);

/* How many columns a text takes. */
unsigned text_columns(const char *text);

#endif
