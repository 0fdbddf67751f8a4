#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/buf.h"

static int sink = 2;
static bool sink_is_ours; /* opened by us, so it can be O_NONBLOCK */
static enum log_level threshold = LOG_INFO;
static uint64_t dropped, dropped_told;

void log_open(int fd)
{
	BUF_ON_STACK(path, 32);
	int own;

	sink = fd;
	buf_fmt(&path, "/proc/self/fd/%d", fd);
	own = open(buf_text(&path), O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (own < 0)
		return;
	sink = own;
	sink_is_ours = true;
}

void log_level_set(enum log_level least)
{
	threshold = least;
}

/*
 * Without a description of our own: a socket takes MSG_DONTWAIT; a pipe that
 * polls writable has room for PIPE_BUF bytes (pipe(7)), which a line is
 * shorter than.
 */
static ssize_t write_shared(const char *line, size_t len)
{
	struct pollfd p = { .fd = sink, .events = POLLOUT };
	ssize_t n = send(sink, line, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n >= 0 || errno != ENOTSOCK)
		return n;
	if (poll(&p, 1, 0) != 1 || !(p.revents & POLLOUT))
		return -1;
	return write(sink, line, len);
}

static bool write_line(const char *line, size_t len)
{
	ssize_t n = sink_is_ours ? write(sink, line, len) : write_shared(line, len);

	return n == (ssize_t)len;
}

static void tell_dropped(void)
{
	BUF_ON_STACK(b, 80);

	if (dropped == dropped_told)
		return;
	buf_fmt(&b, "minit: log: %lu lines were lost: the console is full\n", dropped - dropped_told);
	if (write_line(b.data, b.len))
		dropped_told = dropped;
}

printf_like(4, 0) static void put(enum log_level level, const char *object, int err,
				  const char *what, va_list ap)
{
	BUF_ON_STACK(b, 1024);
	int saved = errno;

	if (level > threshold)
		return;
	buf_str(&b, "minit: ");
	if (object)
		buf_fmt(&b, "%s: ", object);
	buf_vfmt(&b, what, ap);
	if (err)
		buf_fmt(&b, ": %s", strerror(err));
	if (b.len == b.size)
		b.len--;
	buf_char(&b, '\n');
	tell_dropped();
	dropped += !write_line(b.data, b.len);
	errno = saved;
}

void log_error(const char *object, int err, const char *what, ...)
{
	va_list ap;

	va_start(ap, what);
	put(LOG_ERROR, object, err, what, ap);
	va_end(ap);
}

void log_warn(const char *object, int err, const char *what, ...)
{
	va_list ap;

	va_start(ap, what);
	put(LOG_WARN, object, err, what, ap);
	va_end(ap);
}

void log_info(const char *object, const char *what, ...)
{
	va_list ap;

	va_start(ap, what);
	put(LOG_INFO, object, 0, what, ap);
	va_end(ap);
}

void log_debug(const char *object, const char *what, ...)
{
	va_list ap;

	va_start(ap, what);
	put(LOG_DEBUG, object, 0, what, ap);
	va_end(ap);
}

uint64_t log_dropped(void)
{
	return dropped;
}
