/* `minit start`, `stop` and `restart`: asked for, and then waited for. */
#include <errno.h>
#include <string.h>

#include "init/await.h"
#include "init/client.h"
#include "init/field.h"
#include "init/options.h"
#include "init/say.h"
#include "init/verbs.h"
#include "lib/text.h"

#define STEADY_MS 200 /* of a start: up for so long is up */

static struct follow now;

struct change {
	const char *verb;
	bool stop, restart;
	char **names;
	int count;
	int64_t timeout_ms;
	int64_t seq;                /* the changes the request led to are told under this number or a later one */
	int64_t starts[AWAIT_WORDS];  /* runs before the request */
	int64_t run[AWAIT_WORDS];     /* the run that has come up ... */
	struct when steady[AWAIT_WORDS]; /* ... and when it has been so for STEADY_MS */
	bool told[AWAIT_WORDS];
};

static void take_answer(struct change *c, int first, int count, const char *line)
{
	const char *starts;
	size_t len;
	bool there = field_find(line, "starts", &starts, &len);

	c->seq = MAX(c->seq, field_number(line, "seq", 0));
	for (int i = first; there && i < first + count; i++)
		c->starts[i] = field_number(starts, c->names[i], 0);
}

/* As many names as fit in one request, from number `first`. Returns how many, or -1 having said why. */
static int ask_some(struct change *c, int first)
{
	BUF_ON_STACK(request, 239);
	struct talk t;
	int n, err, status = 1;
	char *line;

	buf_str(&request, c->verb);
	n = talk_put_names(&request, &c->names[first], c->count - first);
	if (n < 0)
		return -1;
	err = talk_ask(&t, "%s", buf_text(&request));
	if (err) {
		talk_complain(err);
		return -1;
	}
	line = talk_line(&t, WHEN_NEVER, &err);
	if (!line)
		talk_complain(err);
	else if (talk_is_over(line, &status) && !status)
		take_answer(c, first, n, line);
	talk_close(&t);
	return status ? -1 : n;
}

static int ask_all(struct change *c)
{
	for (int done = 0, n; done < c->count; done += n) {
		n = ask_some(c, done);
		if (n < 0)
			return AWAIT_NO;
	}
	return AWAIT_OK;
}

/* What was asked for is wanted, though a change of mind alone is no event; a later line knows better. */
static bool is_wanted(const struct change *c, const struct seen *s)
{
	return s->seq > c->seq ? s->wanted : !c->stop;
}

/* A program that cannot do its work is up as well, for as long as it takes to say so and exit. */
static enum verdict judge_up(struct change *c, int i, const struct seen *s)
{
	if (s->starts <= c->starts[i])
		return c->restart ? NOT_YET : HOLDS;
	if (c->run[i] != s->starts) {
		c->run[i] = s->starts;
		c->steady[i] = when_in(when_now(), STEADY_MS);
	}
	return when_before(when_now(), c->steady[i]) ? NOT_YET : HOLDS;
}

static enum verdict judge_change(struct change *c, int i, const struct seen *s)
{
	if (seen_is(s, "gone"))
		return c->stop ? HOLDS : NEVER;
	if (c->stop)
		return seen_is(s, "down") ? HOLDS : is_wanted(c, s) ? NEVER : NOT_YET;
	if (seen_is(s, "up"))
		return judge_up(c, i, s);
	if (seen_is_ready(s))
		return c->restart && s->starts <= c->starts[i] ? NOT_YET : HOLDS;
	return !is_wanted(c, s) || seen_is(s, "backoff") || seen_is(s, "failed") || s->blocked[0] ? NEVER : NOT_YET;
}

static void say_result(const struct change *c, const struct seen *s, enum verdict v)
{
	BUF_ON_STACK(where, STATE_WHY + 160);
	BUF_ON_STACK(time, 32);

	seen_put(s, &where);
	text_put_duration(&time, c->timeout_ms);
	if (v == HOLDS && s->pid)
		say("%s: %s, pid %ld\n", s->name, s->state, (long)s->pid);
	else if (v == HOLDS)
		say("%s: %s\n", s->name, s->state);
	else if (v == NEVER)
		complain("%s: %s: %s", s->name, c->verb, buf_text(&where));
	else
		complain("%s: %s: not within %s: %s", s->name, c->verb, buf_text(&time), buf_text(&where));
}

/* Tells what is decided. True: all is. */
static bool settle(struct change *c, bool late, int *status)
{
	bool all = true;

	for (int i = 0; i < c->count; i++) {
		const struct seen *s = follow_find(&now, c->names[i]);
		enum verdict v = judge_change(c, i, s);

		if (c->told[i])
			continue;
		if (v == NOT_YET && !late) {
			all = false;
			continue;
		}
		if (v == NOT_YET && !c->stop && c->run[i] == s->starts && seen_is(s, "up"))
			v = HOLDS; /* up, if not for long */
		c->told[i] = true;
		say_result(c, s, v);
		if (v != HOLDS)
			*status = AWAIT_NO;
	}
	say_flush();
	return all;
}

/* When something has to be looked at again though nothing happens: a run becomes steady. */
static struct when next_look(const struct change *c, struct when until)
{
	for (int i = 0; i < c->count; i++)
		if (c->run[i] && !c->told[i] && when_before(c->steady[i], until) &&
		    when_before(when_now(), c->steady[i]))
			until = c->steady[i];
	return until;
}

static int change_and_wait(struct change *c)
{
	struct when until = await_until(c->timeout_ms);
	int status = await_begin(&now, until, false), err = 0;

	if (status)
		return status - 1;
	for (int i = 0; i < c->count; i++)
		if (!follow_find(&now, c->names[i]))
			return complain_unknown(c->names[i], follow_nearest(&now, c->names[i]));
	status = ask_all(c);
	if (status)
		return status;
	while (now.seq < c->seq && !err)
		err = await_news(&now, until);
	while (!err && !settle(c, false, &status)) {
		err = await_news(&now, next_look(c, until));
		if (err == -ETIMEDOUT && when_before(when_now(), until))
			err = 0;
	}
	if (err == -ETIMEDOUT)
		settle(c, true, &status);
	else if (err)
		return await_broke(err);
	return status;
}

int change_main(int argc, char **argv)
{
	static struct change c;
	bool no_wait = false;
	const struct option_row rows[] = {
		{ "--no-wait", OPTION_FLAG, &no_wait },
		{ "--timeout", OPTION_DURATION, &c.timeout_ms },
	};

	c.timeout_ms = AWAIT_MS;
	argc = options_take(argc, argv, rows, ARRAY_LEN(rows));
	if (argc < 2)
		usage_error(argv[0], "a service's name is missing");
	if (argc - 1 > AWAIT_WORDS)
		usage_error(argv[0], "more than %d names", AWAIT_WORDS);
	c.verb = argv[0];
	c.stop = !strcmp(c.verb, "stop");
	c.restart = !strcmp(c.verb, "restart");
	c.names = argv + 1;
	c.count = argc - 1;
	return no_wait ? ask_all(&c) : change_and_wait(&c);
}
