#include "init/follow.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "init/field.h"
#include "lib/text.h"

static int grow(struct follow *f)
{
	size_t room = f->room ? f->room * 2 : 64, size = room * sizeof(struct seen);
	void *mem = f->all ? mremap(f->all, f->room * sizeof(struct seen), size, MREMAP_MAYMOVE) :
			     mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED)
		return -ENOMEM;
	f->all = mem;
	f->room = room;
	return 0;
}

struct seen *follow_find(const struct follow *f, const char *name)
{
	for (size_t i = 0; i < f->count; i++)
		if (!strcmp(f->all[i].name, name))
			return &f->all[i];
	return NULL;
}

/*
 * Snapshots of a table come in one order: the next is where the last one was, and new in
 * the first of them. Of another table it may be anywhere. Changes of what has been told already come in between.
 */
static struct seen *place_of(struct follow *f, const char *name, bool change)
{
	bool fresh = !change && !f->complete && f->hint == f->count && !f->round;
	struct seen *s;

	if (!change && f->hint < f->count && !strcmp(f->all[f->hint].name, name))
		return &f->all[f->hint++];
	s = fresh ? NULL : follow_find(f, name);
	if (s)
		return s;
	if (f->count == f->room && grow(f))
		return NULL;
	s = &f->all[f->count++];
	*s = (struct seen){ 0 };
	memcpy(s->name, name, strlen(name) + 1); /* no longer: lines are read into the same size */
	if (!f->round)
		f->hint = f->count;
	return s;
}

static int take_service(struct follow *f, const char *line)
{
	char name[sizeof(f->all->name)], want[8];
	struct seen *s;

	field_text(line, "service", name, sizeof(name));
	s = place_of(f, name, field_is_there(line, "from") || field_is_there(line, "notice"));
	if (!s)
		return -ENOMEM;
	s->round = f->round;
	field_text(line, "want", want, sizeof(want));
	field_text(line, "state", s->state, sizeof(s->state));
	field_text(line, "why", s->why, sizeof(s->why));
	field_text(line, "blocked", s->blocked, sizeof(s->blocked));
	s->wanted = !strcmp(want, "up");
	s->internal = field_is_true(line, "internal");
	s->pid = field_number(line, "pid", 0);
	s->starts = field_number(line, "starts", 0);
	s->restarts = field_number(line, "restarts", 0);
	s->failures = field_number(line, "failures", 0);
	s->next_ms = field_number(line, "next_ms", -1);
	s->seq = field_number(line, "seq", 0);
	f->seq = MAX(f->seq, s->seq);
	return 0;
}

/* They stay in the list, as somebody may be asking about them. */
static void let_go(struct follow *f)
{
	for (size_t i = 0; i < f->count; i++) {
		struct seen *s = &f->all[i];

		if (s->round == f->round)
			continue;
		s->wanted = false;
		s->pid = 0;
		s->blocked[0] = '\0';
		s->seq = f->seq;
		memcpy(s->state, "gone", sizeof("gone"));
		memcpy(s->why, "the table has it no more", sizeof("the table has it no more"));
	}
}

int follow_line(struct follow *f, const char *line)
{
	if (field_is_there(line, "service"))
		return take_service(f, line);
	if (field_is_there(line, "snapshot")) {
		f->complete = true;
		f->seq = MAX(f->seq, field_number(line, "seq", 0));
		let_go(f);
	}
	if (field_is_there(line, "lost") || field_is_there(line, "reload")) {
		f->lost += (uint64_t)field_number(line, "lost", 0);
		f->round += field_is_there(line, "reload");
		f->complete = false;
		f->hint = 0;
	}
	return 0;
}

const char *follow_nearest(const struct follow *f, const char *name)
{
	struct nearest near = nearest_name(name);

	for (size_t i = 0; i < f->count; i++)
		nearest_offer(&near, f->all[i].name);
	return near.best;
}

bool seen_is(const struct seen *s, const char *state)
{
	return !strcmp(s->state, state);
}

bool seen_is_stopped(const struct seen *s)
{
	return seen_is(s, "down") || seen_is(s, "gone");
}

bool seen_is_ready(const struct seen *s)
{
	return seen_is(s, "up") || seen_is(s, "done");
}

void seen_put(const struct seen *s, struct buf *b)
{
	bool failed = seen_is(s, "failed"), backoff = seen_is(s, "backoff");

	buf_fmt(b, "it %s", failed ? "has failed" : backoff ? "has ended" : "is ");
	if (!failed && !backoff)
		buf_str(b, s->state);
	if (s->why[0])
		buf_fmt(b, " (%s)", s->why);
	if (backoff)
		buf_str(b, " and is started again");
	if (backoff && s->next_ms >= 0) {
		buf_str(b, " in ");
		text_put_duration(b, s->next_ms);
	}
}
