#include "init/say.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/fd.h"

static char mem[16384];
static struct buf kept = { .data = mem, .size = sizeof(mem) };

static void end_complaint(struct buf *b)
{
	buf_tame(b, "\n\t");
	if (b->len == b->size)
		b->len--;
	buf_char(b, '\n');
	(void)!fd_write_all(STDERR_FILENO, b->data, b->len);
}

/* Nothing can be read from it or written to it: that fails as it does where nothing is open. */
void say_hold(void)
{
	int fd;

	do
		fd = open("/", O_PATH);
	while (fd >= 0 && fd <= STDERR_FILENO);
	fd_close(&fd);
}

/* A reader that is gone has what it wanted. */
void say_failed(int err)
{
	const char *why = err == -EBADF ? "it is closed; to see nothing, send it to /dev/null" : strerror(-err);
	BUF_ON_STACK(b, 128);

	buf_fmt(&b, "minit: standard output: %s", why);
	if (err != -EPIPE)
		end_complaint(&b);
	_exit(1);
}

void say_flush(void)
{
	int err = fd_write_all(STDOUT_FILENO, kept.data, kept.len);

	buf_reset(&kept);
	if (err)
		say_failed(err);
}

void say_bytes(const char *text, size_t len)
{
	while (len > 0) {
		size_t piece = MIN(len, kept.size - kept.len);

		buf_add(&kept, text, piece);
		text += piece;
		len -= piece;
		if (kept.len == kept.size)
			say_flush();
	}
}

void say(const char *fmt, ...)
{
	BUF_ON_STACK(b, 4096);
	va_list ap;

	va_start(ap, fmt);
	buf_vfmt(&b, fmt, ap);
	va_end(ap);
	say_bytes(b.data, b.len);
}

void complain(const char *fmt, ...)
{
	BUF_ON_STACK(b, 2048);
	va_list ap;

	say_flush();
	buf_str(&b, "minit: ");
	va_start(ap, fmt);
	buf_vfmt(&b, fmt, ap);
	va_end(ap);
	end_complaint(&b);
}
