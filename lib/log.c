#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/buf.h"

/* How a line is written without waiting, by what the sink is. */
enum way {
	WAY_UNKNOWN, /* before log_open: ask poll(2) first */
	WAY_OWN,     /* an open file description of our own, O_NONBLOCK */
	WAY_SOCKET,
	WAY_FILE,    /* a regular file: it does not make one wait */
};

static int sink = 2;
static enum way way;
static enum log_level threshold = LOG_INFO;
static uint64_t dropped, dropped_told;

/*
 * A pipe and a terminal are opened anew: O_NONBLOCK on what is shared would reach
 * the others that write to it. Not a regular file: it would have a place of
 * its own there, and the services would write over our lines.
 */
static bool open_own(int fd)
{
	BUF_ON_STACK(path, 32);
	int own;

	buf_fmt(&path, "/proc/self/fd/%d", fd);
	own = open(buf_text(&path), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (own < 0)
		return false;
	sink = own;
	return true;
}

rare void log_open(int fd)
{
	struct stat st;

	sink = fd;
	way = WAY_UNKNOWN;
	if (fstat(fd, &st) < 0)
		return;
	if (S_ISREG(st.st_mode))
		way = WAY_FILE;
	else if (S_ISSOCK(st.st_mode))
		way = WAY_SOCKET;
	else if ((S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)) && open_own(fd))
		way = WAY_OWN;
}

void log_level_set(enum log_level least)
{
	threshold = least;
}

/* A pipe that polls writable has room for PIPE_BUF bytes (pipe(7)), which a line is shorter than. */
static ssize_t write_asking(const char *line, size_t len)
{
	struct pollfd p = { .fd = sink, .events = POLLOUT };

	if (poll(&p, 1, 0) != 1 || !(p.revents & POLLOUT))
		return -1;
	return write(sink, line, len);
}

static bool write_line(const char *line, size_t len)
{
	ssize_t n;

	if (way == WAY_SOCKET)
		n = send(sink, line, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	else if (way == WAY_UNKNOWN)
		n = write_asking(line, len);
	else
		n = write(sink, line, len);
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
	buf_tame(&b, "");
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
