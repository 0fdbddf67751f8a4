#include "init/screen.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/fd.h"
#include "lib/utf8.h"

#define ENTER "\033[?1049h\033[?25l\033[H\033[2J"
#define LEAVE "\033[?25h\033[?1049l"

static struct termios before;
static bool has_keys;
static volatile sig_atomic_t is_entered, is_stale;

/* -- the terminal ------------------------------------------------------------------------------ */

static void quiet_keys(void)
{
	struct termios t;

	has_keys = tcgetattr(STDIN_FILENO, &before) == 0;
	if (!has_keys)
		return;
	t = before;
	t.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	t.c_cc[VMIN] = 0;
	t.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &t);
}

static void on_end(int sig)
{
	screen_leave();
	signal(sig, SIG_DFL);
	raise(sig);
}

static void on_stop(int sig)
{
	(void)sig;
	screen_leave();
	raise(SIGSTOP);
	screen_enter();
	is_stale = 1;
}

static void on_resize(int sig)
{
	(void)sig;
	is_stale = 1;
}

/* A resize is only heard of in screen_poll: not between the look at is_stale and the wait. */
static void block_resize(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

int screen_poll(struct pollfd *fds, unsigned count, int64_t ms)
{
	const struct timespec limit = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
	sigset_t none;

	sigemptyset(&none);
	return ppoll(fds, count, &limit, &none);
}

static void handle(int sig, void (*fn)(int))
{
	struct sigaction sa = { .sa_handler = fn };

	sigaction(sig, &sa, NULL);
}

void screen_enter(void)
{
	if (is_entered)
		return;
	quiet_keys();
	is_entered = 1;
	handle(SIGINT, on_end);
	handle(SIGTERM, on_end);
	handle(SIGHUP, on_end);
	handle(SIGQUIT, on_end);
	handle(SIGTSTP, on_stop);
	handle(SIGWINCH, on_resize);
	block_resize();
	(void)!fd_write_all(STDOUT_FILENO, ENTER, sizeof(ENTER) - 1);
}

void screen_leave(void)
{
	if (!is_entered)
		return;
	is_entered = 0;
	(void)!fd_write_all(STDOUT_FILENO, LEAVE, sizeof(LEAVE) - 1);
	if (has_keys)
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

bool screen_is_stale(void)
{
	bool stale = is_stale;

	is_stale = 0;
	return stale;
}

char screen_key(void)
{
	char c;

	return has_keys && read(STDIN_FILENO, &c, 1) == 1 ? c : 0;
}

static bool says_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return strstr(value, "UTF-8") || strstr(value, "utf8") || strstr(value, "utf-8");
	}
	return false;
}

void screen_measure(struct screen *ret)
{
	struct winsize size = { 0 };

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	ret->width = size.ws_col ? size.ws_col : 80;
	ret->height = size.ws_row ? size.ws_row : 24;
	ret->utf8 = says_utf8();
}

/* -- a frame ----------------------------------------------------------------------------------- */

static char mem[65536];
static struct buf frame;
static struct screen size;
static unsigned column, lines;

unsigned text_columns(const char *text)
{
	unsigned n = 0;

	for (size_t len; *text; text += len ? len : 1) {
		len = utf8_len(text);
		n++;
	}
	return n;
}

void frame_begin(const struct screen *s)
{
	buf_init(&frame, mem, sizeof(mem));
	size = *s;
	column = lines = 0;
	buf_str(&frame, "\033[H");
}

unsigned frame_lines_left(void)
{
	return size.height > lines ? size.height - lines : 0;
}

unsigned frame_at(void)
{
	return column;
}

static void put_cut(const char *text)
{
	for (size_t len; *text && column < size.width; text += len) {
		len = utf8_len(text);
		len = len ? len : 1;
		buf_add(&frame, text, len);
		column++;
	}
}

void frame_put(const char *colour, const char *text)
{
	if (lines >= size.height || column >= size.width)
		return;
	buf_str(&frame, colour);
	put_cut(text);
	if (*colour)
		buf_str(&frame, "\033[0m");
}

void frame_fmt(const char *colour, const char *fmt, ...)
{
	BUF_ON_STACK(text, 1024);
	va_list ap;

	va_start(ap, fmt);
	buf_vfmt(&text, fmt, ap);
	va_end(ap);
	frame_put(colour, buf_text(&text));
}

void frame_column(unsigned to)
{
	while (column < to && column < size.width)
		frame_put("", " ");
}

/* No newline behind the last line: it would scroll. */
void frame_newline(void)
{
	if (lines >= size.height)
		return;
	if (column < size.width)
		buf_str(&frame, "\033[K");
	if (++lines < size.height)
		buf_str(&frame, "\r\n");
	column = 0;
}

void frame_end(void)
{
	if (lines < size.height)
		buf_str(&frame, "\033[J");
	(void)!fd_write_all(STDOUT_FILENO, frame.data, frame.len);
}
