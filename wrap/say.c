#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wrap/state.h"

/* A file does not make one wait; its place there is shared with all who write to it. */
static bool write_file(const char *line, size_t len)
{
	if (raw(SYS_lseek, 2, 0, SEEK_CUR) < 0)
		return false;
	raw(SYS_write, 2, line, len);
	return true;
}

/* A pipe or a terminal: on an open file description of our own O_NONBLOCK reaches nobody else. */
static bool write_own(const char *line, size_t len)
{
	long fd = raw(SYS_openat, AT_FDCWD, "/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return false;
	raw(SYS_write, fd, line, len);
	raw(SYS_close, fd);
	return true;
}

/* Sockets, and where there is no /proc: a pipe that polls writable has room for a line (pipe(7)). */
static void write_asking(const char *line, size_t len)
{
	struct pollfd p = { .fd = 2, .events = POLLOUT };
	const struct timespec at_once = { 0 };

	if (raw(SYS_sendto, 2, line, len, MSG_DONTWAIT | MSG_NOSIGNAL) != -ENOTSOCK)
		return;
	if (raw(SYS_ppoll, &p, 1, &at_once, 0, 0) == 1 && p.revents & POLLOUT)
		raw(SYS_write, 2, line, len);
}

/* /proc may be that of a namespace further out, where our pids are those of others. */
static bool is_our_proc(pid_t self)
{
	BUF_ON_STACK(wanted, 16);
	char found[16];
	long n = raw(SYS_readlinkat, AT_FDCWD, "/proc/self", found, sizeof(found) - 1);

	found[MAX(n, 0)] = '\0';
	buf_fmt(&wanted, "%d", self);
	return !strcmp(found, buf_text(&wanted));
}

static int open_error_of(pid_t self, pid_t pid)
{
	BUF_ON_STACK(path, 40);

	if (!is_our_proc(self))
		return -ENOENT;
	buf_fmt(&path, "/proc/%d/fd/2", pid);
	return (int)raw(SYS_openat, AT_FDCWD, buf_text(&path), O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

bool say_borrow(pid_t self, pid_t pid)
{
	long fd = open_error_of(self, pid), at;

	if (fd < 0)
		fd = raw(SYS_openat, AT_FDCWD, "/dev/tty", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return false;
	at = raw(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 2);
	raw(SYS_close, fd);
	return at == 2;
}

void say_give_back(void)
{
	raw(SYS_close, 2);
}

static void end_line(struct buf *b)
{
	b->len -= b->len == b->size;
	buf_char(b, '\n');
	if (!write_file(b->data, b->len) && !write_own(b->data, b->len))
		write_asking(b->data, b->len);
}

#define LINE 512

void say(const char *fmt, ...)
{
	BUF_ON_STACK(b, LINE);
	va_list ap;

	buf_str(&b, "minit: ");
	va_start(ap, fmt);
	buf_vfmt(&b, fmt, ap);
	va_end(ap);
	end_line(&b);
}

static const char texts[] =
#define ERROR(code, text) text "\0"
#include "wrap/errors.def"
#undef ERROR
	;

static const uint8_t codes[] = {
#define ERROR(code, text) code,
#include "wrap/errors.def"
#undef ERROR
};

static void put_error(struct buf *b, int err)
{
	const char *at = texts;

	for (size_t i = 0; i < ARRAY_LEN(codes); i++, at += strlen(at) + 1)
		if (codes[i] == -err) {
			buf_str(b, at);
			return;
		}
	buf_fmt(b, "error %d", -err);
}

void say_error(int err, const char *fmt, ...)
{
	BUF_ON_STACK(b, LINE);
	va_list ap;

	buf_str(&b, "minit: ");
	va_start(ap, fmt);
	buf_vfmt(&b, fmt, ap);
	va_end(ap);
	buf_str(&b, ": ");
	put_error(&b, err);
	end_line(&b);
}
