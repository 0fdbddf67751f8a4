/* What a test's kernel was asked, as text: `did` is compared with what is expected, and emptied by who begins anew. */
#ifndef FAKE_NOTE_H
#define FAKE_NOTE_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/util.h"

static char did[1024];

printf_like(1, 2) static inline void note(const char *fmt, ...)
{
	size_t used = strlen(did);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(did + used, sizeof(did) - used, fmt, ap);
	va_end(ap);
}

#endif
