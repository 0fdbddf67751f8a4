/* `minit wait`. */
#include <errno.h>
#include <string.h>

#include "init/await.h"
#include "init/client.h"
#include "init/options.h"
#include "init/say.h"
#include "init/verbs.h"
#include "lib/text.h"

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

static bool is_settled(const struct seen *s)
{
	return seen_is_stopped(s) || seen_is(s, "failed") || seen_is(s, "done");
}

static bool wants_life(const struct condition *c)
{
	return !strcmp(c->what, "up") || !strcmp(c->what, "ready") || !strcmp(c->what, "done");
}

/* It has failed for good, or what it needs has. What is only down somebody may be about to start. */
static bool is_hopeless(const struct seen *s)
{
	const struct seen *blocker = s->blocked[0] ? follow_find(&now, s->blocked) : NULL;

	return seen_is(s, "failed") || (blocker && (seen_is(blocker, "failed") || seen_is(blocker, "done")));
}

static enum verdict judge(const struct condition *c, const struct seen *s)
{
	bool holds;

	if (c->is_counter)
		holds = c->exactly ? count_of(c, s) == c->least : count_of(c, s) >= c->least;
	else if (!strcmp(c->what, "ready"))
		holds = seen_is_ready(s);
	else if (!strcmp(c->what, "settled"))
		holds = is_settled(s);
	else if (!strcmp(c->what, "down"))
		holds = seen_is_stopped(s);
	else
		holds = seen_is(s, c->what);
	if (holds)
		return HOLDS;
	if (seen_is(s, "gone"))
		return NEVER;
	return !c->is_counter && wants_life(c) && is_hopeless(s) ? NEVER : NOT_YET;
}

/* Is it among those that `all` means here? */
static bool is_meant(const struct condition *c, const struct seen *s)
{
	return !s->internal && !seen_is(s, "gone") && (s->wanted || !wants_life(c));
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

/* -- wait -------------------------------------------------------------------------------------- */

static void say_not_reached(const struct condition *c, const struct seen *s, int64_t timeout_ms, enum verdict v)
{
	BUF_ON_STACK(where, STATE_WHY + 160);
	BUF_ON_STACK(time, 32);

	seen_put(s, &where);
	text_put_duration(&time, timeout_ms);
	if (v == NEVER)
		complain("%s: %s: %s, and will not get there", c->text, s->name, buf_text(&where));
	else
		complain("%s: %s: not within %s: %s", c->text, s->name, buf_text(&time), buf_text(&where));
}

struct waiting {
	struct condition conditions[AWAIT_WORDS];
	size_t count;
	int64_t timeout_ms;
	bool quiet;
};

/* -1: not decided yet; else the exit status. */
static int decide(const struct waiting *w, bool late)
{
	const struct seen *who;
	int status = AWAIT_OK;

	for (size_t i = 0; i < w->count; i++) {
		enum verdict v = judge_all(&w->conditions[i], &now, &who);

		if (v == NOT_YET)
			status = MAX(status, AWAIT_NO);
		if (v == NEVER)
			status = AWAIT_NEVER;
		if (!w->quiet && (v == NEVER || (v == NOT_YET && late)))
			say_not_reached(&w->conditions[i], who, w->timeout_ms, v);
		if (v == NEVER)
			break;
	}
	return status == AWAIT_NO && !late ? -1 : status;
}

static int wait_for(struct waiting *w)
{
	struct when until = await_until(w->timeout_ms);
	int status = await_begin(&now, until, true), err;

	if (status)
		return status - 1;
	for (size_t i = 0; i < w->count; i++)
		if (strcmp(w->conditions[i].name, "all") && !follow_find(&now, w->conditions[i].name))
			return complain_unknown(w->conditions[i].name, follow_nearest(&now, w->conditions[i].name));
	while ((status = decide(w, false)) < 0) {
		err = await_news(&now, until);
		if (err == -ETIMEDOUT)
			return decide(w, true);
		if (err)
			return await_broke(err);
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

	w.timeout_ms = AWAIT_MS;
	argc = options_take(argc, argv, rows, ARRAY_LEN(rows));
	if (argc < 2)
		usage_error(argv[0], "what to wait for is missing");
	if (argc - 1 > AWAIT_WORDS)
		usage_error(argv[0], "more than %d conditions", AWAIT_WORDS);
	for (int i = 1; i < argc; i++)
		parse_condition(argv[i], &w.conditions[w.count++]);
	return wait_for(&w);
}
