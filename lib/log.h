/*
 * The log of minit itself: one line each, `minit: object: what: why`, to
 * standard error. Never blocks: a line that cannot be written at once is
 * dropped, counted, and the count is told by the next line that gets through.
 */
#ifndef LIB_LOG_H
#define LIB_LOG_H

#include "lib/util.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/*
 * Takes descriptor fd as the sink, on an open file description of its own
 * where that can be had (O_NONBLOCK must not reach the others that share it).
 */
void log_open(int fd);
void log_level_set(enum log_level least);

/*
 * err is an errno value, or 0 for none: with one, its text is the `why` that
 * ends the line. object may be NULL for minit itself.
 */
printf_like(3, 4) void log_error(const char *object, int err, const char *what, ...);
printf_like(3, 4) void log_warn(const char *object, int err, const char *what, ...);
printf_like(2, 3) void log_info(const char *object, const char *what, ...);
printf_like(2, 3) void log_debug(const char *object, const char *what, ...);

/* Lines dropped since start. */
uint64_t log_dropped(void);

#endif
