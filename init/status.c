/* `minit status`: a table for people, or the lines of JSON as they are. */
#include "init/status.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "init/client.h"
#include "init/field.h"
#include "init/isolation.h"
#include "init/options.h"
#include "init/say.h"
#include "init/verbs.h"
#include "lib/text.h"
#include "services/state.h"

/* -- colours ----------------------------------------------------------------------------------- */

bool colours_wanted(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) && !(term && !strcmp(term, "dumb"));
}

const char *state_colour(const char *state)
{
	static const struct {
		const char *state, *colour;
	} all[] = {
		{ "up", "\033[32m" },       { "done", "\033[32m" },     { "failed", "\033[1;31m" },
		{ "starting", "\033[33m" }, { "waiting", "\033[33m" },  { "backoff", "\033[33m" },
		{ "stopping", "\033[33m" }, { "draining", "\033[33m" }, { "down", "\033[2m" },
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (!strcmp(all[i].state, state))
			return all[i].colour;
	return "";
}

/* -- cells ------------------------------------------------------------------------------------- */

static void put_name(const struct row *row, struct buf *b)
{
	buf_str(b, row->name);
}

static void put_state(const struct row *row, struct buf *b)
{
	buf_str(b, row->state);
}

static void put_pid(const struct row *row, struct buf *b)
{
	if (row->pid > 0)
		buf_fmt(b, "%ld", (long)row->pid);
}

static void put_age(const struct row *row, struct buf *b)
{
	if (row->since_ms >= 0)
		text_put_duration(b, row->since_ms);
}

static void put_restarts(const struct row *row, struct buf *b)
{
	if (row->restarts >= 0)
		buf_fmt(b, "%ld", (long)row->restarts);
}

void status_put_limit(struct buf *b, uint64_t bytes)
{
	char letter;

	text_put_size(b, bytes);
	letter = b->len > 3 ? b->data[b->len - 1] : '\0';
	if (!letter || memcmp(b->data + b->len - 3, ".0", 2))
		return;
	b->len -= 3;
	buf_char(b, letter);
}

void status_put_memory(const struct row *row, struct buf *b)
{
	if (row->memory < 0 || (!row->memory && row->pid <= 0))
		return;
	text_put_size(b, (uint64_t)row->memory);
	if (row->memory_max >= 0) {
		buf_str(b, " of ");
		status_put_limit(b, (uint64_t)row->memory_max);
	}
}

static void put_cpu(const struct row *row, struct buf *b)
{
	if (row->cpu_us >= 0)
		text_put_duration(b, row->cpu_us / 1000);
}

static void put_address(const struct row *row, struct buf *b)
{
	buf_add(b, row->address, strcspn(row->address, "/,"));
	if (strchr(row->address, ','))
		buf_str(b, ",...");
}

static const struct column {
	const char *title;
	void (*put)(const struct row *row, struct buf *b);
	bool right;
} columns[] = {
	{ "NAME", put_name, false },      { "STATE", put_state, false },   { "PID", put_pid, true },
	{ "FOR", put_age, true },         { "RESTARTS", put_restarts, true }, { "MEMORY", status_put_memory, true },
	{ "CPU", put_cpu, true },         { "ADDRESS", put_address, false }, { "NOTE", row_put_note, false },
};

#define COLUMNS ARRAY_LEN(columns)
#define STATE_COLUMN 1

static void put_cell(const struct row *row, const struct column *c, struct buf *b)
{
	buf_reset(b);
	c->put(row, b);
	if (!b->len && c != &columns[COLUMNS - 1])
		buf_char(b, '-');
}

static bool is_shown(const struct row *row, bool all)
{
	return all || !row->internal;
}

static void measure(const struct rows *r, bool all, size_t widths[COLUMNS])
{
	BUF_ON_STACK(cell, 512);

	for (size_t i = 0; i < COLUMNS; i++)
		widths[i] = strlen(columns[i].title);
	for (size_t k = 0; k < r->count; k++)
		for (size_t i = 0; is_shown(&r->all[k], all) && i < COLUMNS; i++) {
			put_cell(&r->all[k], &columns[i], &cell);
			widths[i] = MAX(widths[i], cell.len);
		}
}

/* blanks: owed before the next text, so that none are left at the end of a line. Returns what is owed behind. */
static int say_cell(const struct column *c, struct buf *cell, size_t width, const char *colour, int blanks)
{
	int pad = (int)(width - MIN(width, cell->len));

	if (!cell->len)
		return blanks + (int)width + 2;
	say("%*s%s%s%s", blanks + (c->right ? pad : 0), "", colour, buf_text(cell), *colour ? "\033[0m" : "");
	return 2 + (c->right ? 0 : pad);
}

static void say_row(const struct row *row, const size_t widths[COLUMNS], bool colours)
{
	BUF_ON_STACK(cell, 512);
	int blanks = 0;

	for (size_t i = 0; i < COLUMNS; i++) {
		const char *colour = colours && i == STATE_COLUMN ? state_colour(row->state) : "";

		put_cell(row, &columns[i], &cell);
		blanks = say_cell(&columns[i], &cell, widths[i], colour, blanks);
	}
	say("\n");
}

static void say_titles(const size_t widths[COLUMNS])
{
	BUF_ON_STACK(cell, 64);
	int blanks = 0;

	for (size_t i = 0; i < COLUMNS; i++) {
		buf_reset(&cell);
		buf_str(&cell, columns[i].title);
		blanks = say_cell(&columns[i], &cell, widths[i], "", blanks);
	}
	say("\n");
}

/* -- the first line ---------------------------------------------------------------------------- */

/* "3 up, 1 backoff": what there is of each state. */
static void put_counts(const struct rows *r, struct buf *b)
{
	bool any = false;

	for (unsigned s = 0; s < STATE_COUNT; s++) {
		int64_t n = field_number(r->states, state_name(s), 0);

		if (n <= 0)
			continue;
		buf_fmt(b, "%s%ld %s", any ? ", " : "", (long)n, state_name(s));
		any = true;
	}
	if (!any)
		buf_str(b, "no services");
}

static void put_summary(const struct rows *r, struct buf *b)
{
	buf_fmt(b, "minit %s, pid %ld, %s, %s for ", r->version, (long)r->pid, r->mode, r->phase);
	text_put_duration(b, r->uptime_ms);
	buf_str(b, ": ");
	put_counts(r, b);
	if (r->orphans)
		buf_fmt(b, "; %ld orphan%s reaped", (long)r->orphans, r->orphans == 1 ? "" : "s");
	if (r->crashes)
		buf_fmt(b, "; %ld crash%s survived", (long)r->crashes, r->crashes == 1 ? "" : "es");
	if (*r->cgroup_error)
		buf_fmt(b, "; no cgroups here: %s", r->cgroup_error);
}

void status_say(const struct rows *r, bool all, bool colours)
{
	BUF_ON_STACK(summary, 512);
	size_t widths[COLUMNS];

	put_summary(r, &summary);
	say("%s\n", buf_text(&summary));
	measure(r, all, widths);
	if (r->count)
		say_titles(widths);
	for (size_t i = 0; i < r->count; i++)
		if (is_shown(&r->all[i], all))
			say_row(&r->all[i], widths, colours);
	say_flush();
}

/* -- the verb ---------------------------------------------------------------------------------- */

/* A named service is told of with its isolation: as a member behind the others. */
static void say_object(const char *line, bool named)
{
	size_t len = strlen(line);
	char name[TABLE_NAME_MAX + 1];

	if (!named || !field_is_there(line, "name") || !len) {
		say("%s\n", line);
		return;
	}
	field_text(line, "name", name, sizeof(name));
	say_bytes(line, len - 1);
	isolation_json(name);
	say("}\n");
}

/* One request of as many names as fit; minit itself is told of once. Returns how many, or -1 - exit status. */
static int say_some_json(char **names, int count, bool all, bool first)
{
	BUF_ON_STACK(request, 239);
	struct talk t;
	int n, err, status = 1;
	char *line;

	buf_str(&request, "status");
	n = talk_put_names(&request, names, count);
	if (n < 0)
		return -2;
	err = talk_ask(&t, "%s", buf_text(&request));
	if (err)
		return -1 - talk_complain(err);
	while ((line = talk_line(&t, WHEN_NEVER, &err)) && !talk_is_over(line, &status))
		if ((first || !field_is_there(line, "version")) && (all || !field_is_true(line, "internal")))
			say_object(line, count > 0);
	talk_close(&t);
	if (!line)
		talk_complain(err);
	return status ? -1 - status : n;
}

static int say_json(char **names, int count, bool all)
{
	int done = 0, n;

	do {
		n = say_some_json(names + done, count - done, all, !done);
		done += n;
	} while (n > 0 && done < count);
	say_flush();
	return n < 0 ? -1 - n : 0;
}

int status_main(int argc, char **argv)
{
	static struct rows rows;
	bool json = false, all = false;
	const char *watch = NULL;
	int64_t interval_ms = 1000;
	int status;
	const struct option_row options[] = {
		{ "--json", OPTION_FLAG, &json },
		{ "--all", OPTION_FLAG, &all },
		{ "--watch", OPTION_MAYBE, &watch },
	};

	argc = options_take(argc, argv, options, ARRAY_LEN(options));
	if (watch && *watch && (text_duration(watch, &interval_ms) || interval_ms < 100))
		usage_error(argv[0], "--watch: \"%s\" is not a time of at least 100ms, such as 2s", watch);
	if (watch && json)
		usage_error(argv[0], "--watch is for people; for programs there is `minit events`");
	all |= argc > 1;
	if (watch)
		return watch_run(argv + 1, argc - 1, all, interval_ms);
	if (json)
		return say_json(argv + 1, argc - 1, all);
	status = rows_ask(&rows, argv + 1, argc - 1, false);
	if (status)
		return status - 1;
	status_say(&rows, all, colours_wanted());
	for (size_t i = 0; argc > 1 && i < rows.count; i++)
		if (rows.all[i].pid > 0)
			isolation_show(rows.all[i].name);
	return 0;
}
