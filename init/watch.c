/* `minit status --watch`: the services, drawn in place at each change and each second. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "init/client.h"
#include "init/field.h"
#include "init/say.h"
#include "init/screen.h"
#include "init/status.h"
#include "lib/text.h"
#include "services/state.h"

#define DIM "\033[2m"
#define BOLD "\033[1m"
#define NEWS 64         /* events kept to be shown */
#define REDRAW_MS 100   /* between two drawings, however fast things change */
#define RECONNECT_MS 1000

struct news {
	struct when when;
	char name[TABLE_NAME_MAX + 1], from[16], state[16], why[STATE_WHY];
};

/* What a service had used at the sample before, to tell how much it uses now. */
struct sample {
	char name[TABLE_NAME_MAX + 1];
	int64_t cpu_us, permille;
};

static struct rows rows;
static struct talk talk; /* connected before anything else */
static struct news news[NEWS];
static unsigned news_count; /* ever */
static struct sample *samples;
static size_t sample_count, sample_room;
static struct when sampled;
static bool colours;
static bool said_leaving; /* minit's last word */

/* -- CPU since the sample before --------------------------------------------------------------- */

static const struct sample *sample_of(const struct row *row, size_t hint)
{
	if (hint < sample_count && !strcmp(samples[hint].name, row->name))
		return &samples[hint];
	for (size_t i = 0; i < sample_count; i++)
		if (!strcmp(samples[i].name, row->name))
			return &samples[i];
	return NULL;
}

static bool make_room(size_t count)
{
	size_t bytes = count * sizeof(*samples);
	void *mem;

	if (count <= sample_room)
		return true;
	mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		return false;
	if (samples)
		munmap(samples, sample_room * sizeof(*samples));
	samples = mem;
	sample_room = count;
	sample_count = 0;
	return true;
}

/* Too soon after the last sample the last figure stands: a short time tells nothing. */
static void take_samples(int64_t interval_ms)
{
	int64_t passed = when_since(sampled, rows.taken);
	bool fresh = passed >= MIN(interval_ms, 1000) * 9 / 10;

	for (size_t i = 0; i < rows.count; i++) {
		const struct sample *s = sample_of(&rows.all[i], i);
		struct row *row = &rows.all[i];

		if (!s || row->cpu_us < 0)
			continue;
		row->cpu_permille = fresh ? MAX(row->cpu_us - s->cpu_us, 0) / MAX(passed, 1) : s->permille;
	}
	if (!fresh || !make_room(rows.count))
		return;
	for (size_t i = 0; i < rows.count; i++) {
		memcpy(samples[i].name, rows.all[i].name, sizeof(samples[i].name));
		samples[i].cpu_us = rows.all[i].cpu_us;
		samples[i].permille = rows.all[i].cpu_permille;
	}
	sample_count = rows.count;
	sampled = rows.taken;
}

/* -- drawing ----------------------------------------------------------------------------------- */

static const char *paint(const char *colour)
{
	return colours ? colour : "";
}

static void draw_title(const struct screen *s)
{
	BUF_ON_STACK(time, 32);

	text_put_duration(&time, rows.uptime_ms);
	frame_fmt(paint(BOLD), "minit %s", rows.version);
	frame_fmt("", "  pid %ld  %s, ", (long)rows.pid, rows.mode);
	frame_fmt(strcmp(rows.phase, "running") ? paint("\033[33m") : "", "%s for %s", rows.phase,
		  buf_text(&time));
	if (s->width > frame_at() + 24) {
		frame_column(s->width - 22);
		frame_put(paint(DIM), "q or Ctrl-C ends this");
	}
	frame_newline();
}

static void draw_totals(void)
{
	BUF_ON_STACK(memory, 32);
	int64_t permille = 0, bytes = 0;
	bool first = true;

	for (size_t i = 0; i < rows.count; i++) {
		permille += MAX(rows.all[i].cpu_permille, 0);
		bytes += MAX(rows.all[i].memory, 0);
	}
	for (unsigned k = 0; k < STATE_COUNT; k++) {
		const char *state = state_name(k);
		int64_t n = field_number(rows.states, state, 0);

		if (n <= 0)
			continue;
		frame_put("", first ? "" : ", ");
		frame_fmt(paint(state_colour(state)), "%ld %s", (long)n, state);
		first = false;
	}
	text_put_size(&memory, (uint64_t)bytes);
	if (bytes)
		frame_fmt("", "   memory %s", buf_text(&memory));
	if (sample_count)
		frame_fmt("", "   cpu %ld%%", (long)(permille + 5) / 10);
	frame_fmt("", "   %ld orphan%s reaped", (long)rows.orphans, rows.orphans == 1 ? "" : "s");
	if (rows.crashes)
		frame_fmt("", "   %ld crash%s survived", (long)rows.crashes, rows.crashes == 1 ? "" : "es");
	if (*rows.cgroup_error)
		frame_fmt(paint("\033[33m"), "   no cgroups here: %s", rows.cgroup_error);
	frame_newline();
}

/* The columns from the left; the first that are too much for the width go first: `worth`. */
enum column { NAME, STATE_WORD, AGE, PID, RESTARTS, CPU, MEMORY, BAR, ADDRESS, NOTE, COLUMN_COUNT };

static const struct {
	const char *title;
	unsigned width, worth;
	bool right;
} columns[COLUMN_COUNT] = {
	[NAME] = { "NAME", 4, 9, false },        [STATE_WORD] = { "STATE", 8, 9, false },
	[AGE] = { "FOR", 5, 2, true },           [PID] = { "PID", 3, 3, true },
	[RESTARTS] = { "RESTARTS", 8, 6, true }, [CPU] = { "CPU", 5, 7, true },
	[MEMORY] = { "MEMORY", 10, 8, true },    [BAR] = { "", 10, 1, false },
	[ADDRESS] = { "ADDRESS", 7, 4, false },  [NOTE] = { "NOTE", 12, 9, false },
};

/* Parts of a second would only flicker. */
static void put_seconds(struct buf *b, int64_t ms)
{
	if (ms < 1000)
		buf_str(b, "0s");
	else
		text_put_duration(b, ms);
}

/* The latest reason that the news have of it. */
static const char *reason_before(const char *name)
{
	for (unsigned i = 1; i <= MIN(news_count, NEWS); i++) {
		const struct news *n = &news[(news_count - i) % NEWS];

		if (n->why[0] && !strcmp(n->name, name))
			return n->why;
	}
	return NULL;
}

static void put_note(const struct row *row, struct buf *b)
{
	const char *before = reason_before(row->name);
	size_t from = b->len;

	if (!row->why[0] && before)
		buf_fmt(b, "before: %s", before);
	if (b->len > from && (row->oom_kills > 0 || row->missing[0]))
		buf_str(b, "; ");
	row_put_why(row, b);
	if (b->len == from)
		buf_str(b, row->description);
}

static void put_cell(const struct row *row, enum column c, struct buf *b)
{
	switch (c) {
	case NAME: buf_str(b, row->name); break;
	case STATE_WORD: buf_str(b, row->state); break;
	case AGE: put_seconds(b, row->since_ms); break;
	case PID:
		if (row->pid > 0)
			buf_fmt(b, "%ld", (long)row->pid);
		break;
	case RESTARTS: buf_fmt(b, "%ld", (long)MAX(row->restarts, 0)); break;
	case CPU:
		if (row->cpu_permille >= 0)
			buf_fmt(b, "%ld.%ld%%", (long)row->cpu_permille / 10, (long)row->cpu_permille % 10);
		break;
	case MEMORY: status_put_memory(row, b); break;
	case ADDRESS: buf_add(b, row->address, strcspn(row->address, "/,")); break;
	case NOTE: put_note(row, b); break;
	default: break;
	}
}

/* What nobody here can have: no leaf, no network. Not the cells, as those of CPU come with the second sample. */
static void leave_out_empty(unsigned widths[COLUMN_COUNT])
{
	bool has_usage = false, has_address = false;

	for (size_t i = 0; i < rows.count; i++) {
		has_usage |= rows.all[i].memory >= 0 || rows.all[i].cpu_us >= 0;
		has_address |= rows.all[i].address[0] != '\0';
	}
	if (!has_usage)
		widths[CPU] = widths[MEMORY] = widths[BAR] = 0;
	if (!has_address)
		widths[ADDRESS] = 0;
}

static void measure(unsigned widths[COLUMN_COUNT], bool all)
{
	BUF_ON_STACK(cell, 512);

	for (unsigned c = 0; c < COLUMN_COUNT; c++)
		widths[c] = columns[c].width;
	for (size_t i = 0; i < rows.count; i++)
		for (enum column c = 0; c < NOTE && (all || !rows.all[i].internal); c++) {
			buf_reset(&cell);
			put_cell(&rows.all[i], c, &cell);
			widths[c] = MAX(widths[c], (unsigned)cell.len);
		}
	widths[NAME] = MIN(widths[NAME], 24);
	widths[ADDRESS] = MIN(widths[ADDRESS], 39);
	leave_out_empty(widths);
}

static unsigned total(const unsigned widths[COLUMN_COUNT])
{
	unsigned sum = 0;

	for (unsigned c = 0; c < COLUMN_COUNT; c++)
		sum += widths[c] ? widths[c] + 2 : 0;
	return sum;
}

/* Leaves out the least worthy columns until the rest fits. */
static void fit(unsigned widths[COLUMN_COUNT], unsigned width)
{
	for (unsigned worth = 1; worth < 9 && total(widths) > width + 2; worth++)
		for (unsigned c = 0; c < COLUMN_COUNT; c++)
			if (columns[c].worth == worth)
				widths[c] = 0;
}

static const char *level_colour(int64_t percent)
{
	return percent >= 90 ? "\033[31m" : percent >= 70 ? "\033[33m" : "\033[32m";
}

static void draw_bar(const struct row *row, const struct screen *s)
{
	int64_t percent, filled;

	if (row->memory <= 0 || row->memory_max <= 0)
		return;
	percent = MIN(row->memory * 100 / row->memory_max, 100);
	filled = (percent + 5) / 10;
	for (int i = 0; i < 10; i++)
		frame_put(i < filled ? paint(level_colour(percent)) : paint(DIM),
			  i < filled ? (s->utf8 ? "\u2588" : "#") : (s->utf8 ? "\u00b7" : "."));
}

/* What a service is for stands back behind what is the matter with it. */
static const char *cell_colour(const struct row *row, enum column c)
{
	if (c == STATE_WORD)
		return state_colour(row->state);
	return c == NOTE && !strcmp(row->state, "up") ? DIM : "";
}

static void draw_row(const struct row *row, const unsigned widths[COLUMN_COUNT], const struct screen *s)
{
	BUF_ON_STACK(cell, 512);
	unsigned at = 0;

	for (enum column c = 0; c < COLUMN_COUNT; c++) {
		unsigned len;

		if (!widths[c])
			continue;
		buf_reset(&cell);
		put_cell(row, c, &cell);
		if (c == NAME && cell.len > widths[c])
			cell.len = widths[c];
		len = text_columns(buf_text(&cell));
		frame_column(at + (columns[c].right && len < widths[c] ? widths[c] - len : 0));
		if (c == BAR)
			draw_bar(row, s);
		else
			frame_put(paint(cell_colour(row, c)), buf_text(&cell));
		at += widths[c] + 2;
	}
	frame_newline();
}

static void draw_titles(const unsigned widths[COLUMN_COUNT])
{
	unsigned at = 0;

	for (enum column c = 0; c < COLUMN_COUNT; c++) {
		unsigned len = (unsigned)strlen(columns[c].title);

		if (!widths[c])
			continue;
		frame_column(at + (columns[c].right ? widths[c] - len : 0));
		frame_put(paint(DIM), columns[c].title);
		at += widths[c] + 2;
	}
	frame_newline();
}

/* What needs a person's eye comes first when not all can be shown. */
static unsigned urgency(const struct row *row)
{
	static const char *const order[] = { "failed",   "backoff",  "waiting", "starting",
					     "stopping", "draining", "up",      "down" };

	for (unsigned i = 0; i < ARRAY_LEN(order); i++)
		if (!strcmp(order[i], row->state))
			return i;
	return ARRAY_LEN(order);
}

#define URGENCIES 9

static void draw_rows(const struct screen *s, bool all, unsigned room)
{
	unsigned widths[COLUMN_COUNT], shown = 0, count = 0;

	for (size_t i = 0; i < rows.count; i++)
		count += all || !rows.all[i].internal;
	measure(widths, all);
	fit(widths, s->width);
	draw_titles(widths);
	for (unsigned pass = 0; pass < (count > room ? URGENCIES : 1); pass++)
		for (size_t i = 0; i < rows.count && shown + (count > room) < room; i++) {
			const struct row *row = &rows.all[i];

			if ((!all && row->internal) || (count > room && urgency(row) != pass))
				continue;
			draw_row(row, widths, s);
			shown++;
		}
	if (shown < count) {
		frame_fmt(paint(DIM), "and %u more; name some to see them: minit status --watch NAME...",
			  count - shown);
		frame_newline();
	}
}

static void draw_news(const struct screen *s)
{
	unsigned room = frame_lines_left(), most = MIN(news_count, NEWS);

	if (room < 3 || !most)
		return;
	most = MIN(most, room - 2);
	frame_newline();
	frame_put(paint(DIM), "WHAT HAPPENED LAST");
	frame_newline();
	for (unsigned i = 0; i < most; i++) {
		const struct news *n = &news[(news_count - 1 - i) % NEWS];
		BUF_ON_STACK(age, 32);

		put_seconds(&age, when_since(n->when, when_now()));
		frame_fmt(paint(DIM), "%7s ago  ", buf_text(&age));
		frame_fmt("", "%s: ", n->name);
		if (strcmp(n->from, n->state))
			frame_fmt("", "%s %s ", n->from, s->utf8 ? "\u2192" : "->");
		frame_put(paint(state_colour(n->state)), n->state);
		frame_put("", strcmp(n->from, n->state) ? "" : " again");
		if (n->why[0])
			frame_fmt("", ": %s", n->why);
		frame_newline();
	}
}

static void draw(bool all)
{
	struct screen s;
	unsigned rows_room, news_room;

	screen_measure(&s);
	frame_begin(&s);
	draw_title(&s);
	draw_totals();
	frame_newline();
	rows_room = frame_lines_left();
	news_room = rows_room > 12 && news_count ? 2 + MIN(news_count, 3) : 0;
	rows_room = MAX(rows_room - news_room, 2) - 1;
	draw_rows(&s, all, rows_room);
	draw_news(&s);
	frame_end();
}

/* -- what has happened ------------------------------------------------------------------------- */

/* On the way from one state to another: not worth a line of its own once it is over. */
static bool is_passing(const char *state)
{
	return !strcmp(state, "starting") || !strcmp(state, "stopping") || !strcmp(state, "draining");
}

/* Takes the latest news of the service out if it is passing, so that the fresh one says where it began, and why. */
static void forget_passing(struct news *fresh)
{
	for (unsigned i = 1; i <= MIN(news_count, NEWS); i++) {
		struct news *n = &news[(news_count - i) % NEWS];

		if (strcmp(n->name, fresh->name))
			continue;
		if (!is_passing(n->state))
			return;
		memcpy(fresh->from, n->from, sizeof(n->from));
		if (!fresh->why[0])
			memcpy(fresh->why, n->why, sizeof(n->why));
		for (; i > 1; i--)
			news[(news_count - i) % NEWS] = news[(news_count - i + 1) % NEWS];
		news_count--;
		return;
	}
}

static void note(const char *line)
{
	struct news fresh = { .when = when_now() };

	if (field_is_there(line, "error")) {
		said_leaving = true;
		return;
	}
	if (!field_is_there(line, "from"))
		return;
	field_text(line, "service", fresh.name, sizeof(fresh.name));
	field_text(line, "from", fresh.from, sizeof(fresh.from));
	field_text(line, "state", fresh.state, sizeof(fresh.state));
	field_text(line, "why", fresh.why, sizeof(fresh.why));
	forget_passing(&fresh);
	news[news_count++ % NEWS] = fresh;
}

/* Reads what has come. Returns how many lines, -ECONNRESET when the connection has ended. */
static int hear(void)
{
	int count = 0, n;
	char *line;

	do {
		for (; (line = talk_take(&talk)); count++)
			note(line);
		n = talk_fill(&talk);
	} while (n > 0);
	return n == -EAGAIN ? count : -ECONNRESET;
}

static int connect_again(void)
{
	struct when until = when_in(when_now(), RECONNECT_MS);
	int err;

	while ((err = talk_ask(&talk, "events")) && when_before(when_now(), until))
		usleep(20000);
	return err;
}

/* Until something has happened or `until` has passed. True: the user has had enough. */
static bool pause_for(struct when until)
{
	struct pollfd p[] = {
		{ .fd = talk.fd, .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
	};
	int64_t left = MAX(when_since(when_now(), until), 0);
	char key;

	if (screen_poll(p, 2, left) > 0 && p[1].revents) {
		key = screen_key();
		return key == 'q' || key == 'Q' || key == 3;
	}
	return false;
}

static int end(int err)
{
	screen_leave();
	if (said_leaving) {
		say("minit has left\n");
		say_flush();
		return 0;
	}
	return talk_complain(err);
}

static int watch_screen(char **names, int count, bool all, int64_t interval_ms)
{
	struct when next = when_now(), drawn = { 0 };
	int err = 0, heard;

	screen_enter();
	for (;;) {
		heard = hear();
		if (heard < 0) {
			talk_close(&talk);
			err = said_leaving ? -ECONNRESET : connect_again();
			if (err)
				return end(err);
		}
		if (heard > 0 || screen_is_stale())
			next = when_in(drawn, REDRAW_MS);
		if (!when_before(when_now(), next)) {
			if (rows_ask(&rows, names, count, true))
				return end(-ECONNREFUSED);
			take_samples(interval_ms);
			draw(all);
			drawn = when_now();
			/* A house so large that asking takes long is asked less often. */
			next = when_in(drawn, MAX(interval_ms, 10 * when_since(rows.asked, drawn)));
		}
		if (pause_for(next))
			break;
	}
	screen_leave();
	return 0;
}

/* No terminal: a table each time. */
static int watch_plain(char **names, int count, bool all, int64_t interval_ms)
{
	for (;;) {
		int status = rows_ask(&rows, names, count, false);

		if (status)
			return status - 1;
		status_say(&rows, all, false);
		usleep((useconds_t)interval_ms * 1000);
		say("\n");
	}
}

int watch_run(char **names, int count, bool all, int64_t interval_ms)
{
	int err = connect_again();
	int status;

	if (err)
		return talk_complain(err);
	status = rows_ask(&rows, names, count, false);
	if (status)
		return status - 1;
	if (!isatty(STDOUT_FILENO)) {
		talk_close(&talk);
		return watch_plain(names, count, all, interval_ms);
	}
	colours = colours_wanted();
	return watch_screen(names, count, all, interval_ms);
}
