/* Waiting for services: `minit wait`, and what start, stop and restart do after they have asked. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "init/client.h"
#include "init/field.h"
#include "init/follow.h"
#include "init/options.h"
#include "init/say.h"
#include "init/verbs.h"
#include "lib/text.h"
#include "services/state.h"

#define WORDS_MAX 256
#define WAIT_MS 60000
#define ANSWER_MS 5000 /* in which minit tells how it is, however short the time for it to change */
#define STEADY_MS 200 /* of a start: up for so long is up */

enum {
	EXIT_OK = 0,
	EXIT_NO = 1,
	EXIT_USAGE = 2,
	EXIT_NEVER = 3 /* a service has failed for good */
};

enum verdict { NOT_YET, HOLDS, NEVER };

static struct talk talk;
static struct follow now;

/* -- conditions -------------------------------------------------------------------------------- */

struct condition {
	const char *text; /* as given */
	char name[TABLE_NAME_MAX + 1];
	const char *what; /* a state, ready, settled, or a counter's name */
	size_t what_len;
	bool is_counter, exactly;
	uint64_t least;
};

static const char *const counters[] = { "restarts", "starts", "failures" };

static bool is_state(const char *word)
{
	for (unsigned s = 0; s < STATE_COUNT; s++)
		if (!strcmp(word, state_name(s)))
			return true;
	return !strcmp(word, "ready") || !strcmp(word, "settled");
}

static bool is_counter(const char *word, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(counters); i++)
		if (strlen(counters[i]) == len && !strncmp(counters[i], word, len))
			return true;
	return false;
}

static const char *nearest_state(const char *word)
{
	for (unsigned s = 0; s < STATE_COUNT; s++)
		if (text_distance(word, state_name(s)) <= 2)
			return state_name(s);
	return text_distance(word, "settled") < 3 ? "settled" : "ready";
}

static void parse_condition(const char *text, struct condition *ret)
{
	const char *colon = strchr(text, ':'), *sign;

	*ret = (struct condition){ .text = text };
	if (!colon || colon == text || (size_t)(colon - text) >= sizeof(ret->name))
		usage_error("wait", "\"%s\" is no NAME:STATE such as web:ready", text);
	memcpy(ret->name, text, (size_t)(colon - text));
	ret->what = colon + 1;
	ret->what_len = strcspn(ret->what, ">=");
	sign = ret->what + ret->what_len;
	ret->is_counter = *sign != '\0';
	ret->exactly = *sign == '=';
	if (!ret->is_counter && !is_state(ret->what))
		usage_error("wait", "%s: there is no state \"%s\"; did you mean \"%s\"?", text, ret->what,
			    nearest_state(ret->what));
	if (!ret->is_counter)
		return;
	sign += *sign == '>';
	if (*sign != '=' || !is_counter(ret->what, ret->what_len) || text_u64(sign + 1, &ret->least))
		usage_error("wait", "%s: a count is restarts>=N, starts>=N or failures>=N, or with = alone", text);
}

static uint64_t count_of(const struct condition *c, const struct seen *s)
{
	switch (c->what[0]) {
	case 'r': return (uint64_t)s->restarts;
	case 's': return (uint64_t)s->starts;
	default: return (uint64_t)s->failures;
	}
}

static bool is_in(const struct seen *s, const char *state)
{
	return !strcmp(s->state, state);
}

static bool is_ready(const struct seen *s)
{
	return is_in(s, "up") || is_in(s, "done");
}

static bool is_settled(const struct seen *s)
{
	return is_in(s, "down") || is_in(s, "failed") || is_in(s, "done");
}

static bool wants_life(const struct condition *c)
{
	return !strcmp(c->what, "up") || !strcmp(c->what, "ready") || !strcmp(c->what, "done");
}

/* It has failed for good, or what it needs has. What is only down somebody may be about to start. */
static bool is_hopeless(const struct seen *s)
{
	const struct seen *blocker = s->blocked[0] ? follow_find(&now, s->blocked) : NULL;

	return is_in(s, "failed") || (blocker && (is_in(blocker, "failed") || is_in(blocker, "done")));
}

static enum verdict judge(const struct condition *c, const struct seen *s)
{
	bool holds;

	if (c->is_counter)
		holds = c->exactly ? count_of(c, s) == c->least : count_of(c, s) >= c->least;
	else if (!strcmp(c->what, "ready"))
		holds = is_ready(s);
	else if (!strcmp(c->what, "settled"))
		holds = is_settled(s);
	else
		holds = is_in(s, c->what);
	if (holds)
		return HOLDS;
	return !c->is_counter && wants_life(c) && is_hopeless(s) ? NEVER : NOT_YET;
}

/* Is it among those that `all` means here? */
static bool is_meant(const struct condition *c, const struct seen *s)
{
	return !s->internal && (s->wanted || !wants_life(c));
}

/* The worst verdict over the services of the condition, and whose it is. */
static enum verdict judge_all(const struct condition *c, const struct follow *f, const struct seen **ret_who)
{
	enum verdict worst = HOLDS;

	*ret_who = NULL;
	for (size_t i = 0; i < f->count; i++) {
		const struct seen *s = &f->all[i];
		enum verdict v;

		if (strcmp(c->name, "all") ? strcmp(c->name, s->name) : !is_meant(c, s))
			continue;
		v = judge(c, s);
		if (v == HOLDS || worst == NEVER || (v == NOT_YET && worst == NOT_YET))
			continue;
		worst = v;
		*ret_who = s;
	}
	return worst;
}

/* -- following --------------------------------------------------------------------------------- */

/* Tries until the socket is there: minit may be about to start. */
static int dial_patiently(struct when until)
{
	struct when told = when_in(when_now(), 1000);
	int err;

	while ((err = talk_ask(&talk, "events"))) {
		bool later = err == -ENOENT || err == -ECONNREFUSED;

		if (!later || !when_before(when_now(), until))
			return err;
		if (when_before(told, when_now())) {
			complain("%s: %s: waiting for minit to start", talk_path(), strerror(-err));
			told = WHEN_NEVER;
		}
		usleep(10000);
	}
	return 0;
}

/*
 * Takes lines in until one has changed what is known and all of it is there. 0,
 * -ETIMEDOUT, -ECONNRESET at the end, -ECANCELED when minit has said why, -errno.
 */
static int next_news(struct when until)
{
	int err, status;
	char *line;

	do {
		line = talk_line(&talk, until, &err);
		if (!line)
			return err ? err : -ECONNRESET;
		if (talk_is_over(line, &status))
			return -ECANCELED;
		err = follow_line(&now, line);
	} while (!err && !now.complete);
	return err;
}

/* Connects and has the whole snapshot. Returns 0, or the exit status plus one, having said why. */
static int begin(struct when until, bool patient)
{
	struct when least = when_in(when_now(), ANSWER_MS);
	int err = patient ? dial_patiently(until) : talk_ask(&talk, "events");

	if (!err)
		err = next_news(when_before(until, least) ? least : until);
	if (err == -ECANCELED)
		return 1 + EXIT_NO;
	return err ? 1 + talk_complain(err == -ECONNRESET ? 0 : err) : 0;
}

/* "it is up", "it has failed (exit 3)", "it has ended (exit 3) and is started again in 2s". */
static void put_where(const struct seen *s, struct buf *b)
{
	bool failed = is_in(s, "failed"), backoff = is_in(s, "backoff");

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

static struct when until_of(int64_t timeout_ms)
{
	return timeout_ms ? when_in(when_now(), timeout_ms) : WHEN_NEVER;
}

/* -- wait -------------------------------------------------------------------------------------- */

static void say_not_reached(const struct condition *c, const struct seen *s, int64_t timeout_ms, enum verdict v)
{
	BUF_ON_STACK(where, STATE_WHY + 160);
	BUF_ON_STACK(time, 32);

	put_where(s, &where);
	text_put_duration(&time, timeout_ms);
	if (v == NEVER)
		complain("%s: %s: %s, and will not get there", c->text, s->name, buf_text(&where));
	else
		complain("%s: %s: not within %s: %s", c->text, s->name, buf_text(&time), buf_text(&where));
}

struct waiting {
	struct condition conditions[WORDS_MAX];
	size_t count;
	int64_t timeout_ms;
	bool quiet;
};

/* -1: not decided yet; else the exit status. */
static int decide(const struct waiting *w, bool late)
{
	const struct seen *who;
	int status = EXIT_OK;

	for (size_t i = 0; i < w->count; i++) {
		enum verdict v = judge_all(&w->conditions[i], &now, &who);

		if (v == NOT_YET)
			status = MAX(status, EXIT_NO);
		if (v == NEVER)
			status = EXIT_NEVER;
		if (!w->quiet && (v == NEVER || (v == NOT_YET && late)))
			say_not_reached(&w->conditions[i], who, w->timeout_ms, v);
		if (v == NEVER)
			break;
	}
	return status == EXIT_NO && !late ? -1 : status;
}

static int wait_for(struct waiting *w)
{
	struct when until = until_of(w->timeout_ms);
	int status = begin(until, true), err;

	if (status)
		return status - 1;
	for (size_t i = 0; i < w->count; i++)
		if (strcmp(w->conditions[i].name, "all") && !follow_find(&now, w->conditions[i].name))
			return complain_unknown(w->conditions[i].name, follow_nearest(&now, w->conditions[i].name));
	while ((status = decide(w, false)) < 0) {
		err = next_news(until);
		if (err == -ETIMEDOUT)
			return decide(w, true);
		if (err)
			return err == -ECANCELED ? EXIT_NO : talk_complain(err == -ECONNRESET ? 0 : err);
	}
	return status;
}

int wait_main(int argc, char **argv)
{
	static struct waiting w;
	const struct option_row rows[] = {
		{ "--timeout", OPTION_DURATION, &w.timeout_ms },
		{ "--quiet", OPTION_FLAG, &w.quiet },
	};

	w.timeout_ms = WAIT_MS;
	argc = options_take(argc, argv, rows, ARRAY_LEN(rows));
	if (argc < 2)
		usage_error(argv[0], "what to wait for is missing");
	if (argc - 1 > WORDS_MAX)
		usage_error(argv[0], "more than %d conditions", WORDS_MAX);
	for (int i = 1; i < argc; i++)
		parse_condition(argv[i], &w.conditions[w.count++]);
	return wait_for(&w);
}

/* -- start, stop, restart ---------------------------------------------------------------------- */

struct change {
	const char *verb;
	bool stop, restart;
	char **names;
	int count;
	int64_t timeout_ms;
	int64_t seq;                /* the changes the request led to are told under this number or a later one */
	int64_t starts[WORDS_MAX];  /* runs before the request */
	int64_t run[WORDS_MAX];     /* the run that has come up ... */
	struct when steady[WORDS_MAX]; /* ... and when it has been so for STEADY_MS */
	bool told[WORDS_MAX];
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
			return EXIT_NO;
	}
	return EXIT_OK;
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
	if (c->stop)
		return is_in(s, "down") ? HOLDS : is_wanted(c, s) ? NEVER : NOT_YET;
	if (is_in(s, "up"))
		return judge_up(c, i, s);
	if (is_ready(s))
		return c->restart && s->starts <= c->starts[i] ? NOT_YET : HOLDS;
	return !is_wanted(c, s) || is_in(s, "backoff") || is_in(s, "failed") || s->blocked[0] ? NEVER : NOT_YET;
}

static void say_result(const struct change *c, const struct seen *s, enum verdict v)
{
	BUF_ON_STACK(where, STATE_WHY + 160);
	BUF_ON_STACK(time, 32);

	put_where(s, &where);
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
		if (v == NOT_YET && !c->stop && c->run[i] == s->starts && is_in(s, "up"))
			v = HOLDS; /* up, if not for long */
		c->told[i] = true;
		say_result(c, s, v);
		if (v != HOLDS)
			*status = EXIT_NO;
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
	struct when until = until_of(c->timeout_ms);
	int status = begin(until, false), err = 0;

	if (status)
		return status - 1;
	for (int i = 0; i < c->count; i++)
		if (!follow_find(&now, c->names[i]))
			return complain_unknown(c->names[i], follow_nearest(&now, c->names[i]));
	status = ask_all(c);
	if (status)
		return status;
	while (now.seq < c->seq && !err)
		err = next_news(until);
	while (!err && !settle(c, false, &status)) {
		err = next_news(next_look(c, until));
		if (err == -ETIMEDOUT && when_before(when_now(), until))
			err = 0;
	}
	if (err == -ETIMEDOUT)
		settle(c, true, &status);
	else if (err)
		return err == -ECANCELED ? EXIT_NO : talk_complain(err == -ECONNRESET ? 0 : err);
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

	c.timeout_ms = WAIT_MS;
	argc = options_take(argc, argv, rows, ARRAY_LEN(rows));
	if (argc < 2)
		usage_error(argv[0], "a service's name is missing");
	if (argc - 1 > WORDS_MAX)
		usage_error(argv[0], "more than %d names", WORDS_MAX);
	c.verb = argv[0];
	c.stop = !strcmp(c.verb, "stop");
	c.restart = !strcmp(c.verb, "restart");
	c.names = argv + 1;
	c.count = argc - 1;
	return no_wait ? ask_all(&c) : change_and_wait(&c);
}
