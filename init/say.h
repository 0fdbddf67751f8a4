/* What the tool prints. Not for PID 1: it waits for who reads. */
#ifndef INIT_SAY_H
#define INIT_SAY_H

#include "lib/buf.h"

/* To standard output, kept together until say_flush. A reader that is gone ends the tool. */
printf_like(1, 2) void say(const char *fmt, ...);
void say_bytes(const char *text, size_t len);
void say_flush(void);

/* To standard error, "minit: ...", a line of its own. */
printf_like(1, 2) void complain(const char *fmt, ...);

#endif
