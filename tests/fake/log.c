#include "tests/fake/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

char log_text[16384];
void (*log_hook)(const char *call, bool done);
static char bug[256];

void log_forget(void)
{
	log_text[0] = bug[0] = '\0';
}

const char *log_bug(void)
{
	return bug[0] ? bug : NULL;
}

static void add(const char *level, const char *object, int err, const char *what, va_list ap)
{
	char line[512];
	size_t used = strlen(log_text);
	int len = snprintf(line, sizeof(line), "%s %s%s", level, object ? object : "", object ? ": " : "");

	len += vsnprintf(line + len, sizeof(line) - (size_t)len, what, ap);
	if (err && (size_t)len < sizeof(line))
		snprintf(line + len, sizeof(line) - (size_t)len, ": %s", strerror(err));
	if (strstr(line, "bug:") && !bug[0])
		snprintf(bug, sizeof(bug), "%.255s", line);
	if (used + strlen(line) + 2 > sizeof(log_text))
		used = 0;
	snprintf(log_text + used, sizeof(log_text) - used, "%s\n", line);
}

static void put(const char *level, const char *object, int err, const char *what, va_list ap)
{
	if (log_hook)
		log_hook("log", false);
	add(level, object, err, what, ap);
	if (log_hook)
		log_hook("log", true);
}

#define LOG(name, ...)                                 \
	void log_##name(__VA_ARGS__, const char *what, ...) \
	{                                              \
		va_list ap;                            \
		va_start(ap, what);                    \
		put(#name, object, err, what, ap);     \
		va_end(ap);                            \
	}
#define LOG_PLAIN(name)                                           \
	void log_##name(const char *object, const char *what, ...) \
	{                                                         \
		va_list ap;                                       \
		va_start(ap, what);                               \
		put(#name, object, 0, what, ap);                  \
		va_end(ap);                                       \
	}

LOG(error, const char *object, int err)
LOG(warn, const char *object, int err)
LOG_PLAIN(info)
LOG_PLAIN(debug)
