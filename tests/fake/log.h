/* The log of minit as text that a test can look into, instead of lib/log.c. */
#ifndef FAKE_LOG_H
#define FAKE_LOG_H

#include "lib/log.h"

extern char log_text[16384]; /* lines "level object: what: why"; the newest win */
void log_forget(void);

/* Called before and after each line: a write, as other calls into the kernel (tests/fake/sys.h). */
extern void (*log_hook)(const char *call, bool done);

/* The first line that says "bug:", or NULL: the state machine was where it must not be. */
const char *log_bug(void);

#endif
