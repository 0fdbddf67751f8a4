#include <errno.h>

#include "init/answers.h"
#include "init/report.h"
#include "init/request.h"

/* Most lines sent in one round of the loop to one reader. */
#define LINES_A_ROUND 8

/* -- answers that are a list: one line at a time, the cursor is the place in it ---------------- */

static bool put_status_line(const struct supervisor *sv, const struct client *c, struct buf *line)
{
	if (c->cursor == 0)
		report_minit(sv, line);
	else if (c->cursor <= sv->state->count)
		report_service(sv, c->cursor - 1, line);
	else
		request_put_ok(sv, line);
	return c->cursor <= sv->state->count;
}

static bool put_named_line(const struct supervisor *sv, const struct client *c, struct buf *line)
{
	const char *name = request_word(c, c->cursor);
	int index = name ? table_find(sv->table, name) : -1;

	if (c->cursor == 0)
		report_minit(sv, line);
	else if (name && index >= 0)
		report_service(sv, (uint32_t)index, line);
	else
		request_put_ok(sv, line);
	return c->cursor == 0 || (name && index >= 0);
}

static void put_lost(const struct client *c, struct buf *line)
{
	buf_fmt(line, "{\"lost\":%u}\n", c->lost);
}

/* What was lost makes all that was said doubtful: the snapshot is told again. */
static bool put_event_line(const struct supervisor *sv, const struct client *c, struct buf *line)
{
	if (c->lost)
		put_lost(c, line);
	else if (c->cursor == CURSOR_RELOADED)
		buf_str(line, "{\"reload\":true}\n");
	else if (c->cursor < sv->state->count)
		report_change(sv, c->cursor, STATE_COUNT, line);
	else
		buf_fmt(line, "{\"snapshot\":%u,\"seq\":%lu}\n", sv->state->count,
			(unsigned long)sv->state->events);
	return true;
}

static bool put_line(const struct supervisor *sv, const struct client *c, struct buf *line)
{
	switch (c->kind & ~CLIENT_BUSY) {
	case CLIENT_STATUS: return put_status_line(sv, c, line);
	case CLIENT_NAMED: return put_named_line(sv, c, line);
	default: return put_event_line(sv, c, line);
	}
}

static void advance(struct client *c)
{
	if (c->lost) {
		c->lost = 0;
		c->cursor = c->cursor == CURSOR_RELOADED ? CURSOR_RELOADED : 0;
	} else if ((c->kind & ~CLIENT_BUSY) == CLIENT_NAMED) {
		c->cursor = (uint32_t)request_after(c, c->cursor);
	} else {
		c->cursor++; /* from CURSOR_RELOADED to the first */
	}
}

bool request_is_pending(const struct supervisor *sv, const struct client *c)
{
	switch (c->kind & ~CLIENT_BUSY) {
	case CLIENT_STATUS:
	case CLIENT_NAMED: return true;
	case CLIENT_EVENTS: return c->lost || c->cursor <= sv->state->count || c->cursor == CURSOR_RELOADED;
	default: return false;
	}
}

bool request_continue(struct supervisor *sv, struct client *c)
{
	for (int i = 0; i < LINES_A_ROUND && request_is_pending(sv, c); i++) {
		BUF_ON_STACK(line, REPORT_LINE);
		bool more = put_line(sv, c, &line);
		int err = request_send(c, &line);

		if (err == -EAGAIN)
			return true;
		if (err || !more)
			return false;
		advance(c);
	}
	return true;
}

static bool begin_list(struct supervisor *sv, struct client *c, enum client_kind kind)
{
	c->kind = (uint8_t)kind | CLIENT_BUSY;
	c->cursor = 0;
	return request_continue(sv, c);
}

bool answer_status(struct supervisor *sv, struct client *c)
{
	if (!request_knows_all(sv, c))
		return false;
	return begin_list(sv, c, request_name(c) ? CLIENT_NAMED : CLIENT_STATUS);
}

bool answer_events(struct supervisor *sv, struct client *c)
{
	return begin_list(sv, c, CLIENT_EVENTS);
}
