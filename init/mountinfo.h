/* Lines of /proc/PID/mountinfo, and what is asked of the mount that one is about. proc(5). */
#ifndef INIT_MOUNTINFO_H
#define INIT_MOUNTINFO_H

#include "lib/buf.h"

/* What is in a line, by place from 0; behind them is what is optional, then " - ". */
enum mountinfo { MOUNTINFO_ID, MOUNTINFO_ABOVE, MOUNTINFO_DEVICE, MOUNTINFO_ROOT, MOUNTINFO_PLACE, MOUNTINFO_OPTIONS,
		 MOUNTINFO_OPTIONAL };

/* Word number i from 0, of a line; "" if there is none. */
const char *mountinfo_word(const char *line, unsigned i);

/* How long the word is that begins here. */
size_t mountinfo_length(const char *at);

/* The line behind this one, or the end. */
const char *mountinfo_next(const char *line);

/* Whether the word, in which blanks, newlines and backslashes stand as \040 and the like, is this text. */
bool mountinfo_is(const char *word, const char *text);

/* Whether two words are the same. */
bool mountinfo_same(const char *a, const char *b);

/*
 * Whether the mount of this line shows what a path without links leads to where `from` are the lines: the same place of
 * the same file system. True also where that cannot be known.
 */
bool mountinfo_shows(const char *line, const char *from, const char *path);

/* Puts what a tmpfs has otherwise than it was asked for: options of both, the first as mount_make takes them. */
bool mountinfo_put_tmpfs(const char *asked, const char *found, struct buf *b);

#endif
