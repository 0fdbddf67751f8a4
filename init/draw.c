#include <string.h>

#include "init/field.h"
#include "init/screen.h"
#include "init/status.h"
#include "init/watch.h"
#include "lib/text.h"

#define DIM "\033[2m"
#define BOLD "\033[1m"

static const struct watch *w; /* what is being drawn */

static const char *paint(const char *colour)
{
	return w->colours ? colour : "";
}

static void draw_title(const struct screen *s)
{
	BUF_ON_STACK(time, 32);

	text_put_duration(&time, w->rows.uptime_ms);
	frame_fmt(paint(BOLD), "minit %s", w->rows.version);
	frame_fmt("", "  pid %ld  %s, ", (long)w->rows.pid, w->rows.mode);
	frame_fmt(strcmp(w->rows.phase, "running") ? paint("\033[33m") : "", "%s for %s", w->rows.phase,
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

	for (size_t i = 0; i < w->rows.count; i++) {
		permille += MAX(w->rows.all[i].cpu_permille, 0);
		bytes += MAX(w->rows.all[i].memory, 0);
	}
	for (unsigned k = 0; k < STATE_COUNT; k++) {
		const char *state = state_name(k);
		int64_t n = field_number(w->rows.states, state, 0);

		if (n <= 0)
			continue;
		frame_put("", first ? "" : ", ");
		frame_fmt(paint(state_colour(state)), "%ld %s", (long)n, state);
		first = false;
	}
	text_put_size(&memory, (uint64_t)bytes);
	if (bytes)
		frame_fmt("", "   memory %s", buf_text(&memory));
	if (w->has_cpu)
		frame_fmt("", "   cpu %ld%%", (long)(permille + 5) / 10);
	frame_fmt("", "   %ld orphan%s reaped", (long)w->rows.orphans, w->rows.orphans == 1 ? "" : "s");
	if (w->rows.crashes)
		frame_fmt("", "   %ld crash%s survived", (long)w->rows.crashes, w->rows.crashes == 1 ? "" : "es");
	if (*w->rows.cgroup_error)
		frame_fmt(paint("\033[33m"), "   no cgroups here: %s", w->rows.cgroup_error);
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
	for (unsigned i = 1; watch_news(w, i); i++) {
		const struct news *n = watch_news(w, i);

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

	for (size_t i = 0; i < w->rows.count; i++) {
		has_usage |= w->rows.all[i].memory >= 0 || w->rows.all[i].cpu_us >= 0;
		has_address |= w->rows.all[i].address[0] != '\0';
	}
	if (!has_usage)
		widths[CPU] = widths[MEMORY] = widths[BAR] = 0;
	if (!has_address)
		widths[ADDRESS] = 0;
}

static void measure(unsigned widths[COLUMN_COUNT])
{
	BUF_ON_STACK(cell, 512);

	for (unsigned c = 0; c < COLUMN_COUNT; c++)
		widths[c] = columns[c].width;
	for (size_t i = 0; i < w->rows.count; i++)
		for (enum column c = 0; c < NOTE && (w->all || !w->rows.all[i].internal); c++) {
			buf_reset(&cell);
			put_cell(&w->rows.all[i], c, &cell);
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

static void draw_rows(const struct screen *s, unsigned room)
{
	unsigned widths[COLUMN_COUNT], shown = 0, count = 0;

	for (size_t i = 0; i < w->rows.count; i++)
		count += w->all || !w->rows.all[i].internal;
	measure(widths);
	fit(widths, s->width);
	draw_titles(widths);
	for (unsigned pass = 0; pass < (count > room ? URGENCIES : 1); pass++)
		for (size_t i = 0; i < w->rows.count && shown + (count > room) < room; i++) {
			const struct row *row = &w->rows.all[i];

			if ((!w->all && row->internal) || (count > room && urgency(row) != pass))
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
	unsigned room = frame_lines_left(), most = MIN(w->news_count, NEWS);

	if (room < 3 || !most)
		return;
	most = MIN(most, room - 2);
	frame_newline();
	frame_put(paint(DIM), "WHAT HAPPENED LAST");
	frame_newline();
	for (unsigned i = 0; i < most; i++) {
		const struct news *n = watch_news(w, i + 1);
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

void draw(const struct watch *of)
{
	struct screen s;
	unsigned rows_room, news_room;

	w = of;
	screen_measure(&s);
	frame_begin(&s);
	draw_title(&s);
	draw_totals();
	frame_newline();
	rows_room = frame_lines_left();
	news_room = rows_room > 12 && w->news_count ? 2 + MIN(w->news_count, 3) : 0;
	rows_room = MAX(rows_room - news_room, 2) - 1;
	draw_rows(&s, rows_room);
	draw_news(&s);
	frame_end();
}
