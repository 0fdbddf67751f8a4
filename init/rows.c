#include "init/rows.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "init/client.h"
#include "init/field.h"
#include "lib/text.h"

static int grow(struct rows *r)
{
	size_t room = r->room ? r->room * 2 : 64, size = room * sizeof(struct row);
	void *mem = r->all ? mremap(r->all, r->room * sizeof(struct row), size, MREMAP_MAYMOVE) :
			     mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED)
		return -ENOMEM;
	r->all = mem;
	r->room = room;
	return 0;
}

static void take_minit(struct rows *r, const char *line)
{
	const char *states;
	size_t len = 0;

	field_text(line, "version", r->version, sizeof(r->version));
	field_text(line, "mode", r->mode, sizeof(r->mode));
	field_text(line, "phase", r->phase, sizeof(r->phase));
	field_text(line, "cgroup", r->cgroup, sizeof(r->cgroup));
	field_text(line, "cgroup_error", r->cgroup_error, sizeof(r->cgroup_error));
	if (field_find(line, "states", &states, &len) && len < sizeof(r->states))
		memcpy(r->states, states, len);
	r->states[MIN(len, sizeof(r->states) - 1)] = '\0';
	r->pid = field_number(line, "pid", 0);
	r->uptime_ms = field_number(line, "uptime_ms", 0);
	r->orphans = field_number(line, "orphans", 0);
	r->crashes = field_number(line, "crashes", 0);
	r->reexecs = field_number(line, "reexecs", 0);
}

static void take_row(struct row *row, const char *line)
{
	char want[8];

	field_text(line, "name", row->name, sizeof(row->name));
	field_text(line, "state", row->state, sizeof(row->state));
	field_text(line, "addresses", row->address, sizeof(row->address));
	field_text(line, "why", row->why, sizeof(row->why));
	field_text(line, "blocked", row->blocked, sizeof(row->blocked));
	field_text(line, "pressed", row->pressed, sizeof(row->pressed));
	field_text(line, "missing", row->missing, sizeof(row->missing));
	field_text(line, "description", row->description, sizeof(row->description));
	field_text(line, "want", want, sizeof(want));
	row->wanted = !strcmp(want, "up");
	row->internal = field_is_true(line, "internal");
	row->paused = field_is_true(line, "paused");
	row->main = field_is_true(line, "main");
#define TAKE(member) row->member = field_number(line, #member, -1)
	TAKE(pid), TAKE(since_ms), TAKE(next_ms), TAKE(starts), TAKE(restarts), TAKE(failures);
	TAKE(memory), TAKE(memory_max), TAKE(cpu_us), TAKE(pids), TAKE(oom_kills);
#undef TAKE
	row->cpu_permille = -1;
}

static int take(struct rows *r, const char *line)
{
	if (field_is_there(line, "version"))
		take_minit(r, line);
	if (!field_is_there(line, "name"))
		return 0;
	if (r->count == r->room && grow(r))
		return -ENOMEM;
	take_row(&r->all[r->count++], line);
	return 0;
}

/* One request of as many names as fit; all when there are none. Returns how many, or -1 - exit status. */
static int ask_some(struct rows *r, char *const *names, int count, bool quiet)
{
	BUF_ON_STACK(request, 239);
	struct talk t;
	int n, status = 1, err;
	char *line;

	buf_str(&request, "status");
	n = talk_put_names(&request, names, count);
	if (n < 0)
		return -2;
	err = talk_ask(&t, "%s", buf_text(&request));
	if (err)
		return quiet ? -2 : -1 - talk_complain(err);
	while ((line = talk_line(&t, WHEN_NEVER, &err)) && !talk_is_over(line, &status))
		if (take(r, line))
			break;
	talk_close(&t);
	if (!line && !quiet)
		talk_complain(err);
	return status ? -1 - status : n;
}

int rows_ask(struct rows *r, char *const *names, int count, bool quiet)
{
	int done = 0, n;

	r->count = 0;
	r->asked = when_now();
	do {
		n = ask_some(r, names + done, count - done, quiet);
		if (n < 0)
			return -n;
		done += n;
	} while (done < count);
	r->taken = when_now();
	return 0;
}

static void separate(struct buf *b, size_t from)
{
	if (b->len > from)
		buf_str(b, "; ");
}

void row_put_why(const struct row *row, struct buf *b)
{
	size_t from = b->len;

	buf_str(b, row->why);
	if (row->next_ms >= 0) {
		separate(b, from);
		buf_str(b, "again in ");
		text_put_duration(b, row->next_ms);
	}
	if (row->oom_kills > 0) {
		separate(b, from);
		buf_fmt(b, "%ld OOM kill%s", (long)row->oom_kills, row->oom_kills == 1 ? "" : "s");
	}
	if (row->missing[0]) {
		separate(b, from);
		buf_fmt(b, "not to be had here: %s", row->missing);
	}
}

void row_put_note(const struct row *row, struct buf *b)
{
	size_t from = b->len;

	row_put_why(row, b);
	if (b->len == from)
		buf_str(b, row->description);
}
