#include "init/logger.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "init/logfile.h"
#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/sys.h"
#include "services/layout.h"
#include "services/table.h"

#define LOOK_MAX 16384   /* bytes looked at in one pipe at a time, so that all get their turn */
#define LINE_LONGEST 4096 /* PIPE_BUF: one write of it is not mixed with others' */
#define PREFIX_MAX 128
#define WIDTH_MAX 20
#define PARTIAL_MS 100
#define EVENTS 64
#define ROUNDS_MAX 64    /* of the last drain: a writer that goes on must not keep us */

/* What one service says. */
struct outlet {
	const struct service_spec *spec;
	struct when due;  /* when an unended line is written as it is */
	uint64_t lost;    /* bytes that could not be written, not told yet */
	int32_t pipe;     /* -1: all writers are gone */
	int32_t file;     /* -1: not open */
	bool ready;       /* there may be something to look at */
};

static const struct table *table;
static struct outlet *outlets;
static uint32_t outlet_count, open_count;
static int look[2] = { -1, -1 }; /* pipe that tee(2) copies into */
static bool coloured;
static uint32_t name_width;
static int signals = -1; /* signalfd(2): also heard while there is always something to do */
static bool leaving;

static char seen[LOOK_MAX];
static char line_mem[LINE_LONGEST];

/* -- writing ------------------------------------------------------------------------------------------ */

/* Waits where it must: whoever reads slowly slows the services down, and nothing is lost. */
static int write_out(int fd, const char *data, size_t len)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EAGAIN)
			poll(&p, 1, -1);
		else if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

static const char *name_of(const struct outlet *o)
{
	return table_name(table, o->spec);
}

/* Says it once when it begins, and once how much it was when it is over. */
static void account(struct outlet *o, const char *where, int err, size_t len)
{
	if (err && !o->lost)
		log_warn(name_of(o), 0, "output to %s: %s; it is lost until that is mended", where, strerror(-err));
	if (!err && o->lost)
		log_warn(name_of(o), 0, "output to %s: goes on; %lu bytes were lost", where, (unsigned long)o->lost);
	o->lost = err ? o->lost + len : 0;
}

/* Takes what has been written out of the pipe; it is there, so this does not wait. */
static void take(const struct outlet *o, size_t len, char *scratch, size_t size)
{
	while (len > 0) {
		ssize_t n = read(o->pipe, scratch, MIN(len, size));

		if (n == 0 || (n < 0 && errno != EINTR))
			return;
		len -= n > 0 ? (size_t)n : 0;
	}
}

/* -- lines to standard output ---------------------------------------------------------------------------- */

struct batch {
	struct outlet *o;
	struct buf out;
	char prefix[PREFIX_MAX];
	size_t prefix_len;
	size_t raw; /* bytes of the pipe that are in `out` */
};

static uint32_t colour_of(const char *name)
{
	uint32_t sum = 0;

	while (*name)
		sum = sum * 31 + (unsigned char)*name++;
	return 31 + sum % 6;
}

static void batch_open(struct batch *b, struct outlet *o)
{
	struct buf prefix;

	buf_init(&prefix, b->prefix, sizeof(b->prefix));
	if (coloured)
		buf_fmt(&prefix, "\033[%um", colour_of(name_of(o)));
	buf_fmt(&prefix, "%-*s |", (int)name_width, name_of(o));
	buf_fmt(&prefix, coloured ? "\033[0m " : " ");
	b->prefix_len = prefix.len;
	b->o = o;
	b->raw = 0;
	buf_init(&b->out, line_mem, sizeof(line_mem));
}

static void batch_write(struct batch *b)
{
	if (b->raw == 0)
		return;
	account(b->o, "the console", write_out(STDOUT_FILENO, b->out.data, b->out.len), b->raw);
	take(b->o, b->raw, line_mem, sizeof(line_mem));
	b->raw = 0;
	buf_reset(&b->out);
}

/* raw: how much of the pipe this line is, with its newline if it has one. */
static void batch_line(struct batch *b, const char *text, size_t len, size_t raw)
{
	if (b->out.len + b->prefix_len + len + 1 > b->out.size)
		batch_write(b);
	buf_add(&b->out, b->prefix, b->prefix_len);
	buf_add(&b->out, text, len);
	buf_char(&b->out, '\n');
	b->raw += raw;
}

/* Writes the whole lines; with `all`, or when it is too long, also one that is not ended. How much was written. */
static size_t put_lines(struct outlet *o, const char *text, size_t len, bool all)
{
	struct batch b;
	size_t at = 0, most;

	batch_open(&b, o);
	most = LINE_LONGEST - b.prefix_len - 1;
	while (at < len) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t line = end ? (size_t)(end - text) - at : len - at;

		if (!end && line < most && !all)
			break;
		end = line > most ? NULL : end;
		line = MIN(line, most);
		batch_line(&b, text + at, line, line + (end != NULL));
		at += line + (end != NULL);
	}
	batch_write(&b);
	return at;
}

/* -- files --------------------------------------------------------------------------------------------------- */

/* Opened when first needed, and anew when it has been deleted. */
static int file_of(struct outlet *o)
{
	struct stat st;

	if (o->file >= 0 && fstat(o->file, &st) == 0 && st.st_nlink == 0)
		fd_close(&o->file);
	if (o->file < 0)
		o->file = logfile_open(table_text(table, o->spec->output_at));
	return o->file;
}

static size_t put_file(struct outlet *o, const char *data, size_t len)
{
	int fd = file_of(o);
	int err = fd < 0 ? fd : write_out(fd, data, len);

	account(o, table_text(table, o->spec->output_at), err, len);
	take(o, len, seen, sizeof(seen));
	return len;
}

static void files_close(void)
{
	for (uint32_t i = 0; i < outlet_count; i++)
		fd_close(&outlets[i].file);
}

/* -- pipes ------------------------------------------------------------------------------------------------------ */

/*
 * A copy of what stands first in the pipe, which keeps it: bytes, 0 when all
 * writers are gone and it is empty, -EAGAIN when it is empty. tee(2).
 */
static ssize_t peek(const struct outlet *o)
{
	ssize_t n = tee(o->pipe, look[1], sizeof(seen), SPLICE_F_NONBLOCK), got = 0, r;

	if (n <= 0)
		return n < 0 ? -errno : 0;
	while (got < n && (r = read(look[0], seen + got, (size_t)(n - got))) != 0)
		got += r > 0 ? r : 0;
	return n;
}

static void outlet_close(struct outlet *o)
{
	fd_close(&o->pipe); /* it leaves the epoll set by that: nobody else here has it */
	o->due = WHEN_NEVER;
	o->ready = false;
	open_count--;
}

/* One turn of a service: true when something was written, so there may be more. */
static bool pump(struct outlet *o, struct when now, bool all)
{
	ssize_t n = peek(o);
	size_t done;

	o->ready = false;
	if (n == -EAGAIN || n == -EINTR) {
		o->due = WHEN_NEVER;
		return false;
	}
	if (n <= 0) {
		outlet_close(o);
		return false;
	}
	all = all || !when_before(now, o->due);
	if (o->spec->output == OUTPUT_FILE)
		done = put_file(o, seen, (size_t)n);
	else
		done = put_lines(o, seen, (size_t)n, all);
	o->ready = done > 0;
	if (done == (size_t)n)
		o->due = WHEN_NEVER;
	else if (done > 0 || when_is_never(o->due))
		o->due = when_in(now, PARTIAL_MS);
	return o->ready;
}

static void pump_due(struct when now)
{
	for (uint32_t i = 0; i < outlet_count; i++)
		if (outlets[i].pipe >= 0 && (outlets[i].ready || !when_before(now, outlets[i].due)))
			(void)pump(&outlets[i], now, false);
}

/* The last words of all. */
static void pump_all(void)
{
	struct when now = when_now();

	for (uint32_t i = 0; i < outlet_count; i++)
		for (int round = 0; round < ROUNDS_MAX && outlets[i].pipe >= 0; round++)
			if (!pump(&outlets[i], now, true))
				break;
}

/* Milliseconds to wait for: 0 when there is work, -1 for ever. */
static int time_to_wait(void)
{
	struct when next = WHEN_NEVER;

	for (uint32_t i = 0; i < outlet_count; i++) {
		if (outlets[i].ready)
			return 0;
		if (when_before(outlets[i].due, next))
			next = outlets[i].due;
	}
	return when_is_never(next) ? -1 : (int)MAX(when_since(when_now(), next), 0);
}

static void hear_signals(void)
{
	struct signalfd_siginfo si;

	while (read(signals, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo == SIGHUP)
			files_close();
		else
			leaving = true;
	}
}

/* Signals first: what was said after a SIGHUP goes to the new file. */
static void drain(int set)
{
	struct epoll_event events[EVENTS];

	while (!leaving && open_count > 0) {
		int n = epoll_wait(set, events, EVENTS, time_to_wait());

		hear_signals();
		for (int i = 0; i < n; i++)
			if (events[i].data.u32 < outlet_count)
				outlets[events[i].data.u32].ready = true;
		pump_due(when_now());
	}
	pump_all();
}

/* -- the start ----------------------------------------------------------------------------------------------------- */

static bool is_drained(const struct service_spec *spec)
{
	return spec->output == OUTPUT_CONSOLE || spec->output == OUTPUT_FILE;
}

/* Edge-triggered: an unended line stays in its pipe, and must not wake us until there is more of it. */
static int outlet_open(int set, uint32_t i, const struct service_spec *spec, int pipe)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLET, .data.u32 = i };

	outlets[i] = (struct outlet){ .spec = spec, .due = WHEN_NEVER, .pipe = pipe, .file = -1, .ready = true };
	if (spec->output == OUTPUT_CONSOLE)
		name_width = MAX(name_width, MIN((uint32_t)strlen(name_of(&outlets[i])), WIDTH_MAX));
	if (epoll_ctl(set, EPOLL_CTL_ADD, pipe, &e) < 0) {
		outlets[i].pipe = -1;
		outlets[i].ready = false;
		return -errno;
	}
	open_count++;
	return 0;
}

static void outlets_open(int set, int first)
{
	uint32_t n = 0;
	int err;

	for (uint32_t i = 0; i < table->services.count && n < outlet_count; i++) {
		const struct service_spec *spec = table_service(table, i);

		if (!is_drained(spec))
			continue;
		err = outlet_open(set, n, spec, first + (int)spec->output_slot);
		if (err)
			log_error(table_name(table, spec), -err, "its output pipe");
		n++;
	}
	outlet_count = n;
}

static int signals_open(int set)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u32 = UINT32_MAX };
	sigset_t ours;

	sigemptyset(&ours);
	sigaddset(&ours, SIGTERM);
	sigaddset(&ours, SIGHUP);
	sigprocmask(SIG_BLOCK, &ours, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN); /* Ctrl-C is for minit, which tells us when it is time */
	signals = signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
	return signals < 0 || epoll_ctl(set, EPOLL_CTL_ADD, signals, &e) < 0 ? -errno : 0;
}

static int fd_of(const char *word)
{
	char *end;
	long n = strtol(word, &end, 10);

	return *end || end == word || n < 0 || n > INT32_MAX ? -EINVAL : (int)n;
}

static int outlets_map(void)
{
	size_t size = MAX(outlet_count, 1) * sizeof(*outlets);

	outlets = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return outlets == MAP_FAILED ? -errno : 0;
}

static int logger_open(int table_fd, int *ret_set)
{
	struct termios t;
	int err = 0;

	table = table_map(table_fd, &err);
	if (!table)
		return err;
	outlet_count = table->outputs;
	coloured = tcgetattr(STDOUT_FILENO, &t) == 0 && !getenv("NO_COLOR");
	err = outlets_map();
	if (!err)
		err = sys_pipe(look, 0);
	if (err)
		return err;
	*ret_set = epoll_create1(EPOLL_CLOEXEC);
	return *ret_set < 0 ? -errno : signals_open(*ret_set);
}

int logger_main(int argc, char **argv)
{
	int table_fd = argc == 3 ? fd_of(argv[1]) : -EINVAL;
	int first = argc == 3 ? fd_of(argv[2]) : -EINVAL;
	int set = -1, err;

	if (table_fd < 0 || first < 0) {
		log_error("log", 0, "is started by minit itself: log TABLE_FD FIRST_FD");
		return 64;
	}
	err = logger_open(table_fd, &set);
	if (err) {
		log_error("log", 0, "start: %s", layout_why(err));
		return 71;
	}
	outlets_open(set, first);
	drain(set);
	return 0;
}
