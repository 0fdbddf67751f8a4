/* What the tool prints. Not for PID 1: it waits for who reads. */
#ifndef INIT_SAY_H
#define INIT_SAY_H

#include "lib/buf.h"

/* First of all: what is opened later must not become a stream that was closed, and be written into. */
void say_hold(void);

/* To standard output, kept together until say_flush. A reader that is gone ends the tool. */
printf_like(1, 2) void say(const char *fmt, ...);
void say_bytes(const char *text, size_t len);
void say_flush(void);

/* Ends the tool, as standard output could not be written: -errno. */
no_return void say_failed(int err);

/* To standard error, "minit: ...", a line of its own. */
printf_like(1, 2) void complain(const char *fmt, ...);

#endif
