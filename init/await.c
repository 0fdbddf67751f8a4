#include "init/await.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "init/client.h"
#include "init/say.h"

#define ANSWER_MS 5000 /* in which minit tells how it is, however short the time for it to change */

static struct talk talk;

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

int await_news(struct follow *f, struct when until)
{
	int err, status;
	char *line;

	do {
		line = talk_line(&talk, until, &err);
		if (!line)
			return err ? err : -ECONNRESET;
		if (talk_is_over(line, &status))
			return -ECANCELED;
		err = follow_line(f, line);
	} while (!err && !f->complete);
	return err;
}

int await_begin(struct follow *f, struct when until, bool patient)
{
	struct when least = when_in(when_now(), ANSWER_MS);
	int err = patient ? dial_patiently(until) : talk_ask(&talk, "events");

	if (!err)
		err = await_news(f, when_before(until, least) ? least : until);
	if (err == -ECANCELED)
		return 1 + AWAIT_NO;
	return err ? 1 + talk_complain(err == -ECONNRESET ? 0 : err) : 0;
}

struct when await_until(int64_t timeout_ms)
{
	return timeout_ms ? when_in(when_now(), timeout_ms) : WHEN_NEVER;
}

int await_broke(int err)
{
	return err == -ECANCELED ? AWAIT_NO : talk_complain(err == -ECONNRESET ? 0 : err);
}
