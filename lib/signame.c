#include "lib/signame.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <strings.h>

static const struct {
	uint8_t number;
	char name[7];
} names[] = {
#define SIG(n) { SIG##n, #n },
#include "lib/signames.def"
#undef SIG
};

/* A decimal number up to SIGNAL_MAX that is the whole of s, or -EINVAL. */
static int small_number(const char *s)
{
	int n = 0;

	if (!*s)
		return -EINVAL;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return -EINVAL;
		n = n * 10 + (*s - '0');
		if (n > SIGNAL_MAX)
			return -EINVAL;
	}
	return n;
}

static int realtime_number(const char *s)
{
	int base = !strncasecmp(s, "RTMIN", 5) ? SIGNAL_RTMIN : SIGNAL_MAX;
	int off;

	if (!s[5])
		return base;
	if (s[5] != (base == SIGNAL_RTMIN ? '+' : '-'))
		return -EINVAL;
	off = small_number(s + 6);
	if (off < 0 || off > SIGNAL_MAX - SIGNAL_RTMIN)
		return -EINVAL;
	return base == SIGNAL_RTMIN ? base + off : base - off;
}

int signal_number(const char *name)
{
	int n = small_number(name);

	if (n >= 0)
		return n ? n : -EINVAL;
	if (!strncasecmp(name, "SIG", 3))
		name += 3;
	if (!strncasecmp(name, "RTMIN", 5) || !strncasecmp(name, "RTMAX", 5))
		return realtime_number(name);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!strcasecmp(name, names[i].name))
			return names[i].number;
	return -EINVAL;
}

void signal_put(struct buf *b, int sig)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].number == sig) {
			buf_fmt(b, "SIG%s", names[i].name);
			return;
		}
	if (sig >= SIGNAL_RTMIN && sig <= SIGNAL_MAX)
		buf_fmt(b, "SIGRTMIN+%d", sig - SIGNAL_RTMIN);
	else
		buf_fmt(b, "signal %d", sig);
}
