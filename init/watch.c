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
#include "init/watch.h"

#define REDRAW_MS 100   /* between two drawings, however fast things change */
#define RECONNECT_MS 1000

/* What a service had used at the sample before, to tell how much it uses now. */
struct sample {
	char name[TABLE_NAME_MAX + 1];
	int64_t cpu_us, permille;
};

static struct watch w;
static struct talk talk; /* connected before anything else */
static struct sample *samples;
static size_t sample_count, sample_room;
static struct when sampled;
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
	w.has_cpu = false;
	return true;
}

/* Too soon after the last sample the last figure stands: a short time tells nothing. */
static void take_samples(int64_t interval_ms)
{
	int64_t passed = when_since(sampled, w.rows.taken);
	bool fresh = passed >= MIN(interval_ms, 1000) * 9 / 10;

	for (size_t i = 0; i < w.rows.count; i++) {
		const struct sample *s = sample_of(&w.rows.all[i], i);
		struct row *row = &w.rows.all[i];

		if (!s || row->cpu_us < 0)
			continue;
		row->cpu_permille = fresh ? MAX(row->cpu_us - s->cpu_us, 0) / MAX(passed, 1) : s->permille;
	}
	if (!fresh || !make_room(w.rows.count))
		return;
	for (size_t i = 0; i < w.rows.count; i++) {
		memcpy(samples[i].name, w.rows.all[i].name, sizeof(samples[i].name));
		samples[i].cpu_us = w.rows.all[i].cpu_us;
		samples[i].permille = w.rows.all[i].cpu_permille;
	}
	sample_count = w.rows.count;
	w.has_cpu = sample_count > 0;
	sampled = w.rows.taken;
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
	for (unsigned i = 1; i <= MIN(w.news_count, NEWS); i++) {
		struct news *n = &w.news[(w.news_count - i) % NEWS];

		if (strcmp(n->name, fresh->name))
			continue;
		if (!is_passing(n->state))
			return;
		memcpy(fresh->from, n->from, sizeof(n->from));
		if (!fresh->why[0])
			memcpy(fresh->why, n->why, sizeof(n->why));
		for (; i > 1; i--)
			w.news[(w.news_count - i) % NEWS] = w.news[(w.news_count - i + 1) % NEWS];
		w.news_count--;
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
	w.news[w.news_count++ % NEWS] = fresh;
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

static int watch_screen(char **names, int count, int64_t interval_ms)
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
			if (rows_ask(&w.rows, names, count, true))
				return end(-ECONNREFUSED);
			take_samples(interval_ms);
			draw(&w);
			drawn = when_now();
			/* A house so large that asking takes long is asked less often. */
			next = when_in(drawn, MAX(interval_ms, 10 * when_since(w.rows.asked, drawn)));
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
		int status = rows_ask(&w.rows, names, count, false);

		if (status)
			return status - 1;
		status_say(&w.rows, all, false);
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
	status = rows_ask(&w.rows, names, count, false);
	if (status)
		return status - 1;
	if (!isatty(STDOUT_FILENO)) {
		talk_close(&talk);
		return watch_plain(names, count, all, interval_ms);
	}
	w.colours = colours_wanted();
	w.all = all;
	return watch_screen(names, count, interval_ms);
}
